/* freelist.c - where free blocks wait.
 *
 * One list, sorted by class, smallest first.  For each class a hint points at its first
 * entry and a bit says that there is one; a summary has a bit for each word of bits:
 *
 *   FreeLists <-> [2] <-> [2] <-> [5] <-> [131] <-> [131] <-> FreeLists
 *                  ^ hint 2        ^ 5       ^ hint 131
 *
 * Up to 127 granules a class is one size; above, sixteen classes share a power of two. An
 * allocation takes the first entry of the first class whose every member fits; before
 * that it looks at a few entries of the class its own size falls in.  So no step grows
 * with the number of free blocks.
 *
 * Lock: the heap's.  In Windows: the same list, hints and bitmap (HEAP_LIST_LOOKUP), but
 * the classes are single sizes up to 2,048 granules and what is larger is searched.
 */
#include "heap/heapp.h"

#define CLASS_TRIES 8 /* entries looked at in a class that may hold too small ones */

/* The class that a free block of Units granules waits in. */
ULONG RtlpFreeClass(ULONG Units)
{
    if (Units < FREE_CLASS_EXACT)
        return Units;
    ULONG Top = 31 - (ULONG)__builtin_clz(Units); /* 7 to 15 */
    return FREE_CLASS_EXACT + (Top - 7) * 16 + ((Units >> (Top - 4)) & 15);
}

/* The first class from Class on that has an entry, or FREE_CLASSES. */
static ULONG RtlpNextClass(const HEAP *Heap, ULONG Class)
{
    ULONG Word = Class / 32;
    ULONG Bits = Heap->FreeInUse[Word] & (~0u << (Class % 32));
    if (!Bits) {
        ULONG Words = Heap->FreeInUseSummary & (~1u << Word);
        if (!Words)
            return FREE_CLASSES;
        Word = (ULONG)__builtin_ctz(Words);
        Bits = Heap->FreeInUse[Word];
    }
    return Word * 32 + (ULONG)__builtin_ctz(Bits);
}

/* Links Entry, whose header already says free and Units. */
void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList;
    ULONG Class = RtlpFreeClass(Units);
    LIST_ENTRY *Next = Heap->FreeHints[Class];
    if (!Next) {
        ULONG Above = RtlpNextClass(Heap, Class);
        Next = Above < FREE_CLASSES ? Heap->FreeHints[Above] : &Heap->FreeLists;
        Heap->FreeInUse[Class / 32] |= 1u << (Class % 32);
        Heap->FreeInUseSummary |= 1u << (Class / 32);
    }
    if (!RtlpPointsAt(&Next->Blink->Flink, Next)) {
        RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Next, "RtlpInsertFree");
        RtlpInitializeList(Link);
        return;
    }
    RtlpInsertBefore(Next, Link);
    Heap->FreeHints[Class] = Link;
    Heap->TotalFreeSize += Units;
    Heap->Lookup.ItemCount++;
}

/* Unlinks Entry; false: its links are damaged (reported) and nothing was changed. */
bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList;
    LIST_ENTRY *Next = Link->Flink;
    if (!RtlpSafeUnlink(Heap, Link))
        return false;
    ULONG Class = RtlpFreeClass(Units);
    if (Heap->FreeHints[Class] == Link) {
        HEAP_ENTRY *Other = &CONTAINING_RECORD(Next, HEAP_FREE_ENTRY, FreeList)->Header;
        bool Same = Next != &Heap->FreeLists &&
                    RtlpFreeClass(CODE_SIZE(RtlpDecode(Heap, Other))) == Class;
        Heap->FreeHints[Class] = Same ? Next : NULL;
        if (!Same) {
            Heap->FreeInUse[Class / 32] &= ~(1u << (Class % 32));
            if (!Heap->FreeInUse[Class / 32])
                Heap->FreeInUseSummary &= ~(1u << (Class / 32));
        }
    }
    Heap->TotalFreeSize -= Units;
    Heap->Lookup.ItemCount--;
    return true;
}

