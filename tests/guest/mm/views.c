/* views - sections and views: shared, copied on write, rights, images. */
/* link: -lpsapi */
#include "memory.h"
#include <psapi.h>

static void shared_and_private(void)
{
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x20000, NULL);
    CHECK(section);
    char *a = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *b = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    char *c = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    char *d = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x10000, PAGE);
    CHECK(a && b && c && d && a != b);
    CHECK_EQUAL(query(a).Type, MEM_MAPPED);
    CHECK_EQUAL(query(a).RegionSize, 0x20000);
    CHECK_EQUAL(query(d).RegionSize, PAGE);
    CHECK_EQUAL(query(b).Protect, PAGE_READONLY);
    CHECK_EQUAL(query(c).Protect, PAGE_WRITECOPY);
    CHECK_EQUAL(*a, 0);
    *a = 5;
    CHECK_EQUAL(*b, 5);
    CHECK_EQUAL(*c, 5);
    *c = 6; /* its own from now on */
    CHECK_EQUAL(*a, 5);
    CHECK_EQUAL(query(c).Protect, PAGE_READWRITE);
    CHECK_EQUAL(query(c + PAGE).Protect, PAGE_WRITECOPY);
    *a = 7;
    CHECK_EQUAL(*c, 6);
    d[3] = 8;
    CHECK_EQUAL(b[0x10003], 8);
    CHECK_EQUAL(WRITES(b), STATUS_ACCESS_VIOLATION);
    CHECK(CloseHandle(section)); /* the views hold it */
    CHECK_EQUAL(*a, 7);
    CHECK(!VirtualFree(a, 0, MEM_RELEASE));
    CHECK(UnmapViewOfFile(a) && UnmapViewOfFile(c) && UnmapViewOfFile(d));
    CHECK_EQUAL(*b, 7);
    CHECK(UnmapViewOfFile(b));
    CHECK(!UnmapViewOfFile(b));
    CHECK_EQUAL(READS(b), STATUS_ACCESS_VIOLATION);
}

static void rights(void)
{
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 0, PAGE, NULL);
    CHECK(section);
    CHECK(!MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CHECK(view);
    DWORD old;
    CHECK(!VirtualProtect(view, PAGE, PAGE_READWRITE, &old));
    CHECK(VirtualProtect(view, PAGE, PAGE_WRITECOPY, &old));
    CHECK_EQUAL(old, PAGE_READONLY);
    CHECK_EQUAL(WRITES(view), 0);
    CHECK_EQUAL(query(view).Protect, PAGE_READWRITE);
    UnmapViewOfFile(view);
    CHECK(!MapViewOfFile(section, FILE_MAP_READ, 0, 0x1000, 0)); /* not at a granule */
    CHECK_EQUAL(GetLastError(), ERROR_MAPPED_ALIGNMENT);
    CHECK(!MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0x10000)); /* longer than it */
    CloseHandle(section);
}

static void reserved_section(void)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL,
                                        PAGE_READWRITE | SEC_RESERVE, 0, 0x10000, NULL);
    char *a = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    char *b = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(a && b);
    CHECK_EQUAL(query(a).State, MEM_RESERVE);
    CHECK_EQUAL(READS(a), STATUS_ACCESS_VIOLATION);
    CHECK(VirtualAlloc(a, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE) == a);
    a[PAGE] = 4;
    CHECK_EQUAL(b[PAGE], 4); /* committed for all */
    CHECK_EQUAL(READS(b + 2 * PAGE), STATUS_ACCESS_VIOLATION);
    UnmapViewOfFile(a);
    UnmapViewOfFile(b);
    CloseHandle(section);
}

static SIZE_T charged(void)
{
    PROCESS_MEMORY_COUNTERS counters;
    CHECK(GetProcessMemoryInfo(SELF, &counters, sizeof counters));
    return counters.PagefileUsage / PAGE;
}

/* A page is charged while it may become the process's own, not longer. */
static void charge(void)
{
    DWORD old;
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x10000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CHECK(section && view && charged());
    const SIZE_T before = charged();
    for (int i = 0; i < 3; i++) {
        CHECK(VirtualProtect(view, 8 * PAGE, PAGE_WRITECOPY, &old));
        CHECK_EQUAL(charged(), before + 8);
        CHECK(VirtualProtect(view, 8 * PAGE, PAGE_READONLY, &old));
        CHECK_EQUAL(charged(), before);
    }
    CHECK(VirtualProtect(view, 2 * PAGE, PAGE_WRITECOPY, &old));
    *view = 1; /* its own: charged until the view goes */
    CHECK(VirtualProtect(view, 2 * PAGE, PAGE_READONLY, &old));
    CHECK_EQUAL(charged(), before + 1);
    CHECK(UnmapViewOfFile(view) && CloseHandle(section));
    CHECK_EQUAL(charged(), before);
}

static void image_pages(void)
{
    extern IMAGE_DOS_HEADER __ImageBase;
    char *base = (char *)&__ImageBase;
    static volatile int datum = 1;
    CHECK_EQUAL(query(base).Type, MEM_IMAGE);
    CHECK_EQUAL(query(base).Protect, PAGE_READONLY); /* headers */
    CHECK_EQUAL(query(base).AllocationProtect, PAGE_EXECUTE_WRITECOPY);
    CHECK_EQUAL(query((void *)image_pages).Protect, PAGE_EXECUTE_READ);
    CHECK(query((void *)image_pages).AllocationBase == base);
    datum = 2;
    CHECK_EQUAL(query((void *)&datum).Protect, PAGE_READWRITE); /* copied */
    CHECK_EQUAL(WRITES(base), STATUS_ACCESS_VIOLATION);
    DWORD old;
    CHECK(VirtualProtect(base, PAGE, PAGE_READWRITE, &old));
    CHECK_EQUAL(query(base).Protect, PAGE_WRITECOPY);
    CHECK_EQUAL(WRITES(base + 0x20), 0);
    CHECK(VirtualProtect(base, PAGE, PAGE_READONLY, &old));
    CHECK(!VirtualFree(base, 0, MEM_RELEASE));
}

int main(void)
{
    shared_and_private();
    rights();
    reserved_section();
    charge();
    image_pages();
    return 0;
}
