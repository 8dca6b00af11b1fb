/* lfh.c - the Low Fragmentation Heap: the front end for sizes that are asked for often.
 *
 * 128 buckets of sizes up to 16 KiB.  At the 18th allocation of a bucket's size (the 17th
 * once another bucket is active) the bucket starts to serve it from user blocks: a region
 * of its own cut into up to 992 equal blocks, committed page by page as they are
 * needed.
 *
 *   region  | HEAP_USERDATA_HEADER | entry,data | entry,data | ... | . . uncommitted . .
 *                                          ^ First      ^ First + BlockSize
 *   zone    | HEAP_SUBSEGMENT | HEAP_GROUP Mask 0110.. First | HEAP_GROUP | .. | end |
 *                                    ^ Active
 *
 * Which blocks are free is a mask in the descriptor of their group of 31.  Descriptors lie
 * in a region of their own, the zone, which only grows: what an overrun of a block can
 * reach is other blocks' headers, and the code in each of those is bound to its address
 * and a key.
 *
 * A bucket takes from its active group, then from those behind it; subsegments that are
 * full it forgets (detached) until a block comes back (ready.c).  User blocks that are all
 * free and not active go back to the system.
 *
 *      commit           found full                     a block given back
 *   ----------> in use -------------> detached ------------------------------> in use
 *                                                                                |
 *                                                  released <---- all free ------'
 *
 * Not for heaps without lock, of fixed size, with HEAP_CREATE_ALIGN_16 or under checking
 * flags.
 *
 * Lock: the heap's for everything here; RtlpLfhTake and RtlpLfhGive (lfh.h) run without
 * it. In Windows: _LFH_HEAP; its user blocks are blocks of the back end and, before
 * Windows 8, had their free list inside them.
 */
#include "heap/front/lfh.h"

#define LFH_FIRST_USE 18
#define LFH_LATER_USE 17
#define LFH_REGION    0x100000u /* bytes of a region, at most, but for LFH_FEW blocks */
#define LFH_DOUBLINGS 2u
#define LFH_FEW       32u
#define LFH_FIRST     341u /* blocks of a bucket's first region; the next two double it */
#define LFH_SPARING   0x1000u /* bytes of user blocks from which on a bucket borrows */
/* Of how many larger sizes; a bucket of a middling number of blocks of more: with few it
 * would mostly ask in vain, and of many the next sizes have some to spare. */
#define LFH_REACH     8u
#define LFH_FAR       16u
#define LFH_FAR_FROM  64u
#define LFH_FAR_BELOW 512u
#define LFH_SUBSEGMENT_BYTES(Groups)                                                     \
    (sizeof(HEAP_SUBSEGMENT) + ((Groups) + 1) * sizeof(HEAP_GROUP))
#define LFH_EXCLUDING                                                                    \
    (HEAP_NO_SERIALIZE | HEAP_CREATE_ALIGN_16 | HEAP_TAIL_CHECKING_ENABLED |             \
     HEAP_FREE_CHECKING_ENABLED | HEAP_VALIDATE_PARAMETERS_ENABLED |                     \
     HEAP_VALIDATE_ALL_ENABLED | HEAP_TRACKING)

HEAP_SUBSEGMENT RtlpNoSubSegment = {
    .Next = &RtlpNoSubSegment,
    .State = SubSegmentUnused,
    .BlockLimit = LFH_GROUP,
    .Ends = 1,
    .Groups = {{.SubSegment = &RtlpNoSubSegment},
               {.Mask = LFH_END, .Next = RtlpNoSubSegment.Groups}},
};
LFH_HEAP RtlpNoFront = {.Active = {[0 ... LFH_BUCKETS - 1] = RtlpNoSubSegment.Groups}};

/* The bucket of a block of Units granules, 1 to 128: 8-byte steps up to 256 bytes, then
 * 16 steps to each power of two.  (Microsoft: Low-fragmentation Heap, its table.) */
ULONG RtlpLfhBucket(ULONG Units)
{
    if (Units <= 32)
        return Units < 2 ? 2 : Units;
    ULONG Shift = 31 - (ULONG)__builtin_clz(Units - 1) - 4; /* 1 for 33..64 */
    return 32 + (Shift - 1) * 16 + ((Units - 1) >> Shift) - 15;
}

