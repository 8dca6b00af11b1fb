/* namedpipe.c - named pipes, within the machine: CreateNamedPipe and its kin.
 *
 * Every operation is complete when the call returns: a pipe that is made or opened with
 * FILE_FLAG_OVERLAPPED is refused (ERROR_NOT_SUPPORTED).  An OVERLAPPED has its event set.
 * Source: Microsoft's pages of the functions; "Named Pipe Operations".
 */
#include "k32.h"

#define NO_TIME      (-0x7FFFFFFFFFFFFFFFll - 1) /* waits for ever */
#define DEFAULT_WAIT 50                          /* milliseconds */
#define OPEN_MODES                                                                       \
    (PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_WRITE_THROUGH |      \
     FILE_FLAG_OVERLAPPED | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)
#define PIPE_MODES                                                                       \
    (PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS)

/* INVALID_HANDLE_VALUE with ERROR_PIPE_BUSY: all instances are there; ERROR_ACCESS_DENIED: not
 * the first, or of another type or direction; ERROR_INVALID_NAME: not \\.\pipe\name;
 * ERROR_NOT_SUPPORTED: FILE_FLAG_OVERLAPPED. */
HANDLE WINAPI CreateNamedPipeW(LPCWSTR name, DWORD openMode, DWORD pipeMode,
                               DWORD instances, DWORD out, DWORD in, DWORD timeout,
                               LPSECURITY_ATTRIBUTES security)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt;
    IO_STATUS_BLOCK iosb;
    HANDLE pipe = INVALID_HANDLE_VALUE;
    LARGE_INTEGER time = {.QuadPart = (timeout ? timeout : DEFAULT_WAIT) * -10000ll};
    const DWORD access = openMode & PIPE_ACCESS_DUPLEX;
    const ULONG share = (access & PIPE_ACCESS_INBOUND ? FILE_SHARE_WRITE : 0) |
                        (access & PIPE_ACCESS_OUTBOUND ? FILE_SHARE_READ : 0);
    const ACCESS_MASK rights =
        SYNCHRONIZE | (access & PIPE_ACCESS_INBOUND ? GENERIC_READ : 0) |
        (access & PIPE_ACCESS_OUTBOUND ? GENERIC_WRITE : 0) | FILE_WRITE_ATTRIBUTES |
        (openMode & (WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY));
    NTSTATUS status;

    if ((openMode & ~OPEN_MODES) || (pipeMode & ~PIPE_MODES) || instances == 0 ||
        instances > PIPE_UNLIMITED_INSTANCES) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (timeout == NMPWAIT_WAIT_FOREVER)
        time.QuadPart = NO_TIME;
    if (!BasepNtPath(name, &nt, &attributes, security))
        return INVALID_HANDLE_VALUE;
    status = NtCreateNamedPipeFile(
        &pipe, rights, &attributes, &iosb, share,
        openMode & FILE_FLAG_FIRST_PIPE_INSTANCE ? FILE_CREATE : FILE_OPEN_IF,
        (openMode & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT) |
            (openMode & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0),
        (pipeMode & PIPE_TYPE_MESSAGE) != 0, (pipeMode & PIPE_READMODE_MESSAGE) != 0,
        (pipeMode & PIPE_NOWAIT) != 0,
        instances == PIPE_UNLIMITED_INSTANCES ? ~0u : instances, in, out, &time);
    RtlFreeUnicodeString(&nt);
    return BasepResult(status) ? pipe : INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR name, DWORD openMode, DWORD pipeMode,
                               DWORD instances, DWORD out, DWORD in, DWORD timeout,
                               LPSECURITY_ATTRIBUTES security)
{
    LPWSTR wide = BasepToWide(name);
    HANDLE pipe = INVALID_HANDLE_VALUE;

    if (wide || !name)
        pipe = CreateNamedPipeW(wide, openMode, pipeMode, instances, out, in, timeout,
                                security);
    BasepFree(wide);
    return pipe;
}

