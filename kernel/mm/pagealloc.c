/* pagealloc.c - PageAlloc and PageFree: the allocator's door, and what the house does there.
 *
 * page.c only keeps free pages.  Here a page gets its use and its count, an allocation of
 * the kernel's fails when a test asks for it, the event is sent, and what the allocator
 * hands out is checked.  Windows 95 calls the same door _PageAllocate, which is where the
 * name comes from.
 */
#include "mm/pagealloc.h"
#include "kd/kd.h"

ULONG MiActivePages[MmPageShared + 1];
ULONG MmPoolFailAt, MmAllocations;

BOOLEAN MiFailNow(void)
{
    MmAllocations++;
    return MmPoolFailAt && --MmPoolFailAt == 0;
}

/* Page tables lie below 4 GiB: qemu-system-i386 7.2 walks them by 32-bit addresses. */
static ULONG MiHighestZone(MMPAGEUSE use, ULONG flags)
{
    if (flags & MM_PAGE_LOW)
        return MI_ZONE_LINEAR;
    return use == MmPageTable ? MI_ZONE_NEAR : MI_ZONE_FAR;
}

PFN_NUMBER PageAlloc(MMPAGEUSE use, ULONG flags, ULONG_PTR address)
{
    if (use != MmPageUser && MiFailNow())
        return PFN_NONE;
    PFN_NUMBER pfn = MiTakePage(MiHighestZone(use, flags), (flags & MM_PAGE_ZEROED) != 0);
    if (pfn == PFN_NONE)
        return PFN_NONE;
    MMPFN *page = MiPfn(pfn);
    ASSERT(pfn < MiEndPfn && page->State < MiPageActive); /* else page.c gave it twice */
#ifdef DEBUG
    ASSERT(!(flags & MM_PAGE_ZEROED) || MiIsZeroPage(pfn));
#endif
    page->State = MiPageActive;
    page->Use = use;
    page->ShareCount = 1;
    MiActivePages[use]++;
    KD_TRACE(PageAlloc, pfn, use, address);
    return pfn;
}

/* The page goes back; nothing may show it any more. */
void PageFree(PFN_NUMBER pfn)
{
    MMPFN *page = MiPfn(pfn);
    ASSERT(page->State == MiPageActive && page->UsedCount == 0 && page->LockCount == 0);
    KD_TRACE(PageFree, pfn, page->Use);
    MiActivePages[page->Use]--;
    page->ShareCount = 0;
    page->State = MiPageFree;
    MiGivePage(pfn);
}
