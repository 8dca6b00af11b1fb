/* watch.c - write watch, locking pages, and two services that are no-ops on this machine.
 *
 * Which pages were written to is what the processor's dirty bit says, and of a page that
 * was decommitted, a bit that its entry kept.  So a watched region costs nothing while it
 * runs.  Windows keeps a bitmap beside the MMVAD; what a program sees is the same.
 * Locked pages are pages: nothing is ever paged out.  How many there may be is what the
 * minimum of the working set says, as on Windows; that is all its limits do here.
 *
 * Source: GetWriteWatch, ResetWriteWatch, VirtualLock, SetProcessWorkingSetSize in the
 * Win32 documentation.
 */
#include "mm/fault.h"
#include "mm/user.h"
#include "section/section.h"
#include "services.h"

#define WATCH_RESET   1u /* WRITE_WATCH_FLAG_RESET */
#define LOCK_PROCESS  1u /* MAP_PROCESS */
#define LOCK_SYSTEM   2u
#define LOCK_FLUID    8u /* pages of the minimum that stay free of locks */
#define LEAST_MINIMUM 20u
#define LEAST_MAXIMUM 13u

/* The first page of vpn..last that was written to; last + 1: none. */
static ULONG MiNextWritten(ULONG vpn, ULONG last)
{
    while ((vpn = MiNextUsed(vpn, last)) <= last && !MiWasWritten(*MiPteOfVpn(vpn)))
        vpn++;
    return vpn;
}

static void MiClearWritten(ULONG vpn)
{
    MMPTE pte = *MiPteOfVpn(vpn);
    pte.Low &= ~(pte.Low & PTE_VALID ? PTE_DIRTY : PTE_SOFT_DIRTY);
    MiSetPte(MiPteOfVpn(vpn), pte);
}

/* Are all these pages of one watched region? */
static NTSTATUS MiWatchedPages(MMSPACE *space, ULONG first, ULONG last)
{
    MMVAD *vad = MiFindVad(&space->Vads, first);
    return vad && vad->WriteWatch && last <= vad->EndingVpn ? STATUS_SUCCESS
                                                            : STATUS_INVALID_PARAMETER_1;
}

/* base rounded down, the end up; all of it in one watched region. */
static NTSTATUS MiWatchedRange(MMSPACE *space, PVOID base, SIZE_T size, ULONG *first,
                               ULONG *last)
{
    NTSTATUS status =
        MiCheckRange(base, size, STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_3);
    if (!NT_SUCCESS(status))
        return status;
    if (!size)
        return STATUS_INVALID_PARAMETER_3;
    *first = MiVpn(base);
    *last = MiVpn((ULONG_PTR)base + size - 1);
    return MiWatchedPages(space, *first, *last);
}

/* Up to *count written pages from first on, into the user's array. */
static NTSTATUS MiCollectWritten(MMSPACE *space, ULONG first, ULONG last, BOOLEAN reset,
                                 PVOID *user, ULONG_PTR *count)
{
    ULONG_PTR found = 0;
    NTSTATUS status = STATUS_SUCCESS;
    MMSPACE *caller = MiCurrentSpace;
    for (ULONG vpn = first; found < *count && vpn <= last && NT_SUCCESS(status); vpn++) {
        status = MiWatchedPages(space, vpn, last); /* others may have run since */
        MmAttachSpace(space);
        if (NT_SUCCESS(status))
            vpn = MiNextWritten(vpn, last);
        MmAttachSpace(caller);
        if (!NT_SUCCESS(status) || vpn > last)
            break;
        PVOID address = (PVOID)MiAddress(vpn);
        status = MmCopyToUser(user + found, &address, sizeof address);
        if (NT_SUCCESS(status)) {
            found++;
            MmAttachSpace(space);
            if (reset)
                MiClearWritten(vpn);
            MmAttachSpace(caller);
            status = MmGiveWay();
        }
    }
    *count = found;
    return status;
}

NTSTATUS NTAPI NtGetWriteWatch(HANDLE process, ULONG flags, PVOID base, SIZE_T size,
                               PVOID *addresses, PULONG_PTR userCount, PULONG granularity)
{
    ULONG_PTR count;
    ULONG first, last, page = PAGE_SIZE;
    MMSPACE *space;
    if (flags & ~WATCH_RESET)
        return STATUS_INVALID_PARAMETER_2;
    NTSTATUS status = MmProbeForWrite(userCount, sizeof count, 1);
    if (NT_SUCCESS(status))
        status = MmCopyFromUser(&count, userCount, sizeof count);
    if (NT_SUCCESS(status))
        status = MmProbeForWrite(granularity, sizeof page, 1);
    if (NT_SUCCESS(status) && (!count || count > 0x20000000))
        status = STATUS_INVALID_PARAMETER_5;
    if (NT_SUCCESS(status))
        status = MmProbeBuffer(addresses, count * sizeof *addresses, 1);
    if (NT_SUCCESS(status))
        status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = MiWatchedRange(space, base, size, &first, &last);
    if (NT_SUCCESS(status))
        status =
            MiCollectWritten(space, first, last, flags & WATCH_RESET, addresses, &count);
    MiDereference(space);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(userCount, &count, sizeof count);
    return NT_SUCCESS(status) ? MmCopyToUser(granularity, &page, sizeof page) : status;
}

