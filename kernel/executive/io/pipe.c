/* pipe.c - reading and writing an instance of a pipe, and closing an end of it.
 *
 * A reader waits until there is data or no writer; a writer waits until there is room or
 * no reader.  A message goes into the ring whole, its length before it, and its writer
 * waits until no more than the quota is held: what is longer than the ring makes the ring
 * grow.  The kernel is not preempted, so a copy is one step.
 * Source: "Named Pipe Operations", CreateNamedPipe (nOutBufferSize), ReadFile, WriteFile.
 */
#include "pipe.h"

#define LENGTH_SIZE sizeof(ULONG) /* before the bytes of a message */

IOPQUEUE *IopMakeQueue(ULONG quota, BOOLEAN messages)
{
    /* Twice the quota: the lengths of messages of four bytes and more fit beside them. */
    const ULONG size = messages ? 2 * quota + LENGTH_SIZE : quota;
    IOPQUEUE *queue = ExAllocatePool(sizeof *queue + size, IO_TAG);
    if (queue == NULL)
        return NULL;
    queue->Size = size;
    queue->Quota = quota;
    return queue;
}

void IopPipeChanged(IOPIPE *pipe)
{
    KeSetEvent(&pipe->Changed);
}

/* KE_ONCE: what changed during a suspension, another who waits has reset. */
NTSTATUS IopPipeWait(IOPIPE *pipe)
{
    KeResetEvent(&pipe->Changed);
    return KeWaitForSingleObject(&pipe->Changed, FALSE, KE_ONCE, NULL);
}

