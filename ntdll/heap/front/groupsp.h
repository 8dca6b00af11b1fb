/* groupsp.h - the default front end: what groups.c and the files beside it share.
 *
 * groups.h has the structures, paths.h what every call takes; here are the small
 * questions that are asked of a region, and each file's functions.
 *
 * Lock: the heap's, unless it says else.
 */
#ifndef FATHOM_GROUPSP_H
#define FATHOM_GROUPSP_H

#include "heap/front/front.h"

/* Writes down that Block is used for Size bytes. */
static inline void RtlpNoteSize(const FRONT_GROUP *Group, PVOID Block, SIZE_T Size)
{
    RtlpNoteUnused(Block, (ULONG)(Group->BlockSize - Size));
}

/* Block i of a region: whether it is free, where it is. */
static inline bool RtlpIsBlockFree(const FRONT_REGION *Region, ULONG i)
{
    return RTLP_READ(Region->Groups[i / GROUP_BLOCKS].Mask) >> i % GROUP_BLOCKS & 1;
}
static inline char *RtlpRegionBlock(const FRONT_REGION *Region, ULONG i)
{
    return Region->Groups[0].First + i * (SIZE_T)Region->BlockSize;
}

/* Mask of a group whose blocks are all free. */
static inline ULONG RtlpFreeMask(const FRONT_REGION *Region, ULONG Group)
{
    ULONG Left = Region->BlockCount - Group * GROUP_BLOCKS;
    return Left < GROUP_BLOCKS ? (1u << Left) - 1 : ~0u >> 1;
}

static inline FRONT_REGION *RtlpNewestRegion(const HEAP *Heap)
{
    const FRONT_HEAP *Front = Heap->FrontEndHeap;
    return Front ? Front->Newest : NULL;
}

/* The next older region, or null.  It lies before Region: a walk of damaged ones ends, too. */
static inline FRONT_REGION *RtlpOlderRegion(const FRONT_REGION *Region)
{
    FRONT_REGION *Older = Region->NextInZone;
    return Older < Region ? Older : NULL;
}

/* The active group of a bucket; what is not of its size is none. */
static inline FRONT_GROUP *RtlpActiveGroup(FRONT_HEAP *Front, ULONG Index)
{
    FRONT_GROUP *Group = RtlpInside(Front, RTLP_READ(Front->Active[Index].Group));
    return Group->BlockSize == Front->Active[Index].BlockSize ? Group : Front->Zone;
}

/* A free block of Group, or of those after it in its region, noted as Size bytes; its group
 * becomes active.  Null: none.  No lock. */
static inline PVOID RtlpTakeFrom(FRONT_GROUP *Group, SIZE_T Size)
{
    ULONG Bit;
    do {
        while (!RtlpFirstBit(&Group->Mask, &Bit))
            Group++;
        if (Bit >= GROUP_BLOCKS)
            return NULL;
    } while (!RtlpClearBit(&Group->Mask, Bit)); /* another thread was first */
    const FRONT_REGION *Region = Group->Region;
    __atomic_store_n(&Region->Front->Active[Region->SizeIndex].Group, Group,
                     __ATOMIC_RELAXED);
    char *Block = RtlpGroupBlock(Group, Bit);
    RtlpNoteSize(Group, Block, Size);
    return Block;
}

/* Whether a descriptor can lie at Region. */
static inline bool RtlpIsInZone(const FRONT_HEAP *Front, const FRONT_REGION *Region)
{
    ULONG_PTR Offset = (ULONG_PTR)Region - (ULONG_PTR)Front->Zone;
    return Offset < RTLP_READ(Front->ZoneUsed) && Offset % sizeof(FRONT_GROUP) == 0;
}

/* ring.c */
ULONG RtlpBucketUnits(ULONG Bucket);
/* Whether Region is a descriptor of the front end's, of bucket Index; and whether it lies in that
 * bucket's ring, with an end and with neighbours that know it.  Neither is reported. */
bool RtlpIsDescriptor(const FRONT_HEAP *Front, const FRONT_REGION *Region, ULONG Index);
bool RtlpIsInRing(const FRONT_HEAP *Front, const FRONT_REGION *Region, ULONG Index);
void RtlpLinkRegions(FRONT_REGION *Region, FRONT_REGION *Next);
void RtlpAttachRegion(FRONT_REGION *Region);
void RtlpUnlinkRegion(FRONT_REGION *Region);
PVOID RtlpSearchAndDetach(HEAP *Heap, FRONT_BUCKET *Bucket, SIZE_T Size);

/* lend.c */
#define LEND_UNKNOWN 0xFFFFu /* FRONT_BUCKET.Spare: to be counted when it is asked for */
/* No lock for these; Index: the bucket's. */
void RtlpSetSpare(FRONT_HEAP *Front, ULONG Index, ULONG Spare);
PVOID RtlpBorrowBlock(FRONT_HEAP *Front, ULONG Index, SIZE_T Size);

/* region.c */
#define ZERO_STRIDE (2u * PAGE_SIZE)
/* Bytes from a region's start to the data of its first block. */
static inline SIZE_T RtlpRegionHead(const FRONT_REGION *Region)
{
    return Region->SizeIndex == FRONT_ZERO
               ? PAGE_SIZE
               : sizeof(HEAP_USERDATA_HEADER) + sizeof(HEAP_ENTRY);
}
/* Bytes committed for Count blocks of a region, at the least. */
static inline SIZE_T RtlpRegionBytesFor(const FRONT_REGION *Region, ULONG Count)
{
    return Region->SizeIndex == FRONT_ZERO
               ? Count * (SIZE_T)PAGE_SIZE
               : sizeof(HEAP_USERDATA_HEADER) + Count * (SIZE_T)Region->BlockSize;
}
/* Whether a region's memory is where UserBlocks says: by its first group, and by its own header. */
static inline bool RtlpIsPlaced(const FRONT_REGION *Region)
{
    return Region->Groups[0].First ==
           (const char *)Region->UserBlocks + RtlpRegionHead(Region);
}
static inline bool RtlpIsUserBlocks(const FRONT_REGION *Region)
{
    const HEAP_USERDATA_HEADER *Header = Region->UserBlocks;
    return RtlpIsPlaced(Region) &&
           (!Region->BlockCount ||
            (RtlpIsReadable((const HEAP_ENTRY *)Header) && Header->SubSegment == Region &&
             Header->Signature == HEAP_USERDATA_SIGNATURE &&
             Header->SizeIndex == Region->SizeIndex));
}
bool RtlpRefillBucket(HEAP *Heap, FRONT_BUCKET *Bucket);
void RtlpPutDescriptor(FRONT_BUCKET *Bucket, FRONT_REGION *Region);

/* release.c */
void RtlpKeepIfFree(FRONT_REGION *Region);

#endif
