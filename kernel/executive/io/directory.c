/* directory.c - NtQueryDirectoryFile, and attributes of a file by its name.
 *
 * A directory handle remembers the id of the entry it gave last; entries are in the order
 * of their ids, so files that come and go between two queries do no harm.  The pattern
 * (pattern.c) is that of the first query.
 */
#include "iop.h"
#include "services.h"

/* Each character that a name can have, with a star before and after it.  What is longer matches
 * nothing, or has wild cards that it can do without. */
#define LONGEST_PATTERN (2 * IO_LONGEST_NAME + 1)

typedef struct { /* one entry: a node, or one of the two dots */
    const IONODE *Node;
    const WCHAR *Name;
    ULONG NameLength;
} FOUND;

static BOOLEAN IopNextEntry(const IOFILE *file, ULONG *dots, ULONG *lastId, FOUND *found)
{
    static const WCHAR names[] = L"..";
    while (*dots < 2 && file->Node->Parent != NULL) {
        ++*dots;
        *found = (FOUND){file->Node, *dots == 1 ? names + 1 : names, *dots};
        if (file->Pattern == NULL || IopMatches(file->Pattern, found->Name))
            return TRUE;
    }
    LIST_EACH(const IONODE, node, &file->Node->Children, Siblings) {
        if (node->Id <= *lastId || node->DeletePending)
            continue;
        *lastId = node->Id;
        if (file->Pattern == NULL || IopMatches(file->Pattern, node->Name.Text)) {
            *found = (FOUND){node, node->Name.Text, node->Name.Length};
            return TRUE;
        }
        if (KeYieldIfDue()) { /* the folder may be another: from its beginning */
            if (KeGetCurrentThread()->TerminatePending)
                return FALSE;
            node = CONTAINING_RECORD(&file->Node->Children, IONODE, Siblings);
        }
    }
    return FALSE;
}

/* Where the name is in each class's structure, and where its length does. */
static BOOLEAN IopLayout(ULONG class, ULONG *lengthAt, ULONG *nameAt)
{
    switch (class) {
    case FileDirectoryInformation:
        *lengthAt = offsetof(FILE_DIRECTORY_INFORMATION, FileNameLength);
        *nameAt = offsetof(FILE_DIRECTORY_INFORMATION, FileName);
        return TRUE;
    case FileFullDirectoryInformation:
        *lengthAt = offsetof(FILE_FULL_DIR_INFORMATION, FileNameLength);
        *nameAt = offsetof(FILE_FULL_DIR_INFORMATION, FileName);
        return TRUE;
    case FileBothDirectoryInformation:
        *lengthAt = offsetof(FILE_BOTH_DIR_INFORMATION, FileNameLength);
        *nameAt = offsetof(FILE_BOTH_DIR_INFORMATION, FileName);
        return TRUE;
    case FileNamesInformation:
        *lengthAt = offsetof(FILE_NAMES_INFORMATION, FileNameLength);
        *nameAt = offsetof(FILE_NAMES_INFORMATION, FileName);
        return TRUE;
    default:
        return FALSE;
    }
}

/* The fixed part; the three directory classes begin alike, up to FileNameLength. */
static void IopFillHead(const FOUND *found, ULONG class, ULONG lengthAt, UCHAR *head)
{
    FILE_DIRECTORY_INFORMATION *common = (FILE_DIRECTORY_INFORMATION *)head;
    FILE_BASIC_INFORMATION basic;
    if (class != FileNamesInformation) {
        IopFillBasic(found->Node, &basic);
        common->CreationTime = basic.CreationTime;
        common->LastAccessTime = basic.LastAccessTime;
        common->LastWriteTime = basic.LastWriteTime;
        common->ChangeTime = basic.ChangeTime;
        common->FileAttributes = basic.FileAttributes;
        common->EndOfFile.QuadPart = found->Node->Directory ? 0 : found->Node->File.Size;
        common->AllocationSize.QuadPart = ALIGN_UP(common->EndOfFile.QuadPart, PAGE_SIZE);
    }
    common->FileIndex = found->Node->Id;
    *(ULONG *)(head + lengthAt) = found->NameLength * sizeof(WCHAR);
}

static NTSTATUS IopPutEntry(const FOUND *found, ULONG class, UCHAR *user, ULONG room,
                            ULONG *size)
{
    UCHAR head[128] = {0};
    ULONG lengthAt = 0, nameAt = 0;
    IopLayout(class, &lengthAt, &nameAt);
    C_ASSERT(sizeof head >= sizeof(FILE_BOTH_DIR_INFORMATION));
    *size = nameAt + found->NameLength * sizeof(WCHAR);
    if (*size > room)
        return STATUS_BUFFER_OVERFLOW;
    IopFillHead(found, class, lengthAt, head);
    NTSTATUS status = MmCopyToUser(user, head, nameAt);
    if (NT_SUCCESS(status))
        status =
            MmCopyToUser(user + nameAt, found->Name, found->NameLength * sizeof(WCHAR));
    return status;
}

