/* pipectl.c - the codes of NtFsControlFile, which are of pipes; what a pipe says of itself.
 *
 * Source: the FSCTL_PIPE_* of ntifs.h; ConnectNamedPipe, DisconnectNamedPipe, PeekNamedPipe,
 * TransactNamedPipe, WaitNamedPipe.
 */
#include "pipe.h"

/* Waits for a client, unless the file does not wait.  STATUS_PIPE_CONNECTED: one is there,
 * STATUS_PIPE_CLOSING: it has gone, STATUS_PIPE_LISTENING: none has come. */
static NTSTATUS IopConnectPipe(IOFILE *file)
{
    IOPIPE *pipe = file->Pipe;
    NTSTATUS status = IopPipeState(file, STATUS_PIPE_CLOSING);
    if (NT_SUCCESS(status))
        return STATUS_PIPE_CONNECTED;
    if (status == STATUS_PIPE_CLOSING ||
        (status == STATUS_PIPE_LISTENING && file->CompletionMode))
        return status;
    if (status == STATUS_PIPE_DISCONNECTED)
        IopListen(pipe);
    if (file->CompletionMode)
        return STATUS_SUCCESS;
    while ((status = IopPipeState(file, STATUS_SUCCESS)) == STATUS_PIPE_LISTENING) {
        status = IopPipeWait(pipe);
        if (!NT_SUCCESS(status))
            break;
    }
    return status;
}

/* What was not read is lost; the client's handle stays, of no use. */
static NTSTATUS IopDisconnectPipe(IOFILE *file)
{
    IOPIPE *pipe = file->Pipe;
    NTSTATUS status = IopPipeState(file, STATUS_SUCCESS);
    if (!NT_SUCCESS(status))
        return status;
    pipe->State = PipeDisconnected;
    pipe->File[PipeClient] = NULL;
    IopEmptyQueue(pipe, PipeClient);
    IopEmptyQueue(pipe, PipeServer);
    IopPipeChanged(pipe);
    return STATUS_SUCCESS;
}

/* FILE_PIPE_PEEK_BUFFER and as much as fits of the data, which stays. */
static NTSTATUS IopPeekPipe(IOFILE *file, const IOPBUFFERS *buffers, ULONG *done)
{
    const ULONG head = sizeof(FILE_PIPE_PEEK_BUFFER);
    IOPQUEUE *queue = file->Pipe->Queue[file->PipeEnd];
    NTSTATUS status = IopPipeState(file, STATUS_PIPE_BROKEN);
    if (buffers->OutLength < head)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (status == STATUS_PIPE_LISTENING || queue == NULL)
        return STATUS_INVALID_PIPE_STATE;
    if (status == STATUS_PIPE_BROKEN && queue->At.Count != 0)
        status = STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    FILE_PIPE_PEEK_BUFFER facts = {.NamedPipeState = file->Pipe->State,
                                   .ReadDataAvailable = IopWaiting(queue)};
    if (file->Pipe->Name->Message) {
        facts.NumberOfMessages = IopMessages(queue);
        facts.MessageLength = IopMessageLength(queue);
    }
    status = MmCopyToUser(buffers->Out, &facts, head);
    if (NT_SUCCESS(status) && queue->At.Count != 0)
        status = IopTake(file, queue, buffers->Out + head, buffers->OutLength - head,
                         TRUE, done);
    *done += head;
    return status;
}

static NTSTATUS IopTransceive(IOFILE *file, const IOPBUFFERS *buffers, ULONG *done)
{
    ULONG written = 0;
    const IOPQUEUE *queue = file->Pipe->Queue[file->PipeEnd];
    NTSTATUS status = IopPipeState(file, STATUS_INVALID_PIPE_STATE);
    if (!NT_SUCCESS(status) || file->Pipe->Name->Configuration != PipeDuplex)
        return STATUS_INVALID_PIPE_STATE;
    if (!file->ReadMode)
        return STATUS_INVALID_READ_MODE;
    if (queue->At.Count != 0)
        return STATUS_PIPE_BUSY;
    status = IopPipeWrite(file, buffers->In, buffers->InLength, &written);
    return NT_SUCCESS(status) ? IopPipeRead(file, buffers->Out, buffers->OutLength, done)
                              : status;
}

