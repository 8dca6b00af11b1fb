/* ready.c - the front end's middle way: behind the active group no block is free.
 *
 * A bucket's subsegments that may have a free block stand in a ring.  A search goes from
 * the active group to the end of its subsegment, then through the next in the ring, from
 * its start; so each pass finds what came back since the last.  Who finds that one full
 * takes the lock: full ones leave the ring, and the next free of one of their blocks raises
 * their alarm, which puts it back:
 *
 *   bucket  Ring --> sub <-> sub <-> sub <-.     in use
 *                     '--------------------'
 *                    sub                         detached
 *
 * An alarm is a number that a group's Mask is compared with.  LFH_WHOLE: a group of 31 is
 * all free, and perhaps the whole region can go; the active one stays, and a pair of calls
 * shall not take the lock each time (LFH_NEVER).
 *
 * Detaching sets the alarm before it looks for the last time: a block that comes back
 * meanwhile is found, or raises it.
 *
 * Lock: none for RtlpLfhLook; it follows Next, which leads to a subsegment of the bucket
 * whatever becomes of the ring meanwhile.  RtlpLfhSettle takes the heap's.
 * In Windows: RtlpLowFragHeapAllocFromContext, RtlpLowFragHeapFree.
 */
#include "heap/front/lfh.h"

#define LFH_TRIES    6u  /* subsegments that a search tries before it takes the lock */
#define LFH_KEPT     35u /* of so many blocks a bucket keeps one for itself */
#define LFH_SEEN     12u /* groups that are enough to estimate by */
#define LFH_PATIENCE 2u  /* askings between two counts of what is to spare */

/* A free block of Sub, whose group becomes active; null: it has none. */
static inline PVOID RtlpLfhTakeIn(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub, ULONG Index,
                                  SIZE_T Size)
{
    HEAP_GROUP *Group = Sub->Groups;
    PVOID Block = NULL;
    while (!Block) {
        ULONG Bit;
        while (!RtlpFirstBit(&Group->Mask, &Bit))
            Group++;
        if (Bit >= LFH_GROUP)
            return NULL;
        Block = RtlpLfhClaim(Group, Bit, &Size);
    }
    __atomic_store_n(&Front->Active[Index], Group, __ATOMIC_RELAXED);
    return Block;
}

/* How many blocks a bucket lends before it counts again: half of what it has free beyond a
 * share that it keeps.  A few subsegments have to do for an estimate of all; and the ring
 * may never come back to Active, which another thread may have taken out of it. */
static ULONG RtlpLfhCountSpare(const HEAP_SUBSEGMENT *Active)
{
    const HEAP_SUBSEGMENT *Sub = Active;
    ULONG Free = 0, Seen = 0;
    for (ULONG Try = 0; Try < LFH_TRIES && Seen < LFH_SEEN; Try++) {
        ULONG Groups = LFH_GROUPS_OF(RTLP_READ(Sub->BlockCount));
        for (ULONG i = 0; i < Groups; i++)
            for (ULONG Mask = RTLP_READ(Sub->Groups[i].Mask); Mask; Mask &= Mask - 1)
                Free++;
        Seen += Groups;
        Sub = RTLP_READ(Sub->Next);
        if (Sub == Active)
            break;
    }
    ULONG Kept = Seen * LFH_GROUP / LFH_KEPT + 1;
    return Free > Kept ? (Free - Kept + 1) / 2 : 0;
}

/* Whether the bucket lends a block now.  It counts what it has to spare when it was asked
 * often enough since it last did. */
static bool RtlpLfhLends(HEAP_BUCKET *Bucket, const HEAP_GROUP *Active)
{
    ULONG Spare = RTLP_READ(Bucket->Spare);
    if (!Spare) {
        ULONG Asked = RTLP_READ(Bucket->Asked) + 1u;
        if (Asked >= LFH_PATIENCE) {
            Asked = 0;
            Spare = RtlpLfhCountSpare(Active->SubSegment);
        }
        __atomic_store_n(&Bucket->Asked, (UCHAR)Asked, __ATOMIC_RELAXED);
    }
    if (!Spare)
        return false;
    __atomic_store_n(&Bucket->Spare, (USHORT)(Spare - 1), __ATOMIC_RELAXED);
    return true;
}

/* A block of the next larger size that has some to spare, or null. */
PVOID RtlpLfhBorrow(LFH_HEAP *Front, HEAP_BUCKET *Bucket, SIZE_T Size)
{
    ULONG Last = Bucket->SizeIndex + RTLP_READ(Bucket->Borrows);
    if (Last >= LFH_BUCKETS)
        Last = LFH_BUCKETS - 1;
    for (ULONG i = Bucket->SizeIndex + 1u; i <= Last; i++) {
        HEAP_GROUP *Group = RTLP_READ(Front->Active[i]);
        if (!RtlpLfhLends(&Front->Buckets[i], Group))
            continue;
        PVOID Block = RtlpLfhTakeIn(Front, Group->SubSegment, i, Size);
        if (Block)
            return Block;
    }
    return NULL;
}

PVOID RtlpLfhLook(LFH_HEAP *Front, SIZE_T Size)
{
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    ULONG Index = Front->BucketOf[Units];
    HEAP_SUBSEGMENT *Old = RTLP_READ(Front->Active[Index])->SubSegment;
    HEAP_SUBSEGMENT *Sub = RTLP_READ(Old->Next);
    PVOID Block = NULL;
    for (ULONG Try = 0; !Block && Sub != Old && Try < LFH_TRIES; Try++) {
        Sub = RTLP_READ(Sub->Next);
        Block = RtlpLfhTakeIn(Front, Sub, Index, Size);
    }
    if (!Block && Sub == Old && RTLP_READ(Front->Buckets[Index].Borrows))
        Block = RtlpLfhBorrow(Front, &Front->Buckets[Index], Size);
    return Block;
}

