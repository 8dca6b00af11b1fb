/* vad.c - a second set of regions, written from kernel/mm/vad.h alone: a treap and a list.
 *
 * The treap finds a region by page number; its shape comes from a hash of StartingVpn, so no
 * rotation rule is needed.  The list gives the neighbours.  Each node knows the free granules
 * between its predecessor and itself, and the largest such gap of its subtree:
 *
 *      list    A <-> B <-> C <-> D            Gap(B): the granules between A and B
 *      treap         B                        Largest(B): of Gap(A) .. Gap(D)
 *                   / \
 *                  A   D
 *                     /
 *                    C
 *
 * The functions recurse as deep as the treap is high: about 2 log n.
 */
#include <stddef.h>
#include <stdint.h>
#include "mm/layout.h"
#include "mm/vad.h"

typedef struct {
    MMVAD *Left, *Right, *Previous, *Next;
    uintptr_t Weight;  /* a parent's is not less than its children's */
    uintptr_t Largest; /* granules: the largest gap before any region of the subtree */
} NODE;
typedef struct {
    MMVAD *Root, *First, *Last, *Found;
} TREAP;
_Static_assert(sizeof(NODE) <= sizeof((MMVAD *)0)->Private, "six words");
_Static_assert(sizeof(TREAP) <= sizeof(MMVADS), "four words");

static NODE *Of(const MMVAD *vad)
{
    return (NODE *)vad->Private;
}

static TREAP *In(const MMVADS *vads)
{
    return (TREAP *)vads->Private;
}

/* The first granule after vad; of nothing: the lowest that may be used. */
static uint32_t After(const MMVAD *vad)
{
    return vad ? vad->EndingVpn / MI_GRANULE + 1 : MI_LOWEST_VPN / MI_GRANULE;
}

static uint32_t Gap(const MMVAD *vad)
{
    uint32_t from = After(Of(vad)->Previous), to = vad->StartingVpn / MI_GRANULE;
    return to > from ? to - from : 0;
}

static uint32_t LargestOf(const MMVAD *vad)
{
    return vad ? (uint32_t)Of(vad)->Largest : 0;
}

static void Measure(MMVAD *vad)
{
    uint32_t best = Gap(vad), left = LargestOf(Of(vad)->Left),
             right = LargestOf(Of(vad)->Right);
    best = left > best ? left : best;
    Of(vad)->Largest = right > best ? right : best;
}

/* Measures anew what lies on the way from root to the region at vpn. */
static void Refresh(MMVAD *root, uint32_t vpn)
{
    if (!root)
        return;
    if (vpn < root->StartingVpn)
        Refresh(Of(root)->Left, vpn);
    else if (vpn > root->EndingVpn)
        Refresh(Of(root)->Right, vpn);
    Measure(root);
}

/* Cuts the subtree at root into what lies below vpn and what lies above. */
static void Split(MMVAD *root, uint32_t vpn, MMVAD **below, MMVAD **above)
{
    if (!root) {
        *below = *above = NULL;
        return;
    }
    if (root->StartingVpn < vpn) {
        *below = root;
        Split(Of(root)->Right, vpn, &Of(root)->Right, above);
    } else {
        *above = root;
        Split(Of(root)->Left, vpn, below, &Of(root)->Left);
    }
    Measure(root);
}

static MMVAD *Join(MMVAD *below, MMVAD *above)
{
    if (!below || !above)
        return below ? below : above;
    MMVAD *root = Of(below)->Weight >= Of(above)->Weight ? below : above;
    if (root == below)
        Of(root)->Right = Join(Of(below)->Right, above);
    else
        Of(root)->Left = Join(below, Of(above)->Left);
    Measure(root);
    return root;
}

MMVAD *MiFindVadFrom(const MMVADS *vads, uint32_t vpn)
{
    MMVAD *best = NULL;
    for (MMVAD *at = In(vads)->Root; at;) {
        if (at->EndingVpn >= vpn) {
            best = at;
            at = Of(at)->Left;
        } else {
            at = Of(at)->Right;
        }
    }
    return best;
}

MMVAD *MiFindVad(MMVADS *vads, uint32_t vpn)
{
    MMVAD *found = In(vads)->Found;
    if (found && found->StartingVpn <= vpn && vpn <= found->EndingVpn)
        return found;
    found = MiFindVadFrom(vads, vpn);
    if (!found || found->StartingVpn > vpn)
        return NULL;
    return In(vads)->Found = found;
}

