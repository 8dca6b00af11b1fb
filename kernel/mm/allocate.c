/* allocate.c - NtAllocateVirtualMemory: reserve a region, commit pages of one.
 *
 * Reserve takes addresses: an MMVAD in the tree, in granules of 64 KiB.  Commit makes a
 * promise: commit charge, and for a part of a region an entry with its protection in each
 * PTE.  A region that is reserved and committed in one call needs no PTE at all
 * (MemCommit).  In neither case is there a page yet: that is fault.c's part, at the first
 * touch.
 *
 * All or nothing: what a call cannot do in full leaves everything as it was.
 * Source of behaviour: VirtualAlloc in the Win32 documentation, ZwAllocateVirtualMemory
 * in the WDK.
 */
#include "mm/mmp.h"

#define TYPES             (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MI_MEM_RESET_UNDO)
#define MODIFIERS         (MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_LARGE_PAGES | MEM_PHYSICAL)
#define MI_MEM_RESET_UNDO 0x1000000u
#define MAX_ZERO_BITS     21u

static NTSTATUS MiCheckAllocation(ULONG_PTR zeroBits, ULONG type, ULONG protect)
{
    ULONG resets = type & (MEM_RESET | MI_MEM_RESET_UNDO);
    if (zeroBits > MAX_ZERO_BITS)
        return STATUS_INVALID_PARAMETER_3;
    if (type & ~(TYPES | MODIFIERS) || !(type & TYPES) || (resets && type != resets) ||
        resets == (MEM_RESET | MI_MEM_RESET_UNDO))
        return STATUS_INVALID_PARAMETER_5;
    if (type & (MEM_WRITE_WATCH | MEM_PHYSICAL) && !(type & MEM_RESERVE))
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_PHYSICAL && type != (MEM_RESERVE | MEM_PHYSICAL))
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_PHYSICAL && protect != PAGE_READWRITE)
        return STATUS_INVALID_PARAMETER_6;
    ULONG protection = MiProtectionFromPage(protect);
    if (protection == MM_INVALID || MiIsCopy(protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (type & MEM_LARGE_PAGES)
        return STATUS_PRIVILEGE_NOT_HELD;
    return STATUS_SUCCESS;
}

/* Where a region of so many pages goes: at base, or in the first gap. 0: status says why.
 */
static ULONG MiChoosePlace(MMSPACE *space, ULONG base, ULONG pages, ULONG_PTR zeroBits,
                           ULONG type, NTSTATUS *status)
{
    ULONG high = MI_HIGHEST_VPN;
    if (base) {
        MMVAD *next = MiFindVadFrom(&space->Vads, base);
        *status = STATUS_CONFLICTING_ADDRESSES;
        return next && next->StartingVpn < base + pages ? 0 : base;
    }
    if (zeroBits && 0xFFFFFFFFu >> zeroBits < MM_HIGHEST_USER_ADDRESS)
        high = MiVpn(0xFFFFFFFFu >> zeroBits);
    *status = STATUS_NO_MEMORY;
    return MiFindGapIn(&space->Vads, pages, high, (type & MEM_TOP_DOWN) != 0);
}

/* A private region; committed as a whole if type says so. */
static NTSTATUS MiReserve(MMSPACE *space, ULONG first, ULONG pages, ULONG type,
                          ULONG protection)
{
    MMVAD *vad = ExAllocatePool(sizeof *vad, MM_TAG);
    if (!vad)
        return STATUS_NO_MEMORY;
    vad->StartingVpn = first;
    vad->EndingVpn = first + pages - 1;
    vad->Protection = protection;
    vad->WriteWatch = (type & MEM_WRITE_WATCH) != 0;
    vad->Physical = (type & MEM_PHYSICAL) != 0;
    vad->MemCommit = (type & MEM_COMMIT) != 0;
    vad->CommitCharge = vad->MemCommit ? pages : 0;
    NTSTATUS status = MiInsertVad(space, vad);
    if (NT_SUCCESS(status) && !MiChargeSpace(space, vad->CommitCharge)) {
        MiRemoveVad(space, vad);
        status = STATUS_COMMITMENT_LIMIT;
    }
    if (!NT_SUCCESS(status))
        ExFreePool(vad);
    return status;
}

static NTSTATUS MiReserveAndCommit(MMSPACE *space, MIREQUEST *range, ULONG_PTR zeroBits,
                                   ULONG type, ULONG protect)
{
    NTSTATUS status;
    ULONG first = MiVpn(ALIGN_DOWN(range->Base, ALLOCATION_GRANULARITY));
    ULONG last = MiLastVpn(range), pages = last - first + 1;
    first = MiChoosePlace(space, first, pages, zeroBits, type, &status);
    if (!first)
        return status;
    status = MiReserve(space, first, pages, type, MiProtectionFromPage(protect));
    if (!NT_SUCCESS(status))
        return status;
    *range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(pages)};
    KD_TRACE(RegionReserve, MiAddress(first), range->Size, type, protect);
    if (type & MEM_COMMIT)
        KD_TRACE(RegionCommit, MiAddress(first), range->Size, protect);
    return STATUS_SUCCESS;
}

