/* resourcelist.c - EnumResourceTypes, EnumResourceNames, EnumResourceLanguages.
 *
 * Each lists one directory of the tree in resource.c, in the file's order: names first, then
 * numbers, and calls back for each entry.  A name is a copy that lasts for the call.  A callback
 * that returns FALSE ends the list: ERROR_RESOURCE_ENUM_USER_STOP.
 */
#include "resource.h"

typedef struct {
    RESOURCES Tree;
    HMODULE Module;
    LPCVOID Type, Name; /* as the caller gave them */
    BOOL Ansi;
    PVOID Callback;
    LONG_PTR Parameter;
} LIST;

typedef BOOL CALLER(const LIST *, LPCVOID name, WORD id);

/* A and W differ in what the pointers point to alone. */
static BOOL CallType(const LIST *list, LPCVOID name, WORD id)
{
    (void)id;
    return ((ENUMRESTYPEPROCW)list->Callback)(list->Module, (LPWSTR)name,
                                              list->Parameter);
}

static BOOL CallName(const LIST *list, LPCVOID name, WORD id)
{
    (void)id;
    return ((ENUMRESNAMEPROCW)list->Callback)(list->Module, list->Type, (LPWSTR)name,
                                              list->Parameter);
}

static BOOL CallLanguage(const LIST *list, LPCVOID name, WORD id)
{
    (void)name;
    return ((ENUMRESLANGPROCW)list->Callback)(list->Module, list->Type, list->Name, id,
                                              list->Parameter);
}

/* A copy with a NUL, as wide as the caller's names; NULL: damaged, or there is no memory. */
static PVOID CopyName(const LIST *list, ULONG offset)
{
    const IMAGE_RESOURCE_DIR_STRING_U *text = (PVOID)(list->Tree.Root + offset);
    int length, size;
    LPSTR narrow;
    LPWSTR wide;

    if (!BasepResourceInside(&list->Tree, offset, sizeof(WORD)) ||
        !BasepResourceInside(&list->Tree, offset + sizeof(WORD),
                             text->Length * sizeof(WCHAR)))
        return NULL;
    length = text->Length;
    if (!list->Ansi) {
        wide =
            RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, (length + 1) * sizeof(WCHAR));
        return wide ? memcpy(wide, text->NameString, length * sizeof(WCHAR)) : NULL;
    }
    size = WideCharToMultiByte(CP_ACP, 0, text->NameString, length, NULL, 0, NULL, NULL);
    narrow = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, size + 1);
    if (narrow)
        WideCharToMultiByte(CP_ACP, 0, text->NameString, length, narrow, size, NULL,
                            NULL);
    return narrow;
}

static BOOL One(const LIST *list, const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry,
                CALLER *call)
{
    PVOID name = entry->NameIsString ? CopyName(list, entry->NameOffset)
                                     : (PVOID)(ULONG_PTR)entry->Id;
    BOOL more;

    if (entry->NameIsString && !name)
        return BasepFail(ERROR_RESOURCE_DATA_NOT_FOUND);
    more = call(list, name, entry->Id);
    if (entry->NameIsString)
        BasepFree(name);
    return more || BasepFail(ERROR_RESOURCE_ENUM_USER_STOP);
}

static BOOL All(const LIST *list, ULONG offset, CALLER *call)
{
    ULONG count, i;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entries =
        BasepResourceEntries(&list->Tree, offset, &count);

    if (!entries)
        return BasepFail(ERROR_RESOURCE_DATA_NOT_FOUND);
    for (i = 0; i < count; i++)
        if (!One(list, &entries[i], call))
            return FALSE;
    return TRUE;
}

/* Steps into the directory of that name, which is narrow in an A call. */
static BOOL Into(const LIST *list, ULONG *offset, LPCVOID name, DWORD error)
{
    LPWSTR wide = IS_INTRESOURCE(name) || !list->Ansi ? (LPWSTR)name : BasepToWide(name);
    BOOL found =
        (wide || !name) && BasepResourceDescend(&list->Tree, offset, wide, error);

    if (wide != name)
        BasepFree(wide);
    return found;
}

static BOOL Types(LIST list)
{
    return BasepOpenResources(list.Module, &list.Tree) && All(&list, 0, CallType);
}

static BOOL Names(LIST list)
{
    ULONG offset = 0;
    return BasepOpenResources(list.Module, &list.Tree) &&
           Into(&list, &offset, list.Type, ERROR_RESOURCE_TYPE_NOT_FOUND) &&
           All(&list, offset, CallName);
}

static BOOL Languages(LIST list)
{
    ULONG offset = 0;
    return BasepOpenResources(list.Module, &list.Tree) &&
           Into(&list, &offset, list.Type, ERROR_RESOURCE_TYPE_NOT_FOUND) &&
           Into(&list, &offset, list.Name, ERROR_RESOURCE_NAME_NOT_FOUND) &&
           All(&list, offset, CallLanguage);
}

/* Each: TRUE when all were called; ERROR_RESOURCE_DATA_, _TYPE_, _NAME_NOT_FOUND. */
BOOL WINAPI EnumResourceTypesW(HMODULE module, ENUMRESTYPEPROCW call, LONG_PTR parameter)
{
    return Types((LIST){{0, 0}, module, NULL, NULL, FALSE, call, parameter});
}

BOOL WINAPI EnumResourceTypesA(HMODULE module, ENUMRESTYPEPROCA call, LONG_PTR parameter)
{
    return Types((LIST){{0, 0}, module, NULL, NULL, TRUE, call, parameter});
}

BOOL WINAPI EnumResourceNamesW(HMODULE module, LPCWSTR type, ENUMRESNAMEPROCW call,
                               LONG_PTR parameter)
{
    return Names((LIST){{0, 0}, module, type, NULL, FALSE, call, parameter});
}

BOOL WINAPI EnumResourceNamesA(HMODULE module, LPCSTR type, ENUMRESNAMEPROCA call,
                               LONG_PTR parameter)
{
    return Names((LIST){{0, 0}, module, type, NULL, TRUE, call, parameter});
}

BOOL WINAPI EnumResourceLanguagesW(HMODULE module, LPCWSTR type, LPCWSTR name,
                                   ENUMRESLANGPROCW call, LONG_PTR parameter)
{
    return Languages((LIST){{0, 0}, module, type, name, FALSE, call, parameter});
}

BOOL WINAPI EnumResourceLanguagesA(HMODULE module, LPCSTR type, LPCSTR name,
                                   ENUMRESLANGPROCA call, LONG_PTR parameter)
{
    return Languages((LIST){{0, 0}, module, type, name, TRUE, call, parameter});
}