static NTSTATUS Control(HANDLE pipe, LPOVERLAPPED overlapped, ULONG code, LPCVOID in,
                        DWORD inSize, LPVOID out, DWORD outSize, LPDWORD done)
{
    IO_STATUS_BLOCK own = {0};
    IO_STATUS_BLOCK *iosb = overlapped ? (IO_STATUS_BLOCK *)overlapped : &own;
    NTSTATUS status =
        NtFsControlFile(BasepResolve(pipe), overlapped ? overlapped->hEvent : NULL, NULL,
                        NULL, iosb, code, (LPVOID)in, inSize, out, outSize);
    if (done)
        *done = NT_ERROR(status) ? 0 : (DWORD)iosb->Information;
    return status;
}

/* FALSE with ERROR_PIPE_CONNECTED: a client is there already; ERROR_NO_DATA: it has gone;
 * ERROR_PIPE_LISTENING: PIPE_NOWAIT, and none has come. */
BOOL WINAPI ConnectNamedPipe(HANDLE pipe, LPOVERLAPPED overlapped)
{
    return BasepResult(
        Control(pipe, overlapped, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, NULL));
}

BOOL WINAPI DisconnectNamedPipe(HANDLE pipe)
{
    return BasepResult(
        Control(pipe, NULL, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0, NULL));
}

/* The name after \??\pipe\; ERROR_PATH_NOT_FOUND: it is none; ERROR_BAD_NETPATH: of another
 * machine. */
static BOOL PipeName(const UNICODE_STRING *nt, UNICODE_STRING *name)
{
    static const WCHAR lead[] = L"\\??\\pipe\\", unc[] = L"\\??\\UNC\\";
    const USHORT size = sizeof lead - sizeof(WCHAR);

    if (nt->Length >= sizeof unc && !_wcsnicmp(nt->Buffer, unc, sizeof unc / 2 - 1))
        return BasepFail(ERROR_BAD_NETPATH);
    if (nt->Length <= size || _wcsnicmp(nt->Buffer, lead, sizeof lead / 2 - 1))
        return BasepFail(ERROR_PATH_NOT_FOUND);
    *name = (UNICODE_STRING){nt->Length - size, nt->Length - size,
                             nt->Buffer + size / sizeof(WCHAR)};
    return TRUE;
}

static NTSTATUS WaitFor(const UNICODE_STRING *name, DWORD timeout)
{
    UNICODE_STRING folder;
    struct {
        FILE_PIPE_WAIT_FOR_BUFFER Wait;
        WCHAR Rest[255];
    } buffer = {.Wait = {.NameLength = name->Length,
                         .TimeoutSpecified = timeout != NMPWAIT_USE_DEFAULT_WAIT}};
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE pipes;
    NTSTATUS status;

    if (name->Length > sizeof buffer.Rest)
        return STATUS_OBJECT_NAME_INVALID;
    buffer.Wait.Timeout.QuadPart =
        timeout == NMPWAIT_WAIT_FOREVER ? NO_TIME : timeout * -10000ll;
    memcpy(buffer.Wait.Name, name->Buffer, name->Length);
    RtlInitUnicodeString(&folder, L"\\Device\\NamedPipe\\");
    InitializeObjectAttributes(&attributes, &folder, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtOpenFile(&pipes, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &iosb,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(status))
        return status;
    status =
        Control(pipes, NULL, FSCTL_PIPE_WAIT, &buffer,
                offsetof(FILE_PIPE_WAIT_FOR_BUFFER, Name) + name->Length, NULL, 0, NULL);
    NtClose(pipes);
    return status;
}

/* TRUE: an instance listens, and may be another client's before CreateFile.  timeout:
 * milliseconds, or NMPWAIT_*.  ERROR_FILE_NOT_FOUND: there is no instance at all;
 * ERROR_SEM_TIMEOUT. */
BOOL WINAPI WaitNamedPipeW(LPCWSTR path, DWORD timeout)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING nt, name;
    BOOL ok;

    if (!BasepNtPath(path, &nt, &attributes, NULL))
        return FALSE;
    ok = PipeName(&nt, &name) && BasepResult(WaitFor(&name, timeout));
    RtlFreeUnicodeString(&nt);
    return ok;
}

