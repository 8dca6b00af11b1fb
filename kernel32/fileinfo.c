/* fileinfo.c - files by name: attributes, delete, move, directories; and by handle:
 * times. */
#include "k32.h"

typedef struct {
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    ULONG FileAttributes;
} BASIC;
typedef struct {
    LARGE_INTEGER CreationTime, LastAccessTime, LastWriteTime, ChangeTime;
    LARGE_INTEGER AllocationSize, EndOfFile;
    ULONG FileAttributes;
} NETWORK_OPEN;

/* INVALID_FILE_ATTRIBUTES with ERROR_FILE_NOT_FOUND or ERROR_PATH_NOT_FOUND. */
DWORD WINAPI GetFileAttributesW(LPCWSTR name)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt;
    BASIC basic;
    NTSTATUS status;

    if (!BasepNtPath(name, &nt, &attributes, NULL))
        return INVALID_FILE_ATTRIBUTES;
    status = NtQueryAttributesFile(&attributes, &basic);
    RtlFreeUnicodeString(&nt);
    return BasepResult(status) ? basic.FileAttributes : INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesA(LPCSTR name)
{
    LPWSTR wide = BasepPathToWide(name);
    DWORD found = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    BasepFree(wide);
    return found;
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID out)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt;
    NETWORK_OPEN info;
    WIN32_FILE_ATTRIBUTE_DATA *data = out;
    NTSTATUS status;

    if (level != GetFileExInfoStandard)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!BasepNtPath(name, &nt, &attributes, NULL))
        return FALSE;
    status = NtQueryFullAttributesFile(&attributes, &info);
    RtlFreeUnicodeString(&nt);
    if (!BasepResult(status))
        return FALSE;
    data->dwFileAttributes = info.FileAttributes;
    data->ftCreationTime = BasepFileTime(info.CreationTime);
    data->ftLastAccessTime = BasepFileTime(info.LastAccessTime);
    data->ftLastWriteTime = BasepFileTime(info.LastWriteTime);
    data->nFileSizeHigh = (DWORD)info.EndOfFile.HighPart;
    data->nFileSizeLow = info.EndOfFile.LowPart;
    return TRUE;
}

BOOL WINAPI GetFileAttributesExA(LPCSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID out)
{
    LPWSTR wide = BasepPathToWide(name);
    BOOL found = wide && GetFileAttributesExW(wide, level, out);
    BasepFree(wide);
    return found;
}

/* Open by name, for one change of its information. */
static BOOL OpenFor(LPCWSTR name, ACCESS_MASK access, ULONG options, HANDLE *file)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;

    if (!BasepNtPath(name, &nt, &attributes, NULL))
        return FALSE;
    status = NtOpenFile(file, access | SYNCHRONIZE, &attributes, &iosb,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        options | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&nt);
    if (status == STATUS_FILE_IS_A_DIRECTORY)
        return BasepFail(ERROR_ACCESS_DENIED);
    return BasepResult(status);
}

static BOOL Change(HANDLE file, PVOID info, ULONG length, ULONG class)
{
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = NtSetInformationFile(file, &iosb, info, length, class);
    NtClose(file);
    return BasepResult(status);
}

BOOL WINAPI SetFileAttributesW(LPCWSTR name, DWORD attributes)
{
    BASIC basic = {.FileAttributes = attributes ? attributes : FILE_ATTRIBUTE_NORMAL};
    HANDLE file;
    return OpenFor(name, FILE_WRITE_ATTRIBUTES, 0, &file) &&
           Change(file, &basic, sizeof basic, FileBasicInformation);
}

/* What a copy keeps: attributes and the time of the last write. */
BOOL BasepCopyBasic(HANDLE from, HANDLE to)
{
    IO_STATUS_BLOCK iosb;
    BASIC basic, kept = {0};

    if (!BasepResult(NtQueryInformationFile(from, &iosb, &basic, sizeof basic,
                                            FileBasicInformation)))
        return FALSE;
    kept.LastWriteTime = basic.LastWriteTime;
    kept.FileAttributes = basic.FileAttributes;
    return BasepResult(
        NtSetInformationFile(to, &iosb, &kept, sizeof kept, FileBasicInformation));
}

