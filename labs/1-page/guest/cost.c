/* cost.c - what a page costs, in instructions: its first touch and its share of a decommit, with
 * tens of thousands of pages free.  A loop over free pages costs a hundred times as much.
 *
 * At each lab_mark outside/cost.py may look; it goes through some stretches step by step. */
#include "lab.h"

enum { PAGE = 4096, PAGES = 8, ROUNDS = 4, STRETCHES = ROUNDS * (PAGES + 1) };

/* Stretch by stretch: the touches of a round, then its decommit. */
static unsigned took[STRETCHES];

static unsigned ticks(void)
{
    unsigned low;
    __asm__ volatile("rdtsc" : "=a"(low)::"edx", "memory");
    return low;
}

static void one_round(volatile char *block, unsigned *took)
{
    VirtualAlloc((void *)block, PAGES * PAGE, MEM_COMMIT, PAGE_READWRITE);
    for (unsigned i = 0; i < PAGES; i++) {
        const unsigned start = ticks();
        block[i * PAGE] = 1;
        took[i] = ticks() - start;
        lab_mark(1, block);
    }
    const unsigned start = ticks();
    VirtualFree((void *)block, PAGES * PAGE, MEM_DECOMMIT);
    took[PAGES] = ticks() - start;
    lab_mark(2, block);
}

/* The mean of the touches, or of the decommits, that the judge outside did not step through.  The
 * first round warms up. */
static unsigned mean(unsigned decommits)
{
    unsigned sum = 0, count = 0;
    for (unsigned i = PAGES + 1; i < STRETCHES; i++)
        if (!lab_stepped[i] && (i % (PAGES + 1) == PAGES) == decommits)
            sum += took[i], count++;
    return sum / count;
}

LAB_CASE(constant_time)
{
    volatile char *block = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE, PAGE_READWRITE);
    LAB_EXPECT(block != NULL, "MiTakePage", "32 KiB reserved", "NULL");
    lab_stepped[0] = 0;
    for (unsigned round = 0; round < ROUNDS; round++)
        one_round(block, &took[round * (PAGES + 1)]);
    LAB_COST(mean(0) + mean(1) / PAGES);
}
