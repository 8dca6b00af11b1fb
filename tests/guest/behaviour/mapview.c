/* link: -lntdll */
/* mapview - MapViewOfFile: every access right against every protection. */
#include "documented.h"

enum { R = 1, W = 2, C = 4, X = 8, XW = 16, XC = 32 };
static const struct {
    DWORD protect;
    int allowed; /* which views */
} protections[] = {
    {PAGE_READONLY, R | C},
    {PAGE_READWRITE, R | W | C},
    {PAGE_WRITECOPY, R | C},
    {PAGE_EXECUTE_READ, R | C | X | XC},
    {PAGE_EXECUTE_READWRITE, R | W | C | X | XW | XC},
    {PAGE_EXECUTE_WRITECOPY, R | C | X | XC},
};
static const struct {
    DWORD access;
    int kind;
    DWORD protect;
} views[] = {
    {FILE_MAP_READ, R, PAGE_READONLY},
    {FILE_MAP_WRITE, W, PAGE_READWRITE},
    {FILE_MAP_READ | FILE_MAP_WRITE, W, PAGE_READWRITE},
    {FILE_MAP_ALL_ACCESS, W, PAGE_READWRITE},
    {FILE_MAP_COPY, C, PAGE_WRITECOPY},
    {FILE_MAP_READ | FILE_MAP_EXECUTE, X, PAGE_EXECUTE_READ},
    {FILE_MAP_WRITE | FILE_MAP_EXECUTE, XW, PAGE_EXECUTE_READWRITE},
    {FILE_MAP_COPY | FILE_MAP_EXECUTE, XC, PAGE_EXECUTE_WRITECOPY},
};
static HANDLE made[6];

/* Does the view of an access right come about just where the matrix says so? */
static int as_documented(unsigned v)
{
    int good = 1;
    for (unsigned p = 0; p < 6; p++) {
        SetLastError(0);
        char *view = MapViewOfFile(made[p], views[v].access, 0, 0, 0);
        int allowed = (protections[p].allowed & views[v].kind) != 0;
        if (!view)
            good = good && !allowed && GetLastError() == ERROR_ACCESS_DENIED;
        else
            good = good && allowed && query(view).Protect == views[v].protect;
        if (!good)
            printf("  protection %lx, access %lx: view %p, protection %lx\n",
                   protections[p].protect, views[v].access, view,
                   view ? query(view).Protect : 0);
        if (view)
            CHECK(UnmapViewOfFile(view));
    }
    return good;
}

static void matrix(void)
{
    for (unsigned p = 0; p < 6; p++)
        made[p] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protections[p].protect,
                                     0, 0x20000, NULL);
    documented("MapViewOfFile", "FILE_MAP_READ: a read-only view, of every protection",
               SAME, as_documented(0));
    documented("MapViewOfFile",
               "FILE_MAP_WRITE: a read/write view, of PAGE_READWRITE and "
               "PAGE_EXECUTE_READWRITE only",
               SAME, as_documented(1));
    documented("MapViewOfFile",
               "FILE_MAP_WRITE | FILE_MAP_READ is equivalent to FILE_MAP_WRITE", SAME,
               as_documented(2));
    documented("MapViewOfFile", "FILE_MAP_ALL_ACCESS is equivalent to FILE_MAP_WRITE",
               SAME, as_documented(3));
    documented("MapViewOfFile",
               "FILE_MAP_COPY: a copy-on-write view, of every protection", SAME,
               as_documented(4));
    documented("MapViewOfFile",
               "FILE_MAP_EXECUTE | FILE_MAP_READ: of the PAGE_EXECUTE_* protections only",
               SAME, as_documented(5));
    documented("MapViewOfFile",
               "FILE_MAP_EXECUTE | FILE_MAP_WRITE: of PAGE_EXECUTE_READWRITE only", SAME,
               as_documented(6));
    documented("MapViewOfFile",
               "FILE_MAP_EXECUTE | FILE_MAP_COPY: of the PAGE_EXECUTE_* protections only",
               SAME, as_documented(7));
    for (unsigned p = 0; p < 6; p++)
        CloseHandle(made[p]);
}

