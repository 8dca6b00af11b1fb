/* trace.c - events: what happened, when, and on which stack.
 *
 * A point in the kernel says KD_TRACE(PageAlloc, pfn, use, address); while none has
 * asked, that is one test of KdTraceMask.  Who asks is a process (NtFathomTrace: its own
 * events, kept in its KDTRACE until it reads them) or the boot option trace= (those of all
 * processes, as a stream to the host).  The walk reads the first, a person or a tool the
 * second.
 *
 *   KD_TRACE --> KdTraceEvent --+--> KDTRACE.Buffer of the process --> NtFathomReadEvents
 *                               +--> stream.c: a ring that the host reads, or COM2
 *
 * Time is the TSC less what tracing has cost so far, so that an interval between two
 * events holds the traced code alone: under icount, its instructions. Invariant: Tail -
 * Head <= KDTRACE_SIZE, both multiples of 4; a record is whole or absent. Lock: none; no
 * interrupt handler traces.
 */
#include "dispatch/dispatch.h"
#include "observe/observe.h"
#include "section/section.h"

ULONG KdHostTraceMask;
ULONG KdHostStacks;
ULONGLONG KdTraceOverhead;
void (*KdOwnerOf)(PKTHREAD, KDOWNER *);

static ULONG KdpSequence;
static BOOLEAN
    KdpBusy; /* an event inside an event (a fault while walking) is not recorded */
static FATHOM_FRAME KdpFrames[FATHOM_MAX_FRAMES], KdpGivenFrames[HEAP_CALL_FRAMES];
static PKTHREAD KdpWorker;  /* who does tracing's own work; the clock stops meanwhile */
static ULONG KdpGiven;      /* frames that came with this event */
static ULONGLONG KdpLatest; /* the time of the latest event */

static void KdpStore(KDTRACE *trace, const void *from, ULONG length)
{
    const UCHAR *bytes = from;
    for (ULONG i = 0; i < length; i++)
        trace->Buffer[(trace->Tail + i) % KDTRACE_SIZE] = bytes[i];
    trace->Tail += length;
}

/* Into the process's buffer, whole; FALSE: no room. */
static BOOLEAN KdpPutOne(KDTRACE *trace, const KDEVENT *event)
{
    const ULONG frames = event->FrameCount * sizeof(FATHOM_FRAME);
    FATHOM_EVENT head = {.Size = sizeof head + frames,
                         .Id = event->Id,
                         .Sequence = KdpSequence++,
                         .Time = event->Time,
                         .ProcessId = event->ProcessId,
                         .ThreadId = event->ThreadId,
                         .FieldCount = event->FieldCount,
                         .FrameCount = event->FrameCount};
    memcpy(head.Fields, event->Fields, event->FieldCount * sizeof(ULONG));
    if (KDTRACE_SIZE - (trace->Tail - trace->Head) < head.Size)
        return FALSE;
    KdpStore(trace, &head, sizeof head);
    KdpStore(trace, event->Frames, frames);
    return TRUE;
}

/* The same, after word of those that were lost; or counted as lost, too. */
static void KdpKeep(KDTRACE *trace, const KDEVENT *event)
{
    const ULONG lost = trace->Lost;
    KDEVENT word = *event;
    word.Id = EventEventsLost;
    word.FieldCount = 1;
    word.FrameCount = 0;
    word.Fields = &lost;
    if (lost && KdpPutOne(trace, &word))
        trace->Lost = 0;
    if (trace->Lost || !KdpPutOne(trace, event))
        trace->Lost++;
}

void KdSetTraceMask(ULONG wanted)
{
    const ULONG services = 1u << EventServiceEnter | 1u << EventServiceExit;
    KdTraceMask = wanted | KdHostTraceMask;
    if (KdHasBatches()) /* there they are taken */
        KdTraceMask |= 1u << EventContextSwitch | 1u << EventThreadExit;
    KeTraceServices((KdTraceMask & services) != 0);
}

static void KdpDeliver(KDEVENT *event, KDTRACE *trace, ULONG_PTR eip, ULONG_PTR ebp)
{
    const ULONG bit = 1u << event->Id;
    const BOOLEAN mine = trace && trace->Mask & bit;
    const BOOLEAN host =
        (KdHostTraceMask & bit) || (mine && trace->Flags & FATHOM_TRACE_SERIAL);
    const BOOLEAN hostStacks = host && KdHostStacks & KD_STACKS_OF_ALL && !KdpGiven;
    const BOOLEAN mineStacks = mine && trace->Flags & FATHOM_TRACE_STACKS;
    const char *text = NULL;
    ULONG frames = 0;
    if (FATHOM_EVENT_TEXTS & bit)
        text = (const char *)event->Fields[--event->FieldCount];
    if (hostStacks || mineStacks)
        frames = KdCaptureStack(eip, ebp, KdpFrames, FATHOM_MAX_FRAMES);
    event->FrameCount = hostStacks ? frames : KdpGiven;
    event->Frames = KdpGiven ? KdpGivenFrames : KdpFrames;
    if (host)
        KdStreamEvent(event, text);
    event->FrameCount = mineStacks ? frames : 0;
    event->Frames = KdpFrames;
    if (mine)
        KdpKeep(trace, event);
}

/* Tracing took that long; programs read the sum. */
static void KdpCharge(ULONGLONG cost)
{
    KdTraceOverhead += cost;
    if (KeSharedUserData)
        *(volatile ULONG *)((UCHAR *)KeSharedUserData +
                            FATHOM_TRACE_OVERHEAD % PAGE_SIZE) = (ULONG)KdTraceOverhead;
}

