/* region.c - front end: a region is reserved, and committed page by page.
 *
 *   region      | HEAP_USERDATA_HEADER | entry,data | entry,data | ... | . uncommitted . .
 *                                              ^ First      ^ First + BlockSize
 *   descriptor  | FRONT_REGION | FRONT_GROUP Mask 0110.. First | FRONT_GROUP | ... | end |
 *
 * Descriptors lie in the zone, which only grows: what an overrun of a block can reach is
 * other blocks' headers, and the code in each is bound to its address and a key.  The
 * descriptor of a released region waits in its bucket for the next one.
 *
 * A region of blocks of no bytes has their headers at the ends of pages, and every other page is
 * never committed, so that a read or write through such a pointer faults at once, also once the
 * block is free.  A page for each is much: a heap has one such region of 31; further blocks of no
 * bytes are as any small ones.
 *
 *   region      | header .. entry | never committed | .. entry | never committed | ...
 *                                 ^ First                      ^ First + ZERO_STRIDE
 *
 * Lock: the heap's.  In Windows: RtlpSubSegmentInitialize, RtlpAllocateUserBlock; there a
 * region is a block of the back end.
 */
#include "heap/front/groupsp.h"

#define REGION_BYTES 0x100000u /* of a region, at most, but for REGION_FEW blocks */
#define REGION_FEW   32u
/* Blocks of a bucket's first region; each next one has twice as many, up to REGION_BLOCKS.
 * With 155, 10^4 and 10^5 live blocks hold 1.2 and 1.5 % more than with 341 (make bench).  A bucket
 * of small blocks, of steps of 8 and 16 bytes, has half as many of them among blocks of all sizes;
 * with 279 for these the descriptors of 10^4 blocks take a page less. */
#define FIRST_BLOCKS  (11 * GROUP_BLOCKS)
#define SMALL_BUCKETS 48
#define SMALL_FIRST   (9 * GROUP_BLOCKS)
#define DESCRIPTOR_BYTES(Groups)                                                         \
    (sizeof(FRONT_REGION) + ((Groups) + 1) * sizeof(FRONT_GROUP))

/* Blocks of a bucket's next region, at most. */
static SIZE_T RtlpMostBlocks(const FRONT_BUCKET *Bucket)
{
    SIZE_T Most = Bucket->SizeIndex == FRONT_ZERO      ? GROUP_BLOCKS
                  : Bucket->SizeIndex <= SMALL_BUCKETS ? SMALL_FIRST
                                                       : FIRST_BLOCKS;
    for (ULONG i = 0; i < Bucket->RegionCount && Most < REGION_BLOCKS; i++)
        Most *= 2;
    return Most < REGION_BLOCKS ? Most : REGION_BLOCKS;
}

/* Bytes of a bucket's next region. */
static SIZE_T RtlpRegionBytes(const FRONT_BUCKET *Bucket)
{
    SIZE_T Size = (SIZE_T)Bucket->BlockUnits << GRANULE_SHIFT;
    SIZE_T Bytes = RtlpMostBlocks(Bucket) * Size + sizeof(HEAP_USERDATA_HEADER);
    if (Bytes > REGION_BYTES)
        Bytes = REGION_FEW * Size < REGION_BYTES ? REGION_BYTES : REGION_FEW * Size;
    return ALIGN_UP(Bytes, ALLOCATION_GRANULARITY);
}

/* Commits the zone up to End, an address; false: no memory, or no room. */
static bool RtlpCommitZone(HEAP *Heap, FRONT_HEAP *Front, char *End)
{
    SIZE_T Bytes = ALIGN_UP(End - (char *)Front, PAGE_SIZE);
    if (Bytes > FRONT_RESERVE - 2 * FRONT_GUARD)
        return false;
    if (Bytes <= Front->Committed)
        return true;
    if (!NT_SUCCESS(RtlpCommit((char *)Front + Front->Committed, Bytes - Front->Committed,
                               PAGE_READWRITE)))
        return false;
    Heap->Counters.TotalMemoryCommitted += Bytes - Front->Committed;
    Front->Committed = Bytes;
    return true;
}

/* A new descriptor for the bucket, or null.  What is written here stays for ever: a late
 * giver reads it. */
