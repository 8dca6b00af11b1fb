/* freelist.h - the contract of the heap's free list: where free entries wait (freelist.c).
 *
 * One file provides all of this and nothing else.  It keeps its index in HEAP.FreeIndex and in
 * the two words of each free entry after its header (HEAP_FREE_ENTRY.FreeList); how is its own
 * affair.  Sizes are granules, header included, unless it says bytes.
 *
 * Given, and all it may call: the headers (heapp.h: RtlpDecode, CODE_SIZE, CODE_FLAGS,
 * RtlpPreviousSize, RtlpSetPreviousSize, RtlpEntryAfter, RtlpEntryBefore, RtlpIsReadable,
 * RtlpPointsAt, RtlpIsLinked, RtlpInsertBefore), RtlpProbeEntry, RtlpCheckEntry and RtlpSafeUnlink
 * (encode.c), RtlpWriteFree (debug.c), RtlpHeapFailure.
 *
 * Rules that the callers keep:
 *   F1  An entry given to Insert or Form has its PreviousSize and SegmentOffset; for Insert its
 *       whole header says free and Units.  Before Join they are set, too, so that the header of
 *       the entry before it is sound.
 *   F2  The entry after whatever is given here can be decoded; if it is busy it need not be
 *       sound (its PreviousSize may still be wrong).
 *   F3  The granules given to Form and Join are committed and in no index; what they held is lost.
 *   F4  PreviousSize above HEAP_MAXIMUM_BLOCK_SIZE, or 0, says that no entry lies before.
 * Rules that the module keeps (RtlpCheckHeap names those of heap.h):
 *   F5  No entry is larger than HEAP_MAXIMUM_BLOCK_SIZE or smaller than 2: more free granules
 *       than that become several entries.  The entry after them has their PreviousSize.
 *   F6  After Join, and after Cut, no free neighbour is left whose sum with the result would fit
 *       one entry (H4), unless Heap->Flags has HEAP_DISABLE_COALESCE_ON_FREE: nothing is joined.
 *   F7  A link is written through only if what it points at points back: programs write over
 *       free entries.  What does not fit is reported (RtlpHeapFailure) before anything changes.
 *   F8  HEAP.TotalFreeSize is the sum of the entries in the index (H7).
 *
 * Lock: the heap's.  Tested by tests/host/test_heap*.c, the fuzzer, `make corrupt`; in
 * labheap.dll, beside ntdll's heap, by tests/second/second.t, with a second one
 * (tests/second/freelist.c) and a wrong one.
 * Cost, guest instructions (make bench): heap_back_end_20k, heap_realloc_append.  No call but
 * Find with Every, Next and Check may take longer the more entries there are.
 */
#ifndef FATHOM_FREELIST_H
#define FATHOM_FREELIST_H

#include "heap/heapp.h"

/* An empty index in Heap->FreeIndex, which is all zero. */
void RtlpOpenFreeIndex(HEAP *Heap);

/* Puts Entry into the index. */
void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units);

/* Takes Entry out, whose header is as it was put in; false: damaged links (reported), nothing
 * changed. */
bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units);

/* An entry of at least Units, still in the index, its header not checked; null: none.  Every:
 * null only if there is none; else one may be passed over to save time. */
HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every);

/* Each entry once, in any order: the first for null; null after the last, or at damage. */
HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry);

/* Takes the free neighbours of the *Units granules at Entry out of the index; result: where all
 * of it begins; *Units: how many.  A neighbour that is damaged is reported and left alone. */
HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units);

/* Makes the Units granules at Entry free entries, in the index; nothing is joined. */
void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units);

/* Cuts the low Cut granules off Entry, a sound entry of Units in the index; Cut is Units, or
 * leaves at least 2.  PreviousSize: what the entry after the cut shall say.  The granules cut
 * off are the caller's.  False: damaged links (reported), nothing changed. */
bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize);

/* H5, H6, H7: 0 if the index is sound and holds Entries entries of together Units; else the
 * number of the invariant that does not hold, and where.  Trusts nothing, reports nothing. */
ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where);

/* Join, if there can be anything to join, then Form. */
static inline void RtlpGiveFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    SIZE_T Total = Units;
    HEAP_ENTRY *First = Entry;
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    HEAP_ENTRY *Next = (HEAP_ENTRY *)((char *)Entry + (Units << GRANULE_SHIFT));
    if (!(CODE_FLAGS(RtlpDecode(Heap, Next)) & HEAP_ENTRY_BUSY) ||
        (Before - 1 < HEAP_MAXIMUM_BLOCK_SIZE &&
         !(CODE_FLAGS(RtlpDecode(Heap, RtlpEntryBefore(Entry, Before))) &
           HEAP_ENTRY_BUSY)))
        First = RtlpJoinFree(Heap, Entry, &Total);
    RtlpFormFree(Heap, First, Total);
}

#endif
