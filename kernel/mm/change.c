/* change.c - a page whose entry says something gets another protection.
 *
 * What the entry remembers stays true: its frame, and whether it has seen a write.
 */
#include "mm/pagealloc.h"
#include "mm/range.h"

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

/* If it is decommitted and says that it was written to, it gets its page at once, so that
 * the entry can go on saying so. */
void MiRecommit(MMSPACE *space, ULONG vpn, ULONG protection)
{
    MMPTE *pte = MiPteOfVpn(vpn);
    PFN_NUMBER pfn = PFN_NONE;
    if (!MiHasFrame(*pte) && MiWasWritten(*pte))
        pfn = PageAlloc(MmPageUser, MM_PAGE_ZEROED, MiAddress(vpn));
    if (pfn == PFN_NONE) {
        MiChangeProtection(vpn, protection);
        return;
    }
    MMPTE new = MiMakePte(pfn, protection);
    new.Low |= new.Low &PTE_VALID ? PTE_DIRTY : PTE_SOFT_DIRTY;
    MiSetPte(pte, new);
    space->PrivatePages++;
}