/* The largest block of a bucket, in granules. */
ULONG RtlpLfhUnits(ULONG Bucket)
{
    if (Bucket <= 32)
        return Bucket;
    ULONG Shift = (Bucket - 33) / 16 + 1;
    return ((Bucket - 33) % 16 + 17) << Shift;
}

/* Gives the heap a front end without any bucket; false: it may not have one, or no
 * memory. */
bool RtlpLfhEnable(HEAP *Heap)
{
    if (Heap->FrontEndHeap)
        return true;
    if (Heap->Flags & LFH_EXCLUDING || !(Heap->Flags & HEAP_GROWABLE))
        return false;
    PVOID Base = NULL;
    SIZE_T Bytes = ALIGN_UP(sizeof(LFH_HEAP) + LFH_SUBSEGMENT_BYTES(2), PAGE_SIZE);
    if (!NT_SUCCESS(RtlpReserve(&Base, LFH_RESERVE, PAGE_READWRITE)))
        return false;
    LFH_HEAP *Front = (LFH_HEAP *)((char *)Base + LFH_GUARD);
    if (!NT_SUCCESS(RtlpCommit(Front, Bytes, PAGE_READWRITE))) {
        RtlpRelease(Base);
        return false;
    }
    Front->Key = RtlpHeapRandom();
    Front->Heap = Heap;
    Front->Committed = Bytes;
    for (ULONG i = 0; i < LFH_BUCKETS; i++) {
        Front->Active[i] = RtlpNoSubSegment.Groups;
        Front->Buckets[i].SizeIndex = (UCHAR)i;
    }
    for (ULONG Units = 0; Units <= LFH_UNITS; Units++)
        Front->BucketOf[Units] = (UCHAR)RtlpLfhBucket(Units);
    Heap->Counters.TotalMemoryReserved += LFH_RESERVE;
    Heap->Counters.TotalMemoryCommitted += Bytes;
    Heap->FrontEndHeap = Front;
    Heap->FrontEndHeapType = 2;
    if (Heap->FrontHeapLockCount == 0)
        __atomic_store_n(&Heap->Front, Front, __ATOMIC_RELEASE);
    return true;
}

HEAP_SUBSEGMENT *RtlpLfhSubSegments(const HEAP *Heap)
{
    const LFH_HEAP *Front = Heap->FrontEndHeap;
    return Front ? Front->SubSegments : NULL;
}

void RtlpLfhDestroy(HEAP *Heap)
{
    PVOID Front = Heap->FrontEndHeap;
    Heap->Front = &RtlpNoFront;
    for (HEAP_SUBSEGMENT *Sub = RtlpLfhSubSegments(Heap); Sub; Sub = Sub->NextInZone)
        if (Sub->State != SubSegmentUnused)
            RtlpRelease(Sub->UserBlocks);
    Heap->FrontEndHeap = NULL;
    if (Front)
        RtlpRelease((char *)Front - LFH_GUARD);
}

/* Blocks of a bucket's next region, at most. */
static SIZE_T RtlpLfhMost(const HEAP_BUCKET *Bucket)
{
    ULONG Twice =
        Bucket->SubSegments < LFH_DOUBLINGS ? Bucket->SubSegments : LFH_DOUBLINGS;
    SIZE_T Most = LFH_FIRST << Twice;
    return Most < LFH_MOST ? Most : LFH_MOST;
}

/* Bytes of a bucket's next region. */
static SIZE_T RtlpLfhRegion(const HEAP_BUCKET *Bucket)
{
    SIZE_T Size = (SIZE_T)Bucket->BlockUnits << GRANULE_SHIFT;
    SIZE_T Bytes = RtlpLfhMost(Bucket) * Size + sizeof(HEAP_USERDATA_HEADER);
    if (Bytes > LFH_REGION)
        Bytes = LFH_FEW * Size < LFH_REGION ? LFH_REGION : LFH_FEW * Size;
    return ALIGN_UP(Bytes, ALLOCATION_GRANULARITY);
}

