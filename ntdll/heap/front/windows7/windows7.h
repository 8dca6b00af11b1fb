/* windows7.h - a front end in the shape of Windows 7 SP1's Low Fragmentation Heap (32-bit).
 *
 * make FRONT=windows7 builds the system with it.  groups.h is the default; docs/front-ends.md
 * compares the two.  Here a freed block holds the way to the next free one:
 *
 *   LFH_HEAP.LocalData[0].SegmentInfo[bucket]              one for each of 128 sizes
 *      | ActiveSubsegment
 *      v
 *   HEAP_SUBSEGMENT                                        in an LFH_BLOCK_ZONE
 *      | UserBlocks       AggregateExchg { Depth 2, FreeEntryOffset 6, Sequence }
 *      v                                           |
 *   | HEAP_USERDATA_HEADER |entry,busy|entry,busy|entry,FFFFh|entry,busy|entry,4|
 *   0                      2          4          (granules)  ...
 *
 * LFH_HEAP, zones and user blocks are blocks of the back end.  So an overrun can reach all of
 * them, and each pointer, offset and header is checked before it is followed (take.c, give.c).
 * Windows 7 follows FreeEntryOffset unchecked: the attack that Valasek published.
 *
 * Layout: Microsoft's public symbols of ntdll 6.1.7601 x86 (dt ntdll!_LFH_HEAP), asserted below.
 * Meaning of the fields: Valasek.  The numbers' sources are at each of them; "ours" is what no
 * published text settles.  docs/sources.md has the same rows.  64-bit hosts use the same fields.
 *
 * Lock: none for RtlpFrontTake, RtlpFrontGive.  Whoever changes AggregateExchg by one locked
 * compare owns the block or has given it up.  All else is changed under the heap's lock, but for
 * Hint.  A subsegment's descriptor is never unmapped while its heap lives.
 */
#ifndef FATHOM_WINDOWS7_H
#define FATHOM_WINDOWS7_H

#include "heap/heapp.h"

#define FRONT_INSIDE  1     /* its blocks lie inside the back end's segments */
#define LFH_BUCKETS   128u  /* Microsoft, Low-fragmentation Heap: buckets 1 to 128 */
#define FRONT_UNITS   2048u /* the same table: up to 16 KiB, header included */
#define FRONT_LARGEST (((SIZE_T)FRONT_UNITS << GRANULE_SHIFT) - sizeof(HEAP_ENTRY))
#define LFH_NO_ENTRY  0xFFFFu /* ends the chain of free blocks (Valasek) */
#define LFH_CACHED    16u     /* CachedItems (symbols) */
#define LFH_CLASSES   12u     /* UserBlockCache (symbols) */

/* HEAP_ENTRY.UnusedBytes of a block: HEAP_UNUSED_LFH alone is free (Valasek); busy ones add how
 * many bytes are not used, LFH_MANY for that many or more.  PreviousSize has the count (ours). */
#define LFH_MANY 0x3Fu

/* HEAP_SUBSEGMENT.Flags (ours). */
#define LFH_LISTED 1u /* in CachedItems or SListHeader of its bucket */

/* The free blocks of a subsegment, changed at once. */
typedef union _INTERLOCK_SEQ {
    struct {
        union {
            struct {
                USHORT Depth; /* free blocks */
                USHORT
                FreeEntryOffset; /* of the first's header, granules from UserBlocks */
            };
            ULONG OffsetAndDepth;
        };
        ULONG Sequence; /* of changes: a late compare fails */
    };
    ULONGLONG Exchg;
} __attribute__((aligned(8))) INTERLOCK_SEQ;

/* A list: an SLIST_HEADER as x86 has it, but used under the heap's lock. */
typedef struct _LFH_SLIST {
    struct _SINGLE_LIST_ENTRY *Next;
    USHORT Depth;
    USHORT Sequence;
} LFH_SLIST;

struct _HEAP_LOCAL_SEGMENT_INFO;
struct _HEAP_LOCAL_DATA;
struct _LFH_HEAP;

typedef struct _HEAP_SUBSEGMENT {
    struct _HEAP_LOCAL_SEGMENT_INFO *LocalInfo;
    struct _HEAP_USERDATA_HEADER *UserBlocks; /* null: deleted */
    INTERLOCK_SEQ AggregateExchg;
    USHORT BlockSize; /* granules, header included */
    USHORT Flags;     /* LFH_* */
    USHORT BlockCount;
    UCHAR SizeIndex; /* bucket */
    UCHAR AffinityIndex;
    SINGLE_LIST_ENTRY SFreeListEntry; /* SListHeader's, or DeletedSubSegments' */
    ULONG Lock;
} HEAP_SUBSEGMENT;

typedef struct _HEAP_USERDATA_HEADER {
    union {
        SINGLE_LIST_ENTRY SFreeListEntry; /* UserBlockCache's */
        HEAP_SUBSEGMENT *SubSegment;
    };
    PVOID Reserved;
    SIZE_T SizeIndex; /* of UserBlockCache: how large it is */
    SIZE_T Signature; /* HEAP_USERDATA_SIGNATURE */
} HEAP_USERDATA_HEADER;

