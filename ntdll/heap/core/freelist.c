/* freelist.c - where free entries wait (freelist.h is its contract).
 *
 * One list, sorted by class, smallest first.  For each class a hint points at its first
 * entry and a bit says that there is one; a summary has a bit for each word of bits:
 *
 *   FreeLists <-> [2] <-> [2] <-> [5] <-> [131] <-> [131] <-> FreeLists
 *                  ^ hint 2        ^ 5       ^ hint 131
 *
 * Up to 127 granules a class is one size; above, sixteen classes share a power of two.  An
 * allocation takes the first entry of the first class whose every member fits; before
 * that it looks at a few entries of the class its own size falls in.  So no step grows
 * with the number of free entries.
 *
 * Lock: the heap's.  In Windows: the same list, hints and bitmap (HEAP_LIST_LOOKUP), but
 * the classes are single sizes up to 2,048 granules and what is larger is searched.
 */
#include "heap/core/freelist.h"

#define CLASS_EXACT 128u /* the first class of more than one size */
#define CLASSES     (CLASS_EXACT + 9 * 16)
#define CLASS_WORDS ((CLASSES + 31) / 32)
#define CLASS_TRIES 8 /* entries looked at in a class that may hold too small ones */

typedef struct _FREE_INDEX {
    HEAP_LIST_LOOKUP Lookup;    /* HEAP.BlocksIndex points here */
    ULONG Summary;              /* bit: a word of InUse is not 0 */
    ULONG InUse[CLASS_WORDS];   /* bit: the class has an entry */
    LIST_ENTRY *Hints[CLASSES]; /* its first entry, or null */
} FREE_INDEX;
C_ASSERT(CLASSES % 4 == 0);
C_ASSERT(sizeof(FREE_INDEX) <= sizeof(((HEAP *)0)->FreeIndex));

static inline FREE_INDEX *RtlpFreeIndex(const HEAP *Heap)
{
    return (FREE_INDEX *)Heap->FreeIndex;
}

static inline HEAP_ENTRY *RtlpEntryOfLink(LIST_ENTRY *Link)
{
    return &CONTAINING_RECORD(Link, HEAP_FREE_ENTRY, FreeList)->Header;
}

void RtlpOpenFreeIndex(HEAP *Heap)
{
    FREE_INDEX *Index = RtlpFreeIndex(Heap);
    RtlpInitializeList(&Heap->FreeLists);
    Heap->BlocksIndex = &Index->Lookup;
    Index->Lookup.ArraySize = CLASSES;
    Index->Lookup.ListHead = &Heap->FreeLists;
    Index->Lookup.ListsInUseUlong = Index->InUse;
    Index->Lookup.ListHints = Index->Hints;
}

/* The class that a free entry of Units granules waits in. */
static inline ULONG RtlpClassOf(ULONG Units)
{
    if (Units < CLASS_EXACT)
        return Units;
    ULONG Top =
        (ULONG)__builtin_clz(Units) ^ 31; /* 7 to 15: classes from 7 * 16 + 16 on */
    return Top * 16 + (Units >> (Top - 4));
}

/* The first class from Class on that has an entry, or CLASSES. */
static ULONG RtlpNextClass(const FREE_INDEX *Index, ULONG Class)
{
    ULONG Word = Class / 32;
    ULONG Bits = Index->InUse[Word] & (~0u << (Class % 32));
    if (!Bits) {
        ULONG Words = Index->Summary & (~1u << Word);
        if (!Words)
            return CLASSES;
        Word = (ULONG)__builtin_ctz(Words);
        Bits = Index->InUse[Word];
    }
    return Word * 32 + (ULONG)__builtin_ctz(Bits);
}

/* Notes that Class has no entry. */
static inline void RtlpCloseClass(FREE_INDEX *Index, ULONG Class)
{
    Index->InUse[Class / 32] &= ~(1u << (Class % 32));
    if (!Index->InUse[Class / 32])
        Index->Summary &= ~(1u << (Class / 32));
}