NTSTATUS NTAPI NtResetWriteWatch(HANDLE process, PVOID base, SIZE_T size)
{
    ULONG first, last;
    MMSPACE *space;
    NTSTATUS status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = MiWatchedRange(space, base, size, &first, &last);
    MMSPACE *back = MmAttachSpace(space);
    if (NT_SUCCESS(status))
        for (ULONG vpn = first; (vpn = MiNextWritten(vpn, last)) <= last; vpn++)
            MiClearWritten(vpn);
    MmAttachSpace(back);
    MiDereference(space);
    return status;
}

/* ---- locking ---- */

void MmQueryWorkingSet(MMSPACE *space, SIZE_T *minimum, SIZE_T *maximum)
{
    *minimum = MiAddress(space->MinimumPages);
    *maximum = MiAddress(space->MaximumPages);
}

/* In bytes; both -1: give back what can be, which is nothing.
 * STATUS_BAD_WORKING_SET_LIMIT. */
NTSTATUS MmSetWorkingSet(MMSPACE *space, SIZE_T minimum, SIZE_T maximum)
{
    ULONG least = minimum >> PAGE_SHIFT, most = maximum >> PAGE_SHIFT;
    if (minimum == (SIZE_T)-1 && maximum == (SIZE_T)-1)
        return STATUS_SUCCESS;
    if (!minimum || minimum > maximum || most < LEAST_MAXIMUM || most > MiCommitLimit)
        return STATUS_BAD_WORKING_SET_LIMIT;
    space->MinimumPages = least < LEAST_MINIMUM ? LEAST_MINIMUM : least;
    space->MaximumPages = most;
    return STATUS_SUCCESS;
}

/* Bring the pages that are not there.  *made: there was one, and others may have run since. */
static NTSTATUS MiBringPages(ULONG first, ULONG last, BOOLEAN *made)
{
    NTSTATUS status = STATUS_SUCCESS;
    *made = FALSE;
    for (ULONG vpn = first; NT_SUCCESS(status) && vpn <= last; vpn++) {
        if (MiReadPte(vpn).Low & PTE_VALID)
            continue;
        *made = TRUE;
        status = MiMakeResident(MiAddress(vpn), FALSE);
        if (NT_SUCCESS(status))
            status = MmGiveWay();
    }
    return status;
}

static NTSTATUS MiLockRange(ULONG first, ULONG last)
{
    NTSTATUS already = STATUS_SUCCESS;
    for (BOOLEAN made = TRUE; made;) {
        if (last - first + 1 + MiCurrentSpace->LockedPages + LOCK_FLUID >
            MiCurrentSpace->MinimumPages)
            return STATUS_WORKING_SET_QUOTA;
        NTSTATUS status = MiBringPages(first, last, &made);
        if (!NT_SUCCESS(status))
            return status;
    }
    for (ULONG vpn = first; vpn <= last; vpn++) {
        MMPFN *page = MiPfn(MiPtePfn(*MiPteOfVpn(vpn)));
        if (page->LockCount)
            already = STATUS_WAS_LOCKED;
        else if (page->Use == MmPageUser)
            page->LockCount = 1, MiCurrentSpace->LockedPages++;
    }
    return already;
}

static NTSTATUS MiUnlockRange(ULONG first, ULONG last)
{
    for (ULONG vpn = first; vpn <= last; vpn++) {
        MMPTE pte = MiReadPte(vpn);
        if (!MiHasFrame(pte) ||
            (MiPfn(MiPtePfn(pte))->Use == MmPageUser && !MiPfn(MiPtePfn(pte))->LockCount))
            return STATUS_NOT_LOCKED;
    }
    for (ULONG vpn = first; vpn <= last; vpn++) {
        MMPFN *page = MiPfn(MiPtePfn(*MiPteOfVpn(vpn)));
        if (page->LockCount)
            page->LockCount = 0, MiCurrentSpace->LockedPages--;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MiLockService(HANDLE process, PVOID *userBase, PSIZE_T userSize,
                              ULONG type, NTSTATUS (*work)(ULONG first, ULONG last))
{
    MIREQUEST range;
    MMSPACE *space;
    if (!type || type & ~(LOCK_PROCESS | LOCK_SYSTEM))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = MiCaptureRange(userBase, userSize, &range);
    if (NT_SUCCESS(status))
        status = MiCheckRange(range.Base, range.Size, STATUS_INVALID_PARAMETER,
                              STATUS_INVALID_PARAMETER);
    if (NT_SUCCESS(status) && !range.Size)
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    ULONG first = MiVpn(range.Base), last = MiLastVpn(&range);
    MMSPACE *back = MmAttachSpace(space);
    status = work(first, last);
    MmAttachSpace(back);
    MiDereference(space);
    if (NT_SUCCESS(status)) {
        range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(last - first + 1)};
        MiReturnRange(userBase, userSize, &range);
    }
    return status;
}

NTSTATUS NTAPI NtLockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG type)
{
    return MiLockService(process, base, size, type, MiLockRange);
}

NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                     ULONG type)
{
    return MiLockService(process, base, size, type, MiUnlockRange);
}

/* x86 keeps its instruction cache itself; the handle is still tested. */
NTSTATUS NTAPI NtFlushInstructionCache(HANDLE process, LPCVOID base, SIZE_T size)
{
    MMSPACE *space;
    NTSTATUS status = MiReferenceProcess(process, PROCESS_VM_WRITE, &space);
    if (!NT_SUCCESS(status))
        return status;
    MiDereference(space);
    return MiCheckRange((PVOID)base, base ? size : 0, STATUS_ACCESS_VIOLATION,
                        STATUS_ACCESS_VIOLATION);
}