BOOL WINAPI SetFileAttributesA(LPCSTR name, DWORD attributes)
{
    LPWSTR wide = BasepPathToWide(name);
    BOOL set = wide && SetFileAttributesW(wide, attributes);
    BasepFree(wide);
    return set;
}

static BOOL Delete(LPCWSTR name, ULONG options)
{
    BOOLEAN gone = TRUE;
    HANDLE file;
    return OpenFor(name, DELETE, options, &file) &&
           Change(file, &gone, sizeof gone, FileDispositionInformation);
}

/* ERROR_FILE_NOT_FOUND, ERROR_ACCESS_DENIED (read-only, or a directory). */
BOOL WINAPI DeleteFileW(LPCWSTR name)
{
    return Delete(name, FILE_NON_DIRECTORY_FILE);
}

BOOL WINAPI DeleteFileA(LPCSTR name)
{
    LPWSTR wide = BasepPathToWide(name);
    BOOL done = wide && DeleteFileW(wide);
    BasepFree(wide);
    return done;
}

/* ERROR_DIR_NOT_EMPTY. */
BOOL WINAPI RemoveDirectoryW(LPCWSTR name)
{
    return Delete(name, FILE_DIRECTORY_FILE);
}

BOOL WINAPI RemoveDirectoryA(LPCSTR name)
{
    LPWSTR wide = BasepPathToWide(name);
    BOOL done = wide && RemoveDirectoryW(wide);
    BasepFree(wide);
    return done;
}

/* ERROR_ALREADY_EXISTS. */
BOOL WINAPI CreateDirectoryW(LPCWSTR name, LPSECURITY_ATTRIBUTES security)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt;
    IO_STATUS_BLOCK iosb;
    HANDLE directory;
    NTSTATUS status;

    if (!BasepNtPath(name, &nt, &attributes, security))
        return FALSE;
    status = NtCreateFile(&directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes,
                          &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
                          FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    RtlFreeUnicodeString(&nt);
    if (status == STATUS_OBJECT_NAME_COLLISION)
        return BasepFail(ERROR_ALREADY_EXISTS);
    if (!BasepResult(status))
        return FALSE;
    NtClose(directory);
    return TRUE;
}

BOOL WINAPI CreateDirectoryA(LPCSTR name, LPSECURITY_ATTRIBUTES security)
{
    LPWSTR wide = BasepPathToWide(name);
    BOOL done = wide && CreateDirectoryW(wide, security);
    BasepFree(wide);
    return done;
}

typedef struct {
    BOOLEAN ReplaceIfExists;
    HANDLE RootDirectory;
    ULONG FileNameLength; /* bytes */
    WCHAR FileName[];
} RENAME;

/* ERROR_ALREADY_EXISTS without MOVEFILE_REPLACE_EXISTING; a NULL target (delete at the
 * next start) is ERROR_INVALID_PARAMETER. */
BOOL WINAPI MoveFileExW(LPCWSTR from, LPCWSTR to, DWORD flags)
{
    UNICODE_STRING nt;
    RENAME *rename;
    HANDLE file;
    ULONG bytes;
    BOOL done = FALSE;

    if (!to || (flags & MOVEFILE_DELAY_UNTIL_REBOOT))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!RtlDosPathNameToNtPathName_U(to, &nt, NULL, NULL))
        return BasepFail(ERROR_PATH_NOT_FOUND);
    bytes = sizeof *rename + nt.Length;
    rename = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, bytes + sizeof(WCHAR));
    if (!rename) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    } else if (OpenFor(from, DELETE, 0, &file)) {
        rename->ReplaceIfExists = (flags & MOVEFILE_REPLACE_EXISTING) != 0;
        rename->FileNameLength = nt.Length;
        memcpy(rename->FileName, nt.Buffer, nt.Length);
        done = Change(file, rename, bytes, FileRenameInformation);
    }
    BasepFree(rename);
    RtlFreeUnicodeString(&nt);
    return done;
}