static void copies(void)
{
    HANDLE map =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x20000, NULL);
    char *all = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
    char *own = MapViewOfFile(map, FILE_MAP_COPY, 0, 0, 0);
    char *two = MapViewOfFile(map, FILE_MAP_COPY, 0, 0, 0);
    DWORD old;
    CHECK(all && own && two);
    *all = 5;
    documented("MapViewOfFile",
               "a copy-on-write view shows what others write, until it "
               "is written to",
               SAME, *own == 5 && (*all = 6) == 6 && *own == 6 && SHARED(own));
    *own = 9;
    documented("MapViewOfFile",
               "writing to a copy-on-write page makes a new page private to the view",
               SAME, *all == 6 && *two == 6 && *own == 9 && !SHARED(own));
    documented("MapViewOfFile",
               "only the page written to is copied; its protection becomes read/write",
               SAME,
               query(own).Protect == PAGE_READWRITE &&
                   query(own + PAGE).Protect == PAGE_WRITECOPY && (all[PAGE] = 4) == 4 &&
                   own[PAGE] == 4);
    documented("VirtualProtect",
               "for mapped views the value must be compatible with the access when the "
               "view was mapped",
               SAME,
               !VirtualProtect(two, PAGE, PAGE_EXECUTE_READ, &old) &&
                   VirtualProtect(two, PAGE, PAGE_READONLY, &old) &&
                   old == PAGE_WRITECOPY && WRITES(two) == STATUS_ACCESS_VIOLATION);
    documented("VirtualProtect", "a read/write view may become read-only and back", SAME,
               VirtualProtect(all, PAGE, PAGE_READONLY, &old) &&
                   WRITES(all) == STATUS_ACCESS_VIOLATION &&
                   VirtualProtect(all, PAGE, PAGE_READWRITE, &old) && WRITES(all) == 0);
    CHECK(UnmapViewOfFile(all) && UnmapViewOfFile(own) && UnmapViewOfFile(two));
    char *read = MapViewOfFile(map, FILE_MAP_READ, 0, 0, 0);
    documented("VirtualProtect", "a view mapped for reading does not become read/write",
               SAME,
               !VirtualProtect(read, PAGE, PAGE_READWRITE, &old) &&
                   WRITES(read) == STATUS_ACCESS_VIOLATION);
    CHECK(UnmapViewOfFile(read) && CloseHandle(map));
}

static void where(void)
{
    HANDLE map =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x30000, NULL);
    char *whole = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0), *part = NULL;
    CHECK(whole);
    whole[0x10000] = 1;
    whole[0x20000] = 2;
    documented("MapViewOfFile", "size 0: the view goes from the offset to the end", SAME,
               query(whole).RegionSize == 0x30000 &&
                   (part = MapViewOfFile(map, FILE_MAP_READ, 0, 0x10000, 0)) &&
                   query(part).RegionSize == 0x20000 && *part == 1);
    CHECK(UnmapViewOfFile(part));
    part = MapViewOfFile(map, FILE_MAP_READ, 0, 0x20000, 1);
    documented("MapViewOfFile", "a view's size is rounded up to the page", SAME,
               part && query(part).RegionSize == PAGE && *part == 2);
    CHECK(UnmapViewOfFile(part));
    documented(
        "MapViewOfFile", "the offset must be a multiple of the allocation granularity",
        SAME,
        FAILS(MapViewOfFile(map, FILE_MAP_READ, 0, 0x1000, 0), ERROR_MAPPED_ALIGNMENT));
    documented(
        "MapViewOfFile", "the view must lie within the object's maximum size", SAME,
        FAILS(MapViewOfFile(map, FILE_MAP_READ, 0, 0x20000, 0x10001),
              ERROR_ACCESS_DENIED) &&
            FAILS(MapViewOfFile(map, FILE_MAP_READ, 1, 0, 0), ERROR_ACCESS_DENIED));
    char *place = reserved(0x30000);
    freed(place);
    documented("MapViewOfFileEx", "the view begins at the address that was asked for",
               SAME,
               MapViewOfFileEx(map, FILE_MAP_READ, 0, 0, 0, place) == place &&
                   UnmapViewOfFile(place));
    documented("MapViewOfFileEx",
               "the address must be a multiple of the allocation granularity, or the "
               "function fails",
               SAME,
               FAILS(MapViewOfFileEx(map, FILE_MAP_READ, 0, 0, 0, place + PAGE),
                     ERROR_MAPPED_ALIGNMENT));
    documented("MapViewOfFileEx", "an address where there is no room fails", SAME,
               FAILS(MapViewOfFileEx(map, FILE_MAP_READ, 0, 0, 0, whole),
                     ERROR_INVALID_ADDRESS));
    documented("MapViewOfFile", "a handle of another kind is ERROR_INVALID_HANDLE", SAME,
               FAILS(MapViewOfFile(GetCurrentThread(), FILE_MAP_READ, 0, 0, 0),
                     ERROR_INVALID_HANDLE));
    CHECK(UnmapViewOfFile(whole) && CloseHandle(map));
}

int main(void)
{
    matrix();
    copies();
    where();
    return undocumented();
}
