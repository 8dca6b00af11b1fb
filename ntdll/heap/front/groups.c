/* groups.c - the default front end: which blocks are free is noted outside the blocks.
 *
 * 128 buckets of sizes up to 16 KiB.  At the 18th allocation of a bucket's size (the 17th
 * once another bucket is active) the bucket starts to serve it from regions of its own:
 * up to 992 equal blocks each (region.c).  Which are free is a Mask in the descriptor of
 * their group of 31:
 *
 *   zone    | FRONT_REGION | FRONT_GROUP Mask 0110.. First | FRONT_GROUP | .. | end |
 *                                  ^ Active
 *
 * A bucket takes from its active group, then from those after it, then from the next
 * region of its ring (ring.c); without a free block it borrows one of a larger size
 * (lend.c) or commits more.
 *
 *      commit           found full                     a block given back
 *   ----------> in use -------------> detached ------------------------------> in use
 *                                                                                |
 *                           released <--- kept (release.c) <--- all free ---------'
 *
 * A free compares its group's Mask with the region's Alarm.  ALARM_GROUP_FREE: a group of
 * 31 is all free, and perhaps the whole region can go.  The active region stays, and a
 * pair of calls shall not take the lock each time: its alarm is turned off (ALARM_OFF).
 *
 * Bucket 0 has the blocks of no bytes, from the first on: what lies after their headers cannot be
 * touched (region.c).
 *
 * Lock: the heap's; none for RtlpFrontTake, RtlpFrontGive (paths.h) and RtlpFrontSearch.
 * RtlpAnswerAlarm takes it.  In Windows: RtlpLowFragHeapAllocFromContext,
 * RtlpLowFragHeapFree; there user blocks are blocks of the back end and, before Windows 8,
 * the list of the free ones lies inside them.
 */
#include "heap/front/groupsp.h"

#define FIRST_USE 18
#define LATER_USE 17
/* Regions that a search tries before it takes the lock.  2: 10^5 live blocks hold 1.2 % more, at 8
 * instructions a step less; 12: as with 6 (make bench). */
#define SEARCH_REGIONS 6u

/* Gives the heap a front end without any bucket; false: no memory. */
bool RtlpFrontEnable(HEAP *Heap)
{
    if (Heap->FrontEndHeap)
        return true;
    PVOID Base = NULL;
    SIZE_T Bytes =
        ALIGN_UP(sizeof(FRONT_HEAP) + FRONT_NONE * sizeof(FRONT_GROUP), PAGE_SIZE);
    if (!NT_SUCCESS(RtlpReserve(&Base, FRONT_RESERVE, PAGE_READWRITE)))
        return false;
    FRONT_HEAP *Front = (FRONT_HEAP *)((char *)Base + FRONT_GUARD);
    if (!NT_SUCCESS(RtlpCommit(Front, Bytes, PAGE_READWRITE))) {
        RtlpRelease(Base);
        return false;
    }
    Front->Key = RtlpHeapRandom();
    Front->Heap = Heap;
    Front->Committed = Bytes;
    for (ULONG i = 0; i < FRONT_BUCKETS; i++) {
        Front->Active[i] =
            (FRONT_ACTIVE){Front->Zone, RtlpBucketUnits(i) << GRANULE_SHIFT};
        Front->Buckets[i].SizeIndex = (UCHAR)i;
    }
    __builtin_memcpy(Front->Zone, RtlpNoFront.Zone, FRONT_NONE * sizeof(FRONT_GROUP));
    Front->ZoneUsed = FRONT_NONE * sizeof(FRONT_GROUP);
    Heap->Counters.TotalMemoryReserved += FRONT_RESERVE;
    Heap->Counters.TotalMemoryCommitted += Bytes;
    Heap->FrontEndHeap = Front;
    Heap->FrontEndHeapType = 2;
    if (Heap->FrontHeapLockCount == 0)
        __atomic_store_n(&Heap->Front, Front, __ATOMIC_RELEASE);
    return true;
}

/* Counts an allocation of the bucket's size; true: from now on it is the front end's. */
static bool RtlpActivateBucket(HEAP *Heap, ULONG Index)
{
    if (++Heap->FrontUse[Index] < (Heap->FrontEndHeap ? LATER_USE : FIRST_USE))
        return false;
    Heap->FrontUse[Index] = 0;
    if (!RtlpFrontEnable(Heap))
        return false;
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    Front->Buckets[Index].BlockUnits = (USHORT)RtlpBucketUnits(Index);
    return true;
}

/* A block of no bytes with a page after its header that nothing can touch; null: there are as many
 * as there may be, or no memory. */
