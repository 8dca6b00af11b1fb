/* module.c - LoadLibrary, GetProcAddress and GetModuleHandle over ntdll's loader.
 *
 * A module handle is the image's base; one of its low two bits marks a module mapped as
 * data only (datafile.c).  The loader's lists hang from PEB.Ldr and are read under the loader lock.
 */
#include "k32.h"

#define DONT_RESOLVE 0x1u
#define AS_DATA                                                                          \
    (LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE |                     \
     LOAD_LIBRARY_AS_IMAGE_RESOURCE)
#define SEARCH_FLAGS                                                                     \
    (LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_APPLICATION_DIR |            \
     LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32 |                      \
     LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
#define KNOWN_FLAGS                                                                      \
    (DONT_RESOLVE | AS_DATA | LOAD_WITH_ALTERED_SEARCH_PATH |                            \
     LOAD_IGNORE_CODE_AUTHZ_LEVEL | SEARCH_FLAGS)
#define FOLDERS_CHARS  1500u /* three paths of MAX_PATH, and PATH as far as it fits */
#define SYSTEM_FOLDERS L"C:\\Windows\\System32;C:\\;" /* as ntdll's search.c */

/* The loader's entry of a base address, or of the exe for NULL. Under the loader lock. */
static PLDR_DATA_TABLE_ENTRY FindEntry(HMODULE module)
{
    PVOID base = module ? (PVOID)module : BasePeb()->ImageBaseAddress;
    PLIST_ENTRY head = &BasePeb()->Ldr->InLoadOrderModuleList, link;

    for (link = head->Flink; link != head; link = link->Flink) {
        PLDR_DATA_TABLE_ENTRY entry =
            CONTAINING_RECORD(link, LDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        if (entry->DllBase == base)
            return entry;
    }
    return NULL;
}

/* The folder of a path and a semicolon, appended to a list that has room. */
static void AddFolder(LPWSTR list, LPCWSTR path)
{
    LPWSTR end = list + wcslen(list);
    SIZE_T folder = wcslen(path);

    while (folder && path[folder - 1] != '\\' && path[folder - 1] != '/')
        folder--;
    memcpy(end, path, folder * sizeof *path);
    wcscpy(end + folder, folder ? L";" : L"");
}

/* Whether the path says drive and folder. */
static BOOL IsAbsolute(LPCWSTR path)
{
    return (path[0] && path[1] == ':' && (path[2] == '\\' || path[2] == '/')) ||
           ((path[0] == '\\' || path[0] == '/') && path[1] == path[0]);
}

/* The folders that flags name, for the DLL and those that it needs: with the altered search path
 * the DLL's own in place of the program's ("Dynamic-Link Library Search Order").  No folder was
 * ever added by AddDllDirectory, which Windows 7 has by an update only. */
static void ListFolders(LPWSTR list, LPCWSTR name, DWORD flags)
{
    static const WCHAR current[] = L".;";
    SIZE_T used;

    list[0] = 0;
    if (flags & (LOAD_WITH_ALTERED_SEARCH_PATH | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR))
        AddFolder(list, name);
    if (flags & (LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS))
        AddFolder(list, BasePeb()->ProcessParameters->ImagePathName.Buffer);
    if (flags & (LOAD_WITH_ALTERED_SEARCH_PATH | LOAD_LIBRARY_SEARCH_SYSTEM32 |
                 LOAD_LIBRARY_SEARCH_DEFAULT_DIRS))
        wcscat(list, SYSTEM_FOLDERS);
    if (!(flags & LOAD_WITH_ALTERED_SEARCH_PATH))
        return;
    wcscat(list, current);
    used = wcslen(list);
    GetEnvironmentVariableW(L"PATH", list + used, (DWORD)(FOLDERS_CHARS - used));
}

/* NULL with ERROR_INVALID_PARAMETER: flags that exclude each other, or that need a full path. */
static LPWSTR FoldersOf(LPCWSTR name, DWORD flags)
{
    LPWSTR list;

    if ((flags & SEARCH_FLAGS && flags & LOAD_WITH_ALTERED_SEARCH_PATH) ||
        (flags & LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR && !IsAbsolute(name)) ||
        wcslen(name) > MAX_PATH) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    list = RtlAllocateHeap(BaseHeap(), 0, FOLDERS_CHARS * sizeof *list);
    if (list)
        ListFolders(list, name, flags);
    else
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return list;
}

/* ERROR_MOD_NOT_FOUND, ERROR_PROC_NOT_FOUND, ERROR_BAD_EXE_FORMAT, ERROR_DLL_INIT_FAILED;
 * ERROR_INVALID_PARAMETER also for flags of later systems. */
HMODULE WINAPI LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
    UNICODE_STRING text;
    ULONG characteristics = 0;
    PVOID base = NULL;
    LPWSTR folders = NULL;
    NTSTATUS status;

    if (!name || file || flags & ~KNOWN_FLAGS) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (flags & AS_DATA)
        return BasepLoadData(name, flags);
    if (flags & DONT_RESOLVE)
        characteristics = IMAGE_FILE_EXECUTABLE_IMAGE;
    RtlInitUnicodeString(&text, name);
    while (text.Length && text.Buffer[text.Length / sizeof(WCHAR) - 1] == ' ')
        text.Length -= sizeof(WCHAR);
    if (!text.Length) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (flags & SEARCH_FLAGS ||
        (flags & LOAD_WITH_ALTERED_SEARCH_PATH && IsAbsolute(name))) {
        folders = FoldersOf(name, flags);
        if (!folders)
            return NULL;
    }
    status = LdrLoadDll(folders, characteristics ? &characteristics : NULL, &text, &base);
    BasepFree(folders);
    if (status == STATUS_DLL_NOT_FOUND) {
        RtlSetLastWin32Error(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    return BasepResult(status) ? (HMODULE)base : NULL;
}

HMODULE WINAPI LoadLibraryW(LPCWSTR name)
{
    return LoadLibraryExW(name, NULL, 0);
}

HMODULE WINAPI LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags)
{
    LPWSTR wide = BasepToWide(name);
    HMODULE module = NULL;

    if (wide || !name)
        module = LoadLibraryExW(wide, file, flags);
    BasepFree(wide);
    return module;
}

HMODULE WINAPI LoadLibraryA(LPCSTR name)
{
    return LoadLibraryExA(name, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE module)
{
    NTSTATUS status;

    if ((ULONG_PTR)module & 3)
        return BasepFreeData(module);
    status = LdrUnloadDll(module);
    if (status == STATUS_DLL_NOT_FOUND)
        return BasepFail(ERROR_MOD_NOT_FOUND);
    return BasepResult(status);
}

VOID WINAPI FreeLibraryAndExitThread(HMODULE module, DWORD code)
{
    LdrUnloadDll(module);
    RtlExitUserThread((NTSTATUS)code);
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE module)
{
    return BasepResult(LdrDisableThreadCalloutsForDll(module));
}

/* By name, or by ordinal when the pointer's high word is 0. ERROR_PROC_NOT_FOUND,
 * ERROR_INVALID_ORDINAL, ERROR_MOD_NOT_FOUND for what is no module. */
FARPROC WINAPI GetProcAddress(HMODULE module, LPCSTR name)
{
    PVOID base = module ? (PVOID)module : BasePeb()->ImageBaseAddress;
    PVOID address = NULL;
    ANSI_STRING text;
    NTSTATUS status;

    if ((ULONG_PTR)name >> 16) {
        RtlInitAnsiString(&text, name);
        status = LdrGetProcedureAddress(base, &text, 0, &address);
    } else {
        status = LdrGetProcedureAddress(base, NULL, (ULONG)(ULONG_PTR)name, &address);
    }
    if (status == STATUS_DLL_NOT_FOUND) {
        RtlSetLastWin32Error(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    return BasepResult(status) ? (FARPROC)address : NULL;
}

HMODULE BasepModule(LPCWSTR name)
{
    UNICODE_STRING text;
    PVOID base = NULL;

    RtlInitUnicodeString(&text, name);
    return NT_SUCCESS(LdrGetDllHandle(NULL, NULL, &text, &base)) ? (HMODULE)base : NULL;
}

/* No reference is taken. NULL: the exe. ERROR_MOD_NOT_FOUND. */
HMODULE WINAPI GetModuleHandleW(LPCWSTR name)
{
    HMODULE module;

    if (!name)
        return (HMODULE)BasePeb()->ImageBaseAddress;
    module = BasepModule(name);
    if (!module)
        RtlSetLastWin32Error(ERROR_MOD_NOT_FOUND);
    return module;
}

HMODULE WINAPI GetModuleHandleA(LPCSTR name)
{
    LPWSTR wide = BasepToWide(name);
    HMODULE module = wide || !name ? GetModuleHandleW(wide) : NULL;
    BasepFree(wide);
    return module;
}

#define MODULE_FLAGS                                                                     \
    (GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT |      \
     GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)

/* *module is NULL on failure. ERROR_INVALID_PARAMETER for PIN with UNCHANGED_REFCOUNT. */
BOOL WINAPI GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module)
{
    PVOID base;

    if (!module)
        return BasepFail(ERROR_INVALID_PARAMETER);
    *module = NULL;
    if ((flags & ~MODULE_FLAGS) ||
        ((flags & GET_MODULE_HANDLE_EX_FLAG_PIN) &&
         (flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)) ||
        (!name && (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)
        RtlPcToFileHeader((PVOID)name, &base);
    else
        base = name ? (PVOID)BasepModule(name) : BasePeb()->ImageBaseAddress;
    if (!base)
        return BasepFail(ERROR_MOD_NOT_FOUND);
    if (!(flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT) &&
        !BasepResult(LdrAddRefDll(
            flags & GET_MODULE_HANDLE_EX_FLAG_PIN ? LDR_ADDREF_DLL_PIN : 0, base)))
        return FALSE;
    *module = (HMODULE)base;
    return TRUE;
}

BOOL WINAPI GetModuleHandleExA(DWORD flags, LPCSTR name, HMODULE *module)
{
    LPWSTR wide;
    BOOL found;

    if (!name || (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS))
        return GetModuleHandleExW(flags, (LPCWSTR)name, module);
    wide = BasepToWide(name);
    found = wide && GetModuleHandleExW(flags, wide, module);
    BasepFree(wide);
    return found;
}

/* Characters written without the NUL; a short buffer gets size characters, the last of
 * them NUL, the result is size and the last error ERROR_INSUFFICIENT_BUFFER. */
DWORD WINAPI GetModuleFileNameW(HMODULE module, LPWSTR out, DWORD size)
{
    PLDR_DATA_TABLE_ENTRY entry;
    ULONG_PTR cookie;
    DWORD length = 0, error = ERROR_MOD_NOT_FOUND;

    LdrLockLoaderLock(0, NULL, &cookie);
    entry = FindEntry(module);
    if (entry) {
        length = entry->FullDllName.Length / sizeof(WCHAR);
        error = length < size ? NO_ERROR : ERROR_INSUFFICIENT_BUFFER;
        if (length >= size)
            length = size;
        memcpy(out, entry->FullDllName.Buffer, length * sizeof(WCHAR));
        if (size)
            out[length < size ? length : size - 1] = 0;
    }
    LdrUnlockLoaderLock(0, cookie);
    RtlSetLastWin32Error(error);
    return length;
}

DWORD WINAPI GetModuleFileNameA(HMODULE module, LPSTR out, DWORD size)
{
    WCHAR wide[MAX_PATH * 2];
    DWORD length = GetModuleFileNameW(module, wide, MAX_PATH * 2);
    ULONG written;

    if (!length)
        return 0;
    if (length >= size) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        length = size;
    }
    RtlUnicodeToMultiByteN(out, length, &written, wide, length * sizeof(WCHAR));
    if (size)
        out[length < size ? length : size - 1] = 0;
    return length;
}
