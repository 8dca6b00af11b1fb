/* vad.c - the tree of regions: find one, find a gap.
 *
 * A walk for a gap enters a subtree only if one that is large enough is in it, so it
 * never comes back.  With an upper limit below the top (zero bits) the highest gap may be
 * cut off by it: a walk from the top then may turn back once a level, still O(log n).
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

static uint32_t MiGranuleUp(uint32_t vpn)
{
    return (vpn + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
}

/* Whole granules in the pages [left, right), in pages. */
static uint32_t MiGap(uint32_t left, uint32_t right)
{
    left = MiGranuleUp(left);
    right &= ~(MI_GRANULE - 1);
    return right > left ? right - left : 0;
}

int MiUpdateVad(RTL_AVL_NODE *node)
{
    MMVAD *vad = VAD(node);
    uint32_t gap = vad->Gap, old = vad->LargestGap;
    if (node->Left && VAD(node->Left)->LargestGap > gap)
        gap = VAD(node->Left)->LargestGap;
    if (node->Right && VAD(node->Right)->LargestGap > gap)
        gap = VAD(node->Right)->LargestGap;
    vad->LargestGap = gap;
    return gap != old;
}

static uint32_t
MiEndOf(const MMVAD *vad) /* the first page after it; NULL: where users begin */
{
    return vad ? vad->EndingVpn + 1 : MI_LOWEST_VPN;
}

/* The region in front of vad is now before. */
static void MiSetGap(RTL_AVL_TREE *tree, MMVAD *vad, const MMVAD *before)
{
    vad->Gap = MiGap(MiEndOf(before), vad->StartingVpn);
    RtlAvlRefresh(tree, &vad->Node);
}

void MiInsertVadIn(RTL_AVL_TREE *tree, MMVAD *vad)
{
    RTL_AVL_NODE *parent = NULL, *node = tree->Root;
    MMVAD *before = NULL, *after = NULL;
    int right = 0;
    while (node) {
        parent = node;
        right = vad->StartingVpn > VAD(node)->StartingVpn;
        if (right) {
            before = VAD(node);
            node = node->Right;
        } else {
            after = VAD(node);
            node = node->Left;
        }
    }
    vad->Gap = MiGap(MiEndOf(before), vad->StartingVpn);
    RtlAvlInsert(tree, &vad->Node, parent, right);
    if (after)
        MiSetGap(tree, after, vad);
}

void MiRemoveVadFrom(RTL_AVL_TREE *tree, MMVAD *vad)
{
    MMVAD *before = VAD(RtlAvlPrevious(&vad->Node)), *after = VAD(RtlAvlNext(&vad->Node));
    RtlAvlRemove(tree, &vad->Node);
    if (after)
        MiSetGap(tree, after, before);
}

/* ---- gaps ---- */

/* The start of the gap in front of a region. */
static uint32_t MiGapStart(const MMVAD *vad)
{
    return (vad->StartingVpn & ~(MI_GRANULE - 1)) - vad->Gap;
}

static int MiHolds(const RTL_AVL_NODE *node, uint32_t pages)
{
    return node && VAD(node)->LargestGap >= pages;
}

static uint32_t MiLowestGap(const RTL_AVL_NODE *node, uint32_t pages)
{
    for (;;) {
        if (MiHolds(node->Left, pages))
            node = node->Left;
        else if (VAD(node)->Gap >= pages)
            return MiGapStart(VAD(node));
        else
            node = node->Right;
    }
}

/* The highest place that ends below limit. */
static uint32_t MiHighestGap(const RTL_AVL_NODE *node, uint32_t pages, uint32_t limit)
{
    if (!MiHolds(node, pages))
        return 0;
    const MMVAD *vad = VAD(node);
    if (vad->StartingVpn < limit) {
        uint32_t found = MiHighestGap(node->Right, pages, limit);
        if (found)
            return found;
    }
    uint32_t start = MiGapStart(vad), end = start + vad->Gap;
    if (end > limit)
        end = limit & ~(MI_GRANULE - 1);
    if (end >= start + pages)
        return end - pages;
    return MiHighestGap(node->Left, pages, limit);
}

uint32_t MiFindGapIn(const RTL_AVL_TREE *tree, uint32_t size, uint32_t high, int topDown)
{
    uint32_t pages = MiGranuleUp(size); /* the rest of its last granule is its own */
    uint32_t tail = MiGranuleUp(MiEndOf(VAD(RtlAvlLast(tree))));
    uint32_t top = (high + 1) & ~(MI_GRANULE - 1);
    if (topDown && top >= tail + pages)
        return top - pages;
    if (topDown)
        return MiHighestGap(tree->Root, pages, top);
    uint32_t found = MiHolds(tree->Root, pages) ? MiLowestGap(tree->Root, pages) : tail;
    return found + pages <= top ? found : 0;
}

int MiCheckVadTree(const RTL_AVL_TREE *tree)
{
    int wrong = RtlAvlCheck(tree);
    if (wrong)
        return wrong;
    const MMVAD *before = NULL;
    for (RTL_AVL_NODE *node = RtlAvlFirst(tree); node; node = RtlAvlNext(node)) {
        MMVAD *vad = VAD(node);
        if (vad->StartingVpn > vad->EndingVpn ||
            (before && vad->StartingVpn <= before->EndingVpn))
            return 6;
        if (vad->Gap != MiGap(MiEndOf(before), vad->StartingVpn) || MiUpdateVad(node))
            return 7;
        before = vad;
    }
    return 0;
}
