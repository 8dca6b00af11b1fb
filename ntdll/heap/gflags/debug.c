/* debug.c - the debug heap: patterns in and after blocks, and their check.
 *
 * HEAP_TAIL_CHECKING_ENABLED (gflags htc) keeps a granule of ABh after what was asked
 * for; HEAP_FREE_CHECKING_ENABLED (hfc) fills free entries with FEEEFEEEh and fresh
 * blocks with BAADF00Dh.  A pattern that is gone names the block that was overrun, or the
 * free memory that was still written to.
 *
 * Lock: the heap's.  In Windows: the same flags and patterns (RtlDebugAllocateHeap).
 */
#include "heap/heapp.h"

#define ALLOC_HEAP_FILL      0xBAADF00Du
#define FREE_HEAP_FILL       0xFEEEFEEEu
#define CHECK_HEAP_TAIL_FILL 0xABu

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

void RtlpFillTail(const HEAP *Heap, PVOID Block, SIZE_T Size)
{
    if (Heap->Flags & HEAP_TAIL_CHECKING_ENABLED)
        __builtin_memset((char *)Block + Size, CHECK_HEAP_TAIL_FILL, HEAP_TAIL_SIZE);
}

/* Fills a fresh block and what follows it, as the heap's flags ask. */
void RtlpFillBusy(const HEAP *Heap, PVOID Block, SIZE_T Size)
{
    if (Heap->Flags & HEAP_FREE_CHECKING_ENABLED)
        for (SIZE_T i = 0; i < Size / sizeof(ULONG); i++)
            ((ULONG *)Block)[i] = ALLOC_HEAP_FILL;
    RtlpFillTail(Heap, Block, Size);
}

/* Whether the bytes after Block still are what they were; reported if not. */
bool RtlpCheckTail(HEAP *Heap, PVOID Block, SIZE_T Size)
{
    const UCHAR *Tail = (const UCHAR *)Block + Size;
    for (ULONG i = 0; i < HEAP_TAIL_SIZE; i++)
        if (Tail[i] != CHECK_HEAP_TAIL_FILL) {
            RtlpHeapFailure(Heap, heap_failure_buffer_overrun, Block, "RtlpCheckTail");
            return false;
        }
    return true;
}

bool RtlpCheckSlack(HEAP *Heap, HEAP_ENTRY *Entry)
{
    if (RtlpSlackIsWhole(Entry, RtlpDecode(Heap, Entry)))
        return true;
    RtlpHeapFailure(Heap, heap_failure_buffer_overrun, Entry + 1, "RtlpCheckSlack");
    return false;
}
