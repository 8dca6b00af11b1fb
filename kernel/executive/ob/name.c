/* name.c - names: OBJECT_ATTRIBUTES captured, and the one directory \BaseNamedObjects.
 *
 * The directory is a tree ordered by the names in upper case, names that differ in case
 * alone by their own letters.  kernel32 says \BaseNamedObjects\X, or X alone; Local\ and
 * Global\ lead to the same place, since Fathom has one session.  Files have names of their
 * own kind, which io resolves.  Windows keeps the same thing in OBJECT_DIRECTORY
 * (`!object \BaseNamedObjects`).
 */
#include "kd/kd.h"
#include "obp.h"

static RTL_AVL_TREE ObpNames;

NTSTATUS ObCaptureString(const UNICODE_STRING *user, WCHAR **name, USHORT *length)
{
    UNICODE_STRING string;
    NTSTATUS status = MmCopyFromUser(&string, user, sizeof string);
    if (!NT_SUCCESS(status))
        return status;
    if (string.Length % sizeof(WCHAR))
        return STATUS_OBJECT_NAME_INVALID;
    WCHAR *copy =
        ExAllocatePool(string.Length + sizeof(WCHAR), OB_TAG('O', 'b', 'n', 'm'));
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = string.Length ? MmCopyFromUser(copy, string.Buffer, string.Length)
                           : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        ExFreePool(copy);
        return status;
    }
    *name = copy;
    *length = string.Length / sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS ObCaptureAttributes(POBJECT_ATTRIBUTES user, OBATTRIBUTES *captured)
{
    OBJECT_ATTRIBUTES attributes;
    __builtin_memset(captured, 0, sizeof *captured);
    if (user == NULL)
        return STATUS_SUCCESS;
    NTSTATUS status = MmCopyFromUser(&attributes, user, sizeof attributes);
    if (!NT_SUCCESS(status))
        return status;
    if (attributes.Length != sizeof attributes)
        return STATUS_INVALID_PARAMETER;
    captured->Attributes = attributes.Attributes;
    captured->Root = attributes.RootDirectory;
    if (attributes.ObjectName == NULL)
        return STATUS_SUCCESS;
    status =
        ObCaptureString(attributes.ObjectName, &captured->Name, &captured->NameLength);
    if (NT_SUCCESS(status) && captured->NameLength == 0)
        ObReleaseAttributes(captured); /* an empty name is no name */
    return status;
}

void ObReleaseAttributes(OBATTRIBUTES *captured)
{
    ExFreePool(captured->Name);
    captured->Name = NULL;
    captured->NameLength = 0;
}

