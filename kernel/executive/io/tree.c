/* tree.c - the tree of files: nodes with names, made, moved and removed.
 *
 *   IopRoot --Children--> hello.exe, Temp, Windows, ...      what paths are looked up in
 *   IopNodes -----------> every node, in the tree or not     what IoResetFiles walks
 *
 * Invariants:
 *   N1  a node in the tree is in its parent's Children, Id ascending
 *   N2  a node out of the tree lives while References > 0, one with a Home always
 *   N3  Name is the node's own pool block, or Home.Name
 */
#include "iop.h"

IONODE *IopRoot;
LIST_ENTRY IopNodes = {&IopNodes, &IopNodes};
ULONG IopLastId;

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
    LIST_EACH(IONODE, node, &directory->Children, Siblings) {
        if (IopSameName(node, name, length))
            return node;
    }
    return NULL;
}

void IopUseName(IONODE *node, WCHAR *name, ULONG length)
{
    ULONG i = 0;
    if (node->Name != NULL && node->Name != node->Home.Name)
        ExFreePool(node->Name);
    node->Name = name;
    node->NameLength = length;
    for (; i < length && i < sizeof node->NarrowName - 1; i++)
        node->NarrowName[i] = name[i] >= ' ' && name[i] < 0x7F ? name[i] : '?';
    node->NarrowName[i] = 0;
    node->File.Name = node->NarrowName;
}

static NTSTATUS IopSetName(IONODE *node, const WCHAR *name, ULONG length)
{
    WCHAR *copy = ExAllocatePool((length + 1) * sizeof(WCHAR), IO_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, name, length * sizeof(WCHAR));
    IopUseName(node, copy, length);
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
    InitializeListHead(&node->Locks);
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
    InsertTailList(&IopNodes, &node->Nodes);
    if (parent != NULL)
        InsertTailList(&parent->Children, &node->Siblings);
    *result = node;
    return STATUS_SUCCESS;
}

void IopReferenceNode(IONODE *node)
{
    node->References++;
}

void IopFreeNode(IONODE *node)
{
    IopDropContents(node);
    if (node->Home.Parent != NULL)
        return; /* IoResetFiles brings it back */
    RemoveEntryList(&node->Nodes);
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
