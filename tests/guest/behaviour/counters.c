/* counters.c - a process's memory counters; the files of mapped memory. */
#define PSAPI_VERSION 2
#include <windows.h>
#include <psapi.h>
#include <string.h>
#include "documented.h"

#define MIB 0x100000u

static PROCESS_MEMORY_COUNTERS_EX counters(void)
{
    PROCESS_MEMORY_COUNTERS_EX now;
    CHECK(GetProcessMemoryInfo(SELF, (PPROCESS_MEMORY_COUNTERS)&now, sizeof now));
    return now;
}

static void counted(void)
{
    PROCESS_MEMORY_COUNTERS_EX before = counters(), during, after;
    char *base = committed(MIB);

    for (ULONG at = 0; at < MIB; at += 4096)
        base[at] = 1;
    during = counters();
    freed(base);
    after = counters();
    documented("PROCESS_MEMORY_COUNTERS", "PageFaultCount: each first touch is one", SAME,
               during.PageFaultCount - before.PageFaultCount >= 256 &&
                   during.PageFaultCount - before.PageFaultCount < 300);
    documented("PROCESS_MEMORY_COUNTERS_EX", "PrivateUsage is the commit charge", SAME,
               during.PrivateUsage - before.PrivateUsage == MIB &&
                   after.PrivateUsage == before.PrivateUsage);
    documented("PROCESS_MEMORY_COUNTERS", "WorkingSetSize falls again, its peak does not",
               SAME,
               during.WorkingSetSize - before.WorkingSetSize >= MIB &&
                   after.WorkingSetSize < during.WorkingSetSize &&
                   after.PeakWorkingSetSize >= during.WorkingSetSize &&
                   after.PeakPagefileUsage >= during.PagefileUsage);
}

static void asked(void)
{
    static ULONG list[20000];
    PSAPI_WORKING_SET_EX_INFORMATION page = {.VirtualAddress = list};
    char name[MAX_PATH];
    HMODULE psapi = LoadLibraryA("psapi.dll");

    list[0] = 1; /* the page is there */
    documented("QueryWorkingSetEx",
               "tells of a page whether it is valid, and its protection", SAME,
               QueryWorkingSetEx(SELF, &page, sizeof page) &&
                   page.VirtualAttributes.Valid &&
                   page.VirtualAttributes.Win32Protection == PAGE_READWRITE);
    documented("GetMappedFileName",
               "the name of the file mapped at an address, as a device path", SAME,
               GetMappedFileNameA(SELF, (void *)asked, name, sizeof name) &&
                   strstr(name, "\\Device\\") == name && strstr(name, "counters.exe") &&
                   FAILS(GetMappedFileNameA(SELF, name, name, sizeof name),
                         ERROR_UNEXP_NET_ERR));
    documented("GetProcessImageFileName", "the same form", SAME,
               GetProcessImageFileNameA(SELF, name, sizeof name) &&
                   strstr(name, "\\Device\\") == name && strstr(name, "counters.exe"));
    documented("Psapi", "psapi.dll has the functions under their old names", SAME,
               psapi && GetProcAddress(psapi, "GetProcessMemoryInfo") ==
                            GetProcAddress(GetModuleHandleA("kernel32"),
                                           "K32GetProcessMemoryInfo"));
    FreeLibrary(psapi);
}

static WINBOOL WINAPI page_file(LPVOID calls, PENUM_PAGE_FILE_INFORMATION info,
                                LPCSTR name)
{
    (void)info;
    (void)name;
    return ++*(int *)calls;
}

static void limits(void)
{
    SIZE_T least, most, again[2];
    DWORD flags = 0;
    int calls = 0;

    documented(
        "GetProcessWorkingSetSizeEx",
        "the sizes of GetProcessWorkingSetSize, and whether the limits are hard: they "
        "are not",
        SAME,
        GetProcessWorkingSetSizeEx(SELF, &least, &most, &flags) &&
            GetProcessWorkingSetSize(SELF, &again[0], &again[1]) && least == again[0] &&
            most == again[1] &&
            flags == (QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE));
    documented(
        "SetProcessWorkingSetSizeEx", "a limit cannot be hard and soft", SAME,
        SetProcessWorkingSetSizeEx(SELF, least, most, QUOTA_LIMITS_HARDWS_MAX_DISABLE) &&
            FAILS(SetProcessWorkingSetSizeEx(SELF, least, most, 3),
                  ERROR_INVALID_PARAMETER));
    documented("SetProcessWorkingSetSizeEx", "hard limits", SIMPLIFIED,
               FAILS(SetProcessWorkingSetSizeEx(SELF, least, most,
                                                QUOTA_LIMITS_HARDWS_MAX_ENABLE),
                     ERROR_NOT_SUPPORTED));
    /* mingw-w64's type of the callback lacks WINAPI. */
    documented("EnumPageFiles", "calls back for each paging file: there is none",
               SIMPLIFIED, EnumPageFilesA((void *)page_file, &calls) && calls == 0);
}

int main(void)
{
    counted();
    asked();
    limits();
    return undocumented();
}
