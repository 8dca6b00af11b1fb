/* environment.c - the environment block: NAME=VALUE strings of UTF-16, an empty one at
 * the end.
 *
 * It hangs from the process parameters and is changed by ntdll under the PEB lock.
 */
#include "k32.h"

static PWSTR Block(void)
{
    return BasePeb()->ProcessParameters->Environment;
}

/* Bytes, the last NUL included. */
static SIZE_T BlockSize(PCWSTR block)
{
    PCWSTR at = block;
    while (*at)
        at += wcslen(at) + 1;
    return (SIZE_T)(at + 1 - block) * sizeof *at;
}

/* Characters without the NUL; the size needed with it when the buffer is too short; 0
 * with ERROR_ENVVAR_NOT_FOUND. */
DWORD WINAPI GetEnvironmentVariableW(LPCWSTR name, LPWSTR out, DWORD size)
{
    UNICODE_STRING key, value = {0, 0, out};
    NTSTATUS status;

    RtlInitUnicodeString(&key, name);
    if (size > 0x7FFF)
        value.MaximumLength = 0xFFFC;
    else if (size)
        value.MaximumLength = (USHORT)((size - 1) * sizeof(WCHAR));
    status = RtlQueryEnvironmentVariable_U(NULL, &key, &value);
    if (status == STATUS_BUFFER_TOO_SMALL)
        return value.Length / sizeof(WCHAR) + 1;
    if (!BasepResult(status))
        return 0;
    if (!size) /* an empty value does not fit a buffer of nothing */
        return 1;
    out[value.Length / sizeof(WCHAR)] = 0;
    return value.Length / sizeof(WCHAR);
}

DWORD WINAPI GetEnvironmentVariableA(LPCSTR name, LPSTR out, DWORD size)
{
    LPWSTR key = BasepToWide(name), value;
    DWORD needed, length = 0;

    if (!key)
        return 0;
    needed = GetEnvironmentVariableW(key, NULL, 0);
    value = needed ? RtlAllocateHeap(BaseHeap(), 0, needed * sizeof *value) : NULL;
    if (needed && !value)
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    if (value) {
        GetEnvironmentVariableW(key, value, needed);
        length = BasepReturnAnsi(value, out, size);
        BasepFree(value);
    }
    BasepFree(key);
    return length;
}

/* A NULL value deletes. ERROR_ENVVAR_NOT_FOUND, ERROR_INVALID_PARAMETER (a '=' within). */
BOOL WINAPI SetEnvironmentVariableW(LPCWSTR name, LPCWSTR value)
{
    UNICODE_STRING key, text;

    RtlInitUnicodeString(&key, name);
    RtlInitUnicodeString(&text, value);
    return BasepResult(RtlSetEnvironmentVariable(NULL, &key, value ? &text : NULL));
}

BOOL WINAPI SetEnvironmentVariableA(LPCSTR name, LPCSTR value)
{
    LPWSTR key = BasepToWide(name), text = BasepToWide(value);
    BOOL set = key && (text || !value) && SetEnvironmentVariableW(key, text);

    BasepFree(text);
    BasepFree(key);
    return set;
}

/* A copy, so that a later SetEnvironmentVariable cannot pull it away. */
LPWSTR WINAPI GetEnvironmentStringsW(void)
{
    LPWSTR copy;
    SIZE_T bytes;

    RtlAcquirePebLock();
    bytes = BlockSize(Block());
    copy = RtlAllocateHeap(BaseHeap(), 0, bytes);
    if (copy)
        memcpy(copy, Block(), bytes);
    RtlReleasePebLock();
    if (!copy)
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return copy;
}

/* Bytes of the OEM page, as documented for the A form; exported under two names. */
LPSTR WINAPI GetEnvironmentStringsA(void)
{
    LPWSTR wide = GetEnvironmentStringsW();
    ULONG bytes, written;
    LPSTR copy;

    if (!wide)
        return NULL;
    bytes = BlockSize(wide) / sizeof(WCHAR);
    copy = RtlAllocateHeap(BaseHeap(), 0, bytes);
    if (copy)
        RtlUnicodeToMultiByteN(copy, bytes, &written, wide, bytes * sizeof(WCHAR));
    else
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    BasepFree(wide);
    return copy;
}

BOOL WINAPI FreeEnvironmentStringsW(LPWSTR strings)
{
    return RtlFreeHeap(BaseHeap(), 0, strings);
}

BOOL WINAPI FreeEnvironmentStringsA(LPSTR strings)
{
    return RtlFreeHeap(BaseHeap(), 0, strings);
}

/* Characters needed with the NUL, whether it fitted or not; 0: failure. */
DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR in, LPWSTR out, DWORD size)
{
    UNICODE_STRING from, to = {0, 0, out};
    ULONG needed = 0;
    NTSTATUS status;

    RtlInitUnicodeString(&from, in);
    to.MaximumLength = (USHORT)(size > 0x7FFE ? 0xFFFC : size * sizeof(WCHAR));
    status = RtlExpandEnvironmentStrings_U(NULL, &from, &to, &needed);
    if (status != STATUS_BUFFER_TOO_SMALL && !BasepResult(status))
        return 0;
    if (status == STATUS_BUFFER_TOO_SMALL && size)
        out[0] = 0;
    return needed / sizeof(WCHAR);
}

DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR in, LPSTR out, DWORD size)
{
    LPWSTR from = BasepToWide(in), to;
    DWORD needed = 0;

    if (!from)
        return 0;
    needed = ExpandEnvironmentStringsW(from, NULL, 0);
    to = needed ? RtlAllocateHeap(BaseHeap(), 0, needed * sizeof *to) : NULL;
    if (to) {
        ExpandEnvironmentStringsW(from, to, needed);
        BasepReturnAnsi(to, out, size);
        BasepFree(to);
    }
    BasepFree(from);
    return needed;
}
