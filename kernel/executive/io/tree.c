/* tree.c - the tree of files: C:\ as the boot archive gives it, and what programs add.
 *
 * The archive is a ustar file (POSIX.1-1988): a 512-byte header, the file's bytes padded
 * to 512, and so on; two zero blocks end it.  Its files are not copied: a node points at
 * the bytes in the boot module until somebody writes (contents.c).  C:\Windows\System32
 * is there as an empty folder; a name that it lacks is looked up in C:\ (path.c), so a
 * DLL is found in both.
 *
 * Invariants:
 *   N1  a node in the tree is in its parent's Children, Id ascending
 *   N2  a node out of the tree lives while References > 0
 */
#include "iop.h"

IONODE *IopRoot;
static ULONG IopLastId;

typedef struct { /* POSIX.1-1988 10.1.1: all text, numbers octal */
    char Name[100], Mode[8], Uid[8], Gid[8], Size[12], Time[12], Checksum[8], Type;
    char LinkName[100], Magic[6], Version[2], Owner[32], Group[32], Major[8], Minor[8];
    char Prefix[155], Padding[12];
} USTAR;
C_ASSERT(sizeof(USTAR) == 512);

WCHAR IopUpcase(WCHAR c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7))
        return c - 32;
    return c;
}

static BOOLEAN IopSameName(const IONODE *node, const WCHAR *name, ULONG length)
{
    if (node->NameLength != length)
        return FALSE;
    for (ULONG i = 0; i < length; i++)
        if (IopUpcase(node->Name[i]) != IopUpcase(name[i]))
            return FALSE;
    return TRUE;
}

IONODE *IopFindChild(IONODE *directory, const WCHAR *name, ULONG length)
{
    for (LIST_ENTRY *entry = directory->Children.Flink; entry != &directory->Children;
         entry = entry->Flink) {
        IONODE *node = CONTAINING_RECORD(entry, IONODE, Siblings);
        if (IopSameName(node, name, length))
            return node;
    }
    return NULL;
}

static NTSTATUS IopSetName(IONODE *node, const WCHAR *name, ULONG length)
{
    WCHAR *copy = ExAllocatePool((length + 1) * sizeof(WCHAR), IO_TAG);
    ULONG i = 0;
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, name, length * sizeof(WCHAR));
    if (node->Name != NULL)
        ExFreePool(node->Name);
    node->Name = copy;
    node->NameLength = length;
    for (; i < length && i < sizeof node->NarrowName - 1; i++)
        node->NarrowName[i] = name[i] >= ' ' && name[i] < 0x7F ? name[i] : '?';
    node->NarrowName[i] = 0;
    node->File.Name = node->NarrowName;
    return STATUS_SUCCESS;
}

