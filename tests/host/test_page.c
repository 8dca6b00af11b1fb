/* sources: kernel/mm/page.c */
/* cflags: -DMI_FAR_PFN=140u */
/* test_page - PageAlloc and PageFree against a model of a small machine. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "mm/mmp.h"

#define LOW   100u /* pages in the linear map */
#define PAGES 160u

MMPFN test_database[PAGES];
ULONG MiTotalPages = PAGES;
PFN_NUMBER MiLinearPages = LOW;
static BOOLEAN clean[PAGES], held[PAGES], fail_next;

void MiZeroPage(PFN_NUMBER pfn)
{
    clean[pfn] = TRUE;
}

BOOLEAN MiFailNow(void)
{
    BOOLEAN fail = fail_next;
    fail_next = FALSE;
    return fail;
}

static int set_up(void **state)
{
    (void)state;
    for (int zone = 0; zone < MI_ZONES; zone++) {
        MiFreePages[zone] = (MMPAGELIST){PFN_NONE, 0};
        MiZeroedPages[zone] = (MMPAGELIST){PFN_NONE, 0};
    }
    memset(MiActivePages, 0, sizeof MiActivePages);
    memset(held, 0, sizeof held);
    memset(clean, 0, sizeof clean);
    for (PFN_NUMBER pfn = PAGES; pfn-- > 0;) {
        MMPAGELIST *list = &MiFreePages[MiZoneOf(pfn)];
        test_database[pfn] = (MMPFN){.Next = list->First, .State = MiPageFree};
        list->First = pfn;
        list->Count++;
    }
    return 0;
}

static ULONG waiting(void)
{
    ULONG count = 0;
    for (int zone = 0; zone < MI_ZONES; zone++)
        count += MiFreePages[zone].Count + MiZeroedPages[zone].Count;
    return count;
}

static void every_page_once(void **state)
{
    (void)state;
    for (ULONG i = 0; i < PAGES; i++) {
        PFN_NUMBER pfn = PageAlloc(MmPageUser, 0, 0);
        assert_true(pfn < PAGES);
        assert_false(held[pfn]);
        held[pfn] = TRUE;
        assert_int_equal(pfn >= LOW, i < PAGES - LOW); /* above first */
    }
    assert_int_equal(PageAlloc(MmPageUser, 0, 0), PFN_NONE);
    assert_int_equal(MiActivePages[MmPageUser], PAGES);
    for (PFN_NUMBER pfn = 0; pfn < PAGES; pfn++)
        PageFree(pfn);
    assert_int_equal(waiting(), PAGES);
}

static void low_means_low(void **state)
{
    (void)state;
    for (ULONG i = 0; i < LOW; i++)
        assert_true(PageAlloc(MmPageTable, MM_PAGE_LOW, 0) < LOW);
    assert_int_equal(PageAlloc(MmPageTable, MM_PAGE_LOW, 0), PFN_NONE);
    assert_true(PageAlloc(MmPageTable, 0, 0) >= LOW);
}

/* Page tables lie below 4 GiB, whatever else is free. */
static void tables_are_near(void **state)
{
    (void)state;
    for (ULONG i = 0; i < MI_FAR_PFN; i++)
        assert_true(PageAlloc(MmPageTable, MM_PAGE_ZEROED, 0) < MI_FAR_PFN);
    assert_int_equal(PageAlloc(MmPageTable, MM_PAGE_ZEROED, 0), PFN_NONE);
    assert_true(PageAlloc(MmPageUser, MM_PAGE_ZEROED, 0) >= MI_FAR_PFN);
}

static void idle_zeroes_all(void **state)
{
    (void)state;
    for (ULONG i = 0; i < PAGES; i++)
        assert_true(MmZeroOnePage());
    assert_false(MmZeroOnePage());
    assert_int_equal(MiZeroedPages[0].Count, LOW);
    assert_int_equal(MiZeroedPages[1].Count, MI_FAR_PFN - LOW);
    assert_int_equal(MiZeroedPages[2].Count, PAGES - MI_FAR_PFN);
}

static void zeroed_when_asked(void **state)
{
    (void)state;
    MmZeroOnePage();
    memset(clean, 0, sizeof clean);
    PFN_NUMBER ready = PageAlloc(MmPageUser, MM_PAGE_ZEROED, 0);
    assert_false(clean[ready]); /* was zeroed before: not again */
    PFN_NUMBER made = PageAlloc(MmPageUser, MM_PAGE_ZEROED, 0);
    assert_true(clean[made]);
}

static void failure_takes_nothing(void **state)
{
    (void)state;
    fail_next = TRUE;
    assert_int_equal(PageAlloc(MmPageKernel, 0, 0), PFN_NONE);
    assert_int_equal(waiting(), PAGES);
}

static void a_long_life(void **state)
{
    (void)state;
    unsigned seed = 7, count = 0;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1103515245u + 12345u;
        PFN_NUMBER pick = (seed >> 16) % PAGES;
        if (held[pick]) {
            held[pick] = clean[pick] = FALSE;
            PageFree(pick);
            count--;
        } else if (seed & 0x1000) {
            MmZeroOnePage();
        } else {
            BOOLEAN zeroed = (seed >> 13 & 1) != 0;
            PFN_NUMBER pfn = PageAlloc(MmPageUser, zeroed ? MM_PAGE_ZEROED : 0, 0);
            if (pfn == PFN_NONE) {
                assert_int_equal(count, PAGES);
                continue;
            }
            assert_false(held[pfn]);
            assert_true(!zeroed || clean[pfn]);
            held[pfn] = TRUE;
            count++;
        }
        assert_int_equal(waiting() + count, PAGES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_page_once, set_up),
        cmocka_unit_test_setup(low_means_low, set_up),
        cmocka_unit_test_setup(tables_are_near, set_up),
        cmocka_unit_test_setup(idle_zeroes_all, set_up),
        cmocka_unit_test_setup(zeroed_when_asked, set_up),
        cmocka_unit_test_setup(failure_takes_nothing, set_up),
        cmocka_unit_test_setup(a_long_life, set_up),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
