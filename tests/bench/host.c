/* host.c - what malloc costs on the host, whichever it is: the program of make bench-host.
 *
 * The allocator is the one that LD_PRELOAD names; `host owner` says whose malloc answers, so
 * that what is measured is what was meant.  Each row runs in a child of its own, with a heap
 * as young as any other's, and prints `name value unit`: nanoseconds an operation, the loop
 * around it included.  Under valgrind, `host count ROW` runs one row between two requests
 * that switch counting on and off, and `host loop ROW` the same without the allocator: what
 * is subtracted.
 *
 * Churn: N live blocks of 16 to 1,024 bytes, uniformly random; a step frees a random one and
 * allocates another.  Overhead: resident bytes that the process has more than before, over
 * the bytes the blocks were asked for with, all of them written.  (What is only reserved or
 * promised differs from what is used with each allocator's habits; pages that are there do
 * not.)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION (void)0
#define CALLGRIND_STOP_INSTRUMENTATION  (void)0
#endif

#define MOST 100000
#define MANY 10000 /* blocks of a batch */

static void *blocks[MOST];
static unsigned sizes[MOST], order[MOST];
static size_t live;
static unsigned seed = 1;
static int counting;  /* short loops, and the result is no time */
static int only_loop; /* nothing is allocated */
static double began, spent;

/* A thread's own time, so that other programs matter less; where there are two, the clock's. */
static clockid_t measure = CLOCK_THREAD_CPUTIME_ID;

static double now(void)
{
    struct timespec time;
    clock_gettime(measure, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void start(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    began = now();
}

static void stop(void)
{
    spent += now() - began;
    CALLGRIND_STOP_INSTRUMENTATION;
}

/* Numerical Recipes, ch. 7; the upper bits are the good ones. */
static inline unsigned below(unsigned limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)seed * limit >> 32);
}

/* A block that no compiler knows. */
static inline void *some(size_t size)
{
    static char nothing[65536];
    void *block = only_loop ? nothing : malloc(size);
    __asm__ volatile("" : "+r"(block)::"memory");
    return block;
}

static inline void give(void *block)
{
    if (!only_loop)
        free(block);
}

static void line(const char *name, unsigned long operations)
{
    printf("%s %.3f %s\n", name,
           counting ? (double)operations : spent / (double)operations,
           counting ? "operations" : "ns");
}

/* ---- the rows: name, and a number that says which of them ---- */

static void pair(const char *name, long size)
{
    const unsigned passes = counting ? 20000 : 200000;
    for (int i = 0; i < 40; i++)
        some((size_t)size); /* these stay */
    start();
    for (unsigned i = 0; i < passes; i++)
        give(some((size_t)size));
    stop();
    line(name, passes);
}

static void fill(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sizes[i] = 16 + below(1009);
        blocks[i] = some(sizes[i]);
        live += sizes[i];
    }
}

static __attribute__((noinline)) void churn_steps(unsigned count, unsigned steps,
                                                  int write)
{
    while (steps--) {
        const unsigned i = below(count);
        give(blocks[i]);
        live -= sizes[i];
        sizes[i] = 16 + below(1009);
        blocks[i] = some(sizes[i]);
        live += sizes[i];
        if (write)
            memset(blocks[i], 1, sizes[i]);
    }
}

static void churn(const char *name, long count)
{
    const unsigned steps = counting ? 50000 : 200000;
    fill((unsigned)count);
    churn_steps((unsigned)count, (unsigned)count * 3 + 100000, 0);
    start();
    churn_steps((unsigned)count, steps, 0);
    stop();
    line(name, steps);
}

