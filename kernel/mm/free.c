/* free.c - NtFreeVirtualMemory: check what is asked, then region.c decommits or releases.
 *
 * Source: VirtualFree in the Win32 documentation; ZwFreeVirtualMemory in the WDK (parts).
 */
#include "mm/region.h"
#include "mm/user.h"
#include "kd/kd.h"
#include "services.h"

/* The space is current; the range comes back rounded. */
static NTSTATUS MiFree(MMSPACE *space, MIREQUEST *range, ULONG type)
{
    ULONG first = MiVpn(range->Base), last = MiLastVpn(range);
    MMVAD *vad = MiFindVad(&space->Vads, first);
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
    if (vad->View)
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

/* type: MEM_DECOMMIT or MEM_RELEASE; size 0: the whole region, base must be its start.
 * STATUS_INVALID_PARAMETER_2..4, STATUS_MEMORY_NOT_ALLOCATED, STATUS_FREE_VM_NOT_AT_BASE,
 * STATUS_UNABLE_TO_FREE_VM, STATUS_UNABLE_TO_DELETE_SECTION,
 * STATUS_INVALID_PAGE_PROTECTION, STATUS_INSUFFICIENT_RESOURCES: nothing was changed. */
NTSTATUS MmFreeVirtualMemory(MMSPACE *space, PVOID *base, SIZE_T *size, ULONG type)
{
    MIREQUEST range = {*base, *size};
    if (type != MEM_DECOMMIT && type != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = MiCheckRange(*base, *size, STATUS_INVALID_PARAMETER_2,
                                   STATUS_INVALID_PARAMETER_3);
    if (!NT_SUCCESS(status))
        return status;
    MMSPACE *back = MiAttach(space);
    status = MiFree(space, &range, type);
    MiAttach(back);
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
    status = MmFreeVirtualMemory(space, &range.Base, &range.Size, type);
    MiDereference(space);
    if (NT_SUCCESS(status))
        MiReturnRange(baseAddress, regionSize, &range);
    return status;
}
