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
    ULONG committed = 0, met = 0;
    for (ULONG vpn = first; met < *used && (vpn = MiNextUsed(vpn, last)) <= last;)
        for (MMPTE old; vpn <= last && (old = *MiPteOfVpn(vpn)).Low; vpn++) {
            MiClearPte(MiPteOfVpn(vpn), 0);
            met++;
            if (!MiHasFrame(old)) {
                committed += (old.Low >> PTE_SOFT_SHIFT & 0x1F) != MM_DECOMMIT;
                continue;
            }
            committed++;
            if (old.Low & PTE_VALID)
                MiFlushPage(MiAddress(vpn));
            MiReleaseFrame(space, old, vad, vpn);
        }
    *used = (USHORT)(*used - met);
    return committed + (vad->MemCommit ? last - first + 1 - met : 0);
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
