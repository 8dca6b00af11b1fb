/* page.c - the cases of the page allocator that are shown. */
#include "machine.h"

LAB_CASE(every_page_once)
{
    add_all();
    for (ULONG i = 0; i < PAGES; i++) {
        UCHAR kind;
        ULONG zone = place_of(MI_ZONE_FAR, OLD, &kind);
        PFN_NUMBER pfn = take(MI_ZONE_FAR, FALSE);
        LAB_EXPECT(pfn != PFN_NONE, "MiTakePage", "a page",
                   "PFN_NONE, with %u of %u pages free", PAGES - i, PAGES);
        LAB_EXPECT(MiZoneOf(pfn) == zone, "MiTakePage", "a page of zone %u",
                   "page %X of zone %u", zone, pfn, MiZoneOf(pfn));
    }
    LAB_EXPECT(take(MI_ZONE_FAR, FALSE) == PFN_NONE, "MiTakePage",
               "PFN_NONE after the last page", "another page");
    LAB_EXPECT(zeroings == 0, "MiTakePage", "no call of MiZeroPage", "%u", zeroings);
}

static void limit(ULONG zone, ULONG pages)
{
    for (ULONG i = 0; i < pages; i++)
        LAB_EXPECT(take(zone, i & 1) != PFN_NONE, "MiTakePage",
                   "a page of zone %u or lower", "PFN_NONE, after %u of %u", zone, i,
                   pages);
    PFN_NUMBER pfn = take(zone, TRUE);
    LAB_EXPECT(pfn == PFN_NONE, "MiTakePage",
               "PFN_NONE when zone %u and those below are empty", "page %X", zone, pfn);
}

LAB_CASE(limit_is_kept)
{
    add_all();
    limit(MI_ZONE_LINEAR, LOW);
    limit(MI_ZONE_NEAR, MI_FAR_PFN - LOW);
    limit(MI_ZONE_FAR, PAGES - MI_FAR_PFN);
}

static void take_all(void)
{
    for (ULONG i = 0; i < PAGES; i++)
        LAB_EXPECT(take(MI_ZONE_FAR, FALSE) != PFN_NONE, "MiTakePage", "a page",
                   "PFN_NONE, with %u of %u pages free", PAGES - i, PAGES);
}

LAB_CASE(zone_edges)
{
    static const PFN_NUMBER edges[] = {0,          LOW - 1,  LOW, MI_FAR_PFN - 1,
                                       MI_FAR_PFN, PAGES - 1};
    add_all();
    take_all();
    for (ULONG i = 0; i < sizeof edges / sizeof *edges; i++) {
        give(edges[i]);
        for (ULONG zone = 0; zone < MiZoneOf(edges[i]); zone++)
            LAB_EXPECT(MiTakePage(zone, FALSE) == PFN_NONE, "MiGivePage",
                       "page %X in zone %u", "it came as a page of zone %u", edges[i],
                       MiZoneOf(edges[i]), zone);
        PFN_NUMBER pfn = take(MiZoneOf(edges[i]), FALSE);
        LAB_EXPECT(pfn == edges[i], "MiGivePage", "page %X, the only one that is free",
                   "page %X", edges[i], pfn);
    }
}

LAB_CASE(zeroed_is_zero)
{
    add_all();
    for (ULONG i = 0; i < PAGES; i++)
        LAB_EXPECT(take(MI_ZONE_FAR, TRUE) != PFN_NONE, "MiTakePage", "a zeroed page",
                   "PFN_NONE, with %u of %u pages free", PAGES - i, PAGES);
    for (ULONG round = 0; round < 3; round++) { /* zeroed, used, given: old bytes again */
        give(7);
        if (round == 1)
            zero_one();
        LAB_EXPECT(take(MI_ZONE_FAR, TRUE) == 7, "MiTakePage", "page 7, zeroed",
                   "another answer");
    }
}

