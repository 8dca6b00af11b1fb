/* heap - what the heap costs, in TSC ticks: instructions, when the machine counts them
 * (tools/fathom run --icount); each line `name value unit`.
 *
 * Churn: N live blocks of 16 to 1,024 bytes, uniformly random; one step frees a random one
 * and allocates another.  10^6 steps bring it to rest, then STEPS are counted; the same
 * loop without heap is subtracted.  Overhead: private committed bytes of the process that
 * are there for the heap, over the bytes the blocks were asked for with, at that moment.
 * Growth: the dearest step of 10^3, 10^4 and 10^5 live blocks over one of 10^3.
 * Every line has a heap of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define MOST  100000
#define STEPS 100000
#define REST  1000000

static void *blocks[MOST];
static unsigned sizes[MOST], order[MOST];
static size_t live;
static unsigned seed;
static HANDLE heap;

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

/* Numerical Recipes, ch. 7; the upper bits are the good ones. */
static inline unsigned below(unsigned limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)seed * limit >> 32);
}

static size_t committed(void)
{
    MEMORY_BASIC_INFORMATION about;
    size_t sum = 0;
    for (char *at = NULL; VirtualQuery(at, &about, sizeof about);
         at = (char *)about.BaseAddress + about.RegionSize)
        if (about.State == MEM_COMMIT && about.Type == MEM_PRIVATE)
            sum += about.RegionSize;
    return sum;
}

static void line(const char *name, unsigned long long cost, unsigned count)
{
    printf("%s %llu.%llu instructions\n", name, cost / count, cost * 10 / count % 10);
    fflush(stdout);
}

static void open_heap(void)
{
    seed = 1;
    live = 0;
    heap = HeapCreate(0, 0, 0);
}

/* ---- churn ---- */

static void churn_fill(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sizes[i] = 16 + below(1009);
        blocks[i] = HeapAlloc(heap, 0, sizes[i]);
        live += sizes[i];
    }
}

static __attribute__((noinline)) void churn(unsigned count, unsigned steps)
{
    while (steps--) {
        const unsigned i = below(count);
        HeapFree(heap, 0, blocks[i]);
        live -= sizes[i];
        sizes[i] = 16 + below(1009);
        blocks[i] = HeapAlloc(heap, 0, sizes[i]);
        live += sizes[i];
    }
}

static __attribute__((noinline)) void churn_nothing(unsigned count, unsigned steps)
{
    while (steps--) {
        const unsigned i = below(count);
        live -= sizes[i];
        sizes[i] = 16 + below(1009);
        *(void *volatile *)&blocks[i] = NULL;
        live += sizes[i];
    }
}

static unsigned long long churn_of(unsigned count, const char *name, const char *overhead)
{
    char title[32];
    const size_t before = committed();
    open_heap();
    churn_fill(count);
    churn(count, REST);
    if (overhead) {
        const unsigned long long held = committed() - before;
        snprintf(title, sizeof title, "heap_overhead_%s", overhead);
        printf("%s %llu.%03llu committed/live\n", title, held / live,
               held * 1000 / live % 1000);
    }
    unsigned long long start = ticks();
    churn(count, STEPS);
    unsigned long long cost = ticks() - start;
    HeapDestroy(heap);
    start = ticks();
    churn_nothing(count, STEPS);
    cost -= ticks() - start;
    snprintf(title, sizeof title, "heap_churn_%s", name);
    line(title, cost, STEPS);
    return cost;
}

/* ---- pairs, batches, the rest ---- */

static void pairs(const char *name, size_t size)
{
    open_heap();
    for (int i = 0; i < 40; i++)
        HeapAlloc(heap, 0, size);
    unsigned long long start = ticks();
    for (int i = 0; i < 10000; i++)
        HeapFree(heap, 0, HeapAlloc(heap, 0, size));
    unsigned long long cost = ticks() - start;
    start = ticks();
    for (int i = 0; i < 10000; i++)
        __asm__ volatile("");
    line(name, cost - (ticks() - start), 10000);
    HeapDestroy(heap);
}