/* Whether an event of the thread that does tracing's own work is told all the same: its services,
 * faults and regions are not the program's, but the machine's pages are. */
static BOOLEAN KdpIsToldOfWork(ULONGLONG begin, KDEVENT *event)
{
    const ULONG told = 1u << EventPageAlloc | 1u << EventPageFree |
                       1u << EventContextSwitch | 1u << EventHeapOperation;
    if (event->Id == EventThreadExit)
        KdpWorker = NULL;
    if (event->Id == EventHeapOperation || !KdpWorker)
        return TRUE;
    KdTraceOverhead = begin - KdpLatest;
    event->Time = KdpLatest;
    return (told & 1u << event->Id) != 0;
}

/* ke says State and KTHREAD of the other thread; the record has its ids. */
static void KdpNameThread(KDEVENT *event, ULONG names[3])
{
    KDOWNER other = {0};
    if (KdOwnerOf)
        KdOwnerOf((PKTHREAD)event->Fields[1], &other);
    names[0] = event->Fields[0];
    names[1] = other.ProcessId;
    names[2] = other.ThreadId;
    event->Fields = names;
    event->FieldCount = 3;
}

/* mm says what page; the record has also how many are free once it is taken or given back. */
static void KdpCountFree(KDEVENT *event, ULONG fields[4])
{
    FATHOM_MEMORY memory;
    MmQueryMemory(&memory);
    for (ULONG i = 0; i < event->FieldCount; i++)
        fields[i] = event->Fields[i];
    fields[event->FieldCount++] =
        memory.Free + memory.Zeroed + (event->Id == EventPageFree);
    event->Fields = fields;
}

/* What happened at begin (TSC), told from the frame that eip and ebp are of. */
static void KdpHappened(ULONGLONG begin, ULONG id, ULONG count, const ULONG *fields,
                        ULONG_PTR eip, ULONG_PTR ebp)
{
    KDOWNER owner = {0};
    KDEVENT event = {
        .Id = id, .FieldCount = count, .Fields = fields, .Time = begin - KdTraceOverhead};
    ULONG more[4];
    if (KdpBusy)
        return;
    if (KdpWorker == KeGetCurrentThread() && !KdpIsToldOfWork(begin, &event))
        return;
    KdpBusy = TRUE;
    if (KdOwnerOf)
        KdOwnerOf(KeGetCurrentThread(), &owner);
    if (KdHasBatches())
        KdTakeBatch(KeGetCurrentThread(), &owner, KdpLatest, event.Time);
    event.ProcessId = owner.ProcessId;
    event.ThreadId = owner.ThreadId;
    if (id == EventContextSwitch)
        KdpNameThread(&event, more);
    if (id == EventPageAlloc || id == EventPageFree)
        KdpCountFree(&event, more);
    if (id != EventHeapOperation || fields[0] != 0)
        KdpDeliver(&event, owner.Trace, eip, ebp);
    KdpBusy = FALSE;
    KdpLatest = event.Time;
    KdpCharge(KeReadTsc() - begin);
}

/* fields: count (at most 8) ULONGs, as events.tbl names them; a text is its address. */
void KdTraceEvent(ULONG id, ULONG count, const ULONG *fields)
{
    const ULONG *ebp = __builtin_frame_address(0);
    KdpHappened(KeReadTsc(), id, count, fields, (ULONG_PTR)__builtin_return_address(0),
                ebp[0]);
}

/* The clock shows ended again, or the time of the latest event, if that came after. */
static void KdpBackTo(ULONG ended, ULONGLONG tsc)
{
    const ULONGLONG now = tsc - KdTraceOverhead;
    const ULONG since = (ULONG)now - ended;
    KdpCharge(min(since, now - KdpLatest));
}

void KdTraceWork(ULONG ended)
{
    const ULONGLONG begin = KeReadTsc();
    KdpBackTo(ended, begin);
    KdpLatest = begin - KdTraceOverhead;
    KdpWorker = KdHostStacks & KD_STACKS_OF_HEAP ? KeGetCurrentThread() : NULL;
}

void KdTraceHeapCall(const FATHOM_HEAP_CALL *call)
{
    const ULONGLONG begin = KeReadTsc();
    const ULONG *ebp = __builtin_frame_address(0);
    KdpBackTo(call->Ended, begin);
    KdpWorker = NULL;
    KdpGiven = call->FrameCount;
    for (ULONG i = 0; i < KdpGiven; i++)
        KdpGivenFrames[i].Address = call->Frames[i];
    KdpHappened(begin, EventHeapOperation, HEAP_CALL_FIELDS, &call->Operation,
                (ULONG_PTR)__builtin_return_address(0), ebp[0]);
    KdpGiven = 0;
}

/* Move whole records into buffer (kernel memory, length bytes); returns the bytes copied,
 * 0 when there is none or the first is larger than the buffer. */
ULONG KdReadTrace(KDTRACE *trace, UCHAR *buffer, ULONG length)
{
    ULONG copied = 0;
    while (trace->Head != trace->Tail) {
        ULONG size = trace->Buffer[trace->Head % KDTRACE_SIZE] |
                     trace->Buffer[(trace->Head + 1) % KDTRACE_SIZE] << 8;
        if (size > length - copied)
            break;
        for (ULONG i = 0; i < size; i++)
            buffer[copied + i] = trace->Buffer[(trace->Head + i) % KDTRACE_SIZE];
        trace->Head += size;
        copied += size;
    }
    return copied;
}
