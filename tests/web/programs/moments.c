/* link: -lole32 */
/* moments.c - ten doors to memory; at each a block is asked for, touched, and freed.
 *
 * After each of these the program asks the system what its heaps and regions are like, and
 * last, by NtFathomQuery, what page the block is on: there a page that looks into this
 * machine's memory has to see the same.
 *
 *     moment N        the lines of lists.c, then `page ADDRESS PFN` (0: not there)
 *
 * The lines are kept in memory of the image and written at the end.  `moments N`: the first
 * N doors.
 */
#include <objbase.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include "fathom.h"

typedef LONG(WINAPI *query_function)(ULONG, ULONG_PTR, PVOID, ULONG, PULONG);

static char text[1 << 18];
static size_t length;
static unsigned moments;
static HANDLE own;
static query_function query;

static void add(const char *format, unsigned a, unsigned b, unsigned c, unsigned d,
                unsigned e)
{
    length +=
        (size_t)snprintf(text + length, sizeof text - length, format, a, b, c, d, e);
}

static void list_heap(HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry = {NULL};
    while (HeapWalk(heap, &entry))
        if (!(entry.wFlags & PROCESS_HEAP_REGION))
            add("block %08X %08X %u %u%.0u\n", (unsigned)heap, (unsigned)entry.lpData,
                entry.cbData,
                entry.wFlags & (PROCESS_HEAP_UNCOMMITTED_RANGE | PROCESS_HEAP_ENTRY_BUSY),
                0);
}

/* A private run of pages is a line; a view (image, section) is one line with its whole size. */
static void list_regions(void)
{
    MEMORY_BASIC_INFORMATION facts;
    unsigned base = 0, end = 0;
    for (char *at = NULL; VirtualQuery(at, &facts, sizeof facts);
         at = (char *)facts.BaseAddress + facts.RegionSize) {
        const BOOL view = facts.State != MEM_FREE && facts.Type != MEM_PRIVATE;
        if (base && (!view || (unsigned)facts.AllocationBase != base)) {
            add("view %08X %X\n", base, end - base, 0, 0, 0);
            base = 0;
        }
        if (view)
            base = (unsigned)facts.AllocationBase;
        end = (unsigned)facts.BaseAddress + facts.RegionSize;
        if (facts.State != MEM_FREE && !view)
            add("pages %08X %X %X %X %X\n", (unsigned)facts.BaseAddress, facts.RegionSize,
                facts.State, facts.State == MEM_COMMIT ? facts.Protect : 0, facts.Type);
    }
}

/* What is so now, about the page of block among it. */
static void moment(void *block)
{
    FATHOM_PAGE page = {0};
    HANDLE heaps[16];
    ULONG returned;
    const DWORD count = GetProcessHeaps(16, heaps);
    add("moment %u\n", moments++, 0, 0, 0, 0);
    for (DWORD i = 0; i < count; i++)
        list_heap(heaps[i]);
    list_regions();
    query(FathomQueryPage, (ULONG_PTR)block, &page, sizeof page, &returned);
    add("page %08X %X\n", (unsigned)block, page.Present ? page.Pfn : 0, 0, 0, 0);
}

/* ---- the doors ---- */
static void *by_malloc(size_t size)
{
    return malloc(size);
}
static void *by_calloc(size_t size)
{
    return calloc(1, size);
}
static void *by_heap(size_t size)
{
    return HeapAlloc(GetProcessHeap(), 0, size);
}
static void *by_own(size_t size)
{
    return HeapAlloc(own, 0, size);
}
static void *by_local(size_t size)
{
    return LocalAlloc(LMEM_FIXED, size);
}
static void *by_global(size_t size)
{
    return GlobalAlloc(GMEM_FIXED, size);
}
static void *by_task(size_t size)
{
    return CoTaskMemAlloc(size);
}
static void *by_virtual(size_t size)
{
    return VirtualAlloc(NULL, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
}
static void free_heap(void *block)
{
    HeapFree(GetProcessHeap(), 0, block);
}
static void free_own(void *block)
{
    HeapFree(own, 0, block);
}
static void free_local(void *block)
{
    LocalFree(block);
}
static void free_global(void *block)
{
    GlobalFree(block);
}
static void free_virtual(void *block)
{
    VirtualFree(block, 0, MEM_RELEASE);
}
static void free_task(void *block)
{
    CoTaskMemFree(block);
}
static IMalloc *task;
static void *by_imalloc(size_t size)
{
    return task->lpVtbl->Alloc(task, size);
}
static void free_imalloc(void *block)
{
    task->lpVtbl->Free(task, block);
}

static const struct {
    void *(*take)(size_t);
    void (*give)(void *);
    size_t size;
} doors[] = {{by_malloc, free, 40},       {by_calloc, free, 3000},
             {by_malloc, free, 98304},    {by_heap, free_heap, 700000},
             {by_own, free_own, 24},      {by_virtual, free_virtual, 20000},
             {by_local, free_local, 100}, {by_global, free_global, 65536},
             {by_task, free_task, 5000},  {by_imalloc, free_imalloc, 17}};

int main(int argc, char **argv)
{
    const unsigned most = argc > 1 ? (unsigned)atoi(argv[1]) : ~0u;
    DWORD written;
    query = (void *)GetProcAddress(LoadLibraryA("fathom.dll"), "FathomQuery");
    own = HeapCreate(0, 0, 0);
    if (!query || CoGetMalloc(1, &task) != S_OK)
        return 1;
    for (unsigned i = 0; i < most && i < sizeof doors / sizeof *doors; i++) {
        volatile char *block = doors[i].take(doors[i].size);
        moment((void *)block);
        block[doors[i].size / 2] = 1;
        moment((void *)(block + doors[i].size / 2));
        doors[i].give((void *)block);
        moment((void *)block);
    }
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)length, &written, NULL);
    return 0;
}
