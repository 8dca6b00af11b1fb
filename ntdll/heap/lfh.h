/* lfh.h - the front end's structures and its two fast paths (lfh.c tells the whole).
 *
 * Lock: none for RtlpLfhTake and RtlpLfhGive.  A bit of FreeMask belongs to whoever
 * clears it (take) or sets it (give), by one locked instruction; a descriptor is never
 * unmapped while its heap lives, and a descriptor without free blocks has mask 0, so a
 * late reader of a released one takes nothing, and of a reused one takes a block that it
 * then looks at again.
 */
#ifndef FATHOM_LFH_H
#define FATHOM_LFH_H

#include "heap.h"

#define LFH_BUCKETS     129   /* 1 to 128 */
#define LFH_UNITS       2048u /* granules of the largest block, header included: 16 KiB */
#define LFH_LARGEST     (((SIZE_T)LFH_UNITS << GRANULE_SHIFT) - sizeof(HEAP_ENTRY))
#define LFH_MOST_BLOCKS 31u
#define LFH_MOST_UNUSED ((SIZE_T)0xFF00) /* PreviousSize has to hold it */
#define LFH_NEVER       0x80000000u      /* no FreeMask: that block does not exist */

/* States of a subsegment: in use and known to its bucket; full and forgotten by it, the
 * next block that is given back must say so; descriptor not in use. */
enum { SubSegmentInUse = 0, SubSegmentDetached = 1, SubSegmentUnused = 2 };

typedef struct _HEAP_SUBSEGMENT {
    ULONG FreeMask;    /* bit: block is free */
    ULONG ReleaseMask; /* FreeMask at which it can go; LFH_NEVER while it is a bucket's
                          active */
    ULONG BlockSize;   /* bytes, header included */
    UCHAR BlockCount;
    UCHAR SizeIndex; /* bucket */
    UCHAR State;
    UCHAR Reserved;
    char *First; /* header of block 0 */
    struct _HEAP_USERDATA_HEADER *UserBlocks;
    LIST_ENTRY Link; /* in its bucket's Partial; unused: in Front->Unused */
} __attribute__((aligned(HEAP_WIDE ? 64 : 32))) HEAP_SUBSEGMENT;
#define SUBSEGMENT_MASK ((ULONG)sizeof(HEAP_SUBSEGMENT) - 1)

typedef struct _HEAP_USERDATA_HEADER {
    HEAP_SUBSEGMENT *SubSegment;
    PVOID Reserved;
    SIZE_T SizeIndex;
    SIZE_T Signature; /* HEAP_USERDATA_SIGNATURE */
} HEAP_USERDATA_HEADER;

typedef struct _HEAP_BUCKET {
    USHORT BlockUnits; /* 0: not yet the front end's */
    UCHAR SizeIndex;
    UCHAR Reserved;
    ULONG TotalBlocks;
    LIST_ENTRY Partial; /* subsegments with free blocks, but for the active one */
} HEAP_BUCKET;

typedef struct _LFH_HEAP {
    ULONG Key;
    ULONG ZoneUsed; /* bytes of descriptors handed out from Zone on */
    char *Zone;
    HEAP *Heap;
    SIZE_T Committed; /* bytes of this region */
    SIZE_T SubSegmentCreates;
    SIZE_T SubSegmentDeletes;
    LIST_ENTRY Unused;
    HEAP_SUBSEGMENT *Active[LFH_BUCKETS];
    HEAP_BUCKET Buckets[LFH_BUCKETS];
    UCHAR BucketOf[LFH_UNITS + 1]; /* by granules */
    HEAP_SUBSEGMENT None;          /* active where there is none: no free block, ever */
} LFH_HEAP;

static inline ULONG RtlpLfhCode(const LFH_HEAP *Front, const HEAP_ENTRY *Entry)
{
    return Front->Key ^ (ULONG)((ULONG_PTR)Entry >> GRANULE_SHIFT);
}

/* Puts back a block that was taken by mistake; null. */
PVOID RtlpLfhUntake(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub, ULONG Index);

/* A block for Size bytes (at most LFH_LARGEST), or null: the long way has to look. */
static inline PVOID RtlpLfhTake(LFH_HEAP *Front, SIZE_T Size)
{
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    HEAP_SUBSEGMENT *Sub =
        __atomic_load_n(&Front->Active[Front->BucketOf[Units]], __ATOMIC_ACQUIRE);
    ULONG Free = __atomic_load_n(&Sub->FreeMask, __ATOMIC_RELAXED);
    if (!Free)
        return NULL;
    ULONG Index = (ULONG)__builtin_ctz(Free);
    if (!(__atomic_fetch_and(&Sub->FreeMask, ~(1u << Index), __ATOMIC_ACQ_REL) &
          (1u << Index)))
        return NULL; /* another thread was first */
    SIZE_T Unused = Sub->BlockSize - Size;
    if (Unused - sizeof(HEAP_ENTRY) > LFH_MOST_UNUSED)
        return RtlpLfhUntake(Front, Sub, Index); /* reused for another size meanwhile */
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Sub->First + Index * (SIZE_T)Sub->BlockSize);
    Entry->PreviousSize = (USHORT)Unused;
    return Entry + 1;
}

/* The subsegment of a front-end block and which block of it; null if the header is not
 * the one that this address must have. */
static inline HEAP_SUBSEGMENT *RtlpLfhFind(LFH_HEAP *Front, HEAP_ENTRY *Entry,
                                           ULONG *Index)
{
    ULONG Code = Entry->SubSegmentCode ^ RtlpLfhCode(Front, Entry);
    ULONG Offset = Code & ~SUBSEGMENT_MASK;
    if (Offset >= __atomic_load_n(&Front->ZoneUsed, __ATOMIC_RELAXED))
        return NULL;
    HEAP_SUBSEGMENT *Sub = (HEAP_SUBSEGMENT *)(Front->Zone + Offset);
    *Index = Code & 31;
    if (Sub->First + *Index * (SIZE_T)Sub->BlockSize != (char *)Entry)
        return NULL;
    return Sub;
}

void RtlpLfhSettle(HEAP *Heap, HEAP_SUBSEGMENT *Sub);

/* Gives Block back; false, nothing done: not of the front end, or not sound. */
static inline bool RtlpLfhGive(HEAP *Heap, LFH_HEAP *Front, PVOID Block)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
    ULONG Index;
    if (!(Entry->UnusedBytes & HEAP_UNUSED_LFH))
        return false;
    HEAP_SUBSEGMENT *Sub = RtlpLfhFind(Front, Entry, &Index);
    if (!Sub)
        return false;
    if (__atomic_fetch_or(&Sub->FreeMask, 1u << Index, __ATOMIC_SEQ_CST) & (1u << Index))
        return false; /* it was free */
    if (__atomic_load_n(&Sub->State, __ATOMIC_SEQ_CST) != SubSegmentInUse ||
        __atomic_load_n(&Sub->FreeMask, __ATOMIC_RELAXED) ==
            __atomic_load_n(&Sub->ReleaseMask, __ATOMIC_RELAXED))
        RtlpLfhSettle(Heap, Sub);
    return true;
}

ULONG RtlpLfhBucket(ULONG Units);
PVOID RtlpLfhAllocate(HEAP *Heap, ULONG Units,
                      SIZE_T Size); /* lock held; null: back end */
void RtlpLfhDestroy(HEAP *Heap);
bool RtlpLfhEnable(HEAP *Heap); /* HeapCompatibilityInformation 2 */

#endif
