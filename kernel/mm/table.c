/* table.c - page tables of the user's half: made when a page needs one, dropped when empty.
 *
 * A table's MMPFN counts its entries that are not 0 (UsedCount).  The tables are reached
 * through their own mapping (pte.h), so only those of the current space; to work on
 * another space, mm attaches to it.
 */
#include "mm/pagealloc.h"
#include "mm/range.h"

MMSPACE *MiCurrentSpace;

/* The table was charged with the region that va lies in. */
BOOLEAN MiMakeTable(ULONG_PTR va)
{
    if (MiHasTable(va))
        return TRUE;
    PFN_NUMBER pfn = PageAlloc(MmPageTable, MM_PAGE_ZEROED, (ULONG_PTR)MiPteOf(va));
    if (pfn == PFN_NONE)
        return FALSE;
    MiStorePte(MiPdeOf(va),
               MiFrame(pfn, PTE_VALID | PTE_WRITE | PTE_USER | PTE_ACCESSED));
    MiCurrentSpace->TablePages++;
    return TRUE;
}

void MiDropTables(ULONG first, ULONG last)
{
    for (ULONG vpn = first & ~(MI_PAGES_PER_TABLE - 1); vpn <= last;
         vpn += MI_PAGES_PER_TABLE)
        MiDropTableIfEmpty(MiAddress(vpn));
}

void MiDropTableIfEmpty(ULONG_PTR va)
{
    if (!MiHasTable(va))
        return;
    PFN_NUMBER pfn = MiPtePfn(*MiPdeOf(va));
    if (MiPfn(pfn)->UsedCount)
        return;
    MiStorePte(MiPdeOf(va), (MMPTE){0});
    MiFlushPage((ULONG_PTR)MiPteOf(va) & ~(PAGE_SIZE - 1));
    MiCurrentSpace->TablePages--;
    PageFree(pfn);
}
