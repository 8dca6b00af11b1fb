/* sources: kernel/executive/io/cmos.c */
/* test_cmos - the battery clock (kernel/executive/io/cmos.c) while it is being updated.
 *
 * The test is the clock.  It shows one moment, and after so many accesses the next second, in which
 * every register changes; whatever the access, what is read is one of the two and no mixture.
 * Then clocks that are broken: one that is always being updated, one that never shows the same
 * twice, one that is not there.
 */
#include "cases.h"
#include "io/iop.h"
#include "kd/port.h"

enum { B_BINARY = 4, B_24_HOURS = 2, UPDATING = 0x80, FIELDS = 6 };
/* seconds to years: 2027-12-31 23:59:59, and the second after it */
static const UCHAR Old[FIELDS] = {59, 59, 23, 31, 12, 27};
static const UCHAR New[FIELDS] = {0, 0, 0, 1, 1, 28};
static const UCHAR Indices[FIELDS] = {0, 2, 4, 7, 8, 9};
#define LAST_OF_2027 (134747711990000000ull) /* 100 ns since 1601 */
#define DAY_OF_2020  (132223104000000000ull)

static UCHAR Index, StatusB;
static unsigned Accesses, UpdateAt,
    BusyFrom; /* the update; register A says so from there */
static bool Absent, Restless, Stuck;
static unsigned Said;

void DbgPrint(const char *format, ...)
{
    (void)format;
    Said++;
}

static UCHAR shown(UCHAR value, bool hour)
{
    const bool afternoon = hour && !(StatusB & B_24_HOURS) && value >= 12;
    if (hour && !(StatusB & B_24_HOURS))
        value = value % 12 ? value % 12 : 12;
    if (!(StatusB & B_BINARY))
        value = (UCHAR)(value / 10 << 4 | value % 10);
    return afternoon ? value | 0x80 : value;
}

void KdOut8(USHORT port, UCHAR value)
{
    assert_int_equal(port, 0x70);
    Index = value;
}

UCHAR KdIn8(USHORT port)
{
    const unsigned now = Accesses++;
    assert_int_equal(port, 0x71);
    if (Absent)
        return 0xFF;
    if (Index == 0x0A)
        return Stuck || (now >= BusyFrom && now < UpdateAt) ? UPDATING : 0;
    if (Index == 0x0B)
        return StatusB;
    if (Restless)
        return (UCHAR)(now % 10);
    for (unsigned i = 0; i < FIELDS; i++)
        if (Indices[i] == Index)
            return shown(now < UpdateAt ? Old[i] : New[i], i == 2);
    fail_msg("register %02x was read", Index);
    return 0;
}

static ULONGLONG read_clock(unsigned update, unsigned busy)
{
    Accesses = Said = 0;
    UpdateAt = update;
    BusyFrom = busy < update ? update - busy : 0;
    return IoReadBatteryClock();
}

static void Updates(void **state)
{
    (void)state;
    unsigned early = 0, late = 0;
    for (unsigned status = 0; status <= (B_BINARY | B_24_HOURS); status += 2)
        for (unsigned busy = 0; busy < 4; busy++)
            for (unsigned update = 0; update < 40; update++) {
                StatusB = (UCHAR)status;
                const ULONGLONG time = read_clock(update, busy);
                if (time != LAST_OF_2027 && time != LAST_OF_2027 + 10000000)
                    fail_msg("update at access %u: %llu", update,
                             (unsigned long long)time);
                early += time == LAST_OF_2027;
                late += time != LAST_OF_2027;
                assert_int_equal(Said, 0);
            }
    assert_true(early > 100 && late > 100);
}

static void Broken(void **state)
{
    (void)state;
    StatusB = B_24_HOURS;
    Stuck = true; /* always being updated: it is read all the same */
    assert_true(read_clock(~0u, 0) == LAST_OF_2027);
    Stuck = false;
    Restless = true; /* never the same twice: an end is found */
    read_clock(~0u, 0);
    assert_true(Accesses < 1000);
    Restless = false;
    Absent = true; /* "being updated" at each of its readings */
    assert_true(read_clock(~0u, 0) == DAY_OF_2020);
    assert_int_equal(Said, 1);
}

/* Registers that hold no number, or no date, are no time. */
static void NoDate(void **state)
{
    (void)state;
    static const UCHAR wrong[][FIELDS] = {
        {0x60, 0, 0, 1, 1, 0}, {0, 0x5A, 0, 1, 1, 0}, {0, 0, 0x24, 1, 1, 0},
        {0, 0, 0, 0, 1, 0},    {0, 0, 0, 0x32, 1, 0}, {0, 0, 0, 1, 0, 0},
        {0, 0, 0, 1, 0x13, 0}, {0, 0, 0, 1, 1, 0xA0}, {0xFF, 0xFF, 0xFF, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_true(IopTimeOfCmos(wrong[i], B_24_HOURS) == 0);
    static const UCHAR zero_hour[FIELDS] = {0, 0, 0, 1, 1, 0},
                       thirteen[FIELDS] = {0, 0, 0x13, 1, 1, 0};
    assert_true(IopTimeOfCmos(zero_hour, 0) == 0 && IopTimeOfCmos(thirteen, 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(Updates), cmocka_unit_test(Broken), cmocka_unit_test(NoDate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
