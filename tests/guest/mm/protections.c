/* link: -lntdll */
/* protections - what each PAGE_* allows, what may change to what, guard pages. */
#include "memory.h"

static char *block(SIZE_T size)
{
    void *base;
    CHECK_EQUAL(allocate(NULL, size, MEM_COMMIT, PAGE_READWRITE, &base), 0);
    return base;
}

static void each_protection(void)
{
    static const struct {
        DWORD protect;
        int read, write;
    } table[] = {
        {PAGE_NOACCESS, 0, 0}, {PAGE_READONLY, 1, 0},     {PAGE_READWRITE, 1, 1},
        {PAGE_EXECUTE, 1, 0},  {PAGE_EXECUTE_READ, 1, 0}, {PAGE_EXECUTE_READWRITE, 1, 1},
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        for (int there = 0; there < 2; there++) { /* before and after the page is there */
            char *base = block(PAGE);
            ULONG old;
            if (there)
                *base = 3;
            CHECK_EQUAL(protect(base, PAGE, table[i].protect, &old), 0);
            CHECK_EQUAL(old, PAGE_READWRITE);
            CHECK_EQUAL(query(base).Protect, table[i].protect);
            CHECK_EQUAL(query(base).AllocationProtect, PAGE_READWRITE);
            if (table[i].protect != PAGE_EXECUTE)
                CHECK_EQUAL(READS(base), table[i].read ? 0 : STATUS_ACCESS_VIOLATION);
            CHECK_EQUAL(WRITES(base), table[i].write ? 0 : STATUS_ACCESS_VIOLATION);
            CHECK_EQUAL(protect(base, PAGE, PAGE_READWRITE, &old), 0);
            CHECK_EQUAL(old, table[i].protect);
            CHECK_EQUAL(*base, table[i].write ? 1 : there ? 3 : 0);
            release(base, 0, MEM_RELEASE);
        }
    }
}

static void code_runs(void)
{
    static const unsigned char code[] = {0xB8, 42, 0, 0, 0, 0xC3}; /* mov eax,42; ret */
    char *base = block(PAGE);
    memcpy(base, code, sizeof code);
    CHECK_EQUAL(protect(base, PAGE, PAGE_EXECUTE_READ, NULL), 0);
    CHECK(FlushInstructionCache(SELF, base, PAGE));
    CHECK_EQUAL(((int (*)(void))base)(), 42);
    release(base, 0, MEM_RELEASE);
}

static void across_pages(void)
{
    char *base = block(4 * PAGE);
    ULONG old;
    CHECK_EQUAL(protect(base + PAGE, PAGE, PAGE_READONLY, NULL), 0);
    CHECK_EQUAL(protect(base + 2 * PAGE - 1, 2, PAGE_NOACCESS, &old), 0);
    CHECK_EQUAL(old, PAGE_READONLY); /* of the first page */
    CHECK_EQUAL(query(base).RegionSize, PAGE);
    CHECK_EQUAL(query(base + PAGE).Protect, PAGE_NOACCESS);
    CHECK_EQUAL(query(base + PAGE).RegionSize, 2 * PAGE);
    CHECK_EQUAL(query(base + 3 * PAGE).Protect, PAGE_READWRITE);
    /* A page of the range is only reserved: nothing changes. */
    CHECK_EQUAL(release(base + 3 * PAGE, PAGE, MEM_DECOMMIT), 0);
    CHECK_EQUAL(protect(base, 4 * PAGE, PAGE_READONLY, NULL), STATUS_NOT_COMMITTED);
    CHECK_EQUAL(query(base).Protect, PAGE_READWRITE);
    CHECK_EQUAL(protect(base, 0, PAGE_READONLY, NULL), STATUS_INVALID_PARAMETER_3);
    CHECK_EQUAL(protect(base, PAGE, PAGE_WRITECOPY, NULL),
                STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(protect(base, PAGE, 0x1000, NULL), STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(protect(base, 0x10000 + PAGE, PAGE_READONLY, NULL),
                STATUS_CONFLICTING_ADDRESSES);
    release(base, 0, MEM_RELEASE);
    CHECK_EQUAL(protect(base, PAGE, PAGE_READONLY, NULL), STATUS_CONFLICTING_ADDRESSES);
}

static void guard_pages(void)
{
    char *base = block(2 * PAGE), byte = 0;
    SIZE_T done = 99;
    CHECK_EQUAL(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD, NULL), 0);
    CHECK_EQUAL(query(base).Protect, PAGE_READWRITE | PAGE_GUARD);
    CHECK_EQUAL(READS(base), STATUS_GUARD_PAGE_VIOLATION);
    CHECK_EQUAL(query(base).Protect, PAGE_READWRITE); /* one shot */
    CHECK_EQUAL(READS(base), 0);
    *base = 9;
    CHECK_EQUAL(protect(base, PAGE, PAGE_READONLY | PAGE_GUARD, NULL), 0);
    CHECK_EQUAL(WRITES(base), STATUS_GUARD_PAGE_VIOLATION);
    CHECK_EQUAL(WRITES(base), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(*base, 9);
    /* A service that touches one fails, and the guard is gone as well. */
    CHECK_EQUAL(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD, NULL), 0);
    CHECK(NtReadVirtualMemory(SELF, base, &byte, 1, &done) != 0);
    CHECK_EQUAL(done, 0);
    CHECK_EQUAL(query(base).Protect, PAGE_READWRITE);
    release(base, 0, MEM_RELEASE);
}

int main(void)
{
    each_protection();
    code_runs();
    across_pages();
    guard_pages();
    return 0;
}
