/* link: -lntdll */
/* virtualfree - VirtualFree, and what NtFreeVirtualMemory allows beyond it. */
#include "documented.h"

static void decommitting(void)
{
    char *base = committed(0x20000);
    memset(base, 5, 0x20000);
    documented("VirtualFree",
               "MEM_DECOMMIT decommits all pages that contain one or more bytes in the "
               "range: two bytes astride a page take both",
               SAME,
               VirtualFree(base + 3 * PAGE - 1, 2, MEM_DECOMMIT) &&
                   query(base + 2 * PAGE).State == MEM_RESERVE &&
                   query(base + 2 * PAGE).RegionSize == 2 * PAGE &&
                   query(base).RegionSize == 2 * PAGE &&
                   query(base + 4 * PAGE).State == MEM_COMMIT);
    documented(
        "VirtualFree",
        "the function does not fail if you attempt to decommit an uncommitted page", SAME,
        VirtualFree(base + 2 * PAGE, 2 * PAGE, MEM_DECOMMIT));
    documented("VirtualFree", "a range of pages in different states can be decommitted",
               SAME,
               VirtualFree(base + PAGE, 4 * PAGE, MEM_DECOMMIT) &&
                   query(base + PAGE).RegionSize == 4 * PAGE);
    documented("VirtualFree",
               "a decommitted page is reserved: reading or writing it is an access "
               "violation",
               SAME,
               READS(base + PAGE) == STATUS_ACCESS_VIOLATION &&
                   WRITES(base + PAGE) == STATUS_ACCESS_VIOLATION);
    documented("VirtualFree",
               "a decommitted page can be committed again, and is then zero", SAME,
               VirtualAlloc(base + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) &&
                   base[PAGE] == 0 && base[0] == 5);
    documented("VirtualFree", "size 0 at another address than the region's base fails",
               SAME, !VirtualFree(base + PAGE, 0, MEM_DECOMMIT));
    documented(
        "VirtualFree",
        "a range beyond the region cannot be decommitted, and nothing changes", SAME,
        !VirtualFree(base, 0x21000, MEM_DECOMMIT) && query(base).State == MEM_COMMIT);
    documented("VirtualFree",
               "MEM_DECOMMIT with the region's base and size 0 decommits the entire "
               "region, which is then reserved",
               SAME,
               VirtualFree(base, 0, MEM_DECOMMIT) && query(base).State == MEM_RESERVE &&
                   query(base).RegionSize == 0x20000);
    const MEMORYSTATUSEX before = memory_status();
    CHECK(VirtualAlloc(base, 0x20000, MEM_COMMIT, PAGE_READWRITE));
    memset(base, 1, 0x20000);
    CHECK(VirtualFree(base, 0, MEM_DECOMMIT));
    const MEMORYSTATUSEX after = memory_status();
    documented("VirtualFree", "decommitted pages give back their physical storage", SAME,
               before.ullAvailPageFile == after.ullAvailPageFile &&
                   before.ullAvailPhys <= after.ullAvailPhys + 0x4000);
    freed(base);
}

