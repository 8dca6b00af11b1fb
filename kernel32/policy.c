/* policy.c - what a process can ask and set of itself: boost, data execution, input and
 * output counts, session; and the forms of other calls that name a node or an attribute list.
 */
#include "k32.h"

#define EXECUTE_FLAGS       ((PROCESSINFOCLASS)34)
#define EXECUTE_DISABLE     1u /* data does not execute */
#define EXECUTE_ENABLE      2u
#define EXECUTE_NO_THUNKS   4u
#define EXECUTE_PERMANENT   8u
#define PROCESS_IO_COUNTERS ((PROCESSINFOCLASS)2)
#define PROCESS_BOOST       ((PROCESSINFOCLASS)22)
#define PROCESS_SESSION     ((PROCESSINFOCLASS)24)
#define OPT_IN              2 /* DEP_SYSTEM_POLICY_TYPE */

BOOL WINAPI GetProcessPriorityBoost(HANDLE process, PBOOL disabled)
{
    ULONG value;

    if (!BasepResult(NtQueryInformationProcess(process, PROCESS_BOOST, &value,
                                               sizeof value, NULL)))
        return FALSE;
    *disabled = value != 0;
    return TRUE;
}

WINBOOL WINAPI SetProcessPriorityBoost(HANDLE process, WINBOOL disable)
{
    ULONG value = disable != 0;
    return BasepResult(
        NtSetInformationProcess(process, PROCESS_BOOST, &value, sizeof value));
}

/* All zero: files live in memory. */
WINBOOL WINAPI GetProcessIoCounters(HANDLE process, PIO_COUNTERS counters)
{
    return BasepResult(NtQueryInformationProcess(process, PROCESS_IO_COUNTERS, counters,
                                                 sizeof *counters, NULL));
}

WINBOOL WINAPI ProcessIdToSessionId(DWORD id, DWORD *session)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    NTSTATUS status;

    if (!process)
        return FALSE;
    status = NtQueryInformationProcess(process, PROCESS_SESSION, session, sizeof *session,
                                       NULL);
    NtClose(process);
    return BasepResult(status);
}

DEP_SYSTEM_POLICY_TYPE WINAPI GetSystemDEPPolicy(VOID)
{
    return OPT_IN;
}

WINBOOL WINAPI GetProcessDEPPolicy(HANDLE process, LPDWORD flags, PBOOL permanent)
{
    ULONG value;

    if (!BasepResult(NtQueryInformationProcess(process, EXECUTE_FLAGS, &value,
                                               sizeof value, NULL)))
        return FALSE;
    *flags = 0;
    if (value & EXECUTE_DISABLE)
        *flags =
            PROCESS_DEP_ENABLE |
            (value & EXECUTE_NO_THUNKS ? PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION : 0);
    *permanent = (value & EXECUTE_PERMANENT) != 0;
    return TRUE;
}

/* For the caller's own process, until its end. ERROR_ACCESS_DENIED: it is set already. */
WINBOOL WINAPI SetProcessDEPPolicy(DWORD flags)
{
    ULONG value = flags & PROCESS_DEP_ENABLE ? EXECUTE_DISABLE : EXECUTE_ENABLE;

    if (flags & ~(PROCESS_DEP_ENABLE | PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION) ||
        flags == PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (flags & PROCESS_DEP_DISABLE_ATL_THUNK_EMULATION)
        value |= EXECUTE_NO_THUNKS;
    value |= EXECUTE_PERMANENT;
    return BasepResult(
        NtSetInformationProcess(NtCurrentProcess(), EXECUTE_FLAGS, &value, sizeof value));
}

/* One processor: no other has a write that it has not shown. */
VOID WINAPI FlushProcessWriteBuffers(VOID)
{
}

/* No attribute of a new thread changes anything here. */
HANDLE WINAPI CreateRemoteThreadEx(HANDLE process, LPSECURITY_ATTRIBUTES security,
                                   SIZE_T stack, LPTHREAD_START_ROUTINE start,
                                   LPVOID argument, DWORD flags,
                                   LPPROC_THREAD_ATTRIBUTE_LIST attributes, LPDWORD id)
{
    (void)attributes;
    return CreateRemoteThread(process, security, stack, start, argument, flags, id);
}

HANDLE WINAPI CreateFileMappingNumaW(HANDLE file, LPSECURITY_ATTRIBUTES security,
                                     DWORD protect, DWORD sizeHigh, DWORD sizeLow,
                                     LPCWSTR name, DWORD node)
{
    (void)node; /* a preference alone */
    return CreateFileMappingW(file, security, protect, sizeHigh, sizeLow, name);
}

HANDLE WINAPI CreateFileMappingNumaA(HANDLE file, LPSECURITY_ATTRIBUTES security,
                                     DWORD protect, DWORD sizeHigh, DWORD sizeLow,
                                     LPCSTR name, DWORD node)
{
    (void)node;
    return CreateFileMappingA(file, security, protect, sizeHigh, sizeLow, name);
}