/* Makes Next the one behind Sub in the ring. */
void RtlpLfhLink(HEAP_SUBSEGMENT *Sub, HEAP_SUBSEGMENT *Next)
{
    HEAP_GROUP *End = &Sub->Groups[Sub->Ends];
    Next->Previous = Sub;
    __atomic_store_n(&End->Next, Next->Groups, __ATOMIC_RELEASE);
    __atomic_store_n(&Sub->Next, Next, __ATOMIC_RELEASE);
}

/* Puts Sub into its bucket's ring, where it will be tried last. */
void RtlpLfhAttach(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub)
{
    HEAP_BUCKET *Bucket = &Front->Buckets[Sub->SizeIndex];
    HEAP_SUBSEGMENT *Before = Bucket->Ring ? Bucket->Ring : Sub;
    HEAP_SUBSEGMENT *After = Bucket->Ring ? Before->Next : Sub;
    Sub->State = SubSegmentInUse;
    __atomic_store_n(&Sub->Alarm, LFH_WHOLE, __ATOMIC_SEQ_CST);
    RtlpLfhLink(Sub, After);
    RtlpLfhLink(Before, Sub);
    Bucket->Ring = Sub;
    if (Before == Sub)
        __atomic_store_n(&Front->Active[Sub->SizeIndex], Sub->Groups, __ATOMIC_RELEASE);
}

void RtlpLfhRemove(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub)
{
    HEAP_BUCKET *Bucket = &Front->Buckets[Sub->SizeIndex];
    HEAP_SUBSEGMENT *Before = Sub->Previous;
    if (Before == Sub) {
        Bucket->Ring = NULL;
        __atomic_store_n(&Front->Active[Sub->SizeIndex], RtlpNoSubSegment.Groups,
                         __ATOMIC_RELAXED);
        __atomic_store_n(&Bucket->Spare, 0, __ATOMIC_RELAXED);
        return;
    }
    RtlpLfhLink(Before, Sub->Next);
    if (Bucket->Ring == Sub)
        Bucket->Ring = Before;
}

/* Takes a subsegment out of the ring if it is full. */
static bool RtlpLfhDetach(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub)
{
    const HEAP_GROUP *Group = Sub->Groups;
    ULONG Alarm = __atomic_exchange_n(&Sub->Alarm, LFH_ALWAYS, __ATOMIC_SEQ_CST);
    while (!RTLP_READ(Group->Mask))
        Group++;
    if (RTLP_READ(Group->Mask) != LFH_END) {
        __atomic_store_n(&Sub->Alarm, Alarm, __ATOMIC_SEQ_CST);
        return false;
    }
    Sub->State = SubSegmentDetached;
    RtlpLfhRemove(Front, Sub);
    return true;
}

/* A free block from any of the bucket's subsegments; those found full are detached. */
PVOID RtlpLfhSearch(HEAP *Heap, HEAP_BUCKET *Bucket, SIZE_T Size)
{
    LFH_HEAP *Front = Heap->FrontEndHeap;
    PVOID Block = NULL;
    while (!Block && Bucket->Ring) {
        HEAP_SUBSEGMENT *Sub = Bucket->Ring->Next;
        if (RtlpLfhDetach(Front, Sub))
            continue;
        Block = RtlpLfhTakeIn(Front, Sub, Bucket->SizeIndex, Size);
        if (Block)
            Bucket->Ring = Sub;
    }
    return Block;
}

/* Turns the active subsegment's alarm off.  The one that was so before is looked after, so
 * that a bucket never keeps more than two regions that are all free. */
static void RtlpLfhSilence(HEAP *Heap, HEAP_BUCKET *Bucket, HEAP_SUBSEGMENT *Sub)
{
    HEAP_SUBSEGMENT *Before = Bucket->Quiet;
    __atomic_store_n(&Sub->Alarm, LFH_NEVER, __ATOMIC_RELAXED);
    Bucket->Quiet = Sub;
    if (Before && Before != Sub && Before->Alarm == LFH_NEVER) {
        __atomic_store_n(&Before->Alarm, LFH_WHOLE, __ATOMIC_SEQ_CST);
        RtlpLfhRelease(Heap, Before);
    }
}

/* Looks after a group whose subsegment's alarm a free has raised: a detached one is in use
 * again; one that is all free goes, but for the active one. */
void RtlpLfhSettle(HEAP *Heap, HEAP_GROUP *Group)
{
    LFH_HEAP *Front = Heap->FrontEndHeap;
    HEAP_SUBSEGMENT *Sub = Group->SubSegment;
    RtlpLockHeap(Heap);
    if (Sub->State == SubSegmentDetached)
        RtlpLfhAttach(Front, Sub);
    else if (Sub->State == SubSegmentInUse &&
             RTLP_READ(Front->Active[Sub->SizeIndex])->SubSegment == Sub)
        RtlpLfhSilence(Heap, &Front->Buckets[Sub->SizeIndex], Sub);
    else
        RtlpLfhRelease(Heap, Sub);
    RTLP_AUDIT(Heap);
    RtlpUnlockHeap(Heap);
}
