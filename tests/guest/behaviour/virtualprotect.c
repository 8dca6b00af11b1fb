/* link: -lntdll */
/* virtualprotect - VirtualProtect, Memory Protection Constants, Creating Guard Pages. */
#include "documented.h"

static DWORD set(void *base, SIZE_T size, DWORD protect)
{
    DWORD old = 0;
    CHECK(VirtualProtect(base, size, protect, &old));
    return old;
}

static void ranges(void)
{
    char *base = committed(8 * PAGE);
    DWORD old = 0;
    documented("VirtualProtect",
               "a 2-byte range straddling a page boundary changes both pages", SAME,
               VirtualProtect(base + 2 * PAGE - 1, 2, PAGE_READONLY, &old) &&
                   query(base).RegionSize == PAGE &&
                   query(base + PAGE).RegionSize == 2 * PAGE &&
                   query(base + PAGE).Protect == PAGE_READONLY);
    documented("VirtualProtect",
               "lpflOldProtect receives the previous protection of the first page", SAME,
               VirtualProtect(base + 2 * PAGE, 2 * PAGE, PAGE_NOACCESS, &old) &&
                   old == PAGE_READONLY);
    documented("VirtualProtect", "if lpflOldProtect is NULL, the function fails", SAME,
               FAILS(VirtualProtect(base, PAGE, PAGE_READONLY, NULL), ERROR_NOACCESS) &&
                   query(base).Protect == PAGE_READWRITE);
    documented("VirtualProtect",
               "if lpflOldProtect does not point to a valid variable, the function fails",
               SAME,
               !VirtualProtect(base, PAGE, PAGE_READONLY, (void *)0x80001000) &&
                   query(base).Protect == PAGE_READWRITE);
    CHECK(VirtualFree(base + 6 * PAGE, PAGE, MEM_DECOMMIT));
    documented("VirtualProtect",
               "if any page of the region is not committed, the function fails without "
               "modifying the protection of any page",
               SAME,
               FAILS(VirtualProtect(base, 8 * PAGE, PAGE_READONLY, &old),
                     ERROR_INVALID_ADDRESS) &&
                   query(base).Protect == PAGE_READWRITE);
    freed(base);
    base = reserved(0x20000);
    freed(base);
    CHECK(VirtualAlloc(base, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    CHECK(
        VirtualAlloc(base + 0x10000, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    documented("VirtualProtect",
               "the pages cannot span adjacent reserved regions that were allocated by "
               "separate calls",
               SAME,
               FAILS(VirtualProtect(base + 0xF000, 2 * PAGE, PAGE_READONLY, &old),
                     ERROR_INVALID_ADDRESS) &&
                   query(base).RegionSize == 0x10000);
    freed(base);
    freed(base + 0x10000);
    documented(
        "VirtualProtect", "free pages have no protection to change", SAME,
        FAILS(VirtualProtect(base, PAGE, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS));
    base = committed(PAGE);
    documented("VirtualProtect", "a value that is no protection is refused", SAME,
               FAILS(VirtualProtect(base, PAGE, 0x1000, &old), ERROR_INVALID_PARAMETER));
    *base = 3;
    set(base, PAGE, PAGE_NOACCESS);
    documented("VirtualProtect", "the contents outlive every change of protection", SAME,
               set(base, PAGE, PAGE_READWRITE) == PAGE_NOACCESS && *base == 3);
    freed(base);
}

static int executes(char *base)
{
    static jmp_buf *const back = &memory_back;
    void *handler = AddVectoredExceptionHandler(1, memory_handler);
    volatile int ran = 0;
    if (!setjmp(*back)) {
        memory_armed = 1;
        ((void (*)(void))base)();
        ran = 1;
    }
    memory_armed = 0;
    RemoveVectoredExceptionHandler(handler);
    return ran;
}

static int allows(DWORD protect, int read, int write, int execute)
{
    char *base = committed(PAGE);
    *base = (char)0xC3; /* ret */
    set(base, PAGE, protect);
    int good = query(base).Protect == protect;
    good = good && (READS(base) == 0) == read;
    if (IsProcessorFeaturePresent(PF_NX_ENABLED) || execute)
        good = good && executes(base) == execute;
    good = good && (WRITES(base) == 0) == write;
    freed(base);
    return good;
}

static void constants(void)
{
    documented(
        "Memory Protection Constants",
        "PAGE_NOACCESS: an attempt to read, write or execute is an access violation",
        SAME, allows(PAGE_NOACCESS, 0, 0, 0));
    documented("Memory Protection Constants",
               "PAGE_READONLY: writing is an access violation; with DEP, so is executing",
               SAME, allows(PAGE_READONLY, 1, 0, 0));
    documented("Memory Protection Constants",
               "PAGE_READWRITE: reads and writes; with DEP, executing is an access "
               "violation",
               SAME, allows(PAGE_READWRITE, 1, 1, 0));
    documented("Memory Protection Constants",
               "PAGE_EXECUTE: executes; writing is an access violation (x86 lets it be "
               "read)",
               SAME, allows(PAGE_EXECUTE, 1, 0, 1));
    documented("Memory Protection Constants",
               "PAGE_EXECUTE_READ: executes and reads; writing is an access violation",
               SAME, allows(PAGE_EXECUTE_READ, 1, 0, 1));
    documented("Memory Protection Constants",
               "PAGE_EXECUTE_READWRITE: executes, reads and writes", SAME,
               allows(PAGE_EXECUTE_READWRITE, 1, 1, 1));
    char *base = committed(PAGE);
    DWORD old;
    documented("Memory Protection Constants",
               "PAGE_WRITECOPY and PAGE_EXECUTE_WRITECOPY are not supported by "
               "VirtualAlloc",
               SAME,
               FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_WRITECOPY),
                     ERROR_INVALID_PARAMETER) &&
                   FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_EXECUTE_WRITECOPY),
                         ERROR_INVALID_PARAMETER));
    documented(
        "Memory Protection Constants",
        "PAGE_WRITECOPY is refused for private memory by VirtualProtect too", SAME,
        FAILS(VirtualProtect(base, PAGE, PAGE_WRITECOPY, &old), ERROR_INVALID_PARAMETER));
    documented(
        "Memory Protection Constants",
        "PAGE_NOCACHE cannot be used with PAGE_GUARD, PAGE_NOACCESS or "
        "PAGE_WRITECOMBINE",
        SAME,
        !VirtualProtect(base, PAGE, PAGE_READWRITE | PAGE_NOCACHE | PAGE_GUARD, &old) &&
            !VirtualProtect(base, PAGE, PAGE_NOACCESS | PAGE_NOCACHE, &old) &&
            !VirtualProtect(base, PAGE, PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
                            &old));
    documented("Memory Protection Constants",
               "PAGE_WRITECOMBINE cannot be used with PAGE_NOACCESS or PAGE_GUARD", SAME,
               !VirtualProtect(base, PAGE, PAGE_NOACCESS | PAGE_WRITECOMBINE, &old) &&
                   !VirtualProtect(base, PAGE,
                                   PAGE_READWRITE | PAGE_WRITECOMBINE | PAGE_GUARD,
                                   &old));
    documented(
        "Memory Protection Constants", "PAGE_NOCACHE sets pages to be non-cachable", SAME,
        set(base, PAGE, PAGE_READWRITE | PAGE_NOCACHE) == PAGE_READWRITE &&
            WRITES(base) == 0 && query(base).Protect == (PAGE_READWRITE | PAGE_NOCACHE));
    documented("Memory Protection Constants",
               "PAGE_WRITECOMBINE pages are not cached here, and told as PAGE_NOCACHE",
               SIMPLIFIED,
               VirtualProtect(base, PAGE, PAGE_READWRITE | PAGE_WRITECOMBINE, &old) &&
                   WRITES(base) == 0 &&
                   query(base).Protect == (PAGE_READWRITE | PAGE_NOCACHE));
    documented("Memory Protection Constants",
               "PAGE_GUARD cannot be used with PAGE_NOACCESS", SAME,
               !VirtualProtect(base, PAGE, PAGE_NOACCESS | PAGE_GUARD, &old));
    documented("Memory Protection Constants",
               "PAGE_GUARD is a modifier: alone it is no protection", SAME,
               !VirtualProtect(base, PAGE, PAGE_GUARD, &old));
    documented("Memory Protection Constants",
               "PAGE_GUARD is not supported by "
               "CreateFileMapping",
               SAME,
               !CreateFileMappingA(INVALID_HANDLE_VALUE, NULL,
                                   PAGE_READWRITE | PAGE_GUARD, 0, PAGE, NULL));
    freed(base);
}

static void guards(void)
{
    char *base = committed(2 * PAGE), byte = 1;
    set(base, PAGE, PAGE_READONLY | PAGE_GUARD);
    documented("Creating Guard Pages",
               "accessing an address within a guard page raises "
               "STATUS_GUARD_PAGE_VIOLATION (80000001h)",
               SAME,
               READS(base + 5) == STATUS_GUARD_PAGE_VIOLATION && memory_kind == 0 &&
                   memory_address == (ULONG_PTR)base + 5);
    documented("Creating Guard Pages",
               "the system also clears the PAGE_GUARD modifier: the next access is not "
               "stopped",
               SAME, query(base).Protect == PAGE_READONLY && READS(base) == 0);
    set(base, PAGE, PAGE_READONLY | PAGE_GUARD);
    documented(
        "Memory Protection Constants",
        "when the guard status is turned off, the underlying page protection takes "
        "over",
        SAME,
        WRITES(base) == STATUS_GUARD_PAGE_VIOLATION &&
            WRITES(base) == STATUS_ACCESS_VIOLATION);
    set(base, PAGE, PAGE_READWRITE | PAGE_GUARD);
    documented("Creating Guard Pages",
               "a guard page exception during a system service makes the service fail",
               SAME, FAILS(VirtualLock(base, PAGE), STATUS_GUARD_PAGE_VIOLATION));
    documented("Creating Guard Pages",
               "the next invocation of the same system service does not fail", SAME,
               VirtualLock(base, PAGE) && VirtualUnlock(base, PAGE));
    set(base, PAGE, PAGE_READWRITE | PAGE_GUARD);
    SIZE_T done = 9;
    documented("Creating Guard Pages",
               "a service that fills a buffer fails as well, and clears the guard", SAME,
               NtReadVirtualMemory(SELF, &byte, base, 1, &done) < 0 && done == 0 &&
                   query(base).Protect == PAGE_READWRITE);
    set(base, PAGE, PAGE_READWRITE | PAGE_GUARD);
    DWORD written;
    documented(
        "Creating Guard Pages",
        "a service that reads its arguments from one fails and clears the guard", SAME,
        NtProtectVirtualMemory(SELF, (PVOID *)base, (PSIZE_T)(base + 8), PAGE_READONLY,
                               &written) == STATUS_GUARD_PAGE_VIOLATION &&
            query(base).Protect == PAGE_READWRITE);
    documented("VirtualProtect",
               "guard pages can be set on pages that were never touched", SAME,
               set(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD) == PAGE_READWRITE &&
                   WRITES(base + PAGE) == STATUS_GUARD_PAGE_VIOLATION &&
                   WRITES(base + PAGE) == 0);
    freed(base);
    base = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    documented("Creating Guard Pages", "VirtualAlloc makes guard pages too", SAME,
               READS(base) == STATUS_GUARD_PAGE_VIOLATION && READS(base) == 0 &&
                   *base == 0);
    freed(base);
}

int main(void)
{
    ranges();
    constants();
    guards();
    return undocumented();
}
