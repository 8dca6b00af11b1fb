/* link: -lntdll */
/* virtualalloc - VirtualAlloc, sentence by sentence. */
#include "documented.h"

static void rounding(void)
{
    char *place = reserved(0x40000), *base;
    freed(place);
    base = VirtualAlloc(place + 0x1234, 0x100, MEM_RESERVE, PAGE_READWRITE);
    documented("VirtualAlloc",
               "when reserving, the address is rounded down to the nearest multiple of "
               "the allocation granularity",
               SAME, base == place);
    documented("VirtualAlloc",
               "the allocated pages include all pages containing one or more bytes in "
               "the range from lpAddress to lpAddress + dwSize",
               SAME, query(base).RegionSize == 2 * PAGE);
    freed(base);
    base = reserved(0x20000);
    char *at = VirtualAlloc(base + PAGE + 5, 1, MEM_COMMIT, PAGE_READWRITE);
    documented("VirtualAlloc",
               "when committing reserved memory, the address is rounded down to the next "
               "page boundary",
               SAME,
               at == base + PAGE && query(at).State == MEM_COMMIT &&
                   query(at).RegionSize == PAGE && query(base).State == MEM_RESERVE);
    at = VirtualAlloc(base + 4 * PAGE - 1, 2, MEM_COMMIT, PAGE_READWRITE);
    documented("VirtualAlloc",
               "a 2-byte range straddling a page boundary causes both pages to be "
               "included",
               SAME, at == base + 3 * PAGE && query(at).RegionSize == 2 * PAGE);
    freed(base);
    base = VirtualAlloc(NULL, 10001, MEM_RESERVE, PAGE_READWRITE);
    documented("VirtualAlloc",
               "if lpAddress is NULL, the system determines where to allocate the region",
               SAME, base && ((ULONG_PTR)base & 0xFFFF) == 0);
    documented("VirtualAlloc",
               "if lpAddress is NULL, the size is rounded up to the next page boundary",
               SAME, query(base).RegionSize == 0x3000);
    freed(base);
    documented("VirtualAlloc", "a size of 0 is an invalid parameter", SAME,
               FAILS(VirtualAlloc(NULL, 0, MEM_RESERVE, PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER));
}

static void committing(void)
{
    char *base = reserved(0x20000);
    documented("VirtualAlloc",
               "an attempt to read or write a reserved page is an access violation", SAME,
               READS(base) == STATUS_ACCESS_VIOLATION &&
                   WRITES(base) == STATUS_ACCESS_VIOLATION);
    documented("VirtualAlloc",
               "reserved pages can be committed in subsequent calls, some of them", SAME,
               VirtualAlloc(base + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) ==
                   base + PAGE);
    documented("VirtualAlloc",
               "MEM_COMMIT: actual physical pages are not allocated unless the virtual "
               "addresses are actually accessed",
               SAME,
               !RESIDENT(base + PAGE) && WRITES(base + PAGE) == 0 &&
                   RESIDENT(base + PAGE));
    base[PAGE] = 77;
    documented("VirtualAlloc",
               "an attempt to commit a page that is already committed does not cause the "
               "function to fail",
               SAME,
               VirtualAlloc(base, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE) == base &&
                   query(base).RegionSize == 4 * PAGE);
    documented("VirtualAlloc", "a page committed again keeps its contents", SAME,
               base[PAGE] == 77);
    documented("VirtualAlloc",
               "memory allocated by this function is automatically initialized to zero",
               SAME, base[0] == 0 && base[2 * PAGE + 17] == 0 && base[4 * PAGE - 1] == 0);
    freed(base);
    documented("VirtualAlloc",
               "MEM_COMMIT without MEM_RESERVE at an address fails with "
               "ERROR_INVALID_ADDRESS unless the entire range has already been reserved",
               SAME,
               FAILS(VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE),
                     ERROR_INVALID_ADDRESS));
    base = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE);
    documented("VirtualAlloc",
               "MEM_COMMIT with a NULL address reserves and commits in one step", SAME,
               base && query(base).AllocationBase == base && WRITES(base) == 0);
    freed(base);
    base = VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    documented("VirtualAlloc",
               "MEM_RESERVE | MEM_COMMIT reserves and commits in one step", SAME,
               base && query(base).State == MEM_COMMIT &&
                   query(base).Protect == PAGE_READONLY && READS(base) == 0);
    freed(base);
}

