/* archive.c - C: as the boot archive has it: read once, and put back after each program.
 *
 * The archive is a ustar file (POSIX.1-1988): a 512-byte header, the file's bytes padded
 * to 512, and so on; two zero blocks end it.  Its files are not copied: a node points at
 * the bytes in the boot module until the first write (contents.c).  C:\Windows\System32
 * is there as an empty folder; a name that it lacks is looked up in C:\ (path.c), so a
 * DLL is found in both.
 *
 * A node of the archive keeps in Home what it was.  IoResetFiles takes every node out of
 * the tree, puts those with a Home back in their order, and frees the others; it allocates
 * nothing and does not recurse, whatever programs made of the tree.
 */
#include "iop.h"

typedef struct { /* POSIX.1-1988 10.1.1: all text, numbers octal */
    char Name[100], Mode[8], Uid[8], Gid[8], Size[12], Time[12], Checksum[8], Type;
    char LinkName[100], Magic[6], Version[2], Owner[32], Group[32], Major[8], Minor[8];
    char Prefix[155], Padding[12];
} USTAR;
C_ASSERT(sizeof(USTAR) == 512);

/* From now on IoResetFiles puts the node back here, as it is. */
static void IopSetHome(IONODE *node)
{
    node->Home.Parent = node->Parent;
    node->Home.Name = node->Name;
    node->Home.NameLength = node->NameLength;
    node->Home.Id = node->Id;
    node->Home.Attributes = node->Attributes;
    node->Home.Time = node->CreationTime;
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
        IopSetHome(node);
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
    node->File.Data = node->Archive = data;
    node->File.Size = node->ArchiveSize = size;
    IopSetHome(node);
}

void IopLoadArchive(const UCHAR *archive, SIZE_T size)
{
    static const WCHAR windows[] = L"Windows", system32[] = L"System32", temp[] = L"Temp";
    if (!NT_SUCCESS(IopMakeNode(NULL, L"", 0, TRUE, &IopRoot)))
        return;
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

static void IopGoHome(IONODE *node)
{
    IopDropContents(node);
    IopUseName(node, node->Home.Name, node->Home.NameLength);
    node->Parent = node->Home.Parent;
    node->Id = IopLastId = node->Home.Id;
    node->Attributes = node->Home.Attributes;
    node->CreationTime = node->WriteTime = node->Home.Time;
    node->DeletePending = FALSE;
    InsertTailList(&node->Parent->Children, &node->Siblings);
}

void IoResetFiles(void)
{
    for (LIST_ENTRY *e = IopNodes.Flink; e != &IopNodes; e = e->Flink)
        RemoveEntryList(&CONTAINING_RECORD(e, IONODE, Nodes)->Siblings);
    for (LIST_ENTRY *e = IopNodes.Flink; e != &IopNodes;) {
        IONODE *node = CONTAINING_RECORD(e, IONODE, Nodes);
        e = e->Flink;
        if (node->Home.Parent != NULL)
            IopGoHome(node);
        else if (node->References == 0 && node != IopRoot)
            IopFreeNode(node);
    }
}

void IoHideFile(MMFILE *file)
{
    RemoveEntryList(&((IONODE *)file)->Siblings);
    ((IONODE *)file)->Home.Parent = NULL;
}
