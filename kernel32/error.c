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

/* The process's mode is the kernel's (NtRaiseHardError asks it), which keeps one bit the
 * other way about: there 1 means that critical errors are shown. */
#define TOLD SEM_FAILCRITICALERRORS

UINT WINAPI GetErrorMode(void)
{
    ULONG mode = TOLD;

    NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &mode,
                              sizeof mode, NULL);
    return mode ^ TOLD;
}

/* SEM_NOALIGNMENTFAULTEXCEPT, once set, stays. */
UINT WINAPI SetErrorMode(UINT mode)
{
    const UINT old = GetErrorMode();
    ULONG now = (mode | (old & SEM_NOALIGNMENTFAULTEXCEPT)) ^ TOLD;

    NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &now,
                            sizeof now);
    return old;
}

/* The thread's own is in its TEB, where the three bits lie together from 10h on. */
DWORD WINAPI GetThreadErrorMode(void)
{
    const ULONG mode = BaseTeb()->HardErrorMode;
    return (mode >> 4 & 3) | (mode & 0x40 ? SEM_NOOPENFILEERRORBOX : 0);
}

/* ERROR_INVALID_PARAMETER: a bit that is none of a thread's. */
BOOL WINAPI SetThreadErrorMode(DWORD mode, LPDWORD old)
{
    if (mode & ~(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (old)
        *old = GetThreadErrorMode();
    BaseTeb()->HardErrorMode =
        (mode & 3) << 4 | (mode & SEM_NOOPENFILEERRORBOX ? 0x40 : 0);
    return TRUE;
}
