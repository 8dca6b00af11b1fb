/* groups.h - the default front end: its structures; its two paths without lock are in paths.h.
 *
 * A bucket is a size.  Its blocks lie in regions; 31 neighbours are a group, and which of
 * them are free is the group's Mask.  groups.c has the whole picture.
 *
 * Lock: none for RtlpFrontTake and RtlpFrontGive.  Who clears a bit of a Mask (take) or
 * sets it (give), by one locked instruction, owns the block or has given it up.  All else
 * is changed under the heap's lock, but for Active, which may point at any group of its
 * bucket, even of a region that was released, and for Spare (lend.c).  Groups are never
 * unmapped while their heap lives, serve one bucket for ever and never become an end.  So
 * a late reader of a released one takes nothing, and of a reused one a block of the right
 * size.
 *
 * Not Windows' layout, so not its names; HEAP_USERDATA_HEADER alone is as there.
 */
#ifndef FATHOM_GROUPS_H
#define FATHOM_GROUPS_H

#include "heap/heapp.h"

#define FRONT_BUCKETS      129 /* 1 to 128 */
#define FRONT_ZERO         0u  /* the bucket of blocks of no bytes (region.c) */
#define FRONT_UNITS        2048u /* granules of the largest block, header included: 16 KiB */
#define FRONT_LARGEST      (((SIZE_T)FRONT_UNITS << GRANULE_SHIFT) - sizeof(HEAP_ENTRY))
#define GROUP_BLOCKS       31u
#define GROUP_END          0x80000000u /* Mask of the end: after a region's last group */
#define REGION_GROUPS      32u         /* at most */
#define REGION_BLOCKS      (GROUP_BLOCKS * REGION_GROUPS)
#define FRONT_RESERVE      0x400000u /* bytes of the zone: descriptors of 4,000,000 blocks */
#define FRONT_GUARD        HEAP_GUARD /* of these before it and after: never committed */
#define FRONT_NONE         2u /* groups that start it: active where there is none; an end */
#define GROUPS_FOR(Blocks) (((Blocks) + GROUP_BLOCKS - 1u) / GROUP_BLOCKS)

/* What FRONT_REGION.Alarm can be: a free that leaves Mask >= Alarm calls
 * RtlpAnswerAlarm. */
#define ALARM_ALWAYS     0u          /* detached */
#define ALARM_GROUP_FREE 0x7FFFFFFFu /* in use: a group is all free, perhaps the region */
#define ALARM_OFF        0x80000000u /* active when the alarm was last raised */

/* FRONT_REGION.State. */
enum {
    RegionInUse = 0,    /* in its bucket's ring */
    RegionDetached = 1, /* full, in no ring; the next free puts it back */
    RegionReleased = 2  /* a descriptor without memory */
};

/* Up to 31 blocks that lie side by side. */
typedef struct _FRONT_GROUP {
    ULONG Mask;      /* bit: block is free */
    ULONG BlockSize; /* bytes, header included */
    char *First;     /* data of block 0 */
    struct _FRONT_REGION *Region;
    struct _FRONT_GROUP
        *Next; /* of the end: first group of the next region in the ring */
} __attribute__((aligned(32))) FRONT_GROUP;
C_ASSERT(sizeof(FRONT_GROUP) == 32); /* the low 5 bits of its place number its blocks */

typedef struct _FRONT_REGION {
    struct _FRONT_HEAP *Front;
    struct _FRONT_REGION *Next, *Previous; /* the ring; Previous: also of released ones */
    struct _FRONT_REGION *NextInZone;      /* the next older */
    struct _FRONT_REGION *NextKept;        /* release.c */
    struct _HEAP_USERDATA_HEADER *UserBlocks;
    SIZE_T CommitSize; /* bytes */
    SIZE_T ReserveSize;
    ULONG BlockSize;
    USHORT BlockCount; /* committed */
    USHORT BlockLimit; /* that there is room for */
    USHORT Ends; /* index of the end: it never comes nearer, for a late reader may be at
                        * any group that once was, and must not find an end there */
    UCHAR State;
    UCHAR SizeIndex; /* bucket */
    bool IsKept;     /* in Front's queue: all free when it came there */
    ULONG Alarm;
    FRONT_GROUP Groups[]; /* for BlockLimit, and the end */
} FRONT_REGION;

#ifdef _WIN32 /* user/shell/heaps.c reads these of another process */
OFFSET_IS(FRONT_REGION, UserBlocks, 0x14);
OFFSET_IS(FRONT_REGION, BlockCount, 0x24);
OFFSET_IS(FRONT_REGION, Groups, 0x40);
C_ASSERT(GROUP_BLOCKS == 31 && REGION_GROUPS == 32);
#endif

/* Starts a region; as in Windows. */
typedef struct _HEAP_USERDATA_HEADER {
    FRONT_REGION *SubSegment;
    PVOID Reserved;
    SIZE_T SizeIndex;
    SIZE_T Signature; /* HEAP_USERDATA_SIGNATURE */
} HEAP_USERDATA_HEADER;

typedef struct _FRONT_BUCKET {
    USHORT BlockUnits; /* granules; 0: not yet the front end's */
    UCHAR SizeIndex;
    UCHAR Asked;            /* for a block, since it last counted for that (lend.c) */
    USHORT Spare;           /* blocks that it may still lend, estimated */
    USHORT RegionCount;     /* that it ever had */
    ULONG TotalBlocks;      /* committed; read without lock, too */
    FRONT_REGION *Ring;     /* the region of the ring that was tried last, or null */
    FRONT_REGION *Growing;  /* the one that is not wholly committed, or null */
    FRONT_REGION *Silenced; /* the one whose alarm is off, or null */
    FRONT_REGION *Released; /* descriptors without memory, by Previous */
} FRONT_BUCKET;

