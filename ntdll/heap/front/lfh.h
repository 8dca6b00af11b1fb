/* lfh.h - the front end's structures and its two fast paths (lfh.c tells the whole).
 *
 * Lock: none for RtlpLfhTake and RtlpLfhGive.  A bit of a group's Mask belongs to whoever
 * clears it (take) or sets it (give), by one locked instruction.  All else is changed
 * under the heap's lock alone, but for Active, which may point at any group of its bucket,
 * even of user blocks that are gone.  Groups are never unmapped while their heap lives,
 * serve one bucket for good and never turn into an end, so a late reader of a released one
 * takes nothing, and of a reused one takes a block of the right size.
 */
#ifndef FATHOM_LFH_H
#define FATHOM_LFH_H

#include "heap/heapp.h"

#define LFH_BUCKETS           129 /* 1 to 128 */
#define LFH_UNITS             2048u /* granules of the largest block, header included: 16 KiB */
#define LFH_LARGEST           (((SIZE_T)LFH_UNITS << GRANULE_SHIFT) - sizeof(HEAP_ENTRY))
#define LFH_GROUP             31u /* blocks of a group */
#define LFH_GROUPS            32u /* groups of a subsegment, at most */
#define LFH_MOST              (LFH_GROUP * LFH_GROUPS)
#define LFH_END               0x80000000u /* Mask behind the last group: a search ends there */
#define LFH_GROUPS_OF(Blocks) (((Blocks) + LFH_GROUP - 1u) / LFH_GROUP)
/* What a subsegment's Alarm can be: a free that leaves a Mask not below it has to look. */
#define LFH_ALWAYS 0u          /* detached */
#define LFH_WHOLE  0x7FFFFFFFu /* in use: a group is all free, perhaps the region */
#define LFH_NEVER  0x80000000u /* active, when it was last raised */
#define LFH_INDEX  0xFE        /* SegmentOffset of its blocks, SegmentIndex in a walk */

#define LFH_RESERVE 0x400000u /* bytes of the zone: 4,000,000 blocks */
#define LFH_GUARD                                                                        \
    PAGE_SIZE /* of them never committed, where an overrun from before them ends */

/* States of a subsegment: in its bucket's ring; full and forgotten, so that whoever gives
 * the next block back must say so; without user blocks. */
enum { SubSegmentInUse = 0, SubSegmentDetached = 1, SubSegmentUnused = 2 };

/* Up to 31 blocks that lie side by side. */
typedef struct _HEAP_GROUP {
    ULONG Mask;      /* bit: block is free */
    ULONG BlockSize; /* bytes, header included */
    char *First;     /* block 0, behind its header */
    struct _HEAP_SUBSEGMENT *SubSegment;
    struct _HEAP_GROUP *Next; /* at the end: where a search goes on */
} __attribute__((aligned(32))) HEAP_GROUP;
C_ASSERT(sizeof(HEAP_GROUP) == 32); /* the low 5 bits of its place number its blocks */

typedef struct _HEAP_SUBSEGMENT {
    struct _HEAP_SUBSEGMENT *Next, *Previous; /* the ring; Next: of the unused ones */
    struct _HEAP_SUBSEGMENT *NextInZone;
    struct _HEAP_USERDATA_HEADER *UserBlocks; /* the region */
    SIZE_T CommitSize;                        /* bytes of the region, committed */
    SIZE_T ReserveSize;
    ULONG BlockSize;
    USHORT BlockCount; /* committed */
    USHORT BlockLimit; /* that its region has room for */
    USHORT Ends; /* groups before the end: the most it ever had, for a late reader may
                  * still stand at any of them and must not find an end there */
    UCHAR State;
    UCHAR SizeIndex; /* bucket */
    ULONG Alarm;
    HEAP_GROUP Groups[]; /* for BlockLimit; behind them the end */
} HEAP_SUBSEGMENT;

/* Starts a region of user blocks. */
typedef struct _HEAP_USERDATA_HEADER {
    HEAP_SUBSEGMENT *SubSegment;
    PVOID Reserved;
    SIZE_T SizeIndex;
    SIZE_T Signature; /* HEAP_USERDATA_SIGNATURE */
} HEAP_USERDATA_HEADER;

