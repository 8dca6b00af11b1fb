/* lock.c - LockFile, UnlockFile and their Ex forms: byte ranges of a file.
 *
 * A range may begin past the end of the file.  A call with FILE_FLAG_OVERLAPPED waits like any
 * other: every operation is complete when the service returns.
 */
#include "k32.h"

static LARGE_INTEGER Join(DWORD low, DWORD high)
{
    return (LARGE_INTEGER){.LowPart = low, .HighPart = (LONG)high};
}

/* ERROR_LOCK_VIOLATION: another lock is in the way. */
WINBOOL WINAPI LockFile(HANDLE file, DWORD offset, DWORD offsetHigh, DWORD length,
                        DWORD lengthHigh)
{
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER from = Join(offset, offsetHigh), bytes = Join(length, lengthHigh);
    return BasepResult(
        NtLockFile(file, NULL, NULL, NULL, &iosb, &from, &bytes, 0, TRUE, TRUE));
}

/* ERROR_NOT_LOCKED: no lock of the caller's is exactly this range. */
WINBOOL WINAPI UnlockFile(HANDLE file, DWORD offset, DWORD offsetHigh, DWORD length,
                          DWORD lengthHigh)
{
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER from = Join(offset, offsetHigh), bytes = Join(length, lengthHigh);
    return BasepResult(NtUnlockFile(file, &iosb, &from, &bytes, 0));
}

/* The offset is the OVERLAPPED's.  Without LOCKFILE_FAIL_IMMEDIATELY it waits. */
WINBOOL WINAPI LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD length,
                          DWORD lengthHigh, LPOVERLAPPED overlapped)
{
    if (reserved)
        return BasepFail(ERROR_INVALID_PARAMETER);
    LARGE_INTEGER from = Join(overlapped->Offset, overlapped->OffsetHigh),
                  bytes = Join(length, lengthHigh);
    return BasepResult(NtLockFile(file, overlapped->hEvent, NULL, NULL,
                                  (IO_STATUS_BLOCK *)&overlapped->Internal, &from, &bytes,
                                  0, (flags & LOCKFILE_FAIL_IMMEDIATELY) != 0,
                                  (flags & LOCKFILE_EXCLUSIVE_LOCK) != 0));
}

WINBOOL WINAPI UnlockFileEx(HANDLE file, DWORD reserved, DWORD length, DWORD lengthHigh,
                            LPOVERLAPPED overlapped)
{
    if (reserved)
        return BasepFail(ERROR_INVALID_PARAMETER);
    LARGE_INTEGER from = Join(overlapped->Offset, overlapped->OffsetHigh),
                  bytes = Join(length, lengthHigh);
    return BasepResult(
        NtUnlockFile(file, (IO_STATUS_BLOCK *)&overlapped->Internal, &from, &bytes, 0));
}
