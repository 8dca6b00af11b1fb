/* local.h - the movable objects of Local and Global, for localtab.c, local.c and global.c. */
#ifndef FATHOM_LOCAL_H
#define FATHOM_LOCAL_H

#include "k32.h"

#define BASE_HANDLE_COUNT                                                                \
    65535                 /* "65,536 handles a process", one of which no one ever got */
#define BASE_HANDLE_TAG 4 /* the low bits that tell a handle from a pointer */
#define BASE_BLOCK_MARK 0x4C424F47u /* "GOBL" */

/* In front of a movable object's bytes; 8 bytes keep them aligned. */
typedef struct {
    HLOCAL Handle;
    ULONG Mark;
} BASE_BLOCK;

#define BASE_HANDLE_USED        0x01
#define BASE_HANDLE_DISCARDED   0x02
#define BASE_HANDLE_DISCARDABLE 0x04
#define BASE_HANDLE_DDESHARE    0x08

typedef struct BASE_HANDLE {
    union {
        BASE_BLOCK *Block;
        struct BASE_HANDLE *NextFree;
    };
    UCHAR Flags;
    UCHAR Locks;
    USHORT Pad;
} BASE_HANDLE;
C_ASSERT(sizeof(BASE_HANDLE) == 8 && sizeof(BASE_BLOCK) == 8);

/* localtab.c */
extern RTL_SRWLOCK BasepTableLock;
HLOCAL BasepHandleOf(BASE_HANDLE *);
BASE_HANDLE *BasepEntryOf(HLOCAL);
BASE_HANDLE *BasepTakeEntry(UINT flags);
BOOL BasepReturnEntry(HLOCAL, BASE_BLOCK **);

/* local.c */
HLOCAL BasepAllocateMovable(UINT flags, SIZE_T bytes);
HLOCAL BasepReAllocate(HLOCAL, SIZE_T bytes, UINT flags);
HLOCAL BasepFreeObject(HLOCAL);
LPVOID BasepLock(HLOCAL);
BOOL BasepUnlock(HLOCAL);
UINT BasepFlags(HLOCAL);
SIZE_T BasepSize(HLOCAL);
HLOCAL BasepHandle(LPCVOID pointer);

#endif
