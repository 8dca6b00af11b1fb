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

/* PAT entry 1 (PTE_THROUGH) becomes write-combining, for framebuffers; without PAT a
 * device is mapped uncached.  Intel SDM 3A, 11.12: MSR 277h, code 1 is WC,
 * CPUID.1:EDX[16]. */
ULONG MiIoBits(void)
{
    ULONG a = 1, b, c, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    if (!(d & 1u << 16))
        return PTE_NOCACHE | PTE_THROUGH;
    MiWriteMsr(0x277, (MiReadMsr(0x277) & ~0xFF00ull) | 0x100);
    return PTE_THROUGH;
}