/* A descriptor of the bucket's that has no user blocks, or null. */
static HEAP_SUBSEGMENT *RtlpLfhDescriptor(HEAP *Heap, LFH_HEAP *Front,
                                          HEAP_BUCKET *Bucket)
{
    HEAP_SUBSEGMENT *Sub = Bucket->Unused;
    if (Sub) {
        Bucket->Unused = Sub->Previous;
        return Sub;
    }
    Sub = (HEAP_SUBSEGMENT *)((char *)Front->Zone + Front->ZoneUsed);
    SIZE_T Size = (SIZE_T)Bucket->BlockUnits << GRANULE_SHIFT;
    SIZE_T Region = RtlpLfhRegion(Bucket);
    SIZE_T Limit = (Region - sizeof(HEAP_USERDATA_HEADER)) / Size;
    if (Limit > RtlpLfhMost(Bucket))
        Limit = RtlpLfhMost(Bucket);
    Limit -= Limit % LFH_GROUP; /* a smaller group would not raise the alarm: LFH_WHOLE */
    SIZE_T Bytes = LFH_SUBSEGMENT_BYTES(Limit / LFH_GROUP);
    SIZE_T End = ALIGN_UP((char *)Sub + Bytes - (char *)Front, PAGE_SIZE);
    if (End > LFH_RESERVE - LFH_GUARD)
        return NULL;
    if (End > Front->Committed) {
        if (!NT_SUCCESS(RtlpCommit((char *)Front + Front->Committed,
                                   End - Front->Committed, PAGE_READWRITE)))
            return NULL;
        Heap->Counters.TotalMemoryCommitted += End - Front->Committed;
        Front->Committed = End;
    }
    Sub->State = SubSegmentUnused;
    Sub->SizeIndex = Bucket->SizeIndex;
    Sub->BlockSize = (ULONG)Size;
    Sub->BlockLimit = (USHORT)Limit;
    Sub->ReserveSize = Region;
    RtlpLfhLink(Sub, Sub);
    for (ULONG i = 0; i < Limit / LFH_GROUP;
         i++) { /* for good: a late giver reads them */
        Sub->Groups[i].BlockSize = Sub->BlockSize;
        Sub->Groups[i].SubSegment = Sub;
    }
    Sub->Groups[0].Mask = LFH_END;
    Sub->NextInZone = Front->SubSegments;
    Front->SubSegments = Sub;
    Bucket->SubSegments++;
    __atomic_store_n(&Front->ZoneUsed, Front->ZoneUsed + (ULONG)Bytes, __ATOMIC_RELEASE);
    return Sub;
}

static void RtlpLfhForget(HEAP_BUCKET *Bucket, HEAP_SUBSEGMENT *Sub)
{
    Sub->State = SubSegmentUnused;
    Sub->Previous = Bucket->Unused; /* a late reader may still follow Next */
    Bucket->Unused = Sub;
}

/* A new region of user blocks for the bucket, nothing of it committed; null: no memory.
 */
static HEAP_SUBSEGMENT *RtlpLfhNewRegion(HEAP *Heap, LFH_HEAP *Front, HEAP_BUCKET *Bucket)
{
    HEAP_SUBSEGMENT *Sub = RtlpLfhDescriptor(Heap, Front, Bucket);
    if (!Sub)
        return NULL;
    PVOID Base = NULL;
    if (!NT_SUCCESS(RtlpReserve(&Base, Sub->ReserveSize, Heap->Protect))) {
        RtlpLfhForget(Bucket, Sub);
        return NULL;
    }
    Sub->UserBlocks = Base;
    __atomic_store_n(&Sub->BlockCount, 0, __ATOMIC_RELAXED);
    Sub->CommitSize = 0;
    RtlpLfhLink(Sub, Sub);
    Sub->Groups[0].First = (char *)(Sub->UserBlocks + 1) + sizeof(HEAP_ENTRY);
    Sub->State = SubSegmentDetached;
    Heap->Counters.TotalMemoryReserved += Sub->ReserveSize;
    Front->SubSegmentCreates++;
    return Sub;
}

ULONG RtlpLfhFull(const HEAP_SUBSEGMENT *Sub, ULONG Group)
{
    ULONG Left = Sub->BlockCount - Group * LFH_GROUP;
    return Left < LFH_GROUP ? (1u << Left) - 1 : ~0u >> 1;
}

