/* memory.h - ntdll's memory services as a test calls them, and faults expected. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <setjmp.h>
#include <winternl.h>
#include "check.h"

#define PAGE 0x1000u
#define SELF ((HANDLE)(LONG_PTR)-1)

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, PVOID *, ULONG_PTR, PSIZE_T, ULONG, ULONG);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE, PVOID, PVOID, SIZE_T, PSIZE_T);

static inline NTSTATUS allocate(void *base, SIZE_T size, ULONG type, ULONG protect,
                                void **out)
{
    PVOID at = base;
    NTSTATUS status = NtAllocateVirtualMemory(SELF, &at, 0, &size, type, protect);
    if (out)
        *out = at;
    return status;
}

static inline NTSTATUS release(void *base, SIZE_T size, ULONG type)
{
    return NtFreeVirtualMemory(SELF, &base, &size, type);
}

static inline NTSTATUS protect(void *base, SIZE_T size, ULONG what, ULONG *old)
{
    ULONG dummy;
    return NtProtectVirtualMemory(SELF, &base, &size, what, old ? old : &dummy);
}

static inline MEMORY_BASIC_INFORMATION query(const void *address)
{
    MEMORY_BASIC_INFORMATION info = {0};
    CHECK_EQUAL(VirtualQuery(address, &info, sizeof info), sizeof info);
    return info;
}

/* ---- an access that may fault: 0, or the exception's code ---- */
static jmp_buf memory_back;
static volatile DWORD memory_code, memory_kind, memory_address;
static volatile LONG memory_armed; /* memory_back is where to go */

static LONG CALLBACK memory_handler(EXCEPTION_POINTERS *e)
{
    if (!InterlockedExchange(&memory_armed, 0))
        return EXCEPTION_CONTINUE_SEARCH;
    memory_code = e->ExceptionRecord->ExceptionCode;
    memory_kind = e->ExceptionRecord->ExceptionInformation[0];
    memory_address = e->ExceptionRecord->ExceptionInformation[1];
    longjmp(memory_back, 1);
}

static inline DWORD touch(volatile char *address, int write)
{
    void *handler = AddVectoredExceptionHandler(1, memory_handler);
    memory_code = 0;
    if (!setjmp(memory_back)) {
        memory_armed = 1;
        if (write)
            *address = 1;
        else
            (void)*address;
    }
    memory_armed = 0;
    RemoveVectoredExceptionHandler(handler);
    NOTE("the exception of an access", memory_code);
    return memory_code;
}
#define READS(p)  (NTSTATUS) touch((volatile char *)(p), 0)
#define WRITES(p) (NTSTATUS) touch((volatile char *)(p), 1)

#endif
