/* readwrite.c - NtReadFile, NtWriteFile and what ends an operation.
 *
 * Every operation is complete when the service returns: a caller that asked for a
 * completion gets its event set or its APC queued at once.  A position is the file
 * object's when no offset is given, and then moves.
 */
#include "iop.h"
#include "services.h"

NTSTATUS IopPrepareCompletion(COMPLETION *completion, HANDLE event, PVOID apc,
                              PVOID apcContext, IO_STATUS_BLOCK *userIosb)
{
    *completion =
        (COMPLETION){.Apc = apc, .ApcContext = apcContext, .UserIosb = userIosb};
    NTSTATUS status = MmProbeForWrite(userIosb, sizeof *userIosb, 4);
    if (!NT_SUCCESS(status) || event == NULL)
        return status;
    status = ObReferenceObjectByHandle(event, NULL, EVENT_MODIFY_STATE,
                                       &completion->EventBody, NULL);
    if (!NT_SUCCESS(status))
        return status;
    completion->Event = completion->EventBody;
    if (!ObGetType(completion->EventBody)->Waitable ||
        ObGetType(completion->EventBody)->Name[0] != 'E') {
        ObDereferenceObject(completion->EventBody);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    KeResetEvent(completion->Event);
    return STATUS_SUCCESS;
}

static void IopFreeApc(KAPC *apc)
{
    ExFreePool(apc);
}

static void IopQueueCompletionApc(const COMPLETION *completion)
{
    KAPC *apc = ExAllocatePool(sizeof *apc, IO_TAG);
    if (apc == NULL)
        return;
    apc->FreeRoutine = IopFreeApc;
    apc->NormalRoutine = completion->Apc;
    apc->NormalContext = completion->ApcContext;
    apc->SystemArgument1 = completion->UserIosb;
    if (!KeQueueApc(KeGetCurrentThread(), apc))
        ExFreePool(apc);
}

NTSTATUS IopComplete(IOFILE *file, COMPLETION *completion, NTSTATUS status, ULONG done)
{
    IO_STATUS_BLOCK iosb = {.Status = status, .Information = done};
    NTSTATUS written = STATUS_SUCCESS;
    if (!NT_ERROR(status)) {
        written = MmCopyToUser(completion->UserIosb, &iosb, sizeof iosb);
        if (completion->Apc != NULL)
            IopQueueCompletionApc(completion);
    }
    KeSetEvent(&file->Event);
    if (completion->EventBody != NULL) {
        KeSetEvent(completion->Event);
        ObDereferenceObject(completion->EventBody);
    }
    return NT_SUCCESS(written) ? status : written;
}

/* The offset an operation starts at: given, the position, or the end. */
static NTSTATUS IopTakeOffset(IOFILE *file, const LARGE_INTEGER *userOffset,
                              BOOLEAN append, LONGLONG *offset)
{
    LARGE_INTEGER given = {.LowPart = (ULONG)-2, .HighPart = -1};
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
    if (node->Directory)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (length == 0)
        return STATUS_SUCCESS;
    if ((ULONGLONG)offset >= node->File.Size)
        return STATUS_END_OF_FILE;
    ULONG part = node->File.Size - offset < length ? node->File.Size - offset : length;
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
    if (!NT_SUCCESS(status))
        return status;
    if (file->Node->Directory)
        return STATUS_INVALID_DEVICE_REQUEST;
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
    IOFILE *file;
    COMPLETION completion;
    ULONG done = 0;
    NTSTATUS status = IopReferenceFile(handle, FILE_READ_DATA, &file);
    (void)key; /* the owner's process and file are enough */
    if (!NT_SUCCESS(status))
        return status;
    status = MmProbeForWrite(buffer, length, 1); /* a write watch sees all of it */
    if (NT_SUCCESS(status))
        status = IopPrepareCompletion(&completion, event, apc, apcContext, userIosb);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(file);
        return status;
    }
    KeResetEvent(&file->Event);
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
    status = IopComplete(file, &completion, status, done);
    ObDereferenceObject(file);
    return status;
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
    IOFILE *file;
    COMPLETION completion;
    BOOLEAN append;
    ULONG done = 0;
    NTSTATUS status = IopReferenceForWrite(handle, &file, &append);
    (void)key;
    if (!NT_SUCCESS(status))
        return status;
    status = MmProbeForRead(buffer, length, 1);
    if (NT_SUCCESS(status))
        status = IopPrepareCompletion(&completion, event, apc, apcContext, userIosb);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(file);
        return status;
    }
    KeResetEvent(&file->Event);
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
    status = IopComplete(file, &completion, status, done);
    ObDereferenceObject(file);
    return status;
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
    IOFILE *file;
    IOPLOCK lock;
    COMPLETION completion;
    NTSTATUS status =
        IopCaptureLock(handle, userFirst, userLength, key, exclusive, &lock, &file);
    if (!NT_SUCCESS(status))
        return status;
    status = IopPrepareCompletion(&completion, event, apc, apcContext, userIosb);
    if (NT_SUCCESS(status))
        status = IopComplete(file, &completion, IopTakeLock(&lock, immediately), 0);
    ObDereferenceObject(file);
    return status;
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

/* Consoles alone; bits 14 and 15 of code are the access it takes (fathom.h, IOCTL_CONSOLE_*). */
NTSTATUS NTAPI NtDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc,
                                     PVOID apcContext, PIO_STATUS_BLOCK userIosb,
                                     ULONG code, PVOID in, ULONG inLength, PVOID out,
                                     ULONG outLength)
{
    IOFILE *file;
    ULONG done = 0;
    NTSTATUS status = IopReferenceFile(handle, code >> 14 & 3, &file);
    (void)event;
    (void)apc;
    (void)apcContext;
    if (!NT_SUCCESS(status))
        return status;
    status = file->Kind == IopConsole
                 ? IopConsoleControl(file, code, in, inLength, out, outLength, &done)
                 : STATUS_INVALID_DEVICE_REQUEST;
    ObDereferenceObject(file);
    return NT_SUCCESS(status) ? IopReturnIosb(userIosb, status, done) : status;
}
