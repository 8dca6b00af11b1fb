/* sources: kernel/mm/page.c kernel/mm/pagealloc.c */
/* cflags: -DMI_FAR_PFN=140u */
/* test_page - the page allocator's contract (kernel/mm/pagealloc.h) on a small machine.
 *
 * Nothing here knows how page.c keeps its pages: it is asked through the contract alone.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "mm/pagealloc.h"

#define LOW   100u /* pages in the linear map */
#define PAGES 160u

MMPFN test_database[PAGES];
PFN_NUMBER MiLinearPages = LOW, MiEndPfn = PAGES;
static BOOLEAN clean[PAGES], held[PAGES];
static ULONG zeroings; /* calls of MiZeroPage */

void MiZeroPage(PFN_NUMBER pfn)
{
    assert_true(pfn < PAGES);
    assert_false(held[pfn]);
    clean[pfn] = TRUE;
    zeroings++;
}

BOOLEAN MiIsZeroPage(PFN_NUMBER pfn)
{
    return clean[pfn];
}

static ULONG free_pages(void)
{
    MIPAGECOUNTS counts;
    MiCountPages(&counts);
    return counts.Free;
}

static ULONG zeroed_pages(void)
{
    MIPAGECOUNTS counts;
    MiCountPages(&counts);
    return counts.Zeroed;
}

/* A page is taken: it exists, nobody has it, and it is zero if that was asked. */
static PFN_NUMBER take(MMPAGEUSE use, ULONG flags)
{
    PFN_NUMBER pfn = PageAlloc(use, flags, 0);
    if (pfn == PFN_NONE)
        return pfn;
    assert_true(pfn < PAGES);
    assert_false(held[pfn]);
    if (flags & MM_PAGE_ZEROED)
        assert_true(clean[pfn]);
    assert_int_equal(test_database[pfn].State, MiPageActive);
    assert_int_equal(test_database[pfn].Use, use);
    assert_int_equal(test_database[pfn].ShareCount, 1);
    held[pfn] = TRUE;
    clean[pfn] = FALSE; /* whoever has it writes to it */
    return pfn;
}

static void give(PFN_NUMBER pfn)
{
    held[pfn] = FALSE;
    PageFree(pfn);
    assert_int_not_equal(test_database[pfn].State, MiPageActive);
}

/* Whatever an earlier case left is taken out, then each page is given: an empty machine. */
static int set_up(void **state)
{
    static BOOLEAN added;
    (void)state;
    MmPoolFailAt = 0;
    if (!added) {
        MiAddPages(50, PAGES - 50); /* across both boundaries */
        MiAddPages(20, 30);
        MiAddPages(0, 1);
        MiAddPages(1, 19);
        added = TRUE;
        assert_int_equal(free_pages(), PAGES);
        assert_int_equal(MiCheckPages(), 0);
    }
    while (take(MmPageUser, 0) != PFN_NONE) {
    }
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++)
        assert_true(held[pfn]); /* P1: each that was added comes out */
    for (PFN_NUMBER pfn = PAGES; pfn-- > 0;)
        give(pfn);
    zeroings = 0;
    return 0;
}

static void every_page_once(void **state)
{
    (void)state;
    for (ULONG i = 0; i < PAGES; i++) {
        PFN_NUMBER pfn = take(MmPageUser, 0);
        assert_int_equal(MiZoneOf(pfn), i < PAGES - MI_FAR_PFN ? MI_ZONE_FAR
                                        : i < PAGES - LOW
                                            ? MI_ZONE_NEAR
                                            : MI_ZONE_LINEAR); /* highest zone first */
        assert_int_equal(free_pages(), PAGES - 1 - i);
    }
    assert_int_equal(take(MmPageUser, 0), PFN_NONE);
    assert_int_equal(take(MmPageUser, MM_PAGE_ZEROED), PFN_NONE);
    assert_false(MmZeroOnePage());
    assert_int_equal(MiActivePages[MmPageUser], PAGES);
    assert_int_equal(MiCheckPages(), 0);
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++)
        give(pfn);
    assert_int_equal(free_pages(), PAGES);
    assert_int_equal(MiActivePages[MmPageUser], 0);
    assert_int_equal(zeroings, 0);
}

static void low_means_low(void **state)
{
    (void)state;
    for (ULONG i = 0; i < LOW; i++)
        assert_true(take(MmPageTable, MM_PAGE_LOW) < LOW);
    assert_int_equal(take(MmPageTable, MM_PAGE_LOW), PFN_NONE);
    assert_int_equal(MiZoneOf(take(MmPageTable, 0)), MI_ZONE_NEAR);
}

/* Page tables lie below 4 GiB, whatever else is free. */
static void tables_are_near(void **state)
{
    (void)state;
    for (ULONG i = 0; i < MI_FAR_PFN; i++)
        assert_true(take(MmPageTable, MM_PAGE_ZEROED) < MI_FAR_PFN);
    assert_int_equal(take(MmPageTable, MM_PAGE_ZEROED), PFN_NONE);
    assert_int_equal(MiZoneOf(take(MmPageUser, MM_PAGE_ZEROED)), MI_ZONE_FAR);
}

