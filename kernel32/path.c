/* path.c - directories and names: current, temporary, system; full and short forms. */
#include "k32.h"

/* Characters without the NUL; needed with it when too short; *file points at the last
 * part. */
DWORD WINAPI GetFullPathNameW(LPCWSTR name, DWORD size, LPWSTR out, LPWSTR *file)
{
    ULONG bytes = RtlGetFullPathName_U(name, size * sizeof(WCHAR), out, file);
    if (bytes > size * sizeof(WCHAR))
        return bytes / sizeof(WCHAR);
    return bytes / sizeof(WCHAR);
}

DWORD WINAPI GetFullPathNameA(LPCSTR name, DWORD size, LPSTR out, LPSTR *file)
{
    LPWSTR wide = BasepToWide(name);
    WCHAR full[MAX_PATH * 2];
    LPWSTR part = NULL;
    DWORD length = 0, result;

    if (!wide)
        return 0;
    length = GetFullPathNameW(wide, ARRAYSIZE(full), full, &part);
    BasepFree(wide);
    if (!length || length >= ARRAYSIZE(full))
        return length;
    result = BasepReturnAnsi(full, out, size);
    if (file)
        *file = part && result < size ? out + (part - full) : NULL;
    return result;
}

DWORD WINAPI GetCurrentDirectoryW(DWORD size, LPWSTR out)
{
    return RtlGetCurrentDirectory_U(size * sizeof(WCHAR), out) / sizeof(WCHAR);
}

DWORD WINAPI GetCurrentDirectoryA(DWORD size, LPSTR out)
{
    WCHAR wide[MAX_PATH * 2];
    GetCurrentDirectoryW(ARRAYSIZE(wide), wide);
    return BasepReturnAnsi(wide, out, size);
}

/* ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_DIRECTORY. */
BOOL WINAPI SetCurrentDirectoryW(LPCWSTR name)
{
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, name);
    return BasepResult(RtlSetCurrentDirectory_U(&text));
}

BOOL WINAPI SetCurrentDirectoryA(LPCSTR name)
{
    LPWSTR wide = BasepToWide(name);
    BOOL set = wide && SetCurrentDirectoryW(wide);
    BasepFree(wide);
    return set;
}

static LPCWSTR SystemRoot(void)
{
    LPCWSTR root = USER_SHARED_DATA->NtSystemRoot;
    return *root ? root : L"C:\\Windows";
}

UINT WINAPI GetWindowsDirectoryW(LPWSTR out, UINT size)
{
    return BasepReturnString(SystemRoot(), wcslen(SystemRoot()), out, size);
}

UINT WINAPI GetSystemWindowsDirectoryW(LPWSTR out, UINT size)
{
    return GetWindowsDirectoryW(out, size);
}

UINT WINAPI GetSystemDirectoryW(LPWSTR out, UINT size)
{
    WCHAR path[MAX_PATH];
    wcscpy(path, SystemRoot());
    wcscat(path, L"\\system32");
    return BasepReturnString(path, wcslen(path), out, size);
}

UINT WINAPI GetWindowsDirectoryA(LPSTR out, UINT size)
{
    return BasepReturnAnsi(SystemRoot(), out, size);
}

UINT WINAPI GetSystemWindowsDirectoryA(LPSTR out, UINT size)
{
    return GetWindowsDirectoryA(out, size);
}

UINT WINAPI GetSystemDirectoryA(LPSTR out, UINT size)
{
    WCHAR path[MAX_PATH];
    GetSystemDirectoryW(path, MAX_PATH);
    return BasepReturnAnsi(path, out, size);
}

/* TMP, TEMP, USERPROFILE, then the Windows directory; ends with a backslash. */
DWORD WINAPI GetTempPathW(DWORD size, LPWSTR out)
{
    static const LPCWSTR names[] = {L"TMP", L"TEMP", L"USERPROFILE"};
    WCHAR path[MAX_PATH + 2];
    DWORD length = 0;
    ULONG i;

    for (i = 0; i < ARRAYSIZE(names) && !length; i++) {
        length = GetEnvironmentVariableW(names[i], path, MAX_PATH);
        if (length >= MAX_PATH)
            length = 0;
    }
    if (!length)
        length = GetWindowsDirectoryW(path, MAX_PATH);
    if (path[length - 1] != '\\') {
        path[length++] = '\\';
        path[length] = 0;
    }
    return BasepReturnString(path, length, out, size);
}

DWORD WINAPI GetTempPathA(DWORD size, LPSTR out)
{
    WCHAR path[MAX_PATH + 2];
    GetTempPathW(ARRAYSIZE(path), path);
    return BasepReturnAnsi(path, out, size);
}

static void Hex(LPWSTR out, UINT number)
{
    WCHAR digits[5], *at = digits + 4;

    *at = 0;
    do
        *--at = L"0123456789ABCDEF"[number & 15];
    while (number >>= 4);
    wcscpy(out, at);
}

