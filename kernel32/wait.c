/* wait.c - waiting, signalling, and the locks' forms with a time-out in milliseconds.
 *
 * Times: INFINITE is no time-out; anything else becomes a negative count of 100 ns, which
 * the kernel takes as "from now".
 */
#include "k32.h"

PLARGE_INTEGER BaseFormatTimeOut(PLARGE_INTEGER time, DWORD milliseconds)
{
    if (milliseconds == INFINITE)
        return NULL;
    time->QuadPart = -(LONGLONG)milliseconds * 10000;
    return time;
}

/* WAIT_OBJECT_0, WAIT_ABANDONED, WAIT_IO_COMPLETION, WAIT_TIMEOUT, or WAIT_FAILED. */
DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER time;
    NTSTATUS status;

    status = NtWaitForSingleObject(BasepResolve(handle), (BOOLEAN)(alertable != 0),
                                   BaseFormatTimeOut(&time, milliseconds));
    return BasepResult(status) ? (DWORD)status : WAIT_FAILED;
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds)
{
    return WaitForSingleObjectEx(handle, milliseconds, FALSE);
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, BOOL all,
                                      DWORD milliseconds, BOOL alertable)
{
    HANDLE resolved[MAXIMUM_WAIT_OBJECTS];
    LARGE_INTEGER time;
    NTSTATUS status;
    DWORD i;

    if (!count || count > MAXIMUM_WAIT_OBJECTS) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    for (i = 0; i < count; i++)
        resolved[i] = BasepResolve(handles[i]);
    status =
        NtWaitForMultipleObjects(count, resolved, all ? 0 : 1, (BOOLEAN)(alertable != 0),
                                 BaseFormatTimeOut(&time, milliseconds));
    return BasepResult(status) ? (DWORD)status : WAIT_FAILED;
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all,
                                    DWORD milliseconds)
{
    return WaitForMultipleObjectsEx(count, handles, all, milliseconds, FALSE);
}

DWORD WINAPI SignalObjectAndWait(HANDLE signal, HANDLE wait, DWORD milliseconds,
                                 BOOL alertable)
{
    LARGE_INTEGER time;
    NTSTATUS status = NtSignalAndWaitForSingleObject(
        signal, wait, (BOOLEAN)(alertable != 0), BaseFormatTimeOut(&time, milliseconds));
    return BasepResult(status) ? (DWORD)status : WAIT_FAILED;
}

/* 0, or WAIT_IO_COMPLETION when an APC ended it. INFINITE waits for APCs alone. */
DWORD WINAPI SleepEx(DWORD milliseconds, BOOL alertable)
{
    LARGE_INTEGER time;
    NTSTATUS status;

    if (!BaseFormatTimeOut(&time, milliseconds))
        time.QuadPart =
            (LONGLONG)0x8000000000000000ull; /* as far in the future as there is */
    do
        status = NtDelayExecution((BOOLEAN)(alertable != 0), &time);
    while (milliseconds == INFINITE && status == STATUS_ALERTED);
    return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

VOID WINAPI Sleep(DWORD milliseconds)
{
    SleepEx(milliseconds, FALSE);
}

BOOL WINAPI SetEvent(HANDLE event)
{
    return BasepResult(NtSetEvent(event, NULL));
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    return BasepResult(NtResetEvent(event, NULL));
}

BOOL WINAPI PulseEvent(HANDLE event)
{
    return BasepResult(NtPulseEvent(event, NULL));
}

/* ERROR_NOT_OWNER. */
BOOL WINAPI ReleaseMutex(HANDLE mutex)
{
    return BasepResult(NtReleaseMutant(mutex, NULL));
}

/* ERROR_TOO_MANY_POSTS leaves the count as it was. */
BOOL WINAPI ReleaseSemaphore(HANDLE semaphore, LONG count, LPLONG previous)
{
    return BasepResult(NtReleaseSemaphore(semaphore, count, previous));
}

BOOL WINAPI SetWaitableTimer(HANDLE timer, const LARGE_INTEGER *due, LONG period,
                             PTIMERAPCROUTINE routine, LPVOID argument, BOOL resume)
{
    LARGE_INTEGER time = *due;
    NTSTATUS status = NtSetTimer(timer, &time, (PVOID)routine, argument,
                                 (BOOLEAN)(resume != 0), period, NULL);

    if (!BasepResult(status))
        return FALSE;
    RtlSetLastWin32Error(NO_ERROR);
    return TRUE;
}

BOOL WINAPI CancelWaitableTimer(HANDLE timer)
{
    return BasepResult(NtCancelTimer(timer, NULL));
}

/* RtlInitializeCriticalSectionAndSpinCount answers a status; the documentation a BOOL. */
BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spin)
{
    return BasepResult(RtlInitializeCriticalSectionAndSpinCount(section, spin));
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION section, DWORD spin,
                                        DWORD flags)
{
    return BasepResult(RtlInitializeCriticalSectionEx(section, spin, flags));
}

/* FALSE with ERROR_TIMEOUT when the time is over; the lock is held again either way. */
BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE variable,
                                     PCRITICAL_SECTION section, DWORD milliseconds)
{
    LARGE_INTEGER time;
    NTSTATUS status = RtlSleepConditionVariableCS(variable, section,
                                                  BaseFormatTimeOut(&time, milliseconds));
    if (status == STATUS_TIMEOUT)
        return BasepFail(ERROR_TIMEOUT);
    return BasepResult(status);
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE variable, PSRWLOCK lock,
                                      DWORD milliseconds, ULONG flags)
{
    LARGE_INTEGER time;
    NTSTATUS status = RtlSleepConditionVariableSRW(
        variable, lock, BaseFormatTimeOut(&time, milliseconds), flags);
    if (status == STATUS_TIMEOUT)
        return BasepFail(ERROR_TIMEOUT);
    return BasepResult(status);
}

WINBOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN routine,
                                   PVOID parameter, LPVOID *context)
{
    return BasepResult(RtlRunOnceExecuteOnce(once, (RTL_RUN_ONCE_ROUTINE)(PVOID)routine,
                                             parameter, context));
}

/* *pending: the caller has to do it and then call InitOnceComplete. */
WINBOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE once, DWORD flags, PBOOL pending,
                                       LPVOID *context)
{
    NTSTATUS status = RtlRunOnceBeginInitialize(once, flags, context);
    *pending = status == STATUS_PENDING;
    return BasepResult(status);
}

WINBOOL WINAPI InitOnceComplete(LPINIT_ONCE once, DWORD flags, LPVOID context)
{
    return BasepResult(RtlRunOnceComplete(once, flags, context));
}
