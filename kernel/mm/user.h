/* user.h - user pointers and process handles, as the services of mm take them. */
#ifndef FATHOM_USER_H
#define FATHOM_USER_H

#include "mm/pte.h"
#include "mm/space.h"

/* The BaseAddress/RegionSize pair of a service, in bytes: read (and probed for write),
 * later written back. */
typedef struct _MIREQUEST {
    PVOID Base;
    SIZE_T Size;
} MIREQUEST;
static inline ULONG MiLastVpn(const MIREQUEST *range)
{
    return MiVpn((ULONG_PTR)range->Base + range->Size - 1);
}

/* Does [start, start+size) lie in the user's half? */
static inline BOOLEAN MiUserRange(const void *start, SIZE_T size)
{
    return (ULONG_PTR)start <= MM_HIGHEST_USER_ADDRESS &&
           size <= MM_HIGHEST_USER_ADDRESS + 1 - (ULONG_PTR)start;
}
/* The same, with the status for each of the two ways to be wrong. */
static inline NTSTATUS MiCheckRange(PVOID base, SIZE_T size, NTSTATUS badBase,
                                    NTSTATUS badSize)
{
    if ((ULONG_PTR)base > MM_HIGHEST_USER_ADDRESS)
        return badBase;
    return MiUserRange(base, size) ? STATUS_SUCCESS : badSize;
}

/* copy.asm; the caller tested the range.  0, or MmFaultStatus: why the access failed. */
extern NTSTATUS MmFaultStatus;
NTSTATUS MiCopyBytes(void *to, const void *from, SIZE_T);
NTSTATUS MiTouchByte(void *);
NTSTATUS MiTakePair(PVOID *, SIZE_T *, MIREQUEST *);
NTSTATUS MiGivePair(PVOID *, SIZE_T *, PVOID, SIZE_T);

static inline NTSTATUS MiCaptureRange(PVOID *userBase, SIZE_T *userSize, MIREQUEST *range)
{
    if (!MiUserRange(userBase, sizeof *userBase) ||
        !MiUserRange(userSize, sizeof *userSize))
        return STATUS_ACCESS_VIOLATION;
    return MiTakePair(userBase, userSize, range);
}
/* The work is done: a caller that took its variables away meanwhile loses the answer. */
static inline void MiReturnRange(PVOID *userBase, SIZE_T *userSize,
                                 const MIREQUEST *range)
{
    MiGivePair(userBase, userSize, range->Base, range->Size);
}

/* The space of a process handle, referenced: end with MiDereference. */
static inline NTSTATUS MiReferenceProcess(HANDLE process, ACCESS_MASK access,
                                          MMSPACE **space)
{
    if (process != NtCurrentProcess())
        return MmReferenceSpaceByHandle(process, access, space);
    *space = MiCurrentSpace;
    (*space)->References++;
    return STATUS_SUCCESS;
}
void MiFreeSpace(MMSPACE *);
static inline void MiDereference(MMSPACE *space)
{
    if (--space->References == 0)
        MiFreeSpace(space);
}
/* MmAttachSpace, short where nothing is to be done. */
static inline MMSPACE *MiAttach(MMSPACE *space)
{
    MMSPACE *before = MiCurrentSpace;
    if (space != before)
        MmActivateSpace(space);
    return before;
}

#endif
