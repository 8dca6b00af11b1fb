/* vad.c - the tree of regions: find one, find a gap.
 *
 * MiFindGapIn walks one path.  A subtree lies between two borders, `left` (the first page
 * after the region before it) and `right` (the first page of the region after it); its
 * largest gap is that between two of its regions, or one of the two at its edges.  Going
 * for the lowest address we enter a subtree only if it has a gap that is large enough, so
 * we never come back. With an upper limit below the top (zero bits) gaps may be cut off
 * by it: then a walk from the top may turn back once a level, still O(log n).
 */
#include "mm/vad.h"
#include "mm/layout.h"
#include <stddef.h>

#define VAD(node) ((MMVAD *)(node))

MMVAD *MiFindVadIn(const RTL_AVL_TREE *tree, uint32_t vpn)
{
    RTL_AVL_NODE *node = tree->Root;
    while (node) {
        if (vpn < VAD(node)->StartingVpn)
            node = node->Left;
        else if (vpn > VAD(node)->EndingVpn)
            node = node->Right;
        else
            return VAD(node);
    }
    return NULL;
}

MMVAD *MiFindVadFrom(const RTL_AVL_TREE *tree, uint32_t vpn)
{
    RTL_AVL_NODE *node = tree->Root;
    MMVAD *best = NULL;
    while (node) {
        if (VAD(node)->EndingVpn < vpn) {
            node = node->Right;
        } else {
            best = VAD(node);
            node = node->Left;
        }
    }
    return best;
}

/* Whole granules in the pages [left, right), in pages. */
static uint32_t MiGap(uint32_t left, uint32_t right)
{
    left = (left + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
    right &= ~(MI_GRANULE - 1);
    return right > left ? right - left : 0;
}

static uint32_t MiLarger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

int MiUpdateVad(RTL_AVL_NODE *node)
{
    MMVAD *vad = VAD(node), *left = VAD(node->Left), *right = VAD(node->Right);
    uint32_t first = left ? left->FirstVpn : vad->StartingVpn;
    uint32_t last = right ? right->LastVpn : vad->EndingVpn;
    uint32_t gap = 0;
    if (left)
        gap = MiLarger(left->LargestGap, MiGap(left->LastVpn + 1, vad->StartingVpn));
    if (right)
        gap = MiLarger(
            gap, MiLarger(right->LargestGap, MiGap(vad->EndingVpn + 1, right->FirstVpn)));
    int changed =
        first != vad->FirstVpn || last != vad->LastVpn || gap != vad->LargestGap;
    vad->FirstVpn = first;
    vad->LastVpn = last;
    vad->LargestGap = gap;
    return changed;
}

void MiInsertVadIn(RTL_AVL_TREE *tree, MMVAD *vad)
{
    RTL_AVL_NODE *parent = NULL, *node = tree->Root;
    int right = 0;
    while (node) {
        parent = node;
        right = vad->StartingVpn > VAD(node)->StartingVpn;
        node = right ? node->Right : node->Left;
    }
    RtlAvlInsert(tree, &vad->Node, parent, right);
}

void MiRemoveVadFrom(RTL_AVL_TREE *tree, MMVAD *vad)
{
    RtlAvlRemove(tree, &vad->Node);
}

void MiRefreshVadIn(RTL_AVL_TREE *tree, MMVAD *vad)
{
    RtlAvlRefresh(tree, &vad->Node);
}

typedef struct _MISEARCH {
    uint32_t Pages, Low, High; /* High: one past the last page allowed */
    int TopDown;
} MISEARCH;

/* A place in the gap [left, right), or 0. */
static uint32_t MiPlaceInGap(const MISEARCH *s, uint32_t left, uint32_t right)
{
    left = MiLarger(left, s->Low);
    if (right > s->High)
        right = s->High;
    left = (left + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
    if (right < left || right - left < s->Pages)
        return 0;
    return s->TopDown ? (right - s->Pages) & ~(MI_GRANULE - 1) : left;
}

/* Can the subtree between its borders hold it at all? */
static int MiMayHold(const MISEARCH *s, const MMVAD *vad, uint32_t left, uint32_t right)
{
    if (left >= s->High || right <= s->Low)
        return 0;
    if (!vad)
        return MiGap(left, right) >= s->Pages;
    return vad->LargestGap >= s->Pages || MiGap(left, vad->FirstVpn) >= s->Pages ||
           MiGap(vad->LastVpn + 1, right) >= s->Pages;
}

static uint32_t MiSearch(const MISEARCH *s, const MMVAD *vad, uint32_t left,
                         uint32_t right)
{
    if (!MiMayHold(s, vad, left, right))
        return 0;
    if (!vad)
        return MiPlaceInGap(s, left, right);
    const MMVAD *below = VAD(vad->Node.Left), *above = VAD(vad->Node.Right);
    uint32_t found = s->TopDown ? MiSearch(s, above, vad->EndingVpn + 1, right)
                                : MiSearch(s, below, left, vad->StartingVpn);
    if (found)
        return found;
    return s->TopDown ? MiSearch(s, below, left, vad->StartingVpn)
                      : MiSearch(s, above, vad->EndingVpn + 1, right);
}

uint32_t MiFindGapIn(const RTL_AVL_TREE *tree, uint32_t pages, uint32_t low,
                     uint32_t high, int topDown)
{
    /* Gaps are counted in whole granules; the last one of a region is its own. */
    uint32_t granules = (pages + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
    const MISEARCH search = {granules, low, high + 1, topDown};
    return MiSearch(&search, VAD(tree->Root), low, high + 1);
}

int MiCheckVadTree(const RTL_AVL_TREE *tree)
{
    int wrong = RtlAvlCheck(tree);
    if (wrong)
        return wrong;
    uint32_t next = 0;
    for (RTL_AVL_NODE *node = RtlAvlFirst(tree); node; node = RtlAvlNext(node)) {
        MMVAD *vad = VAD(node);
        if (vad->StartingVpn > vad->EndingVpn || vad->StartingVpn < next)
            return 6;
        next = vad->EndingVpn + 1;
        if (MiUpdateVad(node))
            return 7;
    }
    return 0;
}
