/* pipe.c - anonymous pipes: a ring of bytes between two file objects.
 *
 * A reader waits until there are bytes or no writer; a writer waits until there is room
 * or no reader.  Ends: STATUS_PIPE_BROKEN to the reader, STATUS_PIPE_CLOSING to the
 * writer.
 */
#include "iop.h"
#include "services.h"

#define SMALLEST_PIPE 0x1000u
#define LARGEST_PIPE  0x10000u

typedef struct _IOPIPE {
    KEVENT HasBytes, HasRoom; /* signalled while a reader, a writer need not wait */
    ULONG Ends;               /* file objects that exist: the pipe goes with the last */
    BOOLEAN Reader, Writer;
    ULONG Size, Head, Count; /* bytes; Head: the oldest */
    UCHAR Bytes[];
} IOPIPE;

static void IopShow(KEVENT *event, BOOLEAN state)
{
    if (state)
        KeSetEvent(event);
    else
        KeResetEvent(event);
}

/* After every change: threads that wait, or will, see the new state. */
static void IopChanged(IOPIPE *pipe)
{
    const BOOLEAN closing = !pipe->Reader || !pipe->Writer;
    IopShow(&pipe->HasBytes, closing || pipe->Count != 0);
    IopShow(&pipe->HasRoom, closing || pipe->Count != pipe->Size);
}

/* The last handle of an end went: who waits at the other must know. */
void IopPipeClose(IOFILE *file)
{
    IOPIPE *pipe = file->Pipe;
    if (file->PipeWriter)
        pipe->Writer = FALSE;
    else
        pipe->Reader = FALSE;
    IopChanged(pipe);
}

/* The end itself went; a read or write under way had held it. */
void IopPipeDelete(IOFILE *file)
{
    if (--file->Pipe->Ends == 0)
        ExFreePool(file->Pipe);
}

static NTSTATUS IopWaitFor(KEVENT *event)
{
    NTSTATUS status = KeWaitForSingleObject(event, FALSE, TRUE, NULL);
    return status == STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_THREAD_IS_TERMINATING;
}

NTSTATUS IopPipeRead(IOFILE *file, void *buffer, ULONG length, ULONG *done)
{
    IOPIPE *pipe = file->Pipe;
    if (file->PipeWriter)
        return STATUS_ACCESS_DENIED;
    while (pipe->Count == 0) {
        if (!pipe->Writer || !pipe->Reader)
            return STATUS_PIPE_BROKEN;
        NTSTATUS status = IopWaitFor(&pipe->HasBytes);
        if (!NT_SUCCESS(status))
            return status;
    }
    while (*done < length && pipe->Count > 0) {
        ULONG part = pipe->Size - pipe->Head;
        part = part < pipe->Count ? part : pipe->Count;
        part = part < length - *done ? part : length - *done;
        NTSTATUS status =
            MmCopyToUser((UCHAR *)buffer + *done, pipe->Bytes + pipe->Head, part);
        if (!NT_SUCCESS(status))
            return status;
        pipe->Head = (pipe->Head + part) % pipe->Size;
        pipe->Count -= part;
        *done += part;
        IopChanged(pipe); /* each time: the next part may fail */
    }
    return STATUS_SUCCESS;
}

NTSTATUS IopPipeWrite(IOFILE *file, const void *buffer, ULONG length, ULONG *done)
{
    IOPIPE *pipe = file->Pipe;
    if (!file->PipeWriter)
        return STATUS_ACCESS_DENIED;
    while (*done < length) {
        if (!pipe->Reader || !pipe->Writer)
            return STATUS_PIPE_CLOSING;
        if (pipe->Count == pipe->Size) {
            NTSTATUS status = IopWaitFor(&pipe->HasRoom);
            if (!NT_SUCCESS(status))
                return status;
            continue;
        }
        ULONG at = (pipe->Head + pipe->Count) % pipe->Size;
        ULONG part = at < pipe->Head ? pipe->Head - at : pipe->Size - at;
        part = part < pipe->Size - pipe->Count ? part : pipe->Size - pipe->Count;
        part = part < length - *done ? part : length - *done;
        NTSTATUS status =
            MmCopyFromUser(pipe->Bytes + at, (const UCHAR *)buffer + *done, part);
        if (!NT_SUCCESS(status))
            return status;
        pipe->Count += part;
        *done += part;
        IopChanged(pipe);
    }
    return STATUS_SUCCESS;
}

/* What PeekNamedPipe and GetNamedPipeInfo ask. */
void IopFillPipe(const IOFILE *file, FILE_PIPE_LOCAL_INFORMATION *facts)
{
    const IOPIPE *pipe = file->Pipe;
    facts->MaximumInstances = facts->CurrentInstances = 1;
    facts->InboundQuota = facts->OutboundQuota = pipe->Size;
    facts->ReadDataAvailable = pipe->Count;
    facts->WriteQuotaAvailable = pipe->Size - pipe->Count;
    facts->NamedPipeState = pipe->Reader && pipe->Writer ? 3 : 4; /* connected, closing */
    facts->NamedPipeEnd = file->PipeWriter;
}

static NTSTATUS IopMakeEnd(IOPIPE *pipe, BOOLEAN writer, IOFILE **end)
{
    NTSTATUS status = IopCreateFileObject(IopPipe, end);
    if (!NT_SUCCESS(status))
        return status;
    (*end)->Pipe = pipe;
    (*end)->PipeWriter = writer;
    (*end)->Options = FILE_SYNCHRONOUS_IO_NONALERT;
    pipe->Ends++;
    if (writer)
        pipe->Writer = TRUE;
    else
        pipe->Reader = TRUE;
    return STATUS_SUCCESS;
}

/* Both ends of a new anonymous pipe; Windows makes them by NtCreateNamedPipeFile, whose
 * names Fathom has not.  size: bytes that fit, 0 for 4 KiB.  On failure no handle is
 * left. */
NTSTATUS NTAPI NtFathomCreatePipe(HANDLE *userRead, HANDLE *userWrite, ULONG attributes,
                                  ULONG size)
{
    IOFILE *reader = NULL, *writer = NULL;
    HANDLE handle;
    ULONG bytes = size < SMALLEST_PIPE  ? SMALLEST_PIPE
                  : size > LARGEST_PIPE ? LARGEST_PIPE
                                        : size;
    IOPIPE *pipe = ExAllocatePool(sizeof *pipe + bytes, IO_TAG);
    if (pipe == NULL)
        return STATUS_NO_MEMORY;
    KeInitializeEvent(&pipe->HasBytes, EventNotificationObject, FALSE);
    KeInitializeEvent(&pipe->HasRoom, EventNotificationObject, TRUE);
    pipe->Size = bytes;
    NTSTATUS status = IopMakeEnd(pipe, FALSE, &reader);
    if (!NT_SUCCESS(status)) {
        ExFreePool(pipe);
        return status;
    }
    status = IopMakeEnd(pipe, TRUE, &writer);
    if (NT_SUCCESS(status))
        status =
            ObReturnHandle(reader, FILE_GENERIC_READ, attributes & OBJ_INHERIT, userRead);
    if (NT_SUCCESS(status)) {
        status = ObReturnHandle(writer, FILE_GENERIC_WRITE, attributes & OBJ_INHERIT,
                                userWrite);
        if (!NT_SUCCESS(status) &&
            NT_SUCCESS(MmCopyFromUser(&handle, userRead, sizeof handle)))
            ObCloseHandle(ObCurrentTable(), handle);
    }
    if (writer != NULL)
        ObDereferenceObject(writer);
    ObDereferenceObject(reader);
    return status;
}
