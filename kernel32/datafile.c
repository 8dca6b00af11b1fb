/* datafile.c - LoadLibraryEx for the bytes alone: a module that nothing prepares to run.
 *
 * The handle is the view's base with bit 0 set (laid out as in the file) or bit 1 (as in
 * memory), as on Windows, so that no function takes it for a loaded module.
 */
#include "k32.h"

#define AS_FILE  1u
#define AS_IMAGE 2u

static BOOL IsImage(const UCHAR *view, ULONGLONG size)
{
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)view;
    return size >= sizeof *dos && dos->e_magic == IMAGE_DOS_SIGNATURE &&
           (ULONG)dos->e_lfanew < size && size - (ULONG)dos->e_lfanew >= 24 &&
           *(const ULONG *)(view + dos->e_lfanew) == IMAGE_NT_SIGNATURE;
}

/* NULL with ERROR_FILE_NOT_FOUND, ERROR_BAD_EXE_FORMAT, ERROR_SHARING_VIOLATION, ... */
HMODULE BasepLoadData(LPCWSTR name, DWORD flags)
{
    const BOOL image = flags & LOAD_LIBRARY_AS_IMAGE_RESOURCE;
    const DWORD sharing =
        flags & LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE ? 0 : FILE_SHARE_DELETE;
    WCHAR path[MAX_PATH];
    LARGE_INTEGER size;
    HANDLE file, section;
    PUCHAR view;

    if (!SearchPathW(NULL, name, L".dll", MAX_PATH, path, NULL))
        return NULL;
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | sharing, NULL, OPEN_EXISTING,
                       0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    GetFileSizeEx(file, &size);
    section = CreateFileMappingW(file, NULL, PAGE_READONLY | (image ? SEC_IMAGE : 0), 0,
                                 0, NULL);
    NtClose(file);
    view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    if (section)
        NtClose(section);
    else
        BasepFail(ERROR_BAD_EXE_FORMAT);
    if (view && !image && !IsImage(view, size.QuadPart)) {
        UnmapViewOfFile(view);
        view = NULL;
        BasepFail(ERROR_BAD_EXE_FORMAT);
    }
    return view ? (HMODULE)(view + (image ? AS_IMAGE : AS_FILE)) : NULL;
}

/* ERROR_MOD_NOT_FOUND: no view begins there, or it is a module that the loader knows. */
BOOL BasepFreeData(HMODULE module)
{
    PVOID view = (PVOID)((ULONG_PTR)module & ~(AS_FILE | AS_IMAGE));
    MEMORY_BASIC_INFORMATION info;
    HMODULE loaded;

    if (!VirtualQuery(view, &info, sizeof info) || info.AllocationBase != view ||
        info.Type == MEM_PRIVATE ||
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                               GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                           view, &loaded))
        return BasepFail(ERROR_MOD_NOT_FOUND);
    return UnmapViewOfFile(view);
}
