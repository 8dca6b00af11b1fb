/* precise.h - a time finer than the clock's tick, that never goes back.
 *
 *     clock    ────────┐        ┐            a step each tick, the true time
 *     counter  . . . . . . . . .             fine, but of an unknown start
 *     answer   the counter plus Between, held within [clock, clock + 2 ticks]
 *
 * Ticks may come late, as on a busy machine, or be lost: then the counter runs ahead of the clock.
 * The answer stays at the window's end, but for the smallest step each time, until the clock comes.
 * To follow the clock at once would show a time twice.
 *
 * Invariant: for a clock and a counter that never go back, each answer is above the one before.
 * Lock: the caller's, from reading the clock and the counter until the answer is there.
 * Source: Microsoft's page for GetSystemTimePreciseAsFileTime. */
#ifndef KERNEL32_PRECISE_H
#define KERNEL32_PRECISE_H

#define PRECISE_TICK 156250u /* 100 ns */

typedef struct {
    unsigned long long Between, Last; /* the answer less the counter; the answer before */
} PRECISE;

/* All in 100 ns.  *State: the caller's, zeroed at first. */
static inline unsigned long long
BasepFollowClock(unsigned long long Clock, unsigned long long Counter, PRECISE *State)
{
    unsigned long long Now = Counter + State->Between;
    if (Now < Clock)
        Now = Clock;
    else if (Now > Clock + 2 * PRECISE_TICK)
        Now = Clock + 2 * PRECISE_TICK;
    if (Now <= State->Last)
        Now = State->Last + 1;
    State->Between = Now - Counter;
    return State->Last = Now;
}

#endif
