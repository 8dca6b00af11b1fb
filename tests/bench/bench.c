/* bench - what one pass of each thing costs, in TSC ticks: instructions, when the machine
 * counts them (tools/fathom run --icount).
 *
 * Each line `name value`: the least of some rounds of many passes, the empty loop
 * subtracted. What must be cold is measured by the page or block that it uses up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include <winternl.h>

#define COUNT  512 /* pages: as many as a page table has entries */
#define ROUNDS 9
#define PAGE   4096
#define LARGE  (64 << 20) /* commit_touch_per_page */
#define MANY   10000      /* regions, at most, while the memory rows are measured again */
#define PLACES 65   /* of a stack of 2 MiB, 64 KiB apart: every place in a page table */
#define OTHERS 1000 /* threads that wait */

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

static void decommit_page(int i)
{
    VirtualFree(region + i * PAGE, PAGE, MEM_DECOMMIT);
}

static void *slots[COUNT];

static void reserve_64k(int i)
{
    slots[i] = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
}

static void release_64k(int i)
{
    VirtualFree(slots[i], 0, MEM_RELEASE);
}

/* One commit of 64 MiB, and every page of it touched. */
static void commit_touch(int i)
{
    if (i == 0)
        VirtualAlloc(region, LARGE, MEM_COMMIT, PAGE_READWRITE);
    region[i * PAGE] = 1;
}

/* There and back: two switches. */
static void yield(int i)
{
    (void)i;
    SwitchToThread();
}

static DWORD CALLBACK nothing_thread(void *unused)
{
    (void)unused;
    return 0;
}

static void thread_pair(int i)
{
    HANDLE thread = CreateThread(NULL, 0, nothing_thread, NULL, 0, NULL);
    (void)i;
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static char self[MAX_PATH];

static void process_pair(int i)
{
    char line[] = "bench child";
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    (void)i;
    if (!CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child))
        exit(2);
    WaitForSingleObject(child.hProcess, INFINITE);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
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

static void touch_all(void)
{
    commit();
    for (int i = 0; i < COUNT; i++)
        first_touch(i);
}

/* As commit, and the idle thread gets the time to zero every page that is free. */
static void commit_and_idle(void)
{
    commit();
    Sleep(500);
}

static void reserve_large(void)
{
    region = VirtualAlloc(NULL, LARGE, MEM_RESERVE, PAGE_READWRITE);
}

static void reserve_all(void)
{
    for (int i = 0; i < COUNT; i++)
        reserve_64k(i);
}

static void release_all(void)
{
    for (int i = 0; i < COUNT; i++)
        release_64k(i);
}

static volatile LONG partner_ends;
static HANDLE partner;

static DWORD CALLBACK partner_thread(void *unused)
{
    (void)unused;
    while (!partner_ends)
        SwitchToThread();
    return 0;
}

static void start_partner(void)
{
    partner_ends = 0;
    partner = CreateThread(NULL, 0, partner_thread, NULL, 0, NULL);
    SwitchToThread();
}

static void end_partner(void)
{
    partner_ends = 1;
    WaitForSingleObject(partner, INFINITE);
    CloseHandle(partner);
}

typedef struct row {
    const char *name;
    void (*pass)(int), (*before)(void), (*after)(void);
    int count, rounds, shares; /* shares: what one pass does so many times */
} ROW;

static const ROW rows[] = {
    {"null_service", call_null, nothing, nothing, COUNT, ROUNDS, 1},
    {"heap_pair", heap_pair, nothing, nothing, COUNT, ROUNDS, 1},
    {"local_pair", local_pair, nothing, nothing, COUNT, ROUNDS, 1},
    {"global_pair", global_pair, nothing, nothing, COUNT, ROUNDS, 1},
    {"malloc_pair", malloc_pair, nothing, nothing, COUNT, ROUNDS, 1},
};
static const ROW memory_rows[] = {
    {"reserve_64k", reserve_64k, nothing, release_all, COUNT, ROUNDS, 1},
    {"commit_page", commit_page, reserve, release, COUNT, ROUNDS, 1},
    {"first_touch", first_touch, commit, release, COUNT, ROUNDS, 1},
    {"decommit_page", decommit_page, touch_all, release, COUNT, ROUNDS, 1},
    {"release_64k", release_64k, reserve_all, nothing, COUNT, ROUNDS, 1},
};
static const ROW late_rows[] = {
    /* These leave time to idle, and idle time leaves zeroed pages. */
    {"commit_touch_per_page", commit_touch, reserve_large, release, LARGE / PAGE, 1, 1},
    {"context_switch", yield, start_partner, end_partner, COUNT, ROUNDS, 2},
    {"thread_create_exit", thread_pair, nothing, nothing, 16, 3, 1},
    {"process_create_exit", process_pair, nothing, nothing, 4, 3, 1},
    {"first_touch_zeroed", first_touch, commit_and_idle, release, COUNT, 3, 1},
};

static HANDLE gate;

static DWORD CALLBACK waiting_thread(void *unused)
{
    (void)unused;
    return WaitForSingleObject(gate, INFINITE);
}

static unsigned long long round_of(void (*volatile pass)(int), int count)
{
    const unsigned long long start = ticks();
    for (int i = 0; i < count; i++)
        pass(i);
    return ticks() - start;
}

static unsigned long long least(const ROW *row)
{
    unsigned long long best = ~0ull;
    for (int r = 0; r < row->rounds; r++) {
        row->before();
        const unsigned long long cost = round_of(row->pass, row->count);
        row->after();
        if (cost < best)
            best = cost;
    }
    return best;
}

/* The price of each row, the loop's own taken off; suffix: what was different. */
static void measure(const ROW *list, size_t count, const char *suffix)
{
    static const ROW loop = {"", empty, nothing, nothing, COUNT, ROUNDS, 1};
    const unsigned long long turn = (least(&loop) + COUNT / 2) / COUNT;
    for (const ROW *row = list; row < list + count; row++) {
        const unsigned long long passes = (unsigned long long)row->count * row->shares;
        printf("%s%s %llu\n", row->name, suffix,
               (least(row) + passes / 2) / passes - turn / row->shares);
    }
}
#define MEASURE(list, suffix) measure(list, sizeof list / sizeof *list, suffix)

/* Again among so many regions. */
static void measure_among(int regions, const char *suffix)
{
    static void *others[MANY];
    for (int i = 0; i < regions; i++)
        others[i] = VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE);
    if (!others[regions - 1])
        exit(3);
    MEASURE(memory_rows, suffix);
    for (int i = 0; i < regions; i++)
        VirtualFree(others[i], 0, MEM_RELEASE);
}