NTSTATUS IopFindEnd(const IOFILE *file, IOPIPE **pipe)
{
    *pipe = file->Pipe;
    if (*pipe == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    return (*pipe)->File[file->PipeEnd] == file ? STATUS_SUCCESS
                                                : STATUS_PIPE_DISCONNECTED;
}

NTSTATUS IopPipeState(const IOFILE *file, NTSTATUS closing)
{
    IOPIPE *pipe;
    NTSTATUS status = IopFindEnd(file, &pipe);
    if (!NT_SUCCESS(status))
        return status;
    switch (pipe->State) {
    case PipeListening:
        return STATUS_PIPE_LISTENING;
    case PipeConnected:
        return STATUS_SUCCESS;
    case PipeClosing:
        return closing;
    default:
        return STATUS_PIPE_DISCONNECTED;
    }
}

void IopAttachEnd(IOPIPE *pipe, IOFILE *file, ULONG end)
{
    KDOWNER owner;
    KdOwnerOf(KeGetCurrentThread(), &owner);
    file->Pipe = pipe;
    file->PipeEnd = end;
    pipe->File[end] = file;
    pipe->ProcessId[end] = owner.ProcessId;
    pipe->References++;
}

void IopEmptyQueue(IOPIPE *pipe, ULONG reader)
{
    if (pipe->Queue[reader] != NULL)
        pipe->Queue[reader]->At = (IOPCURSOR){0};
}

/* The last handle of an end went: who waits at the other must know, and may still read. */
void IopPipeClose(IOFILE *file)
{
    IOPIPE *pipe = file->Pipe;
    if (pipe->File[file->PipeEnd] != file) /* closed before, or disconnected */
        return;
    pipe->File[file->PipeEnd] = NULL;
    IopEmptyQueue(pipe, file->PipeEnd);
    IopStopListening(pipe);
    if (pipe->State == PipeConnected)
        pipe->State = PipeClosing;
    if (pipe->File[!file->PipeEnd] == NULL)
        IopForgetInstance(pipe->Name);
    IopPipeChanged(pipe);
}

/* The end itself went; a read or write under way had held it. */
void IopPipeDelete(IOFILE *file)
{
    IOPIPE *pipe = file->Pipe;
    if (--pipe->References != 0)
        return;
    for (ULONG end = 0; end < 2; end++)
        if (pipe->Queue[end] != NULL)
            ExFreePool(pipe->Queue[end]);
    IopDereferenceName(pipe->Name);
    ExFreePool(pipe);
}

/* ---- the ring ---- at: bytes from its start, which may go round */

static NTSTATUS IopCopyRing(IOPQUEUE *queue, ULONG at, UCHAR *user, ULONG length,
                            BOOLEAN in)
{
    NTSTATUS status = STATUS_SUCCESS;
    while (length != 0 && NT_SUCCESS(status)) {
        UCHAR *bytes = queue->Bytes + at % queue->Size;
        const ULONG part = min(length, queue->Size - at % queue->Size);
        status = in ? MmCopyFromUser(bytes, user, part) : MmCopyToUser(user, bytes, part);
        at += part;
        user += part;
        length -= part;
    }
    return status;
}

static void IopAdvance(const IOPQUEUE *queue, IOPCURSOR *at, ULONG bytes)
{
    at->Head = (at->Head + bytes) % queue->Size;
    at->Count -= bytes;
}

static void IopBeginMessage(const IOPQUEUE *queue, IOPCURSOR *at)
{
    at->Left = 0;
    for (ULONG i = LENGTH_SIZE; i-- > 0;)
        at->Left = at->Left << 8 | queue->Bytes[(at->Head + i) % queue->Size];
    IopAdvance(queue, at, LENGTH_SIZE);
    at->Messages--;
}

ULONG IopWaiting(const IOPQUEUE *queue)
{
    return queue != NULL ? queue->At.Count - queue->At.Messages * LENGTH_SIZE : 0;
}

ULONG IopMessages(const IOPQUEUE *queue)
{
    return queue != NULL ? queue->At.Messages + (queue->At.Left != 0) : 0;
}

ULONG IopMessageLength(const IOPQUEUE *queue)
{
    IOPCURSOR at = queue->At;
    if (at.Left == 0 && at.Messages != 0)
        IopBeginMessage(queue, &at);
    return at.Left;
}

/* ---- reading ---- */

NTSTATUS IopTake(const IOFILE *file, IOPQUEUE *queue, void *buffer, ULONG length,
                 BOOLEAN peek, ULONG *done)
{
    const BOOLEAN messages = file->Pipe->Name->Message;
    IOPCURSOR at = queue->At;
    NTSTATUS status = STATUS_SUCCESS;
    do {
        if (messages && at.Left == 0)
            IopBeginMessage(queue, &at);
        const ULONG part = min(messages ? at.Left : at.Count, length - *done);
        status = IopCopyRing(queue, at.Head, (UCHAR *)buffer + *done, part, FALSE);
        if (!NT_SUCCESS(status))
            return status; /* nothing is taken */
        IopAdvance(queue, &at, part);
        at.Left -= messages ? part : 0;
        *done += part;
    } while (!file->ReadMode && *done < length && at.Count != 0);
    if (!peek) {
        queue->At = at;
        IopPipeChanged(file->Pipe);
    }
    return file->ReadMode && at.Left != 0 ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS IopPipeRead(IOFILE *file, void *buffer, ULONG length, ULONG *done)
{
    IOPIPE *pipe;
    NTSTATUS status = IopFindEnd(file, &pipe);
    if (NT_SUCCESS(status) && pipe->Queue[file->PipeEnd] == NULL)
        return STATUS_INVALID_PARAMETER;
    while (NT_SUCCESS(status)) {
        IOPQUEUE *queue = pipe->Queue[file->PipeEnd];
        status = IopPipeState(file, STATUS_PIPE_BROKEN);
        if (queue->At.Count != 0 && (NT_SUCCESS(status) || status == STATUS_PIPE_BROKEN))
            return IopTake(file, queue, buffer, length, FALSE, done);
        if (NT_SUCCESS(status))
            status = file->CompletionMode ? STATUS_PIPE_EMPTY : IopPipeWait(pipe);
    }
    return status;
}

/* ---- writing ---- STATUS_PENDING: there is no room */

static NTSTATUS IopPutBytes(IOFILE *file, UCHAR *buffer, ULONG length, ULONG *done)
{
    IOPQUEUE *queue = file->Pipe->Queue[!file->PipeEnd];
    const ULONG part = min(queue->Size - queue->At.Count, length - *done);
    NTSTATUS status =
        IopCopyRing(queue, queue->At.Head + queue->At.Count, buffer + *done, part, TRUE);
    if (!NT_SUCCESS(status))
        return status;
    queue->At.Count += part;
    *done += part;
    if (part != 0)
        IopPipeChanged(file->Pipe);
    return *done == length ? STATUS_SUCCESS : STATUS_PENDING;
}

/* A longer message than the ring waits until that is empty, and takes a larger one. */
static NTSTATUS IopGrowQueue(IOPQUEUE **queue, ULONG length)
{
    if ((*queue)->At.Count != 0)
        return STATUS_PENDING;
    IOPQUEUE *larger = IopMakeQueue(length, TRUE);
    if (larger == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    larger->Quota = (*queue)->Quota;
    ExFreePool(*queue);
    *queue = larger;
    return STATUS_SUCCESS;
}

static NTSTATUS IopPutMessage(IOFILE *file, UCHAR *buffer, ULONG length, ULONG *done)
{
    IOPQUEUE **place = &file->Pipe->Queue[!file->PipeEnd], *queue = *place;
    NTSTATUS status = STATUS_SUCCESS;
    if (length > LARGEST_PIPE)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (file->CompletionMode && IopWaiting(queue) + length > queue->Quota)
        return STATUS_PENDING;
    if (length + LENGTH_SIZE > queue->Size)
        status = IopGrowQueue(place, length);
    queue = *place;
    if (status == STATUS_SUCCESS && length + LENGTH_SIZE > queue->Size - queue->At.Count)
        status = STATUS_PENDING;
    if (status != STATUS_SUCCESS)
        return status;
    const ULONG end = queue->At.Head + queue->At.Count;
    status = IopCopyRing(queue, end + LENGTH_SIZE, buffer, length, TRUE);
    if (!NT_SUCCESS(status))
        return status; /* nothing is written */
    for (ULONG i = 0; i < LENGTH_SIZE; i++)
        queue->Bytes[(end + i) % queue->Size] = length >> 8 * i;
    queue->At.Count += LENGTH_SIZE + length;
    queue->At.Messages++;
    *done = length;
    IopPipeChanged(file->Pipe);
    return STATUS_SUCCESS;
}

/* Until the other end has read all, or no more than the quota is held: a message's writer goes
 * on then. */
static NTSTATUS IopWaitForReader(IOFILE *file, BOOLEAN all)
{
    NTSTATUS status = STATUS_SUCCESS;
    for (;;) {
        const IOPQUEUE *queue = file->Pipe->Queue[!file->PipeEnd];
        if (!NT_SUCCESS(status) || queue == NULL ||
            (all ? queue->At.Count == 0 : IopWaiting(queue) <= queue->Quota))
            return status;
        status = IopPipeWait(file->Pipe);
        if (NT_SUCCESS(status))
            status = IopPipeState(file, all ? STATUS_PIPE_BROKEN : STATUS_PIPE_CLOSING);
    }
}

/* STATUS_PIPE_BROKEN: the other end went before it had read all. */
NTSTATUS IopFlushPipe(IOFILE *file)
{
    IOPIPE *pipe;
    NTSTATUS status = IopFindEnd(file, &pipe);
    return NT_SUCCESS(status) ? IopWaitForReader(file, TRUE) : status;
}

NTSTATUS IopPipeWrite(IOFILE *file, const void *buffer, ULONG length, ULONG *done)
{
    IOPIPE *pipe;
    NTSTATUS status = IopFindEnd(file, &pipe);
    if (NT_SUCCESS(status) && pipe->Queue[!file->PipeEnd] == NULL)
        return STATUS_INVALID_PARAMETER;
    while (NT_SUCCESS(status)) {
        status = IopPipeState(file, STATUS_PIPE_CLOSING);
        if (!NT_SUCCESS(status))
            break;
        status = pipe->Name->Message ? IopPutMessage(file, (UCHAR *)buffer, length, done)
                                     : IopPutBytes(file, (UCHAR *)buffer, length, done);
        if (status != STATUS_PENDING)
            return status == STATUS_SUCCESS && pipe->Name->Message
                       ? IopWaitForReader(file, FALSE)
                       : status;
        if (file->CompletionMode)
            return STATUS_SUCCESS; /* *done says how much went in */
        status = IopPipeWait(pipe);
    }
    return status;
}
