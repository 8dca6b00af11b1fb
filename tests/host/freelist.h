/* freelist.h - what the tests of the heap's free list share: one segment, and a walk over it.
 *
 * The segment has Place granules and is tiled by entries; a test makes them busy or gives them to
 * the free list, and keeps no other book: Check walks the headers.  Nothing here knows how
 * freelist.c keeps its entries.
 */
#ifndef HOST_FREELIST_H
#define HOST_FREELIST_H

#include "heap_os.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "heap/core/freelist.h"
#include "cases.h"

#define MOST    HEAP_MAXIMUM_BLOCK_SIZE
#define ROOM    (5 * MOST + 1000u)
#define SEGMENT 3 /* its index */

static HEAP Heap;
static HEAP_SEGMENT Segment;
static char *Memory;
static ULONG Place; /* granules of the segment, at most ROOM */
static UCHAR Seen[ROOM];
static unsigned Seed = 1;

static unsigned Below(unsigned Limit)
{
    Seed = Seed * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)Seed * Limit >> 32);
}

static HEAP_ENTRY *At(SIZE_T Granule)
{
    return (HEAP_ENTRY *)(Memory + (Granule << GRANULE_SHIFT));
}

static bool IsFree(const HEAP_ENTRY *Entry)
{
    return !(CODE_FLAGS(RtlpDecode(&Heap, Entry)) & HEAP_ENTRY_BUSY);
}

static ULONG SizeOf(const HEAP_ENTRY *Entry)
{
    return CODE_SIZE(RtlpDecode(&Heap, Entry));
}

/* A busy entry of Units, the one after it agreeing. */
static void MakeBusy(HEAP_ENTRY *Entry, ULONG Units)
{
    Entry->SegmentOffset = SEGMENT;
    Entry->UnusedBytes = sizeof(HEAP_ENTRY);
    RtlpSetCode(&Heap, Entry, Units, HEAP_ENTRY_BUSY);
    RtlpSetPreviousSize(&Heap, RtlpEntryAfter(Entry, Units), Units);
}

/* An empty index, and a segment of Granules that no entry lies in yet, but for the one after. */
static void Begin(ULONG Flags, ULONG Granules)
{
    HostCatchProbes();
    Place = Granules;
    Memory = aligned_alloc(PAGE_SIZE, ALIGN_UP((Place + 16) << GRANULE_SHIFT, PAGE_SIZE));
    assert_non_null(Memory);
    memset(Memory, 0xEE, (SIZE_T)(Place + 16) << GRANULE_SHIFT);
    Heap.Flags = Flags;
    Heap.Segments[SEGMENT] = &Segment;
    Heap.SegmentCount = SEGMENT + 1;
    Segment.FirstEntry = At(0);
    Segment.LastValidEntry = At(Place + 4);
    RtlpInitializeEncoding(&Heap);
    RtlpOpenFreeIndex(&Heap);
    RtlpSetPreviousSize(&Heap, At(0), 0);
    MakeBusy(At(Place), 4);
    At(0)->SegmentOffset = SEGMENT;
    RtlpSetPreviousSize(&Heap, At(Place), 0); /* nothing lies before it yet */
}

/* Busy entries of these sizes from granule 0; a last one of all that is left. */
static void Tile(const ULONG *Sizes, unsigned Count)
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
static void MakeFree(HEAP_ENTRY *Entry)
{
    ULONG Units = SizeOf(Entry);
    RtlpWriteFree(&Heap, Entry, Units, RtlpPreviousSize(&Heap, Entry), SEGMENT);
    RtlpInsertFree(&Heap, Entry, Units);
}

/* RtlpNextFree gives each of Entries free entries once. */
static void CheckNext(SIZE_T Entries)
{
    memset(Seen, 0, Place);
    for (HEAP_ENTRY *Entry = NULL; (Entry = RtlpNextFree(&Heap, Entry)) != NULL;
         Entries--) {
        SIZE_T Granule = (SIZE_T)((char *)Entry - Memory) >> GRANULE_SHIFT;
        assert_true(Entries && Granule < Place && !Seen[Granule] && IsFree(Entry));
        Seen[Granule] = 1;
    }
    assert_int_equal(Entries, 0);
}

/* F5, F6, F8 by the headers; the index agrees.  Result: granules of the largest free entry. */
static ULONG Check(void)
{
    SIZE_T Entries = 0, Units = 0;
    ULONG Largest = 0, Before = 0;
    bool FreeBefore = false;
    for (HEAP_ENTRY *Entry = At(0); Entry <= At(Place);
         Entry = RtlpEntryAfter(Entry, Before)) {
        ULONG Code = RtlpDecode(&Heap, Entry), Size = CODE_SIZE(Code);
        assert_true(RtlpCodeIsGood(Code) && Entry->SegmentOffset == SEGMENT);
        assert_int_equal(RtlpPreviousSize(&Heap, Entry), Before);
        assert_true(Size <= MOST);
        if (IsFree(Entry)) {
            assert_true(Size >= 2);
            if (FreeBefore && !(Heap.Flags & HEAP_DISABLE_COALESCE_ON_FREE))
                assert_true(Before + Size > MOST);
            Entries++;
            Units += Size;
            Largest = Size > Largest ? Size : Largest;
        }
        FreeBefore = IsFree(Entry);
        Before = Size;
    }
    PVOID Where;
    assert_int_equal(Heap.TotalFreeSize, Units);
    assert_int_equal(RtlpCheckFreeIndex(&Heap, Entries, Units, &Where), 0);
    assert_int_not_equal(RtlpCheckFreeIndex(&Heap, Entries + 1, Units, &Where), 0);
    assert_int_not_equal(RtlpCheckFreeIndex(&Heap, Entries, Units + 1, &Where), 0);
    CheckNext(Entries);
    return Largest;
}

#endif