/* Writes the headers of the blocks from BlockCount to Count, and makes them free. */
static void RtlpLfhAddBlocks(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub, ULONG Count)
{
    ULONG Old = Sub->BlockCount;
    char *Block = RtlpLfhBlock(Sub, Old);
    ULONG Code = (ULONG)((char *)&Sub->Groups[Old / LFH_GROUP] - (char *)Front->Zone) +
                 Old % LFH_GROUP;
    for (ULONG Left = Count - Old; Left > 0; Left--, Block += Sub->BlockSize) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
        Entry->SubSegmentCode = Code ^ RtlpLfhCode(Front, Block);
        Entry->PreviousSize = sizeof(HEAP_ENTRY);
        Entry->SegmentOffset = LFH_INDEX;
        Entry->UnusedBytes = HEAP_UNUSED_LFH;
        if (++Code % sizeof(HEAP_GROUP) == LFH_GROUP)
            Code++; /* the next group's first */
    }
    __atomic_store_n(&Sub->BlockCount, (USHORT)Count, __ATOMIC_RELAXED);
    if (LFH_GROUPS_OF(Count) > Sub->Ends) {
        HEAP_GROUP *End = &Sub->Groups[LFH_GROUPS_OF(Count)];
        End->Next = Sub->Groups[Sub->Ends].Next;
        __atomic_store_n(&End->Mask, LFH_END, __ATOMIC_RELEASE);
        Sub->Ends = (USHORT)LFH_GROUPS_OF(Count);
    }
    for (ULONG i = Old / LFH_GROUP; i < LFH_GROUPS_OF(Count); i++) {
        HEAP_GROUP *Group = &Sub->Groups[i];
        ULONG Full = RtlpLfhFull(Sub, i);
        if (i * LFH_GROUP < Old) {
            __atomic_fetch_or(&Group->Mask, Full & ~0u << Old % LFH_GROUP,
                              __ATOMIC_SEQ_CST);
            continue;
        }
        Group->First = RtlpLfhBlock(Sub, i * LFH_GROUP);
        __atomic_store_n(&Group->Mask, Full, __ATOMIC_RELEASE);
    }
}

/* What follows from how many blocks the bucket has. */
static void RtlpLfhCounted(HEAP_BUCKET *Bucket)
{
    SIZE_T Size = (SIZE_T)Bucket->BlockUnits << GRANULE_SHIFT;
    ULONG Total = Bucket->TotalBlocks;
    ULONG Reach = Total >= LFH_FAR_FROM && Total < LFH_FAR_BELOW ? LFH_FAR : LFH_REACH;
    if (Total * Size < LFH_SPARING)
        Reach = 0;
    __atomic_store_n(&Bucket->Borrows, (UCHAR)Reach, __ATOMIC_RELAXED);
}

/* Commits more of Sub's region and makes the blocks in it free; false: no memory. */
static bool RtlpLfhGrow(HEAP *Heap, LFH_HEAP *Front, HEAP_BUCKET *Bucket,
                        HEAP_SUBSEGMENT *Sub)
{
    SIZE_T Size = Sub->BlockSize;
    SIZE_T Least = sizeof(HEAP_USERDATA_HEADER) + (Sub->BlockCount + 1u) * Size;
    SIZE_T Commit = ALIGN_UP(Least, PAGE_SIZE);
    if (Commit > Sub->ReserveSize)
        Commit = Sub->ReserveSize;
    if (Commit > Sub->CommitSize &&
        !NT_SUCCESS(RtlpCommit((char *)Sub->UserBlocks + Sub->CommitSize,
                               Commit - Sub->CommitSize, Heap->Protect)))
        return false;
    Heap->Counters.TotalMemoryCommitted += Commit - Sub->CommitSize;
    Sub->CommitSize = Commit;
    Sub->UserBlocks->SubSegment = Sub;
    Sub->UserBlocks->SizeIndex = Sub->SizeIndex;
    Sub->UserBlocks->Signature = HEAP_USERDATA_SIGNATURE;
    ULONG Count = (ULONG)((Commit - sizeof(HEAP_USERDATA_HEADER)) / Size);
    if (Count > Sub->BlockLimit)
        Count = Sub->BlockLimit;
    Bucket->TotalBlocks += Count - Sub->BlockCount;
    Bucket->Growing = Count < Sub->BlockLimit ? Sub : NULL;
    RtlpLfhCounted(Bucket);
    RtlpLfhAddBlocks(Front, Sub, Count);
    return true;
}

