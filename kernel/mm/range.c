/* range.c - the pages of a region: what they are, committed, protected.
 *
 * An entry that is 0 says what its region says (range.h), so a range without a table is
 * done in one step, and nothing here costs a page that was never touched.
 */
#include "mm/pagealloc.h"
#include "mm/range.h"

ULONG MiNextUsed(ULONG vpn, ULONG last)
{
    for (ULONG end; vpn <= last; vpn = end + 1) {
        end = MiTableEnd(vpn, last);
        if (!MiHasTable(MiAddress(vpn)))
            continue;
        const MMPTE *pte = MiPteOfVpn(vpn), *stop = MiPteOfVpn(end);
        while (pte + 3 <= stop && !(pte[0].Low | pte[1].Low | pte[2].Low | pte[3].Low))
            pte += 4;
        for (; pte <= stop; pte++)
            if (pte->Low)
                return MiVpn((ULONG_PTR)pte << 9);
    }
    return last + 1;
}

/* The page after those that are like vpn, whose entry is 0: entry and protection. */
static ULONG MiEmptyEnd(const MMVAD *vad, ULONG vpn, ULONG last)
{
    if (vad->View)
        last = vad->View->AlikeTo(vad, vpn, last);
    return MiNextUsed(vpn, last);
}

/* The same of an entry that is not 0, in its table. */
static ULONG MiSameEnd(const MMVAD *vad, ULONG vpn, ULONG last, ULONG protection)
{
    const MMPTE *pte = MiPteOfVpn(vpn), *stop = MiPteOfVpn(MiTableEnd(vpn, last));
    MMPTE same = *pte;
    while (++pte <= stop)
        if (pte->Low != same.Low &&
            (!pte->Low || MiPteProtection(*pte, vad, 0) != protection))
            break;
    return vpn + (pte - MiPteOfVpn(vpn));
}

ULONG MiRunEnd(const MMVAD *vad, ULONG vpn, ULONG last, ULONG *protection)
{
    *protection = MiPteProtection(MiReadPte(vpn), vad, vpn);
    if (vpn == last)
        return last + 1;
    do {
        vpn = MiReadPte(vpn).Low ? MiSameEnd(vad, vpn, last, *protection)
                                 : MiEmptyEnd(vad, vpn, last);
    } while (vpn <= last && MiPteProtection(MiReadPte(vpn), vad, vpn) == *protection);
    return vpn;
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