static void releasing(void)
{
    char *base = committed(0x20000);
    documented("VirtualFree", "MEM_RELEASE: if dwSize is not 0 the function fails", SAME,
               FAILS(VirtualFree(base, 0x20000, MEM_RELEASE), ERROR_INVALID_PARAMETER));
    documented("VirtualFree",
               "MEM_RELEASE: if lpAddress is not the base address of the reservation the "
               "function fails",
               SAME,
               FAILS(VirtualFree(base + 0x10000, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS));
    documented(
        "VirtualFree", "MEM_DECOMMIT and MEM_RELEASE together are refused", SAME,
        FAILS(VirtualFree(base, 0, MEM_RELEASE | MEM_DECOMMIT), ERROR_INVALID_PARAMETER));
    documented("VirtualFree", "a free type of 0 is refused", SAME,
               FAILS(VirtualFree(base, 0, 0), ERROR_INVALID_PARAMETER));
    CHECK(VirtualFree(base + PAGE, PAGE, MEM_DECOMMIT));
    documented("VirtualFree",
               "pages in different states, some reserved and some committed, are "
               "released by one call",
               SAME, VirtualFree(base, 0, MEM_RELEASE) && query(base).State == MEM_FREE);
    documented("VirtualFree", "reading or writing a free page is an access violation",
               SAME,
               READS(base) == STATUS_ACCESS_VIOLATION &&
                   WRITES(base) == STATUS_ACCESS_VIOLATION);
    documented("VirtualFree", "what is free already cannot be released", SAME,
               FAILS(VirtualFree(base, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS));
    documented("VirtualFree",
               "after the operation the pages are free and can be reserved again", SAME,
               VirtualAlloc(base, 0x20000, MEM_RESERVE, PAGE_READWRITE) == base);
    freed(base);
    base = committed(PAGE);
    DWORD old;
    CHECK(VirtualProtect(base, PAGE, PAGE_NOACCESS, &old));
    documented("VirtualFree",
               "the protection of a page does not keep it from being freed", SAME,
               VirtualFree(base, 0, MEM_RELEASE));
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    documented("VirtualFree", "a view of a file mapping is not VirtualFree's to release",
               SAME, !VirtualFree(view, 0, MEM_RELEASE) && WRITES(view) == 0);
    CHECK(UnmapViewOfFile(view) && CloseHandle(section));
}

/* The service below takes parts. */
static void parts(void)
{
    char *base = committed(0x40000);
    memset(base, 5, 0x40000);
    documented("ZwFreeVirtualMemory",
               "MEM_RELEASE of a part in the middle leaves two regions", SAME,
               release(base + 0x10000, 0x10000, MEM_RELEASE) == 0 &&
                   query(base + 0x10000).State == MEM_FREE &&
                   query(base).AllocationBase == base &&
                   query(base + 0x20000).AllocationBase == base + 0x20000 &&
                   base[0] == 5 && base[0x20000] == 5);
    documented("ZwFreeVirtualMemory", "each part is a region of its own, to be released",
               SAME, VirtualFree(base, 0, MEM_RELEASE) && base[0x20000] == 5);
    base += 0x20000;
    documented("ZwFreeVirtualMemory", "MEM_RELEASE of the first pages moves the base up",
               SAME,
               release(base, PAGE, MEM_RELEASE) == 0 &&
                   query(base + PAGE).AllocationBase == base + PAGE);
    documented("ZwFreeVirtualMemory", "MEM_RELEASE of the last pages moves the end down",
               SAME,
               release(base + 0x1F000, PAGE, MEM_RELEASE) == 0 &&
                   query(base + PAGE).RegionSize == 0x1E000);
    documented("ZwFreeVirtualMemory",
               "a range beyond the region is STATUS_UNABLE_TO_FREE_VM", SAME,
               release(base + PAGE, 0x40000, MEM_RELEASE) == STATUS_UNABLE_TO_FREE_VM);
    documented("ZwFreeVirtualMemory",
               "size 0 at another address than the base is STATUS_FREE_VM_NOT_AT_BASE",
               SAME,
               release(base + 2 * PAGE, 0, MEM_RELEASE) == STATUS_FREE_VM_NOT_AT_BASE);
    freed(base + PAGE);
    documented("ZwFreeVirtualMemory",
               "an address that nothing is allocated at is STATUS_MEMORY_NOT_ALLOCATED",
               SAME, release(base + PAGE, 0, MEM_RELEASE) == STATUS_MEMORY_NOT_ALLOCATED);
    PVOID in = base;
    SIZE_T size = 1;
    base = committed(0x10000);
    in = base + PAGE + 3;
    documented("ZwFreeVirtualMemory",
               "on return base and size are rounded to the pages that were freed", SAME,
               NtFreeVirtualMemory(SELF, &in, &size, MEM_DECOMMIT) == 0 &&
                   in == base + PAGE && size == PAGE);
    freed(base);
}

static void zero_bits(void)
{
    PVOID base = NULL;
    SIZE_T size = PAGE;
    documented("ZwAllocateVirtualMemory",
               "ZeroBits: that many high-order bits of the base address are zero", SAME,
               NtAllocateVirtualMemory(SELF, &base, 8, &size, MEM_RESERVE | MEM_TOP_DOWN,
                                       PAGE_READWRITE) == 0 &&
                   (ULONG_PTR)base < 0x01000000);
    freed(base);
    base = NULL;
    documented("ZwAllocateVirtualMemory", "ZeroBits must be less than 22", SAME,
               NtAllocateVirtualMemory(SELF, &base, 22, &size, MEM_RESERVE,
                                       PAGE_READWRITE) == STATUS_INVALID_PARAMETER_3);
}

int main(void)
{
    decommitting();
    releasing();
    parts();
    zero_bits();
    return undocumented();
}
