/* empty.c - the pages of a region are taken back: emptied, or marked as decommitted.
 *
 * A table at a time: what it holds is given back, and what says nothing is stepped over.
 */
#include "mm/range.h"

void MiReleaseFrame(MMSPACE *space, MMPTE pte, const MMVAD *vad, ULONG vpn)
{
    PFN_NUMBER pfn = MiPtePfn(pte);
    MMPFN *page = MiPfn(pfn);
    MiNotePeak(space);
    if (page->Use == MmPageUser) {
        space->PrivatePages--;
        space->LockedPages -= page->LockCount;
        page->LockCount = 0;
        PageFree(pfn);
        return;
    }
    if (vad->View && MiWasWritten(pte))
        vad->View->Wrote(vad, vpn);
    page->ShareCount--;
    space->SharedPages--;
}

/* The same for pages of one table, which is there; it ends with the table's last entry. */
static ULONG MiEmptyTable(MMSPACE *space, const MMVAD *vad, ULONG first, ULONG last)
{
    USHORT *used = MiUsedCount(MiPteOfVpn(first));
    ULONG committed = 0, empty = 0;
    for (MMPTE *pte = MiPteOfVpn(first), *end = MiPteOfVpn(last); pte <= end; pte++) {
        MMPTE old = *pte;
        if (!old.Low) { /* as a rule */
            empty++;
            continue;
        }
        MiClearPte(pte, 0);
        --*used;
        if (old.Low & PTE_VALID)
            MiFlushPage((ULONG_PTR)pte << 9);
        committed += MiIsCommitted(old, vad);
        if (MiHasFrame(old))
            MiReleaseFrame(space, old, vad, MiVpn((ULONG_PTR)pte << 9));
        if (!*used) {
            empty += end - pte;
            break;
        }
    }
    return committed + (vad->MemCommit ? empty : 0);
}

ULONG MiEmptyRange(MMSPACE *space, const MMVAD *vad, ULONG first, ULONG last)
{
    ULONG committed = 0;
    for (ULONG vpn = first, end; vpn <= last; vpn = end + 1) {
        end = MiTableEnd(vpn, last);
        if (MiHasTable(MiAddress(vpn))) {
            committed += MiEmptyTable(space, vad, vpn, end);
            MiDropTableIfEmpty(MiAddress(vpn));
        } else if (vad->MemCommit)
            committed += end - vpn + 1;
    }
    return committed;
}

/* The same, but the entries say MM_DECOMMIT. */
static ULONG MiMarkTable(MMSPACE *space, const MMVAD *vad, ULONG first, ULONG last)
{
    USHORT *used = MiUsedCount(MiPteOfVpn(first));
    ULONG committed = 0;
    for (ULONG vpn = first; vpn <= last; vpn++) {
        MMPTE *pte = MiPteOfVpn(vpn), old = *pte;
        committed += MiIsCommitted(old, vad);
        *used += !old.Low;
        MiClearPte(pte, MiDemandPte(MM_DECOMMIT, MiWasWritten(old)).Low);
        if (!MiHasFrame(old))
            continue;
        if (old.Low & PTE_VALID)
            MiFlushPage(MiAddress(vpn));
        MiReleaseFrame(space, old, vad, vpn);
    }
    return committed;
}

BOOLEAN MiMarkRange(MMSPACE *space, const MMVAD *vad, ULONG first, ULONG last,
                    ULONG *count)
{
    *count = 0;
    if (!MiMakeTables(first, last))
        return FALSE;
    for (ULONG vpn = first; vpn <= last; vpn = MiTableEnd(vpn, last) + 1)
        *count += MiMarkTable(space, vad, vpn, MiTableEnd(vpn, last));
    return TRUE;
}
