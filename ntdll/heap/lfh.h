/* lfh.h - the front end's structures and its two fast paths (lfh.c tells the whole).
 *
 * Lock: none for RtlpLfhTake and RtlpLfhGive.  A bit of FreeMask belongs to whoever
 * clears it (take) or sets it (give), by one locked instruction.  A bit of Summary says
 * that a word of FreeMask may have a bit; it is set after a bit is set, and cleared
 * before the word is looked at again, so a free block is never forgotten.  Descriptors
 * are never unmapped while their heap lives and serve one bucket for good, so a late
 * reader of a released one takes nothing, and of a reused one takes a block of the right
 * size.
 */
#ifndef FATHOM_LFH_H
#define FATHOM_LFH_H

#include "heapp.h"

#define LFH_BUCKETS 129   /* 1 to 128 */
#define LFH_UNITS   2048u /* granules of the largest block, header included: 16 KiB */
#define LFH_LARGEST (((SIZE_T)LFH_UNITS << GRANULE_SHIFT) - sizeof(HEAP_ENTRY))
#define LFH_WORDS   32u                    /* of a mask; the last stays 0 */
#define LFH_MOST    ((LFH_WORDS - 1) * 32) /* blocks of a subsegment */
#define LFH_NUMBERS (LFH_WORDS * 32)       /* of its blocks, in their headers' codes */
#define LFH_ALWAYS                                                                       \
    0x80000000u        /* in every Summary: a search ends at the last word, in vain */
#define LFH_INDEX 0xFE /* SegmentOffset of its blocks, SegmentIndex in a walk */

#define LFH_RESERVE 0x400000u /* bytes of the zone: 16,000 descriptors */
#define LFH_GUARD                                                                        \
    PAGE_SIZE /* of them never committed, where an overrun from before them ends */

#define LFH_SLOTS 16u /* of a bucket: rings of subsegments, with a bit each */

/* States of a subsegment: in use (active, or its slot's bit is set); full and forgotten,
 * so that whoever gives the next block back must say so; without user blocks. */
enum { SubSegmentInUse = 0, SubSegmentDetached = 1, SubSegmentUnused = 2 };

typedef struct _HEAP_SUBSEGMENT {
    ULONG Summary;   /* bit: that word of FreeMask may have a bit; and LFH_ALWAYS */
    ULONG BlockSize; /* bytes, header included */
    char *First;     /* block 0, behind its header */
    UCHAR State;
    UCHAR SizeIndex; /* bucket */
    UCHAR Slot;      /* of the bucket's */
    UCHAR Spare;
    USHORT BlockCount; /* committed */
    USHORT BlockLimit; /* that its region has room for */
    ULONG Whole; /* a word of FreeMask all free: ~0; 0, which it never is, while active */
    struct _HEAP_USERDATA_HEADER *UserBlocks; /* the region */
    SIZE_T CommitSize;                        /* bytes of the region, committed */
    SIZE_T ReserveSize;
    struct _HEAP_SUBSEGMENT *NextInSlot; /* for good */
    LIST_ENTRY Link;                     /* in its bucket's Unused */
    ULONG FreeMask[LFH_WORDS];           /* bit: block is free */
} __attribute__((aligned(256))) HEAP_SUBSEGMENT;
C_ASSERT(sizeof(HEAP_SUBSEGMENT) == 256);

/* Starts a region of user blocks. */
typedef struct _HEAP_USERDATA_HEADER {
    HEAP_SUBSEGMENT *SubSegment;
    PVOID Reserved;
    SIZE_T SizeIndex;
    SIZE_T Signature; /* HEAP_USERDATA_SIGNATURE */
} HEAP_USERDATA_HEADER;