typedef union _HEAP_BUCKET_COUNTERS {
    struct {
        ULONG TotalBlocks;
        ULONG SubSegmentCounts;
    };
    ULONGLONG Aggregate64 __attribute__((aligned(8)));
} HEAP_BUCKET_COUNTERS;

typedef struct _HEAP_LOCAL_SEGMENT_INFO {
    HEAP_SUBSEGMENT *Hint; /* where a block was freed last, or null */
    HEAP_SUBSEGMENT *ActiveSubsegment;
    HEAP_SUBSEGMENT *CachedItems[LFH_CACHED]; /* with free blocks, not active */
    LFH_SLIST SListHeader;                    /* when CachedItems is full */
    HEAP_BUCKET_COUNTERS Counters;
    struct _HEAP_LOCAL_DATA *LocalData;
    ULONG LastOpSequence;
    USHORT BucketIndex;
    USHORT LastUsed;
} __attribute__((aligned(8))) HEAP_LOCAL_SEGMENT_INFO;

/* Descriptors of subsegments, back to back after it. */
typedef struct _LFH_BLOCK_ZONE {
    LIST_ENTRY ListEntry;
    PVOID FreePointer; /* the first that was never used */
    PVOID Limit;
} LFH_BLOCK_ZONE;

typedef struct _HEAP_LOCAL_DATA {
    LFH_SLIST DeletedSubSegments;
    LFH_BLOCK_ZONE *CrtZone; /* where the next descriptor comes from */
    struct _LFH_HEAP *LowFragHeap;
    ULONG Sequence;
    HEAP_LOCAL_SEGMENT_INFO SegmentInfo[LFH_BUCKETS];
} HEAP_LOCAL_DATA;

typedef struct _HEAP_BUCKET {
    USHORT BlockUnits;
    UCHAR SizeIndex;
    UCHAR Flags; /* UseAffinity, DebugFlags: not used here */
} HEAP_BUCKET;

typedef struct _USER_MEMORY_CACHE_ENTRY {
    LFH_SLIST UserBlocks;
    ULONG AvailableBlocks; /* in UserBlocks */
    ULONG Padding;
} USER_MEMORY_CACHE_ENTRY;

typedef struct _LFH_HEAP {
    union {
        ULONG Lock[6]; /* RTL_CRITICAL_SECTION; the heap's lock serves */
        ULONGLONG Align;
    };
    LIST_ENTRY SubSegmentZones;
    SIZE_T ZoneBlockSize; /* bytes of a zone */
    HEAP *Heap;
    ULONG SegmentChange; /* counters */
    ULONG SegmentCreate;
    ULONG SegmentInsertInFree;
    ULONG SegmentDelete;
    ULONG CacheAllocs;
    ULONG CacheFrees;
    SIZE_T SizeInCache; /* bytes */
    ULONGLONG RunInfo __attribute__((aligned(8)));
    USER_MEMORY_CACHE_ENTRY UserBlockCache[LFH_CLASSES];
    HEAP_BUCKET Buckets[LFH_BUCKETS];
    HEAP_LOCAL_DATA LocalData[1] __attribute__((aligned(8)));
    /* Ours: the key of the headers and the heap's address, XORed.  Windows has one key for all
     * heaps, ntdll!RtlpLFHKey. */
    ULONG_PTR Key;
} LFH_HEAP;
typedef LFH_HEAP FRONT_HEAP;

