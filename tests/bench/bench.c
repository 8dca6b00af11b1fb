/* bench - what one pass of each thing costs, in TSC ticks: instructions, when the machine
 * counts them (tools/fathom run --icount).
 *
 * Each line `name value`: the least of ROUNDS rounds of COUNT passes, the empty loop
 * subtracted. What must be cold is measured by the page or block that it uses up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include <winternl.h>

#define COUNT  256
#define ROUNDS 9
#define PAGE   4096

typedef LONG(NTAPI *NULL_SERVICE)(void);
static NULL_SERVICE null_service;
static char *region;
static HANDLE heap;

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

/* ---- what is measured: one pass each; i counts the passes of a round ---- */

static void empty(int i)
{
    __asm__ volatile("" ::"r"(i) : "memory");
}

static void call_null(int i)
{
    (void)i;
    null_service();
}

static void commit_page(int i)
{
    VirtualAlloc(region + i * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
}

static void first_touch(int i)
{
    region[i * PAGE] = 1;
}

static void heap_pair(int i)
{
    (void)i;
    HeapFree(heap, 0, HeapAlloc(heap, 0, 32));
}

static void local_pair(int i)
{
    (void)i;
    LocalFree(LocalAlloc(LMEM_FIXED, 32));
}

static void global_pair(int i)
{
    (void)i;
    GlobalFree(GlobalAlloc(GMEM_FIXED, 32));
}

static void malloc_pair(int i)
{
    void *volatile block = malloc(32);
    (void)i;
    free(block);
}

/* ---- before and after a round ---- */

static void nothing(void)
{
}

static void reserve(void)
{
    region = VirtualAlloc(NULL, COUNT * PAGE, MEM_RESERVE, PAGE_READWRITE);
}

static void commit(void)
{
    region = VirtualAlloc(NULL, COUNT * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static void release(void)
{
    VirtualFree(region, 0, MEM_RELEASE);
}

static const struct {
    const char *name;
    void (*pass)(int), (*before)(void), (*after)(void);
} rows[] = {
    {"null_service", call_null, nothing, nothing},
    {"commit_page", commit_page, reserve, release},
    {"first_touch", first_touch, commit, release},
    {"heap_pair", heap_pair, nothing, nothing},
    {"local_pair", local_pair, nothing, nothing},
    {"global_pair", global_pair, nothing, nothing},
    {"malloc_pair", malloc_pair, nothing, nothing},
};

static unsigned long long round_of(void (*volatile pass)(int))
{
    const unsigned long long start = ticks();
    for (int i = 0; i < COUNT; i++)
        pass(i);
    return ticks() - start;
}

static unsigned long long least(void (*pass)(int), void (*before)(void),
                                void (*after)(void))
{
    unsigned long long best = ~0ull;
    for (int r = 0; r < ROUNDS; r++) {
        before();
        const unsigned long long cost = round_of(pass);
        after();
        if (cost < best)
            best = cost;
    }
    return best;
}

int main(void)
{
    null_service =
        (NULL_SERVICE)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtFathomNull");
    heap = GetProcessHeap();
    if (!null_service) {
        fprintf(stderr, "bench: this is not Fathom (ntdll has no NtFathomNull)\n");
        return 1;
    }
    const unsigned long long loop = least(empty, nothing, nothing);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const unsigned long long cost =
            least(rows[i].pass, rows[i].before, rows[i].after);
        printf("%s %llu\n", rows[i].name, (cost - loop + COUNT / 2) / COUNT);
    }
    return 0;
}
