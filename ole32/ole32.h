/* ole32.h - what the files of ole32.dll share.
 *
 * Layer: ole32 calls kernel32, and ntdll for its port services alone.  The memory that it
 * returns is the process's default heap's.
 */
#ifndef OLE32_OLE32_H
#define OLE32_OLE32_H
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#include <windows.h>
#include <objbase.h>

/* spy.c: before any task memory is asked for. */
void OlepSpyInitialize(void);

/* apartment.c: this thread's word; FALSE: no TLS index is left */
#define OLEP_COUNT_ONE 4u
BOOL OlepInitialize(void);
void OlepUninitialize(void);
ULONG_PTR OlepApartment(void);
void OlepSetApartment(ULONG_PTR State);
BOOL OlepIsInitialized(void); /* by CoInitialize */
void OlepEnterServer(void);   /* it is a class's: it calls objects, and so has COM */
/* Its last Release of a proxy closes the connection and waits for no answer. */
BOOL OlepIsServing(void);

/* server.c */
void OlepServerInitialize(void);
void OlepStopServing(void);
#endif
