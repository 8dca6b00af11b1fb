/* file.c - NtCreateFile and NtOpenFile: a name to a handle, by Windows' dispositions.
 *
 *   disposition    exists              does not exist
 *   SUPERSEDE 0    emptied             made
 *   OPEN 1         opened              STATUS_OBJECT_NAME_NOT_FOUND
 *   CREATE 2       NAME_COLLISION      made
 *   OPEN_IF 3      opened              made
 *   OVERWRITE 4    emptied             STATUS_OBJECT_NAME_NOT_FOUND
 *   OVERWRITE_IF 5 emptied             made; its attributes become those of the request
 *
 * Source: learn.microsoft.com, NtCreateFile; sharing as IoCheckShareAccess describes it. */
#include "iop.h"
#include "services.h"

enum { Superseded = 0, Opened = 1, Created = 2, Overwritten = 3 }; /* Iosb.Information */

static BOOLEAN IopForData(ACCESS_MASK access)
{
    return (access & (FILE_READ_DATA | FILE_EXECUTE | FILE_WRITE_DATA | FILE_APPEND_DATA |
                      DELETE)) != 0;
}

static void IopCountSharing(IOFILE *file, int by)
{
    IONODE *node = file->Node;
    node->Handles += by;
    if (!IopForData(file->Access)) /* attributes alone conflict with nothing */
        return;
    node->Opens += by;
    node->Readers += by * ((file->Access & (FILE_READ_DATA | FILE_EXECUTE)) != 0);
    node->Writers += by * ((file->Access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0);
    node->Deleters += by * ((file->Access & DELETE) != 0);
    node->SharedRead += by * ((file->Share & FILE_SHARE_READ) != 0);
    node->SharedWrite += by * ((file->Share & FILE_SHARE_WRITE) != 0);
    node->SharedDelete += by * ((file->Share & FILE_SHARE_DELETE) != 0);
}

static BOOLEAN IopSharingAllows(const IONODE *node, ACCESS_MASK access, ULONG share)
{
    const BOOLEAN read = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
    const BOOLEAN write = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    const BOOLEAN delete = (access & DELETE) != 0;
    if (!IopForData(access))
        return TRUE;
    return !((read && node->SharedRead < node->Opens) ||
             (write && node->SharedWrite < node->Opens) ||
             (delete &&node->SharedDelete < node->Opens) ||
             (!(share & FILE_SHARE_READ) && node->Readers) ||
             (!(share & FILE_SHARE_WRITE) && node->Writers) ||
             (!(share & FILE_SHARE_DELETE) && node->Deleters));
}

/* The last handle went: sharing ends, and what was marked for deletion goes, unless it is
 * a folder with something in it. */
static void IopCloseFile(void *body)
{
    IOFILE *file = body;
    IONODE *node = file->Node;
    if (file->Pipe != NULL)
        IopPipeClose(file);
    if (node == NULL)
        return;
    IopDropLocks(file, NULL);
    if (file->Counted)
        IopCountSharing(file, -1);
    file->Counted = FALSE;
    if (file->DeleteOnClose && IsListEmpty(&node->Children))
        node->DeletePending = TRUE;
    if (node->DeletePending && node->Handles == 0 && !IsListEmpty(&node->Siblings))
        IopUnlink(node);
}

static void IopDeleteFileObject(void *body)
{
    IOFILE *file = body;
    IopCloseFile(file); /* never had a handle */
    if (file->Pipe != NULL)
        IopPipeDelete(file);
    if (file->Pattern != NULL)
        ExFreePool(file->Pattern);
    if (file->Node != NULL)
        IopDereferenceNode(file->Node);
}

const OBTYPE IoFileType = {
    .Name = "File",
    .Delete = IopDeleteFileObject,
    .Close = IopCloseFile,
    .ValidAccess = FILE_ALL_ACCESS,
    .Generic = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                FILE_ALL_ACCESS},
    .Waitable = TRUE,
};

NTSTATUS IopCreateFileObject(IOPKIND kind, IOFILE **result)
{
    IOFILE *file;
    NTSTATUS status = ObCreateObject(&IoFileType, sizeof *file, (void **)&file);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(&file->Event, EventNotificationObject, FALSE);
    file->Kind = kind;
    *result = file;
    return STATUS_SUCCESS;
}

