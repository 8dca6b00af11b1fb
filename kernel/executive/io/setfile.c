/* setfile.c - NtSetInformationFile: times, position, size, name, and the mark of deletion.
 *
 * A table says for each class how many bytes it takes and what rights its handle must have. */
#include "iop.h"
#include "services.h"

typedef union {
    FILE_BASIC_INFORMATION Basic;
    FILE_POSITION_INFORMATION Position;
    FILE_RENAME_INFORMATION Rename;
    FILE_PIPE_INFORMATION Modes;
    LARGE_INTEGER Size;
} GIVEN;

static NTSTATUS IopSetBasic(IONODE *node, const FILE_BASIC_INFORMATION *basic)
{
    if (basic->CreationTime.QuadPart > 0)
        node->CreationTime = basic->CreationTime.QuadPart;
    if (basic->LastWriteTime.QuadPart > 0)
        node->WriteTime = basic->LastWriteTime.QuadPart;
    if (basic->FileAttributes != 0)
        node->Attributes = (node->Attributes & FILE_ATTRIBUTE_DIRECTORY) |
                           (basic->FileAttributes & IOP_SETTABLE);
    if (node->Attributes == 0)
        node->Attributes = FILE_ATTRIBUTE_NORMAL;
    return STATUS_SUCCESS;
}