BOOL WINAPI WaitNamedPipeA(LPCSTR path, DWORD timeout)
{
    LPWSTR wide = BasepToWide(path);
    const BOOL ok = (wide || !path) && WaitNamedPipeW(wide, timeout);
    BasepFree(wide);
    return ok;
}

/* A message there and one back.  ERROR_MORE_DATA: the answer goes on; ERROR_BAD_PIPE: the pipe
 * is no duplex one of messages, or is read as bytes; ERROR_PIPE_BUSY: something was not read. */
BOOL WINAPI TransactNamedPipe(HANDLE pipe, LPVOID in, DWORD inSize, LPVOID out,
                              DWORD outSize, LPDWORD read, LPOVERLAPPED overlapped)
{
    return BasepResult(
        Control(pipe, overlapped, FSCTL_PIPE_TRANSCEIVE, in, inSize, out, outSize, read));
}

/* ERROR_MORE_DATA: what the answer has beyond outSize is lost. */
BOOL WINAPI CallNamedPipeW(LPCWSTR name, LPVOID in, DWORD inSize, LPVOID out,
                           DWORD outSize, LPDWORD read, DWORD timeout)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    HANDLE pipe;
    BOOL ok;

    while ((pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE,
                               FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
                               NULL)) == INVALID_HANDLE_VALUE)
        if (RtlGetLastWin32Error() != ERROR_PIPE_BUSY || timeout == NMPWAIT_NOWAIT ||
            !WaitNamedPipeW(name, timeout))
            return FALSE;
    ok = SetNamedPipeHandleState(pipe, &mode, NULL, NULL) &&
         TransactNamedPipe(pipe, in, inSize, out, outSize, read, NULL);
    NtClose(pipe);
    return ok;
}

BOOL WINAPI CallNamedPipeA(LPCSTR name, LPVOID in, DWORD inSize, LPVOID out,
                           DWORD outSize, LPDWORD read, DWORD timeout)
{
    LPWSTR wide = BasepToWide(name);
    const BOOL ok =
        (wide || !name) && CallNamedPipeW(wide, in, inSize, out, outSize, read, timeout);
    BasepFree(wide);
    return ok;
}

/* Data stays in the pipe.  *available: bytes in all; *left: of the first message, beyond what
 * was copied; 0 for a pipe of bytes.  The handle must be one to read. */
BOOL WINAPI PeekNamedPipe(HANDLE pipe, LPVOID buffer, DWORD size, LPDWORD read,
                          LPDWORD available, LPDWORD left)
{
    FILE_PIPE_PEEK_BUFFER own, *peeked = &own;
    DWORD done, bytes = buffer ? size : 0;
    NTSTATUS status;

    if (bytes > ~0u - sizeof own)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (bytes)
        peeked = RtlAllocateHeap(BaseHeap(), 0, sizeof own + bytes);
    if (!peeked)
        return BasepFail(ERROR_NOT_ENOUGH_MEMORY);
    status =
        Control(pipe, NULL, FSCTL_PIPE_PEEK, NULL, 0, peeked, sizeof own + bytes, &done);
    if (!NT_ERROR(status)) {
        done -= sizeof own;
        if (bytes)
            memcpy(buffer, peeked->Data, done);
        if (read)
            *read = done;
        if (available)
            *available = peeked->ReadDataAvailable;
        if (left)
            *left = peeked->MessageLength > done ? peeked->MessageLength - done : 0;
        status = STATUS_SUCCESS;
    }
    if (bytes)
        RtlFreeHeap(BaseHeap(), 0, peeked);
    return BasepResult(status);
}
