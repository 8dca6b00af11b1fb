/* resource.c - resources of a module: three directories, type, name, language, then the bytes.
 *
 *   root ─> entries { id or name ─> directory } ─> { ─> directory } ─> { language ─> place, size }
 *
 * A module is one that runs (NULL: the program) or one that LoadLibraryEx mapped as data, whose
 * handle has a low bit set.  Entries lie anywhere in the section and may be damaged: each is looked
 * at only if it lies inside.  A name "#123" means the number.  Source: FindResource and its kin;
 * "PE Format", the .rsrc section.
 */
#include "resource.h"

#define FLAT 1u /* low bit of a handle: laid out as in the file */

static PVOID BaseOf(HMODULE module)
{
    return module ? (PVOID)((ULONG_PTR)module & ~3u) : BasePeb()->ImageBaseAddress;
}

BOOL BasepOpenResources(HMODULE module, RESOURCES *resources)
{
    resources->Root =
        RtlImageDirectoryEntryToData(BaseOf(module), !((ULONG_PTR)module & FLAT),
                                     IMAGE_DIRECTORY_ENTRY_RESOURCE, &resources->Size);
    return resources->Root || BasepFail(ERROR_RESOURCE_DATA_NOT_FOUND);
}

BOOL BasepResourceInside(const RESOURCES *r, ULONG offset, ULONG bytes)
{
    return offset <= r->Size && bytes <= r->Size - offset;
}

const IMAGE_RESOURCE_DIRECTORY_ENTRY *BasepResourceEntries(const RESOURCES *r,
                                                           ULONG offset, ULONG *count)
{
    const IMAGE_RESOURCE_DIRECTORY *directory = (PVOID)(r->Root + offset);

    if (!BasepResourceInside(r, offset, sizeof *directory))
        return NULL;
    *count = (ULONG)directory->NumberOfNamedEntries + directory->NumberOfIdEntries;
    if (!BasepResourceInside(r, offset + sizeof *directory,
                             *count * sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY)))
        return NULL;
    return (PVOID)(directory + 1);
}

/* Without regard to case, as resource compilers write names in capitals. */
static BOOL HasName(const RESOURCES *r, const IMAGE_RESOURCE_DIRECTORY_ENTRY *entry,
                    LPCWSTR name)
{
    const IMAGE_RESOURCE_DIR_STRING_U *text = (PVOID)(r->Root + entry->NameOffset);
    ULONG i;

    if (!entry->NameIsString)
        return IS_INTRESOURCE(name) && entry->Id == (ULONG_PTR)name;
    if (IS_INTRESOURCE(name) ||
        !BasepResourceInside(r, entry->NameOffset, sizeof(WORD)) ||
        !BasepResourceInside(r, entry->NameOffset + sizeof(WORD),
                             text->Length * sizeof(WCHAR)))
        return FALSE;
    for (i = 0; i < text->Length; i++)
        if (RtlUpcaseUnicodeChar(name[i]) != RtlUpcaseUnicodeChar(text->NameString[i]))
            return FALSE;
    return !name[i];
}

/* "#123" is 123. */
static LPCWSTR NumberOf(LPCWSTR name)
{
    ULONG value = 0;
    LPCWSTR at = name;

    if (IS_INTRESOURCE(name) || *name != '#')
        return name;
    while (*++at >= '0' && *at <= '9' && value <= 0xFFFF)
        value = value * 10 + (*at - '0');
    return *at || value > 0xFFFF ? name : (LPCWSTR)(ULONG_PTR)value;
}

BOOL BasepResourceDescend(const RESOURCES *r, ULONG *offset, LPCWSTR name, DWORD error)
{
    ULONG count, i;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entries =
        BasepResourceEntries(r, *offset, &count);

    name = NumberOf(name);
    for (i = 0; entries && i < count; i++)
        if (HasName(r, &entries[i], name) && entries[i].DataIsDirectory) {
            *offset = entries[i].OffsetToDirectory;
            return TRUE;
        }
    return BasepFail(error);
}

/* The language asked for, or the first there is. */
static HRSRC Language(const RESOURCES *r, ULONG offset, WORD language)
{
    ULONG count = 0, i, found = 0;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *entries =
        BasepResourceEntries(r, offset, &count);

    for (i = 0; entries && i < count; i++)
        if (!entries[i].NameIsString && entries[i].Id == language)
            found = i;
    if (entries && count && !entries[found].DataIsDirectory &&
        BasepResourceInside(r, entries[found].OffsetToData,
                            sizeof(IMAGE_RESOURCE_DATA_ENTRY)))
        return (HRSRC)(r->Root + entries[found].OffsetToData);
    RtlSetLastWin32Error(ERROR_RESOURCE_LANG_NOT_FOUND);
    return NULL;
}

/* ERROR_RESOURCE_DATA_NOT_FOUND (no resources at all), _TYPE_, _NAME_, _LANG_NOT_FOUND. */
HRSRC WINAPI FindResourceExW(HMODULE module, LPCWSTR type, LPCWSTR name, WORD language)
{
    RESOURCES r;
    ULONG offset = 0;

    if (!BasepOpenResources(module, &r) ||
        !BasepResourceDescend(&r, &offset, type, ERROR_RESOURCE_TYPE_NOT_FOUND) ||
        !BasepResourceDescend(&r, &offset, name, ERROR_RESOURCE_NAME_NOT_FOUND))
        return NULL;
    return Language(&r, offset, language);
}

HRSRC WINAPI FindResourceW(HMODULE module, LPCWSTR name, LPCWSTR type)
{
    return FindResourceExW(module, type, name, 0);
}

HRSRC WINAPI FindResourceExA(HMODULE module, LPCSTR type, LPCSTR name, WORD language)
{
    LPWSTR wideType = IS_INTRESOURCE(type) ? (LPWSTR)type : BasepToWide(type);
    LPWSTR wideName = IS_INTRESOURCE(name) ? (LPWSTR)name : BasepToWide(name);
    HRSRC found = NULL;

    if (!wideType == !type && !wideName == !name)
        found = FindResourceExW(module, wideType, wideName, language);
    if (!IS_INTRESOURCE(type))
        BasepFree(wideType);
    if (!IS_INTRESOURCE(name))
        BasepFree(wideName);
    return found;
}

HRSRC WINAPI FindResourceA(HMODULE module, LPCSTR name, LPCSTR type)
{
    return FindResourceExA(module, type, name, 0);
}

/* A pointer to the bytes, which LockResource gives as it is; ERROR_INVALID_PARAMETER. */
HGLOBAL WINAPI LoadResource(HMODULE module, HRSRC resource)
{
    const IMAGE_RESOURCE_DATA_ENTRY *entry = (PVOID)resource;
    PUCHAR base = BaseOf(module);

    if (!entry) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if ((ULONG_PTR)module & FLAT)
        return RtlImageRvaToVa(RtlImageNtHeader(base), base, entry->OffsetToData, NULL);
    return base + entry->OffsetToData;
}

LPVOID WINAPI LockResource(HGLOBAL resource)
{
    return resource;
}

DWORD WINAPI SizeofResource(HMODULE module, HRSRC resource)
{
    (void)module;
    return resource ? ((const IMAGE_RESOURCE_DATA_ENTRY *)resource)->Size : 0;
}

/* Of the sixteen-bit days; FALSE is success. */
BOOL WINAPI FreeResource(HGLOBAL resource)
{
    (void)resource;
    return FALSE;
}