static NTSTATUS IopWaitByName(const IOPBUFFERS *buffers)
{
    const ULONG fixed = offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name);
    FILE_PIPE_WAIT_FOR_BUFFER wait;
    WCHAR name[IO_LONGEST_NAME];
    if (buffers->InLength < sizeof wait - sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = MmCopyFromUser(&wait, buffers->In, fixed);
    if (!NT_SUCCESS(status))
        return status;
    if (wait.NameLength > sizeof name || wait.NameLength > buffers->InLength - fixed ||
        wait.NameLength % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    status = MmCopyFromUser(name, buffers->In + fixed, wait.NameLength);
    return NT_SUCCESS(status)
               ? IopWaitForPipe(name, wait.NameLength / sizeof(WCHAR),
                                wait.TimeoutSpecified ? &wait.Timeout : NULL)
               : status;
}

/* Who made an end: the attribute has a name, and is four bytes. */
static NTSTATUS IopPipeOwner(IOFILE *file, ULONG end, const IOPBUFFERS *buffers,
                             ULONG *done)
{
    const char *names[] = {
        [PipeClient] = "ClientProcessId", [PipeServer] = "ServerProcessId"};
    char name[sizeof "ClientProcessId"] = {0};
    NTSTATUS status =
        MmCopyFromUser(name, buffers->In, min(buffers->InLength, sizeof name - 1));
    if (!NT_SUCCESS(status))
        return status;
    if (strcmp(name, names[end]) != 0)
        return STATUS_NOT_FOUND;
    if (buffers->OutLength < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    status = end == PipeClient ? IopPipeState(file, STATUS_SUCCESS) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    *done = sizeof(ULONG);
    return MmCopyToUser(buffers->Out, &file->Pipe->ProcessId[end], sizeof(ULONG));
}

NTSTATUS IopPipeControl(IOFILE *file, ULONG code, const IOPBUFFERS *buffers, ULONG *done)
{
    IOPIPE *pipe;
    const NTSTATUS status = IopFindEnd(file, &pipe);
    if (pipe == NULL && code == FSCTL_PIPE_WAIT)
        return IopWaitByName(buffers);
    if (!NT_SUCCESS(status))
        return status;
    if (file->PipeEnd != PipeServer &&
        (code == FSCTL_PIPE_LISTEN || code == FSCTL_PIPE_DISCONNECT))
        return STATUS_ILLEGAL_FUNCTION;
    switch (code) {
    case FSCTL_PIPE_LISTEN:
        return IopConnectPipe(file);
    case FSCTL_PIPE_DISCONNECT:
        return IopDisconnectPipe(file);
    case FSCTL_PIPE_PEEK:
        return IopPeekPipe(file, buffers, done);
    case FSCTL_PIPE_TRANSCEIVE:
        return IopTransceive(file, buffers, done);
    case FSCTL_PIPE_GET_PIPE_ATTRIBUTE:
        return IopPipeOwner(file, PipeServer, buffers, done);
    case FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE:
        return IopPipeOwner(file, PipeClient, buffers, done);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

/* ---- what NtQueryInformationFile and NtSetInformationFile ask ---- */

void IopFillPipe(const IOFILE *file, FILE_PIPE_LOCAL_INFORMATION *facts)
{
    const IOPIPE *pipe = file->Pipe;
    const IOPIPENAME *name = pipe->Name;
    const IOPQUEUE *in = pipe->Queue[PipeServer], *out = pipe->Queue[PipeClient];
    const IOPQUEUE *mine = pipe->Queue[!file->PipeEnd];
    const ULONG held = IopWaiting(mine);
    facts->NamedPipeType = name->Message;
    facts->NamedPipeConfiguration = name->Configuration;
    facts->MaximumInstances = name->Maximum;
    facts->CurrentInstances = name->Instances;
    facts->InboundQuota = in != NULL ? in->Quota : 0;
    facts->OutboundQuota = out != NULL ? out->Quota : 0;
    facts->ReadDataAvailable = IopWaiting(pipe->Queue[file->PipeEnd]);
    facts->WriteQuotaAvailable =
        mine != NULL && held < mine->Quota ? mine->Quota - held : 0;
    facts->NamedPipeState = pipe->State;
    facts->NamedPipeEnd = file->PipeEnd;
}

NTSTATUS IopSetPipe(IOFILE *file, const FILE_PIPE_INFORMATION *modes)
{
    IOPIPE *pipe;
    const NTSTATUS status = IopFindEnd(file, &pipe);
    if (!NT_SUCCESS(status))
        return status;
    if (modes->ReadMode > pipe->Name->Message || modes->CompletionMode > 1)
        return STATUS_INVALID_PARAMETER;
    file->ReadMode = modes->ReadMode;
    file->CompletionMode = modes->CompletionMode;
    return STATUS_SUCCESS;
}
