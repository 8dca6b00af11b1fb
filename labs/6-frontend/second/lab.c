/* lab.c - lab 6, a second solution: the front end in Windows 7's shape, as one file for lab.h.
 *
 * It reads the rules that a seed changes: LAB_USE, LAB_CLASS (lab.toml).
 */
#undef FRONT_FILE
#define FRONT_FILE "heap/front/windows7/windows7.h"
#ifdef LAB_USE
#define LFH_FIRST_USE LAB_USE
#endif
#define RtlpFrontAllocate LabAllocateAsWindows
#include "heap/front/windows7/windows7p.h"
#include "heap/front/windows7/blocks.c"
#include "heap/front/windows7/bucket.c"
#include "heap/front/windows7/check.c"
#include "heap/front/windows7/give.c"
#include "heap/front/windows7/subsegment.c"
#include "heap/front/windows7/take.c"
#include "heap/front/windows7/userblocks.c"
#undef RtlpFrontAllocate

#ifndef LAB_CLASS
#define LAB_CLASS 0
#endif

PVOID LabTake(HEAP *Heap, SIZE_T Size);
bool LabGive(HEAP *Heap, PVOID Block);
SIZE_T LabBytes(HEAP *Heap, const void *Block);
SIZE_T LabUnused(const void *Block);
PVOID RtlpFrontAllocate(HEAP *Heap, ULONG Units, SIZE_T Size);

/* Granules of the class that a request of Units has. */
static ULONG RoundUnits(ULONG Units)
{
#if LAB_CLASS == 1 /* 32-byte steps up to 512 bytes */
    return Units <= 64 ? (Units + 3) / 4 * 4 : Units;
#elif LAB_CLASS == 2 /* 24-byte steps up to 240 bytes */
    return Units <= 30 ? (Units + 2) / 3 * 3 : Units;
#elif LAB_CLASS == 3 /* 64-byte steps up to 1,024 bytes */
    return Units <= 128 ? (Units + 7) / 8 * 8 : Units;
#else
    return Units;
#endif
}

PVOID LabTake(HEAP *Heap, SIZE_T Size)
{
    if (RTLP_RARELY(Size > FRONT_LARGEST))
        return NULL;
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    return RtlpLowFragHeapAllocFromContext(RTLP_READ(Heap->Front),
                                           RtlpLfhBucket[RoundUnits(Units)], Size);
}

PVOID RtlpFrontAllocate(HEAP *Heap, ULONG Units, SIZE_T Size)
{
    return LabAllocateAsWindows(Heap, RoundUnits(Units), Size);
}

bool LabGive(HEAP *Heap, PVOID Block)
{
    return RtlpFrontGive(Heap, Block);
}

SIZE_T LabBytes(HEAP *Heap, const void *Block)
{
    return RtlpFrontBytes(Heap, Block);
}

SIZE_T LabUnused(const void *Block)
{
    return RtlpFrontUnused(Block);
}
