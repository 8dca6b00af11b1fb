/* debug.c - the debug heap: patterns in and after blocks in use, and their check.
 *
 * HEAP_TAIL_CHECKING_ENABLED (gflags htc) keeps a granule of ABh after what was asked
 * for; HEAP_FREE_CHECKING_ENABLED (hfc) fills fresh blocks with BAADF00Dh (freefill.c has
 * the free ones).  A pattern that is gone names the block that was overrun.
 *
 * Lock: the heap's.  In Windows: the same flags and patterns (RtlDebugAllocateHeap).
 */
#include "heap/heapp.h"

#define ALLOC_HEAP_FILL      0xBAADF00Du
#define CHECK_HEAP_TAIL_FILL 0xABu

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
