/* lfh.c - the Low Fragmentation Heap: the front end for sizes that are asked for often.
 *
 * 128 buckets of sizes up to 16 KiB.  At the 18th allocation of a bucket's size (the 17th
 * once another bucket is active) the bucket starts to serve it from user blocks: a region
 * of its own cut into up to 992 equal blocks, committed page by page as they are
 * needed.
 *
 *   region  | HEAP_USERDATA_HEADER | entry,data | entry,data | ... |. . uncommitted . .|
 *                                        ^ First      ^ First + BlockSize
 *   zone    | HEAP_SUBSEGMENT  Summary 0..01  FreeMask[0] 0110...  FreeMask[1] ... |
 *
 * Which blocks are free is a mask in a descriptor.  Descriptors lie in a region of their
 * own, the zone, which only grows: what an overrun of a block can reach is other blocks'
 * headers, and the code in each of those is bound to its address and a key.
 *
 * A bucket takes from its active subsegment, then from others that have free blocks;
 * full ones it forgets (detached) until a block comes back (ready.c).  User blocks that
 * are all free and not active go back to the system.
 *
 *      commit           found empty                     a block given back
 *   ----------> active -------------> detached ------------------------------> in use
 *                 ^                                                             |  |
 *                 '------------------ the active one is empty ------------------'  |
 *                                                           released <--- all free '
 *
 * Not for heaps without lock, of fixed size, with HEAP_CREATE_ALIGN_16 or under checking
 * flags.
 *
 * Lock: the heap's for everything here; RtlpLfhTake and RtlpLfhGive (lfh.h) run without
 * it. In Windows: _LFH_HEAP; its user blocks are blocks of the back end and, before
 * Windows 8, had their free list inside them.
 */
#include "lfh.h"

#define LFH_FIRST_USE  18
#define LFH_LATER_USE  17
#define LFH_REGION     0x10000u /* bytes of a bucket's first region; each next four */
#define LFH_DOUBLINGS  2u /* times as large, so often; not too few blocks, nor too many */
#define LFH_THRIFTY    0x1000000u /* committed bytes up to which a heap is sparing */
#define LFH_NEIGHBOURS 2u /* larger sizes that a bucket borrows of in such a heap */
#define LFH_OVERFLOWS  4u /* of so many refills there all but one are the back end's */
#define LFH_FEW        32u
#define LFH_BORROWS    0x8000u /* bytes from which on a bucket borrows of its neighbours */
#define LFH_EXCLUDING                                                                    \
    (HEAP_NO_SERIALIZE | HEAP_CREATE_ALIGN_16 | HEAP_TAIL_CHECKING_ENABLED |             \
     HEAP_FREE_CHECKING_ENABLED | HEAP_VALIDATE_PARAMETERS_ENABLED |                     \
     HEAP_VALIDATE_ALL_ENABLED | HEAP_TRACKING)