typedef struct _HEAP_BUCKET {
    USHORT BlockUnits; /* 0: not yet the front end's */
    UCHAR MayBorrow;   /* Borrows, once a block comes back */
    UCHAR SizeIndex;
    UCHAR Borrows; /* so many larger sizes it looks at before it takes more memory */
    ULONG TotalBlocks;
    ULONG Overflows;
    ULONG SubSegments;        /* that it ever had */
    ULONG Ready;              /* bit: that slot may have a subsegment with a free block */
    HEAP_SUBSEGMENT *Growing; /* the one whose region is not wholly committed, or null */
    LIST_ENTRY Unused;
    HEAP_SUBSEGMENT *Slots[LFH_SLOTS];
} HEAP_BUCKET;

typedef struct _LFH_HEAP {
    HEAP_SUBSEGMENT *Active[LFH_BUCKETS];
    ULONG Key;
    ULONG ZoneUsed; /* bytes of descriptors handed out from Zone on */
    char *Zone;
    HEAP *Heap;
    SIZE_T Committed; /* bytes of this region */
    SIZE_T SubSegmentCreates;
    SIZE_T SubSegmentDeletes;
    UCHAR BucketOf[LFH_UNITS + 1]; /* by granules */
    HEAP_BUCKET Buckets[LFH_BUCKETS];
} LFH_HEAP;

extern HEAP_SUBSEGMENT
    RtlpNoSubSegment;        /* active where there is none: no free block, ever */
extern LFH_HEAP RtlpNoFront; /* of a heap without, or whose lock a program holds */

/* Set or clear one bit of many, at once; true: it was set.  The instruction addresses a
 * whole bit string, which no C operation says; under a sanitizer C it is, so that it
 * sees. */
