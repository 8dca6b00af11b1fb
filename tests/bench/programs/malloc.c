/* link: -lcw3220 */
/* malloc.c - what cw3220's heap costs with few and with many blocks alive, in TSC ticks:
 * instructions under icount.  Each line `name value`. */
#include <windows.h>
#include <cw3220.h>
#include <stdio.h>

#define MOST  10000u
#define PAIRS 20000u

static void *live[MOST];
static unsigned state = 1;

static unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

/* Numerical Recipes, ch. 7; the upper bits are the good ones. */
static unsigned below(unsigned limit)
{
    state = state * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)state * limit >> 32);
}

/* Frees a random block of `count` and allocates another, `pairs` times. */
static void churn(unsigned count, unsigned pairs)
{
    for (unsigned i = 0; i < pairs; i++) {
        void **slot = &live[below(count)];
        free(*slot);
        *slot = malloc(16 + below(500));
    }
}

static void measure(const char *name, unsigned count)
{
    struct heapinfo at = {NULL, 0, 0};
    unsigned steps = 0;
    for (unsigned i = 0; i < count; i++)
        live[i] = malloc(16 + below(500));
    churn(count, 5 * PAIRS); /* to rest */
    unsigned long long start = ticks();
    churn(count, PAIRS);
    unsigned long long pair = (ticks() - start) / PAIRS;
    start = ticks();
    while (heapwalk(&at) == _HEAPOK)
        steps++;
    unsigned long long step = (ticks() - start) / steps;
    start = ticks();
    if (heapcheck() != _HEAPOK)
        ExitProcess(1);
    printf("pair_%s %llu\nstep_%s %llu\ncheck_%s %llu\n", name, pair, name, step, name,
           (ticks() - start) / steps);
    for (unsigned i = 0; i < count; i++)
        free(live[i]);
}

int main(void)
{
    measure("10", 10);
    measure("10000", MOST);
    return 0;
}