HEAP_SUBSEGMENT RtlpNoSubSegment = {.Summary = LFH_ALWAYS, .State = SubSegmentUnused};
LFH_HEAP RtlpNoFront = {.Active = {[0 ... LFH_BUCKETS - 1] = &RtlpNoSubSegment}};

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
    SIZE_T Bytes = ALIGN_UP(sizeof(LFH_HEAP) + 2 * sizeof(HEAP_SUBSEGMENT), PAGE_SIZE);
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
    Front->Zone = (char *)ALIGN_UP(Front + 1, sizeof(HEAP_SUBSEGMENT));
    for (ULONG i = 0; i < LFH_BUCKETS; i++) {
        Front->Active[i] = &RtlpNoSubSegment;
        RtlpInitializeList(&Front->Buckets[i].Unused);
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

HEAP_SUBSEGMENT *RtlpLfhSubSegment(const HEAP *Heap, ULONG N)
{
    const LFH_HEAP *Front = Heap->FrontEndHeap;
    if (!Front || N >= Front->ZoneUsed / sizeof(HEAP_SUBSEGMENT))
        return NULL;
    return (HEAP_SUBSEGMENT *)Front->Zone + N;
}

void RtlpLfhDestroy(HEAP *Heap)
{
    HEAP_SUBSEGMENT *Sub;
    PVOID Front = Heap->FrontEndHeap;
    Heap->Front = &RtlpNoFront;
    for (ULONG N = 0; (Sub = RtlpLfhSubSegment(Heap, N)) != NULL; N++)
        if (Sub->State != SubSegmentUnused)
            RtlpRelease(Sub->UserBlocks);
    Heap->FrontEndHeap = NULL;
    if (Front)
        RtlpRelease((char *)Front - LFH_GUARD);
}

/* A descriptor of the bucket's that has no user blocks, or null. */
static HEAP_SUBSEGMENT *RtlpLfhDescriptor(HEAP *Heap, LFH_HEAP *Front,
                                          HEAP_BUCKET *Bucket)
{
    LIST_ENTRY *Link = Bucket->Unused.Flink;
    if (Link != &Bucket->Unused)
        return RtlpSafeUnlink(Heap, Link) ? CONTAINING_RECORD(Link, HEAP_SUBSEGMENT, Link)
                                          : NULL;
    HEAP_SUBSEGMENT *Sub = (HEAP_SUBSEGMENT *)(Front->Zone + Front->ZoneUsed);
    SIZE_T End = ALIGN_UP((char *)(Sub + 1) - (char *)Front, PAGE_SIZE);
    if (End > LFH_RESERVE - LFH_GUARD)
        return NULL;
    if (End > Front->Committed) {
        if (!NT_SUCCESS(RtlpCommit((char *)Front + Front->Committed,
                                   End - Front->Committed, PAGE_READWRITE)))
            return NULL;
        Heap->Counters.TotalMemoryCommitted += End - Front->Committed;
        Front->Committed = End;
    }
    Sub->Summary = LFH_ALWAYS;
    Sub->State = SubSegmentUnused;
    Sub->SizeIndex = Bucket->SizeIndex;
    Sub->BlockSize = (ULONG)Bucket->BlockUnits << GRANULE_SHIFT;
    Sub->Slot = (UCHAR)(Bucket->SubSegments++ % LFH_SLOTS);
    Sub->NextInSlot = Bucket->Slots[Sub->Slot];
    __atomic_store_n(&Bucket->Slots[Sub->Slot], Sub, __ATOMIC_RELEASE);
    __atomic_store_n(&Front->ZoneUsed, Front->ZoneUsed + (ULONG)sizeof(*Sub),
                     __ATOMIC_RELEASE);
    return Sub;
}

/* A new region of user blocks for the bucket, nothing of it committed; null: no memory.
 */
static HEAP_SUBSEGMENT *RtlpLfhNewRegion(HEAP *Heap, LFH_HEAP *Front, HEAP_BUCKET *Bucket)
{
    HEAP_SUBSEGMENT *Sub = RtlpLfhDescriptor(Heap, Front, Bucket);
    if (!Sub)
        return NULL;
    ULONG Doublings = Bucket->SubSegments - 1;
    SIZE_T Bytes =
        LFH_REGION << 2 * (Doublings < LFH_DOUBLINGS ? Doublings : LFH_DOUBLINGS);
    if (Bytes > LFH_MOST * (SIZE_T)Sub->BlockSize)
        Bytes = LFH_MOST * (SIZE_T)Sub->BlockSize;
    if (Bytes < LFH_FEW * (SIZE_T)Sub->BlockSize)
        Bytes = LFH_FEW * (SIZE_T)Sub->BlockSize;
    Bytes = ALIGN_UP(Bytes, ALLOCATION_GRANULARITY);
    SIZE_T Limit = (Bytes - sizeof(HEAP_USERDATA_HEADER)) / Sub->BlockSize;
    PVOID Base = NULL;
    if (!NT_SUCCESS(RtlpReserve(&Base, Bytes, Heap->Protect))) {
        RtlpInsertBefore(&Bucket->Unused, &Sub->Link);
        return NULL;
    }
    Sub->UserBlocks = Base;
    Sub->First = (char *)(Sub->UserBlocks + 1) + sizeof(HEAP_ENTRY);
    Sub->BlockCount = 0;
    Sub->BlockLimit = (USHORT)(Limit < LFH_MOST ? Limit : LFH_MOST);
    Sub->CommitSize = 0;
    Sub->ReserveSize = Bytes;
    Heap->Counters.TotalMemoryReserved += Bytes;
    Front->SubSegmentCreates++;
    __atomic_store_n(&Sub->State, SubSegmentDetached, __ATOMIC_RELAXED);
    return Sub;
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
    ULONG Code = (ULONG)((char *)Sub - Front->Zone) / (ULONG)sizeof(*Sub) * LFH_NUMBERS;
    for (ULONG i = Sub->BlockCount; i < Count; i++) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Sub->First + i * Size) - 1;
        Entry->SubSegmentCode = (Code | i) ^ RtlpLfhCode(Front, Entry + 1);
        Entry->PreviousSize = sizeof(HEAP_ENTRY);
        Entry->SegmentOffset = LFH_INDEX;
        Entry->UnusedBytes = HEAP_UNUSED_LFH;
    }
    Bucket->TotalBlocks += Count - Sub->BlockCount;
    Bucket->Growing = Count < Sub->BlockLimit ? Sub : NULL;
    __atomic_store_n(&Bucket->Borrows, 0, __ATOMIC_RELAXED);
    UCHAR Reach = Bucket->TotalBlocks * Size < LFH_BORROWS            ? 0
                  : Heap->Counters.TotalMemoryCommitted < LFH_THRIFTY ? LFH_NEIGHBOURS
                                                                      : 1;
    __atomic_store_n(&Bucket->MayBorrow, Reach, __ATOMIC_RELAXED);
    for (ULONG i = Sub->BlockCount; i < Count; i++) {
        RtlpSetBit(Sub->FreeMask, i);
        RtlpSetBit(&Sub->Summary, i / 32);
    }
    Sub->BlockCount = (USHORT)Count;
    return true;
}