/* One zeroed page in a zone, and pages with old bytes in each: which one is taken? */
static void prefers(UCHAR wanted, ULONG zeroed_in)
{
    UCHAR kind;
    PFN_NUMBER in[MI_ZONES] = {3, LOW + 3, MI_FAR_PFN + 3};
    take_all();
    give(in[zeroed_in]);
    zero_one();
    for (ULONG zone = 0; zone < MI_ZONES; zone++)
        give(zone == zeroed_in ? in[zone] + 1 : in[zone]);
    ULONG place = place_of(MI_ZONE_FAR, wanted, &kind), before = zeroings;
    PFN_NUMBER pfn = MiTakePage(MI_ZONE_FAR, wanted == ZEROED);
    LAB_EXPECT(pfn < PAGES && held[pfn] != OUT, "MiTakePage", "a page that is free (P1)",
               "page %X", pfn);
    LAB_EXPECT(MiZoneOf(pfn) == place && held[pfn] == kind, "MiTakePage",
               "a page of zone %u and kind %u (1: old bytes, 2: zeroed)",
               "page %X of zone %u and kind %u", place, kind, pfn, MiZoneOf(pfn),
               held[pfn]);
    LAB_EXPECT(zeroings == before + (wanted == ZEROED && kind == OLD), "MiTakePage",
               "%u calls of MiZeroPage", "%u", wanted == ZEROED && kind == OLD,
               zeroings - before);
    held[pfn] = OUT;
    clean[pfn] = FALSE;
    while (take(MI_ZONE_FAR, FALSE) != PFN_NONE) {
    }
    for (PFN_NUMBER page = 0; page < PAGES; page++)
        give(page);
}

/* No zone order can be guessed from one place: the zeroed page lies in each in turn. */
static void prefers_in_each(UCHAR wanted)
{
    add_all();
    for (ULONG zone = 0; zone < MI_ZONES; zone++)
        prefers(wanted, zone);
}

LAB_CASE(zeroed_first)
{
    prefers_in_each(ZEROED);
}

LAB_CASE(old_bytes_first)
{
    prefers_in_each(OLD);
}

LAB_CASE(idle_zeroes)
{
    add_all();
    for (ULONG i = 0; i < PAGES; i++) {
        zero_one();
        check_counts("MmZeroOnePage");
    }
    zero_one();
    LAB_EXPECT(zeroings == PAGES, "MmZeroOnePage", "%u pages zeroed", "%u", PAGES,
               zeroings);
    for (ULONG i = 0; i < PAGES; i++)
        LAB_EXPECT(take(MI_ZONE_FAR, TRUE) != PFN_NONE, "MiTakePage", "a zeroed page",
                   "PFN_NONE, with %u of %u pages free", PAGES - i, PAGES);
    LAB_EXPECT(zeroings == PAGES, "MiTakePage", "no page zeroed again", "%u more",
               zeroings - PAGES);
}

LAB_CASE(none_is_none)
{
    for (ULONG zone = 0; zone < MI_ZONES; zone++)
        LAB_EXPECT(take(zone, zone & 1) == PFN_NONE, "MiTakePage",
                   "PFN_NONE before any page is added", "a page");
    add(30, 1);
    LAB_EXPECT(take(MI_ZONE_FAR, FALSE) == 30, "MiTakePage", "page 1E, the only one",
               "another answer");
    for (ULONG i = 0; i < 4; i++)
        LAB_EXPECT(take(MI_ZONE_FAR, i & 1) == PFN_NONE, "MiTakePage", "PFN_NONE",
                   "a page");
    LAB_EXPECT(!MmZeroOnePage(), "MmZeroOnePage", "FALSE with no page", "TRUE");
    check_counts("MiTakePage");
    give(30);
    LAB_EXPECT(take(MI_ZONE_LINEAR, TRUE) == 30, "MiGivePage",
               "page 1E, which was given back", "another answer");
}

LAB_CASE(counts_exact)
{
    add_all();
    check_counts("MiAddPages");
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++) {
        PFN_NUMBER got = take(pfn % MI_ZONES, pfn & 1);
        check_counts("MiTakePage");
        ULONG before = zeroings;
        if (MmZeroOnePage() && zeroings == before + 1)
            for (PFN_NUMBER page = 0; page < PAGES; page++)
                if (held[page] == OLD && clean[page])
                    held[page] = ZEROED;
        check_counts("MmZeroOnePage");
        if (got != PFN_NONE && pfn % 3)
            give(got);
        check_counts("MiGivePage");
        LAB_EXPECT(MiCheckPages() == 0, "MiCheckPages", "0",
                   "%u, though nothing is wrong", MiCheckPages());
    }
}
