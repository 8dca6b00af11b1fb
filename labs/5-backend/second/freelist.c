/* freelist.c - a second free list, written from ntdll/heap/core/freelist.h alone: a treap.
 *
 * The idea: a free entry's two words are its two children in a binary tree.  The key is
 * size, then address: going down once finds the smallest entry that fits.  Each entry has
 * a rank, a secret hash of its address, and no child outranks its parent.  So the shape
 * is that of random insertion, the depth some 2 ln(entries), whatever a program does.
 *
 *   FreeIndex     header   lower  higher
 *   Root ------> | 12 ... |  o   |  o  |  rank 90        the words hold address XOR Key;
 *   Key                     /        \                   Key is odd, so zeros and most
 *        | 5 ... | - | o |           | 40 ... | - | - |  other bytes of a program's are
 *                      |  rank 71              rank 33   seen to be no link
 *               | 9 ... | - | - |  rank 8
 *
 * No second pointer confirms a link.  What it leads to must do so: an aligned, readable,
 * free header whose checksum holds, a lower rank than the parent's, a key on the right
 * side of the parent's.  Ranks fall at each step, so a forged ring ends a walk.  A change
 * first walks every link that it will use; only then it writes (F7).
 *
 * Invariants
 *   - the tree holds each free entry once (H5), in order of key, ranks falling (H6)
 *   - TotalFreeSize is the sum of its sizes (H7, F8)
 *   - what a damaged link hides is neither found, removed nor written to
 *
 * LAB_PLACE and LAB_ORDER are the rules of lab 5 that a seed changes (labs/5-backend/lab.toml); the
 * tree's order is that of RtlpNextFree.
 */
#include "heap/core/freelist.h"

#ifndef LAB_PLACE
#define LAB_PLACE 0
#define LAB_ORDER 0
#endif
#define SMALL_FIRST (LAB_ORDER <= 2)
#define LOW_FIRST   (LAB_ORDER == 0 || LAB_ORDER % 2)
#define TAKES_SMALL (LAB_PLACE <= 2)
#define TAKES_LOW   (LAB_PLACE == 0 || LAB_PLACE % 2)
#define FIRST_SIZE  (SMALL_FIRST ? 0 : ~0u) /* before the key of any entry */

typedef struct _INDEX { /* in HEAP.FreeIndex */
    LIST_ENTRY *Root;   /* a link, encoded as all are */
    ULONG_PTR Key;
} INDEX;

typedef struct _PLACE { /* where a walk by key is: at a link */
    HEAP_ENTRY *Parent; /* its owner; null: the root */
    bool Higher;        /* which of the owner's two */
    HEAP_ENTRY *Node;   /* what it leads to; null: nothing */
    HEAP_ENTRY *Next;   /* the lowest entry seen that is above the key; null: none */
} PLACE;

#define MOST           HEAP_MAXIMUM_BLOCK_SIZE
#define INDEX_OF(Heap) ((INDEX *)(Heap)->FreeIndex)

static LIST_ENTRY **LinkAt(HEAP *Heap, HEAP_ENTRY *Parent, bool Higher)
{
    if (!Parent)
        return &INDEX_OF(Heap)->Root;
    return Higher ? &FREE_OF(Parent)->FreeList.Blink : &FREE_OF(Parent)->FreeList.Flink;
}

static HEAP_ENTRY *ReadLink(HEAP *Heap, LIST_ENTRY **Link)
{
    return (HEAP_ENTRY *)((ULONG_PTR)*Link ^ INDEX_OF(Heap)->Key);
}

static void WriteLink(HEAP *Heap, LIST_ENTRY **Link, HEAP_ENTRY *Entry)
{
    *Link = (LIST_ENTRY *)((ULONG_PTR)Entry ^ INDEX_OF(Heap)->Key);
}

