/* file.c - CreateFile, reading, writing, the file pointer.
 *
 * Files are opened synchronous: NtReadFile and NtWriteFile return when all is done and
 * the kernel keeps the position.  An OVERLAPPED gives the offset and gets the result; its
 * event is set.  A console and a pipe are files too.
 */
#include "k32.h"
#include <winioctl.h>

/* The path as the kernel names it, `\??\C:\...`; ERROR_PATH_NOT_FOUND,
 * ERROR_INVALID_NAME. */
BOOL BasepNtPath(LPCWSTR path, PUNICODE_STRING nt, OBJECT_ATTRIBUTES *attributes,
                 LPSECURITY_ATTRIBUTES security)
{
    ULONG flags = OBJ_CASE_INSENSITIVE;

    if (!path || !*path || !RtlDosPathNameToNtPathName_U(path, nt, NULL, NULL))
        return BasepFail(ERROR_PATH_NOT_FOUND);
    if (security && security->bInheritHandle)
        flags |= OBJ_INHERIT;
    InitializeObjectAttributes(attributes, nt, flags, NULL, NULL);
    return TRUE;
}

#define FILE_ATTRIBUTES_SET 0x7FB7 /* the attributes that CreateFile may give */

#define MAY_TRUNCATE (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA)

/* CREATE_NEW = 1 ... TRUNCATE_EXISTING = 5 to the kernel's dispositions. */
static const ULONG Dispositions[] = {0,         FILE_CREATE,  FILE_OVERWRITE_IF,
                                     FILE_OPEN, FILE_OPEN_IF, FILE_OVERWRITE};

static ULONG CreateOptions(DWORD flags)
{
    ULONG options = FILE_SYNCHRONOUS_IO_NONALERT;

    if (flags & FILE_FLAG_OVERLAPPED)
        options = 0;
    if (flags & FILE_FLAG_WRITE_THROUGH)
        options |= FILE_WRITE_THROUGH;
    if (flags & FILE_FLAG_NO_BUFFERING)
        options |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (flags & FILE_FLAG_SEQUENTIAL_SCAN)
        options |= FILE_SEQUENTIAL_ONLY;
    if (flags & FILE_FLAG_RANDOM_ACCESS)
        options |= FILE_RANDOM_ACCESS;
    if (flags & FILE_FLAG_DELETE_ON_CLOSE)
        options |= FILE_DELETE_ON_CLOSE;
    if (!(flags & FILE_FLAG_BACKUP_SEMANTICS))
        options |= FILE_NON_DIRECTORY_FILE;
    return options;
}

/* "CON" means the one end that the access asks for. */
static LPCWSTR ConsoleName(LPCWSTR name, DWORD access)
{
    if (_wcsicmp(name, L"CON"))
        return name;
    return (access & GENERIC_WRITE) ? L"CONOUT$" : L"CONIN$";
}

/* INVALID_HANDLE_VALUE with ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND,
 * ERROR_FILE_EXISTS, ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION,
 * ERROR_INVALID_PARAMETER. On success CREATE_ALWAYS and OPEN_ALWAYS leave
 * ERROR_ALREADY_EXISTS when the file was there. */
HANDLE WINAPI CreateFileW(LPCWSTR name, DWORD access, DWORD share,
                          LPSECURITY_ATTRIBUTES security, DWORD disposition, DWORD flags,
                          HANDLE template)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt;
    IO_STATUS_BLOCK iosb = {0};
    HANDLE file = INVALID_HANDLE_VALUE;
    ACCESS_MASK wanted = access | SYNCHRONIZE | FILE_READ_ATTRIBUTES;
    NTSTATUS status;

    (void)template;
    if (disposition < CREATE_NEW || disposition > TRUNCATE_EXISTING ||
        (disposition == TRUNCATE_EXISTING && !(access & MAY_TRUNCATE))) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!BasepNtPath(name ? ConsoleName(name, access) : name, &nt, &attributes, security))
        return INVALID_HANDLE_VALUE;
    if (flags & FILE_FLAG_DELETE_ON_CLOSE)
        wanted |= DELETE;
    status =
        NtCreateFile(&file, wanted, &attributes, &iosb, NULL,
                     flags & (FILE_ATTRIBUTES_SET & ~FILE_ATTRIBUTE_DIRECTORY), share,
                     Dispositions[disposition], CreateOptions(flags), NULL, 0);
    RtlFreeUnicodeString(&nt);
    if (!NT_SUCCESS(status)) {
        if (status == STATUS_OBJECT_NAME_COLLISION)
            RtlSetLastWin32Error(ERROR_FILE_EXISTS);
        else if (status == STATUS_FILE_IS_A_DIRECTORY)
            RtlSetLastWin32Error(ERROR_ACCESS_DENIED);
        else
            BaseSetLastNTError(status);
        return INVALID_HANDLE_VALUE;
    }
    RtlSetLastWin32Error(
        (disposition == CREATE_ALWAYS && iosb.Information == FILE_OVERWRITTEN) ||
                (disposition == OPEN_ALWAYS && iosb.Information == FILE_OPENED)
            ? ERROR_ALREADY_EXISTS
            : NO_ERROR);
    return file;
}

