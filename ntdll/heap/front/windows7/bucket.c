/* bucket.c - which subsegment a bucket takes from: the slow way of an allocation.
 *
 *   SegmentInfo  ActiveSubsegment --> one; RtlpFrontTake takes from it alone, and from Hint
 *                CachedItems[16]  --> those with free blocks that are not active   LFH_LISTED
 *                SListHeader      --> the same, when the sixteen places are taken  LFH_LISTED
 *                (in no list)         full: the next free of a block lists it
 *
 * A bucket serves a size from its 18th allocation on, from the 17th once there is an LFH_HEAP
 * (Valasek, Activation: the count in ListHints passes 10h; here HEAP.FrontUse counts, and a free
 * takes nothing off it).  An active subsegment without a free block is dropped for a listed one,
 * else for a new one.  Dropping and the free that finds Depth 0 may meet: the drop writes
 * ActiveSubsegment, then looks at Depth; the free writes Depth, then looks at ActiveSubsegment.  So
 * one of them at least lists it.
 *
 * Lock: the heap's.  In Windows: RtlpActivateLowFragmentationHeap, the second half of
 * RtlpLowFragHeapAllocFromContext, with lists that are changed without a lock.
 */
#include "heap/front/windows7/windows7p.h"

#ifndef LFH_FIRST_USE
#define LFH_FIRST_USE 18u /* Valasek, Activation; 17 once there is an LFH_HEAP */
#endif
#define IN_USE     0xFFu  /* HEAP.FrontUse: the bucket serves */
#define ZONE_BYTES 0x3F8u /* of a zone, entry included: 31 descriptors (ours) */
#define ACTIVE_ONES                                                                      \
    64u /* that are tried before an allocation gives up: others drain them */

FRONT_HEAP RtlpNoFront;

/* The bucket of a block of so many granules, less 1 (Microsoft: Low-fragmentation Heap, its
 * table): 8-byte steps up to 256 bytes, then 16 steps to each power of two.  Of one granule
 * there are none: a freed block holds the next one's offset. */
#define STEP(Shift, Sixteenth)                                                           \
    [((Sixteenth) << (Shift)) + 1 ...((Sixteenth) + 1) << (Shift)] =                     \
        31 + ((Shift)-1) * 16 + (Sixteenth)-15
#define FOUR_STEPS(Shift, From)                                                          \
    STEP(Shift, From), STEP(Shift, (From) + 1), STEP(Shift, (From) + 2),                 \
        STEP(Shift, (From) + 3)
#define STEPS(Shift)                                                                     \
    FOUR_STEPS(Shift, 16), FOUR_STEPS(Shift, 20), FOUR_STEPS(Shift, 24),                 \
        FOUR_STEPS(Shift, 28)
const UCHAR RtlpLfhBucket[FRONT_UNITS + 1] = {
    1,  1,  1,  2,        3,        4,        5,        6,        7,       8,
    9,  10, 11, 12,       13,       14,       15,       16,       17,      18,
    19, 20, 21, 22,       23,       24,       25,       26,       27,      28,
    29, 30, 31, STEPS(1), STEPS(2), STEPS(3), STEPS(4), STEPS(5), STEPS(6)};

/* Granules of a bucket's blocks. */
ULONG RtlpBucketUnits(ULONG Bucket)
{
    ULONG Above = Bucket - 32;
    return Bucket < 32 ? Bucket + 1 : (Above % 16 + 17) << (Above / 16 + 1);
}

bool RtlpFrontEnable(HEAP *Heap)
{
    if (Heap->FrontEndHeap)
        return true;
    FRONT_HEAP *Front = RtlpAllocateForFront(Heap, sizeof(FRONT_HEAP));
    if (!Front)
        return false;
    HEAP_LOCAL_DATA *Local = &Front->LocalData[0];
    RtlpInitializeList(&Front->SubSegmentZones);
    Front->ZoneBlockSize = ZONE_BYTES - sizeof(HEAP_ENTRY);
    Front->Heap = Heap;
    Front->Key = RtlpHeapRandom() ^ (ULONG_PTR)Heap;
    Local->LowFragHeap = Front;
    for (ULONG i = 0; i < LFH_BUCKETS; i++) {
        Front->Buckets[i] = (HEAP_BUCKET){.BlockUnits = (USHORT)RtlpBucketUnits(i),
                                          .SizeIndex = (UCHAR)i};
        Local->SegmentInfo[i].LocalData = Local;
        Local->SegmentInfo[i].BucketIndex = (USHORT)i;
    }
    Heap->FrontEndHeap = Front;
    Heap->FrontEndHeapType = 2;
    if (Heap->FrontHeapLockCount == 0)
        __atomic_store_n(&Heap->Front, Front, __ATOMIC_RELEASE);
    return true;
}

