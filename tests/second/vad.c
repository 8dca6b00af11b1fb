/* vad.c - a second set of regions, written from kernel/mm/vad.h alone: a weight-balanced tree.
 *
 * The idea: a binary tree in order of address, in which no side weighs more than three
 * times the other; a weight is the number of regions and one.  Each region also says of
 * its whole subtree which granules it spans, and how wide the widest gap inside it is:
 *
 *                      (C)  First..End of A to D, Hole = the widest of the three gaps
 *                     /   \
 *     A..B, Hole 6  (A)    (D)          |A|  gap 6  |B|gap 2|C|  gap 4  |D|
 *                     \                 ^ First of C's subtree            ^ End
 *                      (B)
 *
 * What two subtrees and the region between them say is joined by looking at their ends
 * alone, so a change is carried up the path and nowhere else.  A search for a gap goes
 * down only where one that is wide enough must be, but for the path along the limit.
 *
 * There is no parent link.  The depth is below 2.5 log2(n): 48 for as many regions as the
 * user half has pages.  So recursion is short, whatever order a program reserves in.
 *
 * Invariants
 *   - in order, StartingVpn rises and regions do not overlap (V1); two of them may share
 *     a granule, which makes no gap between them
 *   - Count, First, End, Hole are what Summarize computes; HEAVY bounds both weights
 *   - the region found last is NULL or in the tree
 */
#include <stddef.h>
#include "mm/vad.h"
#include "mm/layout.h"

#ifndef LAB_PLACE
#define LAB_PLACE                                                                        \
    0 /* where a place is looked for, and the space after a region: labs/3-region */
#define LAB_SPACE 0
#endif
#define HEAVY      3  /* a side may weigh so many times the other */
#define INNER      2  /* ... an inner grandchild, of the outer one (a proven pair) */
#define DEPTH_MOST 64 /* a deeper tree is broken */
#define ROOT(vads) ((MMVAD *)(vads)->Private[0])

enum { LOWER, HIGHER };

typedef struct _NODE {   /* in MMVAD.Private; the last four tell of the subtree */
    MMVAD *Child[2];     /* LOWER, HIGHER */
    uint32_t Count;      /* regions */
    uint32_t First, End; /* granules from First to End - 1 are spanned */
    uint32_t Hole;       /* granules of the widest gap between two regions */
} NODE;
_Static_assert(sizeof(NODE) <= sizeof(((MMVAD *)0)->Private), "a node must fit");

static NODE *NodeOf(const MMVAD *vad)
{
    return (NODE *)(uintptr_t)vad->Private;
}

static uint32_t WeightOf(const MMVAD *top)
{
    return top ? NodeOf(top)->Count + 1 : 1;
}

static uint32_t FirstGranule(const MMVAD *vad)
{
    return vad->StartingVpn / MI_GRANULE;
}

static uint32_t EndGranule(const MMVAD *vad)
{
    return vad->EndingVpn / MI_GRANULE + 1;
}

/* The wider of hole and the gap from end to first. */
static uint32_t Widest(uint32_t hole, uint32_t end, uint32_t first)
{
    return first > end && first - end > hole ? first - end : hole;
}

/* What top must say, given that its children tell the truth. */
static NODE Summarize(const MMVAD *top)
{
    NODE sum = *NodeOf(top);
    const MMVAD *lower = sum.Child[LOWER], *higher = sum.Child[HIGHER];
    sum.Count = WeightOf(lower) + WeightOf(higher) - 1;
    sum.First = FirstGranule(top);
    sum.End = EndGranule(top);
    sum.Hole = 0;
    if (lower) {
        sum.Hole = Widest(NodeOf(lower)->Hole, NodeOf(lower)->End, FirstGranule(top));
        sum.First = NodeOf(lower)->First;
    }
    if (higher) {
        sum.Hole = Widest(sum.Hole, EndGranule(top), NodeOf(higher)->First);
        sum.Hole = Widest(sum.Hole, 0, NodeOf(higher)->Hole);
        sum.End = NodeOf(higher)->End;
    }
    return sum;
}

/* ---- balance ---- */

/* The child at side takes the place of top, which becomes its child. */
static MMVAD *Rotate(MMVAD *top, int side)
{
    MMVAD *up = NodeOf(top)->Child[side];
    NodeOf(top)->Child[side] = NodeOf(up)->Child[!side];
    NodeOf(up)->Child[!side] = top;
    *NodeOf(top) = Summarize(top);
    *NodeOf(up) = Summarize(up);
    return up;
}

