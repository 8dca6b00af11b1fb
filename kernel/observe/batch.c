/* batch.c - heap events that a thread keeps in its TEB, put into the stream.
 *
 * A service for each would cost more than the call of the heap.  So ntdll writes them into
 * HEAP_BATCH (heapcall.h), and the kernel takes them before it records any other event of this
 * thread, at a switch to another, at the thread's end, and when 32 are there: the stream has all
 * events in the order in which they happened.
 *
 *   V1  what a program writes there says something of its own thread alone: process and thread are
 *       the kernel's, the time lies between that of the event before and now
 *   V2  nothing here faults, and nothing is taken twice: the count of what was taken is the
 *       kernel's
 *
 * Batches are used while the host wants heap events without stacks.  Lock: none, as trace.c.
 */
#include "observe/observe.h"
#include "rtlheap.h"
#include "section/section.h"

#define HEAP (1u << EventHeapOperation)

typedef struct __attribute__((packed, aligned(4))) {
    FATHOM_RECORD Head;
    struct _HEAP_CALL_WORDS Fields; /* its Words */
} HEAP_RECORD;
C_ASSERT(offsetof(HEAP_RECORD, Fields) == offsetof(FATHOM_RECORD, Words));

C_ASSERT(sizeof(HEAP_BATCH) <= sizeof(((TEB *)0)->GdiTebBatch));

static HEAP_BATCH KdpBatch; /* a copy: the program may go on writing in its own */

/* Only that of the host: a process's own events come one by one, with their stacks. */
BOOLEAN KdHasBatches(void)
{
    return (KdHostTraceMask & HEAP) && !KdHostStacks;
}

ULONG KdHeapTracing(ULONG own)
{
    if (!((own | KdHostTraceMask) & HEAP))
        return 0;
    return PEB_HEAP_TRACING_ENABLED |
           (KdHasBatches() && !(own & HEAP) ? PEB_FATHOM_HEAP_BATCHED : 0) |
           (KdHostStacks & KD_STACKS_OF_HEAP ? PEB_FATHOM_HEAP_STACKS : 0);
}

/* The calls before tail; their times lie between before and now. */
static void KdpStreamBatch(const KDOWNER *owner, ULONG tail, ULONG count,
                           ULONGLONG before, ULONGLONG now)
{
    const ULONG most = (ULONG)min(now - before, ~0u);
    ULONG sequence;
    FATHOM_RECORD *first = KdNewRecords(count * sizeof(HEAP_RECORD), count, &sequence);
    if (!first)
        return;
    HEAP_RECORD *record = (HEAP_RECORD *)first;
    for (ULONG i = 0; i < count; i++, record++) {
        const HEAP_BATCHED *call = &KdpBatch.Calls[(tail - count + i) % HEAP_BATCH_MOST];
        const ULONG since = call->Ended - (ULONG)before;
        record->Head.Size = sizeof *record;
        record->Head.Id = EventHeapOperation;
        record->Head.FieldCount = HEAP_CALL_FIELDS;
        record->Head.Sequence = sequence + i;
        record->Head.Time = before + min(since, most);
        record->Head.ProcessId = owner->ProcessId;
        record->Head.ThreadId = owner->ThreadId;
        record->Head.FrameCount = record->Head.TextLength = 0;
        __asm__ volatile("" ::: "memory"); /* call is held, not computed again */
        record->Fields = call->Fields;
    }
    KdEndRecords(first, count * sizeof *record);
}

void KdTakeBatch(PKTHREAD thread, const KDOWNER *owner, ULONGLONG before, ULONGLONG now)
{
    const ULONG_PTR at = (ULONG_PTR)thread->Teb + offsetof(TEB, GdiTebBatch);
    ULONG tail;
    if (!owner->Taken || MmCurrentSpace() != thread->Space ||
        !NT_SUCCESS(KdReadMemory(at, &tail, sizeof tail)) || tail == *owner->Taken ||
        !NT_SUCCESS(KdReadMemory(at, &KdpBatch, sizeof KdpBatch)))
        return;
    KdpStreamBatch(owner, tail, min(tail - *owner->Taken, HEAP_BATCH_MOST), before, now);
    *owner->Taken = tail;
}
