/* free.c - NtFreeVirtualMemory: decommit pages, release a region.
 *
 * Decommit breaks the promise and gives the pages back; the addresses stay reserved.
 * Release gives the addresses back too, of a whole region or of a part:
 *
 *      |########region########|          whole      gone
 *      |----|#################|          head       StartingVpn moves up
 *      |#################|----|          tail       EndingVpn moves down
 *      |######|----|##########|          middle     two regions; needs a second MMVAD
 *
 * Source: VirtualFree in the Win32 documentation; ZwFreeVirtualMemory in the WDK (parts).
 */
#include "mm/mmp.h"

/* ---- decommit ---- */

static void MiDecommitPages(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    ULONG count = MiEmptyRange(space, vad, first, last);
    vad->CommitCharge -= count;
    MiReturnSpace(space, count);
}

/* In a MemCommit region an empty entry would mean "committed": each page must say that it
 * is not, and its table must stay.  So too under write watch, which forgets nothing. */
static NTSTATUS MiDecommitMarked(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    if (!MiMakeTables(first, last))
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG count = 0;
    for (ULONG vpn = first; vpn <= last; vpn++) {
        MMPTE *pte = MiPteOfVpn(vpn), old = *pte;
        count += MiPteProtection(old, vad, vpn) != MM_DECOMMIT;
        MiSetPte(pte, MiDemandPte(MM_DECOMMIT, MiWasWritten(old)));
        if (MiHasFrame(old))
            MiReleaseFrame(space, old, vad, vpn);
    }
    vad->CommitCharge -= count;
    MiReturnSpace(space, count);
    return STATUS_SUCCESS;
}

static NTSTATUS MiDecommit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    if (vad->WriteWatch)
        return MiDecommitMarked(space, vad, first, last);
    if (vad->MemCommit && (first > vad->StartingVpn || last < vad->EndingVpn))
        return MiDecommitMarked(space, vad, first, last);
    MiDecommitPages(space, vad, first, last);
    vad->MemCommit = FALSE;
    return STATUS_SUCCESS;
}

/* ---- release ---- */

/* The bounds change: what tables the region may need is charged anew. */
static void MiShrink(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    MiRemoveVad(space, vad);
    vad->StartingVpn = first;
    vad->EndingVpn = last;
    NTSTATUS status = MiInsertVad(space, vad); /* less than was just returned */
    ASSERT(NT_SUCCESS(status));
    (void)status;
}

static NTSTATUS MiReleaseMiddle(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    MMVAD *upper = ExAllocatePool(sizeof *upper, MM_TAG);
    if (!upper)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG end = vad->EndingVpn;
    MiDecommitPages(space, vad, first, last);
    *upper = *vad;
    upper->CommitCharge = MiCountCommitted(vad, last + 1, end);
    vad->CommitCharge -= upper->CommitCharge;
    MiShrink(space, vad, vad->StartingVpn, first - 1);
    upper->StartingVpn = last + 1;
    upper->EndingVpn = end;
    NTSTATUS status = MiInsertVad(space, upper);
    ASSERT(NT_SUCCESS(status));
    (void)status;
    return STATUS_SUCCESS;
}

static NTSTATUS MiRelease(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    if (first == vad->StartingVpn && last == vad->EndingVpn) {
        MiDeleteVad(space, vad);
        return STATUS_SUCCESS;
    }
    if (first > vad->StartingVpn && last < vad->EndingVpn)
        return MiReleaseMiddle(space, vad, first, last);
    MiDecommitPages(space, vad, first, last);
    if (first == vad->StartingVpn)
        MiShrink(space, vad, last + 1, vad->EndingVpn);
    else
        MiShrink(space, vad, vad->StartingVpn, first - 1);
    return STATUS_SUCCESS;
}

/* ---- the service ---- */

/* The space is current; the range comes back rounded. */
static NTSTATUS MiFree(MMSPACE *space, MIREQUEST *range, ULONG type)
{
    ULONG first = MiVpn(range->Base), last = MiLastVpn(range);
    MMVAD *vad = MiFindVad(space, first);
    if (!vad)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (!range->Size) {
        if (first != vad->StartingVpn)
            return STATUS_FREE_VM_NOT_AT_BASE;
        last = vad->EndingVpn;
    }
    if (last > vad->EndingVpn)
        return STATUS_UNABLE_TO_FREE_VM;
    if (vad->NoChange)
        return STATUS_INVALID_PAGE_PROTECTION; /* as Windows for a secured region */
    if (vad->Control)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    NTSTATUS status = type == MEM_RELEASE ? MiRelease(space, vad, first, last)
                                          : MiDecommit(space, vad, first, last);
    if (!NT_SUCCESS(status))
        return status;
    *range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(last - first + 1)};
    if (type == MEM_RELEASE)
        KD_TRACE(RegionRelease, MiAddress(first), range->Size);
    else
        KD_TRACE(RegionDecommit, MiAddress(first), range->Size);
    return STATUS_SUCCESS;
}

static NTSTATUS MiFreeIn(MMSPACE *space, MIREQUEST *range, ULONG type)
{
    NTSTATUS status = MiCheckRange(range->Base, range->Size, STATUS_INVALID_PARAMETER_2,
                                   STATUS_INVALID_PARAMETER_3);
    if (!NT_SUCCESS(status))
        return status;
    MMSPACE *back = MiAttach(space);
    status = MiFree(space, range, type);
    MiAttach(back);
    return status;
}

/* type: MEM_DECOMMIT or MEM_RELEASE; size 0: the whole region, base must be its start.
 * STATUS_INVALID_PARAMETER_2..4, STATUS_MEMORY_NOT_ALLOCATED, STATUS_FREE_VM_NOT_AT_BASE,
 * STATUS_UNABLE_TO_FREE_VM, STATUS_UNABLE_TO_DELETE_SECTION,
 * STATUS_INVALID_PAGE_PROTECTION, STATUS_INSUFFICIENT_RESOURCES: nothing was changed. */
NTSTATUS MmFreeVirtualMemory(MMSPACE *space, PVOID *base, SIZE_T *size, ULONG type)
{
    MIREQUEST range = {*base, *size};
    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = MiFreeIn(space, &range, type);
    if (NT_SUCCESS(status)) {
        *base = range.Base;
        *size = range.Size;
    }
    return status;
}

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE process, PVOID *baseAddress, PSIZE_T regionSize,
                                   ULONG type)
{
    MIREQUEST range;
    MMSPACE *space;
    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = MiCaptureRange(baseAddress, regionSize, &range);
    if (NT_SUCCESS(status))
        status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = MiFreeIn(space, &range, type);
    MmDereferenceSpace(space);
    if (NT_SUCCESS(status))
        MiReturnRange(baseAddress, regionSize, &range);
    return status;
}