/* A folder must be empty, a file writable; it goes when its last handle is closed. */
static NTSTATUS IopSetDisposition(IONODE *node, BOOLEAN delete)
{
    if (delete &&node == IopRoot)
        return STATUS_CANNOT_DELETE;
    if (delete &&(IopIsMapped(node) || node->Attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_CANNOT_DELETE;
    if (delete &&!IsListEmpty(&node->Children))
        return STATUS_DIRECTORY_NOT_EMPTY;
    node->DeletePending = delete;
    return STATUS_SUCCESS;
}

static NTSTATUS IopRenameTo(IONODE *node, const WCHAR *target, BOOLEAN replace,
                            IONODE *root)
{
    IOPPATH path;
    NTSTATUS status;
    if (root == NULL && target[0] != '\\') { /* a bare name: within its folder */
        root = node->Parent;
    }
    status = IopParsePath(target, root, &path);
    if (!NT_SUCCESS(status))
        return status;
    if (path.Kind != IopDisk || path.Parent == NULL || path.LastLength == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (path.Parent->DeletePending)
        return STATUS_DELETE_PENDING;
    for (const IONODE *n = path.Parent; n != NULL; n = n->Parent)
        if (n == node)
            return STATUS_ACCESS_DENIED; /* a folder cannot move into itself */
    if (path.Node != NULL && path.Node != node && path.Node->Parent == path.Parent) {
        if (!replace)
            return STATUS_OBJECT_NAME_COLLISION;
        if (path.Node->Directory || path.Node->Handles || IopIsMapped(path.Node) ||
            (path.Node->Attributes & FILE_ATTRIBUTE_READONLY))
            return STATUS_ACCESS_DENIED;
        IopUnlink(path.Node);
    }
    return IopRename(node, path.Parent, path.Last, path.LastLength);
}

static NTSTATUS IopSetRename(IONODE *node, const FILE_RENAME_INFORMATION *user,
                             ULONG length)
{
    FILE_RENAME_INFORMATION head;
    IOFILE *root = NULL; /* what the name begins at */
    const ULONG fixed = offsetof(FILE_RENAME_INFORMATION, FileName);
    if (length < sizeof head)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromUser(&head, user, fixed);
    if (!NT_SUCCESS(status))
        return status;
    if (head.FileNameLength > length - fixed || head.FileNameLength % sizeof(WCHAR) ||
        head.FileNameLength == 0 || head.FileNameLength > 0xFFFE)
        return STATUS_INVALID_PARAMETER;
    WCHAR *name = ExAllocatePool(head.FileNameLength + sizeof(WCHAR), IO_TAG);
    if (name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = MmCopyFromUser(name, (const UCHAR *)user + fixed, head.FileNameLength);
    if (NT_SUCCESS(status))
        status = IopReferenceRoot(head.RootDirectory, &root);
    if (NT_SUCCESS(status) && node->Parent == NULL)
        status = STATUS_ACCESS_DENIED;
    if (NT_SUCCESS(status))
        status = IopRenameTo(node, name, head.ReplaceIfExists,
                             root != NULL ? root->Node : NULL);
    if (root != NULL)
        ObDereferenceObject(root);
    ExFreePool(name);
    return status;
}

static NTSTATUS IopChangeSize(IONODE *node, ULONG class, LONGLONG size)
{
    if (node->Directory || size < 0)
        return STATUS_INVALID_PARAMETER;
    if (class ==
        FileAllocationInformation) /* room is found by itself: only less has effect */
        return (ULONGLONG)size < node->File.Size ? IopSetSize(node, size)
                                                 : STATUS_SUCCESS;
    return IopSetSize(node, size);
}

/* What a class needs: bytes of its structure, rights of the handle. */
static const struct {
    UCHAR Class, Size;
    ACCESS_MASK Access;
} IopSettable[] = {
    {FileBasicInformation, sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES},
    {FileRenameInformation, sizeof(FILE_RENAME_INFORMATION), DELETE},
    {FileDispositionInformation, sizeof(FILE_DISPOSITION_INFORMATION), DELETE},
    {FilePipeInformation, sizeof(FILE_PIPE_INFORMATION), FILE_WRITE_ATTRIBUTES},
    {FilePositionInformation, sizeof(FILE_POSITION_INFORMATION), 0},
    {FileAllocationInformation, sizeof(LARGE_INTEGER), FILE_WRITE_DATA},
    {FileEndOfFileInformation, sizeof(LARGE_INTEGER), FILE_WRITE_DATA},
};

static NTSTATUS IopSetOne(IOFILE *file, ULONG class, const void *user, ULONG length,
                          const GIVEN *given)
{
    const LONGLONG number = given->Position.CurrentByteOffset.QuadPart;
    switch (class) {
    case FileBasicInformation:
        return IopSetBasic(file->Node, &given->Basic);
    case FileRenameInformation:
        return IopSetRename(file->Node, user, length);
    case FileDispositionInformation:
        return IopSetDisposition(file->Node, *(const BOOLEAN *)given);
    case FilePipeInformation:
        return IopSetPipe(file, &given->Modes);
    case FilePositionInformation:
        if (number < 0)
            return STATUS_INVALID_PARAMETER;
        file->Position = number;
        return STATUS_SUCCESS;
    default:
        return IopChangeSize(file->Node, class, number);
    }
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE handle, PIO_STATUS_BLOCK userIosb, PVOID user,
                                    ULONG length, FILE_INFORMATION_CLASS class)
{
    IOFILE *file;
    GIVEN given;
    ULONG i = 0;
    while (i < sizeof IopSettable / sizeof *IopSettable &&
           IopSettable[i].Class != (ULONG) class)
        i++;
    if (i == sizeof IopSettable / sizeof *IopSettable)
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status = IopReferenceFile(handle, IopSettable[i].Access, &file);
    if (!NT_SUCCESS(status))
        return status;
    if (length < IopSettable[i].Size)
        status = STATUS_INFO_LENGTH_MISMATCH;
    else if (class != FilePipeInformation && file->Node == NULL)
        status = STATUS_INVALID_DEVICE_REQUEST;
    else
        status = MmCopyFromUser(&given, user, IopSettable[i].Size);
    if (NT_SUCCESS(status))
        status = IopSetOne(file, class, user, length, &given);
    ObDereferenceObject(file);
    return NT_SUCCESS(status) ? IopReturnIosb(userIosb, status, 0) : status;
}
