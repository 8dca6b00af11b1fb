/* vad.c - the regions of a space: a balanced tree that knows its gaps.
 *
 * The tree is ordered by address.  Each node knows the gap of free addresses before its
 * region, and the largest such gap in its subtree:
 *
 *          gap 3         gap 9          gap 2      gap 5
 *      |##|     |####|          |#######|    |###|      |####|       LargestGap 9
 *
 * so both questions, "which region is this address in?" and "where is a gap of n pages?",
 * cost one walk from the root.  A walk for a gap enters a subtree only if one that is large
 * enough is in it, so it never comes back.  With an upper limit below the top (zero bits)
 * the highest gap may be cut off by it: a walk from the top then may turn back once a
 * level, still O(log n).
 *
 * V4  Gap: the pages of the whole granules between the region before (or the lowest user
 *     address) and this one
 * V5  LargestGap of a node is the largest Gap in its subtree
 * V6  Hint is NULL or a region of the tree
 *
 * Windows: `!vad`, dt nt!_MMVAD.
 */
#include "mm/vad.h"
#include "mm/layout.h"
#include "rtl/avl.h"
#include <stddef.h>

typedef struct _MIVADNODE {   /* MMVAD.Private */
    RTL_AVL_NODE Node;        /* first */
    uint32_t Gap, LargestGap; /* in pages */
} MIVADNODE;
_Static_assert(sizeof(MIVADNODE) <= sizeof((MMVAD *)0)->Private, "MMVAD.Private");
typedef struct _MIVADTREE { /* MMVADS */
    RTL_AVL_TREE Tree;
    MMVAD *Hint; /* found last */
} MIVADTREE;
_Static_assert(sizeof(MIVADTREE) <= sizeof(MMVADS), "MMVADS.Private");

#define VAD(node)  ((MMVAD *)(node))
#define NODE(vad)  ((MIVADNODE *)(vad))
#define TREE(vads) (&((MIVADTREE *)(vads))->Tree)

/* The region that was found last is often the one looked for next. */
MMVAD *MiFindVad(MMVADS *space, uint32_t vpn)
{
    MIVADTREE *tree = (MIVADTREE *)space;
    MMVAD *hint = tree->Hint;
    if (hint && vpn >= hint->StartingVpn && vpn <= hint->EndingVpn)
        return hint;
    RTL_AVL_NODE *node = tree->Tree.Root;
    while (node) {
        if (vpn < VAD(node)->StartingVpn)
            node = node->Left;
        else if (vpn > VAD(node)->EndingVpn)
            node = node->Right;
        else
            return tree->Hint = VAD(node);
    }
    return NULL;
}

