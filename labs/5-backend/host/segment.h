/* segment.h - what the cases of lab 5 share: one segment of a heap, and a walk over its headers.
 *
 * The segment is tiled by entries.  A case makes them busy or gives them to the free list; no
 * other book is kept: what is free, how large and next to what, the headers say.  Nothing here
 * knows how the student's file keeps its entries.
 *
 * The rules that a seed changes come as macros; 0 is the tree's own rule:
 *   LAB_PLACE  what RtlpFindFree(Heap, Units, true) returns: of the entries that fit
 *              0 any; 1, 2 the smallest; 3, 4 the largest; among equal ones 1, 3 the one at the
 *              lowest address, 2, 4 that at the highest
 *   LAB_ORDER  the order of RtlpNextFree: 0 any; 1, 2 the smallest first; 3, 4 the largest first;
 *              among equal ones 1, 3 the lowest address first, 2, 4 the highest
 */
#ifndef LAB5_SEGMENT_H
#define LAB5_SEGMENT_H

#include "heap_os.h"
#include "heap/core/freelist.h"
#include "lab.h"

#ifndef LAB_PLACE
#define LAB_PLACE 0
#define LAB_ORDER 0
#endif

#define MOST      HEAP_MAXIMUM_BLOCK_SIZE
#define ROOM      (4 * MOST + 1000u)
#define SEGMENT   3 /* its index */
#define NOT_THERE (~0u)

static HEAP Heap;
static HEAP_SEGMENT Segment;
static char *Memory;
static ULONG Place; /* granules of the segment, at most ROOM */
static unsigned Seed = 1;
static const char *Last =
    "RtlpOpenFreeIndex"; /* the student's function that was called last */

static inline unsigned Below(unsigned Limit)
{
    Seed = Seed * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)Seed * Limit >> 32);
}

static inline HEAP_ENTRY *At(SIZE_T Granule)
{
    return (HEAP_ENTRY *)(Memory + (Granule << GRANULE_SHIFT));
}

/* The granule of an entry; NOT_THERE: it is none of the segment. */
static inline ULONG GranuleOf(const HEAP_ENTRY *Entry)
{
    SIZE_T Offset = (SIZE_T)((const char *)Entry - Memory);
    return (const char *)Entry < Memory || Offset >> GRANULE_SHIFT >= Place ||
                   Offset & (GRANULE - 1)
               ? NOT_THERE
               : (ULONG)(Offset >> GRANULE_SHIFT);
}

static inline bool IsFree(const HEAP_ENTRY *Entry)
{
    return !(CODE_FLAGS(RtlpDecode(&Heap, Entry)) & HEAP_ENTRY_BUSY);
}

static inline ULONG SizeOf(const HEAP_ENTRY *Entry)
{
    return CODE_SIZE(RtlpDecode(&Heap, Entry));
}

/* A busy entry of Units, the one after it agreeing. */
static inline void MakeBusy(HEAP_ENTRY *Entry, ULONG Units)
{
    Entry->SegmentOffset = SEGMENT;
    Entry->UnusedBytes = sizeof(HEAP_ENTRY);
    RtlpSetCode(&Heap, Entry, Units, HEAP_ENTRY_BUSY);
    RtlpSetPreviousSize(&Heap, RtlpEntryAfter(Entry, Units), Units);
}

/* A failure that no case wants. */
static inline void Unexpected(void)
{
    LAB_EXPECT(0, Last, "no report of damage: there is none",
               "RtlpHeapFailure of kind %u (7: entry, 13, 14: links)",
               (ULONG)HostHeap.LastFailure);
}

/* An empty index, and a segment of Granules that no entry lies in yet, but for the one after. */
static inline void Begin(ULONG Flags, ULONG Granules)
{
    HostCatchProbes();
    HostHeap.Expected = false;
    HostHeap.AtFailure = Unexpected;
    free(Memory);
    memset(&Heap, 0, sizeof Heap);
    Place = Granules;
    Memory = aligned_alloc(PAGE_SIZE, ALIGN_UP((Place + 16) << GRANULE_SHIFT, PAGE_SIZE));
    memset(Memory, 0xEE, (SIZE_T)(Place + 16) << GRANULE_SHIFT);
    Heap.Flags = Flags;
    Heap.Segments[SEGMENT] = &Segment;
    Heap.SegmentCount = SEGMENT + 1;
    Segment.FirstEntry = At(0);
    Segment.LastValidEntry = At(Place + 4);
    RtlpInitializeEncoding(&Heap);
    Last = "RtlpOpenFreeIndex";
    RtlpOpenFreeIndex(&Heap);
    RtlpSetPreviousSize(&Heap, At(0), 0);
    MakeBusy(At(Place), 4);
    At(0)->SegmentOffset = SEGMENT;
    RtlpSetPreviousSize(&Heap, At(Place), 0); /* nothing lies before it yet */
}