static FRONT_REGION *RtlpMakeDescriptor(HEAP *Heap, FRONT_HEAP *Front,
                                        FRONT_BUCKET *Bucket)
{
    SIZE_T Size = (SIZE_T)Bucket->BlockUnits << GRANULE_SHIFT;
    SIZE_T Bytes = RtlpRegionBytes(Bucket);
    SIZE_T Limit = (Bytes - sizeof(HEAP_USERDATA_HEADER)) / Size;
    if (Limit > RtlpMostBlocks(Bucket))
        Limit = RtlpMostBlocks(Bucket);
    Limit -= Limit % GROUP_BLOCKS; /* a smaller group would not reach ALARM_GROUP_FREE */
    SIZE_T Needed = DESCRIPTOR_BYTES(Limit / GROUP_BLOCKS);
    FRONT_REGION *Region = (FRONT_REGION *)((char *)Front->Zone + Front->ZoneUsed);
    if (!RtlpCommitZone(Heap, Front, (char *)Region + Needed))
        return NULL;
    Region->Front = Front;
    Region->State = RegionReleased;
    Region->SizeIndex = Bucket->SizeIndex;
    Region->BlockSize = (ULONG)Size;
    Region->BlockLimit = (USHORT)Limit;
    Region->ReserveSize = Bytes;
    RtlpLinkRegions(Region, Region);
    for (ULONG i = 0; i <= Limit / GROUP_BLOCKS; i++) { /* an end has them, too */
        Region->Groups[i].BlockSize = Region->BlockSize;
        Region->Groups[i].Region = Region;
    }
    Region->Groups[0].Mask = GROUP_END;
    Region->NextInZone = Front->Newest;
    Front->Newest = Region;
    Bucket->RegionCount++;
    __atomic_store_n(&Front->ZoneUsed, Front->ZoneUsed + (ULONG)Needed, __ATOMIC_RELEASE);
    return Region;
}

/* Region has no memory (any more). */
void RtlpPutDescriptor(FRONT_BUCKET *Bucket, FRONT_REGION *Region)
{
    Region->State = RegionReleased;
    Region->Previous = Bucket->Released; /* a late reader may still follow Next */
    Bucket->Released = Region;
}

/* A new region for the bucket, nothing of it committed; null: no memory. */
static FRONT_REGION *RtlpReserveRegion(HEAP *Heap, FRONT_HEAP *Front,
                                       FRONT_BUCKET *Bucket)
{
    FRONT_REGION *Region = Bucket->Released;
    PVOID Base = NULL;
    if (Region)
        Bucket->Released = Region->Previous;
    else
        Region = RtlpMakeDescriptor(Heap, Front, Bucket);
    if (!Region)
        return NULL;
    if (!NT_SUCCESS(RtlpReserve(&Base, Region->ReserveSize, Heap->Protect))) {
        RtlpPutDescriptor(Bucket, Region);
        return NULL;
    }
    Region->UserBlocks = Base;
    __atomic_store_n(&Region->BlockCount, 0, __ATOMIC_RELAXED);
    Region->CommitSize = 0;
    RtlpLinkRegions(Region, Region);
    Region->Groups[0].First = (char *)Region->UserBlocks + RtlpRegionHead(Region);
    Region->State = RegionDetached;
    Heap->Counters.TotalMemoryReserved += Region->ReserveSize;
    Front->RegionCreates++;
    return Region;
}

/* Writes the headers of the blocks from BlockCount to Count. */
static void RtlpWriteHeaders(const FRONT_REGION *Region, ULONG Count)
{
    const FRONT_HEAP *Front = Region->Front;
    ULONG Old = Region->BlockCount;
    char *Block = RtlpRegionBlock(Region, Old);
    ULONG Group =
        (ULONG)((char *)&Region->Groups[Old / GROUP_BLOCKS] - (char *)Front->Zone);
    ULONG Code = Group + Old % GROUP_BLOCKS;
    for (ULONG Left = Count - Old; Left > 0; Left--, Block += Region->BlockSize) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
        Entry->SubSegmentCode =
            Code ^ Front->Key ^ (ULONG)((ULONG_PTR)Block >> GRANULE_SHIFT);
        Entry->PreviousSize = sizeof(HEAP_ENTRY);
        Entry->SegmentOffset = FRONT_INDEX;
        Entry->UnusedBytes = HEAP_UNUSED_LFH;
        if (++Code % sizeof(FRONT_GROUP) == GROUP_BLOCKS)
            Code++; /* the next group's first */
    }
}

/* Makes the blocks from BlockCount to Count, which are committed, free. */
static void RtlpAddBlocks(FRONT_REGION *Region, ULONG Count)
{
    ULONG Old = Region->BlockCount;
    RtlpWriteHeaders(Region, Count);
    __atomic_store_n(&Region->BlockCount, (USHORT)Count, __ATOMIC_RELAXED);
    if (GROUPS_FOR(Count) > Region->Ends) {
        FRONT_GROUP *End = &Region->Groups[GROUPS_FOR(Count)];
        End->Next = Region->Groups[Region->Ends].Next;
        __atomic_store_n(&End->Mask, GROUP_END, __ATOMIC_RELEASE);
        Region->Ends = (USHORT)GROUPS_FOR(Count);
    }
    for (ULONG i = Old / GROUP_BLOCKS; i < GROUPS_FOR(Count); i++) {
        FRONT_GROUP *Group = &Region->Groups[i];
        ULONG Free = RtlpFreeMask(Region, i);
        if (i * GROUP_BLOCKS < Old) {
            __atomic_fetch_or(&Group->Mask, Free & ~0u << Old % GROUP_BLOCKS,
                              __ATOMIC_SEQ_CST);
            continue;
        }
        Group->First = RtlpRegionBlock(Region, i * GROUP_BLOCKS);
        __atomic_store_n(&Group->Mask, Free, __ATOMIC_RELEASE);
    }
}

