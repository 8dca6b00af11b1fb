/* protect.c - NtProtectVirtualMemory.
 *
 * All pages of the range lie in one region and are committed, or nothing changes.  What a
 * view may become is bounded by its section: a page of a read-only section never turns
 * writable, a page of an image asked to be writable becomes copy-on-write, and is charged
 * then.
 *
 * Source: VirtualProtect and "Memory Protection Constants" in the Win32 documentation.
 */
#include "mm/user.h"
#include "section/shared.h"
#include "kd/kd.h"
#include "services.h"

/* What the region makes of the protection asked for; MM_INVALID and a status. */
static ULONG MiAllowedProtection(const MMVAD *vad, ULONG protection, NTSTATUS *status)
{
    *status = STATUS_INVALID_PAGE_PROTECTION;
    if (vad->NoChange || (!vad->View && MiIsCopy(protection)))
        return MM_INVALID;
    if (vad->Kind == MiVadImage && MiIsWritable(protection))
        protection ^= MM_WRITECOPY ^ MM_READWRITE;
    *status = STATUS_SECTION_PROTECTION;
    if (vad->Kind == MiVadMapped && !MiMayView(vad->MostAccess, protection))
        return MM_INVALID;
    *status = STATUS_SUCCESS;
    return protection;
}

/* A view's page is charged while it is, or may become, the process's own. */
static BOOLEAN MiIsChargedInView(MMPTE pte, ULONG protection)
{
    return MiIsCopy(protection) ||
           (MiHasFrame(pte) && MiPfn(MiPtePfn(pte))->Use == MmPageUser);
}

/* Every page committed? more, less: pages of a view that will newly be charged, or no
 * longer. */
static NTSTATUS MiExamine(const MMVAD *vad, ULONG first, ULONG last, ULONG protection,
                          BOOLEAN commit, ULONG *more, ULONG *less)
{
    ULONG old;
    *more = *less = 0;
    for (ULONG vpn = first; vpn <= last;) {
        ULONG end = MiRunEnd(vad, vpn, last, &old);
        if (old == MM_DECOMMIT && !commit)
            return STATUS_NOT_COMMITTED;
        for (; vad->View && vpn < end; vpn++) {
            MMPTE pte = MiReadPte(vpn);
            BOOLEAN before = MiIsChargedInView(pte, old),
                    after = MiIsChargedInView(pte, protection);
            *more += after && !before;
            *less += before && !after;
        }
        vpn = end;
    }
    return STATUS_SUCCESS;
}

/* Windows' special case: the shared pages of an image with a shared section stay
 * writable. */
static ULONG MiPageProtection(const MMVAD *vad, ULONG vpn, ULONG protection, ULONG asked)
{
    return vad->Kind == MiVadImage && MiIsWritable(MiPteProtection((MMPTE){0}, vad, vpn))
               ? asked
               : protection;
}

/* Of a private region, all of it committed.  What was never touched in a region that is
 * protected as a whole needs no entry.  FALSE: no page for a table. */
static BOOLEAN MiProtectPrivate(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last,
                                ULONG protection)
{
    if (!vad->MemCommit || first != vad->StartingVpn || last != vad->EndingVpn)
        return MiCommitRange(space, first, last, protection);
    vad->Untouched = (UCHAR)protection;
    for (ULONG vpn = first; (vpn = MiNextUsed(vpn, last)) <= last; vpn++)
        MiChangeProtection(vpn, protection);
    return TRUE;
}

NTSTATUS MiProtectPages(MMSPACE *space, ULONG first, ULONG last, ULONG asked,
                        BOOLEAN commit, ULONG *oldProtect)
{
    ULONG more, less;
    MMVAD *vad = MiFindVad(&space->Vads, first);
    if (!vad || last > vad->EndingVpn)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status;
    ULONG protection = MiAllowedProtection(vad, asked, &status);
    if (NT_SUCCESS(status))
        status = MiExamine(vad, first, last, protection, commit, &more, &less);
    if (!NT_SUCCESS(status))
        return status;
    if (!MiChargeVad(space, vad, (LONG)more))
        return STATUS_COMMITMENT_LIMIT;
    *oldProtect = MiPageFromProtection(MiPteProtection(MiReadPte(first), vad, first));
    if (vad->View ? !MiMakeTables(first, last)
                  : !MiProtectPrivate(space, vad, first, last, protection))
        status = STATUS_NO_MEMORY;
    if (NT_SUCCESS(status) && commit)
        status = MiCommitShared(vad->Control, MiVadPage(vad, first), last - first + 1);
    if (!NT_SUCCESS(status)) {
        MiChargeVad(space, vad, -(LONG)more);
        return status;
    }
    for (ULONG vpn = first; vad->View && vpn <= last; vpn++)
        MiChangeProtection(vpn, MiPageProtection(vad, vpn, protection, asked));
    MiChargeVad(space, vad, -(LONG)less);
    return STATUS_SUCCESS;
}

/* old: PAGE_* of the first page. STATUS_INVALID_PAGE_PROTECTION,
 * STATUS_INVALID_PARAMETER_2/3, STATUS_CONFLICTING_ADDRESSES (not one region),
 * STATUS_NOT_COMMITTED, STATUS_SECTION_PROTECTION, STATUS_COMMITMENT_LIMIT: nothing was
 * changed. */
static NTSTATUS MiProtectRange(MMSPACE *space, MIREQUEST *range, ULONG protection,
                               ULONG *old)
{
    NTSTATUS status = MiCheckRange(range->Base, range->Size, STATUS_INVALID_PARAMETER_2,
                                   STATUS_INVALID_PARAMETER_3);
    if (!NT_SUCCESS(status))
        return status;
    if (!range->Size)
        return STATUS_INVALID_PARAMETER_3;
    ULONG first = MiVpn(range->Base), last = MiLastVpn(range);
    MMSPACE *back = MmAttachSpace(space);
    status = MiProtectPages(space, first, last, protection, FALSE, old);
    MmAttachSpace(back);
    *range = (MIREQUEST){(PVOID)MiAddress(first), MiAddress(last - first + 1)};
    return status;
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE process, PVOID *baseAddress,
                                      PSIZE_T regionSize, ULONG protect,
                                      PULONG oldProtect)
{
    MIREQUEST range;
    ULONG old;
    MMSPACE *space;
    const ULONG protection = MiProtectionFromPage(protect);
    if (protection == MM_INVALID)
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS status = MiCaptureRange(baseAddress, regionSize, &range);
    if (NT_SUCCESS(status))
        status = MmProbeForWrite(oldProtect, sizeof old, 1);
    if (NT_SUCCESS(status))
        status = MiReferenceProcess(process, PROCESS_VM_OPERATION, &space);
    if (!NT_SUCCESS(status))
        return status;
    status = MiProtectRange(space, &range, protection, &old);
    MiDereference(space);
    if (!NT_SUCCESS(status))
        return status;
    KD_TRACE(RegionProtect, (ULONG)range.Base, range.Size, protect, old);
    MiReturnRange(baseAddress, regionSize, &range);
    MmCopyToUser(oldProtect, &old, sizeof old);
    return STATUS_SUCCESS;
}
