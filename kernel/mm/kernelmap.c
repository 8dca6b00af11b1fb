/* kernelmap.c - kernel addresses get pages: for pool, stacks and devices.
 *
 * 80000000..BFFFFFFF is one page directory that all spaces share, so a mapping made here is
 * there in every space.  A table comes with its first page, is charged then, and goes with
 * its last.
 */
#include "mm/mmp.h"
#include "mm/pagealloc.h"

BOOLEAN MiMapKernel(ULONG_PTR va, PFN_NUMBER pfn, ULONG bits)
{
    if (!MiHasTable(va)) {
        if (!MiChargeCommit(1))
            return FALSE;
        PFN_NUMBER table = PageAlloc(MmPageTable, MM_PAGE_ZEROED, (ULONG_PTR)MiPteOf(va));
        if (table == PFN_NONE) {
            MiReturnCommit(1);
            return FALSE;
        }
        MiStorePte(MiPdeOf(va), MiFrame(table, PTE_VALID | PTE_WRITE));
    }
    MMPTE pte = MiFrame(pfn, bits | PTE_VALID | PTE_WRITE | PTE_GLOBAL);
    pte.Long |= MiNxBit;
    MiStorePte(MiPteOf(va), pte);
    ++*MiUsedCount(MiPteOf(va));
    return TRUE;
}

/* Returns the page that was mapped there. */
PFN_NUMBER MiUnmapKernel(ULONG_PTR va)
{
    PFN_NUMBER pfn = MiPtePfn(*MiPteOf(va)), table = MiPtePfn(*MiPdeOf(va));
    MiStorePte(MiPteOf(va), (MMPTE){0});
    MiFlushPage(va);
    if (--MiPfn(table)->UsedCount == 0) {
        MiStorePte(MiPdeOf(va), (MMPTE){0});
        MiFlushPage((ULONG_PTR)MiPteOf(va) & ~(PAGE_SIZE - 1));
        PageFree(table);
        MiReturnCommit(1);
    }
    return pfn;
}