/* path\preXXXX.TMP; unique 0: the first free number, and the file is made. 0: failure. */
UINT WINAPI GetTempFileNameW(LPCWSTR path, LPCWSTR prefix, UINT unique, LPWSTR out)
{
    size_t length = wcslen(path);
    UINT number = unique & 0xFFFF, first;
    LPWSTR at;

    if (length > MAX_PATH - 14) {
        RtlSetLastWin32Error(ERROR_BUFFER_OVERFLOW);
        return 0;
    }
    wcscpy(out, path);
    if (length && out[length - 1] != '\\')
        out[length++] = '\\';
    for (at = out + length; prefix && *prefix && at < out + length + 3; prefix++)
        *at++ = *prefix;
    if (!number)
        number = GetTickCount() & 0xFFFF;
    for (first = number ? number : 1, number = first;;) {
        HANDLE file;
        Hex(at, number);
        wcscat(at, L".tmp");
        if (unique & 0xFFFF)
            return number;
        file = CreateFileW(out, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
                           NULL);
        if (file != INVALID_HANDLE_VALUE) {
            CloseHandle(file);
            return number;
        }
        number = number == 0xFFFF ? 1 : number + 1;
        if (RtlGetLastWin32Error() == ERROR_PATH_NOT_FOUND)
            return BasepFail(ERROR_DIRECTORY);
        if (RtlGetLastWin32Error() != ERROR_FILE_EXISTS || number == first)
            return 0;
    }
}

UINT WINAPI GetTempFileNameA(LPCSTR path, LPCSTR prefix, UINT unique, LPSTR out)
{
    LPWSTR directory = BasepToWide(path), start = BasepToWide(prefix);
    WCHAR name[MAX_PATH];
    UINT number = 0;

    if (directory && (start || !prefix))
        number = GetTempFileNameW(directory, start, unique, name);
    if (number)
        BasepReturnAnsi(name, out, MAX_PATH);
    BasepFree(start);
    BasepFree(directory);
    return number;
}

/* Names are long names here: the short and the long form of an existing file are its
 * name. */
static DWORD SameName(LPCWSTR name, LPWSTR out, DWORD size)
{
    if (GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES)
        return 0;
    return BasepReturnString(name, wcslen(name), out, size);
}

DWORD WINAPI GetLongPathNameW(LPCWSTR name, LPWSTR out, DWORD size)
{
    return SameName(name, out, size);
}

DWORD WINAPI GetShortPathNameW(LPCWSTR name, LPWSTR out, DWORD size)
{
    return SameName(name, out, size);
}

/* name, or name + extension when it has no dot, in: the directory of the program, the
 * current one, the system's, Windows', each of PATH - or in `path` alone. 0:
 * ERROR_FILE_NOT_FOUND. */
DWORD WINAPI SearchPathW(LPCWSTR path, LPCWSTR name, LPCWSTR extension, DWORD size,
                         LPWSTR out, LPWSTR *file)
{
    WCHAR list[2048], full[MAX_PATH * 2];
    LPCWSTR last = wcsrchr(name, '\\') ? wcsrchr(name, '\\') : name;
    LPWSTR at, next, slash;
    DWORD length;

    if (wcschr(last, '.'))
        extension = NULL;
    if (path) {
        wcsncpy(list, path, ARRAYSIZE(list) - 1);
        list[ARRAYSIZE(list) - 1] = 0;
    } else {
        GetModuleFileNameW(NULL, list, MAX_PATH);
        slash = wcsrchr(list, '\\');
        if (slash)
            *slash = 0;
        wcscat(list, L";.;");
        GetSystemDirectoryW(list + wcslen(list), MAX_PATH);
        wcscat(list, L";");
        GetWindowsDirectoryW(list + wcslen(list), MAX_PATH);
        wcscat(list, L";");
        length = wcslen(list);
        if (GetEnvironmentVariableW(L"PATH", list + length, ARRAYSIZE(list) - length) >=
            ARRAYSIZE(list) - length)
            list[length] = 0;
    }
    if (wcschr(name, '\\') || wcschr(name, ':'))
        list[0] = 0;
    for (at = list;; at = next) {
        next = wcschr(at, ';');
        if (next)
            *next++ = 0;
        if (wcslen(at) + wcslen(name) + (extension ? wcslen(extension) : 0) + 2 <
            ARRAYSIZE(full)) {
            wcscpy(full, at);
            if (*at && at[wcslen(at) - 1] != '\\')
                wcscat(full, L"\\");
            wcscat(full, name);
            if (extension)
                wcscat(full, extension);
            if (GetFileAttributesW(full) != INVALID_FILE_ATTRIBUTES)
                return GetFullPathNameW(full, size, out, file);
        }
        if (!next)
            break;
    }
    RtlSetLastWin32Error(ERROR_FILE_NOT_FOUND);
    return 0;
}

DWORD WINAPI SearchPathA(LPCSTR path, LPCSTR name, LPCSTR extension, DWORD size,
                         LPSTR out, LPSTR *file)
{
    LPWSTR widePath = BasepToWide(path), wideName = BasepToWide(name),
           wideExtension = BasepToWide(extension), part = NULL;
    WCHAR found[MAX_PATH * 2];
    DWORD length = 0;

    if (wideName)
        length = SearchPathW(widePath, wideName, wideExtension, ARRAYSIZE(found), found,
                             &part);
    if (length)
        length = BasepReturnAnsi(found, out, size);
    if (file)
        *file = length && length < size && part ? out + (part - found) : NULL;
    BasepFree(wideExtension);
    BasepFree(wideName);
    BasepFree(widePath);
    return length;
}
