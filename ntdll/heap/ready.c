/* ready.c - the front end's middle way: the active subsegment has no block, another has.
 *
 * A bucket's subsegments stand in 16 slots, each a list that only grows.  A bit of Ready
 * says that a subsegment of that slot may have a free block.  Who finds the active one
 * empty looks where a bit is set, and makes what he finds active; a subsegment that is
 * found empty is marked as detached, and who gives a block back to such a one sets the
 * bit again:
 *
 *   bucket  Ready 0101     Slots  [0] -> sub      active, in use: blocks free
 *                 ^ ^             [1] -> sub      detached: none free
 *                 | '- slot 0     [2] -> sub -> sub
 *                 '--- slot 2
 *
 * The bit is cleared before a slot is searched, a subsegment marked before it is looked
 * at for the last time: a block that comes back meanwhile is found, or sets the bit.
 *
 * A bucket that has grown beyond LFH_BORROWS bytes looks at the next few larger sizes
 * before it takes more memory: sizes come and go, and what one has too many of serves
 * its neighbour.  (Churn of 10^4 blocks: committed/live 1.13 with it, 1.30 without.)
 *
 * Lock: none, but for giving user blocks back (RtlpLfhSettle).
 * In Windows: RtlpLowFragHeapAllocFromContext, RtlpLowFragHeapFree.
 */
#include "lfh.h"

/* Clears the bits of Summary whose words are empty; true: there is a free block. */
static bool RtlpLfhHasFree(HEAP_SUBSEGMENT *Sub)
{
    ULONG Summary;
    while ((Summary = RTLP_READ(Sub->Summary)) != LFH_ALWAYS) {
        ULONG Word = (ULONG)__builtin_ctz(Summary);
        if (RTLP_READ(Sub->FreeMask[Word]))
            return true;
        RtlpLfhEmptied(Sub, Word);
    }
    return false;
}

/* Marks a subsegment that seems full as detached; false: a block came back, it is in use.
 */
static bool RtlpLfhDetach(HEAP_SUBSEGMENT *Sub)
{
    UCHAR State = SubSegmentInUse;
    __atomic_compare_exchange_n(&Sub->State, &State, SubSegmentDetached, false,
                                __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    if (__atomic_load_n(&Sub->Summary, __ATOMIC_SEQ_CST) == LFH_ALWAYS)
        return true;
    State = SubSegmentDetached;
    __atomic_compare_exchange_n(&Sub->State, &State, SubSegmentInUse, false,
                                __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    return false;
}

/* Makes Sub, which has free blocks, the one that the bucket takes from. */
void RtlpLfhUse(LFH_HEAP *Front, HEAP_BUCKET *Bucket, HEAP_SUBSEGMENT *Sub)
{
    HEAP_SUBSEGMENT **Active = &Front->Active[Bucket->SizeIndex];
    HEAP_SUBSEGMENT *Old = RTLP_READ(*Active);
    if (Old != &RtlpNoSubSegment)
        __atomic_store_n(&Old->Whole, ~0u, __ATOMIC_RELAXED);
    __atomic_store_n(&Sub->Whole, 0, __ATOMIC_RELAXED);
    __atomic_store_n(Active, Sub, __ATOMIC_SEQ_CST);
}

/* A subsegment of the slot that has a free block, or null. */
static HEAP_SUBSEGMENT *RtlpLfhSearch(HEAP_BUCKET *Bucket, ULONG Slot)
{
    HEAP_SUBSEGMENT *Sub = RTLP_READ(Bucket->Slots[Slot]);
    while (Sub && !RtlpLfhHasFree(Sub) && RtlpLfhDetach(Sub))
        Sub = Sub->NextInSlot;
    return Sub;
}

/* A block of the bucket's, from another subsegment than the active one, which becomes
 * active; null: none has any. */
static PVOID RtlpLfhAdvance(LFH_HEAP *Front, HEAP_BUCKET *Bucket, SIZE_T Size)
{
    PVOID Block = NULL;
    ULONG Ready;
    while (!Block && (Ready = RTLP_READ(Bucket->Ready)) != 0) {
        ULONG Above = Ready & (~1u << RTLP_READ(Front->Active[Bucket->SizeIndex])->Slot);
        ULONG Slot = (ULONG)__builtin_ctz(Above ? Above : Ready);
        RtlpClearBit(&Bucket->Ready, Slot);
        HEAP_SUBSEGMENT *Sub = RtlpLfhSearch(Bucket, Slot);
        if (!Sub)
            continue;
        RtlpSetBit(&Bucket->Ready, Slot);
        RtlpLfhUse(Front, Bucket, Sub);
        Block = RtlpLfhTakeFrom(Sub, Size);
    }
    return Block;
}

PVOID RtlpLfhLook(LFH_HEAP *Front, SIZE_T Size)
{
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    HEAP_BUCKET *Bucket = &Front->Buckets[Front->BucketOf[Units]];
    PVOID Block = RtlpLfhAdvance(Front, Bucket, Size);
    HEAP_BUCKET *Last = Bucket + RTLP_READ(Bucket->Borrows);
    if (Last >= &Front->Buckets[LFH_BUCKETS])
        Last = Bucket;
    while (!Block && Bucket < Last) {
        Bucket++;
        Block = RtlpLfhTakeFrom(RTLP_READ(Front->Active[Bucket->SizeIndex]), Size);
        if (!Block)
            Block = RtlpLfhAdvance(Front, Bucket, Size);
    }
    return Block;
}

/* Looks after a subsegment that a block was given back to: one that its bucket forgot is
 * ready again; one that is all free and not the active one goes. */
void RtlpLfhSettle(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub)
{
    UCHAR State = SubSegmentDetached;
    HEAP *Heap = Front->Heap;
    if (__atomic_compare_exchange_n(&Sub->State, &State, SubSegmentInUse, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        HEAP_BUCKET *Bucket = &Front->Buckets[Sub->SizeIndex];
        RtlpSetBit(&Bucket->Ready, Sub->Slot);
        __atomic_store_n(&Bucket->Borrows, RTLP_READ(Bucket->MayBorrow),
                         __ATOMIC_RELAXED);
        return;
    }
    if (RTLP_READ(Front->Active[Sub->SizeIndex]) == Sub)
        return;
    RtlpLockHeap(Heap);
    RtlpLfhRelease(Heap, Sub);
    RTLP_AUDIT(Heap);
    RtlpUnlockHeap(Heap);
}
