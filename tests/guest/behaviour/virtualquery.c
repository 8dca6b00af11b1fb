/* link: -lntdll */
/* virtualquery - VirtualQuery, MEMORY_BASIC_INFORMATION, VirtualLock, and the other
 * classes of NtQueryVirtualMemory. */
#include "documented.h"

static void runs(void)
{
    char *base = reserved(0x40000);
    MEMORY_BASIC_INFORMATION info;
    documented("VirtualQuery", "the address is rounded down to the next page boundary",
               SAME, query(base + PAGE + 7).BaseAddress == base + PAGE);
    documented("VirtualQuery",
               "the return value is the number of bytes returned in the buffer", SAME,
               VirtualQuery(base, &info, sizeof info) == sizeof info);
    documented("VirtualQuery", "a buffer that is too small returns 0", SAME,
               VirtualQuery(base, &info, sizeof info - 1) == 0 &&
                   GetLastError() == ERROR_BAD_LENGTH);
    documented("VirtualQuery",
               "an address above the highest accessible one fails with "
               "ERROR_INVALID_PARAMETER",
               SAME,
               FAILS(VirtualQuery((void *)0x80000000, &info, sizeof info),
                     ERROR_INVALID_PARAMETER));
    CHECK(VirtualAlloc(base + 2 * PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
    CHECK(VirtualAlloc(base + 4 * PAGE, PAGE, MEM_COMMIT, PAGE_READONLY));
    documented("VirtualQuery", "a run ends where the state of the pages changes", SAME,
               query(base).RegionSize == 2 * PAGE && query(base).State == MEM_RESERVE);
    documented("VirtualQuery", "a run ends where the access granted changes", SAME,
               query(base + 2 * PAGE).RegionSize == 2 * PAGE &&
                   query(base + 2 * PAGE).Protect == PAGE_READWRITE &&
                   query(base + 4 * PAGE).Protect == PAGE_READONLY);
    documented("MEMORY_BASIC_INFORMATION",
               "RegionSize counts from the base address, not from the region's start",
               SAME, query(base + 3 * PAGE).RegionSize == PAGE);
    documented("MEMORY_BASIC_INFORMATION",
               "AllocationBase is the base of the range that VirtualAlloc allocated",
               SAME, query(base + 0x30000).AllocationBase == base);
    documented("MEMORY_BASIC_INFORMATION",
               "AllocationProtect is the protection when the region was initially "
               "allocated",
               SAME, query(base + 4 * PAGE).AllocationProtect == PAGE_READWRITE);
    documented("MEMORY_BASIC_INFORMATION", "MEM_PRIVATE: pages are private", SAME,
               query(base).Type == MEM_PRIVATE);
    freed(base);
    CHECK(VirtualAlloc(base, 0x10000, MEM_RESERVE, PAGE_READWRITE) == base);
    CHECK(VirtualAlloc(base + 0x10000, 0x10000, MEM_RESERVE, PAGE_READWRITE));
    documented("VirtualQuery",
               "pages of two allocations never are one run, however alike", SAME,
               query(base).RegionSize == 0x10000);
    freed(base + 0x10000);
    freed(base);
    info = query(base);
    documented("MEMORY_BASIC_INFORMATION",
               "MEM_FREE: pages not accessible and available to be allocated", SAME,
               info.State == MEM_FREE && info.Protect == PAGE_NOACCESS);
    documented("VirtualQuery",
               "in free memory the size is that from the page to the end of the free "
               "region",
               SAME, query(base + 0x10000).RegionSize == info.RegionSize - 0x10000);
}

static void places(void)
{
    static volatile int datum = 1;
    extern IMAGE_DOS_HEADER __ImageBase;
    char *image = (char *)&__ImageBase, local = 0;
    documented("MEMORY_BASIC_INFORMATION",
               "MEM_IMAGE: pages mapped into the view of an image section", SAME,
               query((void *)places).Type == MEM_IMAGE &&
                   query((void *)places).AllocationBase == image);
    documented("VirtualQuery", "code of an image executes and reads", SAME,
               query((void *)places).Protect == PAGE_EXECUTE_READ);
    datum = 2;
    documented("VirtualQuery",
               "a modified copy-on-write page is still reported as MEM_IMAGE", SAME,
               query((void *)&datum).Type == MEM_IMAGE);
    documented("VirtualQuery",
               "whether copy-on-write has occurred shows in QueryWorkingSetEx's Shared "
               "bit",
               SAME, !SHARED((void *)&datum) && SHARED((void *)places));
    documented("VirtualQuery", "a stack is private memory, committed where it is used",
               SAME,
               query(&local).Type == MEM_PRIVATE && query(&local).State == MEM_COMMIT);
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x3001, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    documented("MEMORY_BASIC_INFORMATION",
               "MEM_MAPPED: pages mapped into the view of a section", SAME,
               query(view).Type == MEM_MAPPED && query(view).RegionSize == 0x4000);
    if (view == NULL)
        return;
    *view = 1;
    documented("VirtualQuery",
               "a modified copy-on-write page is still reported as MEM_MAPPED", SAME,
               query(view).Type == MEM_MAPPED && !SHARED(view));
    CHECK(UnmapViewOfFile(view) && CloseHandle(section));
    documented("VirtualQuery", "the lowest 64 KiB are told as free", SAME,
               query(NULL).State == MEM_FREE && query(NULL).BaseAddress == NULL);
}

static void locking(void)
{
    char *base = committed(8 * PAGE);
    DWORD old;
    documented("VirtualLock",
               "the pages are resident: a subsequent access incurs no page fault", SAME,
               !RESIDENT(base) && VirtualLock(base, PAGE) && RESIDENT(base));
    documented("VirtualLock",
               "a 2-byte range straddling a page boundary locks both pages", SAME,
               VirtualLock(base + 3 * PAGE - 1, 2) && RESIDENT(base + 2 * PAGE) &&
                   RESIDENT(base + 3 * PAGE) && !RESIDENT(base + 4 * PAGE));
    documented("VirtualUnlock",
               "VirtualLock keeps no count: one VirtualUnlock undoes any number of "
               "VirtualLocks",
               SAME,
               VirtualLock(base, PAGE) && VirtualUnlock(base, PAGE) &&
                   !VirtualUnlock(base, PAGE));
    documented("VirtualUnlock",
               "if any of the pages are not locked, it fails with ERROR_NOT_LOCKED", SAME,
               FAILS(VirtualUnlock(base, 4 * PAGE), ERROR_NOT_LOCKED));
    documented("VirtualUnlock",
               "pages that are not locked leave the working set; here they stay",
               SIMPLIFIED, RESIDENT(base));
    documented("VirtualUnlock", "the range need not match that of a previous VirtualLock",
               SAME, VirtualLock(base, 4 * PAGE) && VirtualUnlock(base + PAGE, 2 * PAGE));
    CHECK(VirtualProtect(base + 5 * PAGE, PAGE, PAGE_NOACCESS, &old));
    documented("VirtualLock", "memory protected with PAGE_NOACCESS cannot be locked",
               SAME, FAILS(VirtualLock(base + 5 * PAGE, PAGE), ERROR_NOACCESS));
    CHECK(VirtualFree(base + 6 * PAGE, PAGE, MEM_DECOMMIT));
    documented("VirtualLock", "all pages in the region must be committed", SAME,
               !VirtualLock(base + 6 * PAGE, PAGE));
    documented("VirtualLock", "locked pages can be freed without unlocking them", SAME,
               VirtualFree(base, 0, MEM_RELEASE));
}

static void classes(void)
{
    struct {
        PVOID base;
        ULONG protect, type;
        SIZE_T size;
    } region;
    char *base = reserved(0x40000);
    SIZE_T used = 0;
    CHECK(VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READONLY));
    documented("NtQueryVirtualMemory", "MemoryRegionInformation tells the whole region",
               SAME,
               NtQueryVirtualMemory(SELF, base + 0x20000, 3, &region, sizeof region,
                                    &used) == 0 &&
                   used == sizeof region && region.base == base &&
                   region.size == 0x40000 && region.protect == PAGE_READWRITE);
    freed(base);
    static ULONG list[4096];
    base = committed(PAGE);
    *base = 1;
    NTSTATUS status = NtQueryVirtualMemory(SELF, NULL, 1, list, sizeof list, &used);
    ULONG found = 0;
    for (ULONG i = 1; i <= list[0] && i < 4096; i++)
        found += list[i] >> 12 == (ULONG_PTR)base >> 12;
    documented("QueryWorkingSet", "the list has each page of the working set once", SAME,
               status == 0 && found == 1);
    documented("QueryWorkingSet",
               "a buffer that is too small is an error, and the number of entries comes "
               "back",
               SAME,
               NtQueryVirtualMemory(SELF, NULL, 1, list, 8, NULL) ==
                       (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH &&
                   list[0] > 1);
    documented("QueryWorkingSetEx",
               "Win32Protection is the page's memory protection constant", SAME,
               (working_set_flags(base) >> 4 & 0x7FF) == PAGE_READWRITE);
    documented("QueryWorkingSetEx", "an address that is not resident is not Valid", SAME,
               !(working_set_flags(base + 0x100000) & 1));
    CHECK(VirtualLock(base, PAGE));
    documented("QueryWorkingSetEx", "Locked: the page is locked in physical memory", SAME,
               working_set_flags(base) >> 22 & 1);
    freed(base);
}

int main(void)
{
    runs();
    places();
    locking();
    classes();
    return undocumented();
}