/* Sees to it that the bucket has a free block; false: no memory. */
static bool RtlpLfhRefill(HEAP *Heap, LFH_HEAP *Front, HEAP_BUCKET *Bucket)
{
    HEAP_SUBSEGMENT *Sub = Bucket->Growing;
    if (!Sub)
        Sub = RtlpLfhNewRegion(Heap, Front, Bucket);
    if (!Sub)
        return false;
    if (!RtlpLfhGrow(Heap, Front, Bucket, Sub)) {
        if (Sub->BlockCount == 0) {
            RtlpRelease(Sub->UserBlocks);
            Heap->Counters.TotalMemoryReserved -= Sub->ReserveSize;
            RtlpLfhForget(Bucket, Sub);
        }
        return false;
    }
    if (Sub->State == SubSegmentDetached)
        RtlpLfhAttach(Front, Sub);
    return true;
}

/* Counts an allocation of the bucket's size; true: from now on it is the front end's. */
static bool RtlpLfhActivate(HEAP *Heap, ULONG Index)
{
    if (Heap->Flags & LFH_EXCLUDING || !(Heap->Flags & HEAP_GROWABLE))
        return false;
    if (++Heap->FrontUse[Index] < (Heap->FrontEndHeap ? LFH_LATER_USE : LFH_FIRST_USE))
        return false;
    Heap->FrontUse[Index] = 0;
    if (!RtlpLfhEnable(Heap))
        return false;
    Heap->FrontEndHeap->Buckets[Index].BlockUnits = (USHORT)RtlpLfhUnits(Index);
    return true;
}

PVOID RtlpLfhAllocate(HEAP *Heap, ULONG Units, SIZE_T Size)
{
    if (Units > LFH_UNITS)
        return NULL;
    ULONG Index = RtlpLfhBucket(Units);
    LFH_HEAP *Front = Heap->FrontEndHeap;
    if (!Front || Front->Buckets[Index].BlockUnits == 0) {
        if (!RtlpLfhActivate(Heap, Index))
            return NULL;
        Front = Heap->FrontEndHeap;
    }
    HEAP_BUCKET *Bucket = &Front->Buckets[Index];
    for (;;) {
        PVOID Block = RtlpLfhSearch(Heap, Bucket, Size);
        if (!Block && RTLP_READ(Bucket->Borrows))
            Block = RtlpLfhBorrow(Front, Bucket, Size);
        if (Block || !RtlpLfhRefill(Heap, Front, Bucket))
            return Block;
    }
}

/* Releases the user blocks of Sub if every one is free and it is in use, not active. */
void RtlpLfhRelease(HEAP *Heap, HEAP_SUBSEGMENT *Sub)
{
    LFH_HEAP *Front = Heap->FrontEndHeap;
    HEAP_BUCKET *Bucket = &Front->Buckets[Sub->SizeIndex];
    ULONG Groups = LFH_GROUPS_OF(Sub->BlockCount), Claimed = 0;
    if (Sub->State != SubSegmentInUse ||
        RTLP_READ(Front->Active[Sub->SizeIndex])->SubSegment == Sub)
        return;
    for (ULONG i = 0; i < Groups; i++)
        if (RTLP_READ(Sub->Groups[i].Mask) != RtlpLfhFull(Sub, i))
            return;
    while (Claimed < Groups) { /* a late reader may still take from it: group by group */
        ULONG Expected = RtlpLfhFull(Sub, Claimed);
        if (!__atomic_compare_exchange_n(&Sub->Groups[Claimed].Mask, &Expected, 0, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            break;
        Claimed++;
    }
    if (Claimed < Groups) {
        while (Claimed-- > 0)
            __atomic_fetch_or(&Sub->Groups[Claimed].Mask, RtlpLfhFull(Sub, Claimed),
                              __ATOMIC_SEQ_CST);
        return;
    }
    RtlpLfhRemove(Front, Sub);
    if (Bucket->Growing == Sub)
        Bucket->Growing = NULL;
    if (Bucket->Quiet == Sub)
        Bucket->Quiet = NULL;
    Bucket->TotalBlocks -= Sub->BlockCount;
    RtlpLfhCounted(Bucket);
    Front->SubSegmentDeletes++;
    Heap->Counters.TotalMemoryReserved -= Sub->ReserveSize;
    Heap->Counters.TotalMemoryCommitted -= Sub->CommitSize;
    RtlpLfhForget(Bucket, Sub);
    RtlpRelease(Sub->UserBlocks);
}

void RtlpLfhTrim(HEAP *Heap)
{
    for (HEAP_SUBSEGMENT *Sub = RtlpLfhSubSegments(Heap); Sub; Sub = Sub->NextInZone)
        RtlpLfhRelease(Heap, Sub);
}