#ifdef _WIN32
C_ASSERT(sizeof(INTERLOCK_SEQ) == 8 && sizeof(HEAP_SUBSEGMENT) == 0x20);
C_ASSERT(sizeof(HEAP_USERDATA_HEADER) == 0x10 && sizeof(LFH_BLOCK_ZONE) == 0x10);
C_ASSERT(sizeof(HEAP_LOCAL_SEGMENT_INFO) == 0x68 && sizeof(HEAP_LOCAL_DATA) == 0x3418);
C_ASSERT(sizeof(HEAP_BUCKET) == 4 && sizeof(USER_MEMORY_CACHE_ENTRY) == 0x10);
OFFSET_IS(INTERLOCK_SEQ, FreeEntryOffset, 2);
OFFSET_IS(INTERLOCK_SEQ, Sequence, 4);
OFFSET_IS(HEAP_SUBSEGMENT, UserBlocks, 0x04);
OFFSET_IS(HEAP_SUBSEGMENT, AggregateExchg, 0x08);
OFFSET_IS(HEAP_SUBSEGMENT, BlockSize, 0x10);
OFFSET_IS(HEAP_SUBSEGMENT, Flags, 0x12);
OFFSET_IS(HEAP_SUBSEGMENT, BlockCount, 0x14);
OFFSET_IS(HEAP_SUBSEGMENT, SizeIndex, 0x16);
OFFSET_IS(HEAP_SUBSEGMENT, AffinityIndex, 0x17);
OFFSET_IS(HEAP_SUBSEGMENT, SFreeListEntry, 0x18);
OFFSET_IS(HEAP_SUBSEGMENT, Lock, 0x1C);
OFFSET_IS(HEAP_USERDATA_HEADER, Reserved, 0x04);
OFFSET_IS(HEAP_USERDATA_HEADER, SizeIndex, 0x08);
OFFSET_IS(HEAP_USERDATA_HEADER, Signature, 0x0C);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, ActiveSubsegment, 0x04);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, CachedItems, 0x08);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, SListHeader, 0x48);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, Counters, 0x50);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, LocalData, 0x58);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, LastOpSequence, 0x5C);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, BucketIndex, 0x60);
OFFSET_IS(HEAP_LOCAL_SEGMENT_INFO, LastUsed, 0x62);
OFFSET_IS(LFH_BLOCK_ZONE, FreePointer, 0x08);
OFFSET_IS(LFH_BLOCK_ZONE, Limit, 0x0C);
OFFSET_IS(HEAP_LOCAL_DATA, CrtZone, 0x08);
OFFSET_IS(HEAP_LOCAL_DATA, LowFragHeap, 0x0C);
OFFSET_IS(HEAP_LOCAL_DATA, Sequence, 0x10);
OFFSET_IS(HEAP_LOCAL_DATA, SegmentInfo, 0x18);
OFFSET_IS(HEAP_BUCKET, SizeIndex, 2);
OFFSET_IS(USER_MEMORY_CACHE_ENTRY, AvailableBlocks, 0x08);
OFFSET_IS(LFH_HEAP, SubSegmentZones, 0x18);
OFFSET_IS(LFH_HEAP, ZoneBlockSize, 0x20);
OFFSET_IS(LFH_HEAP, Heap, 0x24);
OFFSET_IS(LFH_HEAP, SegmentChange, 0x28);
OFFSET_IS(LFH_HEAP, SegmentCreate, 0x2C);
OFFSET_IS(LFH_HEAP, SegmentInsertInFree, 0x30);
OFFSET_IS(LFH_HEAP, SegmentDelete, 0x34);
OFFSET_IS(LFH_HEAP, CacheAllocs, 0x38);
OFFSET_IS(LFH_HEAP, CacheFrees, 0x3C);
OFFSET_IS(LFH_HEAP, SizeInCache, 0x40);
OFFSET_IS(LFH_HEAP, RunInfo, 0x48);
OFFSET_IS(LFH_HEAP, UserBlockCache, 0x50);
OFFSET_IS(LFH_HEAP, Buckets, 0x110);
OFFSET_IS(LFH_HEAP, LocalData, 0x310);
OFFSET_IS(LFH_HEAP, Key, 0x3728); /* where Windows' ends */
#define LFH_CALL __attribute__((fastcall))
#else
#define LFH_CALL
#endif

extern const UCHAR RtlpLfhBucket[FRONT_UNITS + 1]; /* by granules, header included */

/* take.c, give.c: the two functions that Windows has under these names.  No lock. */
PVOID LFH_CALL RtlpLowFragHeapAllocFromContext(FRONT_HEAP *Front, ULONG Bucket,
                                               SIZE_T Size);
bool LFH_CALL RtlpLowFragHeapFree(FRONT_HEAP *Front, PVOID Block);
/* The subsegment of a block, in use or free, that its header names, each step checked; null: its
 * header is not the one that this address must have. */
HEAP_SUBSEGMENT *LFH_CALL RtlpNamedSubSegment(const FRONT_HEAP *Front, const void *Block);

/* See front.h. */
static inline PVOID RtlpFrontTake(HEAP *Heap, SIZE_T Size)
{
    if (RTLP_RARELY(Size > FRONT_LARGEST))
        return NULL;
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    return RtlpLowFragHeapAllocFromContext(RTLP_READ(Heap->Front), RtlpLfhBucket[Units],
                                           Size);
}

static inline bool RtlpFrontGive(HEAP *Heap, PVOID Block)
{
    return RtlpLowFragHeapFree(RTLP_READ(Heap->Front), Block);
}

static inline SIZE_T RtlpFrontUnused(const void *Block)
{
    return RTLP_READ(((const HEAP_ENTRY *)Block)[-1].PreviousSize);
}

static inline bool RtlpIsLfhBusy(const HEAP_ENTRY *Entry)
{
    return RTLP_READ(Entry->UnusedBytes) & LFH_MANY;
}

static inline SIZE_T RtlpFrontBytes(HEAP *Heap, const void *Block)
{
    const HEAP_SUBSEGMENT *Owner = RtlpNamedSubSegment(RTLP_READ(Heap->Front), Block);
    return Owner && RtlpIsLfhBusy((const HEAP_ENTRY *)Block - 1)
               ? (SIZE_T)Owner->BlockSize << GRANULE_SHIFT
               : 0;
}

#endif
