/* trace.c - events: what happened, when, and on which stack.
 *
 * A point in the kernel says KD_TRACE(PageAlloc, pfn, use, address); while nobody has
 * asked, that is one test of KdTraceMask.  Who asks is a process (NtFathomTrace: its own
 * events, kept in its KDTRACE until it reads them) or the boot option trace= (all events
 * as lines of text out of COM2).  The walk reads the first, a person or a tool the
 * second.
 *
 *   KD_TRACE --> KdTraceEvent --+--> KDTRACE.Buffer of the process --> NtFathomReadEvents
 *                               +--> COM2, one line an event, one a frame
 *
 * Time is the TSC less what tracing has cost so far, so that an interval between two
 * events holds the traced code alone: under icount, its instructions. Invariant: Tail -
 * Head <= KDTRACE_SIZE, both multiples of 4; a record is whole or absent. Lock: none; no
 * interrupt handler traces.
 */
#include "dispatch/dispatch.h"
#include "observe/observe.h"
#include "rtl/format.h"

ULONG KdSerialTraceMask;
ULONGLONG KdTraceOverhead;
KDTRACE *(*KdCurrentTrace)(ULONG *processId, ULONG *threadId);

static ULONG KdpSequence;
static BOOLEAN
    KdpBusy; /* an event inside an event (a fault while walking) is not recorded */

static struct {
    FATHOM_EVENT Event;
    FATHOM_FRAME Frames[FATHOM_MAX_FRAMES];
} KdpRecord;

static const struct {
    const char *Name, *Fields;
} KdpEventText[32] = {
#define EVENT_ROW(number, name, fields) [number] = {#name, fields},
    FATHOM_EVENT_TABLE(EVENT_ROW)
#undef EVENT_ROW
};

static void KdpStore(KDTRACE *trace, const UCHAR *bytes, ULONG length)
{
    if (KDTRACE_SIZE - (trace->Tail - trace->Head) < length) {
        trace->Lost++;
        return;
    }
    for (ULONG i = 0; i < length; i++)
        trace->Buffer[(trace->Tail + i) % KDTRACE_SIZE] = bytes[i];
    trace->Tail += length;
}

static void KdpTell(const char *format, ...)
{
    char line[200];
    va_list arguments;
    va_start(arguments, format);
    int length = RtlFormatV(line, sizeof line, format, arguments);
    va_end(arguments);
    KdSerialWrite(1, line, length);
}

static void KdpSendSerial(void)
{
    const FATHOM_EVENT *event = &KdpRecord.Event;
    const char *field = KdpEventText[event->Id].Fields;
    KdpTell("%u %I64u %u.%u %s", event->Sequence, event->Time, event->ProcessId,
            event->ThreadId, KdpEventText[event->Id].Name);
    for (ULONG i = 0; i < event->FieldCount; i++) {
        ULONG length = 0;
        while (field[length] && field[length] != ' ')
            length++;
        KdpTell(" %.*s=%x", (int)length, field, event->Fields[i]);
        field += length + (field[length] == ' ');
    }
    KdpTell("\n");
    for (ULONG i = 0; i < event->FrameCount; i++) {
        char name[128];
        KdNameAddress(KdpRecord.Frames[i].Address, name, sizeof name, NULL);
        KdpTell("    %s%s\n", name,
                KdpRecord.Frames[i].Flags & FATHOM_FRAME_GUESSED ? " (guessed)" : "");
    }
}

void KdSetTraceMask(ULONG wanted)
{
    const ULONG services = 1u << EventServiceEnter | 1u << EventServiceExit;
    KdTraceMask = wanted | KdSerialTraceMask;
    KeTraceServices((KdTraceMask & services) != 0);
}

/* fields: count (at most 8) ULONGs, as events.tbl names them. */
void KdTraceEvent(ULONG id, ULONG count, const ULONG *fields)
{
    ULONGLONG begin = KeReadTsc();
    FATHOM_EVENT *event = &KdpRecord.Event;
    KDTRACE *trace = NULL;
    if (KdpBusy)
        return;
    KdpBusy = TRUE;
    *event =
        (FATHOM_EVENT){.Id = id, .Time = begin - KdTraceOverhead, .FieldCount = count};
    if (KdCurrentTrace)
        trace = KdCurrentTrace(&event->ProcessId, &event->ThreadId);
    for (ULONG i = 0; i < count; i++)
        event->Fields[i] = fields[i];
    BOOLEAN mine = trace && (trace->Mask & (1u << id));
    BOOLEAN serial = (KdSerialTraceMask & (1u << id)) ||
                     (mine && (trace->Flags & FATHOM_TRACE_SERIAL));
    if (mine || serial) {
        event->Sequence = KdpSequence++;
        if (mine && (trace->Flags & FATHOM_TRACE_STACKS)) {
            const ULONG *ebp = __builtin_frame_address(0);
            event->FrameCount =
                KdCaptureStack((ULONG_PTR)__builtin_return_address(0), ebp[0],
                               KdpRecord.Frames, FATHOM_MAX_FRAMES);
        }
        event->Size = sizeof *event + event->FrameCount * sizeof(FATHOM_FRAME);
        if (mine)
            KdpStore(trace, (const UCHAR *)event, event->Size);
        if (serial)
            KdpSendSerial();
    }
    KdpBusy = FALSE;
    KdTraceOverhead += KeReadTsc() - begin;
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
