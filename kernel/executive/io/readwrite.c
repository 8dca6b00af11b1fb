/* readwrite.c - NtReadFile, NtWriteFile and what ends an operation.
 *
 * Every operation is complete when the service returns: a caller that asked for a
 * completion gets its event set or its APC queued at once.  A position is the file
 * object's when no offset is given, and then moves.
 */
#include "iop.h"
#include "services.h"

static NTSTATUS IopReferenceEvent(HANDLE handle, KEVENT **event)
{
    void *body;
    NTSTATUS status =
        ObReferenceObjectByHandle(handle, NULL, EVENT_MODIFY_STATE, &body, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (ObGetType(body)->Name[0] != 'E' || !ObGetType(body)->Waitable) {
        ObDereferenceObject(body);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *event = body;
    return STATUS_SUCCESS;
}

NTSTATUS IopBegin(IOPERATION *operation, NTSTATUS probed, HANDLE event, PVOID apc,
                  PVOID apcContext, IO_STATUS_BLOCK *userIosb)
{
    IOFILE *file = operation->File;
    *operation = (IOPERATION){file, NULL, apc, apcContext, userIosb};
    if (NT_SUCCESS(probed))
        probed = MmProbeForWrite(userIosb, sizeof *userIosb, 4);
    if (NT_SUCCESS(probed) && event != NULL)
        probed = IopReferenceEvent(event, &operation->Event);
    if (!NT_SUCCESS(probed)) {
        ObDereferenceObject(file);
        return probed;
    }
    KeResetEvent(&file->Event);
    if (operation->Event != NULL)
        KeResetEvent(operation->Event);
    return STATUS_SUCCESS;
}

static void IopFreeApc(KAPC *apc)
{
    ExFreePool(apc);
}

NTSTATUS IoQueueApc(PKTHREAD thread, PVOID routine, PVOID argument1, PVOID argument2,
                    PVOID argument3)
{
    KAPC *apc = ExAllocatePool(sizeof *apc, IO_TAG);
    if (apc == NULL)
        return STATUS_NO_MEMORY;
    apc->FreeRoutine = IopFreeApc;
    apc->NormalRoutine = routine;
    apc->NormalContext = argument1;
    apc->SystemArgument1 = argument2;
    apc->SystemArgument2 = argument3;
    if (KeQueueApc(thread, apc))
        return STATUS_SUCCESS;
    ExFreePool(apc);
    return STATUS_UNSUCCESSFUL;
}

NTSTATUS IopComplete(IOPERATION *operation, NTSTATUS status, ULONG done)
{
    if (!NT_ERROR(status)) {
        status = IopReturnIosb(operation->UserIosb, status, done);
        if (operation->Apc != NULL)
            IoQueueApc(KeGetCurrentThread(), operation->Apc, operation->ApcContext,
                       operation->UserIosb, NULL);
    }
    KeSetEvent(&operation->File->Event);
    if (operation->Event != NULL) {
        KeSetEvent(operation->Event);
        ObDereferenceObject(operation->Event);
    }
    ObDereferenceObject(operation->File);
    return status;
}

/* The offset an operation starts at: given, the position, or the end. */
static NTSTATUS IopTakeOffset(IOFILE *file, const LARGE_INTEGER *userOffset,
                              BOOLEAN append, LONGLONG *offset)
{
    LARGE_INTEGER given = {.LowPart = (ULONG)-2, .HighPart = -1};
    if (file->Node->Directory)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (userOffset != NULL) {
        NTSTATUS status = MmCopyFromUser(&given, userOffset, sizeof given);
        if (!NT_SUCCESS(status))
            return status;
    } else if (!(file->Options &
                 (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))) {
        return STATUS_INVALID_PARAMETER; /* an asynchronous file has no position */
    }
    if (append || (given.HighPart == -1 && given.LowPart == (ULONG)-1))
        *offset = file->Node->File.Size;
    else if (given.HighPart == -1 && given.LowPart == (ULONG)-2)
        *offset = file->Position;
    else if (given.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    else
        *offset = given.QuadPart;
    return STATUS_SUCCESS;
}

static NTSTATUS IopReadDisk(IOFILE *file, void *buffer, ULONG length,
                            const LARGE_INTEGER *userOffset, ULONG *done)
{
    LONGLONG offset;
    IONODE *node = file->Node;
    NTSTATUS status = IopTakeOffset(file, userOffset, FALSE, &offset);
    if (!NT_SUCCESS(status))
        return status;
    if (length == 0)
        return STATUS_SUCCESS;
    if ((ULONGLONG)offset >= node->File.Size)
        return STATUS_END_OF_FILE;
    const ULONG part = min(length, node->File.Size - offset);
    status = IopCheckLocks(file, offset, part, FALSE);
    if (NT_SUCCESS(status))
        status = IopReadNode(node, offset, buffer, part, TRUE);
    if (NT_SUCCESS(status)) {
        *done = part;
        file->Position = offset + part;
    }
    return status;
}

static NTSTATUS IopWriteDisk(IOFILE *file, const void *buffer, ULONG length,
                             const LARGE_INTEGER *userOffset, BOOLEAN append, ULONG *done)
{
    LONGLONG offset;
    NTSTATUS status = IopTakeOffset(file, userOffset, append, &offset);
    if (NT_SUCCESS(status))
        status = IopCheckLocks(file, offset, length, TRUE);
    if (NT_SUCCESS(status) && length != 0)
        status = IopWriteNode(file->Node, offset, buffer, length, TRUE);
    if (NT_SUCCESS(status)) {
        *done = length;
        file->Position = offset + length;
    }
    return status;
}

NTSTATUS NTAPI NtReadFile(HANDLE handle, HANDLE event, PVOID apc, PVOID apcContext,
                          IO_STATUS_BLOCK *userIosb, PVOID buffer, ULONG length,
                          LARGE_INTEGER *userOffset, ULONG *key)
{
    IOPERATION operation;
    ULONG done = 0;
    NTSTATUS status = IopReferenceFile(handle, FILE_READ_DATA, &operation.File);
    (void)key;              /* the owner's process and file are enough */
    if (NT_SUCCESS(status)) /* a write watch sees all of it */
        status = IopBegin(&operation, MmProbeBuffer(buffer, length, 1), event, apc,
                          apcContext, userIosb);
    if (!NT_SUCCESS(status))
        return status;
    IOFILE *file = operation.File;
    switch (file->Kind) {
    case IopDisk:
        status = IopReadDisk(file, buffer, length, userOffset, &done);
        break;
    case IopConsole:
        status = file->Stream == 0 ? IopConsoleRead(buffer, length, &done, FALSE)
                                   : STATUS_ACCESS_DENIED;
        break;
    case IopHost:
        status = IopHostRead(file, buffer, length, &done);
        break;
    case IopPipe:
        status = IopPipeRead(file, buffer, length, &done);
        break;
    case IopNull:
        status = STATUS_END_OF_FILE;
    }
    return IopComplete(&operation, status, done);
}

/* Writing needs FILE_WRITE_DATA, or FILE_APPEND_DATA alone: then it goes to the end. */
static NTSTATUS IopReferenceForWrite(HANDLE handle, IOFILE **file, BOOLEAN *append)
{
    ACCESS_MASK granted;
    NTSTATUS status =
        ObReferenceObjectByHandle(handle, &IoFileType, 0, (void **)file, &granted);
    if (!NT_SUCCESS(status))
        return status;
    *append = !(granted & FILE_WRITE_DATA);
    if (granted & (FILE_WRITE_DATA | FILE_APPEND_DATA))
        return STATUS_SUCCESS;
    ObDereferenceObject(*file);
    return STATUS_ACCESS_DENIED;
}

NTSTATUS NTAPI NtWriteFile(HANDLE handle, HANDLE event, PVOID apc, PVOID apcContext,
                           IO_STATUS_BLOCK *userIosb, LPCVOID buffer, ULONG length,
                           LARGE_INTEGER *userOffset, ULONG *key)
{
    IOPERATION operation;
    BOOLEAN append;
    ULONG done = 0;
    NTSTATUS status = IopReferenceForWrite(handle, &operation.File, &append);
    (void)key;
    if (NT_SUCCESS(status))
        status = IopBegin(&operation, MmProbeForRead(buffer, length, 1), event, apc,
                          apcContext, userIosb);
    if (!NT_SUCCESS(status))
        return status;
    IOFILE *file = operation.File;
    switch (file->Kind) {
    case IopDisk:
        status = IopWriteDisk(file, buffer, length, userOffset, append, &done);
        break;
    case IopConsole:
        status = IopConsoleWrite(buffer, length, &done);
        break;
    case IopHost:
        status = IopHostWrite(file, buffer, length, &done);
        break;
    case IopPipe:
        status = IopPipeWrite(file, buffer, length, &done);
        break;
    case IopNull:
        done = length;
    }
    return IopComplete(&operation, status, done);
}

/* The range that the caller names; on success *file is referenced, and the two are for one file. */
static NTSTATUS IopCaptureLock(HANDLE handle, const LARGE_INTEGER *userFirst,
                               const LARGE_INTEGER *userLength, ULONG key,
                               BOOLEAN exclusive, IOPLOCK *lock, IOFILE **file)
{
    ACCESS_MASK granted;
    *lock = (IOPLOCK){.Space = MmCurrentSpace(),
                      .Key = key,
                      .Write = exclusive,
                      .Exclusive = exclusive};
    NTSTATUS status = MmCopyFromUser(&lock->First, userFirst, sizeof lock->First);
    if (NT_SUCCESS(status))
        status = MmCopyFromUser(&lock->Length, userLength, sizeof lock->Length);
    if (NT_SUCCESS(status))
        status =
            ObReferenceObjectByHandle(handle, &IoFileType, 0, (void **)file, &granted);
    if (!NT_SUCCESS(status))
        return status;
    lock->File = *file;
    if (!(granted & (FILE_READ_DATA | FILE_WRITE_DATA)))
        status = STATUS_ACCESS_DENIED;
    else if ((*file)->Kind != IopDisk || (*file)->Node->Directory)
        status = STATUS_INVALID_DEVICE_REQUEST;
    else if (lock->Length && lock->First + (lock->Length - 1) < lock->First)
        status = STATUS_INVALID_LOCK_RANGE;
    if (!NT_SUCCESS(status))
        ObDereferenceObject(*file);
    return status;
}

NTSTATUS NTAPI NtLockFile(HANDLE handle, HANDLE event, PVOID apc, PVOID apcContext,
                          IO_STATUS_BLOCK *userIosb, LARGE_INTEGER *userFirst,
                          LARGE_INTEGER *userLength, ULONG key, BOOLEAN immediately,
                          BOOLEAN exclusive)
{
    IOPERATION operation;
    IOPLOCK lock;
    NTSTATUS status = IopCaptureLock(handle, userFirst, userLength, key, exclusive, &lock,
                                     &operation.File);
    if (NT_SUCCESS(status))
        status = IopBegin(&operation, status, event, apc, apcContext, userIosb);
    return NT_SUCCESS(status)
               ? IopComplete(&operation, IopTakeLock(&lock, immediately), 0)
               : status;
}

NTSTATUS NTAPI NtUnlockFile(HANDLE handle, IO_STATUS_BLOCK *userIosb,
                            LARGE_INTEGER *userFirst, LARGE_INTEGER *userLength,
                            ULONG key)
{
    IOFILE *file;
    IOPLOCK lock;
    NTSTATUS status = MmProbeForWrite(userIosb, sizeof *userIosb, 4);
    if (NT_SUCCESS(status))
        status = IopCaptureLock(handle, userFirst, userLength, key, FALSE, &lock, &file);
    if (!NT_SUCCESS(status))
        return status;
    status = IopDropLocks(file, &lock) ? STATUS_SUCCESS : STATUS_RANGE_NOT_LOCKED;
    ObDereferenceObject(file);
    return NT_SUCCESS(status) ? IopReturnIosb(userIosb, status, 0) : status;
}

/* Nothing is held back: what was written is where it will stay.  In a pipe it is held until
 * the other end has read it. */
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE handle, IO_STATUS_BLOCK *userIosb)
{
    IOFILE *file;
    BOOLEAN append;
    NTSTATUS status = IopReferenceForWrite(handle, &file, &append);
    if (!NT_SUCCESS(status))
        return status;
    if (file->Pipe != NULL)
        status = IopFlushPipe(file);
    ObDereferenceObject(file);
    return NT_SUCCESS(status) ? IopReturnIosb(userIosb, status, 0) : status;
}

/* kind: whose the codes are; STATUS_INVALID_DEVICE_REQUEST for a file of another.  Bits 14 and 15
 * of code are the access it takes. */
static NTSTATUS IopControl(IOPKIND kind, HANDLE handle, HANDLE event, PVOID apc,
                           PVOID apcContext, IO_STATUS_BLOCK *userIosb, ULONG code,
                           const IOPBUFFERS *buffers)
{
    IOPERATION operation;
    ULONG done = 0;
    NTSTATUS status = IopReferenceFile(handle, code >> 14 & 3, &operation.File);
    if (!NT_SUCCESS(status))
        return status;
    status = MmProbeForRead(buffers->In, buffers->InLength, 1);
    if (NT_SUCCESS(status))
        status = MmProbeBuffer(buffers->Out, buffers->OutLength, 1);
    status = IopBegin(&operation, status, event, apc, apcContext, userIosb);
    if (!NT_SUCCESS(status))
        return status;
    if (operation.File->Kind != kind)
        status = STATUS_INVALID_DEVICE_REQUEST;
    else
        status = kind == IopPipe
                     ? IopPipeControl(operation.File, code, buffers, &done)
                     : IopConsoleControl(operation.File, code, buffers, &done);
    return IopComplete(&operation, status, done);
}

/* Of pipes: FSCTL_PIPE_*. */
NTSTATUS NTAPI NtFsControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                               PVOID apcContext, IO_STATUS_BLOCK *userIosb, ULONG code,
                               PVOID in, ULONG inLength, PVOID out, ULONG outLength)
{
    const IOPBUFFERS buffers = {in, out, inLength, outLength};
    return IopControl(IopPipe, handle, event, (PVOID)apc, apcContext, userIosb, code,
                      &buffers);
}

/* Of consoles: fathom.h, IOCTL_CONSOLE_*. */
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                                     PVOID apcContext, PIO_STATUS_BLOCK userIosb,
                                     ULONG code, PVOID in, ULONG inLength, PVOID out,
                                     ULONG outLength)
{
    const IOPBUFFERS buffers = {in, out, inLength, outLength};
    return IopControl(IopConsole, handle, event, (PVOID)apc, apcContext, userIosb, code,
                      &buffers);
}