static void all_or_nothing(void)
{
    char *base = reserved(0x40000), *after = base + 0x20000;
    freed(base);
    CHECK(VirtualAlloc(base, 0x20000, MEM_RESERVE, PAGE_READWRITE) == base);
    CHECK(VirtualAlloc(after, 0x20000, MEM_RESERVE, PAGE_READWRITE) == after);
    documented("VirtualAlloc", "a reserved page cannot be reserved again", SAME,
               FAILS(VirtualAlloc(base + 0x10000, PAGE, MEM_RESERVE, PAGE_READWRITE),
                     ERROR_INVALID_ADDRESS));
    documented("VirtualAlloc",
               "a range in two adjacent reservations cannot be committed in one call",
               SAME,
               FAILS(VirtualAlloc(after - PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE),
                     ERROR_INVALID_ADDRESS));
    documented("VirtualAlloc",
               "the state of the entire range must be compatible with the type of "
               "allocation, otherwise the function fails and none of the pages are "
               "allocated",
               SAME,
               query(base).RegionSize == 0x20000 && query(after).RegionSize == 0x20000 &&
                   query(after).State == MEM_RESERVE);
    freed(after);
    documented("VirtualAlloc",
               "none are allocated when only the end of the range is not "
               "reserved",
               SAME,
               FAILS(VirtualAlloc(base, 0x21000, MEM_COMMIT, PAGE_READWRITE),
                     ERROR_INVALID_ADDRESS) &&
                   query(base).RegionSize == 0x20000 && query(base).State == MEM_RESERVE);
    documented("VirtualAlloc", "the lowest 64 KiB cannot be reserved", SAME,
               FAILS(VirtualAlloc((void *)0x1000, PAGE, MEM_RESERVE, PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER));
    documented("VirtualAlloc", "addresses of the system cannot be reserved", SAME,
               FAILS(VirtualAlloc((void *)0x80000000, PAGE, MEM_RESERVE, PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER));
    documented(
        "VirtualAlloc", "a range that wraps around is refused", SAME,
        FAILS(VirtualAlloc(after, (SIZE_T)0 - 0x10000, MEM_RESERVE, PAGE_READWRITE),
              ERROR_INVALID_PARAMETER));
    documented("VirtualAlloc", "more than there are addresses is ERROR_NOT_ENOUGH_MEMORY",
               SAME,
               FAILS(VirtualAlloc(NULL, 0x7FF00000, MEM_RESERVE, PAGE_READWRITE),
                     ERROR_NOT_ENOUGH_MEMORY));
    freed(base);
}

static void types(void)
{
    char *low = reserved(0x10000), *high, *base;
    high = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);
    documented("VirtualAlloc",
               "MEM_TOP_DOWN allocates memory at the highest possible address", SAME,
               high > low && (ULONG_PTR)high > 0x70000000);
    freed(low);
    freed(high);
    documented("VirtualAlloc",
               "MEM_WRITE_WATCH must be specified together with MEM_RESERVE", SAME,
               FAILS(VirtualAlloc(NULL, PAGE, MEM_WRITE_WATCH, PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER));
    documented(
        "VirtualAlloc", "an unknown allocation type is refused", SAME,
        FAILS(VirtualAlloc(NULL, PAGE, MEM_RESERVE | 0x40, PAGE_READWRITE),
              ERROR_INVALID_PARAMETER) &&
            FAILS(VirtualAlloc(NULL, PAGE, 0, PAGE_READWRITE), ERROR_INVALID_PARAMETER));
    documented(
        "VirtualAlloc",
        "MEM_LARGE_PAGES needs SeLockMemoryPrivilege; without it the error is "
        "ERROR_PRIVILEGE_NOT_HELD",
        SAME,
        FAILS(VirtualAlloc(NULL, 0x200000, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES,
                           PAGE_READWRITE),
              ERROR_PRIVILEGE_NOT_HELD));
    documented(
        "VirtualAlloc",
        "MEM_LARGE_PAGES must be specified together with MEM_RESERVE and MEM_COMMIT",
        SAME,
        FAILS(VirtualAlloc(NULL, 0x200000, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE),
              ERROR_INVALID_PARAMETER));
    base = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);
    documented("VirtualAlloc",
               "MEM_PHYSICAL reserves a range for Address Windowing Extensions", SAME,
               base && query(base).State == MEM_RESERVE);
    documented("VirtualAlloc", "MEM_PHYSICAL: the range cannot be committed", SAME,
               !VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE) &&
                   READS(base) == STATUS_ACCESS_VIOLATION);
    freed(base);
    documented("VirtualAlloc", "MEM_PHYSICAL goes with MEM_RESERVE and no other value",
               SAME,
               FAILS(VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT | MEM_PHYSICAL,
                                  PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER));
    ULONG_PTR count = 1, pages[1];
    documented(
        "AllocateUserPhysicalPages",
        "it takes SeLockMemoryPrivilege; without it the function fails", SAME,
        FAILS(AllocateUserPhysicalPages(SELF, &count, pages), ERROR_PRIVILEGE_NOT_HELD));
    documented("AllocateUserPhysicalPagesNuma",
               "it takes SeLockMemoryPrivilege; without it the function fails", SAME,
               FAILS(AllocateUserPhysicalPagesNuma(SELF, &count, pages, 0),
                     ERROR_PRIVILEGE_NOT_HELD));
    documented(
        "SetSystemFileCacheSize",
        "it takes SeIncreaseQuotaPrivilege; without it the function fails", SAME,
        FAILS(SetSystemFileCacheSize(0x100000, 0x1000000, 0), ERROR_PRIVILEGE_NOT_HELD));
    documented("GetLargePageMinimum", "the smallest large page of the processor: 2 MiB",
               SAME, GetLargePageMinimum() == 0x200000);
    ULONG node = 99;
    documented("VirtualAllocExNuma", "memory of a node is allocated as by VirtualAllocEx",
               SAME,
               GetNumaHighestNodeNumber(&node) &&
                   (base = VirtualAllocExNuma(SELF, NULL, PAGE, MEM_RESERVE | MEM_COMMIT,
                                              PAGE_READWRITE, node)) &&
                   WRITES(base) == 0 && VirtualFree(base, 0, MEM_RELEASE));
    base = committed(4 * PAGE);
    base[0] = 9;
    documented("VirtualAlloc", "MEM_RESET cannot be used with any other value", SAME,
               FAILS(VirtualAlloc(base, PAGE, MEM_RESET | MEM_COMMIT, PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER));
    documented(
        "VirtualAlloc",
        "MEM_RESET ignores flProtect, but it must be a valid protection value", SAME,
        VirtualAlloc(base, PAGE, MEM_RESET, PAGE_NOACCESS) == base &&
            query(base).Protect == PAGE_READWRITE &&
            FAILS(VirtualAlloc(base, PAGE, MEM_RESET, 0), ERROR_INVALID_PARAMETER));
    documented("VirtualAlloc",
               "MEM_RESET: the data is no longer of interest, the block is not "
               "decommitted; here the contents always stay",
               SIMPLIFIED, base[0] == 9 && query(base).State == MEM_COMMIT);
    documented("VirtualAlloc",
               "MEM_RESET_UNDO after MEM_RESET: if it succeeds, all data is intact", SAME,
               VirtualAlloc(base, PAGE, 0x1000000, PAGE_NOACCESS) == base &&
                   base[0] == 9);
    freed(base);
}

static void protections(void)
{
    static const DWORD accepted[] = {
        PAGE_NOACCESS,
        PAGE_READONLY,
        PAGE_READWRITE,
        PAGE_EXECUTE,
        PAGE_EXECUTE_READ,
        PAGE_EXECUTE_READWRITE,
        PAGE_READWRITE | PAGE_GUARD,
        PAGE_READWRITE | PAGE_NOCACHE,
    };
    int good = 1;
    for (unsigned i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        char *base = VirtualAlloc(NULL, PAGE, MEM_COMMIT, accepted[i]);
        good = good && base && query(base).Protect == accepted[i] &&
               query(base).AllocationProtect == accepted[i];
        VirtualFree(base, 0, MEM_RELEASE);
    }
    documented("VirtualAlloc",
               "committed pages may have any one of the memory protection constants",
               SAME, good);
    documented("VirtualAlloc", "two protections at once are an invalid parameter", SAME,
               FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READONLY | PAGE_READWRITE),
                     ERROR_INVALID_PARAMETER));
    documented("VirtualAlloc", "no protection is an invalid parameter", SAME,
               FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, 0), ERROR_INVALID_PARAMETER));
    static const unsigned char code[] = {0xB8, 42, 0, 0, 0, 0xC3};
    char *base = committed(PAGE);
    DWORD old;
    memcpy(base, code, sizeof code);
    documented("VirtualAlloc",
               "dynamically generated code runs after VirtualProtect grants "
               "PAGE_EXECUTE access",
               SAME,
               VirtualProtect(base, PAGE, PAGE_EXECUTE, &old) &&
                   ((int (*)(void))base)() == 42);
    freed(base);
    const MEMORYSTATUSEX before = memory_status();
    base = reserved(0x1000000);
    documented("VirtualAlloc",
               "MEM_RESERVE reserves addresses without allocating physical storage in "
               "memory or in the paging file",
               SAME,
               before.ullAvailPageFile - memory_status().ullAvailPageFile < 0x100000);
    CHECK(VirtualAlloc(base, 0x400000, MEM_COMMIT, PAGE_READWRITE));
    documented("VirtualAlloc",
               "MEM_COMMIT allocates memory charges from the overall size of memory and "
               "the paging files",
               SAME,
               before.ullAvailPageFile - memory_status().ullAvailPageFile >= 0x400000);
    documented(
        "VirtualAlloc", "committing more than the limit fails and changes nothing", SAME,
        !VirtualAlloc(NULL, 0x70000000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) ||
            before.ullAvailPageFile > 0x70000000);
    freed(base);
}

int main(void)
{
    rounding();
    committing();
    all_or_nothing();
    types();
    protections();
    return undocumented();
}
