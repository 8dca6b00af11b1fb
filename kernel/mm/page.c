/* page.c - the page allocator: one physical page, the bottom of every allocation.
 *
 * A free page is in one of six lists: of its kind (old bytes or zeroed) and its zone.  A
 * list is linked through MMPFN.Link, last in first out.
 *
 *      MiOld      .Zone[0] -> 1F4 -> 1F3 -> 0A0    .Zone[1] (empty)    .Zone[2] (empty)
 *      MiZeroed   .Zone[0] -> 2C7                  .Zone[1] (empty)    .Zone[2] (empty)
 *
 * Windows: MmFreePageListHead, MmZeroedPageListHead, MiRemoveAnyPage; `!memusage`.
 */
#include "mm/pagealloc.h"

typedef struct _MIPAGELIST {
    PFN_NUMBER First; /* valid if Count is not 0 */
    ULONG Count;
} MIPAGELIST;
typedef struct _MIPAGEKIND {
    ULONG Filled; /* bit n: Zone[n] is not empty */
    MIPAGELIST Zone[MI_ZONES];
} MIPAGEKIND;
static MIPAGEKIND MiOld, MiZeroed;

static void MiPushPage(MIPAGEKIND *kind, PFN_NUMBER pfn, MIPAGESTATE state)
{
    ULONG zone = MiZoneOf(pfn);
    MIPAGELIST *list = &kind->Zone[zone];
    MiPfn(pfn)->State = state;
    MiPfn(pfn)->Link = list->First;
    list->First = pfn;
    list->Count++;
    kind->Filled |= 1u << zone;
}

/* A page of the highest zone, up to zone, that has one of this kind; PFN_NONE. */
static inline PFN_NUMBER MiPopPage(MIPAGEKIND *kind, ULONG zone)
{
    static const UCHAR upTo[MI_ZONES] = {1, 3, 7};
    ULONG filled = kind->Filled & upTo[zone];
    if (!filled)
        return PFN_NONE;
    zone = 31 ^ __builtin_clz(filled); /* the highest bit */
    MIPAGELIST *list = &kind->Zone[zone];
    PFN_NUMBER pfn = list->First;
    list->First = MiPfn(pfn)->Link;
    if (--list->Count == 0)
        kind->Filled &= ~(1u << zone);
    return pfn;
}

/* The first page goes in last, so that it comes out first. */
void MiAddPages(PFN_NUMBER first, ULONG count)
{
    while (count-- > 0)
        MiPushPage(&MiOld, first + count, MiPageFree);
}

PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)
{
    PFN_NUMBER pfn = MiPopPage(zeroed ? &MiZeroed : &MiOld, zone);
    if (pfn != PFN_NONE)
        return pfn;
    pfn = MiPopPage(zeroed ? &MiOld : &MiZeroed, zone);
    if (zeroed && pfn != PFN_NONE)
        MiZeroPage(pfn);
    return pfn;
}

void MiGivePage(PFN_NUMBER pfn)
{
    MiPushPage(&MiOld, pfn, MiPageFree);
}

BOOLEAN MmZeroOnePage(void)
{
    PFN_NUMBER pfn = MiPopPage(&MiOld, MI_ZONE_FAR);
    if (pfn == PFN_NONE)
        return FALSE;
    MiZeroPage(pfn);
    MiPushPage(&MiZeroed, pfn, MiPageZeroed);
    return TRUE;
}

void MiCountPages(MIPAGECOUNTS *counts)
{
    *counts = (MIPAGECOUNTS){0, 0};
    for (ULONG zone = 0; zone < MI_ZONES; zone++) {
        counts->Free += MiOld.Zone[zone].Count;
        counts->Zeroed += MiZeroed.Zone[zone].Count;
    }
}

/* Each list has as many pages as it says, of its state and zone. */
static BOOLEAN MiCheckKind(const MIPAGEKIND *kind, MIPAGESTATE state)
{
    PFN_NUMBER low = 0, end[MI_ZONES] = {MiLinearPages, MI_FAR_PFN, MiEndPfn};
    for (ULONG zone = 0; zone < MI_ZONES; low = end[zone++]) {
        PFN_NUMBER pfn = kind->Zone[zone].First;
        PFN_NUMBER high = end[zone] < MiEndPfn ? end[zone] : MiEndPfn;
        if ((kind->Zone[zone].Count != 0) != (kind->Filled >> zone & 1))
            return FALSE;
        for (ULONG left = kind->Zone[zone].Count; left > 0; left--) {
            if (pfn < low || pfn >= high || MiPfn(pfn)->State != state)
                return FALSE;
            pfn = MiPfn(pfn)->Link;
        }
    }
    return TRUE;
}

/* 1: the pages with old bytes, 2: the zeroed ones. */
ULONG MiCheckPages(void)
{
    if (!MiCheckKind(&MiOld, MiPageFree))
        return 1;
    return MiCheckKind(&MiZeroed, MiPageZeroed) ? 0 : 2;
}
