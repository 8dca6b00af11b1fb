/* psapi.c - the process status functions, which Windows 7 moved into kernel32 under K32 names.
 *
 * Lists come from toolhelp's snapshots; PSAPI_VERSION 2 (the stock headers' default) leads here.
 */
#include "k32.h"
#include <psapi.h>

typedef struct { /* ProcessVmCounters with the private usage, x86 */
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, Pools[4], PagefileUsage, PeakPagefileUsage;
} COUNTERS;

/* All in bytes but the count of faults. ERROR_INSUFFICIENT_BUFFER. */
WINBOOL WINAPI K32GetProcessMemoryInfo(HANDLE process, PPROCESS_MEMORY_COUNTERS out,
                                       DWORD size)
{
    COUNTERS from;

    if (size < sizeof *out)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    if (!BasepResult(NtQueryInformationProcess(process, ProcessVmCounters, &from,
                                               sizeof from, NULL)))
        return FALSE;
    *out = (PROCESS_MEMORY_COUNTERS){.cb = sizeof *out,
                                     .PageFaultCount = from.PageFaultCount,
                                     .PeakWorkingSetSize = from.PeakWorkingSetSize,
                                     .WorkingSetSize = from.WorkingSetSize,
                                     .QuotaPeakPagedPoolUsage = from.Pools[0],
                                     .QuotaPagedPoolUsage = from.Pools[1],
                                     .QuotaPeakNonPagedPoolUsage = from.Pools[2],
                                     .QuotaNonPagedPoolUsage = from.Pools[3],
                                     .PagefileUsage = from.PagefileUsage,
                                     .PeakPagefileUsage = from.PeakPagefileUsage};
    if (size >= sizeof(PROCESS_MEMORY_COUNTERS_EX)) {
        ((PPROCESS_MEMORY_COUNTERS_EX)out)->PrivateUsage = from.PagefileUsage;
        out->cb = sizeof(PROCESS_MEMORY_COUNTERS_EX);
    }
    return TRUE;
}

/* The list of pages; a buffer that is too small is ERROR_BAD_LENGTH, and the count of
 * entries is in it. */
WINBOOL WINAPI K32QueryWorkingSet(HANDLE process, PVOID out, DWORD size)
{
    return BasepResult(
        NtQueryVirtualMemory(process, NULL, MemoryWorkingSetList, out, size, NULL));
}

/* What is at each address of the caller's list. */
WINBOOL WINAPI K32QueryWorkingSetEx(HANDLE process, PVOID list, DWORD size)
{
    return BasepResult(
        NtQueryVirtualMemory(process, NULL, MemoryWorkingSetExList, list, size, NULL));
}

/* Nothing is ever paged out: there is no page that could leave. */
WINBOOL WINAPI K32EmptyWorkingSet(HANDLE process)
{
    return SetProcessWorkingSetSize(process, (SIZE_T)-1, (SIZE_T)-1);
}

/* As many ids as fit; *needed: bytes written. */
WINBOOL WINAPI K32EnumProcesses(DWORD *ids, DWORD bytes, DWORD *needed)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    DWORD count = 0;
    BOOL more;

    if (snapshot == INVALID_HANDLE_VALUE)
        return FALSE;
    for (more = Process32FirstW(snapshot, &entry); more && count < bytes / sizeof *ids;
         more = Process32NextW(snapshot, &entry))
        ids[count++] = entry.th32ProcessID;
    NtClose(snapshot);
    *needed = count * sizeof *ids;
    return TRUE;
}

/* *needed: bytes for all, whether they fitted or not. */
WINBOOL WINAPI K32EnumProcessModules(HANDLE process, HMODULE *modules, DWORD bytes,
                                     LPDWORD needed)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, GetProcessId(process));
    MODULEENTRY32W entry = {.dwSize = sizeof entry};
    DWORD count = 0;
    BOOL more;

    if (snapshot == INVALID_HANDLE_VALUE)
        return FALSE;
    for (more = Module32FirstW(snapshot, &entry); more;
         more = Module32NextW(snapshot, &entry), count++) {
        if (count < bytes / sizeof *modules)
            modules[count] = entry.hModule;
    }
    NtClose(snapshot);
    *needed = count * sizeof *modules;
    return TRUE;
}