static void batch(const char *name, long way)
{
    const unsigned rounds = counting ? 2 : 10;
    for (unsigned i = 0; i < MANY; i++) {
        order[i] = way < 0 ? MANY - 1 - i : i;
        sizes[i] = 16 + below(49);
    }
    for (unsigned i = MANY - 1; way == 0 && i > 0; i--) {
        const unsigned j = below(i + 1), other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
    for (unsigned round = 0; round < rounds; round++) {
        start();
        for (unsigned i = 0; i < MANY; i++)
            blocks[i] = some(sizes[i]);
        for (unsigned i = 0; i < MANY; i++)
            give(blocks[order[i]]);
        stop();
    }
    line(name, rounds * MANY);
}

/* 16 bytes at a time up to 64 KiB. */
static void append(const char *name, long unused)
{
    (void)unused;
    start();
    char *text = some(16);
    for (unsigned i = 2; i <= 4096; i++) {
        text = only_loop ? text : realloc(text, 16 * i);
        text[16 * i - 1] = 1;
    }
    stop();
    give(text);
    line(name, 4095);
}

/* Hundred vectors of ints that double their room, each pushed to in turn. */
static void vectors(const char *name, long count)
{
    enum { PUSHES = 2000 };
    struct {
        int *data;
        unsigned used, room;
    } vector[100] = {0};
    start();
    for (unsigned push = 0; push < PUSHES; push++)
        for (long v = 0; v < count; v++) {
            if (vector[v].used == vector[v].room) {
                const unsigned room = vector[v].room ? 2 * vector[v].room : 4;
                int *wider = some(room * sizeof(int));
                if (vector[v].room)
                    memcpy(wider, vector[v].data, vector[v].used * sizeof(int));
                give(vector[v].data);
                vector[v].data = wider;
                vector[v].room = room;
            }
            vector[v].data[vector[v].used++] = (int)push;
        }
    for (long v = 0; v < count; v++)
        give(vector[v].data);
    stop();
    line(name, PUSHES * (unsigned long)count);
}

/* 64 KiB to 4 MiB, 8 of them alive, first and last byte written. */
static void large(const char *name, long steps)
{
    start();
    for (long i = 0; i < steps; i++) {
        const size_t size = 65536 + below(4 * 1048576 - 65536);
        give(blocks[i % 8]);
        char *block = blocks[i % 8] = some(size);
        block[0] = block[size - 1] = 1;
    }
    stop();
    line(name, (unsigned long)steps);
}

static pthread_barrier_t barrier;

static void *free_all(void *rounds)
{
    for (long round = 0; round < (long)rounds; round++) {
        pthread_barrier_wait(&barrier);
        for (unsigned i = 0; i < MANY; i++)
            give(blocks[i]);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void *wait_twice(void *unused)
{
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

/* A pair in a process of two threads, one of which waits: an allocator may then have to lock what
 * it had not to before. */
static void pair_of_two(const char *name, long size)
{
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, wait_twice, NULL);
    pthread_barrier_wait(&barrier);
    pair(name, size);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
}

/* One thread allocates, another frees. */
static void cross(const char *name, long rounds)
{
    pthread_t thread;
    measure = CLOCK_MONOTONIC;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, free_all, (void *)rounds);
    for (long round = 0; round < rounds; round++) {
        start();
        for (unsigned i = 0; i < MANY; i++)
            blocks[i] = some(16 + below(49));
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        stop();
    }
    pthread_join(thread, NULL);
    line(name, (unsigned long)rounds * MANY);
}

static void *churn_beside(void *unused)
{
    (void)unused;
    enum { LIVE = 1000 };
    void *mine[LIVE] = {0};
    unsigned random = 7;
    pthread_barrier_wait(&barrier);
    for (unsigned step = 0; step < 100000; step++) {
        random = random * 1664525u + 1013904223u;
        const unsigned i = (random >> 8) % LIVE;
        give(mine[i]);
        mine[i] = some(16 + (random >> 20) % 1009);
    }
    return NULL;
}

/* Two threads churn, each its own blocks. */
static void beside(const char *name, long unused)
{
    (void)unused;
    pthread_t thread;
    measure = CLOCK_MONOTONIC;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, churn_beside, NULL);
    start();
    churn_beside(NULL);
    pthread_join(thread, NULL);
    stop();
    line(name, 200000);
}

static size_t resident(void)
{
    size_t pages = 0;
    FILE *about = fopen("/proc/self/statm", "r");
    if (!about || fscanf(about, "%*u %zu", &pages) != 1)
        exit(2);
    fclose(about);
    return pages * 4096;
}

static void overhead(const char *name, long count)
{
    give(some(1 << 16)); /* what stdio and the allocator need to begin with is there */
    memset(blocks, 0, sizeof blocks);
    memset(sizes, 0, sizeof sizes);
    const size_t before = resident();
    fill((unsigned)count);
    churn_steps((unsigned)count, 1000000, 1);
    for (long i = 0; i < count; i++)
        memset(blocks[i], 1, sizes[i]);
    printf("%s %.3f resident/live\n", name, (double)(resident() - before) / (double)live);
}

static const struct row {
    const char *name;
    void (*run)(const char *, long);
    long way;
} rows[] = {
    {"pair_16", pair, 16},
    {"pair_32", pair, 32},
    {"pair_64", pair, 64},
    {"pair_2_threads", pair_of_two, 16},
    {"churn_1e2", churn, 100},
    {"churn_3e2", churn, 300},
    {"churn_1e3", churn, 1000},
    {"churn_3e3", churn, 3000},
    {"churn_1e4", churn, 10000},
    {"churn_3e4", churn, 30000},
    {"churn_1e5", churn, 100000},
    {"batch_same", batch, 1},
    {"batch_reverse", batch, -1},
    {"batch_random", batch, 0},
    {"realloc_append", append, 0},
    {"vectors", vectors, 100},
    {"large", large, 256},
    {"cross_thread", cross, 10},
    {"churn_2_threads", beside, 0},
    {"overhead_1e4", overhead, 10000},
    {"overhead_1e5", overhead, 100000},
};
#define ROWS (sizeof rows / sizeof *rows)

/* Whose malloc and free answer. */
static int owner(void)
{
    static const char *const names[] = {"malloc", "free", "realloc", "calloc"};
    Dl_info about;
    for (unsigned i = 0; i < 4; i++) {
        if (!dladdr(dlsym(RTLD_DEFAULT, names[i]), &about))
            return 1;
        printf("%s %s\n", names[i], about.dli_fname);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "owner"))
        return owner();
    only_loop = argc > 2 && !strcmp(argv[1], "loop");
    counting = only_loop || (argc > 2 && !strcmp(argv[1], "count"));
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        int status;
        if (counting) {
            if (!strcmp(row->name, argv[2]))
                row->run(row->name, row->way);
            continue;
        }
        fflush(stdout);
        const pid_t child = fork();
        if (child == 0) {
            row->run(row->name, row->way);
            fflush(stdout);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 3;
    }
    return 0;
}
