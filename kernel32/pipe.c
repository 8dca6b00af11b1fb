/* pipe.c - anonymous pipes: CreatePipe, and how much waits in one. */
#include "k32.h"

#define FILE_PIPE_LOCAL_INFORMATION 24

typedef struct {
    ULONG Type, Configuration, MaximumInstances, CurrentInstances, InboundQuota;
    ULONG ReadDataAvailable, OutboundQuota, WriteQuotaAvailable, State, End;
} PIPE_LOCAL;

/* size 0: the default of 4 KiB. Both handles are written on success alone. */
BOOL WINAPI CreatePipe(PHANDLE read, PHANDLE write, LPSECURITY_ATTRIBUTES security,
                       DWORD size)
{
    HANDLE reader, writer;
    ULONG attributes = security && security->bInheritHandle ? OBJ_INHERIT : 0;

    if (!BasepResult(NtFathomCreatePipe(&reader, &writer, attributes, size)))
        return FALSE;
    *read = reader;
    *write = writer;
    return TRUE;
}

/* Only how many bytes wait; to look at them without taking them is ERROR_NOT_SUPPORTED.
 * What is no pipe: ERROR_INVALID_FUNCTION. */
BOOL WINAPI PeekNamedPipe(HANDLE pipe, LPVOID buffer, DWORD size, LPDWORD read,
                          LPDWORD available, LPDWORD left)
{
    PIPE_LOCAL local = {0};
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;

    if (buffer && size)
        return BasepFail(ERROR_NOT_SUPPORTED);
    status = NtQueryInformationFile(BasepResolve(pipe), &iosb, &local, sizeof local,
                                    FILE_PIPE_LOCAL_INFORMATION);
    if (status == STATUS_INVALID_INFO_CLASS || status == STATUS_INVALID_DEVICE_REQUEST)
        return BasepFail(ERROR_INVALID_FUNCTION);
    if (!BasepResult(status))
        return FALSE;
    if (read)
        *read = 0;
    if (available)
        *available = local.ReadDataAvailable;
    if (left)
        *left = 0;
    return TRUE;
}
