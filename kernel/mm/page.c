/* page.c - PageAlloc and PageFree: one physical page, the bottom of every allocation.
 *
 * A page that nobody uses waits in a list, free (holds old bytes) or zeroed, of its zone:
 * [0] below 512 MiB, where the kernel's linear map reaches it, [1] above that, [2] above
 * 4 GiB.
 *
 *      PageFree --> free --MmZeroOnePage, when idle--> zeroed
 *                    |                                    |
 *                    +------------> PageAlloc <-----------+
 *
 * Users get pages from above first, so that what the kernel must reach directly lasts.
 * Page tables lie below 4 GiB: qemu-system-i386 7.2 walks them by 32-bit addresses.
 *
 * P1  a page is in exactly one list, or active, or fixed (never ours to give)
 * P2  a list's Count is its length
 *
 * Windows: MmFreePageListHead, MmZeroedPageListHead, MiRemoveAnyPage; `!memusage`.
 * Windows 95 calls it _PageAllocate, from where the name is.
 */
#include "mm/mmp.h"

MMPAGELIST MiFreePages[MI_ZONES], MiZeroedPages[MI_ZONES];
ULONG MiActivePages[5];

/* The best list that has a page: of the kind that is wanted, above before below. */
static MMPAGELIST *MiChooseList(MMPAGEUSE use, ULONG flags)
{
    MMPAGELIST *wanted = flags & MM_PAGE_ZEROED ? MiZeroedPages : MiFreePages;
    MMPAGELIST *other = flags & MM_PAGE_ZEROED ? MiFreePages : MiZeroedPages;
    LONG top = flags & MM_PAGE_LOW ? 0 : use == MmPageTable ? 1 : 2;
    for (LONG zone = top; zone >= 0; zone--)
        if (wanted[zone].Count)
            return &wanted[zone];
    for (LONG zone = top; zone >= 0; zone--)
        if (other[zone].Count)
            return &other[zone];
    return NULL;
}

static PFN_NUMBER MiPopPage(MMPAGELIST *list)
{
    PFN_NUMBER pfn = list->First;
    list->First = MiPfn(pfn)->Next;
    list->Count--;
    return pfn;
}

static void MiPushPage(MMPAGELIST *list, PFN_NUMBER pfn, MIPAGESTATE state)
{
    MiPfn(pfn)->State = state;
    MiPfn(pfn)->Next = list->First;
    list->First = pfn;
    list->Count++;
}

/* One physical page for the given use, zeroed if flags say so; PFN_NONE when there is
 * none. */
PFN_NUMBER PageAlloc(MMPAGEUSE use, ULONG flags, ULONG_PTR address)
{
    if (use != MmPageUser && MiFailNow())
        return PFN_NONE;
    MMPAGELIST *list = MiChooseList(use, flags);
    if (!list)
        return PFN_NONE;
    PFN_NUMBER pfn = MiPopPage(list);
    MMPFN *page = MiPfn(pfn);
    if (flags & MM_PAGE_ZEROED && page->State != MiPageZeroed)
        MiZeroPage(pfn);
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
    MiPushPage(&MiFreePages[MiZoneOf(pfn)], pfn, MiPageFree);
}

/* Idle time well spent: move one page from free to zeroed.  FALSE when all are. */
BOOLEAN MmZeroOnePage(void)
{
    for (int zone = MI_ZONES - 1; zone >= 0; zone--) {
        if (MiFreePages[zone].Count) {
            PFN_NUMBER pfn = MiPopPage(&MiFreePages[zone]);
            MiZeroPage(pfn);
            MiPushPage(&MiZeroedPages[zone], pfn, MiPageZeroed);
            return TRUE;
        }
    }
    return FALSE;
}