/* ---- commit inside a region ---- */

/* A view of a section made with SEC_RESERVE: the section's pages are committed, for all.
 */
static NTSTATUS MiCommitView(MMVAD *vad, ULONG first, ULONG last)
{
    MMSHARED *shared = &vad->Control->Shared[MiVadPage(vad, first)];
    ULONG count = 0;
    for (ULONG i = 0; i <= last - first; i++)
        count += !shared[i].Committed;
    if (vad->Kind == MiVadImage)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->Kind == MiVadMapped && vad->Control->Kind == MiControlFile)
        return STATUS_ALREADY_COMMITTED; /* as Windows: not his to commit */
    if (!MiChargeCommit(count))
        return STATUS_COMMITMENT_LIMIT;
    vad->Control->Charge += count;
    for (ULONG i = 0; i <= last - first; i++)
        shared[i].Committed = 1;
    return STATUS_SUCCESS;
}

/* Pages first..last of a private region: those that are committed already get the
 * protection. */
static NTSTATUS MiCommitPages(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last,
                              ULONG protection)
{
    ULONG count = last - first + 1 - MiCountCommitted(vad, first, last);
    if (!MiChargeSpace(space, count))
        return STATUS_COMMITMENT_LIMIT;
    if (!MiMakeTables(first, last)) {
        MiReturnSpace(space, count);
        return STATUS_NO_MEMORY;
    }
    vad->CommitCharge += count;
    for (ULONG vpn = first; vpn <= last; vpn++) {
        MMPTE *pte = MiPteOfVpn(vpn);
        if (MiHasFrame(*pte))
            MiChangeProtection(vad, vpn, protection);
        else if (!MiWasWritten(*pte) || !MiRecommitWritten(space, pte, protection))
            MiSetPte(pte, MiDemandPte(protection, FALSE));
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MiCommit(MMSPACE *space, MIREQUEST *range, ULONG protect)
{
    ULONG first = MiVpn(range->Base), last = MiLastVpn(range);
    MMVAD *vad = MiFindVad(space, first);
    if (!vad || last > vad->EndingVpn || vad->NoChange || vad->Physical)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = vad->Control ? MiCommitView(vad, first, last)
                                   : MiCommitPages(space, vad, first, last,
                                                   MiProtectionFromPage(protect));
    if (!NT_SUCCESS(status))
        return status;
    *range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(last - first + 1)};
    KD_TRACE(RegionCommit, MiAddress(first), range->Size, protect);
    return STATUS_SUCCESS;
}

/* MEM_RESET says that the contents may go; they stay, which it allows. Whole pages only.
 */
static NTSTATUS MiReset(MMSPACE *space, MIREQUEST *range)
{
    ULONG first = MiVpn(ALIGN_UP(range->Base, PAGE_SIZE)),
          end = MiVpn((ULONG_PTR)range->Base + range->Size);
    MMVAD *vad = MiFindVad(space, first);
    if (first >= end || !vad || end - 1 > vad->EndingVpn)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->Control && vad->Control->Kind != MiControlMemory)
        return STATUS_USER_MAPPED_FILE;
    *range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(end - first)};
    return STATUS_SUCCESS;
}

