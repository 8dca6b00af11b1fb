/* replay.h - a trace of labs/traces, played by the program under test.
 *
 * The judge writes the operations into this process and says how many to play; it reads the table
 * of blocks afterwards.  A side.c says which calls serve them.
 */
#ifndef LABS_JUDGE_REPLAY_H
#define LABS_JUDGE_REPLAY_H

#include "driven.h"

static struct operation replay_operations[OPERATIONS_MOST];
static void *replay_blocks[OPERATIONS_MOST];

static unsigned replay_ticks(void)
{
    unsigned low;
    __asm__ volatile("rdtsc" : "=a"(low)::"edx", "memory");
    return low;
}

/* Plays `count` operations from the first on.  more: the instructions of the dearest. */
static struct answer replay(unsigned count, void *(*take)(unsigned),
                            void *(*resize)(void *, unsigned), void (*give)(void *))
{
    struct answer answer = {(unsigned)replay_operations, 0, (unsigned)replay_blocks, 0};
    for (unsigned i = 0; i < count; i++) {
        const struct operation *it = &replay_operations[i];
        void **block = &replay_blocks[it->id];
        const unsigned start = replay_ticks();
        if (it->what == 'a')
            *block = take(it->size);
        else if (it->what == 'r')
            *block = resize(*block, it->size);
        else {
            give(*block);
            *block = (void *)0;
        }
        const unsigned cost = replay_ticks() - start;
        answer.more = cost > answer.more ? cost : answer.more;
    }
    return answer;
}

#endif