HANDLE WINAPI CreateFileA(LPCSTR name, DWORD access, DWORD share,
                          LPSECURITY_ATTRIBUTES security, DWORD disposition, DWORD flags,
                          HANDLE template)
{
    LPWSTR wide = BasepToWide(name);
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD error;

    if (wide || !name)
        file = CreateFileW(wide, access, share, security, disposition, flags, template);
    error = RtlGetLastWin32Error();
    BasepFree(wide);
    RtlSetLastWin32Error(error);
    return file;
}

/* The common end of a read or write: wait if it pends, say how much. */
static BOOL Finish(HANDLE file, NTSTATUS status, IO_STATUS_BLOCK *iosb, LPDWORD done)
{
    if (status == STATUS_PENDING) {
        NtWaitForSingleObject(file, FALSE, NULL);
        status = iosb->Status;
    }
    if (done)
        *done = NT_ERROR(status) ? 0 : (DWORD)iosb->Information;
    if (status == STATUS_END_OF_FILE)
        return TRUE; /* at the end: no bytes, no error */
    return BasepResult(status);
}

static void SetOffset(LPOVERLAPPED overlapped, LARGE_INTEGER *offset)
{
    offset->LowPart = overlapped->Offset;
    offset->HighPart = (LONG)overlapped->OffsetHigh;
}

/* At the end of a file: TRUE and 0 bytes; with an OVERLAPPED FALSE and ERROR_HANDLE_EOF.
 * A pipe whose writers have gone: ERROR_BROKEN_PIPE; of a message, a part: ERROR_MORE_DATA. */
BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD length, LPDWORD read,
                     LPOVERLAPPED overlapped)
{
    HANDLE handle = BasepResolve(file);
    LARGE_INTEGER offset;
    IO_STATUS_BLOCK own = {0}, *iosb = &own;
    NTSTATUS status;

    if (read)
        *read = 0;
    if (!overlapped) {
        status = NtReadFile(handle, NULL, NULL, NULL, iosb, buffer, length, NULL, NULL);
        if (status == STATUS_ALERTED) /* a console read that Ctrl-C ended: no bytes */
            RtlSetLastWin32Error(ERROR_OPERATION_ABORTED);
        return Finish(handle, status, iosb, read);
    }
    SetOffset(overlapped, &offset);
    iosb = (IO_STATUS_BLOCK *)
        overlapped; /* Internal and InternalHigh are the status block */
    status = NtReadFile(handle, overlapped->hEvent, NULL, NULL, iosb, buffer, length,
                        &offset, NULL);
    if (status == STATUS_END_OF_FILE)
        return BasepFail(ERROR_HANDLE_EOF);
    return Finish(handle, status, iosb, read);
}

BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD length, LPDWORD written,
                      LPOVERLAPPED overlapped)
{
    HANDLE handle = BasepResolve(file);
    LARGE_INTEGER offset;
    IO_STATUS_BLOCK own = {0}, *iosb = &own;
    NTSTATUS status;

    if (written)
        *written = 0;
    if (!overlapped) {
        status = NtWriteFile(handle, NULL, NULL, NULL, iosb, buffer, length, NULL, NULL);
    } else {
        SetOffset(overlapped, &offset);
        iosb = (IO_STATUS_BLOCK *)overlapped;
        status = NtWriteFile(handle, overlapped->hEvent, NULL, NULL, iosb, buffer, length,
                             &offset, NULL);
    }
    return Finish(handle, status, iosb, written);
}

BOOL WINAPI GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, LPDWORD done,
                                BOOL wait)
{
    if (overlapped->Internal == (ULONG)STATUS_PENDING) {
        if (!wait)
            return BasepFail(ERROR_IO_INCOMPLETE);
        WaitForSingleObject(overlapped->hEvent ? overlapped->hEvent : file, INFINITE);
    }
    *done = overlapped->InternalHigh;
    return BasepResult((NTSTATUS)overlapped->Internal);
}

static BOOL GetInfo(HANDLE file, PVOID info, ULONG length, ULONG class)
{
    IO_STATUS_BLOCK iosb;
    return BasepResult(
        NtQueryInformationFile(BasepResolve(file), &iosb, info, length, class));
}

