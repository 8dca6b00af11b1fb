/* error.c - from NTSTATUS to the last error, in one place, through ntdll's table.
 *
 * GetLastError and SetLastError are forwarded to ntdll: both read and write
 * TEB.LastErrorValue.
 */
#include "k32.h"

ULONG BaseSetLastNTError(NTSTATUS status)
{
    ULONG error = RtlNtStatusToDosError(status);
    RtlSetLastWin32Error(error);
    return error;
}

BOOL BasepResult(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return TRUE;
    BaseSetLastNTError(status);
    return FALSE;
}

BOOL BasepFail(DWORD error)
{
    RtlSetLastWin32Error(error);
    return FALSE;
}

/* The error mode is inherited by children on Windows; here it lives in the process alone
 * and only answers what was set: there are no message boxes that it could hold back. */
static UINT ErrorMode;

UINT WINAPI GetErrorMode(void)
{
    return ErrorMode;
}

UINT WINAPI SetErrorMode(UINT mode)
{
    return (UINT)__sync_lock_test_and_set(&ErrorMode, mode);
}
