/* pipename.c - names of pipes: NtCreateNamedPipeFile, opening a client's end, and waiting
 * for an instance that listens.
 *
 * A name exists while an instance of it does, and an instance while one of its ends has a
 * handle.  The names make a tree ordered in upper case; each has a list of the instances
 * that listen, so that a client takes the one that has listened longest.
 * Windows keeps the same in npfs.sys (FCB, CCB).  Source: CreateNamedPipe, CreateFile
 * ("Pipes"), WaitNamedPipe.
 */
#include "pipe.h"
#include "services.h"

#define PIPE_REJECT_REMOTE 2u /* of the type: there are no remote clients */
#define SYNCHRONOUS        (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)

static RTL_AVL_TREE IopPipeNames;

static IOPIPENAME *IopFindPipeName(const WCHAR *text, ULONG length)
{
    IOPNAME *found = IopFindName(&IopPipeNames, text, length);
    return found != NULL ? CONTAINING_RECORD(found, IOPIPENAME, Name) : NULL;
}

void IopDereferenceName(IOPIPENAME *name)
{
    if (--name->References == 0)
        ExFreePool(name);
}

static void IopShowAvailable(IOPIPENAME *name)
{
    if (!IsListEmpty(&name->Listening) || name->Instances == 0)
        KeSetEvent(&name->Available);
    else
        KeResetEvent(&name->Available);
}

void IopListen(IOPIPE *pipe)
{
    pipe->State = PipeListening;
    InsertTailList(&pipe->Name->Listening, &pipe->Listening);
    IopShowAvailable(pipe->Name);
}

void IopStopListening(IOPIPE *pipe)
{
    RemoveEntryList(&pipe->Listening);
    IopShowAvailable(pipe->Name);
}

void IopForgetInstance(IOPIPENAME *name)
{
    if (--name->Instances == 0)
        RtlAvlRemove(&IopPipeNames, &name->Name.Links);
    IopShowAvailable(name);
}

