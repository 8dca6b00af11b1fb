/* freelist.c - a second free list for the heap, written from ntdll/heap/core/freelist.h alone: a
 * treap, and the best fit.  (Aragon and Seidel, Randomized Search Trees, 1989.)
 *
 * The free entries are a binary tree by size, then address.  An entry's priority is a hash of its
 * address; no child has a higher one than its parent, so the tree is as deep as a random one:
 *
 *   root -> [40 at 1200] -> smaller: [5 at 0A00] -> larger: [5 at 0F80]
 *                        -> larger:  [2000 at 4000]
 *
 * The two words of an entry are its children, XORed with the heap's PointerKey.  No child points
 * back: instead the header of each entry on a path is checked before the path is used, so a word
 * that a program wrote over leads nowhere that passes for a free entry.
 */
#include "heap/core/freelist.h"

typedef struct _TREE {
    LIST_ENTRY *Root; /* XORed as all links */
    SIZE_T Count;
} TREE;

static TREE *RtlpTree(const HEAP *Heap)
{
    return (TREE *)Heap->FreeIndex;
}

static HEAP_ENTRY *RtlpChild(const HEAP *Heap, LIST_ENTRY *const *Link)
{
    return (HEAP_ENTRY *)((ULONG_PTR)*Link ^ Heap->PointerKey);
}

static void RtlpSetChild(const HEAP *Heap, LIST_ENTRY **Link, const HEAP_ENTRY *Entry)
{
    *Link = (LIST_ENTRY *)((ULONG_PTR)Entry ^ Heap->PointerKey);
}

#define SMALLER(Entry) (&FREE_OF(Entry)->FreeList.Flink)
#define LARGER(Entry)  (&FREE_OF(Entry)->FreeList.Blink)

static ULONG RtlpPriority(const HEAP_ENTRY *Entry)
{
    ULONG Number = (ULONG)((ULONG_PTR)Entry >> GRANULE_SHIFT) * 2654435761u;
    return Number ^ Number >> 15;
}

static ULONG RtlpSizeOf(const HEAP *Heap, const HEAP_ENTRY *Entry)
{
    return CODE_SIZE(RtlpDecode(Heap, Entry));
}

/* Whether A comes before an entry of Units at B. */
static bool RtlpIsLess(const HEAP *Heap, const HEAP_ENTRY *A, ULONG Units,
                       const HEAP_ENTRY *B)
{
    ULONG Size = RtlpSizeOf(Heap, A);
    return Size < Units || (Size == Units && A < B);
}

/* Whether a link led to a free entry. */
static bool RtlpIsNode(HEAP *Heap, HEAP_ENTRY *Entry)
{
    if ((ULONG_PTR)Entry & (GRANULE - 1) || !RtlpIsReadable(Entry))
        return false;
    ULONG Code = RtlpProbeEntry(Heap, Entry);
    return Code && !(CODE_FLAGS(Code) & HEAP_ENTRY_BUSY);
}

static bool RtlpDamaged(HEAP *Heap, PVOID Where, PCSTR Call)
{
    RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Where, Call);
    return false;
}

void RtlpOpenFreeIndex(HEAP *Heap)
{
    RtlpSetChild(Heap, &RtlpTree(Heap)->Root, NULL);
}

#define DEEPEST 200 /* entries on a path: more is a circle */

/* The link that leads to Entry, or where it belongs; null: damage on the way (reported). */
static LIST_ENTRY **RtlpPathTo(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, PCSTR Call)
{
    LIST_ENTRY **Link = &RtlpTree(Heap)->Root;
    HEAP_ENTRY *At;
    ULONG Depth = 0;
    while ((At = RtlpChild(Heap, Link)) != NULL && At != Entry) {
        if (++Depth > DEEPEST || !RtlpIsNode(Heap, At)) {
            RtlpDamaged(Heap, Link, Call);
            return NULL;
        }
        Link = RtlpIsLess(Heap, At, Units, Entry) ? LARGER(At) : SMALLER(At);
    }
    return Link;
}

