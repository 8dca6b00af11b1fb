/* sources: kernel/rtl/avl.c kernel/mm/vad.c */
/* test_vad - the contract of regions (kernel/mm/vad.h) against a plain array.
 *
 * Nothing here knows how vad.c keeps its regions.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "mm/layout.h"
#include "mm/vad.h"

#define TOP MI_HIGHEST_VPN
static unsigned seed;

static unsigned draw(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % below;
}

static MMVADS space;

static MMVAD *add(uint32_t first, uint32_t pages)
{
    MMVAD *vad = malloc(sizeof *vad);
    memset(vad, 0xA5, sizeof *vad); /* Private comes with any contents */
    vad->StartingVpn = first;
    vad->EndingVpn = first + pages - 1;
    MiInsertVad(&space, vad);
    return vad;
}

static void drop(MMVAD *vad)
{
    MiRemoveVad(&space, vad);
    for (size_t i = offsetof(MMVAD, CommitCharge); i < sizeof *vad; i++)
        assert_int_equal(((unsigned char *)vad)[i], 0xA5); /* not vad.c's to change */
    free(vad);
}

static int empty(void **state)
{
    (void)state;
    for (MMVAD *vad; (vad = MiFindVadFrom(&space, 0)) != NULL;)
        drop(vad);
    return 0;
}

/* The slow answer: try every granule. */
static uint32_t plain_gap(uint32_t pages, uint32_t low, uint32_t high, int down)
{
    uint32_t best = 0, left = low;
    for (MMVAD *vad = MiFindVadFrom(&space, 0);; vad = MiNextVad(&space, vad)) {
        uint32_t right = vad ? vad->StartingVpn : high + 1;
        if (right > high + 1)
            right = high + 1;
        uint32_t at = (left + 15) & ~15u;
        for (; at + ((pages + 15) & ~15u) <= right; at += 16) {
            best = at;
            if (!down)
                return best;
        }
        if (!vad || vad->EndingVpn >= high)
            break;
        if (vad->EndingVpn + 1 > left)
            left = vad->EndingVpn + 1;
    }
    return best;
}

static void finds_what_is_there(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        add(0x10 + i * 48, 20);
    assert_int_equal(MiCheckVads(&space), 0);
    for (uint32_t vpn = 0; vpn < 50000; vpn++) {
        MMVAD *vad = MiFindVad(&space, vpn);
        uint32_t offset = (vpn - 0x10) % 48, index = (vpn - 0x10) / 48;
        if (vpn >= 0x10 && index < 1000 && offset < 20)
            assert_true(vad && vad->StartingVpn == 0x10 + index * 48);
        else
            assert_null(vad);
    }
    MMVAD *from = MiFindVadFrom(&space, 0x10 + 20);
    assert_int_equal(from->StartingVpn, 0x10 + 48);
    for (uint32_t vpn = from->StartingVpn; vpn <= from->EndingVpn; vpn++)
        assert_ptr_equal(MiFindVadFrom(&space, vpn), from);
    assert_null(MiFindVadFrom(&space, 0x70000));
}

/* Both ways through all of them; what was found last may be gone at the next question. */
static void neighbours(void **state)
{
    (void)state;
    MMVAD *vads[50];
    for (uint32_t i = 0; i < 50; i++)
        vads[i * 7 % 50] = add(0x100 + i * 7 % 50 * 16, 1 + i % 16);
    for (uint32_t i = 0; i < 50; i++) {
        assert_ptr_equal(MiNextVad(&space, vads[i]), i < 49 ? vads[i + 1] : NULL);
        assert_ptr_equal(MiPreviousVad(&space, vads[i]), i > 0 ? vads[i - 1] : NULL);
    }
    for (uint32_t i = 0; i < 50; i += 2) {
        uint32_t at = vads[i]->StartingVpn;
        assert_ptr_equal(MiFindVad(&space, at), vads[i]);
        drop(vads[i]);
        assert_null(MiFindVad(&space, at));
        assert_ptr_equal(MiFindVadFrom(&space, at), vads[i + 1]);
        assert_int_equal(MiCheckVads(&space), 0);
    }
}