BOOL WINAPI MoveFileW(LPCWSTR from, LPCWSTR to)
{
    return MoveFileExW(from, to, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileExA(LPCSTR from, LPCSTR to, DWORD flags)
{
    LPWSTR source = BasepPathToWide(from), target = BasepPathToWide(to);
    BOOL done = source && (target || !to) && MoveFileExW(source, target, flags);
    BasepFree(target);
    BasepFree(source);
    return done;
}

BOOL WINAPI MoveFileA(LPCSTR from, LPCSTR to)
{
    return MoveFileExA(from, to, MOVEFILE_COPY_ALLOWED);
}

/* One volume without hard links: ERROR_INVALID_FUNCTION, as FAT answers on Windows. */
WINBOOL WINAPI CreateHardLinkW(LPCWSTR link, LPCWSTR existing,
                               LPSECURITY_ATTRIBUTES security)
{
    (void)link, (void)existing, (void)security;
    return BasepFail(ERROR_INVALID_FUNCTION);
}

BOOL WINAPI GetFileInformationByHandle(HANDLE file, LPBY_HANDLE_FILE_INFORMATION out)
{
    IO_STATUS_BLOCK iosb;
    BASIC basic;
    FILE_STANDARD_INFORMATION standard;
    LARGE_INTEGER index = {0};

    if (!BasepResult(NtQueryInformationFile(file, &iosb, &basic, sizeof basic,
                                            FileBasicInformation)) ||
        !BasepResult(NtQueryInformationFile(file, &iosb, &standard, sizeof standard,
                                            FileStandardInformation)))
        return FALSE;
    NtQueryInformationFile(file, &iosb, &index, sizeof index, FileInternalInformation);
    *out = (BY_HANDLE_FILE_INFORMATION){
        .dwFileAttributes = basic.FileAttributes,
        .ftCreationTime = BasepFileTime(basic.CreationTime),
        .ftLastAccessTime = BasepFileTime(basic.LastAccessTime),
        .ftLastWriteTime = BasepFileTime(basic.LastWriteTime),
        .nFileSizeHigh = (DWORD)standard.EndOfFile.HighPart,
        .nFileSizeLow = standard.EndOfFile.LowPart,
        .nNumberOfLinks = standard.NumberOfLinks,
        .nFileIndexHigh = (DWORD)index.HighPart,
        .nFileIndexLow = index.LowPart};
    return TRUE;
}

BOOL WINAPI GetFileTime(HANDLE file, LPFILETIME created, LPFILETIME accessed,
                        LPFILETIME written)
{
    IO_STATUS_BLOCK iosb;
    BASIC basic;

    if (!BasepResult(NtQueryInformationFile(file, &iosb, &basic, sizeof basic,
                                            FileBasicInformation)))
        return FALSE;
    if (created)
        *created = BasepFileTime(basic.CreationTime);
    if (accessed)
        *accessed = BasepFileTime(basic.LastAccessTime);
    if (written)
        *written = BasepFileTime(basic.LastWriteTime);
    return TRUE;
}

/* A zero time in the kernel's structure means: leave as it is. */
BOOL WINAPI SetFileTime(HANDLE file, const FILETIME *created, const FILETIME *accessed,
                        const FILETIME *written)
{
    IO_STATUS_BLOCK iosb;
    BASIC basic = {0};

    if (created)
        memcpy(&basic.CreationTime, created, sizeof *created);
    if (accessed)
        memcpy(&basic.LastAccessTime, accessed, sizeof *accessed);
    if (written)
        memcpy(&basic.LastWriteTime, written, sizeof *written);
    return BasepResult(
        NtSetInformationFile(file, &iosb, &basic, sizeof basic, FileBasicInformation));
}

/* ERROR_BAD_LENGTH: out is too small; ERROR_MORE_DATA: for the whole name;
 * ERROR_INVALID_PARAMETER: a class that is not one to ask for, or not known here. */
WINBOOL WINAPI GetFileInformationByHandleEx(HANDLE file, FILE_INFO_BY_HANDLE_CLASS wanted,
                                            LPVOID out, DWORD size)
{
    static const struct {
        FILE_INFO_BY_HANDLE_CLASS Class;
        FILE_INFORMATION_CLASS Native; /* the same structure by its native name */
    } classes[] = {
        {FileBasicInfo, FileBasicInformation},
        {FileStandardInfo, FileStandardInformation},
        {FileNameInfo, FileNameInformation},
        {FileAttributeTagInfo, FileAttributeTagInformation},
    };
    IO_STATUS_BLOCK iosb;
    ULONG i;

    for (i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].Class == wanted)
            return BasepResult(NtQueryInformationFile(BasepResolve(file), &iosb, out,
                                                      size, classes[i].Native));
    return BasepFail(ERROR_INVALID_PARAMETER);
}
