/* range.c - the pages of a region: what they are, committed, protected.
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