/* Each step can be undone, so two entries never have the same rank. */
static ULONG_PTR RankOf(HEAP *Heap, const HEAP_ENTRY *Entry)
{
    ULONG_PTR Rank = (ULONG_PTR)Entry ^ INDEX_OF(Heap)->Key;
    Rank *= (ULONG_PTR)0x9E3779B97F4A7C15ull;
    Rank ^= Rank >> (sizeof Rank * 4 - 1);
    Rank *= (ULONG_PTR)0xD6E8FEB86659FD93ull;
    return Rank ^ Rank >> (sizeof Rank * 4);
}

/* Whether the key Units, Entry is above that of Node. */
static bool IsAbove(HEAP *Heap, ULONG Units, HEAP_ENTRY *Entry, HEAP_ENTRY *Node)
{
    ULONG Size = CODE_SIZE(RtlpDecode(Heap, Node));
    return Units != Size ? (Units > Size) == SMALL_FIRST : (Entry > Node) == LOW_FIRST;
}

static bool CanRead(const HEAP_ENTRY *Entry)
{
    return ((ULONG_PTR)Entry & (GRANULE - 1)) == 0 && RtlpIsReadable(Entry) &&
           RtlpIsReadable((const HEAP_ENTRY *)&FREE_OF(Entry)->FreeList);
}

/* Fills in At->Node.  False: the link or what it leads to is damaged. */
static bool Follow(HEAP *Heap, PLACE *At)
{
    HEAP_ENTRY *Node = ReadLink(Heap, LinkAt(Heap, At->Parent, At->Higher));
    if (!(At->Node = Node))
        return true;
    if (!CanRead(Node))
        return false;
    ULONG Code = RtlpDecode(Heap, Node);
    if (!RtlpCodeIsGood(Code) || CODE_FLAGS(Code) & HEAP_ENTRY_BUSY)
        return false;
    return !At->Parent ||
           (RankOf(Heap, Node) < RankOf(Heap, At->Parent) &&
            IsAbove(Heap, CODE_SIZE(Code), Node, At->Parent) == At->Higher);
}

/* Without the key a link to what can be read cannot be forged: if At leads to such, the
 * header there is blamed, else the link. */
static bool Report(HEAP *Heap, const PLACE *At, PCSTR Call)
{
    PVOID Owner = At->Parent ? (PVOID)(At->Parent + 1) : Heap;
    if (CanRead(At->Node))
        RtlpHeapFailure(Heap, heap_failure_entry_corruption, At->Node + 1, Call);
    else
        RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Owner, Call);
    return false;
}

/* Goes down from At, by the key, to the link that leads to Entry or to nothing.  False:
 * it came to damage, which is reported unless Call is null. */
static bool Descend(HEAP *Heap, PLACE *At, ULONG Units, HEAP_ENTRY *Entry, PCSTR Call)
{
    while (Follow(Heap, At)) {
        if (!At->Node || At->Node == Entry)
            return true;
        At->Parent = At->Node;
        At->Higher = IsAbove(Heap, Units, Entry, At->Node);
        if (!At->Higher)
            At->Next = At->Node;
    }
    return Call && Report(Heap, At, Call);
}

/* The same from the root, for At->Next: below Entry, the way goes on. */
static bool DescendPast(HEAP *Heap, PLACE *At, ULONG Units, HEAP_ENTRY *Entry)
{
    *At = (PLACE){0};
    if (!Descend(Heap, At, Units, Entry, NULL) || !At->Node)
        return !At->Node;
    At->Parent = Entry;
    At->Higher = true;
    return Descend(Heap, At, Units, Entry, NULL);
}

/* Node and what is below it, its links known to be sound, go to both sides of Entry. */
static void Split(HEAP *Heap, HEAP_ENTRY *Node, ULONG Units, HEAP_ENTRY *Entry)
{
    LIST_ENTRY **Low = LinkAt(Heap, Entry, false), **High = LinkAt(Heap, Entry, true);
    while (Node) {
        bool Lower = IsAbove(Heap, Units, Entry, Node);
        LIST_ENTRY ***Side = Lower ? &Low : &High;
        WriteLink(Heap, *Side, Node);
        *Side = LinkAt(Heap, Node, Lower);
        Node = ReadLink(Heap, *Side);
    }
    WriteLink(Heap, Low, NULL);
    WriteLink(Heap, High, NULL);
}