/* V1, broken once each way: where it changes no gap, too. */
static void the_check_sees(void **state)
{
    (void)state;
    add(0x100, 16);
    MMVAD *second = add(0x140, 16);
    add(0x180, 16);
    assert_int_equal(MiCheckVads(&space), 0);
    second->EndingVpn = 0x185; /* reaches into the next */
    assert_int_not_equal(MiCheckVads(&space), 0);
    second->EndingVpn = 0x14F;
    assert_int_equal(MiCheckVads(&space), 0);
    second->StartingVpn = 0x148, second->EndingVpn = 0x147;
    assert_int_not_equal(MiCheckVads(&space), 0);
    second->StartingVpn = 0x140, second->EndingVpn = 0x14F;
    MMVAD *shares = add(0x160, 8);
    add(0x168, 8); /* in the same granule */
    shares->EndingVpn = 0x168;
    assert_int_not_equal(MiCheckVads(&space), 0);
    shares->EndingVpn = 0x167;
    MMVAD *lowest = add(0x10, 16);
    assert_int_equal(MiCheckVads(&space), 0);
    lowest->StartingVpn = 0xF;
    assert_int_not_equal(MiCheckVads(&space), 0);
    lowest->StartingVpn = 0x10;
}

/* V3: between two regions of one granule is no gap, and none of less than none. */
static void a_granule_shared(void **state)
{
    (void)state;
    add(0x10, 0xF0);
    add(0x100, 5);
    add(0x105, 3);
    add(0x10C, 2);
    assert_int_equal(MiCheckVads(&space), 0);
    assert_int_equal(MiFindGap(&space, 1, TOP, 0), 0x110);
    assert_int_equal(MiFindGap(&space, 0x7FEE1, TOP, 0), 0);
    assert_int_equal(MiFindGap(&space, 1, 0x10F, 1), 0);
    add(0x120, 0x7FFEF - 0x120);
    assert_int_equal(MiFindGap(&space, 16, TOP, 1), 0x110);
    assert_int_equal(MiFindGap(&space, 17, TOP, 1), 0);
    assert_int_equal(MiFindGap(&space, 17, TOP, 0), 0);
}

/* At most high is the last page of the last granule, not that of the place; and the ends. */
static void at_most_high(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        assert_int_equal(MiFindGap(&space, 1, 0x1E, down), 0);
        assert_int_equal(MiFindGap(&space, 1, 0x1F, down), 0x10);
        assert_int_equal(MiFindGap(&space, 1, 0x2E, down), 0x10);
        assert_int_equal(MiFindGap(&space, 17, 0x2E, down), 0);
        assert_int_equal(MiFindGap(&space, 0xFFFFF, TOP, down), 0);
        assert_int_equal(MiFindGap(&space, 1, 0xFFFFF, down), down ? 0xFFFF0 : 0x10);
        assert_int_equal(MiFindGap(&space, 1, 0, down), 0);
    }
}

static void gaps_at_the_edges(void **state)
{
    (void)state;
    assert_int_equal(MiFindGap(&space, 1, TOP, 0), 0x10);
    assert_int_equal(MiFindGap(&space, 16, TOP, 1), 0x7FFE0);
    add(0x7FFE0, 16);
    add(0x7FFDF, 1); /* the PEB: not at a granule */
    assert_int_equal(MiFindGap(&space, 1, TOP, 1), 0x7FFC0);
    add(0x10, 0x100);
    assert_int_equal(MiFindGap(&space, 1, TOP, 0), 0x110);
    assert_int_equal(MiFindGap(&space, 0x7FFD0 - 0x110, TOP, 0), 0x110);
    assert_int_equal(MiFindGap(&space, 0x7FFD0 - 0x110 + 1, TOP, 0), 0);
    assert_int_equal(MiFindGap(&space, 1, 0xFF, 0), 0);
    assert_int_equal(MiFindGap(&space, 17, 0x12F, 1), 0x110);
}

static void as_the_plain_search(void **state)
{
    (void)state;
    seed = 11;
    for (int round = 0; round < 40; round++) {
        uint32_t top = 0x2000;
        for (int i = 0; i < 400; i++) {
            uint32_t pages = 1 + draw(60),
                     high = draw(4) ? top : 0x100 + draw(top - 0x100);
            int down = draw(2);
            uint32_t at = MiFindGap(&space, pages, high, down);
            assert_int_equal(at, plain_gap(pages, 0x10, high, down));
            if (at && draw(3))
                add(at, pages);
            MMVAD *vad = MiFindVadFrom(&space, draw(top));
            if (vad && draw(2)) {
                drop(vad);
            }
            assert_int_equal(MiCheckVads(&space), 0);
        }
        empty(state);
        assert_null(MiFindVadFrom(&space, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(finds_what_is_there, empty),
        cmocka_unit_test_teardown(neighbours, empty),
        cmocka_unit_test_teardown(the_check_sees, empty),
        cmocka_unit_test_teardown(gaps_at_the_edges, empty),
        cmocka_unit_test_teardown(a_granule_shared, empty),
        cmocka_unit_test_teardown(at_most_high, empty),
        cmocka_unit_test_teardown(as_the_plain_search, empty),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