/* After one region more or less below top: its summary and its balance.  Returns the
 * region that has the place of top now. */
static MMVAD *Balance(MMVAD *top)
{
    for (int side = LOWER; side <= HIGHER; side++) {
        MMVAD **child = NodeOf(top)->Child, *heavy = child[side];
        if (WeightOf(heavy) <= HEAVY * WeightOf(child[!side]))
            continue;
        const NODE *node = NodeOf(heavy);
        if (WeightOf(node->Child[!side]) >= INNER * WeightOf(node->Child[side]))
            child[side] = Rotate(heavy, !side);
        return Rotate(top, side);
    }
    *NodeOf(top) = Summarize(top);
    return top;
}

static MMVAD *Insert(MMVAD *top, MMVAD *vad)
{
    if (!top)
        return vad;
    MMVAD **child = &NodeOf(top)->Child[vad->StartingVpn > top->StartingVpn];
    *child = Insert(*child, vad);
    return Balance(top);
}

/* Takes the outermost region at side out of top, which is not NULL. */
static MMVAD *TakeOutermost(MMVAD *top, int side, MMVAD **taken)
{
    MMVAD **child = NodeOf(top)->Child;
    if (!child[side]) {
        *taken = top;
        return child[!side];
    }
    child[side] = TakeOutermost(child[side], side, taken);
    return Balance(top);
}

/* One tree of two that were in balance with each other: the heavier gives the new top. */
static MMVAD *Join(MMVAD *lower, MMVAD *higher)
{
    MMVAD *top;
    if (!lower || !higher)
        return lower ? lower : higher;
    if (WeightOf(lower) > WeightOf(higher))
        lower = TakeOutermost(lower, HIGHER, &top);
    else
        higher = TakeOutermost(higher, LOWER, &top);
    NodeOf(top)->Child[LOWER] = lower;
    NodeOf(top)->Child[HIGHER] = higher;
    return Balance(top);
}

static MMVAD *Remove(MMVAD *top, MMVAD *vad)
{
    MMVAD **child = NodeOf(top)->Child;
    if (top == vad)
        return Join(child[LOWER], child[HIGHER]);
    child += vad->StartingVpn > top->StartingVpn;
    *child = Remove(*child, vad);
    return Balance(top);
}

void MiInsertVad(MMVADS *vads, MMVAD *vad)
{
    *NodeOf(vad) = (NODE){{NULL, NULL}, 0, 0, 0, 0};
    *NodeOf(vad) = Summarize(vad);
    vads->Private[0] = Insert(ROOT(vads), vad);
}

void MiRemoveVad(MMVADS *vads, MMVAD *vad)
{
    vads->Private[0] = Remove(ROOT(vads), vad);
    if (vads->Private[1] == vad)
        vads->Private[1] = NULL;
}

/* ---- search ---- */

/* Faults come in bursts on one region: the one found last is looked at first. */
MMVAD *MiFindVad(MMVADS *vads, uint32_t vpn)
{
    MMVAD *vad = vads->Private[1];
    if (vad && vpn >= vad->StartingVpn && vpn <= vad->EndingVpn)
        return vad;
    vad = MiFindVadFrom(vads, vpn);
    if (!vad || vpn < vad->StartingVpn)
        return NULL;
    vads->Private[1] = vad;
    return vad;
}

MMVAD *MiFindVadFrom(const MMVADS *vads, uint32_t vpn)
{
    MMVAD *top = ROOT(vads), *found = NULL;
    while (top) {
        int side = top->EndingVpn < vpn ? HIGHER : LOWER;
        if (side == LOWER)
            found = top;
        top = NodeOf(top)->Child[side];
    }
    return found;
}

/* The region beside vad at side; by its address, for there is no parent link. */
static MMVAD *Beside(const MMVADS *vads, const MMVAD *vad, int side)
{
    MMVAD *top = ROOT(vads), *found = NULL;
    while (top) {
        int beyond = side == HIGHER ? top->StartingVpn > vad->StartingVpn
                                    : top->StartingVpn < vad->StartingVpn;
        if (beyond)
            found = top;
        top = NodeOf(top)->Child[beyond ? !side : side];
    }
    return found;
}

MMVAD *MiNextVad(const MMVADS *vads, const MMVAD *vad)
{
    return Beside(vads, vad, HIGHER);
}

