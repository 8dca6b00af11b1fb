/* region.c - a second book of promises: every call is a walk over runs.
 *
 * The reference keeps MemCommit up to date wherever it can.  This one never sets it later: a
 * region that was reserved alone is committed by entries, always.  And it has one way to release:
 *
 *      |-----keep------|########gone########|----keep----|
 *      ^ StartingVpn   ^ first         last ^            ^ EndingVpn
 *
 * what is kept before stays the region, what is kept after is a region of its own or, if there
 * is nothing before, the region.  The rules of a seed are LAB_RELEASE, LAB_RECOMMIT, LAB_DECOMMIT.
 */
#include "mm/region.h"

#ifndef LAB_RELEASE
#define LAB_RELEASE  0
#define LAB_RECOMMIT 0
#define LAB_DECOMMIT 0
#endif

/* The next run of reserved (committed: FALSE) or committed pages from vpn on; *end: the page
 * after it.  last + 1: there is none. */
static ULONG NextRun(const MMVAD *vad, ULONG vpn, ULONG last, BOOLEAN committed,
                     ULONG *end)
{
    ULONG protection;
    for (; vpn <= last; vpn = *end) {
        *end = MiRunEnd(vad, vpn, last, &protection);
        if ((protection != MM_DECOMMIT) == committed)
            break;
    }
    return vpn;
}

static ULONG Count(const MMVAD *vad, ULONG first, ULONG last, BOOLEAN committed)
{
    ULONG count = 0, end;
    for (ULONG vpn = first; (vpn = NextRun(vad, vpn, last, committed, &end)) <= last;
         vpn = end)
        count += end - vpn;
    return count;
}

NTSTATUS MiReserve(MMSPACE *space, MIRESERVE *want)
{
    MMVAD *vad;
    ULONG place = want->First;
    if (!place &&
        !(place = MiFindGap(&space->Vads, want->Pages, want->High, want->TopDown)))
        return STATUS_NO_MEMORY;
    MMVAD *there = want->First ? MiFindVadFrom(&space->Vads, place) : NULL;
    if (there && there->StartingVpn < place + want->Pages)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = MiCreateVad(space, place, place + want->Pages - 1,
                                  want->MemCommit ? want->Pages : 0, &vad);
    if (status != STATUS_SUCCESS)
        return status;
    vad->MemCommit = want->MemCommit;
    vad->Untouched = vad->Protection = want->Protection;
    vad->Physical = want->Physical;
    vad->WriteWatch = want->WriteWatch;
    want->First = place;
    return STATUS_SUCCESS;
}

#if LAB_RECOMMIT
/* Only reserved runs are committed.  If a table is missing, the runs before are reserved
 * again; their tables are there, so that cannot fail. */
static BOOLEAN CommitRuns(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last,
                          ULONG protection)
{
    ULONG done[64][2], count = 0, end, dropped;
    for (ULONG vpn = first; (vpn = NextRun(vad, vpn, last, FALSE, &end)) <= last;
         vpn = end) {
        if (count < 64 && MiCommitRange(space, vpn, end - 1, protection)) {
            done[count][0] = vpn, done[count++][1] = end - 1;
            continue;
        }
        while (count--)
            if (vad->MemCommit)
                MiMarkRange(space, vad, done[count][0], done[count][1], &dropped);
            else
                MiEmptyRange(space, vad, done[count][0], done[count][1]);
        return FALSE;
    }
    return TRUE;
}
#else
static BOOLEAN CommitRuns(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last,
                          ULONG protection)
{
    (void)vad;
    return MiCommitRange(space, first, last, protection);
}
#endif

NTSTATUS MiCommit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last, ULONG protection)
{
    LONG fresh = (LONG)Count(vad, first, last, FALSE);
    if (!MiChargeVad(space, vad, fresh))
        return STATUS_COMMITMENT_LIMIT;
    if (CommitRuns(space, vad, first, last, protection))
        return STATUS_SUCCESS;
    MiChargeVad(space, vad, -fresh);
    return STATUS_NO_MEMORY;
}

NTSTATUS MiDecommit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    ULONG gone;
    if (LAB_DECOMMIT && Count(vad, first, last, FALSE))
        return STATUS_NOT_COMMITTED;
    if (!vad->MemCommit && !vad->WriteWatch)
        gone = MiEmptyRange(space, vad, first, last);
    else if (!MiMarkRange(space, vad, first, last, &gone))
        return STATUS_INSUFFICIENT_RESOURCES;
    MiChargeVad(space, vad, -(LONG)gone);
    return STATUS_SUCCESS;
}

/* What is kept after last, of a region that keeps something before first, too. */
static NTSTATUS SplitOff(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    const ULONG begin = vad->StartingVpn, end = vad->EndingVpn;
    MMVAD *after;
    MiResizeVad(space, vad, begin, first - 1);
    if (MiCreateVad(space, last + 1, end, 0, &after) != STATUS_SUCCESS) {
        MiResizeVad(space, vad, begin, end);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    after->Untouched = vad->Untouched;
    after->Protection = vad->Protection;
    after->MemCommit = vad->MemCommit;
    after->Physical = vad->Physical;
    after->WriteWatch = vad->WriteWatch;
    ULONG its = Count(after, last + 1, end, TRUE);
    after->CommitCharge = its;
    vad->CommitCharge -= its;
    return STATUS_SUCCESS;
}

NTSTATUS MiRelease(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    ULONG keepBefore = first - vad->StartingVpn, keepAfter = vad->EndingVpn - last;
    if (keepBefore + keepAfter == 0) {
        MiDeleteVad(space, vad);
        return STATUS_SUCCESS;
    }
    if (LAB_RELEASE == 1 || (LAB_RELEASE == 2 && keepBefore && keepAfter))
        return STATUS_UNABLE_TO_FREE_VM;
    if (keepBefore && keepAfter && SplitOff(space, vad, first, last) != STATUS_SUCCESS)
        return STATUS_INSUFFICIENT_RESOURCES;
    MiChargeVad(space, vad, -(LONG)MiEmptyRange(space, vad, first, last));
    if (!keepBefore)
        MiResizeVad(space, vad, last + 1, vad->EndingVpn);
    else if (!(keepBefore && keepAfter))
        MiResizeVad(space, vad, vad->StartingVpn, first - 1);
    return STATUS_SUCCESS;
}

void MiDescribe(MMSPACE *space, ULONG vpn, MIRUN *run)
{
    MMVAD *next = MiFindVadFrom(&space->Vads, vpn);
    run->Vad = next && next->StartingVpn <= vpn ? next : NULL;
    run->Protection = MM_DECOMMIT;
    if (run->Vad)
        run->End = MiRunEnd(next, vpn, next->EndingVpn, &run->Protection);
    else
        run->End = next ? next->StartingVpn : MI_HIGHEST_VPN + 1;
}
