/* freefill.c - a free entry is written, and filled where the debug heap asks for it.
 *
 * HEAP_FREE_CHECKING_ENABLED (gflags hfc) fills free entries with FEEEFEEEh.  A word that is
 * another one names the free memory that was still written to.
 *
 *     entry: | header | two links | FEEEFEEE FEEEFEEE ... | next entry
 *
 * Lock: the heap's.  In Windows: the same flag and pattern (RtlDebugFreeHeap).
 */
#include "heap/heapp.h"

#define FREE_HEAP_FILL 0xFEEEFEEEu

void RtlpWriteFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG PreviousSize,
                   UCHAR SegmentIndex)
{
    ULONG Flags = 0;
    if (Heap->Flags & HEAP_FREE_CHECKING_ENABLED) {
        ULONG *End = (ULONG *)RtlpEntryAfter(Entry, Units);
        for (ULONG *Word = (ULONG *)(FREE_OF(Entry) + 1); Word < End; Word++)
            *Word = FREE_HEAP_FILL;
        Flags = HEAP_ENTRY_FILL_PATTERN;
    }
    Entry->UnusedBytes = 0;
    Entry->SegmentOffset = SegmentIndex;
    RtlpSetCode(Heap, Entry, Units, Flags);
    RtlpSetPreviousSize(Heap, Entry, PreviousSize);
}

/* Whether a free entry still holds its pattern, if it has one; reported if not. */
bool RtlpCheckFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Flags)
{
    if (!(Flags & HEAP_ENTRY_FILL_PATTERN))
        return true;
    ULONG *End = (ULONG *)RtlpEntryAfter(Entry, Units);
    for (ULONG *Word = (ULONG *)(FREE_OF(Entry) + 1); Word < End; Word++)
        if (*Word != FREE_HEAP_FILL) {
            RtlpHeapFailure(Heap, heap_failure_usage_after_free, Word, "RtlpCheckFree");
            return false;
        }
    return true;
}
