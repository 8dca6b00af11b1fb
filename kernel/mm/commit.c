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
#include "mm/space.h"
#include "kd/kd.h"

ULONG MiCommitted, MiCommitLimit;

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

BOOLEAN MiChargeVad(MMSPACE *space, MMVAD *vad, LONG more)
{
    if (more <= 0)
        MiReturnCommit((ULONG)-more);
    else if (!MiChargeCommit((ULONG)more))
        return FALSE;
    vad->CommitCharge += more;
    space->CommitPages += more;
    if (space->CommitPages > space->PeakCommit)
        space->PeakCommit = space->CommitPages;
    return TRUE;
}
