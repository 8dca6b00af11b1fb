/* life.c - the cases of the page allocator that are held back. */
#define LAB_MORE
#include "machine.h"

static unsigned seed = 7;
static ULONG below(ULONG n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

/* The model says where the page must come from. */
static PFN_NUMBER take_strictly(ULONG zone, BOOLEAN zeroed)
{
    UCHAR kind, was[PAGES];
    ULONG place = place_of(zone, zeroed ? ZEROED : OLD, &kind);
    memcpy(was, held, sizeof was);
    PFN_NUMBER pfn = take(zone, zeroed);
    LAB_EXPECT((pfn == PFN_NONE) == (place == MI_ZONES), "MiTakePage",
               "%u (1: a page will do, 0: none will)", "%u", place != MI_ZONES,
               pfn != PFN_NONE);
    if (pfn != PFN_NONE)
        LAB_EXPECT(MiZoneOf(pfn) == place && was[pfn] == kind, "MiTakePage",
                   "a page of zone %u and kind %u (1: old bytes, 2: zeroed)",
                   "page %X of zone %u and kind %u", place, kind, pfn, MiZoneOf(pfn),
                   was[pfn]);
    return pfn;
}

static void live(ULONG steps)
{
    for (ULONG i = 0; i < steps; i++) {
        PFN_NUMBER pick = below(PAGES);
        ULONG what = below(8);
        if (held[pick] == OUT && what < 4)
            give(pick);
        else if (what == 4)
            zero_one();
        else
            take_strictly(below(MI_ZONES), below(2));
        if (i % 16 == 0)
            check_counts("MiTakePage");
        if (i % 256 == 0)
            LAB_EXPECT(MiCheckPages() == 0, "MiCheckPages", "0",
                       "%u, though nothing is wrong", MiCheckPages());
    }
}

LAB_CASE(long_life)
{
    add_all();
    live(100000);
}

LAB_CASE(many_runs)
{
    for (PFN_NUMBER pfn = 0; pfn < PAGES;
         pfn += 16) { /* from above, in pieces of 5, 1 and 10 */
        add(PAGES - 16 - pfn, 5);
        add(PAGES - 16 - pfn + 6, 10);
        add(PAGES - 16 - pfn + 5, 1);
        check_counts("MiAddPages");
    }
    for (ULONG zone = 0; zone < MI_ZONES; zone++)
        for (ULONG i = 0; i < 12; i++)
            take_strictly(zone, i & 1);
    live(3000);
}
