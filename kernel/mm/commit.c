/* commit.c - commit charge: promises never exceed what there is.
 *
 * Every page that mm may one day have to find is charged when it is promised: committed
 * private pages, page tables, writable copies of views, the pages of sections, pool.
 * There is no page file, so the limit is the memory that was free when mm started, less a
 * small reserve.  Hence a fault on a committed page always finds one: running out is a
 * status at commit, not a crash at touch.  Windows: MmTotalCommittedPages,
 * MmTotalCommitLimit.
 *
 * C1  MiCommitted <= MiCommitLimit
 * C2  pages in use since start <= MiCommitted
 */
#include "mm/mmp.h"

ULONG MiCommitted, MiCommitLimit;
ULONG MmPoolFailAt, MmAllocations;

BOOLEAN MiChargeCommit(ULONG pages)
{
    if (pages > MiCommitLimit - MiCommitted)
        return FALSE;
    MiCommitted += pages;
    return TRUE;
}

void MiReturnCommit(ULONG pages)
{
    ASSERT(pages <= MiCommitted);
    MiCommitted -= pages;
}

/* Also counted for the space, whose owner may ask. */
BOOLEAN MiChargeSpace(MMSPACE *space, ULONG pages)
{
    if (!MiChargeCommit(pages))
        return FALSE;
    space->CommitPages += pages;
    if (space->CommitPages > space->PeakCommit)
        space->PeakCommit = space->CommitPages;
    return TRUE;
}

void MiReturnSpace(MMSPACE *space, ULONG pages)
{
    ASSERT(pages <= space->CommitPages);
    space->CommitPages -= pages;
    MiReturnCommit(pages);
}

/* Pages of first..last of a private region that are committed. */
ULONG MiCountCommitted(const MMVAD *vad, ULONG first, ULONG last)
{
    ULONG count = 0;
    for (ULONG vpn = first, end; vpn <= last; vpn = end + 1) {
        end = vpn | (MI_PAGES_PER_TABLE - 1);
        if (end > last)
            end = last;
        if (!MiHasTable(MiAddress(vpn))) {
            count += vad->MemCommit ? end - vpn + 1 : 0;
            continue;
        }
        for (ULONG at = vpn; at <= end; at++)
            count += MiIsCommitted(*MiPteOfVpn(at), vad);
    }
    return count;
}

/* For tests: MmPoolFailAt = n makes the n-th allocation from now on fail, once. */
BOOLEAN MiFailNow(void)
{
    MmAllocations++;
    return MmPoolFailAt && --MmPoolFailAt == 0;
}
