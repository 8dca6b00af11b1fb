/* find.c - FindFirstFile: a directory handle, a pattern, one entry a call. */
#include "k32.h"

typedef struct {
    ULONG NextEntryOffset, FileIndex;
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    LARGE_INTEGER EndOfFile, AllocationSize;
    ULONG FileAttributes;
    ULONG FileNameLength; /* bytes */
    ULONG EaSize;
    CHAR ShortNameLength;
    WCHAR ShortName[12];
    WCHAR FileName[MAX_PATH];
} BOTH_DIRECTORY;

static NTSTATUS Next(HANDLE directory, PUNICODE_STRING pattern, LPWIN32_FIND_DATAW data)
{
    BOTH_DIRECTORY entry;
    IO_STATUS_BLOCK iosb;
    ULONG characters;
    NTSTATUS status = NtQueryDirectoryFile(directory, NULL, NULL, NULL, &iosb, &entry,
                                           sizeof entry, FileBothDirectoryInformation,
                                           TRUE, pattern, pattern != NULL);
    if (!NT_SUCCESS(status))
        return status;
    characters = entry.FileNameLength / sizeof(WCHAR);
    if (characters >= MAX_PATH)
        characters = MAX_PATH - 1;
    *data = (WIN32_FIND_DATAW){.dwFileAttributes = entry.FileAttributes,
                               .ftCreationTime = BasepFileTime(entry.CreationTime),
                               .ftLastAccessTime = BasepFileTime(entry.LastAccessTime),
                               .ftLastWriteTime = BasepFileTime(entry.LastWriteTime),
                               .nFileSizeHigh = (DWORD)entry.EndOfFile.HighPart,
                               .nFileSizeLow = entry.EndOfFile.LowPart};
    memcpy(data->cFileName, entry.FileName, characters * sizeof(WCHAR));
    return status;
}

/* Split `\??\C:\dir\*.c` into the directory, with its backslash, and the pattern. */
static void Split(UNICODE_STRING *path, UNICODE_STRING *pattern)
{
    USHORT at = path->Length / sizeof(WCHAR);

    while (at && path->Buffer[at - 1] != '\\')
        at--;
    pattern->Buffer = path->Buffer + at;
    pattern->Length = pattern->MaximumLength = path->Length - at * sizeof(WCHAR);
    path->Length = at * sizeof(WCHAR);
    /* As since MS-DOS: a dot before a wild card is also the end of a name without one, and a
     * question mark is also no character, before a dot and at the end. */
    for (at = 0; at < (USHORT)(pattern->Length / sizeof(WCHAR)); at++) {
        LPWSTR c = pattern->Buffer + at;
        if (*c == '.' && at + 1u < pattern->Length / sizeof(WCHAR) &&
            (c[1] == '*' || c[1] == '?'))
            *c = '"';
        if (*c == '?')
            *c = '>';
    }
}

/* INVALID_HANDLE_VALUE with ERROR_FILE_NOT_FOUND (nothing matches) or
 * ERROR_PATH_NOT_FOUND. */
HANDLE WINAPI FindFirstFileExW(LPCWSTR name, FINDEX_INFO_LEVELS level, LPVOID data,
                               FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt, pattern;
    IO_STATUS_BLOCK iosb;
    HANDLE *search;
    HANDLE directory;
    NTSTATUS status;

    (void)operation, (void)flags;
    if (filter || (level != FindExInfoStandard && level != FindExInfoBasic)) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!BasepNtPath(name, &nt, &attributes, NULL))
        return INVALID_HANDLE_VALUE;
    Split(&nt, &pattern);
    status = pattern.Length
                 ? NtOpenFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes,
                              &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE,
                              FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT)
                 : STATUS_NO_SUCH_FILE;
    if (NT_SUCCESS(status)) {
        status = Next(directory, &pattern, data);
        if (!NT_SUCCESS(status))
            NtClose(directory);
    } else if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    }
    RtlFreeUnicodeString(&nt);
    if (!BasepResult(status == STATUS_NO_MORE_FILES ? STATUS_NO_SUCH_FILE : status))
        return INVALID_HANDLE_VALUE;
    search = RtlAllocateHeap(BaseHeap(), 0, sizeof *search);
    if (!search) {
        NtClose(directory);
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    *search = directory;
    return search;
}

HANDLE WINAPI FindFirstFileW(LPCWSTR name, LPWIN32_FIND_DATAW data)
{
    return FindFirstFileExW(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL,
                            0);
}

/* ERROR_NO_MORE_FILES at the end. */
BOOL WINAPI FindNextFileW(HANDLE find, LPWIN32_FIND_DATAW data)
{
    HANDLE *search = find;

    if (!find || find == INVALID_HANDLE_VALUE)
        return BasepFail(ERROR_INVALID_HANDLE);
    return BasepResult(Next(*search, NULL, data));
}

BOOL WINAPI FindClose(HANDLE find)
{
    HANDLE *search = find;

    if (!find || find == INVALID_HANDLE_VALUE)
        return BasepFail(ERROR_INVALID_HANDLE);
    NtClose(*search);
    return RtlFreeHeap(BaseHeap(), 0, search);
}

static void ToAnsi(const WIN32_FIND_DATAW *wide, LPWIN32_FIND_DATAA data)
{
    ULONG written;

    memset(data, 0, sizeof *data);
    memcpy(data, wide, offsetof(WIN32_FIND_DATAW, cFileName)); /* alike up to the name */
    RtlUnicodeToMultiByteN(data->cFileName, sizeof data->cFileName - 1, &written,
                           wide->cFileName, wcslen(wide->cFileName) * sizeof(WCHAR));
}

HANDLE WINAPI FindFirstFileExA(LPCSTR name, FINDEX_INFO_LEVELS level, LPVOID data,
                               FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags)
{
    LPWSTR pattern = BasepPathToWide(name);
    WIN32_FIND_DATAW wide;
    HANDLE find = INVALID_HANDLE_VALUE;

    if (pattern)
        find = FindFirstFileExW(pattern, level, &wide, operation, filter, flags);
    if (find != INVALID_HANDLE_VALUE)
        ToAnsi(&wide, data);
    BasepFree(pattern);
    return find;
}

HANDLE WINAPI FindFirstFileA(LPCSTR name, LPWIN32_FIND_DATAA data)
{
    return FindFirstFileExA(name, FindExInfoStandard, data, FindExSearchNameMatch, NULL,
                            0);
}

BOOL WINAPI FindNextFileA(HANDLE find, LPWIN32_FIND_DATAA data)
{
    WIN32_FIND_DATAW wide;

    if (!FindNextFileW(find, &wide))
        return FALSE;
    ToAnsi(&wide, data);
    return TRUE;
}
