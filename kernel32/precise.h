/* precise.h - a time finer than the clock's tick, that never goes back.
 *
 *     clock    ────────┐        ┐            a step each tick, the true time
 *     counter  . . . . . . . . .             fine, but of an unknown start
 *     answer   the counter plus Between, held within [clock, clock + 2 ticks]
 *
 * Ticks may come late, as on a busy machine: then the counter runs ahead of the clock.  The
 * answer stays at the window's end until the clock has caught up.  To follow the clock at once
 * would show a time twice.
 *
 * Invariant: for a clock and a counter that never go back, no answer is below the one before.
 * Lock: the caller's, from reading the clock and the counter until the answer is there.
 * Source: Microsoft's page for GetSystemTimePreciseAsFileTime. */
#ifndef KERNEL32_PRECISE_H
#define KERNEL32_PRECISE_H

#define PRECISE_TICK 156250u /* 100 ns */

/* All in 100 ns.  *Between: the caller's, 0 at first. */
static inline unsigned long long BasepFollowClock(unsigned long long Clock,
                                                  unsigned long long Counter,
                                                  unsigned long long *Between)
{
    const unsigned long long Now = Counter + *Between;
    if (Now < Clock)
        *Between = Clock - Counter;
    else if (Now > Clock + 2 * PRECISE_TICK)
        *Between = Clock + 2 * PRECISE_TICK - Counter;
    return Counter + *Between;
}

#endif
