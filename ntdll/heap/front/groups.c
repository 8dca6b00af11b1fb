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
 * Lock: the heap's; none for RtlpFrontTake, RtlpFrontGive (groups.h) and RtlpFrontSearch.
 * RtlpAnswerAlarm takes it.  In Windows: RtlpLowFragHeapAllocFromContext,
 * RtlpLowFragHeapFree; there user blocks are blocks of the back end and, before Windows 8,
 * the list of the free ones lies inside them.
 */
#include "heap/front/front.h"

#define FIRST_USE      18
#define LATER_USE      17
#define SEARCH_REGIONS 6u /* that a search tries before it takes the lock */

FRONT_HEAP RtlpNoFront = {.Active = {[0 ... FRONT_BUCKETS - 1] = RtlpNoRegion.Groups}};

/* Gives the heap a front end without any bucket; false: no memory. */
bool RtlpFrontEnable(HEAP *Heap)
{
    if (Heap->FrontEndHeap)
        return true;
    PVOID Base = NULL;
    SIZE_T Bytes = ALIGN_UP(sizeof(FRONT_HEAP) + sizeof(FRONT_REGION), PAGE_SIZE);
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
        Front->Active[i] = RtlpNoRegion.Groups;
        Front->Buckets[i].SizeIndex = (UCHAR)i;
    }
    Heap->Counters.TotalMemoryReserved += FRONT_RESERVE;
    Heap->Counters.TotalMemoryCommitted += Bytes;
    Heap->FrontEndHeap = Front;
    Heap->FrontEndHeapType = 2;
    if (Heap->FrontHeapLockCount == 0)
        __atomic_store_n(&Heap->Front, Front, __ATOMIC_RELEASE);
    return true;
}

void RtlpFrontDestroy(HEAP *Heap)
{
    PVOID Front = Heap->FrontEndHeap;
    Heap->Front = &RtlpNoFront;
    for (FRONT_REGION *Region = RtlpNewestRegion(Heap); Region;
         Region = Region->NextInZone)
        if (Region->State != RegionReleased)
            RtlpRelease(Region->UserBlocks);
    Heap->FrontEndHeap = NULL;
    if (Front)
        RtlpRelease((char *)Front - FRONT_GUARD);
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
    PVOID Block = RtlpSearchAndDetach(Bucket, 0);
    bool Full = Bucket->RegionCount && !Bucket->Released && !Bucket->Growing;
    if (!Block && !Full && RtlpRefillBucket(Heap, Bucket))
        Block = RtlpSearchAndDetach(Bucket, 0);
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
        PVOID Block = RtlpSearchAndDetach(Bucket, Size);
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
    if (!Front)
        return NULL; /* RtlpNoRegion */
    FRONT_BUCKET *Bucket = &Front->Buckets[Region->SizeIndex];
    if (RTLP_READ(Bucket->Spare) != LEND_UNKNOWN)
        RtlpSetSpare(Front, Bucket, LEND_UNKNOWN);
    for (ULONG Try = 0; Try < SEARCH_REGIONS; Try++) {
        Region = RTLP_READ(Region->Next);
        PVOID Block = RtlpTakeFrom(Region->Groups, Size);
        if (Block)
            return Block;
        if (Region == First)
            break;
    }
    return Region == First ? RtlpBorrowBlock(Front, Bucket, Size) : NULL;
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
    RtlpLockHeap(Front->Heap);
    if (Region->State == RegionDetached)
        RtlpAttachRegion(Region);
    else if (Region->State == RegionInUse &&
             RTLP_READ(Front->Active[Region->SizeIndex])->Region == Region)
        RtlpSilenceAlarm(&Front->Buckets[Region->SizeIndex], Region);
    else
        RtlpKeepIfFree(Region);
    RtlpUnlockHeap(Front->Heap);
}

/* ---- what others may know of a block ---- */

static void RtlpDescribeBlock(const FRONT_REGION *Region, ULONG i, FRONT_ITEM *Item)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)RtlpRegionBlock(Region, i) - 1;
    Item->Region = (PVOID)Region;
    Item->Index = i + 1;
    Item->Busy = !RtlpIsBlockFree(Region, i);
    Item->Data = Entry + 1;
    Item->Bytes = Region->BlockSize;
    Item->Unused = Item->Busy ? RTLP_READ(Entry->PreviousSize) : sizeof(HEAP_ENTRY);
    if (Region->SizeIndex == FRONT_ZERO)
        Item->Bytes = Item->Unused = sizeof(HEAP_ENTRY);
}

bool RtlpFrontOwns(const FRONT_HEAP *Front, const void *Block, FRONT_ITEM *Found)
{
    ULONG Bit;
    const FRONT_GROUP *Group = RtlpGroupOf(Front, Block, &Bit);
    if (!Group)
        return false;
    const FRONT_REGION *Region = Group->Region;
    RtlpDescribeBlock(Region, (ULONG)(Group - Region->Groups) * GROUP_BLOCKS + Bit,
                      Found);
    return true;
}

bool RtlpFrontFree(HEAP *Heap, PVOID Block)
{
    ULONG Bit;
    FRONT_GROUP *Group = RtlpGroupOf(Heap->FrontEndHeap, Block, &Bit);
    return Group && RtlpGiveToGroup(Group, Bit);
}

bool RtlpFrontHolds(const HEAP *Heap, const void *Block)
{
    (void)Heap, (void)Block; /* its regions are its own */
    return false;
}

void RtlpFrontNoteSize(HEAP *Heap, PVOID Block, SIZE_T Size)
{
    ULONG Bit;
    const FRONT_GROUP *Group = RtlpGroupOf(Heap->FrontEndHeap, Block, &Bit);
    if (Group)
        RtlpNoteSize(Group, Block, Size);
}

/* The next older region, or null.  It lies before Region: a walk of damaged ones ends, too. */
static const FRONT_REGION *RtlpOlderRegion(const FRONT_REGION *Region)
{
    const FRONT_REGION *Older = Region->NextInZone;
    return Older < Region ? Older : NULL;
}

bool RtlpFrontNext(const HEAP *Heap, FRONT_ITEM *Item)
{
    const FRONT_REGION *Region = Item->Region;
    if (Region && Item->Index < Region->BlockCount) {
        RtlpDescribeBlock(Region, Item->Index, Item);
        return true;
    }
    Region = Region ? RtlpOlderRegion(Region) : RtlpNewestRegion(Heap);
    while (Region && Region->State == RegionReleased)
        Region = RtlpOlderRegion(Region);
    if (!Region)
        return false;
    *Item = (FRONT_ITEM){.Region = (PVOID)Region,
                         .Data = Region->UserBlocks,
                         .Bytes = Region->ReserveSize,
                         .Unused = Region->ReserveSize - Region->CommitSize};
    return true;
}