static BOOL SetInfo(HANDLE file, PVOID info, ULONG length, ULONG class)
{
    IO_STATUS_BLOCK iosb;
    return BasepResult(
        NtSetInformationFile(BasepResolve(file), &iosb, info, length, class));
}

/* ERROR_NEGATIVE_SEEK, ERROR_INVALID_PARAMETER (method); *new gets the position. */
BOOL WINAPI SetFilePointerEx(HANDLE file, LARGE_INTEGER distance, PLARGE_INTEGER new,
                             DWORD method)
{
    FILE_POSITION_INFORMATION position = {.CurrentByteOffset = distance};
    FILE_STANDARD_INFORMATION standard;

    if (method == FILE_CURRENT) {
        if (!GetInfo(file, &position, sizeof position, FilePositionInformation))
            return FALSE;
        position.CurrentByteOffset.QuadPart += distance.QuadPart;
    } else if (method == FILE_END) {
        if (!GetInfo(file, &standard, sizeof standard, FileStandardInformation))
            return FALSE;
        position.CurrentByteOffset.QuadPart += standard.EndOfFile.QuadPart;
    } else if (method != FILE_BEGIN) {
        return BasepFail(ERROR_INVALID_PARAMETER);
    }
    if (position.CurrentByteOffset.QuadPart < 0)
        return BasepFail(ERROR_NEGATIVE_SEEK);
    if (!SetInfo(file, &position, sizeof position, FilePositionInformation))
        return FALSE;
    if (new)
        *new = position.CurrentByteOffset;
    return TRUE;
}

/* INVALID_SET_FILE_POINTER may be a position: then the last error is NO_ERROR. */
DWORD WINAPI SetFilePointer(HANDLE file, LONG low, PLONG high, DWORD method)
{
    LARGE_INTEGER distance, new;

    if (high) {
        distance.LowPart = (DWORD)low;
        distance.HighPart = *high;
    } else {
        distance.QuadPart = low;
    }
    if (!SetFilePointerEx(file, distance, &new, method))
        return INVALID_SET_FILE_POINTER;
    if (high)
        *high = new.HighPart;
    if (new.LowPart == INVALID_SET_FILE_POINTER)
        RtlSetLastWin32Error(NO_ERROR);
    return new.LowPart;
}

BOOL WINAPI GetFileSizeEx(HANDLE file, PLARGE_INTEGER size)
{
    FILE_STANDARD_INFORMATION standard;

    if (!GetInfo(file, &standard, sizeof standard, FileStandardInformation))
        return FALSE;
    *size = standard.EndOfFile;
    return TRUE;
}

DWORD WINAPI GetFileSize(HANDLE file, LPDWORD high)
{
    LARGE_INTEGER size;

    if (!GetFileSizeEx(file, &size))
        return INVALID_FILE_SIZE;
    if (high)
        *high = (DWORD)size.HighPart;
    if (size.LowPart == INVALID_FILE_SIZE)
        RtlSetLastWin32Error(NO_ERROR);
    return size.LowPart;
}

BOOL WINAPI SetEndOfFile(HANDLE file)
{
    FILE_POSITION_INFORMATION position;

    return GetInfo(file, &position, sizeof position, FilePositionInformation) &&
           SetInfo(file, &position.CurrentByteOffset, sizeof position.CurrentByteOffset,
                   FileEndOfFileInformation);
}

BOOL WINAPI FlushFileBuffers(HANDLE file)
{
    IO_STATUS_BLOCK iosb;
    return BasepResult(NtFlushBuffersFile(BasepResolve(file), &iosb));
}

typedef struct {
    ULONG DeviceType, Characteristics;
} DEVICE;

/* FILE_TYPE_DISK, _CHAR or _PIPE by the kind of device; UNKNOWN with the last error
 * (NO_ERROR: some other device). */
DWORD WINAPI GetFileType(HANDLE file)
{
    DEVICE device;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = NtQueryVolumeInformationFile(
        BasepResolve(file), &iosb, &device, sizeof device, FileFsDeviceInformation);
    if (!BasepResult(status))
        return FILE_TYPE_UNKNOWN;
    switch (device.DeviceType) {
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM:
    case FILE_DEVICE_FILE_SYSTEM:
    case FILE_DEVICE_VIRTUAL_DISK:
        return FILE_TYPE_DISK;
    case FILE_DEVICE_NAMED_PIPE:
        return FILE_TYPE_PIPE;
    case FILE_DEVICE_CONSOLE:
    case FILE_DEVICE_NULL:
    case FILE_DEVICE_SERIAL_PORT:
    case FILE_DEVICE_KEYBOARD:
    case FILE_DEVICE_SCREEN:
        return FILE_TYPE_CHAR;
    }
    RtlSetLastWin32Error(NO_ERROR);
    return FILE_TYPE_UNKNOWN;
}
