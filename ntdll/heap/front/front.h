/* front.h - the contract of the heap's front end: blocks of sizes that are asked for often.
 *
 * Given: the heap; address space (RtlpReserve, RtlpCommit, RtlpRelease) or blocks of the
 * back end (RtlpAllocateBlock with HEAP_ENTRY_VIRTUAL_ALLOC, UnusedBytes set to
 * sizeof(HEAP_ENTRY); RtlpFreeBlock); RtlpHeapRandom.  May call these, RtlpHeapFailure and
 * what heapp.h and check/validate.h define inline.  Its state lies in FRONT_HEAP, which
 * HEAP.FrontEndHeap points at; HEAP.FrontUse is its to count in.  What it reserves and
 * commits itself it adds to HEAP.Counters (TotalMemoryReserved, TotalMemoryCommitted).
 *
 * FRONT_FILE is the chosen front end's header (make FRONT=NAME: front/NAME/NAME.h).  It defines
 * FRONT_HEAP, FRONT_INSIDE if its blocks lie in blocks of the back end, and
 *   PVOID RtlpFrontTake(HEAP *Heap, SIZE_T Size)   static inline, no lock, of HEAP.Front
 *     A block of at least Size bytes, whatever Size is; null: ask RtlpFrontAllocate.
 *   bool RtlpFrontGive(HEAP *Heap, PVOID Block)    static inline, no lock, to HEAP.Front
 *     Gives Block back, whose header carries HEAP_UNUSED_LFH.  False, nothing changed: it
 *     is no block in use of this front end.
 *   SIZE_T RtlpFrontBytes(HEAP *Heap, const void *Block)   static inline, no lock
 *     Bytes of a block in use of HEAP.Front, whose header carries HEAP_UNUSED_LFH, header
 *     included; 0: it is none.
 *   SIZE_T RtlpFrontUnused(const void *Block)   likewise: how many were not asked for.
 *
 * Invariants:
 *   F1  A block has one owner, who took it, until it is given back.
 *   F2  Its header carries HEAP_UNUSED_LFH in UnusedBytes and FRONT_INDEX in SegmentOffset,
 *       and is bound to its address: no other pointer passes for a block.
 *   F3  Take and Give may meet any other function in another thread.  What they write, the
 *       others read with RTLP_READ; a block's header and place stay while its region does.
 *   F4  While FrontHeapLockCount is not 0 HEAP.Front is RtlpNoFront, which has no block.
 *   F5  RtlpFrontTrim leaves, of regions without a block in use, at most one of each size.
 *
 * Tested by: tests/host/test_heap*.c, tests/heap, tests/guest/heap.
 * Cost today (make bench, instructions): 86 a pair.
 */
#ifndef FATHOM_FRONT_H
#define FATHOM_FRONT_H

#include "heap/heapp.h"

#define FRONT_INDEX    0xFE /* SegmentOffset of its blocks, SegmentIndex in a walk */
#define FRONT_EXCLUDED      /* heaps with one of these flags have no front end */        \
    (HEAP_NO_SERIALIZE | HEAP_CREATE_ALIGN_16 | HEAP_TAIL_CHECKING_ENABLED |             \
     HEAP_FREE_CHECKING_ENABLED | HEAP_VALIDATE_PARAMETERS_ENABLED |                     \
     HEAP_VALIDATE_ALL_ENABLED | HEAP_TRACKING)

#ifndef FRONT_FILE
#define FRONT_FILE "heap/front/groups.h"
#endif
#include FRONT_FILE

/* A region of the front end, or a block in one. */
typedef struct _FRONT_ITEM {
    PVOID Region;  /* the front end's own; null: before the first */
    ULONG Index;   /* 0: the region itself; 1: its first block */
    bool Busy;     /* a block in use */
    PVOID Data;    /* the region's base; a block's data */
    SIZE_T Bytes;  /* reserved for the region; of a block, header included */
    SIZE_T Unused; /* of these: not committed; not asked for (free: the header) */
} FRONT_ITEM;
struct _HEAP_CHECK;

static inline bool RtlpMayHaveFront(const HEAP *Heap)
{
    return Heap->Flags & HEAP_GROWABLE && !(Heap->Flags & FRONT_EXCLUDED);
}
extern FRONT_HEAP RtlpNoFront;
/* All want the heap's lock.  Units: with the header.  Null (the back end serves): no memory,
 * or one of a size's first 17 calls, 16 once there is a front end (0 bytes: as you like). */
PVOID RtlpFrontAllocate(HEAP *Heap, ULONG Units, SIZE_T Size);
bool RtlpFrontFree(HEAP *Heap, PVOID Block); /* as RtlpFrontGive, to HEAP.FrontEndHeap */
bool RtlpFrontEnable(HEAP *Heap); /* sets FrontEndHeap, type 2, Front; false: no memory */
void RtlpFrontDestroy(HEAP *Heap); /* to no region, FrontEndHeap null; also without one */
void RtlpFrontTrim(HEAP *Heap);
/* Whether Block, aligned, its header readable, is a block of this front end, in use or
 * not; *Found then says which.  (Front may be another heap's.) */
bool RtlpFrontOwns(const FRONT_HEAP *Front, const void *Block, FRONT_ITEM *Found);
bool RtlpFrontHolds(const HEAP *Heap, const void *Block); /* one RtlpAllocateBlock gave */
void RtlpFrontNoteSize(HEAP *Heap, PVOID Block, SIZE_T Size); /* <= Bytes - header */
bool RtlpFrontNext(const HEAP *Heap, FRONT_ITEM *Item); /* steps on; false: no more */
bool RtlpFrontCheck(struct _HEAP_CHECK *Check); /* H11-H13: RtlpWrong; adds its bytes */
#endif