MMVAD *MiPreviousVad(const MMVADS *vads, const MMVAD *vad)
{
    return Beside(vads, vad, LOWER);
}

#if LAB_PLACE == 0 && LAB_SPACE == 0
/* The best place for need granules in low .. high - 1, where the regions of top lie and
 * no others; 0: none.  low is the end of a region or the bottom, so a subtree below the
 * limit is entered only if it has a place: only the path along the limit can fail. */
static uint32_t FindPlace(const MMVAD *top, uint32_t low, uint32_t high, uint32_t need,
                          int topDown)
{
    if (high < low + need)
        return 0;
    if (!top)
        return topDown ? high - need : low;
    const NODE *node = NodeOf(top);
    if (node->First < low + need && node->Hole < need && high < node->End + need)
        return 0;
    uint32_t first = FirstGranule(top), end = EndGranule(top), place = 0;
    if (first > high)
        first = high;
    if (topDown)
        place = FindPlace(node->Child[HIGHER], end, high, need, topDown);
    if (!place)
        place = FindPlace(node->Child[LOWER], low, first, need, topDown);
    if (!place && !topDown)
        place = FindPlace(node->Child[HIGHER], end, high, need, topDown);
    return place;
}

uint32_t MiFindGap(const MMVADS *vads, uint32_t pages, uint32_t high, int topDown)
{
    uint32_t need = pages / MI_GRANULE + (pages % MI_GRANULE != 0);
    uint32_t end = high / MI_GRANULE + (high % MI_GRANULE == MI_GRANULE - 1);
    uint32_t low = MI_LOWEST_VPN / MI_GRANULE;
    return FindPlace(ROOT(vads), low, end, need, topDown) * MI_GRANULE;
}
#else /* the rules of another seed (labs/3-region/lab.toml): every gap is looked at */
static int IsBetter(uint32_t width, uint32_t best, int topDown)
{
    if (LAB_PLACE == 0 || width == best)
        return topDown;
    return LAB_PLACE == 1 ? width < best : width > best;
}

uint32_t MiFindGap(const MMVADS *vads, uint32_t pages, uint32_t high, int topDown)
{
    uint32_t need = pages / MI_GRANULE + (pages % MI_GRANULE != 0), best = 0, place = 0;
    uint32_t limit = high / MI_GRANULE + (high % MI_GRANULE == MI_GRANULE - 1);
    uint32_t low = MI_LOWEST_VPN / MI_GRANULE;
    const MMVAD *vad = MiFindVadFrom(vads, 0);
    for (int more = 1; more; vad = vad ? MiNextVad(vads, vad) : NULL) {
        uint32_t end = vad && FirstGranule(vad) < limit ? FirstGranule(vad) : limit;
        uint32_t width = end > low ? end - low : 0;
        if (width >= need && (!place || IsBetter(width, best, topDown))) {
            best = width;
            place = topDown ? end - need : low;
        }
        more = vad != NULL;
        low = vad ? EndGranule(vad) + LAB_SPACE : low;
    }
    return place * MI_GRANULE;
}
#endif

/* before: the region before those of top, then the last of them. */
static int CheckTree(const MMVAD *top, const MMVAD **before, int depth)
{
    if (!top)
        return 0;
    if (depth > DEPTH_MOST)
        return 1;
    const NODE *node = NodeOf(top);
    int wrong = CheckTree(node->Child[LOWER], before, depth + 1);
    if (wrong)
        return wrong;
    if (top->StartingVpn > top->EndingVpn || top->StartingVpn < MI_LOWEST_VPN)
        return 2;
    if (*before && (*before)->EndingVpn >= top->StartingVpn)
        return 3;
    *before = top;
    if ((wrong = CheckTree(node->Child[HIGHER], before, depth + 1)))
        return wrong;
    NODE sum = Summarize(top);
    if (sum.Count != node->Count || sum.First != node->First || sum.End != node->End ||
        sum.Hole != node->Hole)
        return 4;
    uint32_t lower = WeightOf(node->Child[LOWER]), higher = WeightOf(node->Child[HIGHER]);
    return lower > HEAVY * higher || higher > HEAVY * lower ? 5 : 0;
}

int MiCheckVads(const MMVADS *vads)
{
    const MMVAD *before = NULL, *last = vads->Private[1];
    int wrong = CheckTree(ROOT(vads), &before, 0);
    if (!wrong && last && MiFindVadFrom(vads, last->StartingVpn) != last)
        return 6;
    return wrong;
}
