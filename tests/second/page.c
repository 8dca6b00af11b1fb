/* page.c - a second page allocator, written from kernel/mm/pagealloc.h alone: two bitmaps.
 *
 * A page is free if its bit is set, in the bitmap of pages with old bytes or in that of zeroed
 * ones.  Above each bitmap stand smaller ones: a bit says that the word below it is not 0.
 *
 *      level 3   8 words         one bit for 32,768 pages
 *      level 2   256 words       one bit for 1024 pages
 *      level 1   8192 words      one bit for 32 pages
 *      level 0   262,144 words   one bit for a page: 8 Mi pages, 32 GiB
 *
 * The contract's order of zones needs no zones here: the highest free page below a limit lies
 * in the highest zone that has one.  MMPFN.Link is not used.
 */
#include "mm/pagealloc.h"

#define LEVELS    4
#define MAX_PAGES 0x800000u

typedef struct _PAGEMAP {
    ULONG Level0[MAX_PAGES / 32], Level1[MAX_PAGES / 32 / 32],
        Level2[MAX_PAGES / 32 / 32 / 32];
    ULONG Level3[MAX_PAGES / 32 / 32 / 32 / 32];
    ULONG Count;
} PAGEMAP;
static PAGEMAP old_pages, zeroed_pages;

static ULONG *level(PAGEMAP *map, int n)
{
    return n == 0   ? map->Level0
           : n == 1 ? map->Level1
           : n == 2 ? map->Level2
                    : map->Level3;
}

static void put(PAGEMAP *map, PFN_NUMBER pfn, MIPAGESTATE state)
{
    MiPfn(pfn)->State = state;
    map->Count++;
    for (int n = 0; n < LEVELS; n++, pfn /= 32)
        level(map, n)[pfn / 32] |= 1u << pfn % 32;
}

static void drop(PAGEMAP *map, PFN_NUMBER pfn)
{
    map->Count--;
    for (int n = 0; n < LEVELS; n++, pfn /= 32) {
        ULONG *word = &level(map, n)[pfn / 32];
        *word &= ~(1u << pfn % 32);
        if (*word)
            return;
    }
}

/* The highest bit of level n below limit (in bits of that level); PFN_NONE. */
static PFN_NUMBER highest(PAGEMAP *map, int n, ULONG limit)
{
    const ULONG *words = level(map, n);
    if (limit % 32) {
        ULONG part = words[limit / 32] & ((1u << limit % 32) - 1);
        if (part)
            return (limit & ~31u) + (31 ^ __builtin_clz(part));
    }
    ULONG word = limit / 32; /* those below it */
    if (n + 1 < LEVELS) {
        PFN_NUMBER found = highest(map, n + 1, word);
        return found == PFN_NONE ? found
                                 : found * 32 + (31 ^ __builtin_clz(words[found]));
    }
    while (word-- > 0)
        if (words[word])
            return word * 32 + (31 ^ __builtin_clz(words[word]));
    return PFN_NONE;
}

static PFN_NUMBER take(PAGEMAP *map, ULONG zone)
{
    PFN_NUMBER limit = MAX_PAGES;
    if (zone == MI_ZONE_NEAR)
        limit = MI_FAR_PFN;
    if (zone == MI_ZONE_LINEAR)
        limit = MiLinearPages;
    PFN_NUMBER pfn = highest(map, 0, limit);
    if (pfn != PFN_NONE)
        drop(map, pfn);
    return pfn;
}

void MiAddPages(PFN_NUMBER first, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        put(&old_pages, first + i, MiPageFree);
}

PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)
{
    PFN_NUMBER pfn = take(zeroed ? &zeroed_pages : &old_pages, zone);
    if (pfn != PFN_NONE)
        return pfn;
    pfn = take(zeroed ? &old_pages : &zeroed_pages, zone);
    if (pfn != PFN_NONE && zeroed)
        MiZeroPage(pfn);
    return pfn;
}

void MiGivePage(PFN_NUMBER pfn)
{
    put(&old_pages, pfn, MiPageFree);
}

BOOLEAN MmZeroOnePage(void)
{
    PFN_NUMBER pfn = take(&old_pages, MI_ZONE_FAR);
    if (pfn == PFN_NONE)
        return FALSE;
    MiZeroPage(pfn);
    put(&zeroed_pages, pfn, MiPageZeroed);
    return TRUE;
}

void MiCountPages(MIPAGECOUNTS *counts)
{
    counts->Free = old_pages.Count;
    counts->Zeroed = zeroed_pages.Count;
}

static BOOLEAN agrees(PAGEMAP *map, MIPAGESTATE state)
{
    ULONG count = 0;
    for (ULONG word = 0; word < MAX_PAGES / 32; word++) {
        if ((map->Level0[word] != 0) != (map->Level1[word / 32] >> word % 32 & 1))
            return FALSE;
        for (ULONG bits = map->Level0[word]; bits; bits &= bits - 1, count++)
            if (MiPfn(word * 32 + __builtin_ctz(bits))->State != state)
                return FALSE;
    }
    return count == map->Count;
}

ULONG MiCheckPages(void)
{
    return !agrees(&old_pages, MiPageFree)        ? 1
           : !agrees(&zeroed_pages, MiPageZeroed) ? 2
                                                  : 0;
}