/* Does [base, base+size) lie in the user's half? */
NTSTATUS MiCheckRange(PVOID base, SIZE_T size, NTSTATUS badBase, NTSTATUS badSize)
{
    if ((ULONG_PTR)base > MM_HIGHEST_USER_ADDRESS)
        return badBase;
    if (size > MM_HIGHEST_USER_ADDRESS + 1 - (ULONG_PTR)base)
        return badSize;
    return STATUS_SUCCESS;
}

/* The arguments but for range are good. */
static NTSTATUS MiAllocate(MMSPACE *space, MIREQUEST *range, ULONG_PTR zeroBits,
                           ULONG type, ULONG protect)
{
    ULONG what = type;
    NTSTATUS status = MiCheckRange(range->Base, range->Size, STATUS_INVALID_PARAMETER_2,
                                   STATUS_INVALID_PARAMETER_4);
    if (!NT_SUCCESS(status))
        return status;
    if (!range->Size)
        return STATUS_INVALID_PARAMETER_4;
    if (!range->Base && type & MEM_COMMIT)
        what |= MEM_RESERVE;
    if (what & MEM_RESERVE && range->Base &&
        (ULONG_PTR)range->Base < MM_LOWEST_USER_ADDRESS)
        return STATUS_INVALID_PARAMETER_2;
    if (space->Closed)
        return STATUS_PROCESS_IS_TERMINATING;
    MMSPACE *back = MiAttach(space);
    if (what & MEM_RESERVE)
        status = MiReserveAndCommit(space, range, zeroBits, what, protect);
    else if (what & MEM_COMMIT)
        status = MiCommit(space, range, protect);
    else
        status = MiReset(space, range);
    MiAttach(back);
    return status;
}

/* base: bytes, NULL: anywhere; size: bytes.  Both come back rounded to what was done.
 * STATUS_INVALID_PARAMETER_2..5, STATUS_INVALID_PAGE_PROTECTION,
 * STATUS_CONFLICTING_ADDRESSES, STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT,
 * STATUS_ALREADY_COMMITTED: nothing was changed. */
NTSTATUS MmAllocateVirtualMemory(MMSPACE *space, PVOID *base, ULONG_PTR zeroBits,
                                 SIZE_T *size, ULONG type, ULONG protect)
{
    MIREQUEST range = {*base, *size};
    NTSTATUS status = MiCheckAllocation(zeroBits, type, protect);
    if (NT_SUCCESS(status))
        status = MiAllocate(space, &range, zeroBits, type, protect);
    if (NT_SUCCESS(status)) {
        *base = range.Base;
        *size = range.Size;
    }
    return status;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE process, PVOID *baseAddress,
                                       ULONG_PTR zeroBits, PSIZE_T regionSize, ULONG type,
                                       ULONG protect)
{
    MIREQUEST range;
    MMSPACE *space;
    NTSTATUS status = MiCheckAllocation(zeroBits, type, protect);
    if (NT_SUCCESS(status))
        status = MiCaptureRange(baseAddress, regionSize, &range);
    if (NT_SUCCESS(status))
        status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = MiAllocate(space, &range, zeroBits, type, protect);
    MmDereferenceSpace(space);
    if (NT_SUCCESS(status))
        MiReturnRange(baseAddress, regionSize, &range);
    return status;
}