/* The trees below Entry, their links known to be sound, become one at Link. */
static void Merge(HEAP *Heap, LIST_ENTRY **Link, HEAP_ENTRY *Entry)
{
    HEAP_ENTRY *Low = ReadLink(Heap, LinkAt(Heap, Entry, false));
    HEAP_ENTRY *High = ReadLink(Heap, LinkAt(Heap, Entry, true));
    while (Low && High) {
        bool LowFirst = RankOf(Heap, Low) > RankOf(Heap, High);
        HEAP_ENTRY **First = LowFirst ? &Low : &High;
        WriteLink(Heap, Link, *First);
        Link = LinkAt(Heap, *First, LowFirst);
        *First = ReadLink(Heap, Link);
    }
    WriteLink(Heap, Link, Low ? Low : High);
}

/* The key is made of the heap's own keys.  It is odd: an encoded address is none. */
void RtlpOpenFreeIndex(HEAP *Heap)
{
    ULONG_PTR Key = Heap->PointerKey ^ ((ULONG_PTR)Heap->Encoding.Code1 << 1);
    INDEX_OF(Heap)->Key = (Key ^ (ULONG_PTR)Heap * 0x9E3779B1u) | 1;
    WriteLink(Heap, &INDEX_OF(Heap)->Root, NULL);
}

/* On damage Entry stays outside: it is lost, but nothing else is. */
void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    PLACE At = {0};
    if (!Descend(Heap, &At, Units, Entry, __func__))
        return;
    LIST_ENTRY **Link = &INDEX_OF(Heap)->Root;
    HEAP_ENTRY *Node = ReadLink(Heap, Link);
    while (Node && RankOf(Heap, Node) > RankOf(Heap, Entry)) {
        Link = LinkAt(Heap, Node, IsAbove(Heap, Units, Entry, Node));
        Node = ReadLink(Heap, Link);
    }
    Split(Heap, Node, Units, Entry);
    WriteLink(Heap, Link, Entry);
    Heap->TotalFreeSize += Units;
}

/* Merge uses the two spines beside Entry: they are where its own key leads below it. */
bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    PLACE At = {0}, Low = {.Parent = Entry}, High = {.Parent = Entry, .Higher = true};
    if (!Descend(Heap, &At, Units, Entry, __func__))
        return false;
    if (!At.Node) /* it is hidden, or was never put in */
        return Report(Heap, &(PLACE){.Parent = Entry}, __func__);
    if (!Descend(Heap, &Low, Units, Entry, __func__) ||
        !Descend(Heap, &High, Units, Entry, __func__))
        return false;
    Merge(Heap, LinkAt(Heap, At.Parent, At.Higher), Entry);
    Heap->TotalFreeSize -= Units;
    return true;
}

/* The size to take for Units: the smallest that fits, or the largest; 0: none fits. */
static ULONG SizeToTake(HEAP *Heap, ULONG Units)
{
    PLACE At = {0};
    ULONG Best = 0;
    while (Follow(Heap, &At)) {
        if (!At.Node)
            return Best;
        ULONG Size = CODE_SIZE(RtlpDecode(Heap, At.Node));
        Best = Size >= Units ? Size : Best;
        At.Parent = At.Node;
        At.Higher = (!TAKES_SMALL || Size < Units) == SMALL_FIRST;
    }
    (void)Report(Heap, &At, "RtlpFindFree");
    return Best;
}

/* Of the entries of Size the one at the lowest address, or at the highest. */
static HEAP_ENTRY *EndOfSize(HEAP *Heap, ULONG Wanted)
{
    PLACE At = {0};
    HEAP_ENTRY *Best = NULL;
    while (Follow(Heap, &At) && At.Node) {
        ULONG Size = CODE_SIZE(RtlpDecode(Heap, At.Node));
        Best = Size == Wanted ? At.Node : Best;
        At.Parent = At.Node;
        At.Higher =
            Size == Wanted ? TAKES_LOW != LOW_FIRST : (Size < Wanted) == SMALL_FIRST;
    }
    return Best;
}

