/* freelist.c - a second free list for the heap, written from ntdll/heap/core/freelist.h alone by
 * somebody who had not read ours: a list for each size class, and a bit for each list.
 *
 *   class   2 .. 63     entries of exactly so many granules
 *          64 .. 103    four classes for each power of two: 64..79, 80..95, 96..111, 112..127,
 *                       128..159, ...
 *
 * Every entry of a higher class is larger than every entry of a lower one, so the first entry of
 * the lowest list above a size fits.  A list is circular and begins in HEAP.FreeIndex; an entry's
 * two words are its links.
 */
#include "heap/core/freelist.h"

#define EXACT   64u
#define CLASSES 104u
#define MOST    ((SIZE_T)HEAP_MAXIMUM_BLOCK_SIZE)
#define TRIES   4 /* entries of the own class that a hasty search looks at */

typedef struct {
    LIST_ENTRY Lists[CLASSES];
    ULONG Used[(CLASSES + 31) / 32]; /* bit: the list has an entry */
} INDEX;
C_ASSERT(sizeof(INDEX) <= HEAP_FREE_INDEX_WORDS * sizeof(ULONG_PTR));

static INDEX *RtlpIndex(const HEAP *Heap)
{
    return (INDEX *)Heap->FreeIndex;
}

static HEAP_ENTRY *RtlpEntryOf(LIST_ENTRY *Link)
{
    return &CONTAINING_RECORD(Link, HEAP_FREE_ENTRY, FreeList)->Header;
}

static ULONG RtlpClass(ULONG Units)
{
    if (Units < EXACT)
        return Units;
    ULONG Power = 31 - (ULONG)__builtin_clz(Units);
    return EXACT + (Power - 6) * 4 + ((Units >> (Power - 2)) & 3);
}

/* The lowest class from Class on that has an entry; CLASSES: none. */
static ULONG RtlpUsedFrom(const INDEX *Index, ULONG Class)
{
    for (ULONG Word = Class / 32; Word < sizeof Index->Used / sizeof(ULONG); Word++) {
        ULONG Bits = Index->Used[Word];
        if (Word == Class / 32)
            Bits &= ~0u << (Class % 32);
        if (Bits)
            return Word * 32 + (ULONG)__builtin_ctz(Bits);
    }
    return CLASSES;
}

void RtlpOpenFreeIndex(HEAP *Heap)
{
    for (ULONG Class = 0; Class < CLASSES; Class++)
        RtlpInitializeList(&RtlpIndex(Heap)->Lists[Class]);
}

void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    INDEX *Index = RtlpIndex(Heap);
    ULONG Class = RtlpClass(Units);
    LIST_ENTRY *List = &Index->Lists[Class], *First = List->Flink;
    if (!RtlpPointsAt(&First->Blink, List)) {
        RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Entry + 1,
                        "RtlpInsertFree");
        return;
    }
    RtlpInsertBefore(First, &FREE_OF(Entry)->FreeList);
    Index->Used[Class / 32] |= 1u << (Class % 32);
    Heap->TotalFreeSize += Units;
}

bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    INDEX *Index = RtlpIndex(Heap);
    ULONG Class = RtlpClass(Units);
    if (!RtlpSafeUnlink(Heap, &FREE_OF(Entry)->FreeList))
        return false;
    if (Index->Lists[Class].Flink == &Index->Lists[Class])
        Index->Used[Class / 32] &= ~(1u << (Class % 32));
    Heap->TotalFreeSize -= Units;
    return true;
}

HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every)
{
    INDEX *Index = RtlpIndex(Heap);
    ULONG Class = RtlpClass(Units);
    LIST_ENTRY *List = &Index->Lists[Class];
    int Tries = 0;
    for (LIST_ENTRY *Link = List->Flink; Link != List && (Every || Tries < TRIES);
         Link = Link->Flink, Tries++) {
        if (!RtlpIsLinked(Link)) {
            RtlpHeapFailure(Heap, heap_failure_freelists_corruption, NULL,
                            "RtlpFindFree");
            break;
        }
        if (CODE_SIZE(RtlpDecode(Heap, RtlpEntryOf(Link))) >= Units)
            return RtlpEntryOf(Link);
    }
    Class = RtlpUsedFrom(Index, Class + 1);
    return Class < CLASSES ? RtlpEntryOf(Index->Lists[Class].Flink) : NULL;
}

HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry)
{
    INDEX *Index = RtlpIndex(Heap);
    ULONG Class = 0;
    if (Entry) {
        ULONG Code = RtlpProbeEntry(Heap, Entry);
        LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList;
        if (!Code || !RtlpIsLinked(Link))
            return NULL;
        Class = RtlpClass(CODE_SIZE(Code));
        if (Link->Flink != &Index->Lists[Class])
            return RtlpEntryOf(Link->Flink);
        Class++;
    }
    Class = RtlpUsedFrom(Index, Class);
    return Class < CLASSES ? RtlpEntryOf(Index->Lists[Class].Flink) : NULL;
}

/* How many granules the next piece of Units gets: what remains is nothing or at least 2. */
static ULONG RtlpPart(SIZE_T Units)
{
    if (Units <= MOST)
        return (ULONG)Units;
    return (ULONG)(Units - MOST < 2 ? MOST - 2 : MOST);
}

static SIZE_T RtlpLast(SIZE_T Units)
{
    while (Units > MOST)
        Units -= RtlpPart(Units);
    return Units;
}

/* Takes Neighbour out of the index if it is free and fits beside Size; how large it is, or 0. */
static ULONG RtlpTake(HEAP *Heap, HEAP_ENTRY *Neighbour, SIZE_T Size)
{
    if (Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE ||
        CODE_FLAGS(RtlpDecode(Heap, Neighbour)) & HEAP_ENTRY_BUSY)
        return 0;
    ULONG Code = RtlpProbeEntry(Heap, Neighbour);
    if (!Code) {
        RtlpHeapFailure(Heap, heap_failure_entry_corruption, Neighbour + 1,
                        "RtlpJoinFree");
        return 0;
    }
    if (CODE_SIZE(Code) + Size > MOST ||
        !RtlpRemoveFree(Heap, Neighbour, CODE_SIZE(Code)))
        return 0;
    return CODE_SIZE(Code);
}

HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    if (Before && Before <= MOST) {
        HEAP_ENTRY *Previous = RtlpEntryBefore(Entry, Before);
        if (RtlpTake(Heap, Previous, RtlpPart(*Units))) {
            *Units += Before;
            Entry = Previous;
        }
    }
    *Units += RtlpTake(Heap, RtlpEntryAfter(Entry, (ULONG)*Units), RtlpLast(*Units));
    return Entry;
}

void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    UCHAR Segment = Entry->SegmentOffset;
    HEAP_ENTRY *After = RtlpEntryAfter(Entry, (ULONG)Units);
    RtlpSetPreviousSize(Heap, After, (ULONG)RtlpLast(Units));
    while (Units) {
        ULONG Part = RtlpPart(Units);
        RtlpWriteFree(Heap, Entry, Part, Before, Segment);
        RtlpInsertFree(Heap, Entry, Part);
        Entry = RtlpEntryAfter(Entry, Part);
        Units -= Part;
        Before = Part;
    }
}

bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize)
{
    HEAP_ENTRY *Rest = RtlpEntryAfter(Entry, Cut);
    SIZE_T Left = Units - Cut;
    if (!RtlpRemoveFree(Heap, Entry, Units))
        return false;
    if (Left) {
        Rest->SegmentOffset = Entry->SegmentOffset;
        Left += RtlpTake(Heap, RtlpEntryAfter(Entry, Units), Left);
    }
    RtlpSetPreviousSize(Heap, Rest, PreviousSize);
    if (Left)
        RtlpFormFree(Heap, Rest, Left);
    return true;
}

ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where)
{
    INDEX *Index = RtlpIndex(Heap);
    SIZE_T Found = 0, Sum = 0;
    for (ULONG Class = 0; Class < CLASSES; Class++) {
        LIST_ENTRY *List = &Index->Lists[Class], *Link = List;
        *Where = List;
        bool Used = Index->Used[Class / 32] >> (Class % 32) & 1;
        if (Used != (List->Flink != List))
            return 6;
        while (RtlpIsLinked(Link) && Link->Flink != List) {
            Link = Link->Flink;
            *Where = RtlpEntryOf(Link);
            ULONG Code = RtlpProbeEntry(Heap, RtlpEntryOf(Link));
            if (++Found > Entries || !Code || CODE_FLAGS(Code) & HEAP_ENTRY_BUSY)
                return 5;
            if (RtlpClass(CODE_SIZE(Code)) != Class)
                return 6;
            Sum += CODE_SIZE(Code);
        }
        if (!RtlpIsLinked(Link))
            return 6;
    }
    *Where = Heap;
    return Found != Entries ? 5 : Sum != Units || Sum != Heap->TotalFreeSize ? 7 : 0;
}
