/* ranges - what a service over a large range costs: by page tables, not by pages.
 *
 * A line `range_NAME value`: instructions (under icount) for each page table more, of 240 MiB more
 * that nobody touched; range_used_NAME: one page of each table is there. */
#include <stdio.h>
#include <windows.h>

#define PAGE  4096
#define FEW   (16 << 20)
#define MANY  (256 << 20)
#define TABLE (2 << 20)

static char *region;
static HANDLE section;
static DWORD old;

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static void reserve(SIZE_T size)
{
    region = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_READWRITE);
}
static void commit(SIZE_T size)
{
    VirtualAlloc(region, size, MEM_COMMIT, PAGE_READWRITE);
}
static void both(SIZE_T size)
{
    region = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}
static void watched(SIZE_T size)
{
    region = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                          PAGE_READWRITE);
}
static void decommit(SIZE_T size)
{
    VirtualFree(region, size, MEM_DECOMMIT);
}
static void release(SIZE_T size)
{
    (void)size;
    VirtualFree(region, 0, MEM_RELEASE);
}
static void query(SIZE_T size)
{
    MEMORY_BASIC_INFORMATION info;
    (void)size;
    VirtualQuery(region, &info, sizeof info);
}
static void protect(SIZE_T size)
{
    VirtualProtect(region, size, PAGE_READONLY, &old);
}
static void collect(SIZE_T size)
{
    PVOID found[8];
    ULONG_PTR count = 8;
    GetWriteWatch(0, region, size, found, &count, &old);
}
static void reset(SIZE_T size)
{
    ResetWriteWatch(region, size);
}
static void create(SIZE_T size)
{
    section =
        CreateFileMapping(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, size, NULL);
}
static void map(SIZE_T size)
{
    region = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, size);
}
static void unmap(SIZE_T size)
{
    (void)size;
    UnmapViewOfFile(region);
}
static void close(SIZE_T size)
{
    (void)size;
    CloseHandle(section);
}
/* A page of each table. */
static void touch(SIZE_T size)
{
    for (SIZE_T at = PAGE * 16; at < size; at += 512 * PAGE)
        region[at] = 1;
}

typedef struct row {
    void (*step)(SIZE_T);
    const char *name; /* NULL: not measured */
} ROW;

static const ROW rows[] = {
    {reserve, "reserve"},
    {query, "query_reserved"},
    {commit, "commit"},
    {query, "query"},
    {protect, "protect"},
    {query, "query_protected"},
    {decommit, "decommit"},
    {commit, NULL},
    {release, "release"},
    {both, "reserve_commit"},
    {touch, NULL},
    {query, "used_query"},
    {protect, "used_protect"},
    {decommit, "used_decommit"},
    {release, NULL},
    {watched, NULL},
    {collect, "collect_written"},
    {reset, "reset_written"},
    {release, "release_watched"},
    {create, NULL},
    {map, "map"},
    {query, "query_view"},
    {unmap, "unmap"},
    {close, NULL},
};
#define ROWS (sizeof rows / sizeof *rows)

int main(void)
{
    static long long cost[ROWS][2];
    for (int many = 0; many < 2; many++) {
        for (size_t r = 0; r < ROWS; r++) {
            unsigned long long start = ticks();
            rows[r].step(many ? MANY : FEW);
            cost[r][many] = ticks() - start;
        }
    }
    for (size_t r = 0; r < ROWS; r++)
        if (rows[r].name)
            printf("range_%s %lld\n", rows[r].name,
                   (cost[r][1] - cost[r][0]) / ((MANY - FEW) / TABLE));
    return 0;
}
