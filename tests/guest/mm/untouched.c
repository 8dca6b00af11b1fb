/* link: -lntdll */
/* untouched - pages that nobody touched have no entry of their own: what their region says of them
 * is the same as if each said it. */
#include "memory.h"

#define PAGES 1500 /* three page tables and a part */

static char *region;

/* From a page on: so many pages that are alike. */
static void is(SIZE_T page, DWORD state, DWORD protect, SIZE_T pages)
{
    MEMORY_BASIC_INFORMATION info = query(region + page * PAGE);
    CHECK_EQUAL(info.State, state);
    CHECK_EQUAL(info.Protect, protect);
    CHECK_EQUAL(info.RegionSize, pages * PAGE);
}

static DWORD protect_pages(SIZE_T page, SIZE_T pages, DWORD protection)
{
    DWORD old = 0;
    CHECK(VirtualProtect(region + page * PAGE, pages * PAGE, protection, &old));
    return old;
}

static void commit_pages(SIZE_T page, SIZE_T pages, DWORD protection)
{
    CHECK(VirtualAlloc(region + page * PAGE, pages * PAGE, MEM_COMMIT, protection));
}

/* Committed as a whole later than reserved, with another protection. */
static void whole_commit(void)
{
    region = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE, PAGE_NOACCESS);
    is(0, MEM_RESERVE, 0, PAGES);
    commit_pages(0, PAGES, PAGE_READWRITE);
    is(0, MEM_COMMIT, PAGE_READWRITE, PAGES);
    CHECK_EQUAL(query(region).AllocationProtect, PAGE_NOACCESS);
    region[700 * PAGE] = 7;
    is(1, MEM_COMMIT, PAGE_READWRITE, PAGES - 1);
    CHECK_EQUAL(protect_pages(0, PAGES, PAGE_READONLY), PAGE_READWRITE);
    is(0, MEM_COMMIT, PAGE_READONLY, PAGES);
    CHECK_EQUAL(region[700 * PAGE], 7);
    CHECK_EQUAL(WRITES(region + 5 * PAGE), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(WRITES(region + 700 * PAGE), STATUS_ACCESS_VIOLATION);
    CHECK_EQUAL(protect_pages(600, 200, PAGE_READWRITE), PAGE_READONLY);
    is(0, MEM_COMMIT, PAGE_READONLY, 600);
    is(600, MEM_COMMIT, PAGE_READWRITE, 200);
    is(800, MEM_COMMIT, PAGE_READONLY, PAGES - 800);
    CHECK(VirtualFree(region, 0, MEM_RELEASE));
}

/* Holes are made, filled, and the middle is released: two regions. */
static void holes(void)
{
    region = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE, PAGE_READONLY);
    commit_pages(0, PAGES, PAGE_READWRITE);
    CHECK(VirtualFree(region + 16 * PAGE, 1000 * PAGE, MEM_DECOMMIT));
    is(0, MEM_COMMIT, PAGE_READWRITE, 16);
    is(16, MEM_RESERVE, 0, 1000);
    is(1016, MEM_COMMIT, PAGE_READWRITE, PAGES - 1016);
    CHECK_EQUAL(WRITES(region + 20 * PAGE), STATUS_ACCESS_VIOLATION);
    DWORD old;
    CHECK(!VirtualProtect(region, PAGES * PAGE, PAGE_READONLY, &old));
    is(0, MEM_COMMIT, PAGE_READWRITE, 16);
    commit_pages(16, 1000, PAGE_READWRITE);
    is(0, MEM_COMMIT, PAGE_READWRITE, PAGES);
    region[20 * PAGE] = 1;
    CHECK_EQUAL(release(region + 512 * PAGE, 512 * PAGE, MEM_RELEASE), 0);
    is(0, MEM_COMMIT, PAGE_READWRITE, 512);
    CHECK_EQUAL(query(region + 512 * PAGE).State, MEM_FREE);
    is(1024, MEM_COMMIT, PAGE_READWRITE, PAGES - 1024);
    CHECK_EQUAL(query(region + 1024 * PAGE).AllocationBase, region + 1024 * PAGE);
    region[1100 * PAGE] = 1;
    CHECK(VirtualFree(region + 1024 * PAGE, 0, MEM_RELEASE));
    CHECK(VirtualFree(region, 0, MEM_DECOMMIT));
    is(0, MEM_RESERVE, 0, 512);
    commit_pages(0, 512, PAGE_READONLY);
    CHECK_EQUAL(region[20 * PAGE], 0);
    CHECK(VirtualFree(region, 0, MEM_RELEASE));
}

/* A guard for all of them: each goes by itself. */
static void guards(void)
{
    region = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    region[3 * PAGE] = 3;
    protect_pages(0, PAGES, PAGE_READWRITE | PAGE_GUARD);
    CHECK_EQUAL(WRITES(region + 3 * PAGE), STATUS_GUARD_PAGE_VIOLATION);
    CHECK_EQUAL(WRITES(region + 900 * PAGE), STATUS_GUARD_PAGE_VIOLATION);
    CHECK_EQUAL(WRITES(region + 900 * PAGE), 0);
    CHECK_EQUAL(region[3 * PAGE], 3);
    is(4, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD, 896);
    is(900, MEM_COMMIT, PAGE_READWRITE, 1);
    is(901, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD, PAGES - 901);
    CHECK(VirtualFree(region, 0, MEM_RELEASE));
}

/* Which pages were written to is found across tables that are not there. */
static void watched(void)
{
    PVOID found[8];
    ULONG_PTR count = 8;
    DWORD page;
    region = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                          PAGE_READWRITE);
    for (int i = 0; i < 3; i++)
        region[(7 + i * 700) * PAGE] = 1;
    CHECK_EQUAL(
        GetWriteWatch(WRITE_WATCH_FLAG_RESET, region, PAGES * PAGE, found, &count, &page),
        0);
    CHECK_EQUAL(count, 3);
    for (int i = 0; i < 3; i++)
        CHECK(found[i] == region + (7 + i * 700) * PAGE);
    region[PAGES * PAGE - 1] = 1;
    CHECK_EQUAL(ResetWriteWatch(region, (PAGES - 1) * PAGE), 0);
    count = 8;
    CHECK_EQUAL(GetWriteWatch(0, region, PAGES * PAGE, found, &count, &page), 0);
    CHECK_EQUAL(count, 1);
    CHECK(VirtualFree(region, 0, MEM_RELEASE));
}

/* A view of reserved pages, some committed; one of an image is a run for each section. */
static void views(void)
{
    HANDLE section = CreateFileMapping(
        INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, PAGES * PAGE, NULL);
    region = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    is(0, MEM_RESERVE, 0, PAGES);
    commit_pages(100, 900, PAGE_READWRITE);
    is(0, MEM_RESERVE, 0, 100);
    is(100, MEM_COMMIT, PAGE_READWRITE, 900);
    is(1000, MEM_RESERVE, 0, PAGES - 1000);
    region[300 * PAGE] = 1;
    is(100, MEM_COMMIT, PAGE_READWRITE, 900);
    protect_pages(400, 1, PAGE_READONLY);
    is(100, MEM_COMMIT, PAGE_READWRITE, 300);
    is(401, MEM_COMMIT, PAGE_READWRITE, 599);
    CHECK(UnmapViewOfFile(region));
    CHECK(CloseHandle(section));
}

int main(void)
{
    whole_commit();
    holes();
    guards();
    watched();
    views();
    return 0;
}
