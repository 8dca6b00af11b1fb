/* mag.h - a front end: a magazine of one region for each size, its free blocks a mask of bits. */
#ifndef FATHOM_MAG_H
#define FATHOM_MAG_H
#include "heap/heapp.h"

#define MAG_WORDS 8u
#define MAG_SIZES 129u /* granules, header included */

typedef struct _MAG_REGION { /* of one size for ever */
    ULONG Free[MAG_WORDS];
    char *Base; /* null: it has no memory now */
    ULONG Units, Blocks;
    SIZE_T Reserved, Committed;
} MAG_REGION;

typedef struct _FRONT_HEAP {
    HEAP *Heap;
    ULONG Key, Count;
    MAG_REGION *Regions;
    MAG_REGION *Active[MAG_SIZES];
} FRONT_HEAP;

static inline ULONG MagCode(const FRONT_HEAP *Front, const HEAP_ENTRY *Entry,
                            ULONG Number, ULONG Block)
{
    return Front->Key ^ (ULONG)((ULONG_PTR)Entry >> GRANULE_SHIFT) * 2654435761u ^
           (Number << 8 | Block);
}

/* The region and block that Block's header names; null: none. */
static inline MAG_REGION *MagFind(const FRONT_HEAP *Front, const void *Data, ULONG *Block)
{
    const HEAP_ENTRY *Entry = (const HEAP_ENTRY *)Data - 1;
    ULONG Code = MagCode(Front, Entry, 0, 0) ^ Entry->SubSegmentCode;
    if (Code >> 8 >= RTLP_READ(*(ULONG *)&Front->Count) || Entry->SegmentOffset != 0xFE ||
        Entry->UnusedBytes != HEAP_UNUSED_LFH)
        return NULL;
    MAG_REGION *Region = &Front->Regions[Code >> 8];
    *Block = Code & 0xFF;
    if (*Block >= Region->Blocks ||
        Region->Base + (((SIZE_T)*Block * Region->Units) << GRANULE_SHIFT) !=
            (const char *)Entry)
        return NULL;
    return Region;
}

static inline PVOID MagTake(MAG_REGION *Region, SIZE_T Size)
{
    for (ULONG Word = 0; Region && Word < MAG_WORDS; Word++) {
        ULONG Free;
        while ((Free = RTLP_READ(Region->Free[Word])) != 0) {
            if (!__sync_bool_compare_and_swap(&Region->Free[Word], Free,
                                              Free & (Free - 1)))
                continue;
            ULONG Block = Word * 32 + (ULONG)__builtin_ctz(Free);
            SIZE_T Bytes = (SIZE_T)Region->Units << GRANULE_SHIFT;
            HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Region->Base + Block * Bytes);
            RTLP_WRITE(Entry->PreviousSize, (USHORT)(Bytes - Size));
            return Entry + 1;
        }
    }
    return NULL;
}

static inline PVOID RtlpFrontTake(HEAP *Heap, SIZE_T Size)
{
    FRONT_HEAP *Front = RTLP_READ(Heap->Front);
    SIZE_T Units = (Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT;
    if (Size >= (MAG_SIZES << GRANULE_SHIFT) || Units >= MAG_SIZES)
        return NULL;
    return MagTake(RTLP_READ(Front->Active[Units < 2 ? 2 : Units]), Size);
}

static inline bool MagGive(FRONT_HEAP *Front, PVOID Data)
{
    ULONG Block;
    MAG_REGION *Region = MagFind(Front, Data, &Block);
    return Region && !(__atomic_fetch_or(&Region->Free[Block / 32], 1u << Block % 32,
                                         __ATOMIC_SEQ_CST) >>
                           Block % 32 &
                       1);
}

static inline bool RtlpFrontGive(HEAP *Heap, PVOID Block)
{
    return MagGive(RTLP_READ(Heap->Front), Block);
}

static inline bool MagIsFree(MAG_REGION *Region, ULONG Block)
{
    return RTLP_READ(Region->Free[Block / 32]) >> Block % 32 & 1;
}

static inline SIZE_T RtlpFrontBytes(HEAP *Heap, const void *Data)
{
    ULONG Block;
    MAG_REGION *Region = MagFind(RTLP_READ(Heap->Front), Data, &Block);
    return Region && !MagIsFree(Region, Block) ? (SIZE_T)Region->Units << GRANULE_SHIFT
                                               : 0;
}

static inline SIZE_T RtlpFrontUnused(const void *Data)
{
    return RTLP_READ(((HEAP_ENTRY *)Data - 1)->PreviousSize);
}
#endif