typedef struct _HEAP_BUCKET {
    USHORT BlockUnits; /* 0: not yet the front end's */
    UCHAR SizeIndex;
    UCHAR Borrows; /* of so many larger sizes before it grows */
    UCHAR Asked;   /* for a block, since it last counted what it has to spare */
    USHORT Spare;  /* blocks that it will still lend */
    ULONG TotalBlocks;
    ULONG SubSegments;        /* that it ever had */
    HEAP_SUBSEGMENT *Ring;    /* the one of those in use that was tried last, or null */
    HEAP_SUBSEGMENT *Growing; /* the one whose region is not wholly committed, or null */
    HEAP_SUBSEGMENT *Quiet;   /* the one whose alarm is off, or null */
    HEAP_SUBSEGMENT *Unused;
} HEAP_BUCKET;

typedef struct _LFH_HEAP {
    HEAP_GROUP *Active[LFH_BUCKETS]; /* where a search begins */
    ULONG Key;
    ULONG ZoneUsed; /* bytes of it handed out */
    HEAP *Heap;
    SIZE_T Committed; /* bytes of this region */
    SIZE_T SubSegmentCreates;
    SIZE_T SubSegmentDeletes;
    HEAP_SUBSEGMENT *SubSegments;  /* the newest in the zone, or null */
    UCHAR BucketOf[LFH_UNITS + 1]; /* by granules */
    HEAP_BUCKET Buckets[LFH_BUCKETS];
    HEAP_GROUP Zone[]; /* subsegments, each with its groups and an end */
} LFH_HEAP;

extern HEAP_SUBSEGMENT
    RtlpNoSubSegment;        /* active where there is none: no free block, ever */
extern LFH_HEAP RtlpNoFront; /* of a heap without, or whose lock a program holds */

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
/* One read of what other threads change: the value, once. */
#ifdef __SANITIZE_THREAD__
#define RTLP_READ(Value) __atomic_load_n(&(Value), __ATOMIC_ACQUIRE)
#define RTLP_LOOK(Value) RTLP_READ(Value)
#else
#define RTLP_READ(Value) (*(volatile __typeof__(Value) *)&(Value))
#define RTLP_LOOK(Value)                                                                 \
    (Value) /* only compared with a constant, after a locked instruction */
#endif

/* The two fast paths get by with the three registers that need no saving: an address is
 * computed once, an argument read again where the caller put it. */
#define RTLP_HOLD(Address)        __asm__("" : "+r"(Address))
#define RTLP_READ_AGAIN(Argument) __asm__("" : "+m"(Argument))
#define RTLP_RARELY(Truth)        __builtin_expect((Truth), false)
#define RTLP_MOSTLY(Truth)        __builtin_expect((Truth) != 0, true)

/* Where block Bit of Group lies. */
static inline char *RtlpLfhAddress(const HEAP_GROUP *Group, ULONG Bit)
{
    return Group->First + Bit * (SIZE_T)Group->BlockSize;
}

/* Block Bit of Group, if it is still free, noted as Size bytes; else null. */
static inline PVOID RtlpLfhClaim(HEAP_GROUP *Group, ULONG Bit, const SIZE_T *Size)
{
    if (!RtlpClearBit(&Group->Mask, Bit))
        return NULL; /* another thread was first */
    char *Block = RtlpLfhAddress(Group, Bit);
    __atomic_store_n(&((HEAP_ENTRY *)Block)[-1].PreviousSize,
                     (USHORT)(Group->BlockSize - *Size), __ATOMIC_RELAXED);
    return Block;
}

/* A block for Size bytes (at most LFH_LARGEST) of the active group or one behind it; null:
 * the long way has to look. */