WCHAR ObUpper(WCHAR c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

/* Below, at or above zero as a comes before, is or follows b; the first difference in case
 * counts only where there is no other, and not at all if case is ignored. */
static int ObpCompareNames(const WCHAR *a, const WCHAR *b, BOOLEAN ignoreCase)
{
    int difference = 0;
    for (; *a && ObUpper(*a) == ObUpper(*b); a++, b++)
        if (difference == 0)
            difference = *a - *b;
    if (ObUpper(*a) != ObUpper(*b))
        return ObUpper(*a) - ObUpper(*b);
    return ignoreCase ? 0 : difference;
}

const WCHAR *ObSkipPrefix(const WCHAR *name, const char *prefix)
{
    const WCHAR *rest = name;
    for (; *prefix; prefix++, rest++)
        if (ObUpper(*rest) != ObUpper((UCHAR)*prefix))
            return name;
    return rest;
}

/* The name below \BaseNamedObjects. */
static NTSTATUS ObpRelativeName(const OBATTRIBUTES *attributes, const WCHAR **result)
{
    const WCHAR *name = ObSkipPrefix(attributes->Name, "\\BaseNamedObjects\\");
    name = ObSkipPrefix(name, "\\Sessions\\1\\BaseNamedObjects\\");
    name = ObSkipPrefix(ObSkipPrefix(name, "Local\\"), "Global\\");
    for (ULONG i = 0; i < attributes->NameLength; i++)
        if (attributes->Name[i] == 0)
            return STATUS_OBJECT_NAME_INVALID;
    if (*name == 0)
        return STATUS_OBJECT_NAME_INVALID;
    for (const WCHAR *p = name; *p; p++)
        if (*p == '\\')
            return STATUS_OBJECT_PATH_NOT_FOUND;
    *result = name;
    return STATUS_SUCCESS;
}

/* NULL: not there; then *parent is where it would hang, to the *right or the left. */
static OBJECT_HEADER *ObpFindPlace(const WCHAR *name, BOOLEAN ignoreCase,
                                   RTL_AVL_NODE **parent, BOOLEAN *right)
{
    RTL_AVL_NODE *node = ObpNames.Root;
    *parent = NULL;
    *right = FALSE;
    while (node != NULL) {
        OBJECT_HEADER *header = CONTAINING_RECORD(node, OBJECT_HEADER, NameNode);
        const int order = ObpCompareNames(name, header->Name, ignoreCase);
        if (order == 0)
            return header;
        *parent = node;
        *right = order > 0;
        node = *right ? node->Right : node->Left;
    }
    return NULL;
}

/* The name that is asked for, and the object that has it; NULL: none has. */
static NTSTATUS ObpFindName(const OBATTRIBUTES *attributes, const WCHAR **name,
                            OBJECT_HEADER **found)
{
    RTL_AVL_NODE *parent;
    BOOLEAN right;
    const BOOLEAN ignoreCase = (attributes->Attributes & OBJ_CASE_INSENSITIVE) != 0;
    NTSTATUS status = ObpRelativeName(attributes, name);
    *found = NT_SUCCESS(status) ? ObpFindPlace(*name, ignoreCase, &parent, &right) : NULL;
    return status;
}

void ObpForgetName(OBJECT_HEADER *header)
{
    RtlAvlRemove(&ObpNames, &header->NameNode);
    ExFreePool(header->Name);
    header->Name = NULL;
}

static NTSTATUS ObpGiveName(OBJECT_HEADER *header, const WCHAR *name)
{
    SIZE_T length = 0;
    RTL_AVL_NODE *parent;
    BOOLEAN right;
    while (name[length])
        length++;
    header->Name =
        ExAllocatePool((length + 1) * sizeof(WCHAR), OB_TAG('O', 'b', 'n', 'm'));
    if (header->Name == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    __builtin_memcpy(header->Name, name, length * sizeof(WCHAR));
    header->Name[length] = 0;
    ObpFindPlace(name, FALSE, &parent, &right);
    RtlAvlInsert(&ObpNames, &header->NameNode, parent, right);
    return STATUS_SUCCESS;
}

NTSTATUS ObBeginCreate(const OBTYPE *type, SIZE_T size, POBJECT_ATTRIBUTES user,
                       OBATTRIBUTES *attributes, void **body)
{
    NTSTATUS status = ObCaptureAttributes(user, attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(type, size, body);
    if (!NT_SUCCESS(status))
        ObReleaseAttributes(attributes);
    return status;
}

NTSTATUS ObInsertNamed(void *body, OBATTRIBUTES *attributes, ACCESS_MASK desired,
                       HANDLE *userHandle)
{
    OBJECT_HEADER *header = OBJECT_OF(body), *found = NULL;
    const WCHAR *name;
    NTSTATUS status = STATUS_SUCCESS;
    if (attributes->Name != NULL)
        status = ObpFindName(attributes, &name, &found);
    if (found != NULL && !(attributes->Attributes & OBJ_OPENIF))
        status = STATUS_OBJECT_NAME_COLLISION;
    else if (found != NULL && found->Type != header->Type)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (found == NULL && NT_SUCCESS(status) && attributes->Name != NULL)
        status = ObpGiveName(header, name);
    if (NT_SUCCESS(status))
        status = ObReturnOpened(found != NULL ? BODY_OF(found) : body, desired,
                                attributes->Attributes, userHandle);
    if (NT_SUCCESS(status) && found != NULL)
        status = STATUS_OBJECT_NAME_EXISTS;
    ObDereferenceObject(body);
    ObReleaseAttributes(attributes);
    return status;
}

NTSTATUS ObReferenceNamed(const OBTYPE *type, const OBATTRIBUTES *attributes, void **body)
{
    const WCHAR *name;
    OBJECT_HEADER *found;
    NTSTATUS status = ObpFindName(attributes, &name, &found);
    if (!NT_SUCCESS(status))
        return status;
    if (found == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (found->Type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    *body = BODY_OF(found);
    ObReferenceObject(*body);
    return STATUS_SUCCESS;
}

NTSTATUS ObOpenNamed(const OBTYPE *type, POBJECT_ATTRIBUTES user, ACCESS_MASK desired,
                     HANDLE *userHandle)
{
    OBATTRIBUTES attributes;
    void *body;
    NTSTATUS status = ObCaptureAttributes(user, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    if (attributes.Name == NULL)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status = ObReferenceNamed(type, &attributes, &body);
    if (NT_SUCCESS(status)) {
        status = ObReturnOpened(body, desired, attributes.Attributes, userHandle);
        ObDereferenceObject(body);
    }
    ObReleaseAttributes(&attributes);
    return status;
}
