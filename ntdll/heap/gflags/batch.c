/* batch.c - events of the front end's blocks, without a service for each.
 *
 * Such a call costs less than the way to the kernel.  So while the host alone wants heap events,
 * and no stacks, they wait in the thread's HEAP_BATCH (heapcall.h); kernel/observe/batch.c says
 * when they are taken.  All other calls are told by RtlpTellCall, before which the kernel takes
 * the batch: the stream is in order.
 *
 * A free is in the batch before another thread can get the block; its end is put in afterwards.
 *
 * Lock: none.  Not on a host (tests/host/heap_os.c).
 */
#include "heap/heapp.h"
#include "heap/front/front.h"
#include "ntdll.h"
#include "ntdllp.h"

/* Null: each call is a service. */
static inline HEAP_BATCH *RtlpBatch(void)
{
    const ULONG Flags = *(const ULONG *)(MM_PEB_VA + offsetof(PEB, TracingFlags));
    return Flags & PEB_FATHOM_HEAP_BATCHED ? (HEAP_BATCH *)NtTeb()->GdiTebBatch : NULL;
}

static inline ULONG RtlpClock(void) /* RtlpTraceClock, inline */
{
    return (ULONG)__builtin_ia32_rdtsc() - *(volatile const ULONG *)FATHOM_TRACE_OVERHEAD;
}

static __attribute__((noinline)) void RtlpAskKernel(HEAP_BATCH *Batch)
{
    FATHOM_HEAP_CALL None = {.Ended = RtlpClock()};
    RtlpTellCall(&None);
    Batch->Asked = Batch->Tail;
}

/* The next entry, filled in but for its end. */
static inline __attribute__((always_inline)) HEAP_BATCHED *
RtlpNextCall(HEAP_BATCH *Batch, ULONG Operation, HEAP *Heap, const void *Block,
             SIZE_T Size, SIZE_T Bytes, ULONG Served, ULONG Began)
{
    if (RTLP_RARELY(Batch->Tail - Batch->Asked >= HEAP_BATCH_MOST))
        RtlpAskKernel(Batch);
    HEAP_BATCHED *Call = &Batch->Calls[Batch->Tail % HEAP_BATCH_MOST];
    Call->Fields.Word[0] = Operation;
    Call->Fields.Word[1] = (ULONG)Heap;
    Call->Fields.Word[2] = (ULONG)Block;
    Call->Fields.Word[3] = Size;
    Call->Fields.Word[4] = Bytes - sizeof(HEAP_ENTRY);
    Call->Fields.Word[5] = 0;
    Call->Fields.Word[6] = Served;
    Call->Fields.Word[7] = Began;
    return Call;
}

/* As RtlpFrontTake; null: it has none, or there is no batch. */
PVOID RtlpTakeBatched(HEAP *Heap, SIZE_T Size)
{
    HEAP_BATCH *Batch = RtlpBatch();
    if (!Batch)
        return NULL;
    const ULONG Commits = *(ULONG *)NtTeb()->SpareBytes; /* RtlpCommits, inline */
    const ULONG Began = RtlpClock();
    PVOID Block = RtlpFrontTake(Heap, Size);
    const ULONG Ended = RtlpClock();
    if (!Block)
        return NULL;
    const bool Committed = *(ULONG *)NtTeb()->SpareBytes != Commits;
    RtlpNextCall(Batch, HEAP_EVENT_ALLOCATE, Heap, Block, Size,
                 Size + RtlpFrontUnused(Block),
                 Committed ? HEAP_SERVED_COMMIT : HEAP_SERVED_FRONT, Began)
        ->Ended = Ended;
    Batch->Tail++;
    return Block;
}

/* As RtlpFrontGive; false: not its block, or there is no batch. */
bool RtlpGiveBatched(HEAP *Heap, PVOID Block)
{
    HEAP_BATCH *Batch = RtlpBatch();
    const ULONG Began = RtlpClock();
    const SIZE_T Bytes = Batch ? RtlpFrontBytes(Heap, Block) : 0;
    if (!Bytes)
        return false;
    HEAP_BATCHED *Call =
        RtlpNextCall(Batch, HEAP_EVENT_FREE, Heap, Block, Bytes - RtlpFrontUnused(Block),
                     Bytes, HEAP_SERVED_FRONT, Began);
    Call->Ended = Began;
    Batch->Tail++;
    const bool Done = RtlpFrontGive(Heap, Block);
    Call->Ended = RtlpClock();
    return Done;
}