static inline PVOID RtlpLfhTake(LFH_HEAP *Front, SIZE_T *Size)
{
    ULONG Units = (ULONG)((*Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    HEAP_GROUP **Active = &Front->Active[Front->BucketOf[Units]];
    RTLP_HOLD(Active);
    RTLP_READ_AGAIN(*Size);
    HEAP_GROUP *Group = RTLP_READ(*Active);
    ULONG Bit;
    if (RTLP_RARELY(!RtlpFirstBit(&Group->Mask, &Bit))) {
        do
            Group++;
        while (!RtlpFirstBit(&Group->Mask, &Bit));
        if (Bit >= LFH_GROUP) { /* the end: once more, the next subsegment of the ring */
            Group = RTLP_READ(Group->Next);
            while (!RtlpFirstBit(&Group->Mask, &Bit))
                Group++;
            if (RTLP_RARELY(Bit >= LFH_GROUP))
                return NULL;
        }
        __atomic_store_n(Active, Group, __ATOMIC_RELAXED);
    }
    return RtlpLfhClaim(Group, Bit, Size);
}

/* What a block's header must be: its group's place in the zone and its number there, bound
 * to its address and a key. */
static inline ULONG RtlpLfhCode(const LFH_HEAP *Front, const void *Block)
{
    return Front->Key ^ (ULONG)((ULONG_PTR)Block >> GRANULE_SHIFT);
}

/* The group that the header of Block names, and the number there, which may both be
 * wrong; false if it names none. */
__attribute__((no_sanitize("alignment"))) static inline bool
RtlpLfhNamed(const LFH_HEAP *Front, const void *Block, HEAP_GROUP **Group, ULONG *Bit)
{
    ULONG Code =
        ((const HEAP_ENTRY *)Block)[-1].SubSegmentCode ^ RtlpLfhCode(Front, Block);
    if (RTLP_RARELY(Code >= RTLP_LOOK(Front->ZoneUsed)))
        return false;
    *Group =
        (HEAP_GROUP *)((char *)Front->Zone + (Code & ~(ULONG)(sizeof(HEAP_GROUP) - 1)));
    RTLP_HOLD(*Group);
    *Bit = Code % sizeof(HEAP_GROUP);
    return true;
}

/* The group of a front-end block and which block of it; null if the header is not the one
 * that this address must have. */
static inline HEAP_GROUP *RtlpLfhFind(const LFH_HEAP *Front, const void *Block,
                                      ULONG *Bit)
{
    HEAP_GROUP *Group;
    if (!RtlpLfhNamed(Front, Block, &Group, Bit) || RtlpLfhAddress(Group, *Bit) != Block)
        return NULL;
    return Group;
}

void RtlpLfhSettle(HEAP *Heap, HEAP_GROUP *Group);

/* Gives Block, whose header is marked as the front end's, back; false, nothing done: it
 * is not sound.  (A crooked pointer never has the header that its address dictates.) */
static inline bool RtlpLfhGive(PVOID const *Heap, const LFH_HEAP *Front, PVOID *Block)
{
    HEAP_GROUP *Group;
    ULONG Bit;
    if (RTLP_RARELY(!RtlpLfhNamed(Front, *Block, &Group, &Bit)))
        return false;
    RTLP_READ_AGAIN(*Block);
    if (RTLP_RARELY(RtlpLfhAddress(Group, Bit) != *Block))
        return false;
    if (RTLP_RARELY(RtlpSetBit(&Group->Mask, Bit)))
        return false; /* free already */
    if (RTLP_RARELY(RTLP_LOOK(Group->Mask) >= RTLP_LOOK(Group->SubSegment->Alarm)))
        RtlpLfhSettle(*Heap, Group);
    return true;
}

/* Block i of a subsegment: whether it is free, where it is. */
static inline bool RtlpLfhIsFree(const HEAP_SUBSEGMENT *Sub, ULONG i)
{
    return RTLP_READ(Sub->Groups[i / LFH_GROUP].Mask) >> i % LFH_GROUP & 1;
}
static inline char *RtlpLfhBlock(const HEAP_SUBSEGMENT *Sub, ULONG i)
{
    return Sub->Groups[0].First + i * (SIZE_T)Sub->BlockSize;
}

/* ready.c */
PVOID RtlpLfhLook(LFH_HEAP *Front,
                  SIZE_T Size); /* without lock; null: see RtlpLfhSearch */
PVOID RtlpLfhSearch(HEAP *Heap, HEAP_BUCKET *Bucket,
                    SIZE_T Size); /* null: none is free */
PVOID RtlpLfhBorrow(LFH_HEAP *Front, HEAP_BUCKET *Bucket, SIZE_T Size); /* no lock */
void RtlpLfhLink(HEAP_SUBSEGMENT *Sub, HEAP_SUBSEGMENT *Next);
void RtlpLfhAttach(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub);
void RtlpLfhRemove(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub); /* from its ring */

ULONG RtlpLfhBucket(ULONG Units);
ULONG RtlpLfhUnits(ULONG Bucket);
PVOID RtlpLfhAllocate(HEAP *Heap, ULONG Units,
                      SIZE_T Size); /* lock held; null: back end */
void RtlpLfhDestroy(HEAP *Heap);
void RtlpLfhRelease(HEAP *Heap, HEAP_SUBSEGMENT *Sub); /* if all free; lock held */
bool RtlpLfhEnable(HEAP *Heap); /* HeapCompatibilityInformation 2 */
void RtlpLfhTrim(HEAP *Heap);   /* gives user blocks back that are all free; lock held */
ULONG RtlpLfhFull(const HEAP_SUBSEGMENT *Sub, ULONG Group); /* its Mask if all are free */
/* The newest subsegment, or null; each one's NextInZone is the next older. */
HEAP_SUBSEGMENT *RtlpLfhSubSegments(const HEAP *Heap);

#endif
