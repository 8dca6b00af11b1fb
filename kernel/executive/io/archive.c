/* archive.c - C: as the boot archive has it: read once, and put back after each program.
 *
 * The archive is a ustar file (POSIX.1-1988): a 512-byte header, the file's bytes padded
 * to 512, and so on; two zero blocks end it.  Its files are not copied: a node points at
 * the bytes in the boot module until the first write (contents.c).  C:\Windows\System32
 * is there as an empty folder; a name that it lacks is looked up in C:\ (path.c), so a
 * DLL is found in both.
 *
 * Members whose names begin with a colon, which no name on C: can, are the store: no program
 * sees them.  It holds the run list, and what the run list's programs read or have of their
 * own: IoPlaceFile shows such a file on C: until the next IoResetFiles.
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

#define IO_STORED ':' /* the first character of what is in the store */

static const UCHAR *IopArchive;
static SIZE_T IopArchiveSize;

/* From now on IoResetFiles puts the node back here, as it is. */
static void IopSetHome(IONODE *node)
{
    node->Home.Parent = node->Parent;
    node->Home.Name = node->Name.Text;
    node->Home.NameLength = node->Name.Length;
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

/* UTF-8 of length bytes as UTF-16, at most length characters; returns how many.  What is
 * no UTF-8 becomes U+FFFD.  (Unicode 6.0, table 3-7, but for encoded surrogates.) */
ULONG IoDecodeUtf8(const UCHAR *from, ULONG length, WCHAR *to)
{
    static const ULONG least[] = {0, 0x80, 0x800, 0x10000};
    ULONG n = 0;
    for (const UCHAR *end = from + length; from < end;) {
        ULONG point = *from++, follow = point >= 0xF0   ? 3
                                        : point >= 0xE0 ? 2
                                        : point >= 0xC0 ? 1
                                                        : 0;
        BOOLEAN good = point < 0x80 || (follow != 0 && end - from >= (int)follow);
        for (ULONG i = 0; i < follow && good; i++)
            good = (from[i] & 0xC0) == 0x80;
        if (good && follow != 0) {
            point &= 0x3F >> follow;
            for (ULONG i = 0; i < follow; i++)
                point = point << 6 | (*from++ & 0x3F);
        }
        if (!good || point < least[follow] || point > 0x10FFFF)
            point = 0xFFFD;
        if (point >= 0x10000) {
            to[n++] = 0xD7C0 + (point >> 10);
            point = 0xDC00 | (point & 0x3FF);
        }
        to[n++] = point;
    }
    return n;
}

/* One file of the archive. */
typedef struct {
    char Name[sizeof(((USTAR *)0)->Prefix) + 1 + 100 + 1]; /* NUL-ended UTF-8, with / */
    const UCHAR *Data;
    ULONG Size;
} MEMBER;

static void IopFullName(const USTAR *header, char *name)
{
    ULONG n = 0;
    for (ULONG i = 0; i < sizeof header->Prefix && header->Prefix[i]; i++)
        name[n++] = header->Prefix[i];
    if (n != 0)
        name[n++] = '/';
    for (ULONG i = 0; i < sizeof header->Name && header->Name[i]; i++)
        name[n++] = header->Name[i];
    name[n] = 0;
}

/* The first file at or after *at, which moves on; FALSE: no further one. */
static BOOLEAN IopNextMember(SIZE_T *at, MEMBER *member)
{
    while (*at + sizeof(USTAR) <= IopArchiveSize) {
        const USTAR *header = (const USTAR *)(IopArchive + *at);
        if (header->Name[0] == 0)
            return FALSE;
        if (memcmp(header->Magic, "ustar", 5) != 0) {
            DbgPrint("fathom: the archive is damaged at byte %u\n", (unsigned)*at);
            return FALSE;
        }
        const ULONG size = IopOctal(header->Size, sizeof header->Size);
        *at += sizeof(USTAR);
        if (size > IopArchiveSize - *at) {
            DbgPrint("fathom: the archive ends within %.100s\n", header->Name);
            return FALSE;
        }
        IopFullName(header, member->Name);
        member->Data = IopArchive + *at;
        member->Size = size;
        *at += ALIGN_UP(size, 512);
        if (header->Type == '0' || header->Type == 0)
            return TRUE;
    }
    return FALSE;
}

/* A file with these bytes; NULL: no memory. */
static IONODE *IopMakeFile(IONODE *folder, const WCHAR *name, ULONG length,
                           const UCHAR *data, ULONG size)
{
    IONODE *node;
    if (!NT_SUCCESS(IopMakeNode(folder, name, length, FALSE, &node)))
        return NULL;
    node->File.Data = node->Archive = data;
    node->File.Size = node->ArchiveSize = size;
    return node;
}

static void IopAddMember(const MEMBER *member)
{
    IONODE *folder = IopRoot;
    const char *part = member->Name;
    WCHAR name[sizeof member->Name];
    for (const char *at = part; folder != NULL; at++) {
        if (*at != '/' && *at != 0)
            continue;
        const ULONG length = IoDecodeUtf8((const UCHAR *)part, at - part, name);
        part = at + 1;
        if (*at == 0) {
            IONODE *node = length == 0 ? NULL
                                       : IopMakeFile(folder, name, length, member->Data,
                                                     member->Size);
            if (node != NULL)
                IopSetHome(node);
            return;
        }
        if (length > 1 || (length == 1 && name[0] != '.'))
            folder = IopFolder(folder, name, length);
    }
}

void IopLoadArchive(const UCHAR *archive, SIZE_T size)
{
    MEMBER member;
    SIZE_T at = 0;
    if (!NT_SUCCESS(IopMakeNode(NULL, L"", 0, TRUE, &IopRoot)))
        return;
    IONODE *folder = IopFolder(IopRoot, L"Windows", 7);
    if (folder != NULL)
        IopFolder(folder, L"System32", 8);
    IopFolder(IopRoot, L"Temp", 4);
    IopArchive = archive;
    IopArchiveSize = size;
    while (IopNextMember(&at, &member))
        if (member.Name[0] != IO_STORED)
            IopAddMember(&member);
}

BOOLEAN IoFindStored(const char *name, const UCHAR **data, ULONG *size)
{
    MEMBER member;
    for (SIZE_T at = 0; IopNextMember(&at, &member);)
        if (member.Name[0] == IO_STORED && strcmp(member.Name + 1, name) == 0) {
            *data = member.Data;
            *size = member.Size;
            return TRUE;
        }
    return FALSE;
}

NTSTATUS IoPlaceFile(const WCHAR *name, const UCHAR *data, ULONG size)
{
    ULONG length = 0;
    while (name[length])
        length++;
    if (!IopValidName(name, length) || length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    IONODE *there = IopFindChild(IopRoot, name, length);
    if (there != NULL && there->Directory)
        return STATUS_OBJECT_NAME_COLLISION;
    if (there != NULL)
        IopUnlink(there);
    IONODE *node = IopMakeFile(IopRoot, name, length, data, size);
    if (node == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    node->CreationTime = node->WriteTime = IopRoot->CreationTime; /* as the archive's */
    return STATUS_SUCCESS;
}

static void IopGoHome(IONODE *node)
{
    IopDropContents(node);
    IopUseName(node, node->Home.Name, node->Home.NameLength);
    node->Attributes = node->Home.Attributes;
    node->CreationTime = node->WriteTime = node->Home.Time;
    node->DeletePending = FALSE;
    IopLink(node, node->Home.Parent, node->Home.Id);
}

void IoResetFiles(void)
{
    IopResetConsole();
    LIST_EACH(IONODE, node, &IopNodes, Nodes) {
        RemoveEntryList(&node->Siblings);
        node->Names = (RTL_AVL_TREE){0};
    }
    for (LIST_ENTRY *e = IopNodes.Flink; e != &IopNodes;) {
        IONODE *node = CONTAINING_RECORD(e, IONODE, Nodes);
        e = e->Flink;
        if (node->Home.Parent != NULL)
            IopGoHome(node);
        else if (node->References == 0 && node != IopRoot)
            IopFreeNode(node);
    }
}