static PVOID RtlpAllocateZero(HEAP *Heap)
{
    if (!RtlpFrontEnable(Heap))
        return NULL;
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    FRONT_BUCKET *Bucket = &Front->Buckets[FRONT_ZERO];
    Bucket->BlockUnits = (USHORT)RtlpBucketUnits(FRONT_ZERO);
    PVOID Block = RtlpSearchAndDetach(Heap, Bucket, 0);
    bool Full = Bucket->RegionCount && !Bucket->Released && !Bucket->Growing;
    if (!Block && !Full && RtlpRefillBucket(Heap, Bucket))
        Block = RtlpSearchAndDetach(Heap, Bucket, 0);
    return Block;
}

PVOID RtlpFrontAllocate(HEAP *Heap, ULONG Units, SIZE_T Size)
{
    if (Units > FRONT_UNITS)
        return NULL;
    PVOID Zero = Size ? NULL : RtlpAllocateZero(Heap);
    if (Zero)
        return Zero;
    ULONG Index = RtlpBuckets[Units];
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    if (!Front || Front->Buckets[Index].BlockUnits == 0) {
        if (!RtlpActivateBucket(Heap, Index))
            return NULL;
        Front = Heap->FrontEndHeap;
    }
    FRONT_BUCKET *Bucket = &Front->Buckets[Index];
    for (;;) {
        PVOID Block = RtlpSearchAndDetach(Heap, Bucket, Size);
        if (Block || !RtlpRefillBucket(Heap, Bucket))
            return Block;
    }
}

/* RtlpFrontTake came to Group, a region's end as a rule: the next regions of the ring, then
 * the larger sizes.  No lock.  Null: RtlpFrontAllocate has to look. */
PVOID RtlpFrontSearch(FRONT_GROUP *Group, SIZE_T Size)
{
    FRONT_REGION *Region = Group->Region, *First = Region;
    FRONT_HEAP *Front = Region->Front;
    ULONG Index = Region->SizeIndex;
    if (!Front || Group->BlockSize <= Size || Index >= FRONT_BUCKETS ||
        (ULONG_PTR)Region - (ULONG_PTR)Front->Zone >= RTLP_READ(Front->ZoneUsed))
        return NULL; /* RtlpNoRegion; damaged ones RtlpFrontAllocate reports */
    if (RTLP_READ(Front->Buckets[Index].Spare) != LEND_UNKNOWN)
        RtlpSetSpare(Front, Index, LEND_UNKNOWN);
    for (ULONG Try = 0; Try < SEARCH_REGIONS; Try++) {
        Region = RTLP_READ(Region->Next);
        PVOID Block = RtlpTakeFrom(Region->Groups, Size);
        if (Block)
            return Block;
        if (Region == First)
            break;
    }
    return Region == First ? RtlpBorrowBlock(Front, Index, Size) : NULL;
}

/* Turns the alarm of the active region off.  The one that was so before is looked at, so
 * that no region stays out of sight. */
static void RtlpSilenceAlarm(FRONT_BUCKET *Bucket, FRONT_REGION *Region)
{
    FRONT_REGION *Before = Bucket->Silenced;
    __atomic_store_n(&Region->Alarm, ALARM_OFF, __ATOMIC_RELAXED);
    Bucket->Silenced = Region;
    if (Before && Before != Region && Before->Alarm == ALARM_OFF) {
        __atomic_store_n(&Before->Alarm, ALARM_GROUP_FREE, __ATOMIC_SEQ_CST);
        RtlpKeepIfFree(Before);
    }
}

/* A free found Mask >= Alarm: a detached region is in use again; one that is all free may
 * go, but for the active one.  Takes the lock. */
void RtlpAnswerAlarm(FRONT_GROUP *Group)
{
    FRONT_REGION *Region = Group->Region;
    FRONT_HEAP *Front = Region->Front;
    if (!RtlpIsInZone(Front, Region) || !RtlpIsSigned(Front->Heap) ||
        Front->Heap->FrontEndHeap != Front) {
        RtlpHeapFailure(Front->Heap, heap_failure_lfh_bitmap_mismatch, Region,
                        "RtlpAnswerAlarm");
        return;
    }
    RtlpLockHeap(Front->Heap);
    if (Region->State == RegionDetached)
        RtlpAttachRegion(Region);
    else if (Region->State == RegionInUse &&
             RtlpActiveGroup(Front, Region->SizeIndex)->Region == Region)
        RtlpSilenceAlarm(&Front->Buckets[Region->SizeIndex], Region);
    else
        RtlpKeepIfFree(Region);
    RtlpUnlockHeap(Front->Heap);
}