/* Busy entries of these sizes from granule 0; then what fills the segment. */
static inline void Tile(const ULONG *Sizes, unsigned Count)
{
    ULONG Where = 0;
    for (unsigned i = 0; i < Count; Where += Sizes[i++])
        MakeBusy(At(Where), Sizes[i]);
    while (Where < Place) {
        ULONG Units = Place - Where < MOST ? Place - Where : MOST - 2;
        MakeBusy(At(Where), Units);
        Where += Units;
    }
}

/* The header as a caller of Insert leaves it, then Insert. */
static inline void MakeFree(HEAP_ENTRY *Entry)
{
    ULONG Units = SizeOf(Entry);
    RtlpWriteFree(&Heap, Entry, Units, RtlpPreviousSize(&Heap, Entry), SEGMENT);
    Last = "RtlpInsertFree";
    RtlpInsertFree(&Heap, Entry, Units);
}

/* Whether the entry of Size at Where comes before that of OtherSize at Other, by one of the four
 * orders. */
static inline bool ComesBefore(unsigned Order, ULONG Size, ULONG Where, ULONG OtherSize,
                               ULONG Other)
{
    if (Size != OtherSize)
        return (Order <= 2) == (Size < OtherSize);
    return (Order & 1) == (Where < Other);
}

/* RtlpNextFree gives each of Entries free entries once, in the order of LAB_ORDER. */
static inline void CheckNext(SIZE_T Entries)
{
    static UCHAR Seen[ROOM];
    SIZE_T Count = 0;
    ULONG Size = 0, Granule = 0;
    memset(Seen, 0, Place);
    Last = "RtlpNextFree";
    for (HEAP_ENTRY *Entry = NULL; (Entry = RtlpNextFree(&Heap, Entry)) != NULL;
         Count++) {
        ULONG Now = GranuleOf(Entry);
        LAB_EXPECT(Now != NOT_THERE, Last, "an entry of the heap",
                   "an address elsewhere");
        LAB_EXPECT(IsFree(Entry), Last, "a free entry", "the busy one at granule %u",
                   Now);
        LAB_EXPECT(!Seen[Now], Last, "each entry once", "the one at granule %u again",
                   Now);
        if (LAB_ORDER && Count)
            LAB_EXPECT(ComesBefore(LAB_ORDER, Size, Granule, SizeOf(Entry), Now), Last,
                       "the order that the rule of this seed names",
                       "%u granules at %u after %u granules at %u", SizeOf(Entry), Now,
                       Size, Granule);
        Seen[Now] = 1;
        Size = SizeOf(Entry), Granule = Now;
    }
    LAB_EXPECT(Count == Entries, Last, "%u entries", "%u", (ULONG)Entries, (ULONG)Count);
}

/* The header at Where agrees with the one before it; F5, F6. */
static inline void CheckEntry(ULONG Where, ULONG Before, bool FreeBefore)
{
    HEAP_ENTRY *Entry = At(Where);
    ULONG Code = RtlpDecode(&Heap, Entry), Size = CODE_SIZE(Code);
    LAB_EXPECT(RtlpCodeIsGood(Code) && Entry->SegmentOffset == SEGMENT, Last,
               "a sound header at granule %u", "a checksum that is wrong", Where);
    LAB_EXPECT(RtlpPreviousSize(&Heap, Entry) == Before, Last,
               "PreviousSize %u in the entry at granule %u", "%u", Before, Where,
               RtlpPreviousSize(&Heap, Entry));
    if (!IsFree(Entry))
        return;
    LAB_EXPECT(Size >= 2 && Size <= MOST, Last,
               "2 to FE00 granules in the entry at %u (F5)", "%u", Where, Size);
    LAB_EXPECT(!FreeBefore || Heap.Flags & HEAP_DISABLE_COALESCE_ON_FREE ||
                   Before + Size > MOST,
               Last, "one free entry where two that fit one meet, at granule %u (F6)",
               "%u and %u granules", Where, Before, Size);
}

/* F5, F6, F8 by the headers; the index agrees.  Result: granules of the largest free entry. */
static inline ULONG Check(void)
{
    SIZE_T Entries = 0, Units = 0;
    ULONG Largest = 0, Before = 0;
    bool FreeBefore = false;
    PVOID Spot;
    for (ULONG Where = 0; Where <= Place; Where += Before) {
        CheckEntry(Where, Before, FreeBefore);
        FreeBefore = IsFree(At(Where));
        Before = SizeOf(At(Where));
        Entries += FreeBefore;
        Units += FreeBefore ? Before : 0;
        Largest = FreeBefore && Before > Largest ? Before : Largest;
    }
    LAB_EXPECT(Heap.TotalFreeSize == Units, Last, "TotalFreeSize %u, the sum (F8)", "%u",
               (ULONG)Units, (ULONG)Heap.TotalFreeSize);
    ULONG Rule = RtlpCheckFreeIndex(&Heap, Entries, Units, &Spot);
    LAB_EXPECT(Rule == 0, Last, "a sound index",
               "your heap broke its own index: invariant H%u", Rule);
    CheckNext(Entries);
    return Largest;
}