/* Counts an allocation of the bucket's size; whether the front end serves it. */
static bool RtlpServesBucket(HEAP *Heap, ULONG Bucket)
{
    UCHAR *Use = &Heap->FrontUse[Bucket];
    if (*Use == IN_USE && Heap->FrontEndHeap)
        return true;
    if (*Use != IN_USE && ++*Use < LFH_FIRST_USE - (Heap->FrontEndHeap != NULL))
        return false;
    *Use = 0;
    if (!RtlpFrontEnable(Heap))
        return false;
    *Use = IN_USE;
    return true;
}

/* Puts SubSegment, which has free blocks, into its bucket's lists; false: it is there already. */
bool RtlpListSubSegment(HEAP_SUBSEGMENT *SubSegment)
{
    HEAP_LOCAL_SEGMENT_INFO *Info = SubSegment->LocalInfo;
    if (SubSegment->Flags & LFH_LISTED)
        return false;
    SubSegment->Flags |= LFH_LISTED;
    for (ULONG i = 0; i < LFH_CACHED; i++)
        if (!Info->CachedItems[i]) {
            Info->CachedItems[i] = SubSegment;
            return true;
        }
    SubSegment->SFreeListEntry.Next = Info->SListHeader.Next;
    Info->SListHeader.Next = &SubSegment->SFreeListEntry;
    Info->SListHeader.Depth++;
    return true;
}

/* Takes SubSegment out of its bucket's lists; false: it is in none, or a link leads elsewhere. */
bool RtlpUnlistSubSegment(HEAP_SUBSEGMENT *SubSegment)
{
    HEAP_LOCAL_SEGMENT_INFO *Info = SubSegment->LocalInfo;
    const FRONT_HEAP *Front = Info->LocalData->LowFragHeap;
    SINGLE_LIST_ENTRY **Link = &Info->SListHeader.Next;
    SubSegment->Flags &= (USHORT)~LFH_LISTED;
    for (ULONG i = 0; i < LFH_CACHED; i++)
        if (Info->CachedItems[i] == SubSegment) {
            Info->CachedItems[i] = NULL;
            return true;
        }
    for (ULONG Left = Info->SListHeader.Depth; Left > 0 && *Link; Left--) {
        HEAP_SUBSEGMENT *Item = CONTAINING_RECORD(*Link, HEAP_SUBSEGMENT, SFreeListEntry);
        if (!RtlpIsSubSegment(Front, Item))
            return false;
        if (Item == SubSegment) {
            *Link = Item->SFreeListEntry.Next;
            Info->SListHeader.Depth--;
            return true;
        }
        Link = &Item->SFreeListEntry.Next;
    }
    return false;
}

/* Whether SubSegment is one of bucket Info that has user blocks. */
static bool RtlpIsOfBucket(const FRONT_HEAP *Front, const HEAP_LOCAL_SEGMENT_INFO *Info,
                           const HEAP_SUBSEGMENT *SubSegment)
{
    return RtlpIsSubSegment(Front, SubSegment) && SubSegment->LocalInfo == Info &&
           SubSegment->UserBlocks && SubSegment->SizeIndex == Info->BucketIndex &&
           SubSegment->BlockSize == RtlpBucketUnits(Info->BucketIndex);
}

/* A listed subsegment, taken out of the lists; null: none.  *Damaged: what leads nowhere. */
static HEAP_SUBSEGMENT *RtlpNextListed(FRONT_HEAP *Front, HEAP_LOCAL_SEGMENT_INFO *Info,
                                       PVOID *Damaged)
{
    HEAP_SUBSEGMENT *Found = NULL;
    for (ULONG i = 0; i < LFH_CACHED && !Found; i++) {
        Found = Info->CachedItems[i];
        Info->CachedItems[i] = NULL;
    }
    if (!Found && Info->SListHeader.Next) {
        Found =
            CONTAINING_RECORD(Info->SListHeader.Next, HEAP_SUBSEGMENT, SFreeListEntry);
        bool Known = RtlpIsSubSegment(Front, Found);
        Info->SListHeader.Next = Known ? Found->SFreeListEntry.Next : NULL;
        Info->SListHeader.Depth = Known ? (USHORT)(Info->SListHeader.Depth - 1) : 0;
    }
    if (Found && !RtlpIsOfBucket(Front, Info, Found)) {
        *Damaged = Found;
        return NULL;
    }
    if (Found)
        Found->Flags &= (USHORT)~LFH_LISTED;
    return Found;
}