NTSTATUS IopMakeNode(IONODE *parent, const WCHAR *name, ULONG length, BOOLEAN directory,
                     IONODE **result)
{
    IONODE *node = ExAllocatePool(sizeof *node, IO_TAG);
    if (node == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    InitializeListHead(&node->Siblings);
    InitializeListHead(&node->Children);
    NTSTATUS status = IopSetName(node, name, length);
    if (!NT_SUCCESS(status)) {
        ExFreePool(node);
        return status;
    }
    node->Parent = parent;
    node->Id = ++IopLastId;
    node->Directory = directory;
    node->Attributes = directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE;
    node->CreationTime = node->WriteTime = KeQuerySystemTime();
    IopSetOperations(node);
    if (parent != NULL)
        InsertTailList(&parent->Children, &node->Siblings);
    *result = node;
    return STATUS_SUCCESS;
}

void IopReferenceNode(IONODE *node)
{
    node->References++;
}

static void IopFreeNode(IONODE *node)
{
    IopDropContents(node);
    ExFreePool(node->Name);
    ExFreePool(node);
}

void IopDereferenceNode(IONODE *node)
{
    ASSERT(node->References > 0);
    if (--node->References == 0 && IsListEmpty(&node->Siblings) && node != IopRoot)
        IopFreeNode(node);
}

void IopUnlink(IONODE *node)
{
    ASSERT(IsListEmpty(&node->Children));
    node->DeletePending = TRUE; /* nothing comes into it any more */
    RemoveEntryList(&node->Siblings);
    if (node->References == 0)
        IopFreeNode(node);
}

NTSTATUS IopRename(IONODE *node, IONODE *parent, const WCHAR *name, ULONG length)
{
    NTSTATUS status = IopSetName(node, name, length);
    if (!NT_SUCCESS(status))
        return status;
    RemoveEntryList(&node->Siblings);
    node->Parent = parent;
    node->Id = ++IopLastId;
    InsertTailList(&parent->Children, &node->Siblings);
    return STATUS_SUCCESS;
}

static ULONG IopOctal(const char *text, ULONG size)
{
    ULONG value = 0;
    for (; size-- && *text; text++)
        if (*text >= '0' && *text <= '7')
            value = value * 8 + (*text - '0');
    return value;
}

/* The folder for a path's next part; made when it is not there. */
static IONODE *IopFolder(IONODE *parent, const WCHAR *name, ULONG length)
{
    IONODE *node = IopFindChild(parent, name, length);
    if (node == NULL && NT_SUCCESS(IopMakeNode(parent, name, length, TRUE, &node)))
        node->Permanent = TRUE;
    return node;
}

static void IopAddEntry(const USTAR *header, const UCHAR *data, ULONG size)
{
    IONODE *node = IopRoot;
    WCHAR part[100];
    ULONG length = 0;
    for (ULONG i = 0; node != NULL && i < sizeof header->Name && header->Name[i]; i++) {
        if (header->Name[i] != '/') {
            part[length++] = (UCHAR)header->Name[i];
            continue;
        }
        if (length > 1 || (length == 1 && part[0] != '.'))
            node = IopFolder(node, part, length);
        length = 0;
    }
    if (node == NULL || length == 0 || header->Type == '5')
        return;
    if (!NT_SUCCESS(IopMakeNode(node, part, length, FALSE, &node)))
        return;
    node->Permanent = TRUE;
    node->File.Data = node->Archive = data;
    node->File.Size = node->ArchiveSize = size;
}

void IopLoadArchive(const UCHAR *archive, SIZE_T size)
{
    static const WCHAR windows[] = L"Windows", system32[] = L"System32", temp[] = L"Temp";
    if (!NT_SUCCESS(IopMakeNode(NULL, L"", 0, TRUE, &IopRoot)))
        return;
    IopRoot->Permanent = TRUE;
    IONODE *folder = IopFolder(IopRoot, windows, 7);
    if (folder != NULL)
        IopFolder(folder, system32, 8);
    IopFolder(IopRoot, temp, 4);
    for (SIZE_T at = 0; at + sizeof(USTAR) <= size;) {
        const USTAR *header = (const USTAR *)(archive + at);
        if (header->Name[0] == 0)
            break;
        if (memcmp(header->Magic, "ustar", 5) != 0) {
            DbgPrint("fathom: the archive is damaged at byte %u\n", (unsigned)at);
            break;
        }
        ULONG length = IopOctal(header->Size, sizeof header->Size);
        at += sizeof(USTAR);
        if (length > size - at) {
            DbgPrint("fathom: the archive ends within %.100s\n", header->Name);
            break;
        }
        if (header->Type == '0' || header->Type == 0 || header->Type == '5')
            IopAddEntry(header, archive + at, length);
        at += ALIGN_UP(length, 512);
    }
}

/* Where a walk of a folder begins that comes to each folder after everything in it. */
static IONODE *IopDeepestFirst(IONODE *node)
{
    while (!IsListEmpty(&node->Children))
        node = CONTAINING_RECORD(node->Children.Flink, IONODE, Siblings);
    return node;
}

static IONODE *IopNextAfter(const IONODE *node)
{
    if (node->Siblings.Flink == &node->Parent->Children)
        return node->Parent;
    return IopDeepestFirst(CONTAINING_RECORD(node->Siblings.Flink, IONODE, Siblings));
}

/* What programs made or changed goes: the next one of a run list finds C:\ as it was. */
void IoResetFiles(void)
{
    for (IONODE *node = IopDeepestFirst(IopRoot), *next; node != IopRoot; node = next) {
        next = IopNextAfter(node);
        if (node->Permanent)
            IopDropContents(node);
        else if (IsListEmpty(&node->Children))
            IopUnlink(node);
    }
}

void IoHideFile(MMFILE *file)
{
    RemoveEntryList(&((IONODE *)file)->Siblings);
}
