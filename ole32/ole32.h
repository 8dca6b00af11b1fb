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

/* init.c */
int OlepInitialize(void);
BOOL OlepIsInitialized(void); /* this thread, by CoInitialize */
void OlepEnterServer(void);   /* this thread calls objects, and so has COM */

/* server.c */
void OlepServerInitialize(void);
void OlepStopServing(void);
#endif