/* The dearest place of a stack: where it lies in the page tables decides what it shares. */
static void measure_threads_anywhere(void)
{
    static void *held[PLACES];
    unsigned long long most = 0;
    for (int i = 0; i < PLACES; i++) {
        unsigned long long cost = round_of(thread_pair, 8) / 8;
        most = cost > most && i ? cost : most; /* the first round warms up */
        held[i] = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_READWRITE);
    }
    for (int i = 0; i < PLACES; i++)
        VirtualFree(held[i], 0, MEM_RELEASE);
    printf("thread_create_exit_anywhere %llu\n", most);
}

static void measure_threads_among(void)
{
    static HANDLE others[OTHERS];
    gate = CreateEvent(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < OTHERS; i++)
        others[i] = CreateThread(NULL, 0x10000, waiting_thread, NULL,
                                 STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    Sleep(50);
    round_of(thread_pair, 1);
    printf("thread_create_exit_t1000 %llu\n", round_of(thread_pair, 16) / 16);
    SetEvent(gate);
    for (int i = 0; i < OTHERS; i++) {
        WaitForSingleObject(others[i], INFINITE);
        CloseHandle(others[i]);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) /* process_pair's child */
        return 0;
    null_service =
        (NULL_SERVICE)(void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtFathomNull");
    heap = GetProcessHeap();
    if (!null_service) {
        fprintf(stderr, "bench: this is not Fathom (ntdll has no NtFathomNull)\n");
        return 1;
    }
    GetModuleFileNameA(NULL, self, sizeof self);
    MEASURE(rows, "");
    MEASURE(memory_rows, "");
    measure_among(10, "_r10");
    measure_among(1000, "_r1000");
    measure_among(MANY, "_r10000");
    MEASURE(late_rows, "");
    measure_threads_anywhere();
    measure_threads_among();
    return 0;
}