/* As many entries as fit, linked by NextEntryOffset, each 8-aligned. */
static NTSTATUS IopPutEntries(IOFILE *file, ULONG class, BOOLEAN single, UCHAR *user,
                              ULONG length, ULONG *done)
{
    ULONG at = 0, last = 0, size;
    FOUND found;
    for (;;) {
        ULONG dots = file->DotEntries, id = file->LastId;
        if (!IopNextEntry(file, &dots, &id, &found))
            break;
        NTSTATUS status = at <= length
                              ? IopPutEntry(&found, class, user + at, length - at, &size)
                              : STATUS_BUFFER_OVERFLOW;
        if (status == STATUS_BUFFER_OVERFLOW) {
            if (*done == 0)
                return STATUS_BUFFER_OVERFLOW;
            break;
        }
        ULONG offset = at - last;
        if (NT_SUCCESS(status) && *done != 0)
            status = MmCopyToUser(user + last, &offset, sizeof offset);
        if (!NT_SUCCESS(status))
            return status;
        file->DotEntries = dots;
        file->LastId = id;
        *done = at + size;
        last = at;
        at = ALIGN_UP(*done, 8);
        if (single)
            break;
    }
    return *done != 0 ? STATUS_SUCCESS : STATUS_NO_MORE_FILES;
}

static NTSTATUS IopStartQuery(IOFILE *file, const UNICODE_STRING *userName,
                              BOOLEAN restart, BOOLEAN *first)
{
    WCHAR *pattern = NULL;
    USHORT length = 0;
    *first = file->LastId == 0 && file->DotEntries == 0;
    if (restart)
        file->LastId = file->DotEntries = 0;
    if (userName == NULL || !(*first || restart))
        return STATUS_SUCCESS;
    NTSTATUS status = ObCaptureString(userName, &pattern, &length);
    if (!NT_SUCCESS(status))
        return status;
    if (length == 0 || length > LONGEST_PATTERN) {
        ExFreePool(pattern);
        return length == 0 ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
    }
    if (file->Pattern != NULL)
        ExFreePool(file->Pattern);
    file->Pattern = pattern;
    return STATUS_SUCCESS;
}

/* STATUS_NO_SUCH_FILE: the first query found nothing; STATUS_NO_MORE_FILES: a later one. */
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE handle, HANDLE event, PVOID apc,
                                    PVOID apcContext, IO_STATUS_BLOCK *userIosb,
                                    PVOID user, ULONG length, ULONG class, BOOLEAN single,
                                    UNICODE_STRING *userName, BOOLEAN restart)
{
    IOFILE *file;
    ULONG lengthAt, nameAt, done = 0;
    BOOLEAN first;
    (void)event; /* it is complete when it returns */
    (void)apc;
    (void)apcContext;
    if (!IopLayout(class, &lengthAt, &nameAt))
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status = IopReferenceFile(handle, FILE_LIST_DIRECTORY, &file);
    if (!NT_SUCCESS(status))
        return status;
    if (file->Node == NULL || !file->Node->Directory)
        status = STATUS_INVALID_PARAMETER;
    else if (length < nameAt)
        status = STATUS_INFO_LENGTH_MISMATCH;
    else
        status = IopStartQuery(file, userName, restart, &first);
    if (NT_SUCCESS(status)) {
        status = IopPutEntries(file, class, single, user, length, &done);
        if (status == STATUS_NO_MORE_FILES && first)
            status = STATUS_NO_SUCH_FILE;
    }
    ObDereferenceObject(file);
    if (NT_ERROR(status))
        return status;
    const IO_STATUS_BLOCK iosb = {.Status = status, .Information = done};
    NTSTATUS written = MmCopyToUser(userIosb, &iosb, sizeof iosb);
    return NT_SUCCESS(written) ? status : written;
}

static NTSTATUS IopFindByName(POBJECT_ATTRIBUTES userAttributes, IONODE **node)
{
    IOPPATH path;
    ULONG attributes;
    WCHAR *name;
    NTSTATUS status = IopParseAttributes(userAttributes, &path, &attributes, &name);
    if (!NT_SUCCESS(status))
        return status;
    if (path.Kind != IopDisk)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (path.Node == NULL)
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    *node = path.Node;
    if (name != NULL)
        ExFreePool(name);
    return status;
}

NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES userAttributes, PVOID user)
{
    IONODE *node;
    FILE_BASIC_INFORMATION basic;
    NTSTATUS status = IopFindByName(userAttributes, &node);
    if (!NT_SUCCESS(status))
        return status;
    IopFillBasic(node, &basic);
    return MmCopyToUser(user, &basic, sizeof basic);
}

NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES userAttributes, PVOID user)
{
    IONODE *node;
    FILE_NETWORK_OPEN_INFORMATION network;
    NTSTATUS status = IopFindByName(userAttributes, &node);
    if (!NT_SUCCESS(status))
        return status;
    IopFillNetwork(node, &network);
    return MmCopyToUser(user, &network, sizeof network);
}