/* The last page of each zone comes back to its own zone. */
static void a_zone_ends_where_it_ends(void **state)
{
    static const PFN_NUMBER edges[] = {0,          LOW - 1,  LOW, MI_FAR_PFN - 1,
                                       MI_FAR_PFN, PAGES - 1};
    (void)state;
    for (ULONG i = 0; i < sizeof edges / sizeof *edges; i++) {
        while (take(MmPageUser, 0) != PFN_NONE) {
        }
        give(edges[i]);
        for (ULONG zone = 0; zone < MiZoneOf(edges[i]); zone++)
            assert_int_equal(MiTakePage(zone, FALSE), PFN_NONE);
        assert_int_equal(take(MmPageUser, 0), edges[i]);
    }
}

static void idle_zeroes_all(void **state)
{
    (void)state;
    for (ULONG i = 0; i < PAGES; i++) {
        assert_true(MmZeroOnePage());
        assert_int_equal(zeroed_pages(), i + 1);
        assert_int_equal(free_pages(), PAGES - 1 - i);
    }
    assert_false(MmZeroOnePage());
    assert_int_equal(zeroings, PAGES);
    for (ULONG i = 0; i < PAGES; i++)
        take(MmPageUser, MM_PAGE_ZEROED);
    assert_int_equal(zeroings, PAGES);
}

static void idle_begins_above(void **state)
{
    (void)state;
    for (ULONG i = 0; i < PAGES - MI_FAR_PFN; i++)
        assert_true(MmZeroOnePage());
    for (PFN_NUMBER pfn = MI_FAR_PFN; pfn < PAGES; pfn++)
        assert_true(clean[pfn]);
}

/* A zeroed page of a lower zone goes before one of a higher zone that must be zeroed now. */
static void zeroed_when_asked(void **state)
{
    (void)state;
    while (MiZoneOf(take(MmPageUser, 0)) != MI_ZONE_LINEAR) {
    }
    assert_true(MmZeroOnePage());
    give(MI_FAR_PFN);
    zeroings = 0;
    assert_int_equal(MiZoneOf(take(MmPageUser, MM_PAGE_ZEROED)), MI_ZONE_LINEAR);
    assert_int_equal(zeroings, 0); /* it was zeroed before: not again */
    assert_int_equal(take(MmPageUser, MM_PAGE_ZEROED), MI_FAR_PFN);
    assert_int_equal(zeroings, 1);
}

/* Zeroed pages last: those with old bytes go first when nothing is asked. */
static void old_bytes_first(void **state)
{
    (void)state;
    for (ULONG i = 0; i < 3; i++)
        assert_true(MmZeroOnePage());
    for (ULONG i = 0; i < PAGES - 3; i++)
        take(MmPageUser, 0);
    assert_int_equal(zeroed_pages(), 3);
    assert_int_not_equal(take(MmPageUser, 0), PFN_NONE);
    assert_int_equal(zeroed_pages(), 2);
}

/* A page that was zeroed, used and given back holds old bytes. */
static void a_given_page_is_old(void **state)
{
    (void)state;
    while (take(MmPageUser, 0) != PFN_NONE) {
    }
    give(7);
    assert_true(MmZeroOnePage());
    assert_int_equal(take(MmPageUser, MM_PAGE_ZEROED), 7);
    give(7);
    assert_int_equal(zeroed_pages(), 0);
    assert_int_equal(take(MmPageUser, MM_PAGE_ZEROED), 7);
    assert_int_equal(zeroings, 2);
}

static void failure_takes_nothing(void **state)
{
    (void)state;
    ULONG before = MmAllocations;
    MmPoolFailAt = 2;
    assert_int_not_equal(take(MmPageUser, 0),
                         PFN_NONE); /* a user's page is not counted */
    assert_int_equal(MmAllocations, before);
    assert_int_not_equal(take(MmPageTable, 0), PFN_NONE);
    assert_int_equal(take(MmPageKernel, 0), PFN_NONE);
    assert_int_equal(free_pages(), PAGES - 2);
    assert_int_equal(MiActivePages[MmPageKernel], 0);
    assert_int_not_equal(take(MmPageKernel, 0), PFN_NONE);
}

static void a_long_life(void **state)
{
    (void)state;
    unsigned seed = 7, count = 0;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1103515245u + 12345u;
        PFN_NUMBER pick = (seed >> 16) % PAGES;
        if (held[pick]) {
            give(pick);
            count--;
        } else if (seed & 0x1000) {
            MmZeroOnePage();
        } else {
            BOOLEAN zeroed = (seed >> 13 & 1) != 0;
            if (take(MmPageUser, zeroed ? MM_PAGE_ZEROED : 0) == PFN_NONE)
                assert_int_equal(count, PAGES);
            else
                count++;
        }
        assert_int_equal(free_pages() + zeroed_pages() + count, PAGES);
        if (i % 100 == 0)
            assert_int_equal(MiCheckPages(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_page_once, set_up),
        cmocka_unit_test_setup(low_means_low, set_up),
        cmocka_unit_test_setup(tables_are_near, set_up),
        cmocka_unit_test_setup(a_zone_ends_where_it_ends, set_up),
        cmocka_unit_test_setup(idle_zeroes_all, set_up),
        cmocka_unit_test_setup(idle_begins_above, set_up),
        cmocka_unit_test_setup(zeroed_when_asked, set_up),
        cmocka_unit_test_setup(old_bytes_first, set_up),
        cmocka_unit_test_setup(a_given_page_is_old, set_up),
        cmocka_unit_test_setup(failure_takes_nothing, set_up),
        cmocka_unit_test_setup(a_long_life, set_up),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
