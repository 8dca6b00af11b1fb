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

/* found: the entry before, if no other thread ran since; else all zero. */
static BOOLEAN IopNextEntry(const IOFILE *file, ULONG *dots, ULONG *lastId, FOUND *found)
{
    static const WCHAR names[] = L"..";
    const LIST_ENTRY *const children = &file->Node->Children, *at = children;
    if (found->Node != NULL && found->Node != file->Node)
        at = &found->Node->Siblings;
    while (*dots < 2 && file->Node->Parent != NULL) {
        ++*dots;
        *found = (FOUND){file->Node, *dots == 1 ? names + 1 : names, *dots};
        if (file->Pattern == NULL || IopMatches(file->Pattern, found->Name))
            return TRUE;
    }
    while ((at = at->Flink) != children && !KeGetCurrentThread()->TerminatePending) {
        const IONODE *node = CONTAINING_RECORD(at, IONODE, Siblings);
        if (node->Id <= *lastId || node->DeletePending)
            continue;
        if (KeYieldIfDue()) { /* the folder may be another: from its beginning */
            at = children;
            continue;
        }
        *lastId = node->Id;
        if (file->Pattern == NULL || IopMatches(file->Pattern, node->Name.Text)) {
            *found = (FOUND){node, node->Name.Text, node->Name.Length};
            return TRUE;
        }
    }
    return FALSE;
}

/* Where the name is in each class's structure, and where its length does. */
typedef struct {
    UCHAR Class, LengthAt, NameAt;
} LAYOUT;
#define LAYOUT_OF(class, type)                                                           \
    {                                                                                    \
        class, offsetof(type, FileNameLength), offsetof(type, FileName)                  \
    }
static const LAYOUT IopLayouts[] = {
    LAYOUT_OF(FileDirectoryInformation, FILE_DIRECTORY_INFORMATION),
    LAYOUT_OF(FileFullDirectoryInformation, FILE_FULL_DIR_INFORMATION),
    LAYOUT_OF(FileBothDirectoryInformation, FILE_BOTH_DIR_INFORMATION),
    LAYOUT_OF(FileNamesInformation, FILE_NAMES_INFORMATION),
};

static const LAYOUT *IopFindLayout(ULONG class)
{
    for (ULONG i = 0; i < sizeof IopLayouts / sizeof *IopLayouts; i++)
        if (IopLayouts[i].Class == class)
            return &IopLayouts[i];
    return NULL;
}

/* The fixed part; the three directory classes begin alike, up to FileNameLength. */
static void IopFillHead(const FOUND *found, const LAYOUT *layout, UCHAR *head)
{
    FILE_DIRECTORY_INFORMATION *common = (FILE_DIRECTORY_INFORMATION *)head;
    FILE_NETWORK_OPEN_INFORMATION facts;
    if (layout->Class != FileNamesInformation) {
        IopFillNetwork(found->Node, &facts);
        memcpy(&common->CreationTime, &facts, IOP_TIMES);
        common->FileAttributes = facts.FileAttributes;
        common->EndOfFile = facts.EndOfFile;
        common->AllocationSize = facts.AllocationSize;
    }
    common->FileIndex = found->Node->Id;
    *(ULONG *)(head + layout->LengthAt) = found->NameLength * sizeof(WCHAR);
}

static NTSTATUS IopPutEntry(const FOUND *found, const LAYOUT *layout, UCHAR *user,
                            ULONG room, ULONG *size)
{
    UCHAR head[128] = {0};
    const ULONG bytes = found->NameLength * sizeof(WCHAR);
    C_ASSERT(sizeof head >= sizeof(FILE_BOTH_DIR_INFORMATION));
    *size = layout->NameAt + bytes;
    if (*size > room)
        return STATUS_BUFFER_OVERFLOW;
    IopFillHead(found, layout, head);
    NTSTATUS status = MmCopyToUser(user, head, layout->NameAt);
    return NT_SUCCESS(status) ? MmCopyToUser(user + layout->NameAt, found->Name, bytes)
                              : status;
}

/* As many entries as fit, linked by NextEntryOffset, each 8-aligned. */
static NTSTATUS IopPutEntries(IOFILE *file, const LAYOUT *layout, BOOLEAN single,
                              UCHAR *user, ULONG length, ULONG *done)
{
    ULONG at = 0, last = 0, size;
    FOUND found = {0};
    for (;;) {
        ULONG dots = file->DotEntries, id = file->LastId;
        if (!IopNextEntry(file, &dots, &id, &found))
            break;
        NTSTATUS status = at <= length
                              ? IopPutEntry(&found, layout, user + at, length - at, &size)
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
    IOPERATION operation;
    const LAYOUT *layout = IopFindLayout(class);
    ULONG done = 0;
    BOOLEAN first;
    if (layout == NULL)
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status = IopReferenceFile(handle, FILE_LIST_DIRECTORY, &operation.File);
    if (NT_SUCCESS(status))
        status = IopBegin(&operation, status, event, apc, apcContext, userIosb);
    if (!NT_SUCCESS(status))
        return status;
    IOFILE *file = operation.File;
    if (file->Node == NULL || !file->Node->Directory)
        status = STATUS_INVALID_PARAMETER;
    else if (length < layout->NameAt)
        status = STATUS_INFO_LENGTH_MISMATCH;
    else
        status = IopStartQuery(file, userName, restart, &first);
    if (NT_SUCCESS(status)) {
        status = IopPutEntries(file, layout, single, user, length, &done);
        if (status == STATUS_NO_MORE_FILES && first)
            status = STATUS_NO_SUCH_FILE;
    }
    return IopComplete(&operation, status, done);
}

/* full: FILE_NETWORK_OPEN_INFORMATION, else FILE_BASIC_INFORMATION. */
static NTSTATUS IopQueryByName(POBJECT_ATTRIBUTES userAttributes, PVOID user,
                               BOOLEAN full)
{
    FILE_NETWORK_OPEN_INFORMATION network;
    FILE_BASIC_INFORMATION basic;
    IOPPATH path;
    ULONG attributes;
    WCHAR *name;
    NTSTATUS status = IopParseAttributes(userAttributes, &path, &attributes, &name);
    if (!NT_SUCCESS(status))
        return status;
    if (name != NULL)
        ExFreePool(name);
    if (path.Kind != IopDisk)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (path.Node == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    IopFillBasic(path.Node, &basic);
    IopFillNetwork(path.Node, &network);
    return full ? MmCopyToUser(user, &network, sizeof network)
                : MmCopyToUser(user, &basic, sizeof basic);
}

NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES attributes, PVOID user)
{
    return IopQueryByName(attributes, user, FALSE);
}

NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES attributes, PVOID user)
{
    return IopQueryByName(attributes, user, TRUE);
}