/* Commits one more block's pages of a region and makes the blocks in them free; false: no
 * memory, or its fields are damaged (reported). */
static bool RtlpGrowRegion(HEAP *Heap, FRONT_BUCKET *Bucket, FRONT_REGION *Region)
{
    bool Zero = Region->SizeIndex == FRONT_ZERO;
    SIZE_T Size = Region->BlockSize;
    SIZE_T Least = RtlpRegionBytesFor(Region, Region->BlockCount + 1u);
    SIZE_T Commit = ALIGN_UP(Least, PAGE_SIZE), Old = Region->CommitSize;
    if (Commit > Region->ReserveSize)
        Commit = Region->ReserveSize;
    if (Commit < Old || Region->BlockCount >= Region->BlockLimit ||
        Size != (SIZE_T)RtlpBucketUnits(Region->SizeIndex) << GRANULE_SHIFT ||
        (Region->BlockCount ? Old < RtlpRegionBytesFor(Region, Region->BlockCount)
                            : Old != 0) ||
        !RtlpIsPlaced(Region)) {
        RtlpHeapFailure(Heap, heap_failure_lfh_bitmap_mismatch, Region, "RtlpGrowRegion");
        return false;
    }
    char *From = (char *)Region->UserBlocks + (Zero ? Region->BlockCount * Size : Old);
    if (Commit > Old && !NT_SUCCESS(RtlpCommit(From, Commit - Old, Heap->Protect)))
        return false;
    Heap->Counters.TotalMemoryCommitted += Commit - Region->CommitSize;
    Region->Front->KeptBytes += Region->IsKept ? Commit - Region->CommitSize : 0;
    Region->CommitSize = Commit;
    Region->UserBlocks->SubSegment = Region;
    Region->UserBlocks->SizeIndex = Region->SizeIndex;
    Region->UserBlocks->Signature = HEAP_USERDATA_SIGNATURE;
    ULONG Count = Zero ? Region->BlockCount + 1u
                       : (ULONG)((Commit - sizeof(HEAP_USERDATA_HEADER)) / Size);
    if (Count > Region->BlockLimit)
        Count = Region->BlockLimit;
    __atomic_store_n(&Bucket->TotalBlocks,
                     Bucket->TotalBlocks + Count - Region->BlockCount, __ATOMIC_RELAXED);
    Bucket->Growing = Count < Region->BlockLimit ? Region : NULL;
    RtlpAddBlocks(Region, Count);
    return true;
}

/* Whether a bucket says what it must, and leads to descriptors of its own. */
static bool RtlpIsBucket(const FRONT_HEAP *Front, const FRONT_BUCKET *Bucket)
{
    ULONG Index = (ULONG)(Bucket - Front->Buckets);
    const FRONT_REGION *Growing = Bucket->Growing, *Released = Bucket->Released;
    return Bucket->SizeIndex == Index && Bucket->BlockUnits == RtlpBucketUnits(Index) &&
           (!Growing || (RtlpIsDescriptor(Front, Growing, Index) &&
                         Growing->State != RegionReleased)) &&
           (!Released || (RtlpIsDescriptor(Front, Released, Index) &&
                          Released->State == RegionReleased));
}

/* Sees to it that the bucket has a free block; false: no memory, or damage (reported). */
bool RtlpRefillBucket(HEAP *Heap, FRONT_BUCKET *Bucket)
{
    FRONT_REGION *Region = Bucket->Growing;
    if (!RtlpIsBucket(Heap->FrontEndHeap, Bucket)) {
        RtlpHeapFailure(Heap, heap_failure_lfh_bitmap_mismatch, Bucket,
                        "RtlpRefillBucket");
        return false;
    }
    if (!Region)
        Region = RtlpReserveRegion(Heap, Heap->FrontEndHeap, Bucket);
    if (!Region)
        return false;
    if (!RtlpGrowRegion(Heap, Bucket, Region)) {
        if (Region->BlockCount == 0 && Region->CommitSize == 0 && RtlpIsPlaced(Region)) {
            RtlpRelease(Region->UserBlocks);
            Heap->Counters.TotalMemoryReserved -= Region->ReserveSize;
            RtlpPutDescriptor(Bucket, Region);
        }
        return false;
    }
    if (Region->State == RegionDetached)
        RtlpAttachRegion(Region);
    return true;
}