MMVAD *MiFindVadFrom(const MMVADS *space, uint32_t vpn)
{
    RTL_AVL_NODE *node = TREE(space)->Root;
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

MMVAD *MiNextVad(const MMVADS *space, const MMVAD *vad)
{
    (void)space;
    return VAD(RtlAvlNext((const RTL_AVL_NODE *)vad));
}

MMVAD *MiPreviousVad(const MMVADS *space, const MMVAD *vad)
{
    (void)space;
    return VAD(RtlAvlPrevious((const RTL_AVL_NODE *)vad));
}

/* ---- insert, remove ---- */

static uint32_t MiGranuleUp(uint32_t vpn)
{
    return (vpn + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
}

/* The first page after a region; NULL: where users begin. */
static uint32_t MiEndOf(const MMVAD *vad)
{
    return vad ? vad->EndingVpn + 1 : MI_LOWEST_VPN;
}

/* The pages of the whole granules between two neighbours. */
static uint32_t MiGapBetween(const MMVAD *before, const MMVAD *vad)
{
    uint32_t left = MiGranuleUp(MiEndOf(before));
    uint32_t right = vad->StartingVpn & ~(MI_GRANULE - 1);
    return right > left ? right - left : 0;
}

/* The tree's Update: LargestGap from the children's.  Returns whether it changed. */
static int MiUpdateVad(RTL_AVL_NODE *node)
{
    uint32_t gap = NODE(node)->Gap, old = NODE(node)->LargestGap;
    if (node->Left && NODE(node->Left)->LargestGap > gap)
        gap = NODE(node->Left)->LargestGap;
    if (node->Right && NODE(node->Right)->LargestGap > gap)
        gap = NODE(node->Right)->LargestGap;
    NODE(node)->LargestGap = gap;
    return gap != old;
}

/* The gap of the region after it changes before the tree does, so that one walk up carries
 * both changes; the refresh goes on where that walk ended early. */
void MiInsertVad(MMVADS *space, MMVAD *vad)
{
    RTL_AVL_TREE *tree = TREE(space);
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
    tree->Update = MiUpdateVad;
    NODE(vad)->Gap = MiGapBetween(before, vad);
    NODE(vad)->LargestGap = 0;
    if (after)
        NODE(after)->Gap = MiGapBetween(vad, after);
    RtlAvlInsert(tree, &NODE(vad)->Node, parent, right);
    if (after)
        RtlAvlRefresh(tree, &NODE(after)->Node);
}

void MiRemoveVad(MMVADS *space, MMVAD *vad)
{
    RTL_AVL_TREE *tree = TREE(space);
    MMVAD *after = MiNextVad(space, vad);
    if (after)
        NODE(after)->Gap = MiGapBetween(MiPreviousVad(space, vad), after);
    ((MIVADTREE *)space)->Hint = NULL;
    RtlAvlRemove(tree, &NODE(vad)->Node);
    if (after)
        RtlAvlRefresh(tree, &NODE(after)->Node);
}

/* ---- gaps ---- */

/* The start of the gap before a region. */
static uint32_t MiGapStart(const MMVAD *vad)
{
    return (vad->StartingVpn & ~(MI_GRANULE - 1)) - NODE(vad)->Gap;
}

static int MiHolds(const RTL_AVL_NODE *node, uint32_t pages)
{
    return node && NODE(node)->LargestGap >= pages;
}

static uint32_t MiLowestGap(const RTL_AVL_NODE *node, uint32_t pages)
{
    for (;;) {
        if (MiHolds(node->Left, pages))
            node = node->Left;
        else if (NODE(node)->Gap >= pages)
            return MiGapStart(VAD(node));
        else
            node = node->Right;
    }
}

/* The highest place that ends before limit. */
static uint32_t MiHighestGap(const RTL_AVL_NODE *node, uint32_t pages, uint32_t limit)
{
    if (!MiHolds(node, pages))
        return 0;
    if (VAD(node)->StartingVpn < limit) {
        uint32_t found = MiHighestGap(node->Right, pages, limit);
        if (found)
            return found;
    }
    uint32_t start = MiGapStart(VAD(node)), end = start + NODE(node)->Gap;
    if (end > limit)
        end = limit;
    if (end >= start + pages)
        return end - pages;
    return MiHighestGap(node->Left, pages, limit);
}

uint32_t MiFindGap(const MMVADS *space, uint32_t size, uint32_t high, int topDown)
{
    const RTL_AVL_TREE *tree = TREE(space);
    uint32_t pages = MiGranuleUp(size), top = (high + 1) & ~(MI_GRANULE - 1);
    uint32_t found;
    if (!topDown && MiHolds(tree->Root, pages)) {
        found = MiLowestGap(tree->Root, pages);
    } else { /* after the last region there is one more gap */
        found = MiGranuleUp(MiEndOf(VAD(RtlAvlLast(tree))));
        if (topDown)
            return top >= found + pages ? top - pages
                                        : MiHighestGap(tree->Root, pages, top);
    }
    return found + pages <= top ? found : 0;
}

/* 1..5: RtlAvlCheck's; 6: V1; 7: V4, V5; 8: V6. */
int MiCheckVads(const MMVADS *space)
{
    const MMVAD *before = NULL, *hint = ((const MIVADTREE *)space)->Hint;
    int wrong = RtlAvlCheck(TREE(space));
    if (wrong)
        return wrong;
    for (MMVAD *vad = MiFindVadFrom(space, 0); vad; vad = MiNextVad(space, vad)) {
        if (vad->StartingVpn > vad->EndingVpn || vad->StartingVpn < MiEndOf(before))
            return 6;
        if (NODE(vad)->Gap != MiGapBetween(before, vad) || MiUpdateVad(&NODE(vad)->Node))
            return 7;
        if (hint == vad)
            hint = NULL;
        before = vad;
    }
    return hint ? 8 : 0;
}