NTSTATUS IopReferenceFile(HANDLE handle, ACCESS_MASK access, IOFILE **file)
{
    return ObReferenceObjectByHandle(handle, &IoFileType, access, (void **)file, NULL);
}

NTSTATUS IoReferenceMmFile(HANDLE handle, ACCESS_MASK access, MMFILE **file)
{
    IOFILE *object;
    NTSTATUS status = IopReferenceFile(handle, access, &object);
    if (!NT_SUCCESS(status))
        return status;
    if (object->Node == NULL || object->Node->Directory) {
        status = STATUS_INVALID_FILE_FOR_SECTION;
    } else {
        IopReferenceNode(object->Node);
        *file = &object->Node->File;
    }
    ObDereferenceObject(object);
    return status;
}

NTSTATUS IoCreateStandardObject(ULONG stream, BOOLEAN host, ULONG index, void **body)
{
    IOFILE *file;
    NTSTATUS status = IopCreateFileObject(host ? IopHost : IopConsole, &file);
    if (!NT_SUCCESS(status))
        return status;
    file->Stream = stream;
    file->HostIndex = index;
    file->Options = FILE_SYNCHRONOUS_IO_NONALERT;
    *body = file;
    return STATUS_SUCCESS;
}

NTSTATUS IopReturnIosb(IO_STATUS_BLOCK *userIosb, NTSTATUS status, ULONG information)
{
    const IO_STATUS_BLOCK iosb = {.Status = status, .Information = information};
    NTSTATUS written = MmCopyToUser(userIosb, &iosb, sizeof iosb);
    return NT_SUCCESS(written) ? status : written;
}

