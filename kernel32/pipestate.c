/* pipestate.c - what a pipe is, and the modes of a handle to it.
 *
 * Source: Microsoft's pages of the functions; FILE_PIPE_LOCAL_INFORMATION (ntifs.h).
 */
#include "k32.h"

static NTSTATUS Ask(HANDLE pipe, PVOID info, ULONG size, ULONG class)
{
    IO_STATUS_BLOCK iosb;
    return NtQueryInformationFile(BasepResolve(pipe), &iosb, info, size, class);
}

/* mode: PIPE_READMODE_*, PIPE_NOWAIT; NULL: as before.  The other two are for a client on
 * another machine: ERROR_INVALID_PARAMETER, as for PIPE_READMODE_MESSAGE with bytes. */
BOOL WINAPI SetNamedPipeHandleState(HANDLE pipe, LPDWORD mode, LPDWORD collection,
                                    LPDWORD timeout)
{
    FILE_PIPE_INFORMATION modes;
    IO_STATUS_BLOCK iosb;

    if (collection || timeout ||
        (mode && (*mode & ~(PIPE_NOWAIT | PIPE_READMODE_MESSAGE))))
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!mode)
        return TRUE;
    modes.ReadMode = (*mode & PIPE_READMODE_MESSAGE) != 0;
    modes.CompletionMode = (*mode & PIPE_NOWAIT) != 0;
    return BasepResult(NtSetInformationFile(BasepResolve(pipe), &iosb, &modes,
                                            sizeof modes, FilePipeInformation));
}

/* Each pointer may be NULL.  *instances: PIPE_UNLIMITED_INSTANCES, or at most so many. */
BOOL WINAPI GetNamedPipeInfo(HANDLE pipe, LPDWORD flags, LPDWORD out, LPDWORD in,
                             LPDWORD instances)
{
    FILE_PIPE_LOCAL_INFORMATION local;

    if (!BasepResult(Ask(pipe, &local, sizeof local, FilePipeLocalInformation)))
        return FALSE;
    if (flags)
        *flags = (local.NamedPipeEnd ? PIPE_SERVER_END : PIPE_CLIENT_END) |
                 (local.NamedPipeType ? PIPE_TYPE_MESSAGE : PIPE_TYPE_BYTE);
    if (out)
        *out = local.OutboundQuota;
    if (in)
        *in = local.InboundQuota;
    if (instances)
        *instances = min(local.MaximumInstances, PIPE_UNLIMITED_INSTANCES);
    return TRUE;
}

/* collection, timeout: NULL, since no client is on another machine (ERROR_INVALID_PARAMETER).
 * user: there are no users (ERROR_NOT_SUPPORTED). */
BOOL WINAPI GetNamedPipeHandleStateW(HANDLE pipe, LPDWORD state, LPDWORD instances,
                                     LPDWORD collection, LPDWORD timeout, LPWSTR user,
                                     DWORD userSize)
{
    FILE_PIPE_INFORMATION modes;
    FILE_PIPE_LOCAL_INFORMATION local;

    (void)userSize;
    if (collection || timeout)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (user)
        return BasepFail(ERROR_NOT_SUPPORTED);
    if (!BasepResult(Ask(pipe, &modes, sizeof modes, FilePipeInformation)) ||
        !BasepResult(Ask(pipe, &local, sizeof local, FilePipeLocalInformation)))
        return FALSE;
    if (state)
        *state = (modes.ReadMode ? PIPE_READMODE_MESSAGE : PIPE_READMODE_BYTE) |
                 (modes.CompletionMode ? PIPE_NOWAIT : PIPE_WAIT);
    if (instances)
        *instances = local.CurrentInstances;
    return TRUE;
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE pipe, LPDWORD state, LPDWORD instances,
                                     LPDWORD collection, LPDWORD timeout, LPSTR user,
                                     DWORD userSize)
{
    return GetNamedPipeHandleStateW(pipe, state, instances, collection, timeout,
                                    (LPWSTR)user,
                                    userSize); /* refused, if there is one */
}

static BOOL Owner(HANDLE pipe, ULONG code, const char *name, ULONG size, PULONG id)
{
    IO_STATUS_BLOCK iosb;
    return BasepResult(NtFsControlFile(BasepResolve(pipe), NULL, NULL, NULL, &iosb, code,
                                       (PVOID)name, size, id, sizeof *id));
}

/* ERROR_PIPE_LISTENING, ERROR_PIPE_NOT_CONNECTED: there is no client. */
BOOL WINAPI GetNamedPipeClientProcessId(HANDLE pipe, PULONG id)
{
    static const char name[] = "ClientProcessId";
    return Owner(pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, name, sizeof name, id);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE pipe, PULONG id)
{
    static const char name[] = "ServerProcessId";
    return Owner(pipe, FSCTL_PIPE_GET_PIPE_ATTRIBUTE, name, sizeof name, id);
}