/* Makes Next the active one.  The one before is listed if it has free blocks. */
static void RtlpActivate(FRONT_HEAP *Front, HEAP_LOCAL_SEGMENT_INFO *Info,
                         HEAP_SUBSEGMENT *Next)
{
    HEAP_SUBSEGMENT *Before =
        __atomic_exchange_n(&Info->ActiveSubsegment, Next, __ATOMIC_SEQ_CST);
    Front->SegmentChange++;
    if (Before && Before != Next && RtlpIsOfBucket(Front, Info, Before) &&
        LFH_DEPTH(RtlpReadExchg(Before)))
        RtlpListSubSegment(Before);
}

/* What take.c found wrong at Damaged: reported, and not met again. */
static void RtlpDropDamaged(FRONT_HEAP *Front, HEAP_LOCAL_SEGMENT_INFO *Info,
                            HEAP_SUBSEGMENT *SubSegment, PVOID Damaged)
{
    RtlpHeapFailure(Front->Heap, heap_failure_freelists_corruption, Damaged,
                    "RtlpLowFragHeapAllocFromContext");
    if (!RtlpIsOfBucket(Front, Info, SubSegment))
        return;
    LFH_STATE Old = RtlpReadExchg(SubSegment);
    while (!RtlpExchange(SubSegment, Old, 0, LFH_NO_ENTRY)) /* its free blocks are lost */
        Old = RtlpReadExchg(SubSegment);
}

PVOID RtlpFrontAllocate(HEAP *Heap, ULONG Units, SIZE_T Size)
{
    if (Units > FRONT_UNITS || !RtlpServesBucket(Heap, RtlpLfhBucket[Units]))
        return NULL;
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    HEAP_LOCAL_SEGMENT_INFO *Info =
        &Front->LocalData[0].SegmentInfo[RtlpLfhBucket[Units]];
    for (ULONG Left = ACTIVE_ONES; Left > 0; Left--) {
        PVOID Damaged = NULL;
        HEAP_SUBSEGMENT *Active = Info->ActiveSubsegment;
        if (Active && !RtlpIsOfBucket(Front, Info, Active))
            Damaged = Active;
        PVOID Block = Active && !Damaged
                          ? RtlpTakeFromSubSegment(Front, Active, Size, &Damaged)
                          : NULL;
        if (Block)
            return Block;
        if (Damaged)
            RtlpDropDamaged(Front, Info, Active, Damaged);
        HEAP_SUBSEGMENT *Next = RtlpNextListed(Front, Info, &Damaged);
        if (!Next && Damaged)
            RtlpDropDamaged(Front, Info, NULL, Damaged);
        if (!Next)
            Next = RtlpSubSegmentInitialize(Front, RtlpLfhBucket[Units]);
        if (!Next)
            return NULL;
        RtlpActivate(Front, Info, Next);
    }
    return NULL;
}

void RtlpSubSegmentFreed(FRONT_HEAP *Front, HEAP_SUBSEGMENT *SubSegment)
{
    HEAP *Heap = Front->Heap;
    if (!RtlpIsSigned(Heap) || Heap->FrontEndHeap != Front) {
        RtlpHeapFailure(Heap, heap_failure_lfh_bitmap_mismatch, SubSegment,
                        "RtlpLowFragHeapFree");
        return;
    }
    RtlpLockHeap(Heap);
    HEAP_LOCAL_SEGMENT_INFO *Info = SubSegment->LocalInfo;
    if (RtlpIsOfBucket(Front, Info, SubSegment) && Info->ActiveSubsegment != SubSegment &&
        !RtlpReleaseSubSegment(Front, SubSegment) &&
        LFH_DEPTH(RtlpReadExchg(SubSegment)) && RtlpListSubSegment(SubSegment))
        Front->SegmentInsertInFree++;
    RtlpUnlockHeap(Heap);
}