/* Where a bucket's search begins.  BlockSize: of its groups (FRONT_GROUP). */
typedef struct _FRONT_ACTIVE {
    FRONT_GROUP *Group;
    ULONG BlockSize;
} FRONT_ACTIVE;

typedef struct _FRONT_HEAP {
    FRONT_ACTIVE Active[FRONT_BUCKETS];
    ULONG Key;
    ULONG ZoneUsed; /* bytes of it handed out */
    HEAP *Heap;
    SIZE_T Committed; /* bytes of this structure and the zone */
    SIZE_T RegionCreates;
    SIZE_T RegionReleases;
    FRONT_REGION *FirstKept, *LastKept; /* regions that were all free; the oldest first */
    SIZE_T KeptBytes;                   /* committed in them */
    FRONT_REGION *Newest;               /* region in the zone, or null */
    ULONG Lenders[(FRONT_BUCKETS + 31) / 32 + 1]; /* bit: the bucket's Spare is not 0 */
    FRONT_BUCKET Buckets[FRONT_BUCKETS];
    FRONT_GROUP Zone[]; /* descriptors: FRONT_REGION, its groups, the end */
} FRONT_HEAP;

#if !HEAP_WIDE
C_ASSERT(offsetof(FRONT_HEAP, Active) == 0 &&
         sizeof(FRONT_ACTIVE) == 8); /* RtlpActiveOf */
#endif

extern const UCHAR
    RtlpBuckets[FRONT_UNITS + 1]; /* by granules, header included (ring.c) */
extern FRONT_REGION RtlpNoRegion; /* of the groups that are active where there is none */

/* As malloc of a Linux program: the C library says whether the process has one thread.  What that
 * is worth: docs/heap-cost.md. */
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define RTLP_ALONE RTLP_MOSTLY(__libc_single_threaded)
#else
#define RTLP_ALONE false
#endif

/* Set or clear one bit of 32, at once; true: it was set.  And the lowest that is set;
 * false: none is. */
#if (defined(__i386__) || defined(__x86_64__)) && !defined(__SANITIZE_THREAD__)
static inline bool RtlpSetBit(ULONG *Bits, ULONG Index)
{
    bool Old;
    if (RTLP_ALONE) {
        Old = *Bits >> Index & 1;
        *Bits |= 1u << Index;
        return Old;
    }
    __asm__ volatile("lock btsl %2, %1" : "=@ccc"(Old), "+m"(*Bits) : "r"(Index));
    return Old;
}
static inline bool RtlpClearBit(ULONG *Bits, ULONG Index)
{
    bool Old;
    if (RTLP_ALONE) {
        Old = *Bits >> Index & 1;
        *Bits &= ~(1u << Index);
        return Old;
    }
    __asm__ volatile("lock btrl %2, %1" : "=@ccc"(Old), "+m"(*Bits) : "r"(Index));
    return Old;
}
static inline bool RtlpFirstBit(const ULONG *Bits, ULONG *Index)
{
    bool None;
    __asm__ volatile("bsfl %2, %1" : "=@ccz"(None), "=r"(*Index) : "m"(*Bits));
    return !None;
}
#else
static inline bool RtlpSetBit(ULONG *Bits, ULONG Index)
{
    return __atomic_fetch_or(Bits, 1u << Index, __ATOMIC_SEQ_CST) >> Index & 1;
}
static inline bool RtlpClearBit(ULONG *Bits, ULONG Index)
{
    return __atomic_fetch_and(Bits, ~(1u << Index), __ATOMIC_SEQ_CST) >> Index & 1;
}
static inline bool RtlpFirstBit(const ULONG *Bits, ULONG *Index)
{
    ULONG Value = __atomic_load_n(Bits, __ATOMIC_ACQUIRE);
    *Index = Value ? (ULONG)__builtin_ctz(Value) : 0;
    return Value != 0;
}
#endif
/* A read that is only compared with a constant, after a locked instruction. */
#ifdef __SANITIZE_THREAD__
#define RTLP_LOOK(Value) RTLP_READ(Value)
#else
#define RTLP_LOOK(Value) (Value)
#endif

static inline char *RtlpGroupBlock(const FRONT_GROUP *Group, ULONG Bit)
{
    return Group->First + Bit * (SIZE_T)Group->BlockSize;
}

PVOID RtlpFrontSearch(FRONT_GROUP *Group, SIZE_T Size);
void RtlpAnswerAlarm(FRONT_GROUP *Group);

#include "heap/front/paths.h"

/* See front.h. */
static inline SIZE_T RtlpFrontUnused(const void *Block)
{
    return RTLP_READ(((const HEAP_ENTRY *)Block)[-1].PreviousSize);
}
static inline SIZE_T RtlpFrontBytes(HEAP *Heap, const void *Block)
{
    ULONG Bit;
    const FRONT_GROUP *Group = RtlpGroupOf(RTLP_READ(Heap->Front), Block, &Bit);
    return Group && !(RTLP_READ(Group->Mask) >> Bit & 1) ? Group->BlockSize : 0;
}

#endif
