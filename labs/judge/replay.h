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

/* Ticks of the clock since boot (the page that the kernel shares, KUSER_SHARED_DATA.TickCount). */
static unsigned replay_clock(void)
{
    return *(volatile unsigned *)0x7FFE0320;
}

/* Instructions of an operation that began at `start`; 0 when the clock's interrupt, which is not
 * the operation's, fell into it.  One that takes longer than a tick by itself always counts. */
static unsigned replay_cost(unsigned start, unsigned clock)
{
    const unsigned cost = replay_ticks() - start;
    return replay_clock() != clock && cost < 10000000 ? 0 : cost;
}

/* Plays `count` operations from the first on.  more: the instructions of the dearest. */
static struct answer replay(unsigned count, void *(*take)(unsigned),
                            void *(*resize)(void *, unsigned), void (*give)(void *))
{
    struct answer answer = {(unsigned)replay_operations, 0, (unsigned)replay_blocks, 0};
    for (unsigned i = 0; i < count; i++) {
        const struct operation *it = &replay_operations[i];
        void **block = &replay_blocks[it->id];
        const unsigned clock = replay_clock(), start = replay_ticks();
        if (it->what == 'a')
            *block = take(it->size);
        else if (it->what == 'r')
            *block = resize(*block, it->size);
        else {
            give(*block);
            *block = (void *)0;
        }
        const unsigned cost = replay_cost(start, clock);
        answer.more = cost > answer.more ? cost : answer.more;
    }
    return answer;
}

#endif