/* The tree's rule asks for any; Every changes nothing.  On damage: the best of those seen. */
HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every)
{
    PLACE At = {0};
    (void)Every;
    if (LAB_PLACE || LAB_ORDER) {
        ULONG Size = SizeToTake(Heap, Units);
        return Size ? EndOfSize(Heap, Size) : NULL;
    }
    (void)Descend(Heap, &At, Units, NULL, __func__);
    return At.Next;
}

HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry)
{
    PLACE At;
    ULONG Units = Entry ? CODE_SIZE(RtlpDecode(Heap, Entry)) : FIRST_SIZE;
    return DescendPast(Heap, &At, Units, Entry) ? At.Next : NULL;
}

/* Steps by key look at every link: each lies on the way to the key before its entry. */
ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where)
{
    PLACE At = {0};
    SIZE_T Count = 0, Sum = 0;
    *Where = Heap;
    for (ULONG Size = FIRST_SIZE; DescendPast(Heap, &At, Size, At.Next); Sum += Size) {
        if (!At.Next && Count == Entries)
            return Sum == Units && Heap->TotalFreeSize == Units ? 0 : 7;
        *Where = At.Next;
        if (!At.Next || Count++ == Entries)
            return 5;
        Size = CODE_SIZE(RtlpDecode(Heap, At.Next));
    }
    *Where = At.Parent ? (PVOID)At.Parent : Heap;
    return 6;
}

/* Takes Entry, which lies beside Units granules, if it is free and both fit one entry.
 * Result: its size; 0: it stays, for it is busy, too large or damaged (reported). */
static ULONG TakeBeside(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    bool Busy = CODE_FLAGS(RtlpDecode(Heap, Entry)) & HEAP_ENTRY_BUSY;
    if (Busy || Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE)
        return 0;
    ULONG Size = CODE_SIZE(RtlpCheckEntry(Heap, Entry));
    return Size && Size + Units <= MOST && RtlpRemoveFree(Heap, Entry, Size) ? Size : 0;
}

/* Joins the entry after; it must fit the last of the pieces that Units will become. */
static void JoinAfter(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    SIZE_T Last = (*Units - 1) % MOST + 1;
    HEAP_ENTRY *After = (HEAP_ENTRY *)((char *)Entry + (*Units << GRANULE_SHIFT));
    *Units += TakeBeside(Heap, After, Last);
}

HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    if (Before - 1 < MOST && TakeBeside(Heap, RtlpEntryBefore(Entry, Before), *Units)) {
        Entry = RtlpEntryBefore(Entry, Before);
        *Units += Before;
    }
    JoinAfter(Heap, Entry, Units);
    return Entry;
}

/* The pieces are as large as they can be, but never is a single granule left. */
void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    ULONG Previous = RtlpPreviousSize(Heap, Entry);
    UCHAR Segment = Entry->SegmentOffset;
    for (ULONG Piece; Units; Units -= Piece, Previous = Piece) {
        Piece = Units == MOST + 1 ? MOST - 1 : Units < MOST ? (ULONG)Units : MOST;
        RtlpWriteFree(Heap, Entry, Piece, Previous, Segment);
        RtlpInsertFree(Heap, Entry, Piece);
        Entry = RtlpEntryAfter(Entry, Piece);
    }
    RtlpSetPreviousSize(Heap, Entry, Previous);
}

bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize)
{
    HEAP_ENTRY *Rest = RtlpEntryAfter(Entry, Cut);
    SIZE_T Left = Units - Cut;
    UCHAR Segment = Entry->SegmentOffset;
    if (!RtlpRemoveFree(Heap, Entry, Units))
        return false;
    RtlpSetPreviousSize(Heap, Rest, PreviousSize);
    if (Left) {
        Rest->SegmentOffset = Segment;
        JoinAfter(Heap, Rest, &Left);
        RtlpFormFree(Heap, Rest, Left);
    }
    return true;
}