void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    LIST_ENTRY **Link = RtlpPathTo(Heap, Entry, Units, "RtlpInsertFree");
    if (!Link) /* it is lost, and the tree as it was */
        return;
    HEAP_ENTRY *At;
    Link = &RtlpTree(Heap)->Root;
    while ((At = RtlpChild(Heap, Link)) != NULL &&
           RtlpPriority(At) >= RtlpPriority(Entry))
        Link = RtlpIsLess(Heap, At, Units, Entry) ? LARGER(At) : SMALLER(At);
    RtlpSetChild(Heap, Link, Entry); /* what was there is split in two */
    LIST_ENTRY **Low = SMALLER(Entry), **High = LARGER(Entry);
    while (At) {
        if (RtlpIsLess(Heap, At, Units, Entry)) {
            RtlpSetChild(Heap, Low, At);
            Low = LARGER(At);
            At = RtlpChild(Heap, Low);
        } else {
            RtlpSetChild(Heap, High, At);
            High = SMALLER(At);
            At = RtlpChild(Heap, High);
        }
    }
    RtlpSetChild(Heap, Low, NULL);
    RtlpSetChild(Heap, High, NULL);
    RtlpTree(Heap)->Count++;
    Heap->TotalFreeSize += Units;
}

/* Makes one tree of the two below Entry, and writes it if Link is not null; false: damage. */
static bool RtlpMerge(HEAP *Heap, HEAP_ENTRY *Entry, LIST_ENTRY **Link)
{
    HEAP_ENTRY *Low = RtlpChild(Heap, SMALLER(Entry));
    HEAP_ENTRY *High = RtlpChild(Heap, LARGER(Entry));
    if ((Low && !RtlpIsNode(Heap, Low)) || (High && !RtlpIsNode(Heap, High)))
        return false;
    for (ULONG Depth = 0; Low && High; Depth++) {
        bool Lower = RtlpPriority(Low) >= RtlpPriority(High);
        HEAP_ENTRY *Top = Lower ? Low : High, **Side = Lower ? &Low : &High;
        LIST_ENTRY **Next = Lower ? LARGER(Top) : SMALLER(Top);
        *Side = RtlpChild(Heap, Next);
        if (Depth > DEEPEST || (*Side && !RtlpIsNode(Heap, *Side)))
            return false;
        if (Link) {
            RtlpSetChild(Heap, Link, Top);
            Link = Next;
        }
    }
    if (Link)
        RtlpSetChild(Heap, Link, Low ? Low : High);
    return true;
}

bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    LIST_ENTRY **Link = RtlpPathTo(Heap, Entry, Units, "RtlpRemoveFree");
    if (!Link)
        return false;
    if (RtlpChild(Heap, Link) != Entry || !RtlpMerge(Heap, Entry, NULL))
        return RtlpDamaged(Heap, Entry + 1, "RtlpRemoveFree");
    RtlpMerge(Heap, Entry, Link);
    RtlpTree(Heap)->Count--;
    Heap->TotalFreeSize -= Units;
    return true;
}

/* The first entry not before one of Units at After, or null. */
static HEAP_ENTRY *RtlpFirstFrom(HEAP *Heap, ULONG Units, const HEAP_ENTRY *After,
                                 PCSTR Call)
{
    LIST_ENTRY **Link = &RtlpTree(Heap)->Root;
    HEAP_ENTRY *Best = NULL, *At;
    ULONG Depth = 0;
    while ((At = RtlpChild(Heap, Link)) != NULL) {
        if (++Depth > DEEPEST || !RtlpIsNode(Heap, At)) {
            RtlpDamaged(Heap, Link, Call);
            return NULL;
        }
        bool Less = RtlpIsLess(Heap, At, Units, After);
        if (!Less)
            Best = At;
        Link = Less ? LARGER(At) : SMALLER(At);
    }
    return Best;
}

HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every)
{
    (void)Every; /* the best fit is found in either case */
    return RtlpFirstFrom(Heap, Units, NULL, "RtlpFindFree");
}

HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry)
{
    ULONG Units = Entry ? RtlpSizeOf(Heap, Entry) : 0;
    return RtlpFirstFrom(Heap, Units, Entry ? Entry + 1 : NULL, "RtlpNextFree");
}

/* Takes Entry, which lies beside Units free granules, out of the tree if the two can be one entry;
 * result: its granules, or 0. */
static ULONG RtlpAbsorb(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    ULONG Code = RtlpDecode(Heap, Entry), Size = CODE_SIZE(Code);
    if (RtlpCodeIsGood(Code) && CODE_FLAGS(Code) & HEAP_ENTRY_BUSY)
        return 0;
    if (!RtlpCheckEntry(Heap, Entry) || Size + Units > HEAP_MAXIMUM_BLOCK_SIZE)
        return 0;
    return RtlpRemoveFree(Heap, Entry, Size) ? Size : 0;
}

