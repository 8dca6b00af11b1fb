/* lab.c - lab 6: a front end of your own.  This one never serves: every block is the back end's.
 *
 * The heap works with it, and each test says what is missing.  Read ntdll/heap/front/front.h first
 * (the contract), then ntdll/heap/front/lab/lab.h (its rules in this lab).
 *
 * A way to begin:
 *   1. Count in Heap->FrontUse which classes are asked for (RtlpFrontAllocate, lock held).
 *   2. When one is asked for often, make a structure (RtlpFrontEnable sets Heap->FrontEndHeap,
 *      Heap->FrontEndHeapType = 2, and Heap->Front if Heap->FrontHeapLockCount is 0).
 *   3. Take memory for a few blocks of that class, write their headers (F2), hand them out.
 *   4. Then LabGive, RtlpFrontOwns, RtlpFrontNext; then what is given back to the system.
 */
#include "heap/front/front.h"
#include "heap/check/validate.h"

/* What one heap's front end knows. */
struct _FRONT_HEAP {
    HEAP *Heap;
};

/* A front end without any block: HEAP.Front while there is none, or while a program holds the
 * heap's lock. */
FRONT_HEAP RtlpNoFront;

/* Without the lock.  Null: RtlpFrontAllocate is asked. */
PVOID LabTake(HEAP *Heap, SIZE_T Size)
{
    (void)Heap, (void)Size;
    return NULL;
}

/* Without the lock.  False: it is no block in use of this front end, and nothing changed. */
bool LabGive(HEAP *Heap, PVOID Block)
{
    (void)Heap, (void)Block;
    return false;
}

SIZE_T LabBytes(HEAP *Heap, const void *Block)
{
    (void)Heap, (void)Block;
    return 0;
}

SIZE_T LabUnused(const void *Block)
{
    (void)Block;
    return 0;
}

/* From here on the caller holds the heap's lock. */
PVOID RtlpFrontAllocate(HEAP *Heap, ULONG Units, SIZE_T Size)
{
    (void)Heap, (void)Units, (void)Size;
    return NULL; /* missing: count, and serve */
}

bool RtlpFrontFree(HEAP *Heap, PVOID Block)
{
    (void)Heap, (void)Block;
    return false;
}

bool RtlpFrontEnable(HEAP *Heap)
{
    (void)Heap;
    return false;
}

void RtlpFrontDestroy(HEAP *Heap)
{
    (void)Heap;
}

void RtlpFrontTrim(HEAP *Heap)
{
    (void)Heap;
}

bool RtlpFrontOwns(const FRONT_HEAP *Front, const void *Block, FRONT_ITEM *Found)
{
    (void)Front, (void)Block, (void)Found;
    return false;
}

bool RtlpFrontHolds(const HEAP *Heap, const void *Block)
{
    (void)Heap, (void)Block;
    return false;
}

void RtlpFrontNoteSize(HEAP *Heap, PVOID Block, SIZE_T Size)
{
    (void)Heap, (void)Block, (void)Size;
}

bool RtlpFrontNext(const HEAP *Heap, FRONT_ITEM *Item)
{
    (void)Heap, (void)Item;
    return false;
}

bool RtlpFrontCheck(HEAP_CHECK *Check)
{
    (void)Check;
    return true;
}
