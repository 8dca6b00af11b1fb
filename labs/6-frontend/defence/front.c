/* front.c - what the defence of lab 6 is about: blocks of a heap with the student's front end. */
#include "labheap.h"

#ifndef LAB_USE
#define LAB_USE 18
#endif

static void frees(unsigned i)
{
    const BOOL changed = step + 1 == defence_changed;
    snprintf(says[++step], sizeof *says, "RtlFreeHeap(heap, 0, block of step %u)",
             block[i].step);
    snprintf(others[step], sizeof *others, "nothing is done");
    defence_step(step, says[step], others[step], (unsigned)block[i].at);
    if (!changed)
        release(heap, 0, block[i].at);
    block[i].at = NULL;
    defence_done(step, 0);
}

/* The class is asked for until the front end is about to serve it. */
static void warm(unsigned size, unsigned times)
{
    while (times-- > 0)
        allocate(heap, 0, size);
}

int main(int count, char **words)
{
    defence_arguments(count, words);
    make_heap(HEAP_GROWABLE);
    warm(40, LAB_USE - 2);
    warm(100, LAB_USE - 2);
    defence_begin();
    for (unsigned i = 0; i < 6; i++)
        allocates(i, i % 2 ? 90 + defence_random(8) : 36 + defence_random(4));
    while (step < 24) {
        const unsigned i = defence_random(BLOCKS);
        if (block[i].at)
            frees(i);
        else
            allocates(i, defence_random(3) ? 34 + defence_random(6)
                                           : 92 + defence_random(6));
    }
    defence_end();
    defence_count = step;
    return defence_report();
}
