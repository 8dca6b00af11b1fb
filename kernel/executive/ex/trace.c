/* trace.c - the services of events and names: what fathom.dll calls.
 *
 * A process traces itself: NtFathomTrace gives it a KDTRACE (a ring of records in pool),
 * NtFathomReadEvents moves whole records out of it, NtFathomHeapEvent lets ntdll's heap
 * add its own.  While a process wants heap operations, bit 0 of its PEB's TracingFlags is
 * set (Windows 7's HeapTracingEnabled), so that a heap that is not traced pays one test.
 * KdTraceMask is the union of all masks: NtFathomTrace and a process's end recompute it. */
#include "ex/ex.h"
#include "observe/observe.h"
#include "ps/ps.h"
#include "rtl/format.h"
#include "rtlheap.h"
#include "services.h"

#define READ_CHUNK 0x4000u

static void ExpOwnerOf(PKTHREAD thread, KDOWNER *owner)
{
    ETHREAD *of = PsThreadOf(thread);
    if (of && of->Process)
        *owner =
            (KDOWNER){of->Process->Id, of->Id, of->Process->TraceBuffer, &of->HeapEvents};
}

static BOOLEAN ExpFindImage(ULONG_PTR address, KDIMAGE *image)
{
    MMFILE *file;
    MMSPACE *space = MmCurrentSpace();
    if (!space || !MmFindImage(space, address, &image->Base, &image->Size, &file) ||
        !file->Data)
        return FALSE;
    image->File = file->Data;
    image->FileSize = (SIZE_T)file->Size;
    image->FileName = file->Name;
    ULONG i = 0;
    while (i < sizeof image->Name - 1 && file->Name[i] && file->Name[i] != '.') {
        image->Name[i] = file->Name[i];
        i++;
    }
    image->Name[i] = 0;
    return TRUE;
}

static void ExpDescribeThread(PKTHREAD thread, char *text, SIZE_T size)
{
    static const char *const states[] = {"initialized", "ready", "running", "waiting",
                                         "terminated"};
    const char *state = thread->State < 5 ? states[thread->State] : "?";
    if (!thread->Teb) {
        RtlSnprintf(text, size, "system, %s", state);
        return;
    }
    ETHREAD *of = CONTAINING_RECORD(thread, ETHREAD, Tcb);
    RtlSnprintf(text, size, "%lu.%lu %s, %s", of->Process->Id, of->Id, of->Process->Name,
                state);
}

static void ExpRecompute(void)
{
    ULONG wanted = 0;
    LIST_EACH(const EPROCESS, process, &PsAllProcesses, AllListEntry) {
        const KDTRACE *trace = process->TraceBuffer;
        wanted |= trace ? trace->Mask : 0;
    }
    KdSetTraceMask(wanted);
}

/* trace=MASK or trace=all: these events of every process to the host; ring=PORT, stacks=1: how. */
void ExInitializeTrace(void)
{
    const char *mask = KeBootOption("trace");
    KdFindImage = ExpFindImage;
    PsDeleteTrace = ExDeleteTrace;
    KdDescribeThread = ExpDescribeThread;
    KdOwnerOf = ExpOwnerOf;
    if (mask != NULL) {
        KdHostTraceMask = strcmp(mask, "all") == 0 ? ~0u : KeBootNumber("trace", 0);
        KdHostStacks = KeBootNumber("stacks", 0);
        KdOpenStream(KeBootNumber("ring", 0));
    }
    KdSetTraceMask(0);
}

/* The process's records go; for NtFathomTrace(0) and for ps when a process is deleted. */
void ExDeleteTrace(EPROCESS *process)
{
    KDTRACE *trace = process->TraceBuffer;
    if (!trace)
        return;
    process->TraceBuffer = NULL;
    ExFreePool(trace);
    ExpRecompute();
}

static void ExpTellHeap(ULONG mask)
{
    ULONG *flags = &((PEB *)PsCurrentProcess()->Peb)->TracingFlags;
    ULONG value;
    if (!NT_SUCCESS(MmCopyFromUser(&value, flags, sizeof value)))
        return;
    value &=
        ~(PEB_HEAP_TRACING_ENABLED | PEB_FATHOM_HEAP_BATCHED | PEB_FATHOM_HEAP_STACKS);
    value |= KdHeapTracing(mask);
    MmCopyToUser(flags, &value, sizeof value);
}

/* Mask: bit n turns event n on (0: all off, unread records dropped); flags:
 * FATHOM_TRACE_*. STATUS_INVALID_PARAMETER_2, STATUS_NO_MEMORY (then nothing changed). */
NTSTATUS NTAPI NtFathomTrace(ULONG mask, ULONG flags)
{
    EPROCESS *process = PsCurrentProcess();
    if (flags & ~(FATHOM_TRACE_STACKS | FATHOM_TRACE_SERIAL))
        return STATUS_INVALID_PARAMETER_2;
    if (mask && !process->TraceBuffer)
        process->TraceBuffer = ExAllocatePool(sizeof(KDTRACE) + KDTRACE_SIZE, 'carT');
    if (mask && !process->TraceBuffer)
        return STATUS_NO_MEMORY;
    ExpTellHeap(mask);
    if (!mask) {
        ExDeleteTrace(process);
        return STATUS_SUCCESS;
    }
    KDTRACE *trace = process->TraceBuffer;
    trace->Mask = mask;
    trace->Flags = flags;
    ExpRecompute();
    return STATUS_SUCCESS;
}

