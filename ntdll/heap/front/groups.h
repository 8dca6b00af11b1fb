/* groups.h - the default front end: its structures and its two paths without lock.
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

typedef struct _FRONT_HEAP {
    FRONT_GROUP *Active[FRONT_BUCKETS]; /* where a search begins */
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

extern const UCHAR
    RtlpBuckets[FRONT_UNITS + 1]; /* by granules, header included (ring.c) */
extern FRONT_REGION RtlpNoRegion; /* active where there is none: no free block, ever */

/* Set or clear one bit of 32, at once; true: it was set.  And the lowest that is set;
 * false: none is. */
#if (defined(__i386__) || defined(__x86_64__)) && !defined(__SANITIZE_THREAD__)
static inline bool RtlpSetBit(ULONG *Bits, ULONG Index)
{
    bool Old;
    __asm__ volatile("lock btsl %2, %1" : "=@ccc"(Old), "+m"(*Bits) : "r"(Index));
    return Old;
}
static inline bool RtlpClearBit(ULONG *Bits, ULONG Index)
{
    bool Old;
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
/* The two paths get by with the three registers that need no saving (mk/user.mk): an
 * address is computed once and held. */
#define RTLP_HOLD(Address) __asm__("" : "+r"(Address))

static inline char *RtlpGroupBlock(const FRONT_GROUP *Group, ULONG Bit)
{
    return Group->First + Bit * (SIZE_T)Group->BlockSize;
}

/* Writes down that Block is used for Size bytes. */
static inline void RtlpNoteSize(const FRONT_GROUP *Group, PVOID Block, SIZE_T Size)
{
    __atomic_store_n(&((HEAP_ENTRY *)Block)[-1].PreviousSize,
                     (USHORT)(Group->BlockSize - Size), __ATOMIC_RELAXED);
}

PVOID RtlpFrontSearch(FRONT_GROUP *Group, SIZE_T Size);
void RtlpAnswerAlarm(FRONT_GROUP *Group);

/* See front.h.  From the active group to its region's end; then RtlpFrontSearch goes on. */
static inline PVOID RtlpFrontTake(HEAP *Heap, SIZE_T Size)
{
    FRONT_HEAP *Front = RTLP_READ(Heap->Front);
    if (RTLP_RARELY(Size > FRONT_LARGEST))
        return NULL;
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    FRONT_GROUP **Active = &Front->Active[RtlpBuckets[Units]];
    RTLP_HOLD(Active);
    FRONT_GROUP *Group = RTLP_READ(*Active);
    ULONG Bit;
    if (RTLP_RARELY(!RtlpFirstBit(&Group->Mask, &Bit))) {
        do
            Group++;
        while (!RtlpFirstBit(&Group->Mask, &Bit));
        if (RTLP_RARELY(Bit >= GROUP_BLOCKS)) /* the end */
            return RtlpFrontSearch(Group, Size);
        __atomic_store_n(Active, Group, __ATOMIC_RELAXED);
    }
    if (RTLP_RARELY(!RtlpClearBit(&Group->Mask, Bit))) /* another thread was first */
        return RtlpFrontSearch(Group, Size);
    char *Block = RtlpGroupBlock(Group, Bit);
    RtlpNoteSize(Group, Block, Size);
    if (!Block)
        __builtin_unreachable(); /* the caller need not ask */
    return Block;
}

/* The group that a block's header names, *Bit the block's number there; null: the header is
 * not the one that this address must have.  Code: the header's, bound to the address:
 * the group's place in the zone and the number, XORed with the key. */
static inline FRONT_GROUP *RtlpNamedGroup(const FRONT_HEAP *Front, ULONG Code,
                                          const void *Block, ULONG *Bit)
{
    Code ^= Front->Key;
    if (RTLP_RARELY(Code >= RTLP_LOOK(Front->ZoneUsed)))
        return NULL;
    FRONT_GROUP *Group =
        (FRONT_GROUP *)((char *)Front->Zone + (Code & ~(ULONG)(sizeof(FRONT_GROUP) - 1)));
    RTLP_HOLD(Group);
    *Bit = Code % sizeof(FRONT_GROUP);
    return RTLP_MOSTLY(RtlpGroupBlock(Group, *Bit) == Block) ? Group : NULL;
}

__attribute__((no_sanitize("alignment"))) static inline ULONG
RtlpBlockCode(const void *Block)
{
    return ((const HEAP_ENTRY *)Block)[-1].SubSegmentCode ^
           (ULONG)((ULONG_PTR)Block >> GRANULE_SHIFT);
}

/* The same of a header where it is. */
static inline FRONT_GROUP *RtlpGroupOf(const FRONT_HEAP *Front, const void *Block,
                                       ULONG *Bit)
{
    return RtlpNamedGroup(Front, RtlpBlockCode(Block), Block, Bit);
}

/* Sets the bit of a block; false: it is free already. */
static inline bool RtlpGiveToGroup(FRONT_GROUP *Group, ULONG Bit)
{
    if (RTLP_RARELY(RtlpSetBit(&Group->Mask, Bit)))
        return false;
    if (RTLP_RARELY(RTLP_LOOK(Group->Mask) >= RTLP_LOOK(Group->Region->Alarm)))
        RtlpAnswerAlarm(Group);
    return true;
}

/* See front.h.  (A pointer into a block never has the header that its address dictates.) */
static inline bool RtlpFrontGive(HEAP *Heap, PVOID Block)
{
    ULONG Bit, Code = RtlpBlockCode(Block);
    RTLP_HOLD(Code);
    FRONT_GROUP *Group = RtlpNamedGroup(RTLP_READ(Heap->Front), Code, Block, &Bit);
    return RTLP_MOSTLY(Group) && RtlpGiveToGroup(Group, Bit);
}

/* ---- for groups.c and the files beside it; the heap's lock held unless it says else ---- */

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
    __atomic_store_n(&Region->Front->Active[Region->SizeIndex], Group, __ATOMIC_RELAXED);
    char *Block = RtlpGroupBlock(Group, Bit);
    RtlpNoteSize(Group, Block, Size);
    return Block;
}

/* ring.c */
ULONG RtlpBucketUnits(ULONG Bucket);
void RtlpLinkRegions(FRONT_REGION *Region, FRONT_REGION *Next);
void RtlpAttachRegion(FRONT_REGION *Region);
void RtlpUnlinkRegion(FRONT_REGION *Region);
PVOID RtlpSearchAndDetach(FRONT_BUCKET *Bucket, SIZE_T Size);

/* lend.c */
#define LEND_UNKNOWN 0xFFFFu /* FRONT_BUCKET.Spare: to be counted when it is asked for */
void RtlpSetSpare(FRONT_HEAP *Front, FRONT_BUCKET *Bucket,
                  ULONG Spare); /* no lock for these */
PVOID RtlpBorrowBlock(FRONT_HEAP *Front, const FRONT_BUCKET *Bucket, SIZE_T Size);

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
bool RtlpRefillBucket(HEAP *Heap, FRONT_BUCKET *Bucket);
void RtlpPutDescriptor(FRONT_BUCKET *Bucket, FRONT_REGION *Region);

/* release.c */
void RtlpKeepIfFree(FRONT_REGION *Region);

#endif
