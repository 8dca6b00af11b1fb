/* link: -lntdll */
/* regions - reserve, commit, decommit, release: what works, what fails with which code,
 * and that what fails changes nothing. */
#include "memory.h"

static void reserve_and_commit(void)
{
    char *base, *at;
    CHECK_EQUAL(allocate(NULL, 1, MEM_RESERVE, PAGE_READWRITE, (void **)&base), 0);
    CHECK_EQUAL((ULONG_PTR)base & 0xFFFF, 0);
    MEMORY_BASIC_INFORMATION info = query(base);
    CHECK_EQUAL(info.RegionSize, PAGE);
    CHECK_EQUAL(info.State, MEM_RESERVE);
    CHECK_EQUAL(info.Protect, 0);
    CHECK_EQUAL(info.AllocationProtect, PAGE_READWRITE);
    CHECK_EQUAL(READS(base), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(allocate(base, 1, MEM_COMMIT, PAGE_READWRITE, NULL), 0);
    CHECK_EQUAL(READS(base), 0);
    CHECK_EQUAL(*base, 0);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(query(base).State, MEM_FREE);

    /* Two bytes astride a page take both; the address goes down, the end up. */
    CHECK_EQUAL(allocate(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE, (void **)&base), 0);
    CHECK_EQUAL(allocate(base + PAGE - 1, 2, MEM_COMMIT, PAGE_READONLY, (void **)&at), 0);
    CHECK(at == base);
    CHECK_EQUAL(query(base).RegionSize, 2 * PAGE);
    CHECK_EQUAL(query(base).Protect, PAGE_READONLY);
    CHECK_EQUAL(query(base + 2 * PAGE).State, MEM_RESERVE);
    CHECK_EQUAL(query(base + 2 * PAGE).RegionSize, 14 * PAGE);
    /* Commit again with another protection: the protection changes, the bytes stay. */
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT, PAGE_READWRITE, NULL), 0);
    *base = 7;
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT, PAGE_READONLY, NULL), 0);
    CHECK_EQUAL(*base, 7);
    CHECK_EQUAL(WRITES(base), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(memory_kind, 1);
    CHECK_EQUAL(memory_address, (ULONG_PTR)base);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
}

static void what_is_refused(void)
{
    char *base;
    CHECK_EQUAL(allocate(NULL, 0x20000, MEM_RESERVE, PAGE_READWRITE, (void **)&base), 0);
    CHECK_EQUAL(allocate(base + 0x10000, PAGE, MEM_RESERVE, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQUAL(allocate(base + 0x1F000, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQUAL(query(base).RegionSize, 0x20000); /* nothing was committed */
    CHECK_EQUAL(allocate(base, 0, MEM_COMMIT, PAGE_READWRITE, NULL),
                STATUS_INVALID_PARAMETER_4);
    CHECK_EQUAL(allocate(base, PAGE, 0, PAGE_READWRITE, NULL),
                STATUS_INVALID_PARAMETER_5);
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT | 0x40, PAGE_READWRITE, NULL),
                STATUS_INVALID_PARAMETER_5);
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT, 0, NULL),
                STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_READONLY, NULL),
                STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT, PAGE_WRITECOPY, NULL),
                STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD, NULL),
                STATUS_INVALID_PAGE_PROTECTION);
    PVOID null = NULL;
    SIZE_T size = PAGE;
    CHECK_EQUAL(
        NtAllocateVirtualMemory(SELF, &null, 22, &size, MEM_RESERVE, PAGE_READWRITE),
        STATUS_INVALID_PARAMETER_3);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(allocate(base, PAGE, MEM_COMMIT, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES); /* commit without reserve */
}

