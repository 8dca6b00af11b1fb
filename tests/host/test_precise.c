/* sources: */
/* test_precise - the time between two ticks (kernel32/precise.h) while ticks come late.
 *
 * A true time runs.  The counter shows it at once, from a start of its own; the clock shows the
 * last tick that has come.  On a busy machine ticks come late and then several at once.  Whatever
 * the delays: each answer is above the one before, none is below the clock, and none is more than
 * two ticks above it, but for the smallest step.
 */
#include "cases.h"
#include "../../kernel32/precise.h"

typedef unsigned long long TIME;
enum { MOST_LATE = 10 };

static unsigned Seed = 20260;

static unsigned some(unsigned limit)
{
    Seed = Seed * 1103515245u + 12345u;
    return (Seed >> 8) % limit;
}

static TIME look(TIME Clock, TIME Counter, PRECISE *State)
{
    const TIME Last = State->Last, End = Clock + 2 * PRECISE_TICK;
    const TIME Answer = BasepFollowClock(Clock, Counter, State);
    assert_true(Answer > Last);
    assert_true(Answer >= Clock);
    assert_true(Answer <= End || Answer == Last + 1);
    return Answer;
}

static void TestLateTick(void **state)
{
    (void)state;
    PRECISE State = {0};
    const TIME Start = 132223104000000000ull;
    look(Start, 500, &State);
    look(Start, 500 + PRECISE_TICK, &State);
    look(Start, 500 + 3 * PRECISE_TICK, &State); /* three ticks late */
    look(Start + 3 * PRECISE_TICK, 501 + 3 * PRECISE_TICK, &State);
}

static void TestManyDelays(void **state)
{
    (void)state;
    for (unsigned Round = 0; Round < 200; Round++) {
        PRECISE State = {0};
        TIME True = some(1000000), Clock = 0;
        const TIME Start = some(2) ? 132223104000000000ull : 0, Counter = some(1u << 30);
        for (unsigned Look = 0; Look < 2000; Look++) {
            True += some(some(20) ? 2000 : MOST_LATE * PRECISE_TICK);
            if (some(4) == 0) /* the ticks that were due have come */
                Clock = True / PRECISE_TICK * PRECISE_TICK;
            look(Start + Clock, Counter + True, &State);
        }
    }
}

static void TestFineWhenOnTime(void **state)
{
    (void)state;
    PRECISE State = {0};
    TIME Before = 0;
    for (TIME True = 0; True < 100 * PRECISE_TICK; True += 700) {
        const TIME Clock = True / PRECISE_TICK * PRECISE_TICK;
        const TIME Answer = look(Clock, 12345 + True, &State);
        assert_true(True == 0 || Answer == Before + 700);
        Before = Answer;
    }
}

int main(void)
{
    const struct CMUnitTest Cases[] = {cmocka_unit_test(TestLateTick),
                                       cmocka_unit_test(TestManyDelays),
                                       cmocka_unit_test(TestFineWhenOnTime)};
    return cmocka_run_group_tests(Cases, NULL, NULL);
}
