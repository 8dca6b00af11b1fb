/* machine.c - the small machine and its model (machine.h). */
#define LAB_MORE
#include "machine.h"

MMPFN test_database[PAGES];
PFN_NUMBER MiLinearPages = LOW, MiEndPfn = PAGES;
UCHAR held[PAGES], clean[PAGES];
ULONG zeroings;
const char *running = "MiAddPages";
static UCHAR added[PAGES];

void MiZeroPage(PFN_NUMBER pfn)
{
    LAB_EXPECT(pfn < PAGES, running, "MiZeroPage of a page of this machine", "page %X",
               pfn);
    LAB_EXPECT(held[pfn] != OUT, running, "MiZeroPage of a free page",
               "page %X, which is in use", pfn);
    LAB_EXPECT(held[pfn] != ZEROED, running, "MiZeroPage of a page with old bytes (P2)",
               "page %X, which is zeroed already", pfn);
    clean[pfn] = TRUE;
    zeroings++;
}

void add(PFN_NUMBER first, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        added[first + i] = TRUE;
        held[first + i] = OLD;
    }
    MiAddPages(first, count);
}

void add_all(void)
{
    add(50, PAGES - 50); /* across both borders */
    add(20, 30);
    add(0, 1);
    add(1, 19);
}

ULONG pages_of(UCHAR kind)
{
    ULONG count = 0;
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++)
        count += added[pfn] && held[pfn] == kind;
    return count;
}

void check_counts(const char *function)
{
    MIPAGECOUNTS counts = {~0u, ~0u};
    MiCountPages(&counts);
    LAB_EXPECT(counts.Free == pages_of(OLD) && counts.Zeroed == pages_of(ZEROED),
               function,
               "%u pages with old bytes and %u zeroed ones by MiCountPages (P3)",
               "%u and %u", pages_of(OLD), pages_of(ZEROED), counts.Free, counts.Zeroed);
}

PFN_NUMBER take(ULONG zone, BOOLEAN zeroed)
{
    PFN_NUMBER pfn = MiTakePage(zone, zeroed);
    if (pfn == PFN_NONE)
        return pfn;
    LAB_EXPECT(pfn < PAGES && added[pfn], "MiTakePage", "a page of this machine",
               "page %X", pfn);
    LAB_EXPECT(held[pfn] != OUT, "MiTakePage", "a page that is free (P1)",
               "page %X, which was taken before and not given back", pfn);
    LAB_EXPECT(MiZoneOf(pfn) <= zone, "MiTakePage", "a page of zone %u or lower",
               "page %X of zone %u", zone, pfn, MiZoneOf(pfn));
    LAB_EXPECT(!zeroed || clean[pfn], "MiTakePage", "a page with 4096 zero bytes (P2)",
               "page %X with old bytes", pfn);
    held[pfn] = OUT;
    clean[pfn] = FALSE; /* who has it writes to it */
    test_database[pfn].State = MiPageActive;
    return pfn;
}

void give(PFN_NUMBER pfn)
{
    held[pfn] = OLD;
    test_database[pfn].State = MiPageFree;
    MiGivePage(pfn);
}

static ULONG zone_pages(UCHAR kind, ULONG zone)
{
    ULONG count = 0;
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++)
        count += added[pfn] && held[pfn] == kind && MiZoneOf(pfn) == zone;
    return count;
}

/* The zones up to zone, the first one to be asked first. */
static ULONG nth_zone(ULONG zone, ULONG n, BOOLEAN lowest)
{
    return lowest ? n : zone - n;
}

ULONG idle_zone(void)
{
    for (ULONG n = 0; n < MI_ZONES; n++)
        if (zone_pages(OLD, nth_zone(MI_ZONE_FAR, n, LAB_IDLE)))
            return nth_zone(MI_ZONE_FAR, n, LAB_IDLE);
    return MI_ZONES;
}

ULONG place_of(ULONG zone, UCHAR wanted, UCHAR *kind)
{
    const UCHAR kinds[2] = {wanted, wanted == OLD ? ZEROED : OLD};
    for (ULONG step = 0; step < 2 * (zone + 1); step++) {
        ULONG n = LAB_KIND ? step / 2 : step % (zone + 1);
        ULONG place = nth_zone(zone, n, LAB_ORDER);
        *kind = kinds[LAB_KIND ? step % 2 : step / (zone + 1)];
        if (zone_pages(*kind, place))
            return place;
    }
    return MI_ZONES;
}

/* One page becomes zeroed, and it is one of the zone that is to come first. */
void zero_one(void)
{
    ULONG zone = idle_zone(), before = zeroings;
    UCHAR was[PAGES];
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++)
        was[pfn] = clean[pfn] && held[pfn] != OUT;
    BOOLEAN done = MmZeroOnePage();
    LAB_EXPECT(!done == (zone == MI_ZONES), "MmZeroOnePage",
               "%u (1: a page with old bytes is left, 0: none is)", "%u",
               zone != MI_ZONES, done);
    LAB_EXPECT(zeroings == before + done, "MmZeroOnePage", "%u calls of MiZeroPage", "%u",
               before + done, zeroings);
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++)
        if (held[pfn] == OLD && clean[pfn] && !was[pfn]) {
            held[pfn] = ZEROED;
            LAB_EXPECT(MiZoneOf(pfn) == zone, "MmZeroOnePage", "a page of zone %u",
                       "page %X of zone %u", zone, pfn, MiZoneOf(pfn));
        }
}
