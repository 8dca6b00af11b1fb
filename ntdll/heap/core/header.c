/* header.c - the fields of HEAP that RtlCreateHeap alone sets, summed up.
 *
 * A block's header and a list's links are checked wherever they are met (encode.c).  What HEAP says
 * of the whole heap (its flags, its keys, how sizes are rounded, the function that commits, the
 * lock) is read on every way and never written again.  HEAP.HeaderSum is the sum of these fields as
 * they were at first.  It is compared by the validator (H1), before the lock is taken to explain a
 * fault (process.c), and before CommitRoutine is called (ranges.c).  It is no secret: who can read
 * HEAP can forge it.
 *
 * Lock: none; the fields do not change.  In Windows: HeaderValidateLength and HeaderValidateCopy,
 * under gflags' hvp.
 */
#include "heap/heapp.h"

/* FNV-1a's step, by words. */
static inline ULONG_PTR RtlpMix(ULONG_PTR Sum, ULONG_PTR Field)
{
    return (Sum ^ Field) * 0x01000193u;
}

ULONG_PTR RtlpHeaderSum(const HEAP *Heap)
{
    ULONG_PTR Sum = RtlpMix(Heap->Flags, Heap->ForceFlags);
    Sum = RtlpMix(Sum, Heap->Encoding.Code1);
    Sum = RtlpMix(Sum, Heap->Encoding.PreviousSize);
    Sum = RtlpMix(Sum, Heap->PointerKey);
    Sum = RtlpMix(Sum, Heap->VirtualMemoryThreshold);
    Sum = RtlpMix(Sum, Heap->SegmentReserve);
    Sum = RtlpMix(Sum, Heap->SegmentCommit);
    Sum = RtlpMix(Sum, Heap->DeCommitFreeBlockThreshold);
    Sum = RtlpMix(Sum, Heap->DeCommitTotalFreeThreshold);
    Sum = RtlpMix(Sum, Heap->MaximumAllocationSize);
    Sum = RtlpMix(Sum, Heap->AlignRound);
    Sum = RtlpMix(Sum, Heap->AlignMask);
    Sum = RtlpMix(Sum, (ULONG_PTR)Heap->BlocksIndex);
    Sum = RtlpMix(Sum, (ULONG_PTR)Heap->UCRIndex);
    Sum = RtlpMix(Sum, (ULONG_PTR)Heap->LockVariable);
    Sum = RtlpMix(Sum, (ULONG_PTR)Heap->CommitRoutine);
    Sum = RtlpMix(Sum, Heap->Pad);
    Sum = RtlpMix(Sum, Heap->Guard);
    Sum = RtlpMix(Sum, Heap->InitialCommit);
    return RtlpMix(Sum, Heap->Protect);
}
