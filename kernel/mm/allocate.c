/* allocate.c - NtAllocateVirtualMemory: check what is asked, then region.c does it.
 *
 * A call reserves a region, commits pages of one, or both.  In neither case is there a page
 * yet: that is fault.c's part, at the first touch.
 *
 * All or nothing: what a call cannot do in full leaves everything as it was.
 * Source of behaviour: VirtualAlloc in the Win32 documentation, ZwAllocateVirtualMemory
 * in the WDK.
 */
#include "mm/region.h"
#include "mm/user.h"
#include "kd/kd.h"
#include "services.h"

#define TYPES             (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MI_MEM_RESET_UNDO)
#define MODIFIERS         (MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_LARGE_PAGES | MEM_PHYSICAL)
#define MI_MEM_RESET_UNDO 0x1000000u
#define MAX_ZERO_BITS     21u

typedef struct _MIALLOCATION { /* what was asked; Range comes back as what was done */
    MIREQUEST Range;
    ULONG_PTR ZeroBits;
    ULONG Type, Protect, Protection; /* MEM_*, PAGE_*, MM_* */
} MIALLOCATION;

static NTSTATUS MiCheckAllocation(MIALLOCATION *ask)
{
    ULONG type = ask->Type, resets = type & (MEM_RESET | MI_MEM_RESET_UNDO);
    if (ask->ZeroBits > MAX_ZERO_BITS)
        return STATUS_INVALID_PARAMETER_3;
    if (type & ~(TYPES | MODIFIERS) || !(type & TYPES) || (resets && type != resets) ||
        resets == (MEM_RESET | MI_MEM_RESET_UNDO) ||
        (type & MODIFIERS & ~MEM_TOP_DOWN &&
         ((type & MEM_WRITE_WATCH && !(type & MEM_RESERVE)) ||
          (type & MEM_LARGE_PAGES && ~type & (MEM_RESERVE | MEM_COMMIT)) ||
          (type & MEM_PHYSICAL && type != (MEM_RESERVE | MEM_PHYSICAL)))))
        return STATUS_INVALID_PARAMETER_5;
    if (type & MEM_PHYSICAL && ask->Protect != PAGE_READWRITE)
        return STATUS_INVALID_PARAMETER_6;
    ask->Protection = MiProtectionFromPage(ask->Protect);
    if (ask->Protection == MM_INVALID ||
        (MiIsCopy(ask->Protection) && type != MEM_COMMIT)) /* of a view it may be */
        return STATUS_INVALID_PAGE_PROTECTION;
    return type & MEM_LARGE_PAGES ? STATUS_PRIVILEGE_NOT_HELD : STATUS_SUCCESS;
}

static NTSTATUS MiReserveAndCommit(MMSPACE *space, MIALLOCATION *ask)
{
    MIREQUEST *range = &ask->Range;
    ULONG first = MiVpn(ALIGN_DOWN(range->Base, ALLOCATION_GRANULARITY));
    MIRESERVE want = {.First = first,
                      .Pages = MiLastVpn(range) - first + 1,
                      .High = MI_HIGHEST_VPN,
                      .TopDown = (ask->Type & MEM_TOP_DOWN) != 0,
                      .Protection = (UCHAR)ask->Protection,
                      .MemCommit = (ask->Type & MEM_COMMIT) != 0,
                      .WriteWatch = (ask->Type & MEM_WRITE_WATCH) != 0,
                      .Physical = (ask->Type & MEM_PHYSICAL) != 0};
    if (ask->ZeroBits && 0xFFFFFFFFu >> ask->ZeroBits < MM_HIGHEST_USER_ADDRESS)
        want.High = MiVpn(0xFFFFFFFFu >> ask->ZeroBits);
    NTSTATUS status = MiReserve(space, &want);
    if (!NT_SUCCESS(status))
        return status;
    *range = (MIREQUEST){(PVOID)MiAddress(want.First), MiAddress(want.Pages)};
    KD_TRACE(RegionReserve, (ULONG)range->Base, range->Size, ask->Type, ask->Protect);
    if (want.MemCommit)
        KD_TRACE(RegionCommit, (ULONG)range->Base, range->Size, ask->Protect);
    return STATUS_SUCCESS;
}

