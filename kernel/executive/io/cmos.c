/* cmos.c - the battery clock, read once at boot: what day and time it is.
 *
 * Its registers count seconds to years, in BCD or binary, the hour to 24 or to 12 with bit 7
 * for the afternoon (register B says which).  While bit 7 of register A is set an update is
 * under way and the numbers may be half old: they are read until two readings agree.
 *
 * A clock that is absent (its ports read FFh) or shows no date is named; the date is then
 * 2020-01-01.  Source: MC146818 data sheet.
 */
#include "io/iop.h"
#include "kd/port.h"

#define TICKS_1601_TO_1970 116444736000000000ull /* 100 ns */
#define STATUS_A           0x0A
#define STATUS_B           0x0B
#define A_UPDATING         0x80
#define B_BINARY           4
#define B_24_HOURS         2
#define AFTERNOON          0x80
#define MOST_READINGS      16
#define WRONG              ~0u

enum { Second, Minute, Hour, Day, Month, Year, FIELDS };
static const UCHAR IopIndices[FIELDS] = {0, 2, 4, 7, 8, 9};

UCHAR IopReadCmos(UCHAR index)
{
    KdOut8(0x70, index);
    return KdIn8(0x71);
}

void IopWriteCmos(UCHAR index, UCHAR value)
{
    KdOut8(0x70, index);
    KdOut8(0x71, value);
}

static void IopReadFields(UCHAR raw[FIELDS])
{
    for (ULONG i = 0; i < 100000 && (IopReadCmos(STATUS_A) & A_UPDATING); i++)
        ;
    for (ULONG i = 0; i < FIELDS; i++)
        raw[i] = IopReadCmos(IopIndices[i]);
}

/* A register's number, from 0 to 99, or WRONG. */
static ULONG IopNumber(UCHAR raw, UCHAR statusB)
{
    if (statusB & B_BINARY)
        return raw < 100 ? raw : WRONG;
    return (raw & 15) < 10 && raw >> 4 < 10 ? (raw >> 4) * 10u + (raw & 15) : WRONG;
}

/* Noon is 12 in the afternoon, midnight 12 in the morning. */
static ULONG IopHour(UCHAR raw, UCHAR statusB)
{
    if (statusB & B_24_HOURS)
        return IopNumber(raw, statusB);
    const ULONG hour = IopNumber(raw & ~AFTERNOON, statusB);
    return hour < 1 || hour > 12 ? WRONG : hour % 12 + (raw & AFTERNOON ? 12 : 0);
}

/* Days since 1970-01-01 of a Gregorian date. */
static ULONG IopDays(ULONG year, ULONG month, ULONG day)
{
    static const USHORT before[12] = {0,   31,  59,  90,  120, 151,
                                      181, 212, 243, 273, 304, 334};
    const ULONG past = year - 1;
    const BOOLEAN leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const ULONG leaps =
        past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return (year - 1970) * 365 + leaps + before[month - 1] + (leap && month > 2) + day -
           1;
}

ULONGLONG IopTimeOfCmos(const UCHAR raw[FIELDS], UCHAR statusB)
{
    const ULONG second = IopNumber(raw[Second], statusB);
    const ULONG minute = IopNumber(raw[Minute], statusB);
    const ULONG hour = IopHour(raw[Hour], statusB), day = IopNumber(raw[Day], statusB);
    const ULONG month = IopNumber(raw[Month], statusB);
    const ULONG year = IopNumber(raw[Year], statusB);
    if (second > 59 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 ||
        month > 12 || year > 99)
        return 0;
    const ULONG seconds = hour * 3600 + minute * 60 + second;
    return TICKS_1601_TO_1970 +
           (IopDays(2000 + year, month, day) * 86400ull + seconds) * 10000000ull;
}

ULONGLONG IoReadBatteryClock(void)
{
    UCHAR first[FIELDS], again[FIELDS];
    ULONG readings = 0;
    do {
        IopReadFields(first);
        IopReadFields(again);
    } while (memcmp(first, again, FIELDS) != 0 && ++readings < MOST_READINGS);
    const ULONGLONG time = IopTimeOfCmos(again, IopReadCmos(STATUS_B));
    if (time != 0)
        return time;
    DbgPrint("Fathom: the battery clock is absent or shows no date; it is taken to be "
             "2020-01-01.\n");
    return TICKS_1601_TO_1970 + IopDays(2020, 1, 1) * 86400ull * 10000000ull;
}
