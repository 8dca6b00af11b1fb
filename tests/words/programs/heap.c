/* heap.c - a heap in the state that each argument names, as HeapWalk has them, for `heap` to agree.
 *
 *   HEAP name address                 GetProcessHeaps, HeapCreate
 *   BLOCK name kind data bytes        HeapWalk: busy, free, range
 *
 * healthy   blocks of all kinds: small, freed, large, of the front end
 * empty     a heap without a block
 * overrun   the byte after a block is written, the header after it stays
 * header    16 bytes after a block are written: the header after it is gone
 * links     a free block's links are written: its Flink leads nowhere
 * circle    the free list leads back into itself
 * front     a block of the front end has a written header
 * gone      a heap that is destroyed
 * segment   a segment's header is written over
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

__attribute__((noinline)) void look_here(void)
{
    __asm__ volatile("" ::: "memory");
}

static char text[1 << 18];
static int used;

#define SAY(...) (used += snprintf(text + used, sizeof text - used, __VA_ARGS__))

static HANDLE heaps[16];

static void say_heap(const char *name, HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry = {0};
    SAY("HEAP %s %08lX\n", name, (ULONG)heap);
    while (HeapWalk(heap, &entry)) {
        const char *kind = entry.wFlags & PROCESS_HEAP_ENTRY_BUSY          ? "busy"
                           : entry.wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE ? "range"
                           : entry.wFlags & PROCESS_HEAP_REGION            ? NULL
                                                                           : "free";
        if (kind)
            SAY("BLOCK %s %s %08lX %lu\n", name, kind, (ULONG)entry.lpData, entry.cbData);
    }
}

/* Blocks that the test asks about, by their names in gdb. */
void *small, *inside, *freed, *large, *front, *page, *kept;

/* Blocks of the back end, side by side: the first that a new heap gives. */
static char *blocks[64];
static void make_blocks(HANDLE heap)
{
    for (int i = 0; i < 64; i++)
        blocks[i] = HeapAlloc(heap, 0, 20 + i * 4);
    for (int i = 1; i < 16; i += 4)
        HeapFree(heap, 0, blocks[i]);
}

static void make_healthy(HANDLE heap)
{
    make_blocks(heap);
    for (int i = 0; i < 200; i++)
        HeapAlloc(heap, 0, 48);
    front = HeapAlloc(heap, 0, 48);
    HeapFree(heap, 0, HeapAlloc(heap, 0, 48));
    small = blocks[0];
    inside = blocks[40] + 7;
    freed = blocks[5];
    large = HeapAlloc(heap, 0, 600000);
    page = HeapAlloc(heap, 0, 100000);
    kept = malloc(100000); /* recorded by inside.t: msvcrt's heap commits more */
}

static HANDLE make(const char *mode)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    if (!strcmp(mode, "healthy"))
        make_healthy(heap);
    else if (strcmp(mode, "empty"))
        make_blocks(heap);
    for (int i = 0; i < 200 && !strcmp(mode, "front"); i++)
        blocks[0] = HeapAlloc(heap, 0, 48);
    return heap;
}

static void damage(HANDLE heap, const char *mode)
{
    ULONG *links = (ULONG *)blocks[5];
    if (!strcmp(mode, "overrun"))
        blocks[0][20] = 1;
    if (!strcmp(mode, "header"))
        memset(blocks[2], 'A', 48);
    if (!strcmp(mode, "links"))
        links[0] = 0x41414141;
    if (!strcmp(mode, "circle"))
        ((ULONG *)(ULONG_PTR)links[0])[0] = (ULONG)(ULONG_PTR)links;
    if (!strcmp(mode, "front"))
        memset(blocks[0] - 8, 'B', 8);
    if (!strcmp(mode, "gone"))
        HeapDestroy(heap);
    if (!strcmp(mode, "segment"))
        memset(heap, 'C', 0x20);
}

/* One heap for each mode; the damaged ones stay, so that the process ends without a look at them.
 */
int main(int count, char **arguments)
{
    GetProcessHeaps(16, heaps);
    for (int i = 1; i < count; i++) {
        HANDLE heap = make(arguments[i]);
        DWORD written;
        used = 0;
        say_heap(arguments[i], heap);
        for (int n = 1; n < 3 && i == 1; n++)
            say_heap(n == 1 ? "process" : "msvcrt", heaps[n - 1]);
        damage(heap, arguments[i]);
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, used, &written, NULL);
        look_here();
    }
    TerminateProcess(GetCurrentProcess(), 0);
    return 0;
}