static NTSTATUS MiCommitPart(MMSPACE *space, MIALLOCATION *ask)
{
    ULONG first = MiVpn(ask->Range.Base), last = MiLastVpn(&ask->Range);
    MMVAD *vad = MiFindVad(&space->Vads, first);
    if (!vad || last > vad->EndingVpn || vad->NoChange || vad->Physical)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = vad->View ? vad->View->Commit(vad, first, last, ask->Protection)
                      : MiIsCopy(ask->Protection)
                          ? STATUS_INVALID_PAGE_PROTECTION
                          : MiCommit(space, vad, first, last, ask->Protection);
    if (!NT_SUCCESS(status))
        return status;
    ask->Range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(last - first + 1)};
    KD_TRACE(RegionCommit, MiAddress(first), ask->Range.Size, ask->Protect);
    return STATUS_SUCCESS;
}

/* MEM_RESET allows the contents to go; here they stay.  Whole pages only. */
static NTSTATUS MiReset(MMSPACE *space, MIREQUEST *range)
{
    ULONG first = MiVpn(ALIGN_UP(range->Base, PAGE_SIZE));
    ULONG end = MiVpn((ULONG_PTR)range->Base + range->Size);
    MMVAD *vad = MiFindVad(&space->Vads, first);
    if (first >= end || !vad || end - 1 > vad->EndingVpn)
        return STATUS_CONFLICTING_ADDRESSES;
    if (vad->View && !NT_SUCCESS(vad->View->Reset))
        return vad->View->Reset;
    *range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(end - first)};
    return STATUS_SUCCESS;
}

/* MiCheckAllocation found nothing wrong. */
static NTSTATUS MiAllocate(MMSPACE *space, MIALLOCATION *ask)
{
    MIREQUEST *range = &ask->Range;
    NTSTATUS status = MiCheckRange(range->Base, range->Size, STATUS_INVALID_PARAMETER_2,
                                   STATUS_INVALID_PARAMETER_4);
    if (!NT_SUCCESS(status))
        return status;
    if (!range->Size)
        return STATUS_INVALID_PARAMETER_4;
    if (!range->Base && ask->Type & MEM_COMMIT)
        ask->Type |= MEM_RESERVE;
    if (ask->Type & MEM_RESERVE && range->Base &&
        (ULONG_PTR)range->Base < MM_LOWEST_USER_ADDRESS)
        return STATUS_INVALID_PARAMETER_2;
    if (ask->Type & MEM_RESERVE && MiIsCopy(ask->Protection))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (space->Closed)
        return STATUS_PROCESS_IS_TERMINATING;
    MMSPACE *back = MiAttach(space);
    if (ask->Type & MEM_RESERVE)
        status = MiReserveAndCommit(space, ask);
    else if (ask->Type & MEM_COMMIT)
        status = MiCommitPart(space, ask);
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
    MIALLOCATION ask = {{*base, *size}, zeroBits, type, protect, 0};
    NTSTATUS status = MiCheckAllocation(&ask);
    if (NT_SUCCESS(status))
        status = MiAllocate(space, &ask);
    if (NT_SUCCESS(status)) {
        *base = ask.Range.Base;
        *size = ask.Range.Size;
    }
    return status;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE process, PVOID *baseAddress,
                                       ULONG_PTR zeroBits, PSIZE_T regionSize, ULONG type,
                                       ULONG protect)
{
    MIALLOCATION ask = {.ZeroBits = zeroBits, .Type = type, .Protect = protect};
    MMSPACE *space;
    NTSTATUS status = MiCheckAllocation(&ask);
    if (NT_SUCCESS(status))
        status = MiCaptureRange(baseAddress, regionSize, &ask.Range);
    if (NT_SUCCESS(status))
        status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = MiAllocate(space, &ask);
    MiDereference(space);
    if (NT_SUCCESS(status))
        MiReturnRange(baseAddress, regionSize, &ask.Range);
    return status;
}