/* The granules of the next entry that Form makes when Left are left. */
static ULONG RtlpNextPart(SIZE_T Left)
{
    SIZE_T Most = HEAP_MAXIMUM_BLOCK_SIZE;
    return (ULONG)(Left <= Most ? Left : Left == Most + 1 ? Most - 2 : Most);
}

HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    if (Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE)
        return Entry;
    SIZE_T Last = *Units;
    while (Last > HEAP_MAXIMUM_BLOCK_SIZE)
        Last -= RtlpNextPart(Last);
    char *End = (char *)Entry + (*Units << GRANULE_SHIFT);
    *Units += RtlpAbsorb(Heap, (HEAP_ENTRY *)End, Last);
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    if (Before == 0 || Before > HEAP_MAXIMUM_BLOCK_SIZE)
        return Entry;
    HEAP_ENTRY *Previous = RtlpEntryBefore(Entry, Before);
    if (!RtlpAbsorb(Heap, Previous, RtlpNextPart(*Units)))
        return Entry;
    *Units += Before;
    return Previous;
}

void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    ULONG Before = RtlpPreviousSize(Heap, Entry), Part;
    UCHAR Segment = Entry->SegmentOffset;
    for (SIZE_T Left = Units; Left; Left -= Part, Before = Part) {
        Part = RtlpNextPart(Left);
        HEAP_ENTRY *Next = RtlpEntryAfter(Entry, Part);
        RtlpWriteFree(Heap, Entry, Part, Before, Segment);
        RtlpSetPreviousSize(Heap, Next,
                            Part); /* so the header is sound: it can be on a path */
        RtlpInsertFree(Heap, Entry, Part);
        Entry = Next;
    }
}

bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize)
{
    UCHAR Segment = Entry->SegmentOffset;
    HEAP_ENTRY *Rest = RtlpEntryAfter(Entry, Cut), *Next = RtlpEntryAfter(Entry, Units);
    if (!RtlpRemoveFree(Heap, Entry, Units))
        return false;
    RtlpSetPreviousSize(Heap, Rest, PreviousSize);
    if (Cut == Units)
        return true;
    SIZE_T Left = Units - Cut;
    Rest->SegmentOffset = Segment;
    if (!(Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE))
        Left += RtlpAbsorb(Heap, Next, Left);
    RtlpFormFree(Heap, Rest, Left);
    return true;
}

/* H5, H6 for the tree at Link, which comes after Low; *Count and *Low go on. */
static ULONG RtlpCheckTree(HEAP *Heap, LIST_ENTRY *const *Link, HEAP_ENTRY **Low,
                           SIZE_T *Left, ULONG Depth, PVOID *Where)
{
    HEAP_ENTRY *At = RtlpChild(Heap, Link);
    if (!At)
        return 0;
    *Where = (PVOID)Link;
    if (Depth == DEEPEST || !*Left || !RtlpIsNode(Heap, At))
        return 5;
    --*Left;
    ULONG Rule = RtlpCheckTree(Heap, SMALLER(At), Low, Left, Depth + 1, Where);
    if (Rule)
        return Rule;
    *Where = At + 1;
    HEAP_ENTRY *Below[] = {RtlpChild(Heap, SMALLER(At)), RtlpChild(Heap, LARGER(At))};
    for (ULONG i = 0; i < 2; i++)
        if (Below[i] && RtlpPriority(Below[i]) > RtlpPriority(At))
            return 6;
    if (*Low && !RtlpIsLess(Heap, *Low, RtlpSizeOf(Heap, At), At))
        return 6;
    *Low = At;
    return RtlpCheckTree(Heap, LARGER(At), Low, Left, Depth + 1, Where);
}

ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where)
{
    SIZE_T Left = Entries;
    HEAP_ENTRY *Low = NULL;
    ULONG Rule = RtlpCheckTree(Heap, &RtlpTree(Heap)->Root, &Low, &Left, 0, Where);
    if (Rule)
        return Rule;
    *Where = Heap->FreeIndex;
    if (Left)
        return 5;
    return Heap->TotalFreeSize == Units && RtlpTree(Heap)->Count == Entries ? 0 : 7;
}
