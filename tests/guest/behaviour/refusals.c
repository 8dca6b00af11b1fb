/* link: -lntdll */
/* refusals.c - bad pointers that are an error and no fault; flags that are refused; the last error
 * that stays. */
#include <windows.h>
#include <winternl.h>
#include "documented.h"

#define WILD            ((void *)0xDEADBEE0)
#define HIDE_FROM_DEBUG 4 /* THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER */

typedef NTSTATUS NTAPI to_integer(const UNICODE_STRING *, ULONG, ULONG *);
NTSTATUS NTAPI NtQueueApcThread(HANDLE, PVOID, PVOID, PVOID, PVOID);
NTSTATUS NTAPI NtTestAlert(void);
NTSTATUS NTAPI NtCreateUserProcess(PHANDLE, PHANDLE, ULONG, ULONG, PVOID, PVOID, ULONG,
                                   ULONG, PVOID, PVOID, PVOID);

static void pointers(void)
{
    WCHAR digits[] = L"12";
    UNICODE_STRING number = {4, 6, digits};
    to_integer *integer = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"),
                                                 "RtlUnicodeStringToInteger");
    ULONGLONG now = 0;
    DWORD most = FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM;

    documented("QueryUnbiasedInterruptTime",
               "a bad pointer: FALSE, ERROR_INVALID_PARAMETER", SAME,
               FAILS(QueryUnbiasedInterruptTime(NULL), ERROR_INVALID_PARAMETER) &&
                   FAILS(QueryUnbiasedInterruptTime(WILD), ERROR_INVALID_PARAMETER) &&
                   QueryUnbiasedInterruptTime(&now) && now);
    documented("RtlUnicodeStringToInteger", "a bad pointer: STATUS_ACCESS_VIOLATION",
               SAME,
               integer(&number, 10, NULL) == (NTSTATUS)0xC0000005 &&
                   integer(&number, 10, WILD) == (NTSTATUS)0xC0000005);
    documented("RtlCharToInteger", "a bad pointer: STATUS_ACCESS_VIOLATION", SAME,
               RtlCharToInteger("12", 10, NULL) == (NTSTATUS)0xC0000005);
    documented(
        "FormatMessage", "FORMAT_MESSAGE_ALLOCATE_BUFFER with nowhere to tell: 0", SAME,
        FAILS(FormatMessageA(most, NULL, 2, 0, NULL, 1, NULL), ERROR_NOT_ENOUGH_MEMORY) &&
            FAILS(FormatMessageW(most, NULL, 2, 0, NULL, 1, NULL),
                  ERROR_NOT_ENOUGH_MEMORY));
    documented("NtQueueApcThread", "without a function nothing is called", SAME,
               NtQueueApcThread(GetCurrentThread(), NULL, NULL, NULL, NULL) == 0 &&
                   NtTestAlert() == 0 && SleepEx(0, TRUE) == 0);
}

static void others(void)
{
    HANDLE process, thread;
    char text[8];

    documented("NtCreateUserProcess", "the first thread cannot be hidden from a debugger",
               SAME,
               NtCreateUserProcess(&process, &thread, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED,
                                   NULL, NULL, 0, HIDE_FROM_DEBUG, NULL, NULL,
                                   NULL) == (NTSTATUS)0xC000000D);
    CHECK(SetEnvironmentVariableA("FULL", "12") && SetEnvironmentVariableA("EMPTY", ""));
    SetLastError(0xBEEF);
    documented("GetEnvironmentVariable", "on success the last error stays", SAME,
               GetEnvironmentVariableA("FULL", text, sizeof text) == 2 &&
                   GetLastError() == 0xBEEF);
    documented("GetEnvironmentVariable", "an empty variable: 0, and the last error stays",
               SAME,
               GetEnvironmentVariableW(L"EMPTY", (WCHAR *)text, 2) == 0 &&
                   GetLastError() == 0xBEEF);
    documented("GetEnvironmentVariable", "none of that name: ERROR_ENVVAR_NOT_FOUND",
               SAME,
               FAILS(GetEnvironmentVariableA("ABSENT", text, sizeof text),
                     ERROR_ENVVAR_NOT_FOUND));
}

int main(void)
{
    pointers();
    others();
    return undocumented();
}
