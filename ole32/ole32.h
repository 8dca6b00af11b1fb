/* ole32.h - what the files of ole32.dll share.
 *
 * Layer: ole32 stands on kernel32, and on ntdll for its port services alone.  The memory it hands out is the process's
 * default heap.
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

/* spy.c: the registered IMallocSpy, or null.  Read without a lock on the common path,
 * under Olep*Spy's lock on the other. */
extern IMallocSpy *volatile OlepSpy;
void OlepSpyInitialize(void);
void *OlepSpyAlloc(SIZE_T Size);
void *OlepSpyRealloc(void *Block, SIZE_T Size);
void OlepSpyFree(void *Block);
SIZE_T OlepSpyGetSize(void *Block);
int OlepSpyDidAlloc(void *Block);
void OlepSpyHeapMinimize(void);

/* taskmem.c: the same without a spy. */
SIZE_T OlepSize(void *Block);
int OlepDidAlloc(void *Block);
void OlepMinimize(void);

/* init.c */
int OlepInitialize(void);
BOOL OlepIsInitialized(void); /* this thread, by CoInitialize */
void OlepEnterServer(void);   /* this thread calls objects, and so has COM */

/* server.c */
void OlepServerInitialize(void);
void OlepStopServing(void);
#endif
