/* region.c - private regions: reserve, commit, decommit, release, describe.
 *
 * Reserve takes addresses: an MMVAD in the tree, in granules of 64 KiB.  Commit makes a
 * promise: commit charge, and for a part of a region an entry with its protection in each
 * PTE.  A region that is reserved and committed in one call needs no PTE at all
 * (MemCommit).  Decommit takes the promise and the pages back; the addresses stay reserved.
 * Release gives the addresses back too, of a whole region or of a part:
 *
 *      |########region########|          whole      gone
 *      |----|#################|          head       StartingVpn moves up
 *      |#################|----|          tail       EndingVpn moves down
 *      |######|----|##########|          middle     two regions; needs a second MMVAD
 *
 * Windows: MiReserve..., MiCommitPages, MiDecommitPages, MiDeleteVad inside
 * NtAllocateVirtualMemory and NtFreeVirtualMemory.
 */
#include "mm/region.h"

/* Committed pages of first..last. */
static ULONG MiCountCommitted(const MMVAD *vad, ULONG first, ULONG last)
{
    ULONG count = 0, protection;
    for (ULONG vpn = first, end; vpn <= last; vpn = end) {
        end = MiRunEnd(vad, vpn, last, &protection);
        if (protection != MM_DECOMMIT)
            count += end - vpn;
    }
    return count;
}

NTSTATUS MiReserve(MMSPACE *space, MIRESERVE *want)
{
    MMVAD *vad, *next;
    if (!want->First) {
        want->First = MiFindGap(&space->Vads, want->Pages, want->High, want->TopDown);
        if (!want->First)
            return STATUS_NO_MEMORY;
    } else {
        next = MiFindVadFrom(&space->Vads, want->First);
        if (next && next->StartingVpn < want->First + want->Pages)
            return STATUS_CONFLICTING_ADDRESSES;
    }
    NTSTATUS status = MiCreateVad(space, want->First, want->First + want->Pages - 1,
                                  want->MemCommit ? want->Pages : 0, &vad);
    if (!NT_SUCCESS(status))
        return status;
    vad->Protection = vad->Untouched = want->Protection;
    vad->MemCommit = want->MemCommit;
    vad->WriteWatch = want->WriteWatch;
    vad->Physical = want->Physical;
    return STATUS_SUCCESS;
}

NTSTATUS MiCommit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last, ULONG protection)
{
    LONG more = last - first + 1 - MiCountCommitted(vad, first, last);
    if (!MiChargeVad(space, vad, more))
        return STATUS_COMMITMENT_LIMIT;
    BOOLEAN whole = first == vad->StartingVpn && last == vad->EndingVpn;
    if (whole && vad->CommitCharge == (ULONG)more && !vad->MemCommit &&
        !vad->WriteWatch) {
        vad->MemCommit = TRUE; /* no entry says anything: nothing was committed */
        vad->Untouched = (UCHAR)protection;
        return STATUS_SUCCESS;
    }
    if (!MiCommitRange(space, first, last, protection)) {
        MiChargeVad(space, vad, -more);
        return STATUS_NO_MEMORY;
    }
    return STATUS_SUCCESS;
}

/* In a MemCommit region an entry of 0 would mean "committed": each page must say that it is
 * not, and its table must stay.  So too under write watch, which forgets nothing. */
NTSTATUS MiDecommit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    ULONG count;
    BOOLEAN whole = first == vad->StartingVpn && last == vad->EndingVpn;
    if (vad->WriteWatch || (vad->MemCommit && !whole)) {
        if (!MiMarkRange(space, vad, first, last, &count))
            return STATUS_INSUFFICIENT_RESOURCES;
    } else {
        count = MiEmptyRange(space, vad, first, last);
        vad->MemCommit = FALSE;
    }
    MiChargeVad(space, vad, -(LONG)count);
    return STATUS_SUCCESS;
}

/* The part after the hole becomes a region of its own.  The first one shrinks before, so
 * that its charge of tables is there for the second. */
static NTSTATUS MiSplit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    ULONG end = vad->EndingVpn;
    MMVAD *upper;
    MiResizeVad(space, vad, vad->StartingVpn, first - 1);
    if (!NT_SUCCESS(MiCreateVad(space, last + 1, end, 0, &upper))) {
        MiResizeVad(space, vad, vad->StartingVpn, end);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    upper->Protection = vad->Protection;
    upper->MemCommit = vad->MemCommit;
    upper->Untouched = vad->Untouched;
    upper->WriteWatch = vad->WriteWatch;
    upper->Physical = vad->Physical;
    upper->CommitCharge = MiCountCommitted(upper, last + 1, end);
    vad->CommitCharge -= upper->CommitCharge;
    return STATUS_SUCCESS;
}

NTSTATUS MiRelease(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    BOOLEAN head = first == vad->StartingVpn, tail = last == vad->EndingVpn;
    if (head && tail) {
        MiDeleteVad(space, vad);
        return STATUS_SUCCESS;
    }
    if (!head && !tail) {
        NTSTATUS status = MiSplit(space, vad, first, last);
        if (!NT_SUCCESS(status))
            return status;
    }
    MiChargeVad(space, vad, -(LONG)MiEmptyRange(space, vad, first, last));
    if (head)
        MiResizeVad(space, vad, last + 1, vad->EndingVpn);
    else if (tail)
        MiResizeVad(space, vad, vad->StartingVpn, first - 1);
    return STATUS_SUCCESS;
}

void MiDescribe(MMSPACE *space, ULONG vpn, MIRUN *run)
{
    MMVAD *vad = MiFindVad(&space->Vads, vpn);
    if (vad) {
        run->Vad = vad;
        run->End = MiRunEnd(vad, vpn, vad->EndingVpn, &run->Protection);
        return;
    }
    MMVAD *next = MiFindVadFrom(&space->Vads, vpn);
    *run = (MIRUN){NULL, next ? next->StartingVpn : MI_HIGHEST_VPN + 1, MM_DECOMMIT};
}