/* What exists is opened, perhaps emptied. */
static NTSTATUS IopOpenExisting(IONODE *node, const IOPREQUEST *request,
                                ULONG *information)
{
    const BOOLEAN always = request->Disposition == FILE_OVERWRITE_IF; /* CREATE_ALWAYS */
    const BOOLEAN empties = request->Disposition == FILE_SUPERSEDE || always ||
                            request->Disposition == FILE_OVERWRITE;
    if (node->DeletePending)
        return STATUS_DELETE_PENDING;
    if (request->Disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (node->Directory && (request->Options & FILE_NON_DIRECTORY_FILE))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!node->Directory && (request->Options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (node->Directory && empties)
        return STATUS_OBJECT_NAME_COLLISION;
    if ((node->Attributes & FILE_ATTRIBUTE_READONLY) &&
        (empties || (request->Access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) ||
         (request->Options & FILE_DELETE_ON_CLOSE)))
        return request->Options & FILE_DELETE_ON_CLOSE ? STATUS_CANNOT_DELETE
                                                       : STATUS_ACCESS_DENIED;
    if (always && node->Attributes & ~request->Attributes &
                      (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM))
        return STATUS_ACCESS_DENIED;
    if (!IopSharingAllows(node, request->Access | (empties ? FILE_WRITE_DATA : 0),
                          request->Share))
        return STATUS_SHARING_VIOLATION;
    *information = !empties                                 ? Opened
                   : request->Disposition == FILE_SUPERSEDE ? Superseded
                                                            : Overwritten;
    NTSTATUS status = empties ? IopSetSize(node, 0) : STATUS_SUCCESS;
    if (NT_SUCCESS(status) && always)
        node->Attributes = FILE_ATTRIBUTE_ARCHIVE | (request->Attributes & IOP_SETTABLE);
    return status;
}

static NTSTATUS IopMakeNew(const IOPPATH *path, const IOPREQUEST *request, IONODE **node,
                           ULONG *information)
{
    if (request->Disposition == FILE_OPEN || request->Disposition == FILE_OVERWRITE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    const BOOLEAN directory = (request->Options & FILE_DIRECTORY_FILE) != 0;
    if (path->TrailingSlash && !directory)
        return STATUS_OBJECT_NAME_INVALID;
    if (path->Parent->DeletePending)
        return STATUS_DELETE_PENDING;
    NTSTATUS status =
        IopMakeNode(path->Parent, path->Last, path->LastLength, directory, node);
    if (!NT_SUCCESS(status))
        return status;
    (*node)->Attributes |= request->Attributes & IOP_SETTABLE;
    *information = Created;
    return STATUS_SUCCESS;
}

static NTSTATUS IopOpenNode(const IOPPATH *path, const IOPREQUEST *request,
                            IOFILE **result, ULONG *information)
{
    IONODE *node = path->Node;
    IOFILE *file;
    NTSTATUS status = IopCreateFileObject(IopDisk, &file);
    if (!NT_SUCCESS(status))
        return status;
    if (node != NULL && path->TrailingSlash && !node->Directory)
        status = STATUS_OBJECT_NAME_INVALID;
    else
        status = node != NULL ? IopOpenExisting(node, request, information)
                              : IopMakeNew(path, request, &node, information);
    if (!NT_SUCCESS(status)) {
        ObDereferenceObject(file);
        return status;
    }
    IopReferenceNode(node);
    file->Node = node;
    file->Access = request->Access;
    file->Share = request->Share;
    file->DeleteOnClose = (request->Options & FILE_DELETE_ON_CLOSE) != 0;
    file->Counted = TRUE;
    IopCountSharing(file, +1);
    *result = file;
    return STATUS_SUCCESS;
}

static NTSTATUS IopOpenDevice(const IOPPATH *path, const IOPREQUEST *request,
                              IOFILE **result, ULONG *information)
{
    *information = Opened;
    if (path->Kind == IopPipe)
        return IopOpenPipe(path, request, result, information);
    NTSTATUS status = IopCreateFileObject(path->Kind, result);
    if (NT_SUCCESS(status))
        (*result)->Stream = path->Stream;
    return status;
}

static NTSTATUS IopCheckRequest(const IOPREQUEST *request)
{
    if (request->Disposition > FILE_OVERWRITE_IF || (request->Share & ~7u) ||
        (request->Options & (FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE)) ==
            (FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE))
        return STATUS_INVALID_PARAMETER;
    if ((request->Options & FILE_DELETE_ON_CLOSE) && !(request->Access & DELETE))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS IopOpenByName(HANDLE *userHandle, IOPREQUEST *request,
                       POBJECT_ATTRIBUTES userAttributes, IO_STATUS_BLOCK *userIosb)
{
    IOPPATH path;
    WCHAR *name;
    IOFILE *file;
    ULONG attributes, information = 0;
    request->Access = ObMapAccess(&IoFileType, request->Access);
    NTSTATUS status = IopCheckRequest(request);
    if (NT_SUCCESS(status))
        status = MmProbeForWrite(userIosb, sizeof *userIosb, 4);
    if (NT_SUCCESS(status))
        status = IopParseAttributes(userAttributes, &path, &attributes, &name);
    if (!NT_SUCCESS(status))
        return status;
    if (request->Server != NULL && path.Kind != IopPipe)
        status = STATUS_OBJECT_NAME_INVALID;
    else
        status = path.Kind == IopDisk
                     ? IopOpenNode(&path, request, &file, &information)
                     : IopOpenDevice(&path, request, &file, &information);
    if (name != NULL)
        ExFreePool(name);
    if (!NT_SUCCESS(status))
        return status;
    file->Options = request->Options;
    status = ObReturnHandle(file, request->Access, attributes & OBJ_INHERIT, userHandle);
    ObDereferenceObject(file);
    return NT_SUCCESS(status) ? IopReturnIosb(userIosb, status, information) : status;
}

NTSTATUS NTAPI NtCreateFile(PHANDLE handle, ACCESS_MASK access,
                            POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                            PLARGE_INTEGER allocation, ULONG fileAttributes, ULONG share,
                            ULONG disposition, ULONG options, PVOID ea, ULONG eaLength)
{
    IOPREQUEST request = {access, fileAttributes, share, disposition, options, NULL};
    (void)allocation; /* room is found when bytes come */
    if (ea != NULL && eaLength != 0)
        return STATUS_EAS_NOT_SUPPORTED;
    return IopOpenByName(handle, &request, attributes, iosb);
}

NTSTATUS NTAPI NtOpenFile(PHANDLE handle, ACCESS_MASK access,
                          POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK iosb,
                          ULONG share, ULONG options)
{
    IOPREQUEST request = {access, 0, share, FILE_OPEN, options, NULL};
    return IopOpenByName(handle, &request, attributes, iosb);
}