static void batch(const char *name, int way)
{
    const unsigned count = 10000;
    open_heap();
    for (unsigned i = 0; i < count; i++)
        order[i] = way < 0 ? count - 1 - i : i;
    for (unsigned i = count - 1; way == 0 && i > 0; i--) {
        const unsigned j = below(i + 1), other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
    for (unsigned i = 0; i < count; i++)
        sizes[i] = 16 + below(49);
    const unsigned long long start = ticks();
    for (unsigned i = 0; i < count; i++)
        blocks[i] = HeapAlloc(heap, 0, sizes[i]);
    for (unsigned i = 0; i < count; i++)
        HeapFree(heap, 0, blocks[order[i]]);
    line(name, ticks() - start, count);
    HeapDestroy(heap);
}

static void append(void)
{
    open_heap();
    const unsigned long long start = ticks();
    char *text = HeapAlloc(heap, 0, 16);
    for (unsigned i = 2; i <= 4096; i++)
        text = HeapReAlloc(heap, 0, text, 16 * i);
    line("heap_realloc_append", ticks() - start, 4095);
    HeapDestroy(heap);
}

static void large(void)
{
    open_heap();
    const unsigned long long start = ticks();
    for (unsigned i = 0; i < 256; i++)
        HeapFree(heap, 0, HeapAlloc(heap, 0, 65536 + below(4 * 1048576 - 65536)));
    line("heap_large", ticks() - start, 256);
    HeapDestroy(heap);
}

/* One free and one allocation of 17 to 21 KB, which the front end does not serve, among count. */
static void back_end(const char *name, unsigned count)
{
    open_heap();
    for (unsigned i = 0; i < count; i++)
        blocks[i] = HeapAlloc(heap, 0, 17000 + below(4000));
    unsigned long long start = 0;
    for (unsigned i = 0; i < 2 * count + 1000; i++) {
        const unsigned j = below(count);
        if (i == 2 * count)
            start = ticks();
        HeapFree(heap, 0, blocks[j]);
        blocks[j] = HeapAlloc(heap, 0, 17000 + below(4000));
    }
    line(name, ticks() - start, 1000);
    HeapDestroy(heap);
}

static DWORD WINAPI free_all(void *count)
{
    for (unsigned i = 0; i < (unsigned)(size_t)count; i++)
        HeapFree(heap, 0, blocks[i]);
    return 0;
}

/* One thread allocates, the other frees; switches and waits included. */
static void cross(void)
{
    open_heap();
    unsigned long long cost = 0;
    for (int round = 0; round < 10; round++) {
        const unsigned long long start = ticks();
        for (unsigned i = 0; i < 10000; i++)
            blocks[i] = HeapAlloc(heap, 0, 16 + below(49));
        HANDLE thread = CreateThread(NULL, 0, free_all, (void *)10000, 0, NULL);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
        cost += ticks() - start;
    }
    line("heap_cross_thread", cost, 100000);
    HeapDestroy(heap);
}

/* HeapValidate, which looks at a heap as the check at exit does, with count blocks of 40 bytes. */
static unsigned long long check_of(DWORD flags, unsigned count)
{
    heap = HeapCreate(flags, 0, 0);
    for (unsigned i = 0; i < count; i++)
        blocks[i] = HeapAlloc(heap, 0, 40);
    HeapValidate(heap, 0, NULL); /* so that all of it is there */
    unsigned long long start = ticks();
    HeapValidate(heap, 0, NULL);
    unsigned long long cost = ticks() - start;
    HeapDestroy(heap);
    return cost;
}

/* Of a heap without a block; of each block of the front end and of the back end. */
static void checks(void)
{
    line("heap_check", check_of(0, 0), 1);
    line("heap_check_front", check_of(0, 2000) - check_of(0, 1000), 1000);
    line("heap_check_back",
         check_of(HEAP_NO_SERIALIZE, 2000) - check_of(HEAP_NO_SERIALIZE, 1000), 1000);
}

int main(void)
{
    pairs("heap_pair_16", 16);
    pairs("heap_pair_32", 32);
    pairs("heap_pair_64", 64);
    churn_of(100, "1e2", NULL);
    const unsigned long long small = churn_of(1000, "1e3", NULL);
    const unsigned long long middle = churn_of(10000, "1e4", "1e4");
    const unsigned long long great = churn_of(100000, "1e5", "1e5");
    const unsigned long long most = middle > great ? middle : great;
    printf("heap_growth_1e3_1e5 %llu.%03llu ratio\n", most / small,
           most * 1000 / small % 1000);
    batch("heap_batch_same", 1);
    batch("heap_batch_reverse", -1);
    batch("heap_batch_random", 0);
    append();
    large();
    back_end("heap_back_end_20k_1e1", 10);
    back_end("heap_back_end_20k_1e4", 10000);
    cross();
    checks();
    return 0;
}