void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    FREE_INDEX *Index = RtlpFreeIndex(Heap);
    LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList;
    ULONG Class = RtlpClassOf(Units);
    LIST_ENTRY *Next = Index->Hints[Class];
    if (!Next) {
        ULONG Above = RtlpNextClass(Index, Class);
        Next = Above < CLASSES ? Index->Hints[Above] : &Heap->FreeLists;
        Index->InUse[Class / 32] |= 1u << (Class % 32);
        Index->Summary |= 1u << (Class / 32);
    }
    if (!RtlpPointsAt(LINK_BEFORE(Next), Next)) {
        RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Next, "RtlpInsertFree");
        RtlpInitializeList(Link);
        if (!Index->Hints[Class]) /* a process that survives looks no further there */
            RtlpCloseClass(Index, Class);
        return;
    }
    RtlpInsertBefore(Next, Link);
    Index->Hints[Class] = Link;
    Index->Lookup.ItemCount++;
    Heap->TotalFreeSize += Units;
}

bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    FREE_INDEX *Index = RtlpFreeIndex(Heap);
    LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList;
    LIST_ENTRY *Next = Link->Flink;
    if (!RtlpIsLinked(Link)) {
        RtlpHeapFailure(Heap, heap_failure_listentry_corruption, Link, "RtlpRemoveFree");
        return false;
    }
    Link->Blink->Flink = Next;
    Next->Blink = Link->Blink;
    ULONG Class = RtlpClassOf(Units);
    if (Index->Hints[Class] == Link) {
        bool Same =
            Next != &Heap->FreeLists &&
            RtlpClassOf(CODE_SIZE(RtlpDecode(Heap, RtlpEntryOfLink(Next)))) == Class;
        Index->Hints[Class] = Same ? Next : NULL;
        if (!Same)
            RtlpCloseClass(Index, Class);
    }
    Index->Lookup.ItemCount--;
    Heap->TotalFreeSize -= Units;
    return true;
}

/* The first entry of Units or more among Tries of one class, or null. */
static HEAP_ENTRY *RtlpFindInClass(HEAP *Heap, ULONG Class, ULONG Units, SIZE_T Tries)
{
    LIST_ENTRY *Link = RtlpFreeIndex(Heap)->Hints[Class];
    for (; Link && Link != &Heap->FreeLists && Tries; Tries--, Link = Link->Flink) {
        ULONG Size = CODE_SIZE(RtlpDecode(Heap, RtlpEntryOfLink(Link)));
        if (Size >= Units)
            return RtlpEntryOfLink(Link);
        if (RtlpClassOf(Size) != Class)
            return NULL;
        if (!RtlpPointsAt(LINK_AFTER(Link), Link)) {
            RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Link,
                            "RtlpFindFree");
            return NULL;
        }
    }
    return NULL;
}

HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every)
{
    FREE_INDEX *Index = RtlpFreeIndex(Heap);
    ULONG Class = RtlpClassOf(Units);
    if (Class >= CLASS_EXACT) {
        SIZE_T Tries = Every ? Index->Lookup.ItemCount : CLASS_TRIES;
        HEAP_ENTRY *Entry = RtlpFindInClass(Heap, Class, Units, Tries);
        if (Entry)
            return Entry;
        Class++;
    }
    Class = Class < CLASSES ? RtlpNextClass(Index, Class) : CLASSES;
    return Class < CLASSES ? RtlpEntryOfLink(Index->Hints[Class]) : NULL;
}

HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry)
{
    LIST_ENTRY *Link = Entry ? &FREE_OF(Entry)->FreeList : &Heap->FreeLists;
    if (!RtlpPointsAt(LINK_AFTER(Link), Link) || Link->Flink == &Heap->FreeLists)
        return NULL;
    return RtlpEntryOfLink(Link->Flink);
}

/* Whether the header of Entry says that it is busy, or that it may not grow by Units. */
static inline bool RtlpStaysAlone(const HEAP *Heap, const HEAP_ENTRY *Entry, SIZE_T Units)
{
    ULONG Code = RtlpDecode(Heap, Entry);
    return RtlpCodeIsGood(Code) && (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY ||
                                    CODE_SIZE(Code) + Units > HEAP_MAXIMUM_BLOCK_SIZE);
}

