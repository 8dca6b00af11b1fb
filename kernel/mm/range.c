/* range.c - the pages of a region: committed, emptied, protected, a table at a time.
 *
 * An entry that is 0 says what its region says (range.h), so a range without a table is
 * done in one step, and nothing here costs a page that was never touched.
 */
#include "mm/pagealloc.h"
#include "mm/range.h"

/* Equal entries of a private region are equally protected, and without a table all are 0. */
ULONG MiRunEnd(const MMVAD *vad, ULONG vpn, ULONG last, ULONG *protection)
{
    MMPTE first = MiReadPte(vpn);
    *protection = MiPteProtection(first, vad, vpn);
    for (ULONG at = vpn + 1; at <= last; at++) {
        MMPTE pte = MiReadPte(at);
        BOOLEAN same = pte.Long == first.Long && !vad->View;
        if (!same && MiPteProtection(pte, vad, at) != *protection)
            return at;
        if (!vad->View && !MiHasTable(MiAddress(at)))
            at = MiTableEnd(at, last);
    }
    return last + 1;
}

/* Commit a page whose entry says something.  If it is decommitted and says that it was
 * written to, it gets its page at once, so that the entry can go on saying so. */
__attribute__((noinline)) static void MiRecommit(MMSPACE *space, ULONG vpn,
                                                 ULONG protection)
{
    MMPTE *pte = MiPteOfVpn(vpn);
    PFN_NUMBER pfn = PFN_NONE;
    if (MiHasFrame(*pte)) {
        MiChangeProtection(vpn, protection);
        return;
    }
    if (MiWasWritten(*pte))
        pfn = PageAlloc(MmPageUser, MM_PAGE_ZEROED, MiAddress(vpn));
    if (pfn == PFN_NONE) {
        MiSetPte(pte, MiDemandPte(protection, FALSE));
        return;
    }
    MMPTE new = MiMakePte(pfn, protection);
    new.Low |= new.Low &PTE_VALID ? PTE_DIRTY : PTE_SOFT_DIRTY;
    MiSetPte(pte, new);
    space->PrivatePages++;
}

BOOLEAN MiCommitRange(MMSPACE *space, ULONG first, ULONG last, ULONG protection)
{
    const MMPTE demand = MiDemandPte(protection, FALSE);
    if (!MiMakeTables(first, last))
        return FALSE;
    for (ULONG vpn = first, end; vpn <= last; vpn = end + 1) {
        USHORT *used = MiUsedCount(MiPteOfVpn(vpn));
        end = MiTableEnd(vpn, last);
        for (ULONG at = vpn; at <= end; at++) {
            if (MiPteOfVpn(at)->Low) {
                MiRecommit(space, at, protection);
                continue;
            }
            *MiPteOfVpn(at) = demand;
            ++*used;
        }
    }
    return TRUE;
}

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

/* A page that is the process's own already is never copied again. */
void MiChangeProtection(ULONG vpn, ULONG protection)
{
    MMPTE *pte = MiPteOfVpn(vpn), old = *pte;
    if (!MiHasFrame(old)) {
        MiSetPte(pte, MiDemandPte(protection, FALSE));
        return;
    }
    PFN_NUMBER pfn = MiPtePfn(old);
    if (MiPfn(pfn)->Use == MmPageUser && MiIsCopy(protection))
        protection ^= MM_WRITECOPY ^ MM_READWRITE;
    MMPTE new = MiMakePte(pfn, protection);
    if (MiWasWritten(old))
        new.Low |= new.Low &PTE_VALID ? PTE_DIRTY : PTE_SOFT_DIRTY;
    MiSetPte(pte, new);
}
