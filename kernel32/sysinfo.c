/* sysinfo.c - what the machine and the system are, and how much memory there is.
 *
 * Version queries answer 6.1.7601 Service Pack 1.
 */
#include "k32.h"

typedef struct { /* SystemBasicInformation */
    ULONG Reserved, TimerResolution, PageSize, NumberOfPhysicalPages;
    ULONG LowestPhysicalPage, HighestPhysicalPage, AllocationGranularity;
    ULONG_PTR MinimumUserAddress, MaximumUserAddress, ActiveProcessors;
    CHAR NumberOfProcessors;
} BASIC;

/* SystemPerformanceInformation; the pages that are asked for here lie at its start. */
typedef struct {
    LARGE_INTEGER IdleTime, ReadBytes, WriteBytes, OtherBytes;
    ULONG ReadCount, WriteCount, OtherCount;
    ULONG AvailablePages, CommittedPages, CommitLimit, PeakCommitment;
    ULONG Rest[63];
} PERFORMANCE;
C_ASSERT(sizeof(PERFORMANCE) == 0x138);

typedef struct { /* ProcessVmCounters */
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, Pools[4], PagefileUsage, PeakPagefileUsage;
} COUNTERS;

static BOOL Basic(BASIC *basic)
{
    return BasepResult(
        NtQuerySystemInformation(SystemBasicInformation, basic, sizeof *basic, NULL));
}

static void CpuId(ULONG leaf, ULONG *eax, ULONG *ebx, ULONG *ecx, ULONG *edx)
{
    __asm__ volatile("cpuid"
                     : "=a"(*eax), "=b"(*ebx), "=c"(*ecx), "=d"(*edx)
                     : "a"(leaf), "c"(0));
}

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO info)
{
    ULONG signature, b, c, d, family, model;

    CpuId(1, &signature, &b, &c, &d);
    family = signature >> 8 & 15;
    model = signature >> 4 & 15;
    if (family == 6 || family == 15)
        model |= signature >> 12 & 0xF0;
    if (family == 15)
        family += signature >> 20 & 0xFF;
    *info = (SYSTEM_INFO){.wProcessorArchitecture = PROCESSOR_ARCHITECTURE_INTEL,
                          .dwPageSize = PAGE_SIZE,
                          .lpMinimumApplicationAddress = (PVOID)MM_LOWEST_USER_ADDRESS,
                          .lpMaximumApplicationAddress = (PVOID)MM_HIGHEST_USER_ADDRESS,
                          .dwActiveProcessorMask = 1,
                          .dwNumberOfProcessors = 1,
                          .dwProcessorType = PROCESSOR_INTEL_PENTIUM,
                          .dwAllocationGranularity = ALLOCATION_GRANULARITY,
                          .wProcessorLevel = (WORD)family,
                          .wProcessorRevision = (WORD)(model << 8 | (signature & 15))};
}

VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO info)
{
    GetSystemInfo(info);
}

/* All figures in bytes. The "page file" is the commit limit, as documented. */
BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX status)
{
    BASIC basic;
    PERFORMANCE performance = {0};
    COUNTERS counters = {0};
    ULONGLONG span = MM_HIGHEST_USER_ADDRESS + 1ull - MM_LOWEST_USER_ADDRESS;

    if (status->dwLength != sizeof *status)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!Basic(&basic) ||
        !BasepResult(NtQuerySystemInformation(SystemPerformanceInformation, &performance,
                                              sizeof performance, NULL)))
        return FALSE;
    NtQueryInformationProcess(NtCurrentProcess(), ProcessVmCounters, &counters,
                              sizeof counters, NULL);
    status->ullTotalPhys = (ULONGLONG)basic.NumberOfPhysicalPages * PAGE_SIZE;
    status->ullAvailPhys = (ULONGLONG)performance.AvailablePages * PAGE_SIZE;
    status->ullTotalPageFile = (ULONGLONG)performance.CommitLimit * PAGE_SIZE;
    status->ullAvailPageFile =
        (ULONGLONG)(performance.CommitLimit - performance.CommittedPages) * PAGE_SIZE;
    status->ullTotalVirtual = span;
    status->ullAvailVirtual = span - counters.VirtualSize;
    status->ullAvailExtendedVirtual = 0;
    status->dwMemoryLoad = (DWORD)((status->ullTotalPhys - status->ullAvailPhys) * 100 /
                                   (status->ullTotalPhys | 1));
    return TRUE;
}

static SIZE_T Clamp(ULONGLONG bytes)
{
    return bytes > 0x7FFFFFFF ? 0x7FFFFFFF
                              : (SIZE_T)bytes; /* as documented above 2 GiB */
}

VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS status)
{
    MEMORYSTATUSEX all = {.dwLength = sizeof all};

    if (!GlobalMemoryStatusEx(&all))
        return;
    *status = (MEMORYSTATUS){.dwLength = sizeof *status,
                             .dwMemoryLoad = all.dwMemoryLoad,
                             .dwTotalPhys = Clamp(all.ullTotalPhys),
                             .dwAvailPhys = Clamp(all.ullAvailPhys),
                             .dwTotalPageFile = Clamp(all.ullTotalPageFile),
                             .dwAvailPageFile = Clamp(all.ullAvailPageFile),
                             .dwTotalVirtual = Clamp(all.ullTotalVirtual),
                             .dwAvailVirtual = Clamp(all.ullAvailVirtual)};
}

BOOL WINAPI IsProcessorFeaturePresent(DWORD feature)
{
    return feature < ARRAYSIZE(USER_SHARED_DATA->ProcessorFeatures) &&
           USER_SHARED_DATA->ProcessorFeatures[feature];
}

/* Major version in the low byte, minor in the next, build in the high word. */
DWORD WINAPI GetVersion(void)
{
    PPEB peb = BasePeb();
    return peb->OSMajorVersion | peb->OSMinorVersion << 8 |
           (ULONG)peb->OSBuildNumber << 16;
}

/* The sizes that say which structure it is. */
static BOOL GoodVersionSize(DWORD size, DWORD plain, DWORD extended)
{
    return size == plain || size == extended || BasepFail(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW info)
{
    if (!GoodVersionSize(info->dwOSVersionInfoSize, sizeof(OSVERSIONINFOW),
                         sizeof(OSVERSIONINFOEXW)))
        return FALSE;
    return BasepResult(RtlGetVersion(info));
}

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA info)
{
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide};
    OSVERSIONINFOEXA *extended = (OSVERSIONINFOEXA *)info;
    ULONG written;

    if (!GoodVersionSize(info->dwOSVersionInfoSize, sizeof(OSVERSIONINFOA),
                         sizeof(OSVERSIONINFOEXA)))
        return FALSE;
    RtlGetVersion((PRTL_OSVERSIONINFOW)&wide);
    info->dwMajorVersion = wide.dwMajorVersion;
    info->dwMinorVersion = wide.dwMinorVersion;
    info->dwBuildNumber = wide.dwBuildNumber;
    info->dwPlatformId = wide.dwPlatformId;
    RtlUnicodeToMultiByteN(info->szCSDVersion, sizeof info->szCSDVersion, &written,
                           wide.szCSDVersion, sizeof wide.szCSDVersion);
    if (info->dwOSVersionInfoSize == sizeof *extended) {
        extended->wServicePackMajor = wide.wServicePackMajor;
        extended->wServicePackMinor = wide.wServicePackMinor;
        extended->wSuiteMask = wide.wSuiteMask;
        extended->wProductType = wide.wProductType;
    }
    return TRUE;
}

/* ERROR_OLD_WIN_VERSION: it is not as asked. */
BOOL WINAPI VerifyVersionInfoW(LPOSVERSIONINFOEXW info, DWORD mask, DWORDLONG conditions)
{
    NTSTATUS status = RtlVerifyVersionInfo(info, mask, conditions);
    if (status == STATUS_REVISION_MISMATCH)
        return BasepFail(ERROR_OLD_WIN_VERSION);
    return BasepResult(status);
}

BOOL WINAPI VerifyVersionInfoA(LPOSVERSIONINFOEXA info, DWORD mask, DWORDLONG conditions)
{
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof wide,
                             .dwMajorVersion = info->dwMajorVersion,
                             .dwMinorVersion = info->dwMinorVersion,
                             .dwBuildNumber = info->dwBuildNumber,
                             .dwPlatformId = info->dwPlatformId,
                             .wServicePackMajor = info->wServicePackMajor,
                             .wServicePackMinor = info->wServicePackMinor,
                             .wSuiteMask = info->wSuiteMask,
                             .wProductType = info->wProductType};
    return VerifyVersionInfoW(&wide, mask, conditions);
}

static const WCHAR MachineName[] = L"FATHOM";

BOOL WINAPI GetComputerNameW(LPWSTR out, LPDWORD size)
{
    DWORD length = ARRAYSIZE(MachineName) - 1, room = *size;

    *size = room > length ? length : length + 1;
    if (room <= length)
        return BasepFail(ERROR_BUFFER_OVERFLOW);
    wcscpy(out, MachineName);
    return TRUE;
}

BOOL WINAPI GetComputerNameA(LPSTR out, LPDWORD size)
{
    DWORD length = ARRAYSIZE(MachineName) - 1, room = *size;

    *size = room > length ? length : length + 1;
    if (room <= length)
        return BasepFail(ERROR_BUFFER_OVERFLOW);
    BasepReturnAnsi(MachineName, out, room);
    return TRUE;
}

/* One process on one processor, 32 bits on 32 bits. */
BOOL WINAPI IsWow64Process(HANDLE process, PBOOL answer)
{
    (void)process;
    *answer = FALSE;
    return TRUE;
}