MMVAD *MiNextVad(const MMVADS *vads, const MMVAD *vad)
{
    (void)vads;
    return Of(vad)->Next;
}

MMVAD *MiPreviousVad(const MMVADS *vads, const MMVAD *vad)
{
    (void)vads;
    return Of(vad)->Previous;
}

static void Link(TREAP *treap, MMVAD *previous, MMVAD *next)
{
    *(previous ? &Of(previous)->Next : &treap->First) = next;
    *(next ? &Of(next)->Previous : &treap->Last) = previous;
}

void MiInsertVad(MMVADS *vads, MMVAD *vad)
{
    TREAP *treap = In(vads);
    MMVAD *next = MiFindVadFrom(vads, vad->StartingVpn);
    MMVAD *previous = next ? Of(next)->Previous : treap->Last, *below, *above;
    *Of(vad) = (NODE){.Weight = vad->StartingVpn * 2654435761u ^ vad->StartingVpn >> 7};
    Link(treap, previous, vad);
    Link(treap, vad, next);
    Measure(vad);
    Split(treap->Root, vad->StartingVpn, &below, &above);
    treap->Root = Join(Join(below, vad), above);
    if (next)
        Refresh(treap->Root, next->StartingVpn);
}

void MiRemoveVad(MMVADS *vads, MMVAD *vad)
{
    TREAP *treap = In(vads);
    MMVAD *next = Of(vad)->Next, *below, *above, *mine;
    Link(treap, Of(vad)->Previous, next);
    Split(treap->Root, vad->StartingVpn, &below, &above);
    Split(above, vad->StartingVpn + 1, &mine, &above);
    treap->Root = Join(below, above);
    if (next)
        Refresh(treap->Root, next->StartingVpn);
    if (treap->Found == vad)
        treap->Found = NULL;
}

/* The page where need granules begin in the granules from .. to - 1, none past limit; 0. */
static uint32_t Fit(uint32_t from, uint32_t to, uint32_t need, uint32_t limit,
                    int topDown)
{
    to = to < limit ? to : limit;
    if (to < need || to - need < from)
        return 0;
    return (topDown ? to - need : from) * MI_GRANULE;
}

/* The best gap before a region of the subtree. */
static uint32_t Search(const MMVAD *root, uint32_t need, uint32_t limit, int topDown)
{
    if (LargestOf(root) < need)
        return 0;
    const MMVAD *sides[] = {Of(root)->Left, Of(root)->Right};
    uint32_t found = Search(sides[!!topDown], need, limit, topDown);
    if (!found)
        found = Fit(After(Of(root)->Previous), root->StartingVpn / MI_GRANULE, need,
                    limit, topDown);
    return found ? found : Search(sides[!topDown], need, limit, topDown);
}

uint32_t MiFindGap(const MMVADS *vads, uint32_t pages, uint32_t high, int topDown)
{
    uint32_t need = (pages - 1) / MI_GRANULE + 1, limit = (high + 1) / MI_GRANULE;
    uint32_t last = Fit(After(In(vads)->Last), limit, need, limit, topDown);
    if (topDown && last)
        return last;
    uint32_t found = Search(In(vads)->Root, need, limit, topDown);
    return found ? found : last;
}

/* The number of regions of the subtree, or a negative number. */
static int Check(const MMVAD *root)
{
    if (!root)
        return 0;
    const NODE *node = Of(root);
    int left = Check(node->Left), right = Check(node->Right);
    uintptr_t largest = node->Largest;
    Measure((MMVAD *)root);
    if (left < 0 || right < 0 || node->Largest != largest)
        return -1;
    return left + right + 1;
}

int MiCheckVads(const MMVADS *vads)
{
    const MMVAD *previous = NULL;
    int count = 0;
    for (const MMVAD *at = In(vads)->First; at;
         previous = at, at = Of(at)->Next, count++) {
        if (Of(at)->Previous != previous || at->StartingVpn > at->EndingVpn)
            return 1;
        if (previous ? at->StartingVpn <= previous->EndingVpn
                     : at->StartingVpn < MI_LOWEST_VPN)
            return 2;
    }
    if (In(vads)->Last != previous)
        return 3;
    return Check(In(vads)->Root) == count ? 0 : 4;
}