/* Whole FATHOM_EVENT records into buffer; *returned: bytes. STATUS_SUCCESS with 0 bytes
 * when there is none, STATUS_BUFFER_TOO_SMALL when the next does not fit (it stays),
 * STATUS_ACCESS_VIOLATION (records moved so far are lost). */
NTSTATUS NTAPI NtFathomReadEvents(PVOID buffer, ULONG length, ULONG *returned)
{
    ULONG done = 0, got = 1;
    NTSTATUS status = MmProbeForWrite(returned, sizeof *returned, 4);
    if (NT_SUCCESS(status))
        status = MmProbeBuffer(buffer, length, 4);
    KDTRACE *trace = PsCurrentProcess()->TraceBuffer;
    if (!NT_SUCCESS(status) || !trace)
        return NT_SUCCESS(status) ? MmCopyToUser(returned, &done, sizeof done) : status;
    UCHAR *chunk = ExAllocatePool(READ_CHUNK, 'carT');
    if (!chunk)
        return STATUS_NO_MEMORY;
    while (NT_SUCCESS(status) &&
           (got = KdReadTrace(trace, chunk, min(length - done, READ_CHUNK)))) {
        status = MmCopyToUser((UCHAR *)buffer + done, chunk, got);
        done += got;
    }
    ExFreePool(chunk);
    if (NT_SUCCESS(status) && !done && trace->Head != trace->Tail)
        status = STATUS_BUFFER_TOO_SMALL;
    NTSTATUS told = MmCopyToUser(returned, &done, sizeof done);
    return NT_SUCCESS(status) ? told : status;
}

/* call: a FATHOM_HEAP_CALL of length bytes, as many as its frames take; of operation 0: the batch
 * alone is taken.  With length 0 it is Ended of one that will come (KdTraceWork).  Never an event
 * as a service (KeTraceServices).
 * STATUS_INVALID_PARAMETER, STATUS_ACCESS_VIOLATION: no event. */
NTSTATUS NTAPI NtFathomHeapEvent(PVOID call, ULONG length)
{
    static FATHOM_HEAP_CALL copy; /* the kernel is not preempted */
    const ULONG head = offsetof(FATHOM_HEAP_CALL, Frames);
    if (length == 0) {
        KdTraceWork((ULONG)call);
        return STATUS_SUCCESS;
    }
    if (length < head || length > sizeof copy)
        return STATUS_INVALID_PARAMETER;
    const NTSTATUS status = MmCopyFromUser(&copy, call, length);
    if (!NT_SUCCESS(status))
        return status;
    copy.FrameCount = min(copy.FrameCount, (length - head) / sizeof(ULONG));
    if (KdTraceMask & 1u << EventHeapOperation)
        KdTraceHeapCall(&copy);
    return STATUS_SUCCESS;
}

/* The name of an address of the calling process (or of the kernel) as text, NUL-ended, at
 * most length bytes. STATUS_NOT_FOUND (text is the bare number), STATUS_ACCESS_DENIED for
 * another process, STATUS_BUFFER_TOO_SMALL below 16 bytes. */
NTSTATUS NTAPI NtFathomSymbol(HANDLE process, ULONG_PTR address, PVOID buffer,
                              ULONG length)
{
    static char
        text[512]; /* a mangled C++ name can be long; the kernel is not preempted */
    if (process != NtCurrentProcess())
        return STATUS_ACCESS_DENIED;
    if (length < 16)
        return STATUS_BUFFER_TOO_SMALL;
    BOOLEAN known = KdNameAddress(address, text, min(length, sizeof text), NULL);
    NTSTATUS status = MmCopyToUser(buffer, text, strlen(text) + 1);
    return !NT_SUCCESS(status) ? status : known ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

/* A part of a report; kind: FATHOM_REPORT, length: bytes, at most FATHOM_REPORT_MOST ULONGs.  It
 * goes in 'R' frames, which the host annotates; what programs print goes in others.  A list of
 * blocks can be long, so names are looked up here only where there is no host to do it.
 * STATUS_INVALID_PARAMETER, STATUS_ACCESS_VIOLATION: nothing is printed. */
NTSTATUS NTAPI NtFathomReport(ULONG kind, PVOID buffer, ULONG length)
{
    ULONG copy[FATHOM_REPORT_MOST];
    const ULONG first = kind == FathomReportBlocks ? 2 : 0, count = length / sizeof *copy;
    const EPROCESS *process = PsCurrentProcess();
    if (kind > FathomReportImages || length > sizeof copy || count < first)
        return STATUS_INVALID_PARAMETER;
    const NTSTATUS status = MmCopyFromUser(copy, buffer, length);
    if (!NT_SUCCESS(status))
        return status;
    const ULONG before = KdSetPrintFrame('R');
    if (first && count > first)
        DbgPrint("  %lu blocks, %lu bytes, allocated by\n", copy[0], copy[1]);
    if (kind == FathomReportImages)
        KdSendImages(copy, count);
    else
        KdPrintCallers(copy + first, count - first, !first || !KdHostPresent);
    if (first && count == first)
        DbgPrint("fathom: %s (pid %lu): %lu blocks, %lu bytes in its heaps as it ends\n",
                 process->Name, process->Id, copy[0], copy[1]);
    KdSetPrintFrame(before);
    return STATUS_SUCCESS;
}
