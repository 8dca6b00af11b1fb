/* page.c - a second page allocator, written from kernel/mm/pagealloc.h alone: two bitmaps.
 *
 * One bit a page says "held here"; there is a map for pages with old bytes and one for pages
 * of zeros.  Above each map is a pyramid: a bit of level n + 1 is set if its word of level n
 * has any bit set.  The highest page below a limit is found with one bit scan a level, so the
 * number of pages does not matter; the highest page is also one of the highest zone.
 *
 *      level 4   one word        .............1
 *      level 3   8 words         ...1........
 *      level 0   2^18 words      0110...1     a bit a page, 2^23 pages (32 GiB)
 *
 * Nothing of a page's MMPFN is used.
 */
#include "kd/kd.h"
#include "mm/pagealloc.h"

#define PAGE_BITS 23
#define MAX_PAGES (1u << PAGE_BITS)
#define LEVELS    5
#define NO_BIT    0xFFFFFFFFu

typedef struct {
    ULONG Level0[MAX_PAGES >> 5], Level1[MAX_PAGES >> 10], Level2[MAX_PAGES >> 15];
    ULONG Level3[MAX_PAGES >> 20], Level4[1];
    ULONG Count; /* bits set in level 0 */
} PAGEMAP;

static PAGEMAP Old, Zeros;

static ULONG *Level(PAGEMAP *map, ULONG level)
{
    ULONG *const levels[LEVELS] = {map->Level0, map->Level1, map->Level2, map->Level3,
                                   map->Level4};
    return levels[level];
}

static BOOLEAN Has(PAGEMAP *map, ULONG page)
{
    return (map->Level0[page >> 5] >> (page & 31)) & 1;
}

static void Set(PAGEMAP *map, ULONG page)
{
    map->Count++;
    for (ULONG level = 0; level < LEVELS; level++, page >>= 5)
        Level(map, level)[page >> 5] |= 1u << (page & 31);
}

static void Clear(PAGEMAP *map, ULONG page)
{
    map->Count--;
    for (ULONG level = 0; level < LEVELS; level++, page >>= 5) {
        ULONG *word = &Level(map, level)[page >> 5];
        *word &= ~(1u << (page & 31));
        if (*word)
            return;
    }
}

/* The highest page of the map that is less than limit; NO_BIT: there is none. */
static ULONG HighestBelow(PAGEMAP *map, ULONG limit)
{
    ULONG level = 0, at = limit; /* looked for: a bit below `at` in this level */
    ULONG word = 0;
    for (; level < LEVELS; level++, at >>= 5) {
        word = at & 31 ? Level(map, level)[at >> 5] & ((1u << (at & 31)) - 1) : 0;
        if (word)
            break;
    }
    if (!word)
        return NO_BIT;
    at = (at & ~31u) | (31 - (ULONG)__builtin_clz(word));
    while (level-- > 0)
        at = at << 5 | (31 - (ULONG)__builtin_clz(Level(map, level)[at]));
    return at;
}

/* One past the highest page of zone. */
static ULONG EndOf(ULONG zone)
{
    if (zone == MI_ZONE_LINEAR)
        return MiLinearPages;
    return zone == MI_ZONE_NEAR ? MI_FAR_PFN : MAX_PAGES - 1;
}

static PFN_NUMBER TakeFrom(PAGEMAP *map, ULONG zone)
{
    ULONG page = HighestBelow(map, EndOf(zone));
    if (page == NO_BIT)
        return PFN_NONE;
    Clear(map, page);
    return page;
}

void MiAddPages(PFN_NUMBER first, ULONG count)
{
    ASSERT(first + count < MAX_PAGES);
    for (ULONG page = first; page < first + count; page++)
        Set(&Old, page);
}

PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)
{
    PFN_NUMBER page = TakeFrom(zeroed ? &Zeros : &Old, zone);
    if (page != PFN_NONE)
        return page;
    page = TakeFrom(zeroed ? &Old : &Zeros, zone);
    if (zeroed && page != PFN_NONE)
        MiZeroPage(page);
    return page;
}

void MiGivePage(PFN_NUMBER page)
{
    ASSERT(page < MAX_PAGES && !Has(&Old, page) && !Has(&Zeros, page));
    Set(&Old, page);
}

BOOLEAN MmZeroOnePage(void)
{
    PFN_NUMBER page = TakeFrom(&Old, MI_ZONE_FAR);
    if (page == PFN_NONE)
        return FALSE;
    MiZeroPage(page);
    Set(&Zeros, page);
    return TRUE;
}

void MiCountPages(MIPAGECOUNTS *counts)
{
    *counts = (MIPAGECOUNTS){.Free = Old.Count, .Zeroed = Zeros.Count};
}

/* 0, or 1: a count; 2: a bit of the pyramid. */
static ULONG Check(PAGEMAP *map)
{
    ULONG count = 0;
    for (ULONG at = 0; at < MAX_PAGES >> 5; at++) {
        ULONG word = map->Level0[at];
        BOOLEAN said = (map->Level1[at >> 5] >> (at & 31)) & 1;
        if (said != (word != 0))
            return 2;
        for (; word; word &= word - 1)
            count++;
    }
    return count == map->Count ? 0 : 1;
}

ULONG MiCheckPages(void)
{
    ULONG wrong = Check(&Old);
    return wrong ? wrong : Check(&Zeros);
}