static void giving_back(void)
{
    char *base;
    CHECK_EQUAL(
        allocate(NULL, 0x40000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, (void **)&base),
        0);
    memset(base, 5, 0x40000);
    CHECK_EQUAL(release(base + PAGE, 0, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
    CHECK_EQUAL(release(base + PAGE, 0, MEM_DECOMMIT), STATUS_FREE_VM_NOT_AT_BASE);
    CHECK_EQUAL(release(base, 0x41000, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM);
    CHECK_EQUAL(release(base, PAGE, MEM_RELEASE | MEM_DECOMMIT),
                STATUS_INVALID_PARAMETER_4);
    CHECK(!VirtualFree(base, PAGE, MEM_RELEASE)); /* kernel32: size 0 only */
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQUAL(base[0x3FFFF], 5);

    CHECK_EQUAL(release(base + 2 * PAGE, 3 * PAGE, MEM_DECOMMIT), 0);
    CHECK_EQUAL(query(base).RegionSize, 2 * PAGE);
    CHECK_EQUAL(query(base + 2 * PAGE).State, MEM_RESERVE);
    CHECK_EQUAL(query(base + 2 * PAGE).RegionSize, 3 * PAGE);
    CHECK_EQUAL(READS(base + 2 * PAGE), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(release(base + 2 * PAGE, 3 * PAGE, MEM_DECOMMIT), 0); /* again: fine */
    CHECK_EQUAL(allocate(base + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE, NULL), 0);
    CHECK_EQUAL(base[2 * PAGE], 0); /* zeroed anew */
    CHECK_EQUAL(base[PAGE], 5);

    /* A part in the middle is released: two regions remain. */
    CHECK_EQUAL(release(base + 0x10000, 0x10000, MEM_RELEASE), 0);
    CHECK_EQUAL(query(base + 0x10000).State, MEM_FREE);
    CHECK(query(base).AllocationBase == base);
    CHECK(query(base + 0x20000).AllocationBase == base + 0x20000);
    CHECK_EQUAL(base[0x20000], 5);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(query(base).State, MEM_FREE);
    CHECK_EQUAL(release(base + 0x20000, PAGE, MEM_RELEASE), 0); /* the head of it */
    CHECK(query(base + 0x21000).AllocationBase == base + 0x21000);
    CHECK_EQUAL(release(base + 0x3F000, PAGE, MEM_RELEASE), 0); /* the tail */
    CHECK_EQUAL(release(base + 0x21000, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
    CHECK_EQUAL(release(base, 0, MEM_DECOMMIT), STATUS_MEMORY_NOT_ALLOCATED);
}

static void whole_decommitted(void)
{
    char *base;
    CHECK_EQUAL(
        allocate(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, (void **)&base),
        0);
    *base = 1;
    CHECK_EQUAL(release(base, 0, MEM_DECOMMIT), 0);
    CHECK_EQUAL(query(base).State, MEM_RESERVE);
    CHECK_EQUAL(query(base).RegionSize, 0x10000);
    CHECK_EQUAL(READS(base), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(allocate(base, 0x10000, MEM_COMMIT, PAGE_READWRITE, NULL), 0);
    CHECK_EQUAL(*base, 0);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
}

static void placing(void)
{
    char *low, *high;
    PVOID base = NULL;
    SIZE_T size = 0x10000;
    CHECK_EQUAL(allocate(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE, (void **)&low), 0);
    CHECK_EQUAL(allocate(NULL, 0x10000, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE,
                         (void **)&high),
                0);
    CHECK((ULONG_PTR)high > 0x70000000);
    CHECK(low < high);
    CHECK_EQUAL(NtAllocateVirtualMemory(SELF, &base, 8, &size, MEM_RESERVE | MEM_TOP_DOWN,
                                        PAGE_READWRITE),
                0);
    CHECK((ULONG_PTR)base < 0x01000000); /* eight zero bits */
    CHECK_EQUAL(release(low, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(release(high, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
    /* MEM_COMMIT without an address reserves as well. */
    CHECK_EQUAL(allocate(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE, (void **)&low), 0);
    CHECK_EQUAL(WRITES(low), 0);
    CHECK_EQUAL(release(low, 0, MEM_RELEASE), 0);
}

static void resetting(void)
{
    char *base;
    CHECK_EQUAL(allocate(NULL, 0x10000, MEM_COMMIT, PAGE_READWRITE, (void **)&base), 0);
    CHECK_EQUAL(allocate(base, 0x10000, MEM_RESET, PAGE_READWRITE, NULL), 0);
    CHECK_EQUAL(allocate(base, 0x10000, MEM_RESET | MEM_COMMIT, PAGE_READWRITE, NULL),
                STATUS_INVALID_PARAMETER_5);
    CHECK_EQUAL(READS(base), 0);
    CHECK_EQUAL(allocate(base + 0xF000, 2 * PAGE, MEM_RESET, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES); /* a page past its end */
    CHECK_EQUAL(allocate(base + 1, PAGE, MEM_RESET, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES); /* no whole page */
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(allocate(base, PAGE, MEM_RESET, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES);
}

/* The kernel keeps its hand on a thread's TEB: nothing about its pages changes. */
static void secured(void)
{
    char *teb = (char *)((ULONG_PTR)NtCurrentTeb() & -PAGE);
    CHECK_EQUAL(release(teb, PAGE, MEM_RELEASE), STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(release(teb, PAGE, MEM_DECOMMIT), STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(protect(teb, PAGE, PAGE_READONLY, NULL), STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQUAL(allocate(teb, PAGE, MEM_COMMIT, PAGE_READONLY, NULL),
                STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQUAL(query(teb).Protect, PAGE_READWRITE);
}

/* A hole between two regions: one that fills it is good, one that is a byte longer is not. */
static void filling(void)
{
    char *base;
    CHECK_EQUAL(allocate(NULL, 0x30000, MEM_RESERVE, PAGE_READWRITE, (void **)&base), 0);
    CHECK_EQUAL(release(base + 0x10000, 0x10000, MEM_RELEASE), 0);
    CHECK_EQUAL(allocate(base + 0x10000, 0x10001, MEM_RESERVE, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQUAL(allocate(base + 0xFFFF, 2, MEM_RESERVE, PAGE_READWRITE, NULL),
                STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQUAL(allocate(base + 0x10000, 0x10000, MEM_RESERVE, PAGE_READWRITE, NULL), 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(release(base + i * 0x10000, 0, MEM_RELEASE), 0);
}

/* The two regions that a release in the middle leaves: each as the one was. */
static void split_alike(void)
{
    char *base;
    CHECK_EQUAL(allocate(NULL, 0x30000, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE,
                         (void **)&base),
                0);
    CHECK_EQUAL(release(base + 0x10000, 0x10000, MEM_RELEASE), 0);
    for (char *at = base; at <= base + 0x20000; at += 0x20000) {
        CHECK_EQUAL(query(at).State, query(base).State);
        CHECK_EQUAL(allocate(at, PAGE, MEM_COMMIT, PAGE_READWRITE, NULL),
                    STATUS_CONFLICTING_ADDRESSES);
        CHECK_EQUAL(query(at).AllocationProtect, PAGE_READWRITE);
    }
    CHECK_EQUAL(release(base + 0x20000, 0, MEM_RELEASE), 0);
    CHECK_EQUAL(release(base, 0, MEM_RELEASE), 0);
}

int main(void)
{
    reserve_and_commit();
    what_is_refused();
    giving_back();
    whole_decommitted();
    placing();
    resetting();
    secured();
    filling();
    split_alike();
    return 0;
}
