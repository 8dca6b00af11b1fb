/* cost.c - what a page costs, in instructions: the first touch and the decommit of a page, with
 * tens of thousands of pages free.  A loop over free pages costs a hundred times as much. */
#include "lab.h"

enum { PAGE = 4096, PAGES = 64, ROUNDS = 4 };

static unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

LAB_CASE(constant_time)
{
    unsigned long long best = ~0ull;
    volatile char *block = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE, PAGE_READWRITE);
    LAB_EXPECT(block != NULL, "MiTakePage", "256 KiB reserved", "NULL");
    for (unsigned round = 0; round < ROUNDS; round++) {
        VirtualAlloc((void *)block, PAGES * PAGE, MEM_COMMIT, PAGE_READWRITE);
        unsigned long long start = ticks();
        for (unsigned i = 0; i < PAGES; i++)
            block[i * PAGE] = 1;
        VirtualFree((void *)block, PAGES * PAGE, MEM_DECOMMIT);
        unsigned long long cost = (ticks() - start) / PAGES;
        best = cost < best ? cost : best;
    }
    LAB_COST(best);
}