/* Sees to it that the bucket's active subsegment has a free block; false: no memory. */
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
            Sub->State = SubSegmentUnused;
            RtlpInsertBefore(&Bucket->Unused, &Sub->Link);
        }
        return false;
    }
    __atomic_store_n(&Sub->State, SubSegmentInUse, __ATOMIC_SEQ_CST);
    RtlpSetBit(&Bucket->Ready, Sub->Slot);
    RtlpLfhUse(Front, Bucket, Sub);
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
        PVOID Block = RtlpLfhLook(Front, Size);
        if (!Block && RTLP_READ(Bucket->Borrows) > 1 &&
            (++Bucket->Overflows % LFH_OVERFLOWS || RtlpFindFree(Heap, Units)))
            return NULL; /* the back end's free entries serve every size */
        if (Block || !RtlpLfhRefill(Heap, Front, Bucket))
            return Block;
    }
}

/* Releases the user blocks of Sub if every one is free and it is listed. */
void RtlpLfhRelease(HEAP *Heap, HEAP_SUBSEGMENT *Sub)
{
    LFH_HEAP *Front = Heap->FrontEndHeap;
    HEAP_BUCKET *Bucket = &Front->Buckets[Sub->SizeIndex];
    ULONG Full[LFH_WORDS];
    ULONG Words = (Sub->BlockCount + 31u) / 32, Claimed = 0;
    if (RTLP_READ(Sub->State) != SubSegmentInUse ||
        RTLP_READ(Front->Active[Sub->SizeIndex]) == Sub || !Words)
        return;
    for (ULONG Word = 0; Word < Words; Word++) {
        ULONG Left = Sub->BlockCount - Word * 32u;
        Full[Word] = Left < 32 ? (1u << Left) - 1 : ~0u;
        if (RTLP_READ(Sub->FreeMask[Word]) != Full[Word])
            return;
    }
    while (Claimed <
           Words) { /* a late reader may still take from it: claim word by word */
        ULONG Expected = Full[Claimed];
        if (!__atomic_compare_exchange_n(&Sub->FreeMask[Claimed], &Expected, 0, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            break;
        Claimed++;
    }
    if (Claimed < Words) {
        while (Claimed-- > 0) {
            __atomic_fetch_or(&Sub->FreeMask[Claimed], Full[Claimed], __ATOMIC_SEQ_CST);
            RtlpSetBit(&Sub->Summary, Claimed);
        }
        return;
    }
    __atomic_store_n(&Sub->State, SubSegmentUnused, __ATOMIC_RELAXED);
    __atomic_store_n(&Sub->Summary, LFH_ALWAYS, __ATOMIC_RELAXED);
    if (Bucket->Growing == Sub)
        Bucket->Growing = NULL;
    Bucket->TotalBlocks -= Sub->BlockCount;
    Front->SubSegmentDeletes++;
    Heap->Counters.TotalMemoryReserved -= Sub->ReserveSize;
    Heap->Counters.TotalMemoryCommitted -= Sub->CommitSize;
    RtlpInsertBefore(&Bucket->Unused, &Sub->Link);
    RtlpRelease(Sub->UserBlocks);
}

void RtlpLfhTrim(HEAP *Heap)
{
    HEAP_SUBSEGMENT *Sub;
    for (ULONG N = 0; (Sub = RtlpLfhSubSegment(Heap, N)) != NULL; N++)
        RtlpLfhRelease(Heap, Sub);
}