NTSTATUS IopWaitForPipe(const WCHAR *text, ULONG length, LARGE_INTEGER *timeout)
{
    IOPIPENAME *name = IopFindPipeName(text, length);
    if (name == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    name->References++;
    NTSTATUS status = KeWaitForSingleObject(&name->Available, FALSE, TRUE,
                                            timeout != NULL ? timeout : &name->Timeout);
    if (status == STATUS_TIMEOUT)
        status = STATUS_IO_TIMEOUT;
    else if (status != STATUS_SUCCESS)
        status = STATUS_THREAD_IS_TERMINATING;
    else if (name->Instances == 0)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    IopDereferenceName(name);
    return status;
}

static NTSTATUS IopJoinPipe(const IOPPATH *path, const IOPREQUEST *request, IOFILE **file)
{
    const ACCESS_MASK access = request->Access;
    if (path->LastLength == 0) /* the folder of all names: FSCTL_PIPE_WAIT */
        return IopCreateFileObject(IopPipe, file);
    const IOPIPENAME *name = IopFindPipeName(path->Last, path->LastLength);
    if (name == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (((access & FILE_READ_DATA) && name->Configuration == PipeInbound) ||
        ((access & FILE_WRITE_DATA) && name->Configuration == PipeOutbound))
        return STATUS_ACCESS_DENIED;
    if (!(request->Options & SYNCHRONOUS))
        return STATUS_NOT_SUPPORTED;
    if (IsListEmpty(&name->Listening))
        return STATUS_PIPE_NOT_AVAILABLE;
    IOPIPE *pipe = CONTAINING_RECORD(name->Listening.Flink, IOPIPE, Listening);
    NTSTATUS status = IopCreateFileObject(IopPipe, file);
    if (!NT_SUCCESS(status))
        return status;
    IopStopListening(pipe);
    pipe->State = PipeConnected;
    IopAttachEnd(pipe, *file, PipeClient);
    IopPipeChanged(pipe);
    return STATUS_SUCCESS;
}

/* ---- a server's end ---- */

static ULONG IopConfiguration(ULONG share)
{
    return share == FILE_SHARE_WRITE  ? PipeInbound
           : share == FILE_SHARE_READ ? PipeOutbound
                                      : PipeDuplex;
}

static NTSTATUS IopCheckPipe(const IOPREQUEST *request)
{
    const IOPSERVER *server = request->Server;
    if (server->Message > 1 || server->ReadMode > server->Message ||
        server->CompletionMode > 1 || server->Maximum == 0 || request->Share == 0 ||
        (request->Share & ~(FILE_SHARE_READ | FILE_SHARE_WRITE)) ||
        request->Disposition < FILE_OPEN || request->Disposition > FILE_OPEN_IF)
        return STATUS_INVALID_PARAMETER;
    return request->Options & SYNCHRONOUS ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/* May there be one more instance, and such a one? */
static NTSTATUS IopCheckInstance(const IOPIPENAME *name, const IOPREQUEST *request)
{
    if (request->Disposition == FILE_CREATE ||
        name->Message != request->Server->Message ||
        name->Configuration != IopConfiguration(request->Share))
        return STATUS_ACCESS_DENIED;
    return name->Instances >= name->Maximum ? STATUS_INSTANCE_NOT_AVAILABLE
                                            : STATUS_SUCCESS;
}

static NTSTATUS IopMakePipeName(const IOPPATH *path, const IOPREQUEST *request,
                                IOPIPENAME **result)
{
    const ULONG bytes = path->LastLength * sizeof(WCHAR);
    if (request->Disposition == FILE_OPEN)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (request->Server->Timeout.QuadPart >= 0) /* it counts from now */
        return STATUS_INVALID_PARAMETER;
    IOPIPENAME *name = ExAllocatePool(sizeof *name + bytes, IO_TAG);
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&name->Available, EventNotificationObject, FALSE);
    InitializeListHead(&name->Listening);
    name->Message = request->Server->Message;
    name->Configuration = IopConfiguration(request->Share);
    name->Maximum = request->Server->Maximum;
    name->Timeout = request->Server->Timeout;
    name->Name.Text = name->Text;
    name->Name.Length = path->LastLength;
    memcpy(name->Text, path->Last, bytes);
    IopAddName(&IopPipeNames, &name->Name);
    *result = name;
    return STATUS_SUCCESS;
}

/* The rings of an instance; FALSE: no memory, and what there is goes with the instance. */
static BOOLEAN IopMakeQueues(IOPIPE *pipe, const ULONG quotas[2])
{
    const ULONG unused[] = {[PipeClient] = PipeInbound, [PipeServer] = PipeOutbound};
    for (ULONG end = 0; end < 2; end++) {
        if (pipe->Name->Configuration == unused[end])
            continue;
        pipe->Queue[end] =
            IopMakeQueue(min(max(quotas[end], SMALLEST_PIPE), LARGEST_PIPE),
                         (BOOLEAN)pipe->Name->Message);
        if (pipe->Queue[end] == NULL)
            return FALSE;
    }
    return TRUE;
}

/* An instance of name that listens, and its server's end; name goes with its last one. */
static NTSTATUS IopMakeInstance(IOPIPENAME *name, const IOPSERVER *server, IOFILE **file)
{
    NTSTATUS status = IopCreateFileObject(IopPipe, file);
    IOPIPE *pipe = NT_SUCCESS(status) ? ExAllocatePool(sizeof *pipe, IO_TAG) : NULL;
    name->Instances++;
    name->References++;
    if (pipe == NULL) {
        IopForgetInstance(name);
        IopDereferenceName(name);
        if (NT_SUCCESS(status))
            ObDereferenceObject(*file);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&pipe->Changed, EventNotificationObject, FALSE);
    InitializeListHead(&pipe->Listening);
    pipe->Name = name;
    IopAttachEnd(pipe, *file, PipeServer);
    (*file)->ReadMode = server->ReadMode;
    (*file)->CompletionMode = server->CompletionMode;
    if (IopMakeQueues(pipe, server->Quota)) {
        IopListen(pipe);
        return STATUS_SUCCESS;
    }
    ObDereferenceObject(*file); /* and the instance with it */
    return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS IopCreatePipe(const IOPPATH *path, const IOPREQUEST *request,
                              IOFILE **file, ULONG *information)
{
    IOPIPENAME *name = IopFindPipeName(path->Last, path->LastLength);
    *information = name != NULL ? FILE_OPENED : FILE_CREATED;
    if (path->LastLength == 0)
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS status = name != NULL ? IopCheckInstance(name, request)
                                   : IopMakePipeName(path, request, &name);
    return NT_SUCCESS(status) ? IopMakeInstance(name, request->Server, file) : status;
}

NTSTATUS IopOpenPipe(const IOPPATH *path, const IOPREQUEST *request, IOFILE **file,
                     ULONG *information)
{
    return request->Server != NULL ? IopCreatePipe(path, request, file, information)
                                   : IopJoinPipe(path, request, file);
}

/* share: FILE_SHARE_READ, clients may read; FILE_SHARE_WRITE, they may write.  Quotas below
 * 4 KiB are 4 KiB, above 64 KiB 64 KiB. */
NTSTATUS NTAPI NtCreateNamedPipeFile(HANDLE *userHandle, ACCESS_MASK access,
                                     OBJECT_ATTRIBUTES *userAttributes,
                                     IO_STATUS_BLOCK *userIosb, ULONG share,
                                     ULONG disposition, ULONG options, ULONG type,
                                     ULONG readMode, ULONG completionMode,
                                     ULONG instances, ULONG inboundQuota,
                                     ULONG outboundQuota, LARGE_INTEGER *userTimeout)
{
    IOPSERVER server = {
        type & ~PIPE_REJECT_REMOTE,    readMode,       completionMode, instances,
        {outboundQuota, inboundQuota}, {.QuadPart = 0}};
    IOPREQUEST request = {access, 0, share, disposition, options, &server};
    NTSTATUS status = IopCheckPipe(&request);
    if (NT_SUCCESS(status) && userTimeout != NULL)
        status = MmCopyFromUser(&server.Timeout, userTimeout, sizeof server.Timeout);
    return NT_SUCCESS(status)
               ? IopOpenByName(userHandle, &request, userAttributes, userIosb)
               : status;
}
