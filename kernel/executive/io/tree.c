/* tree.c - the tree of files: nodes with names, made, moved and removed.
 *
 *   IopRoot --Children--> hello.exe, Temp, Windows, ...      what paths are looked up in
 *   IopNodes -----------> every node, in the tree or not     what IoResetFiles walks
 *
 * Invariants:
 *   N1  a node in the tree is in its parent's Children, Id ascending, and in its Names
 *   N2  a node out of the tree lives while References > 0, one with a Home always
 *   N3  Name.Text is the node's own pool block, or Home.Name
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

/* Shorter names come first. */
static int IopCompare(const WCHAR *text, ULONG length, const RTL_AVL_NODE *node)
{
    const IOPNAME *name = (const IOPNAME *)node;
    int order = (int)length - (int)name->Length;
    for (ULONG i = 0; order == 0 && i < length; i++)
        if (text[i] != name->Text[i])
            order = IopUpcase(text[i]) - IopUpcase(name->Text[i]);
    return order;
}

IOPNAME *IopFindName(const RTL_AVL_TREE *tree, const WCHAR *text, ULONG length)
{
    RTL_AVL_NODE *node = tree->Root;
    int order;
    while (node != NULL && (order = IopCompare(text, length, node)) != 0)
        node = order > 0 ? node->Right : node->Left;
    return (IOPNAME *)node;
}

void IopAddName(RTL_AVL_TREE *tree, IOPNAME *name)
{
    RTL_AVL_NODE *parent = NULL, *node = tree->Root;
    BOOLEAN right = FALSE;
    while (node != NULL) {
        parent = node;
        right = IopCompare(name->Text, name->Length, node) > 0;
        node = right ? node->Right : node->Left;
    }
    RtlAvlInsert(tree, &name->Links, parent, right);
}

IONODE *IopFindChild(const IONODE *directory, const WCHAR *name, ULONG length)
{
    IOPNAME *found = IopFindName(&directory->Names, name, length);
    return found != NULL ? CONTAINING_RECORD(found, IONODE, Name) : NULL;
}

void IopUseName(IONODE *node, WCHAR *name, ULONG length)
{
    ULONG i = 0;
    if (node->Name.Text != NULL && node->Name.Text != node->Home.Name)
        ExFreePool(node->Name.Text);
    node->Name.Text = name;
    node->Name.Length = length;
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

void IopLink(IONODE *node, IONODE *parent, ULONG id)
{
    node->Parent = parent;
    node->Id = IopLastId = id;
    if (parent == NULL)
        return;
    InsertTailList(&parent->Children, &node->Siblings);
    IopAddName(&parent->Names, &node->Name);
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
    node->Directory = directory;
    node->Attributes = directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE;
    node->CreationTime = node->WriteTime = KeQuerySystemTime();
    IopSetOperations(node);
    InsertTailList(&IopNodes, &node->Nodes);
    IopLink(node, parent, IopLastId + 1);
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
    ExFreePool(node->Name.Text);
    ExFreePool(node);
}

void IopDereferenceNode(IONODE *node)
{
    ASSERT(node->References > 0);
    if (--node->References == 0 && IsListEmpty(&node->Siblings) && node != IopRoot)
        IopFreeNode(node);
}

static void IopTakeOut(IONODE *node)
{
    RemoveEntryList(&node->Siblings);
    RtlAvlRemove(&node->Parent->Names, &node->Name.Links);
}

void IopUnlink(IONODE *node)
{
    ASSERT(IsListEmpty(&node->Children));
    node->DeletePending = TRUE; /* nothing comes into it any more */
    IopTakeOut(node);
    if (node->References == 0)
        IopFreeNode(node);
}

NTSTATUS IopRename(IONODE *node, IONODE *parent, const WCHAR *name, ULONG length)
{
    NTSTATUS status = IopSetName(node, name, length);
    if (!NT_SUCCESS(status))
        return status;
    IopTakeOut(node);
    IopLink(node, parent, IopLastId + 1);
    return STATUS_SUCCESS;
}
