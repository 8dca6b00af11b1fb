/* entries.c - what the defence of lab 5 is about: blocks of a heap with the student's free list,
 * taken and given back.  The heap has no front end, so that each call comes to it. */
#include "labheap.h"

static void frees(unsigned i)
{
    snprintf(says[++step], sizeof *says, "RtlFreeHeap(heap, 0, block of step %u)",
             block[i].step);
    defence_step(step, says[step], "", (unsigned)block[i].at);
    release(heap, 0, block[i].at);
    defence_done(step, 0);
    block[i].at = NULL;
}

int main(int count, char **words)
{
    defence_arguments(count, words);
    make_heap(HEAP_GROWABLE | HEAP_NO_SERIALIZE);
    defence_begin();
    for (unsigned i = 0; i < 7; i++)
        allocates(i, 40 + 30 * defence_random(6));
    for (unsigned i = 1; i < 6; i += 2)
        frees(i);
    for (int n = 0; n < 16; n++) {
        const unsigned i = defence_random(BLOCKS);
        if (block[i].at)
            frees(i);
        else
            allocates(i, 24 + defence_random(300));
    }
    defence_end();
    defence_count = step;
    return defence_report();
}
