/* link: -lntdll */
/* figures - GlobalMemoryStatusEx, GlobalMemoryStatus, GetSystemInfo. */
#include "documented.h"

static void status_ex(void)
{
    MEMORYSTATUSEX bad = {.dwLength = sizeof bad - 1};
    MEMORYSTATUSEX one = memory_status();
    documented("GlobalMemoryStatusEx", "dwLength must be set before the call", SAME,
               FAILS(GlobalMemoryStatusEx(&bad), ERROR_INVALID_PARAMETER));
    documented(
        "GlobalMemoryStatusEx",
        "dwMemoryLoad: a number between 0 and 100, the physical memory in use", SAME,
        one.dwMemoryLoad <= 100 &&
            one.dwMemoryLoad + 1 >=
                (one.ullTotalPhys - one.ullAvailPhys) * 100 / one.ullTotalPhys &&
            one.dwMemoryLoad <=
                (one.ullTotalPhys - one.ullAvailPhys) * 100 / one.ullTotalPhys + 1);
    documented("GlobalMemoryStatusEx",
               "ullTotalVirtual: the user-mode portion of the address space, 2 GiB", SAME,
               one.ullTotalVirtual == 0x7FFE0000);
    documented("GlobalMemoryStatusEx", "ullAvailExtendedVirtual is always 0", SAME,
               one.ullAvailExtendedVirtual == 0);
    documented("GlobalMemoryStatusEx", "no figure of what is available passes its total",
               SAME,
               one.ullAvailPhys <= one.ullTotalPhys &&
                   one.ullAvailPageFile <= one.ullTotalPageFile &&
                   one.ullAvailVirtual <= one.ullTotalVirtual);
    char *base = reserved(0x800000);
    MEMORYSTATUSEX two = memory_status();
    documented("GlobalMemoryStatusEx",
               "ullAvailVirtual: unreserved and uncommitted memory; a reservation takes "
               "its size of it",
               SAME, one.ullAvailVirtual - two.ullAvailVirtual == 0x800000);
    CHECK(VirtualAlloc(base, 0x800000, MEM_COMMIT, PAGE_READWRITE));
    one = memory_status();
    documented(
        "GlobalMemoryStatusEx",
        "ullAvailPageFile: what can still be committed; a commit takes its size of "
        "it",
        SAME, two.ullAvailPageFile - one.ullAvailPageFile == 0x800000);
    for (unsigned i = 0; i < 0x800000; i += PAGE)
        base[i] = 1;
    two = memory_status();
    documented("GlobalMemoryStatusEx",
               "ullAvailPhys: physical memory available; touching pages takes them", SAME,
               one.ullAvailPhys - two.ullAvailPhys >= 0x800000 &&
                   one.ullAvailPhys - two.ullAvailPhys < 0x880000);
    freed(base);
    documented("GlobalMemoryStatusEx", "all of it comes back with the region", SAME,
               memory_status().ullAvailPhys >= two.ullAvailPhys + 0x800000);
    documented("GlobalMemoryStatusEx",
               "ullTotalPageFile: the commit limit; without a paging file it is what "
               "memory there is to give",
               SAME, two.ullTotalPageFile <= two.ullTotalPhys);
}

static void status(void)
{
    MEMORYSTATUSEX all = memory_status();
    MEMORYSTATUS old;
    GlobalMemoryStatus(&old);
    documented("GlobalMemoryStatus", "dwLength is set by the function", SAME,
               old.dwLength == sizeof old);
    documented("GlobalMemoryStatus",
               "more than 2 GB and less than 4 GB of memory are told as 2 GB", SAME,
               all.ullTotalPhys >= 0x7FFFFFFF ? old.dwTotalPhys == 0x7FFFFFFF
                                              : old.dwTotalPhys == all.ullTotalPhys);
}

static void system_info(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    documented("GetSystemInfo",
               "dwPageSize: the granularity of protection and commitment", SAME,
               info.dwPageSize == 4096);
    documented("GetSystemInfo",
               "dwAllocationGranularity: where virtual memory can be allocated", SAME,
               info.dwAllocationGranularity == 65536);
    documented("GetSystemInfo", "lpMinimumApplicationAddress: the lowest address", SAME,
               info.lpMinimumApplicationAddress == (void *)0x10000);
    documented("GetSystemInfo", "lpMaximumApplicationAddress: the highest address", SAME,
               info.lpMaximumApplicationAddress == (void *)0x7FFEFFFF);
    documented("GetSystemInfo", "wProcessorArchitecture: x86", SAME,
               info.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_INTEL);
    documented("GetSystemInfo", "dwProcessorType: PROCESSOR_INTEL_PENTIUM", SAME,
               info.dwProcessorType == PROCESSOR_INTEL_PENTIUM);
    documented("GetSystemInfo", "one processor, however many the machine has", SIMPLIFIED,
               info.dwNumberOfProcessors == 1 && info.dwActiveProcessorMask == 1);
}

int main(void)
{
    status_ex();
    status();
    system_info();
    return undocumented();
}
