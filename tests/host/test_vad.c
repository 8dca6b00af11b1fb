/* sources: kernel/rtl/avl.c kernel/mm/vad.c */
/* test_vad - the tree of regions against a plain array: find, gaps both ways, balance,
 * cost. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "mm/layout.h"
#include "mm/vad.h"

#define TOP 0x7FFEFu
static unsigned seed;

static unsigned draw(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % below;
}

static MMVAD *add(RTL_AVL_TREE *tree, uint32_t first, uint32_t pages)
{
    MMVAD *vad = calloc(1, sizeof *vad);
    vad->StartingVpn = first;
    vad->EndingVpn = first + pages - 1;
    MiInsertVadIn(tree, vad);
    return vad;
}

static void empty(RTL_AVL_TREE *tree)
{
    while (tree->Root) {
        MMVAD *vad = (MMVAD *)RtlAvlFirst(tree);
        MiRemoveVadFrom(tree, vad);
        free(vad);
    }
}

/* The slow answer: try every granule. */
static uint32_t plain_gap(const RTL_AVL_TREE *tree, uint32_t pages, uint32_t low,
                          uint32_t high, int down)
{
    uint32_t best = 0, left = low;
    for (MMVAD *vad = (MMVAD *)RtlAvlFirst(tree);;
         vad = (MMVAD *)RtlAvlNext(&vad->Node)) {
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
    RTL_AVL_TREE tree = {.Update = MiUpdateVad};
    for (uint32_t i = 0; i < 1000; i++)
        add(&tree, 0x10 + i * 48, 20);
    assert_int_equal(MiCheckVadTree(&tree), 0);
    assert_true(tree.Root->Height <= 14); /* 1.44 log2 1000 */
    for (uint32_t vpn = 0; vpn < 50000; vpn++) {
        MMVAD *vad = MiFindVadIn(&tree, vpn);
        uint32_t offset = (vpn - 0x10) % 48, index = (vpn - 0x10) / 48;
        if (vpn >= 0x10 && index < 1000 && offset < 20)
            assert_true(vad && vad->StartingVpn == 0x10 + index * 48);
        else
            assert_null(vad);
    }
    MMVAD *from = MiFindVadFrom(&tree, 0x10 + 20);
    assert_int_equal(from->StartingVpn, 0x10 + 48);
    assert_null(MiFindVadFrom(&tree, 0x70000));
    empty(&tree);
}

static void gaps_at_the_edges(void **state)
{
    (void)state;
    RTL_AVL_TREE tree = {.Update = MiUpdateVad};
    assert_int_equal(MiFindGapIn(&tree, 1, TOP, 0), 0x10);
    assert_int_equal(MiFindGapIn(&tree, 16, TOP, 1), 0x7FFE0);
    add(&tree, 0x7FFE0, 16);
    add(&tree, 0x7FFDF, 1); /* the PEB: not at a granule */
    assert_int_equal(MiFindGapIn(&tree, 1, TOP, 1), 0x7FFC0);
    add(&tree, 0x10, 0x100);
    assert_int_equal(MiFindGapIn(&tree, 1, TOP, 0), 0x110);
    assert_int_equal(MiFindGapIn(&tree, 0x7FFD0 - 0x110, TOP, 0), 0x110);
    assert_int_equal(MiFindGapIn(&tree, 0x7FFD0 - 0x110 + 1, TOP, 0), 0);
    assert_int_equal(MiFindGapIn(&tree, 1, 0xFF, 0), 0);
    assert_int_equal(MiFindGapIn(&tree, 17, 0x12F, 1), 0x110);
    empty(&tree);
}

static void as_the_plain_search(void **state)
{
    (void)state;
    seed = 11;
    for (int round = 0; round < 40; round++) {
        RTL_AVL_TREE tree = {.Update = MiUpdateVad};
        uint32_t top = 0x2000;
        for (int i = 0; i < 400; i++) {
            uint32_t pages = 1 + draw(60),
                     high = draw(4) ? top : 0x100 + draw(top - 0x100);
            int down = draw(2);
            uint32_t at = MiFindGapIn(&tree, pages, high, down);
            assert_int_equal(at, plain_gap(&tree, pages, 0x10, high, down));
            if (at && draw(3))
                add(&tree, at, pages);
            MMVAD *vad = MiFindVadFrom(&tree, draw(top));
            if (vad && draw(2)) {
                MiRemoveVadFrom(&tree, vad);
                free(vad);
            }
            assert_int_equal(MiCheckVadTree(&tree), 0);
        }
        empty(&tree);
        assert_int_equal(tree.Count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_there),
        cmocka_unit_test(gaps_at_the_edges),
        cmocka_unit_test(as_the_plain_search),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
