/* virtual.c - the bottom door: VirtualAlloc and its kin, each a few checks above a
 * service.
 *
 * VirtualAlloc -> VirtualAllocEx -> NtAllocateVirtualMemory: two frames on every stack,
 * as on Windows.  The kernel rounds (address down, size up) and decides; what it answers
 * as NTSTATUS becomes the last error here.  Source: the Microsoft pages of the functions.
 */
#include "k32.h"

/* Reserve or commit whole pages. NULL with the last error: ERROR_INVALID_PARAMETER (bad
 * type or protection, size 0, address below 64 KiB), ERROR_INVALID_ADDRESS (taken, or not
 * reserved), ERROR_NOT_ENOUGH_MEMORY, ERROR_COMMITMENT_LIMIT. Nothing changes on failure.
 */
__attribute__((noinline)) LPVOID WINAPI VirtualAllocEx(HANDLE process, LPVOID address,
                                                       SIZE_T bytes, DWORD type,
                                                       DWORD protect)
{
    PVOID base = address;
    SIZE_T size = bytes;
    NTSTATUS status;

    if (address && (ULONG_PTR)address < ALLOCATION_GRANULARITY) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    status = NtAllocateVirtualMemory(process, &base, 0, &size, type, protect);
    return BasepResult(status) ? base : NULL;
}

LPVOID WINAPI VirtualAlloc(LPVOID address, SIZE_T bytes, DWORD type, DWORD protect)
{
    return VirtualAllocEx(NtCurrentProcess(), address, bytes, type, protect);
}

/* MEM_RELEASE wants the exact base and size 0 (ERROR_INVALID_PARAMETER,
 * ERROR_INVALID_ADDRESS); NtFreeVirtualMemory itself is more liberal. */
BOOL WINAPI VirtualFreeEx(HANDLE process, LPVOID address, SIZE_T bytes, DWORD type)
{
    PVOID base = address;
    SIZE_T size = bytes;

    if ((type & MEM_RELEASE) && bytes)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return BasepResult(NtFreeVirtualMemory(process, &base, &size, type));
}

BOOL WINAPI VirtualFree(LPVOID address, SIZE_T bytes, DWORD type)
{
    return VirtualFreeEx(NtCurrentProcess(), address, bytes, type);
}

/* *old gets the protection of the first page; a NULL old is ERROR_NOACCESS. */
BOOL WINAPI VirtualProtectEx(HANDLE process, LPVOID address, SIZE_T bytes, DWORD protect,
                             PDWORD old)
{
    PVOID base = address;
    SIZE_T size = bytes;
    return BasepResult(NtProtectVirtualMemory(process, &base, &size, protect, old));
}

BOOL WINAPI VirtualProtect(LPVOID address, SIZE_T bytes, DWORD protect, PDWORD old)
{
    return VirtualProtectEx(NtCurrentProcess(), address, bytes, protect, old);
}

/* Bytes written to *information: its size, or 0 with the last error. */
SIZE_T WINAPI VirtualQueryEx(HANDLE process, LPCVOID address,
                             PMEMORY_BASIC_INFORMATION information, SIZE_T length)
{
    SIZE_T returned = 0;
    NTSTATUS status = NtQueryVirtualMemory(
        process, (PVOID)address, MemoryBasicInformation, information, length, &returned);
    return BasepResult(status) ? returned : 0;
}

SIZE_T WINAPI VirtualQuery(LPCVOID address, PMEMORY_BASIC_INFORMATION information,
                           SIZE_T length)
{
    return VirtualQueryEx(NtCurrentProcess(), address, information, length);
}

#define MAP_PROCESS                                                                      \
    1 /* NtLockVirtualMemory: in the working set, not in physical memory */

BOOL WINAPI VirtualLock(LPVOID address, SIZE_T bytes)
{
    PVOID base = address;
    SIZE_T size = bytes;
    return BasepResult(
        NtLockVirtualMemory(NtCurrentProcess(), &base, &size, MAP_PROCESS));
}

BOOL WINAPI VirtualUnlock(LPVOID address, SIZE_T bytes)
{
    PVOID base = address;
    SIZE_T size = bytes;
    return BasepResult(
        NtUnlockVirtualMemory(NtCurrentProcess(), &base, &size, MAP_PROCESS));
}

/* Both answer 0 on success and non-zero on failure, unlike everything around them. */
UINT WINAPI GetWriteWatch(DWORD flags, PVOID base, SIZE_T bytes, PVOID *addresses,
                          ULONG_PTR *count, LPDWORD granularity)
{
    NTSTATUS status = NtGetWriteWatch(NtCurrentProcess(), flags, base, bytes, addresses,
                                      count, granularity);
    return BasepResult(status) ? 0 : (UINT)-1;
}

UINT WINAPI ResetWriteWatch(LPVOID base, SIZE_T bytes)
{
    return BasepResult(NtResetWriteWatch(NtCurrentProcess(), base, bytes)) ? 0 : (UINT)-1;
}

/* All bytes or FALSE (ERROR_PARTIAL_COPY, ERROR_NOACCESS); *read says how many came. */
BOOL WINAPI ReadProcessMemory(HANDLE process, LPCVOID base, LPVOID buffer, SIZE_T size,
                              SIZE_T *read)
{
    SIZE_T done = 0;
    NTSTATUS status = NtReadVirtualMemory(process, base, buffer, size, &done);
    if (read)
        *read = done;
    return BasepResult(status);
}

static BOOL IsWritable(ULONG protect)
{
    return (protect & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE |
                       PAGE_EXECUTE_WRITECOPY)) != 0;
}

/* A debugger writes into code with this, so pages that may be executed are made writable
 * for the time of the copy; read-only data stays refused (ERROR_NOACCESS). */
BOOL WINAPI WriteProcessMemory(HANDLE process, LPVOID base, LPCVOID buffer, SIZE_T size,
                               SIZE_T *written)
{
    PVOID region = base;
    SIZE_T bytes = size, done = 0;
    ULONG old, ignored;
    BOOL lift;
    NTSTATUS status;

    status =
        NtProtectVirtualMemory(process, &region, &bytes, PAGE_EXECUTE_READWRITE, &old);
    lift = NT_SUCCESS(status);
    if (lift && (old & (PAGE_NOACCESS | PAGE_READONLY | PAGE_GUARD))) {
        NtProtectVirtualMemory(process, &region, &bytes, old, &ignored);
        return BasepFail(ERROR_NOACCESS);
    }
    if (lift && IsWritable(old)) {
        NtProtectVirtualMemory(process, &region, &bytes, old, &ignored);
        lift = FALSE;
    }
    status = NtWriteVirtualMemory(process, base, buffer, size, &done);
    if (lift) {
        NtProtectVirtualMemory(process, &region, &bytes, old, &ignored);
        NtFlushInstructionCache(process, base, size);
    }
    if (written)
        *written = done;
    return BasepResult(status);
}

BOOL WINAPI FlushInstructionCache(HANDLE process, LPCVOID base, SIZE_T size)
{
    return BasepResult(NtFlushInstructionCache(process, base, size));
}
