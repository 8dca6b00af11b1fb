/* clock.c - what time it is: since boot, and by the calendar.
 *
 * Time is counted in ticks of the PIT (tick.c): KiInterruptTime, 100 ns since boot.  The
 * battery clock is read once, at boot.  A program reads both from KUSER_SHARED_DATA
 * without a system call.
 *
 * Lock: interrupts off.  Source: MC146818 data sheet for the battery clock's registers. */
#include "kd/port.h"
#include "ke/ki.h"

#define TICKS_1601_TO_1970 116444736000000000ull /* 100 ns */
#define TICK_MULTIPLIER    0x0FA00000            /* milliseconds a tick: 15.625 * 2^24 */

KUSER_SHARED_DATA *KeSharedUserData;
ULONGLONG KiInterruptTime, KiBootTime;

static ULONG KiReadCmos(UCHAR index)
{
    KdOut8(0x70, index);
    return KdIn8(0x71);
}

static ULONG KiCmosNumber(UCHAR index, BOOLEAN binary)
{
    const ULONG v = KiReadCmos(index);
    return binary ? v : (v >> 4) * 10 + (v & 15);
}

/* Days since 1970-01-01 of a Gregorian date. */
static ULONG KiDays(ULONG year, ULONG month, ULONG day)
{
    static const USHORT before[12] = {0,   31,  59,  90,  120, 151,
                                      181, 212, 243, 273, 304, 334};
    const ULONG past = year - 1;
    const BOOLEAN leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const ULONG leaps =
        past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    return (year - 1970) * 365 + leaps + before[(month - 1) % 12] + (leap && month > 2) +
           day - 1;
}

/* 100 ns since 1601, UTC (the clock is taken to run in UTC, as QEMU's does). */
static ULONGLONG KiReadClock(void)
{
    for (ULONG i = 0; i < 100000 && (KiReadCmos(0x0A) & 0x80); i++)
        ; /* an update is under way */
    const BOOLEAN binary = KiReadCmos(0x0B) & 4;
    const ULONG year = 2000 + KiCmosNumber(9, binary), month = KiCmosNumber(8, binary);
    const ULONG days = KiDays(year, month == 0 ? 1 : month, KiCmosNumber(7, binary));
    const ULONG seconds = KiCmosNumber(4, binary) * 3600 + KiCmosNumber(2, binary) * 60 +
                          KiCmosNumber(0, binary);
    return TICKS_1601_TO_1970 + (days * 86400ull + seconds) * 10000000ull;
}

ULONGLONG KeQueryInterruptTime(void)
{
    const ULONG flags = KeDisable();
    const ULONGLONG now = KiInterruptTime;
    KeRestore(flags);
    return now;
}

ULONGLONG KeQuerySystemTime(void)
{
    return KiBootTime + KeQueryInterruptTime();
}

/* High2 first, High1 last: a reader that finds them equal has a whole value. */
static void KiShowTime(volatile KSYSTEM_TIME *shown, ULONGLONG time)
{
    shown->High2Time = time >> 32;
    shown->LowPart = (ULONG)time;
    shown->High1Time = time >> 32;
}

void KiShowClock(void)
{
    if (KeSharedUserData == NULL)
        return;
    KiShowTime(&KeSharedUserData->InterruptTime, KiInterruptTime);
    KiShowTime(&KeSharedUserData->SystemTime, KiBootTime + KiInterruptTime);
    KiShowTime(&KeSharedUserData->TickCount, KiPcr.Ticks);
    KeSharedUserData->TickCountLowDeprecated = (ULONG)KiPcr.Ticks;
}

void KiInitializeTime(void)
{
    KiBootTime = KiReadClock();
    if (KeSharedUserData)
        KeSharedUserData->TickCountMultiplier = TICK_MULTIPLIER;
    KiShowClock();
}
