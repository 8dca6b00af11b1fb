/* link: -lntdll */
/* buffers.c - what a call touches of the buffers it is given, and two lengths of counters. */
#include <windows.h>
#include <winternl.h>
#include <malloc.h>
#include <errno.h>
#include "documented.h"

#define WATCHED 8 /* pages */

static PVOID list[WATCHED];

static ULONG_PTR written(char *base)
{
    ULONG_PTR count = WATCHED;
    DWORD granularity;
    CHECK(!GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, WATCHED * PAGE, list, &count,
                         &granularity));
    return count;
}

static void watched(void)
{
    char *base = VirtualAlloc(NULL, WATCHED * PAGE,
                              MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    HANDLE file = CreateFileA("buffers.bin", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    ULONG_PTR count = WATCHED;
    DWORD granularity, done;

    base[0] = 1;
    SetLastError(0);
    documented("GetWriteWatch", "a null array: ERROR_NOACCESS", SAME,
               GetWriteWatch(0, base, WATCHED * PAGE, NULL, &count, &granularity) &&
                   GetLastError() == ERROR_NOACCESS);
    documented("GetWriteWatch",
               "an array that cannot be written: ERROR_NOACCESS, no reset", SAME,
               GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, WATCHED * PAGE,
                             (PVOID *)watched, &count, &granularity) &&
                   GetLastError() == ERROR_NOACCESS && written(base) == 1);
    CHECK(WriteFile(file, "twelve bytes", 12, &done, NULL) && done == 12);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    documented("GetWriteWatch", "ReadFile writes to every page its buffer covers", SAME,
               ReadFile(file, base + PAGE, 2 * PAGE + 1, &done, NULL) && done == 12 &&
                   written(base) == 3 && list[0] == base + PAGE &&
                   list[2] == base + 3 * PAGE);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    SetLastError(0);
    documented("ReadFile", "a buffer that cannot be written to its end: ERROR_NOACCESS",
               SAME,
               !ReadFile(file, base + (WATCHED - 1) * PAGE, 2 * PAGE, &done, NULL) &&
                   GetLastError() == ERROR_NOACCESS);
    CHECK(CloseHandle(file) && VirtualFree(base, 0, MEM_RELEASE));
}

static void copied(void)
{
    char *from = reserved(2 * PAGE), *to = committed(2 * PAGE);
    SIZE_T done = 7;

    CHECK(VirtualAlloc(from, PAGE, MEM_COMMIT, PAGE_READWRITE));
    from[PAGE - 1] = 9;
    documented("WriteProcessMemory", "a source that cannot be read: 0 bytes are written",
               SAME,
               !WriteProcessMemory(GetCurrentProcess(), to, from + PAGE - 1, 2, &done) &&
                   done == 0 && to[0] == 0);
}

static void counters(void)
{
    ULONG buffer[16] = {0}, length = 0;
    MEMORYSTATUSEX all = {.dwLength = sizeof all};
    MEMORYSTATUS old;

    documented("NtQueryInformationProcess", "ProcessVmCounters: VM_COUNTERS, 44 bytes",
               SAME,
               !NtQueryInformationProcess(GetCurrentProcess(), 3, buffer, 44, &length) &&
                   length == 44 && buffer[1] > 0 && buffer[11] == 0);
    documented("NtQueryInformationProcess", "ProcessVmCounters: VM_COUNTERS_EX, 48 bytes",
               SAME,
               !NtQueryInformationProcess(GetCurrentProcess(), 3, buffer, 48, &length) &&
                   length == 48 && buffer[11] > 0);
    documented("NtQueryInformationProcess", "another length: STATUS_INFO_LENGTH_MISMATCH",
               SAME,
               NtQueryInformationProcess(GetCurrentProcess(), 3, buffer, 46, &length) ==
                   (NTSTATUS)0xC0000004);
    CHECK(GlobalMemoryStatusEx(&all));
    GlobalMemoryStatus(&old);
    documented("GlobalMemoryStatus", "dwMemoryLoad: percent of physical memory in use",
               SAME,
               all.dwMemoryLoad ==
                       (all.ullTotalPhys - all.ullAvailPhys) * 100 / all.ullTotalPhys &&
                   old.dwMemoryLoad == all.dwMemoryLoad);
}

static void of_the_runtime(void)
{
    HMODULE crt = GetModuleHandleA("msvcrt.dll");
    int(__cdecl * set)(size_t) = (void *)GetProcAddress(crt, "_set_sbh_threshold");
    size_t(__cdecl * get)(void) = (void *)GetProcAddress(crt, "_get_sbh_threshold");
    char *block = _aligned_malloc(256, 0), *other = _aligned_offset_malloc(256, 0, 16);

    documented("_aligned_malloc", "alignment 0 counts as a pointer's", SAME,
               block && other && !((ULONG_PTR)block & 3));
    other = _aligned_offset_realloc(other, 512, 0, 16);
    documented("_aligned_offset_realloc", "alignment 0 counts as a pointer's", SAME,
               other != NULL);
    _aligned_free(block);
    _aligned_free(other);
    documented("_set_sbh_threshold", "a threshold is told, rounded up to 16 bytes", SAME,
               set(1000) == 1 && get() == 1008 && set(1) == 1 && get() == 16);
    documented("_set_sbh_threshold", "up to 1016 bytes; more: 0", SAME,
               set(1016) == 1 && get() == 1016 && set(1017) == 0 && get() == 1016);
    CHECK(set(0) == 1 && get() == 0);
}

int main(void)
{
    watched();
    copied();
    counters();
    of_the_runtime();
    return undocumented();
}
