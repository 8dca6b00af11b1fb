/* clock.c - what time it is: since boot, and by the calendar.
 *
 * Time is counted in ticks (tick.c): KiInterruptTime, 100 ns since boot.  `init`
 * hands in the battery clock's time at boot (io/cmos.c).  A program reads both from
 * KUSER_SHARED_DATA without a system call.
 *
 * Lock: interrupts off. */
#include "ke/ki.h"

KUSER_SHARED_DATA *KeSharedUserData;
ULONGLONG KiInterruptTime, KiBootTime, KiLooks;

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

void KeSetBootTime(ULONGLONG time)
{
    KiBootTime = time;
    KiShowClock();
}