/* Takes Entry out of the index if it is sound; result: its granules, or 0. */
static ULONG RtlpTakeSound(HEAP *Heap, HEAP_ENTRY *Entry)
{
    ULONG Size = CODE_SIZE(RtlpCheckEntry(Heap, Entry));
    return Size && RtlpRemoveFree(Heap, Entry, Size) ? Size : 0;
}

/* Takes Entry out of the index if it is a free entry that may grow by Units; result: its
 * granules, or 0. */
static inline ULONG RtlpTakeNeighbour(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    return RtlpStaysAlone(Heap, Entry, Units) ? 0 : RtlpTakeSound(Heap, Entry);
}

/* How many of Left granules the first entry made of them gets: what is left must still be
 * able to carry links. */
static inline ULONG RtlpFirstPart(SIZE_T Left)
{
    if (Left <= HEAP_MAXIMUM_BLOCK_SIZE)
        return (ULONG)Left;
    return HEAP_MAXIMUM_BLOCK_SIZE - (Left < HEAP_MAXIMUM_BLOCK_SIZE + 2 ? 2 : 0);
}

/* How many the last one gets. */
static inline ULONG RtlpLastPart(SIZE_T Units)
{
    SIZE_T Left = Units;
    while (Left > HEAP_MAXIMUM_BLOCK_SIZE)
        Left -= RtlpFirstPart(Left);
    return (ULONG)Left;
}

HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    SIZE_T Total = *Units;
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    HEAP_ENTRY *First = Entry;
    HEAP_ENTRY *Next = (HEAP_ENTRY *)((char *)Entry + (Total << GRANULE_SHIFT));
    if (Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE)
        return Entry;
    Total += RtlpTakeNeighbour(Heap, Next, RtlpLastPart(Total));
    if (Before - 1 < HEAP_MAXIMUM_BLOCK_SIZE) { /* neither 0 nor a tag */
        HEAP_ENTRY *Previous = RtlpEntryBefore(Entry, Before);
        ULONG Joined = RtlpTakeNeighbour(Heap, Previous, RtlpFirstPart(Total));
        First = Joined ? Previous : Entry;
        Total += Joined;
    }
    *Units = Total;
    return First;
}

void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    UCHAR Segment = Entry->SegmentOffset;
    HEAP_ENTRY *Made = Entry;
    for (SIZE_T Left = Units; Left;) {
        ULONG Part = RtlpFirstPart(Left);
        RtlpWriteFree(Heap, Made, Part, Before, Segment);
        RtlpInsertFree(Heap, Made, Part);
        Before = Part;
        Made = RtlpEntryAfter(Made, Part);
        Left -= Part;
    }
    RtlpSetPreviousSize(Heap, Made, Before);
}

/* Moves the low end of Entry, whose class stays the same, up to To: the neighbours in the list
 * point at it anew. */
static bool RtlpMoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, HEAP_ENTRY *To,
                         ULONG Rest, ULONG PreviousSize)
{
    FREE_INDEX *Index = RtlpFreeIndex(Heap);
    LIST_ENTRY *Old = &FREE_OF(Entry)->FreeList, *New = &FREE_OF(To)->FreeList;
    LIST_ENTRY Links = *Old; /* what follows may write over it */
    ULONG Class = RtlpClassOf(Rest);
    if (!RtlpIsLinked(Old)) {
        RtlpHeapFailure(Heap, heap_failure_listentry_corruption, Old, "RtlpCutFree");
        return false;
    }
    RtlpWriteFree(Heap, To, Rest, PreviousSize, Entry->SegmentOffset);
    RtlpSetPreviousSize(Heap, RtlpEntryAfter(To, Rest), Rest);
    *New = Links;
    Links.Flink->Blink = New;
    Links.Blink->Flink = New;
    if (Index->Hints[Class] == Old)
        Index->Hints[Class] = New;
    Heap->TotalFreeSize -= Units - Rest;
    return true;
}

bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize)
{
    UCHAR Segment = Entry->SegmentOffset;
    HEAP_ENTRY *To = RtlpEntryAfter(Entry, Cut), *Next = RtlpEntryAfter(Entry, Units);
    bool Alone = CODE_FLAGS(RtlpDecode(Heap, Next)) & HEAP_ENTRY_BUSY;
    if (Alone && Units - Cut > 1 && RtlpClassOf(Units) == RtlpClassOf(Units - Cut))
        return RtlpMoveFree(Heap, Entry, Units, To, Units - Cut, PreviousSize);
    if (!RtlpRemoveFree(Heap, Entry, Units))
        return false;
    RtlpSetPreviousSize(Heap, To, PreviousSize);
    if (Cut == Units)
        return true;
    SIZE_T Rest = Units - Cut;
    To->SegmentOffset = Segment;
    if (!(Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE))
        Rest += RtlpTakeNeighbour(Heap, Next, Rest);
    RtlpFormFree(Heap, To, Rest);
    return true;
}

/* H5, H6: the list, entry by entry; Seen: the classes in it. */
static ULONG RtlpCheckFreeList(HEAP *Heap, SIZE_T Entries, ULONG *Seen, PVOID *Where)
{
    FREE_INDEX *Index = RtlpFreeIndex(Heap);
    LIST_ENTRY *Head = &Heap->FreeLists;
    SIZE_T Count = 0;
    ULONG Last = 0; /* the class before; no entry is of class 0 */
    *Where = Head;
    if (!RtlpIsLinked(Head))
        return 5;
    for (LIST_ENTRY *Link = Head->Flink; Link != Head; Link = Link->Flink) {
        HEAP_ENTRY *Entry = RtlpEntryOfLink(Link);
        ULONG Code = RtlpProbeEntry(Heap, Entry);
        *Where = Entry + 1;
        if (++Count > Entries || !Code || CODE_FLAGS(Code) & HEAP_ENTRY_BUSY ||
            !RtlpIsLinked(Link))
            return 5;
        ULONG Class = RtlpClassOf(CODE_SIZE(Code));
        if (Class < Last || (Class != Last && Index->Hints[Class] != Link))
            return 6;
        Seen[Class / 32] |= 1u << Class % 32;
        Last = Class;
    }
    *Where = Head;
    return Count == Entries ? 0 : 5;
}

/* The rest of H6: no hint and no bit but those of the classes in the list. */
static ULONG RtlpCheckHints(const FREE_INDEX *Index, const ULONG *Seen, PVOID *Where)
{
    for (ULONG Class = 0; Class < CLASSES; Class++) {
        LIST_ENTRY *const *Hint = &Index->Hints[Class];
        if (Class % 4 == 0 && !((ULONG_PTR)Hint[0] | (ULONG_PTR)Hint[1] |
                                (ULONG_PTR)Hint[2] | (ULONG_PTR)Hint[3])) {
            Class +=
                3; /* as nearly all are; that a class seen has one is checked above */
            continue;
        }
        *Where = (PVOID)Hint;
        if (*Hint && !(Seen[Class / 32] >> Class % 32 & 1))
            return 6;
    }
    ULONG Summary = 0;
    for (ULONG Word = 0; Word < CLASS_WORDS; Word++) {
        *Where = (PVOID)&Index->InUse[Word];
        if (Seen[Word] != Index->InUse[Word])
            return 6;
        Summary |= (ULONG)(Seen[Word] != 0) << Word;
    }
    *Where = (PVOID)&Index->Summary;
    return Summary == Index->Summary ? 0 : 6;
}

ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where)
{
    ULONG Seen[CLASS_WORDS] = {0};
    FREE_INDEX *Index = RtlpFreeIndex(Heap);
    ULONG Rule = RtlpCheckFreeList(Heap, Entries, Seen, Where);
    if (!Rule)
        Rule = RtlpCheckHints(Index, Seen, Where);
    if (Rule)
        return Rule;
    *Where = &Heap->TotalFreeSize;
    return Heap->TotalFreeSize == Units && Index->Lookup.ItemCount == Entries ? 0 : 7;
}