#if (defined(__i386__) || defined(__x86_64__)) && !defined(__SANITIZE_THREAD__)
static inline bool RtlpSetBit(ULONG *Bits, ULONG Index)
{
    bool Old;
    __asm__ volatile("lock btsl %2, %1"
                     : "=@ccc"(Old), "+m"(*(ULONG(*)[LFH_WORDS])Bits)
                     : "r"(Index));
    return Old;
}
static inline bool RtlpClearBit(ULONG *Bits, ULONG Index)
{
    bool Old;
    __asm__ volatile("lock btrl %2, %1"
                     : "=@ccc"(Old), "+m"(*(ULONG(*)[LFH_WORDS])Bits)
                     : "r"(Index));
    return Old;
}
#else
static inline bool RtlpSetBit(ULONG *Bits, ULONG Index)
{
    ULONG Bit = 1u << Index % 32;
    return (__atomic_fetch_or(&Bits[Index / 32], Bit, __ATOMIC_SEQ_CST) & Bit) != 0;
}
static inline bool RtlpClearBit(ULONG *Bits, ULONG Index)
{
    ULONG Bit = 1u << Index % 32;
    return (__atomic_fetch_and(&Bits[Index / 32], ~Bit, __ATOMIC_SEQ_CST) & Bit) != 0;
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

/* Clears the bit of a word that has no bit, unless one came back meanwhile. */
static inline void RtlpLfhEmptied(HEAP_SUBSEGMENT *Sub, ULONG Word)
{
    RtlpClearBit(&Sub->Summary, Word);
    if (RTLP_READ(Sub->FreeMask[Word]))
        RtlpSetBit(&Sub->Summary, Word);
}

/* A free block of Sub, noted as Size bytes; null: the long way has to look. */
static inline PVOID RtlpLfhTakeFrom(HEAP_SUBSEGMENT *Sub, SIZE_T Size)
{
    ULONG First = (ULONG)__builtin_ctz(RTLP_READ(Sub->Summary));
    ULONG *Word = &Sub->FreeMask[First];
    ULONG Free = RTLP_READ(*Word);
    if (!Free)
        return NULL;
    ULONG Index = First * 32 + (ULONG)__builtin_ctz(Free);
    if (!RtlpClearBit(Sub->FreeMask, Index))
        return NULL; /* another thread was first */
    if (!RTLP_LOOK(*Word))
        RtlpLfhEmptied(Sub, Index / 32);
    char *Block = Sub->First + Index * (SIZE_T)Sub->BlockSize;
    __atomic_store_n(&((HEAP_ENTRY *)Block)[-1].PreviousSize,
                     (USHORT)(Sub->BlockSize - Size), __ATOMIC_RELAXED);
    return Block;
}

/* A block for Size bytes (at most LFH_LARGEST), or null: the long way has to look. */
static inline PVOID RtlpLfhTake(LFH_HEAP *Front, SIZE_T Size)
{
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    return RtlpLfhTakeFrom(RTLP_READ(Front->Active[Front->BucketOf[Units]]), Size);
}

/* What a block's header must be: its subsegment's place in the zone and its number there,
 * bound to its address and a key. */
static inline ULONG RtlpLfhCode(const LFH_HEAP *Front, const void *Block)
{
    return Front->Key ^ (ULONG)((ULONG_PTR)Block >> GRANULE_SHIFT);
}

/* The subsegment of a front-end block and which block of it; null if the header is not the
 * one that this address must have. */
__attribute__((no_sanitize("alignment"))) static inline HEAP_SUBSEGMENT *
RtlpLfhFind(const LFH_HEAP *Front, const void *Block, ULONG *Index)
{
    ULONG Code =
        ((const HEAP_ENTRY *)Block)[-1].SubSegmentCode ^ RtlpLfhCode(Front, Block);
    ULONG Offset = Code / LFH_NUMBERS * (ULONG)sizeof(HEAP_SUBSEGMENT);
    if (Offset >= RTLP_LOOK(Front->ZoneUsed))
        return NULL;
    HEAP_SUBSEGMENT *Sub = (HEAP_SUBSEGMENT *)(Front->Zone + Offset);
    *Index = Code % LFH_NUMBERS;
    if (Sub->First + *Index * (SIZE_T)Sub->BlockSize != (const char *)Block)
        return NULL;
    return Sub;
}

void RtlpLfhSettle(LFH_HEAP *Front, HEAP_SUBSEGMENT *Sub);

/* Gives Block, whose header is marked as the front end's, back; false, nothing done: it
 * is not sound.  (Alignment: a crooked pointer never has the header that its address
 * dictates.) */
__attribute__((no_sanitize("alignment"))) static inline bool RtlpLfhGive(LFH_HEAP *Front,
                                                                         PVOID Block)
{
    ULONG Index;
    HEAP_SUBSEGMENT *Sub = RtlpLfhFind(Front, Block, &Index);
    if (!Sub || RtlpSetBit(Sub->FreeMask, Index))
        return false; /* no block, or free already */
    RtlpSetBit(&Sub->Summary, Index / 32);
    if (RTLP_LOOK(Sub->State) != SubSegmentInUse ||
        RTLP_LOOK(Sub->FreeMask[Index / 32]) == RTLP_LOOK(Sub->Whole))
        RtlpLfhSettle(Front, Sub);
    return true;
}

/* ready.c: without lock, as the two above */
PVOID RtlpLfhLook(LFH_HEAP *Front, SIZE_T Size); /* null: more must be committed */
void RtlpLfhUse(LFH_HEAP *Front, HEAP_BUCKET *Bucket, HEAP_SUBSEGMENT *Sub);

ULONG RtlpLfhBucket(ULONG Units);
ULONG RtlpLfhUnits(ULONG Bucket);
PVOID RtlpLfhAllocate(HEAP *Heap, ULONG Units,
                      SIZE_T Size); /* lock held; null: back end */
void RtlpLfhDestroy(HEAP *Heap);
void RtlpLfhRelease(HEAP *Heap, HEAP_SUBSEGMENT *Sub); /* if all free; lock held */
bool RtlpLfhEnable(HEAP *Heap); /* HeapCompatibilityInformation 2 */
void RtlpLfhTrim(HEAP *Heap);   /* gives user blocks back that are all free; lock held */
/* The subsegment that is N-th in the zone, or null behind the last. */
HEAP_SUBSEGMENT *RtlpLfhSubSegment(const HEAP *Heap, ULONG N);

#endif
