/* lists.c - what the system says of its own heaps and regions, for decoders to be held against.
 *
 * Blocks of every kind are made; HeapWalk and VirtualQuery list them into memory of our own, one
 * line each, and the lines are written without a block being allocated.  Then listed() is called:
 * there a recording begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static char text[1 << 18];
static size_t length;

__attribute__((noinline)) void listed(void)
{
    __asm__ volatile("" ::: "memory");
}

static void add(const char *format, unsigned a, unsigned b, unsigned c, unsigned d,
                unsigned e)
{
    length +=
        (size_t)snprintf(text + length, sizeof text - length, format, a, b, c, d, e);
}

static void make_blocks(HANDLE heap)
{
    static void *kept[400];
    for (unsigned i = 0; i < 400; i++)
        kept[i] = HeapAlloc(heap, 0, i % 7 ? 40 : 24 + i * 3);
    for (unsigned i = 0; i < 400; i += 3)
        HeapFree(heap, 0, kept[i]);
    HeapAlloc(heap, 0, 700000);
    HeapAlloc(heap, 0, 0);
    HeapFree(heap, 0, HeapAlloc(heap, 0, 100000));
}

static void make_regions(void)
{
    DWORD old;
    char *block = VirtualAlloc(NULL, 10 * 4096, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(block + 4096, 6 * 4096, MEM_COMMIT, PAGE_READWRITE);
    block[4096] = block[3 * 4096] = 1;
    VirtualProtect(block + 2 * 4096, 4096, PAGE_READONLY, &old);
    VirtualProtect(block + 3 * 4096, 4096, PAGE_NOACCESS, &old);
    VirtualProtect(block + 4 * 4096, 4096, PAGE_READWRITE | PAGE_GUARD, &old);
    VirtualProtect(block + 5 * 4096, 4096, PAGE_EXECUTE_READ, &old);
    VirtualFree(block + 6 * 4096, 4096, MEM_DECOMMIT);
    VirtualAlloc(NULL, 3 * 4096, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8192, NULL);
    *(volatile char *)MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) = 1;
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

static void list_regions(void)
{
    MEMORY_BASIC_INFORMATION facts;
    for (char *at = NULL; VirtualQuery(at, &facts, sizeof facts);
         at = (char *)facts.BaseAddress + facts.RegionSize)
        if (facts.State != MEM_FREE)
            add("pages %08X %X %X %X %X\n", (unsigned)facts.BaseAddress, facts.RegionSize,
                facts.State, facts.State == MEM_COMMIT ? facts.Protect : 0, facts.Type);
}

int main(void)
{
    HANDLE heaps[16];
    DWORD written;
    make_blocks(GetProcessHeap());
    make_blocks(HeapCreate(0, 0, 0));
    free(malloc(10));
    make_regions();
    const DWORD count = GetProcessHeaps(16, heaps);
    for (DWORD i = 0; i < count; i++)
        list_heap(heaps[i]);
    list_regions();
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, (DWORD)length, &written, NULL);
    listed();
    return 0;
}
