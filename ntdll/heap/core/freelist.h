/* freelist.h - the contract of the heap's free list: where free entries wait (freelist.c).
 *
 * One file provides all of this; it includes "heap/core/freelist.h".  Its index lies in
 * HEAP.FreeIndex and in the two words after the header of each free entry (FREE_OF(Entry)),
 * in any form.  Sizes are granules, header included.  It may call heapp.h's inline functions on
 * headers, links and probes (RtlpCheckEntry is one), RtlpProbeEntry, RtlpSafeUnlink (encode.c),
 * RtlpWriteFree (freefill.c; it spares the two words), RtlpHeapFailure.
 *
 * Rules that the callers keep:
 *   F1  An entry given to Insert, Form or Join has its PreviousSize and SegmentOffset; for Insert
 *       its whole header says free and Units.
 *   F2  The entry after what is given can be decoded; a busy one need not be sound.
 *   F3  Granules given to Form and Join are committed and in no index; what they held is lost.  Of
 *       an entry in the index only PreviousSize changes.  HEAP_CREATE_ALIGN_16: all is even.
 *   F4  PreviousSize 0 or above HEAP_MAXIMUM_BLOCK_SIZE says that no entry lies before.
 * Rules that the module keeps (RtlpCheckHeap names those of heap.h):
 *   F5  No entry is larger than HEAP_MAXIMUM_BLOCK_SIZE or smaller than 2: more free granules
 *       than that become several entries.  The entry after them has their PreviousSize.
 *   F6  After Join and Form, and after Cut, no two free neighbours there would fit one entry (H4):
 *       the rest of a Cut may fit with an entry after it that had been too large.  One that does
 *       not fit stays.  HEAP_DISABLE_COALESCE_ON_FREE in Heap->Flags: nothing is joined.
 *   F7  What a link leads to is checked before anything is written there: programs write over
 *       free entries.  Damage of an entry is reported before it or its links change
 *       (RtlpHeapFailure: entry_, listentry_ or freelists_corruption, what is damaged, the
 *       function's name); it may return.  What Insert cannot put in is lost, not in F8's sum.
 *   F8  HEAP.TotalFreeSize is the sum of the entries in the index (H7).
 *
 * Lock: the heap's.  Tested by tests/host/test_freelist.c (F4 to F6, F8), test_freelist_damage.c
 * (F7), test_heap*.c, the fuzzer; in labheap.dll, beside ntdll's heap, by tests/second.  Cost (make
 * bench): heap_back_end_20k.  But for Every, Next and Check it must not outgrow log(entries).
 */
#ifndef FATHOM_FREELIST_H
#define FATHOM_FREELIST_H

#include "heap/heapp.h"

/* An empty index in Heap->FreeIndex, which is all zero; Flags, Encoding and PointerKey are set. */
void RtlpOpenFreeIndex(HEAP *Heap);
/* Puts Entry into the index. */
void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units);
/* Takes Entry out, whose header is as it was put in; false: damaged links (reported), nothing
 * changed. */
bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units);
/* An entry of at least Units, still in the index; the caller checks its header.  Null: none, or
 * damage.  Every: null only if there is none; else one may be passed over to save time. */
HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every);
/* Each entry once, in any order: the first for null; null after the last, or at damage, which
 * is not reported.  What Find and Next return can be read, damage or not. */
HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry);
/* Takes each free neighbour that fits (F6) with what Form makes of the *Units granules at Entry out
 * of the index; result: where all begins; *Units: all.  One that is damaged: reported, left. */
HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units);
/* Makes the Units granules at Entry free entries, in the index; nothing is joined. */
void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units);
/* Cuts the low Cut granules off Entry, a sound entry of Units in the index; Cut is Units, or
 * leaves at least 2.  PreviousSize: what the entry after the cut shall say.  The granules cut
 * off are the caller's.  False: damaged links (reported), nothing changed. */
bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize);
/* 0 if the index is sound and holds Entries entries of together Units; else where, and of what
 * kind: 5 entries or their links (H5), 6 its own order (H6), 7 the sums (H7).  Trusts nothing,
 * reports nothing.  FreeLists and BlocksIndex in HEAP are one index's own: another leaves them. */
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
