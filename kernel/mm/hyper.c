/* hyper.c - reach a physical page: by its address in the linear map, or through a slot.
 *
 * Pages below MiLinearPages have an address.  Any other is mapped at a slot of hyperspace
 * for as long as the caller needs it: slot 0 to zero and to copy from, 1 to copy to, 2 for
 * a file's bytes.
 *
 * Windows: MiMapPageInHyperSpace.
 */
#include "mm/fault.h"
#include "mm/mmp.h"
#include "mm/pagealloc.h"

PFN_NUMBER MiLinearPages, MiEndPfn; /* set by pfn.c */

/* An address for a page, until the slot is used again. */
void *MiMapPage(PFN_NUMBER pfn, ULONG slot)
{
    if (pfn < MiLinearPages)
        return (void *)(MI_LINEAR_BASE + (pfn << PAGE_SHIFT));
    ULONG_PTR va = MI_HYPER_BASE + slot * PAGE_SIZE;
    MiStorePte(MiPteOf(va), MiFrame(pfn, PTE_VALID | PTE_WRITE));
    MiFlushPage(va);
    return (void *)va;
}

void MiZeroPage(PFN_NUMBER pfn)
{
    ULONG *to = MiMapPage(pfn, 0), count = PAGE_SIZE / 4;
    if (KeFeatures.Sse)
        MiZeroBySse(to);
    else
        __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(0) : "memory");
}

#ifdef DEBUG
BOOLEAN MiIsZeroPage(PFN_NUMBER pfn)
{
    const ULONG *word = MiMapPage(pfn, 0), *end = word + PAGE_SIZE / sizeof *word;
    while (word < end && !*word)
        word++;
    return word == end;
}
#endif

void MiCopyPage(PFN_NUMBER copy, PFN_NUMBER original)
{
    ULONG *to = MiMapPage(copy, 1), count = PAGE_SIZE / 4;
    const ULONG *from = MiMapPage(original, 0);
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count)::"memory");
}