/* filter tells 32-bit modules from 64-bit ones: all are of 32 bits, and it is ignored. */
WINBOOL WINAPI K32EnumProcessModulesEx(HANDLE process, HMODULE *modules, DWORD bytes,
                                       LPDWORD needed, DWORD filter)
{
    (void)filter;
    return K32EnumProcessModules(process, modules, bytes, needed);
}

/* There is no paging file to call back for. */
WINBOOL WINAPI K32EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA callback, LPVOID context)
{
    (void)callback;
    (void)context;
    return TRUE;
}

WINBOOL WINAPI K32EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW callback, LPVOID context)
{
    (void)callback;
    (void)context;
    return TRUE;
}

/* The module's entry; NULL: the program. ERROR_INVALID_HANDLE. */
static BOOL FindModule(HANDLE process, HMODULE module, LPMODULEENTRY32W entry)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, GetProcessId(process));
    BOOL more;

    if (snapshot == INVALID_HANDLE_VALUE)
        return FALSE;
    entry->dwSize = sizeof *entry;
    more = Module32FirstW(snapshot, entry);
    while (more && module && entry->hModule != module)
        more = Module32NextW(snapshot, entry);
    NtClose(snapshot);
    return more || BasepFail(ERROR_INVALID_HANDLE);
}

WINBOOL WINAPI K32GetModuleInformation(HANDLE process, HMODULE module, LPMODULEINFO info,
                                       DWORD size)
{
    MODULEENTRY32W entry;
    PIMAGE_NT_HEADERS nt;

    if (size < sizeof *info)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    if (!FindModule(process, module, &entry))
        return FALSE;
    *info =
        (MODULEINFO){.lpBaseOfDll = entry.modBaseAddr, .SizeOfImage = entry.modBaseSize};
    nt = process == NtCurrentProcess() ? RtlImageNtHeader(entry.modBaseAddr) : NULL;
    if (nt && nt->OptionalHeader.AddressOfEntryPoint)
        info->EntryPoint = entry.modBaseAddr + nt->OptionalHeader.AddressOfEntryPoint;
    return TRUE;
}

/* The documented result of both: characters copied; a short buffer is cut off, ended by NUL. */
static DWORD CopyCut(LPCWSTR from, LPWSTR out, DWORD size)
{
    DWORD length = wcslen(from);

    if (!size) {
        RtlSetLastWin32Error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    if (length >= size)
        length = size - 1;
    memcpy(out, from, length * sizeof *out);
    out[length] = 0;
    return length;
}

DWORD WINAPI K32GetModuleBaseNameW(HANDLE process, HMODULE module, LPWSTR out, DWORD size)
{
    MODULEENTRY32W entry;
    return FindModule(process, module, &entry) ? CopyCut(entry.szModule, out, size) : 0;
}

DWORD WINAPI K32GetModuleFileNameExW(HANDLE process, HMODULE module, LPWSTR out,
                                     DWORD size)
{
    MODULEENTRY32W entry;
    return FindModule(process, module, &entry) ? CopyCut(entry.szExePath, out, size) : 0;
}

DWORD WINAPI K32GetModuleBaseNameA(HANDLE process, HMODULE module, LPSTR out, DWORD size)
{
    WCHAR wide[MAX_PATH];
    if (!size ||
        !K32GetModuleBaseNameW(process, module, wide, size < MAX_PATH ? size : MAX_PATH))
        return 0;
    return BasepReturnAnsi(wide, out, size);
}

DWORD WINAPI K32GetModuleFileNameExA(HANDLE process, HMODULE module, LPSTR out,
                                     DWORD size)
{
    WCHAR wide[MAX_PATH];
    if (!size || !K32GetModuleFileNameExW(process, module, wide,
                                          size < MAX_PATH ? size : MAX_PATH))
        return 0;
    return BasepReturnAnsi(wide, out, size);
}
