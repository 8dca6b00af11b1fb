/* local.h - the movable objects of Local and Global, for localtab.c, local.c and global.c. */
#ifndef FATHOM_LOCAL_H
#define FATHOM_LOCAL_H

#include "k32.h"

#define BASE_HANDLE_COUNT 65536 /* handles a process (Microsoft: GlobalAlloc) */

#define BASE_HANDLE_USED        0x0001
#define BASE_HANDLE_MOVEABLE    0x0002
#define BASE_HANDLE_DISCARDABLE 0x0004
#define BASE_HANDLE_DISCARDED   0x0008
#define BASE_HANDLE_DDESHARE    0x8000

/* An entry of the table.  A handle is the address of its Block, so its low bits are 100: no
 * block of the heap, which is a multiple of 8, looks like it. */
typedef struct BASE_HANDLE {
    union {
        struct {
            USHORT Flags; /* USED and MOVEABLE in every live one */
            UCHAR Locks;
            UCHAR Pad;
        };
        struct BASE_HANDLE *NextFree; /* a multiple of 8: not USED */
    };
    PVOID Block; /* a block of the default heap; NULL: discarded, or a free entry */
} BASE_HANDLE;
C_ASSERT(sizeof(BASE_HANDLE) == 8 && offsetof(BASE_HANDLE, Block) == 4);

/* localtab.c */
extern RTL_SRWLOCK BasepTableLock;
HLOCAL BasepHandleOf(BASE_HANDLE *);
BASE_HANDLE *BasepEntryOf(HLOCAL);
BASE_HANDLE *BasepTakeEntry(UINT flags);
BOOL BasepReturnEntry(HLOCAL, PVOID *block);
HLOCAL BasepSearchBlock(PVOID block);

/* local.c */
HLOCAL BasepAllocateMovable(UINT flags, SIZE_T bytes);
HLOCAL BasepReAllocate(HLOCAL, SIZE_T bytes, UINT flags);
HLOCAL BasepFreeObject(HLOCAL);
LPVOID BasepLock(HLOCAL);
BOOL BasepUnlock(HLOCAL);
UINT BasepFlags(HLOCAL);
HLOCAL BasepMakeMovable(HLOCAL fixed, UINT flags);
SIZE_T BasepSize(HLOCAL);
HLOCAL BasepHandle(LPCVOID pointer);

#endif
