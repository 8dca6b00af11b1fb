/* events.c - calls of a heap as events: when each began and ended, and what served it.
 *
 *     RtlAllocateHeap -> RtlpAllocateHeap
 *                          RtlpCallBegins   Began
 *                          ..               the call as ever: the front end without the lock first
 *                          RtlpTraceBlock   Ended; what the block is; -> HeapOperation
 *
 * While HeapOperation is wanted every call comes the long way (call.c), but those that batch.c
 * takes.  Began and Ended are read
 * on the clock of the events, which stands still while tracing works: between them is what the
 * call costs untraced.  A call that a commit was made for is served by commit, whichever end of
 * the heap the block lies in.
 *
 * Lock: taken to look at a block.
 */
#include "heap/heapp.h"
#include "heap/front/front.h"

PVOID RtlpTakeTraced(HEAP *Heap, ULONG Flags, SIZE_T Size)
{
    return Flags & LONG_PATH_FLAGS ? NULL : RtlpFrontTake(Heap, Size);
}

static ULONG RtlpServedBy(const HEAP_BLOCK *Found)
{
    static const ULONG Served[] = {[BlockBackEnd] = HEAP_SERVED_FREE_LIST,
                                   [BlockFrontEnd] = HEAP_SERVED_FRONT,
                                   [BlockLarge] = HEAP_SERVED_LARGE,
                                   [BlockPages] = HEAP_SERVED_PAGE_HEAP};
    return Served[Found->Kind];
}

static ULONG RtlpCanHold(const HEAP_BLOCK *Found)
{
    return (ULONG)(Found->Bytes - sizeof(HEAP_ENTRY));
}

/* Of a call that began as *Call says and ends now. */
static void RtlpTraceCall(const HEAP_CALL *Call, FATHOM_HEAP_CALL *Tell)
{
    Tell->Began = Call->Began;
    RtlpTellCall(Tell);
}

void RtlpTraceBlock(const HEAP_CALL *Call, HEAP *Heap, PVOID Old, PVOID Block,
                    SIZE_T Size)
{
    FATHOM_HEAP_CALL Tell;
    HEAP_BLOCK Found;
    Tell.Ended = RtlpTraceClock();
    const bool Committed = *RtlpCommits() != Call->Commits;
    Tell.Operation = Old ? HEAP_EVENT_REALLOCATE : HEAP_EVENT_ALLOCATE;
    Tell.Heap = (ULONG)(ULONG_PTR)Heap;
    Tell.Block = (ULONG)(ULONG_PTR)Block;
    Tell.Size = (ULONG)Size;
    Tell.Old = (ULONG)(ULONG_PTR)Old;
    Tell.Granted = Tell.Served = 0;
    bool Locked = RtlpEnterHeap(Heap, 0);
    if (Block && RtlpFindBlock(Heap, Block, &Found, true, "")) {
        Tell.Granted = RtlpCanHold(&Found);
        Tell.Served = RtlpServedBy(&Found);
        if (Block == Old)
            Tell.Served = HEAP_SERVED_IN_PLACE;
        else if (Committed && Found.Kind != BlockLarge && Found.Kind != BlockPages)
            Tell.Served = HEAP_SERVED_COMMIT;
    }
    RtlpLeaveHeap(Heap, Locked);
    RtlpTraceCall(Call, &Tell);
}

void RtlpTraceFree(const HEAP_CALL *Call, HEAP *Heap, PVOID Block,
                   const HEAP_BLOCK *Found)
{
    FATHOM_HEAP_CALL Tell = {.Ended = RtlpTraceClock(),
                             .Operation = HEAP_EVENT_FREE,
                             .Heap = (ULONG)(ULONG_PTR)Heap,
                             .Block = (ULONG)(ULONG_PTR)Block,
                             .Size = Found ? (ULONG)(Found->Bytes - Found->Unused) : 0,
                             .Granted = Found ? RtlpCanHold(Found) : 0,
                             .Served = Found ? RtlpServedBy(Found) : HEAP_SERVED_FAILED};
    RtlpTraceCall(Call, &Tell);
}

void RtlpTraceHeap(ULONG Operation, HEAP *Heap, SIZE_T Size)
{
    const HEAP_CALL Now = {.Began = RtlpTraceClock()};
    FATHOM_HEAP_CALL Tell = {.Ended = Now.Began,
                             .Operation = Operation,
                             .Heap = (ULONG)(ULONG_PTR)Heap,
                             .Size = (ULONG)Size,
                             .Served = HEAP_SERVED_HEAP};
    RtlpTraceCall(&Now, &Tell);
}
