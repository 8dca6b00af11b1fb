/* path.c - names of files: \??\C:\dir\file to a node or a device.
 *
 * Resolved in any case of letters.  A name that C:\Windows\System32 or C:\Windows lacks
 * is looked up in C:\: the system's DLLs lie there, and programs ask for them in both. */
#include "iop.h"

static BOOLEAN IopIsDevice(const WCHAR *name, const char *device)
{
    const WCHAR *rest = ObSkipPrefix(name, device);
    return rest != name && (*rest == 0 || (*rest == ':' && rest[1] == 0));
}

static BOOLEAN IopFindDevice(const WCHAR *name, IOPPATH *result)
{
    static const struct {
        const char *Name;
        UCHAR Kind, Stream;
    } devices[] = {{"NUL", IopNull, 0},
                   {"CONIN$", IopConsole, 0},
                   {"CONOUT$", IopConsole, 1},
                   {"CON", IopConsole, 1}};
    for (ULONG i = 0; i < sizeof devices / sizeof *devices; i++)
        if (IopIsDevice(name, devices[i].Name)) {
            result->Kind = devices[i].Kind;
            result->Stream = devices[i].Stream;
            return TRUE;
        }
    return FALSE;
}

BOOLEAN IopValidName(const WCHAR *name, ULONG length)
{
    if (length > IO_LONGEST_NAME)
        return FALSE;
    for (ULONG i = 0; i < length; i++)
        if (name[i] < ' ' || name[i] == '<' || name[i] == '>' || name[i] == '"' ||
            name[i] == '|' || name[i] == '?' || name[i] == '*' || name[i] == '/' ||
            name[i] == ':')
            return FALSE;
    return TRUE;
}

static BOOLEAN IopIsCalled(const IONODE *node, const char *name)
{
    return ObSkipPrefix(node->Name.Text, name) == node->Name.Text + node->Name.Length;
}

static IONODE *IopLookup(IONODE *folder, const WCHAR *name, ULONG length)
{
    IONODE *node = IopFindChild(folder, name, length);
    if (node != NULL || folder == IopRoot || folder->Parent == NULL)
        return node;
    if (!IopIsCalled(folder, "System32") &&
        !(IopIsCalled(folder, "Windows") && folder->Parent == IopRoot))
        return NULL;
    node = IopFindChild(IopRoot, name, length);
    return node != NULL && !node->Directory ? node : NULL;
}

/* The components from folder on. */
static NTSTATUS IopWalkPath(const WCHAR *path, IONODE *folder, IOPPATH *result)
{
    result->Kind = IopDisk;
    result->Node = folder;
    result->Parent = folder->Parent;
    result->Last = path;
    while (*path) {
        ULONG length = 0;
        if (result->Node == NULL || !result->Node->Directory)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        while (path[length] && path[length] != '\\')
            length++;
        if (length == 0 || !IopValidName(path, length))
            return STATUS_OBJECT_NAME_INVALID;
        result->Parent = result->Node;
        result->Node = IopLookup(result->Parent, path, length);
        result->Last = path;
        result->LastLength = length;
        path += length;
        if (*path == '\\') {
            path++;
            result->TrailingSlash = *path == 0;
        }
    }
    return STATUS_SUCCESS;
}

/* What follows \Device\NamedPipe\, or \??\pipe\; empty: all of them.  FALSE: another name. */
static BOOLEAN IopFindPipe(const WCHAR *path, const char *prefix, IOPPATH *result)
{
    const WCHAR *rest = ObSkipPrefix(path, prefix);
    if (rest == path || (*rest != 0 && *rest != '\\'))
        return FALSE;
    result->Kind = IopPipe;
    result->Last = *rest ? rest + 1 : rest;
    while (result->Last[result->LastLength])
        result->LastLength++;
    return TRUE;
}

NTSTATUS IopParsePath(const WCHAR *path, IONODE *root, IOPPATH *result)
{
    const WCHAR *start = path;
    memset(result, 0, sizeof *result);
    if (root != NULL)
        return *path == '\\' ? STATUS_OBJECT_NAME_INVALID
                             : IopWalkPath(path, root, result);
    path = ObSkipPrefix(ObSkipPrefix(path, "\\??\\"), "\\DosDevices\\");
    path = ObSkipPrefix(path, "\\GLOBAL??\\");
    if (path != start && IopFindDevice(path, result))
        return STATUS_SUCCESS;
    if (IopFindPipe(path, path != start ? "pipe" : "\\Device\\NamedPipe", result))
        return result->LastLength > IO_LONGEST_NAME ? STATUS_OBJECT_NAME_INVALID
                                                    : STATUS_SUCCESS;
    const WCHAR *below = ObSkipPrefix(path, "\\Device\\HarddiskVolume1");
    if (below == path && IopUpcase(path[0]) == 'C' && path[1] == ':')
        below = path + 2;
    if (below == path)
        return path == start && *path != '\\' ? STATUS_OBJECT_PATH_SYNTAX_BAD
                                              : STATUS_OBJECT_PATH_NOT_FOUND;
    if (*below == '\\')
        below++;
    else if (*below != 0)
        return STATUS_OBJECT_NAME_INVALID;
    return IopWalkPath(below, IopRoot, result);
}

NTSTATUS IopReferenceRoot(HANDLE handle, IOFILE **root)
{
    *root = NULL;
    if (handle == NULL)
        return STATUS_SUCCESS;
    NTSTATUS status = IopReferenceFile(handle, 0, root);
    return NT_SUCCESS(status) && (*root)->Node == NULL ? STATUS_OBJECT_TYPE_MISMATCH
                                                       : status;
}

NTSTATUS IopParseAttributes(POBJECT_ATTRIBUTES user, IOPPATH *path, ULONG *attributes,
                            WCHAR **name)
{
    OBATTRIBUTES captured;
    IOFILE *root;
    NTSTATUS status =
        user == NULL ? STATUS_INVALID_PARAMETER : ObCaptureAttributes(user, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = IopReferenceRoot(captured.Root, &root);
    for (ULONG i = 0; i < captured.NameLength; i++)
        if (captured.Name[i] == 0)
            status = STATUS_OBJECT_NAME_INVALID;
    if (NT_SUCCESS(status))
        status = captured.Name == NULL && root == NULL
                     ? STATUS_OBJECT_PATH_SYNTAX_BAD
                     : IopParsePath(captured.Name != NULL ? captured.Name : L"",
                                    root != NULL ? root->Node : NULL, path);
    if (root != NULL)
        ObDereferenceObject(root);
    if (NT_SUCCESS(status)) {
        *attributes = captured.Attributes;
        *name = captured.Name;
    } else {
        ObReleaseAttributes(&captured);
    }
    return status;
}

static NTSTATUS IopOpenFrom(IONODE *root, const WCHAR *path, MMFILE **file)
{
    IOPPATH found;
    NTSTATUS status = IopParsePath(path, root, &found);
    if (!NT_SUCCESS(status))
        return status;
    if (found.Kind != IopDisk)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (found.Node == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (found.Node->Directory)
        return STATUS_FILE_IS_A_DIRECTORY;
    IopReferenceNode(found.Node);
    *file = &found.Node->File;
    return STATUS_SUCCESS;
}

NTSTATUS IoOpenMmFile(const WCHAR *path, MMFILE **file)
{
    return IopOpenFrom(NULL, path, file);
}

MMFILE *IoOpenArchiveFile(const WCHAR *path)
{
    MMFILE *file;
    return NT_SUCCESS(IopOpenFrom(IopRoot, path, &file)) ? file : NULL;
}
