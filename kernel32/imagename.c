/* imagename.c - the files of mapped memory and of processes, and the machine's sums. */
#include "k32.h"
#include <psapi.h>

/* A counted string with its text after it, into the caller's buffer: the length, or 0 with
 * ERROR_INSUFFICIENT_BUFFER. */
static DWORD ReturnName(const UNICODE_STRING *name, LPWSTR out, DWORD size)
{
    DWORD length = name->Length / sizeof(WCHAR);

    if (length >= size)
        return BasepFail(ERROR_INSUFFICIENT_BUFFER);
    memcpy(out, name->Buffer, name->Length);
    out[length] = 0;
    return length;
}

typedef struct {
    UNICODE_STRING Name;
    WCHAR Text[MAX_PATH * 2];
} NAME;

/* The device path of the file that is mapped there. Where none is: ERROR_UNEXP_NET_ERR, as
 * STATUS_INVALID_ADDRESS becomes on Windows. */
DWORD WINAPI K32GetMappedFileNameW(HANDLE process, LPVOID address, LPWSTR out, DWORD size)
{
    NAME file;

    if (!BasepResult(NtQueryVirtualMemory(process, address, MemorySectionName, &file,
                                          sizeof file, NULL)))
        return 0;
    return ReturnName(&file.Name, out, size);
}

DWORD WINAPI K32GetMappedFileNameA(HANDLE process, LPVOID address, LPSTR out, DWORD size)
{
    WCHAR wide[MAX_PATH * 2];

    if (!K32GetMappedFileNameW(process, address, wide, ARRAYSIZE(wide)))
        return 0;
    return wcslen(wide) < size ? BasepReturnAnsi(wide, out, size)
                               : (DWORD)BasepFail(ERROR_INSUFFICIENT_BUFFER);
}

DWORD WINAPI K32GetProcessImageFileNameW(HANDLE process, LPWSTR out, DWORD size)
{
    NAME image;

    if (!BasepResult(NtQueryInformationProcess(process, ProcessImageFileName, &image,
                                               sizeof image, NULL)))
        return 0;
    return ReturnName(&image.Name, out, size);
}

DWORD WINAPI K32GetProcessImageFileNameA(HANDLE process, LPSTR out, DWORD size)
{
    WCHAR wide[MAX_PATH * 2];

    if (!K32GetProcessImageFileNameW(process, wide, ARRAYSIZE(wide)))
        return 0;
    return wcslen(wide) < size ? BasepReturnAnsi(wide, out, size)
                               : (DWORD)BasepFail(ERROR_INSUFFICIENT_BUFFER);
}

/* In pages, but for the last three and PageSize. */
WINBOOL WINAPI K32GetPerformanceInfo(PPERFORMANCE_INFORMATION info, DWORD size)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    HANDLE snapshot;
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    DWORD handles;
    BOOL more;

    if (size < sizeof *info)
        return BasepFail(ERROR_BAD_LENGTH);
    if (!GlobalMemoryStatusEx(&memory))
        return FALSE;
    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (snapshot == INVALID_HANDLE_VALUE)
        return FALSE;
    *info = (PERFORMANCE_INFORMATION){
        .cb = sizeof *info,
        .CommitTotal =
            (SIZE_T)((memory.ullTotalPageFile - memory.ullAvailPageFile) >> 12),
        .CommitLimit = (SIZE_T)(memory.ullTotalPageFile >> 12),
        .PhysicalTotal = (SIZE_T)(memory.ullTotalPhys >> 12),
        .PhysicalAvailable = (SIZE_T)(memory.ullAvailPhys >> 12),
        .PageSize = 4096};
    info->CommitPeak = info->CommitTotal;
    for (more = Process32FirstW(snapshot, &entry); more;
         more = Process32NextW(snapshot, &entry)) {
        HANDLE process =
            OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, entry.th32ProcessID);
        info->ProcessCount++;
        info->ThreadCount += entry.cntThreads;
        if (process && GetProcessHandleCount(process, &handles))
            info->HandleCount += handles;
        if (process)
            NtClose(process);
    }
    NtClose(snapshot);
    return TRUE;
}
