/* copy.c - CopyFile: read, write, and no half of a file remains. */
#include "k32.h"

#define CHUNK 0x10000

static BOOL CopyBytes(HANDLE from, HANDLE to)
{
    PVOID buffer = RtlAllocateHeap(BaseHeap(), 0, CHUNK);
    DWORD read = 0, written;
    BOOL done = TRUE;

    if (!buffer)
        return BasepFail(ERROR_NOT_ENOUGH_MEMORY);
    do
        done = ReadFile(from, buffer, CHUNK, &read, NULL) &&
               WriteFile(to, buffer, read, &written, NULL) &&
               (written == read || BasepFail(ERROR_DISK_FULL));
    while (done && read);
    BasepFree(buffer);
    return done;
}

/* Attributes and the time of the last write are copied, too.  ERROR_FILE_EXISTS if failIfExists and
 * it does; ERROR_ACCESS_DENIED if the target is read-only, hidden or a system file; else what
 * opening or writing says. */
BOOL WINAPI CopyFileW(LPCWSTR from, LPCWSTR to, BOOL failIfExists)
{
    HANDLE source, target;
    DWORD error;
    BOOL done;

    source =
        CreateFileW(from, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (source == INVALID_HANDLE_VALUE)
        return FALSE;
    target =
        CreateFileW(to, GENERIC_WRITE, 0, NULL, failIfExists ? CREATE_NEW : CREATE_ALWAYS,
                    FILE_ATTRIBUTE_NORMAL, NULL);
    if (target == INVALID_HANDLE_VALUE) {
        error = RtlGetLastWin32Error();
        NtClose(source);
        return BasepFail(error);
    }
    done = CopyBytes(source, target);
    if (done)
        BasepCopyBasic(source, target); /* a device has none */
    error = RtlGetLastWin32Error();
    NtClose(target);
    NtClose(source);
    if (done)
        return TRUE;
    DeleteFileW(to);
    return BasepFail(error);
}

BOOL WINAPI CopyFileA(LPCSTR from, LPCSTR to, BOOL failIfExists)
{
    LPWSTR source = BasepPathToWide(from), target = BasepPathToWide(to);
    BOOL done = source && target && CopyFileW(source, target, failIfExists);

    BasepFree(target);
    BasepFree(source);
    return done;
}
