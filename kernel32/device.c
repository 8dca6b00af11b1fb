/* device.c - DeviceIoControl, and what cancels an operation: there is never one under way. */
#include "k32.h"

/* The error of what the device does not know: ERROR_INVALID_FUNCTION. */
WINBOOL WINAPI DeviceIoControl(HANDLE device, DWORD code, LPVOID in, DWORD inSize,
                               LPVOID out, DWORD outSize, LPDWORD returned,
                               LPOVERLAPPED overlapped)
{
    IO_STATUS_BLOCK iosb = {0};
    const NTSTATUS status = NtDeviceIoControlFile(
        BasepResolve(device), overlapped ? overlapped->hEvent : NULL, NULL, NULL, &iosb,
        code, in, inSize, out, outSize);

    if (returned)
        *returned = NT_SUCCESS(status) ? (DWORD)iosb.Information : 0;
    return BasepResult(status);
}

/* Every operation is complete when its function returns, so the thread has none to cancel. */
WINBOOL WINAPI CancelIo(HANDLE file)
{
    DWORD flags;
    return GetHandleInformation(file, &flags);
}

/* ERROR_NOT_FOUND: no operation was found. */
WINBOOL WINAPI CancelIoEx(HANDLE file, LPOVERLAPPED overlapped)
{
    (void)overlapped;
    return CancelIo(file) && BasepFail(ERROR_NOT_FOUND);
}