/* What the headers say RtlpFindFree must return; NULL: none fits.  Without a rule: any that fits,
 * here the first. */
static inline HEAP_ENTRY *Wanted(ULONG Units)
{
    HEAP_ENTRY *Best = NULL;
    for (ULONG Where = 0; Where < Place; Where += SizeOf(At(Where)))
        if (IsFree(At(Where)) && SizeOf(At(Where)) >= Units &&
            (!Best || ComesBefore(LAB_PLACE, SizeOf(At(Where)), Where, SizeOf(Best),
                                  GranuleOf(Best))))
            Best = At(Where);
    return Best;
}

/* Calls RtlpFindFree(Units, true) and holds its answer against the headers. */
static inline HEAP_ENTRY *Find(ULONG Units)
{
    HEAP_ENTRY *Fits = Wanted(Units), *Found = RtlpFindFree(&Heap, Units, true);
    ULONG Where = Found ? GranuleOf(Found) : NOT_THERE;
    Last = "RtlpFindFree";
    LAB_EXPECT(Fits || !Found, Last, "null: no entry has %u granules",
               "the one at granule %u", Units, Where);
    if (!Fits)
        return NULL;
    LAB_EXPECT(Found, Last, "an entry of %u granules: there is one at %u", "null", Units,
               GranuleOf(Fits));
    LAB_EXPECT(Where != NOT_THERE, Last, "an entry of the heap", "an address elsewhere");
    LAB_EXPECT(IsFree(Found), Last, "a free entry", "the busy one at granule %u", Where);
    LAB_EXPECT(SizeOf(Found) >= Units, Last, "an entry of at least %u granules",
               "one of %u", Units, SizeOf(Found));
    LAB_EXPECT(!LAB_PLACE || Found == Fits, Last,
               "for %u granules the entry at %u, of %u: the rule of this seed",
               "that at %u, of %u", Units, GranuleOf(Fits), SizeOf(Fits), Where,
               SizeOf(Found));
    return Found;
}

/* Cuts the low Granules off a free entry; they become busy. */
static inline void CutOff(HEAP_ENTRY *Entry, ULONG Granules)
{
    ULONG Size = SizeOf(Entry);
    Last = "RtlpCutFree";
    bool Done = RtlpCutFree(&Heap, Entry, Size, Granules, Granules);
    LAB_EXPECT(Done, Last, "true: the entry's links are sound", "false");
    ULONG Said = RtlpPreviousSize(&Heap, RtlpEntryAfter(Entry, Granules));
    LAB_EXPECT(Said == Granules, Last, "PreviousSize %u after the cut", "%u", Granules,
               Said);
    MakeBusy(Entry, Granules);
    Check();
}

/* Frees the busy entry at Where as free.c does: Join, then Form. */
static inline void Give(ULONG Where)
{
    Last = "RtlpJoinFree and RtlpFormFree";
    RtlpGiveFree(&Heap, At(Where), SizeOf(At(Where)));
    Check();
    ULONG From = 0;
    while (From + SizeOf(At(From)) <= Where)
        From += SizeOf(At(From));
    LAB_EXPECT(IsFree(At(From)), Last, "a free entry that has granule %u", "a busy one",
               Where);
}

/* Joins the busy entry at Where, and expects what comes of it: First, of Expected granules. */
static inline void Join(SIZE_T Where, SIZE_T First, SIZE_T Expected)
{
    SIZE_T Units = SizeOf(At(Where)), Free = Heap.TotalFreeSize, Given = Units;
    Last = "RtlpJoinFree";
    HEAP_ENTRY *Got = RtlpJoinFree(&Heap, At(Where), &Units);
    LAB_EXPECT(Got == At(First) && Units == Expected, Last,
               "%u granules from granule %u on", "%u from %u", (ULONG)Expected,
               (ULONG)First, (ULONG)Units, GranuleOf(Got));
    LAB_EXPECT(Heap.TotalFreeSize == Free + Given - Expected, Last,
               "TotalFreeSize %u: what was joined is out of the index", "%u",
               (ULONG)(Free + Given - Expected), (ULONG)Heap.TotalFreeSize);
    Last = "RtlpFormFree";
    RtlpFormFree(&Heap, Got, Units);
    Check();
}

#endif