/* A free entry of at least Units granules, still linked; null if there is none. */
HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units)
{
    ULONG Class = RtlpFreeClass(Units);
    LIST_ENTRY *Link = Heap->FreeHints[Class];
    if (Class >= FREE_CLASS_EXACT && Link) {
        for (ULONG Try = 0; Try < CLASS_TRIES && Link != &Heap->FreeLists; Try++) {
            HEAP_ENTRY *Entry =
                &CONTAINING_RECORD(Link, HEAP_FREE_ENTRY, FreeList)->Header;
            if (CODE_SIZE(RtlpDecode(Heap, Entry)) >= Units)
                return Entry;
            if (!RtlpPointsAt(&Link->Flink->Blink, Link)) {
                RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Link,
                                "RtlpFindFree");
                break;
            }
            Link = Link->Flink;
        }
    }
    if (Class >= FREE_CLASS_EXACT)
        Class++;
    Class = Class < FREE_CLASSES ? RtlpNextClass(Heap, Class) : FREE_CLASSES;
    if (Class == FREE_CLASSES)
        return NULL;
    return &CONTAINING_RECORD(Heap->FreeHints[Class], HEAP_FREE_ENTRY, FreeList)->Header;
}

/* Writes one free entry over Units granules and links it. */
static void RtlpMakeFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG PreviousSize,
                         UCHAR SegmentIndex)
{
    ULONG Flags =
        Heap->Flags & HEAP_FREE_CHECKING_ENABLED ? RtlpFillFree(Entry, Units) : 0;
    Entry->UnusedBytes = 0;
    RtlpSetCode(Heap, Entry, Units, Flags);
    RtlpSetPreviousSize(Heap, Entry, PreviousSize);
    Entry->SegmentOffset = SegmentIndex;
    RtlpInsertFree(Heap, Entry, Units);
}

/* How much of Left free granules the first entry made of them gets: what is left must
 * still be able to carry links. */
static ULONG RtlpPiece(SIZE_T Left)
{
    if (Left <= HEAP_MAXIMUM_BLOCK_SIZE)
        return (ULONG)Left;
    return HEAP_MAXIMUM_BLOCK_SIZE - (Left < HEAP_MAXIMUM_BLOCK_SIZE + 2 ? 2 : 0);
}

/* And the last. */
static ULONG RtlpLastPiece(SIZE_T Units)
{
    SIZE_T Left = Units;
    while (Left > HEAP_MAXIMUM_BLOCK_SIZE)
        Left -= RtlpPiece(Left);
    return (ULONG)Left;
}

/* Whether Entry is a sound free entry that may grow by Units; takes it out of its list.
 */
static ULONG RtlpTakeNeighbour(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    ULONG Code = RtlpDecode(Heap, Entry);
    if (RtlpCodeIsGood(Code) && (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY ||
                                 CODE_SIZE(Code) + Units > HEAP_MAXIMUM_BLOCK_SIZE))
        return 0;
    if (!RtlpCheckEntry(Heap, Entry) || !RtlpRemoveFree(Heap, Entry, CODE_SIZE(Code)))
        return 0;
    return CODE_SIZE(Code);
}

HEAP_ENTRY *RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units, ULONG PreviousSize,
                         UCHAR SegmentIndex)
{
    HEAP_ENTRY *First = Entry;
    SIZE_T Total = Units;
    ULONG Before = PreviousSize;
    if (!(Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE)) {
        HEAP_ENTRY *Next = (HEAP_ENTRY *)((char *)Entry + (Units << GRANULE_SHIFT));
        Total += RtlpTakeNeighbour(Heap, Next, RtlpLastPiece(Units));
        if (Before) {
            HEAP_ENTRY *Previous = RtlpBehind(Entry, Before);
            ULONG Joined = RtlpTakeNeighbour(Heap, Previous, RtlpPiece(Total));
            if (Joined) {
                First = Previous;
                Before = RtlpPreviousSize(Heap, Previous);
                Total += Joined;
            }
        }
    }
    HEAP_ENTRY *End = (HEAP_ENTRY *)((char *)First + (Total << GRANULE_SHIFT));
    for (HEAP_ENTRY *Made = First; Made < End;) {
        ULONG Piece = RtlpPiece((SIZE_T)((char *)End - (char *)Made) >> GRANULE_SHIFT);
        RtlpMakeFree(Heap, Made, Piece, Before, SegmentIndex);
        Before = Piece;
        Made = RtlpAhead(Made, Piece);
    }
    RtlpSetPreviousSize(Heap, End, Before);
    return First;
}
