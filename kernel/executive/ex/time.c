/* time.c - clocks as services.
 *
 * The performance counter is the TSC where there is one, its frequency measured once
 * against the tick; where there is none it is the interrupt time at 10 MHz.
 */
#include "exp.h"
#include "services.h"

static ULONGLONG ExpFrequency; /* counts a second */

/* The tick that passed since boot, against the TSC since boot: at least four ticks. */
static void ExpMeasureFrequency(void)
{
    ULONGLONG start, end, from, to;
    if (!KeFeatures.Tsc) {
        ExpFrequency = 10000000;
        return;
    }
    for (from = KeQueryInterruptTime(); KeQueryInterruptTime() == from;)
        __asm__ volatile("pause");
    start = KeReadTsc();
    from = KeQueryInterruptTime();
    while ((to = KeQueryInterruptTime()) < from + 4 * KE_TICK_100NS)
        __asm__ volatile("pause");
    end = KeReadTsc();
    ExpFrequency = (end - start) * 10000000 / (to - from);
}

NTSTATUS NTAPI NtQueryPerformanceCounter(LARGE_INTEGER *userCounter,
                                         LARGE_INTEGER *userFrequency)
{
    const ULONGLONG counter = KeFeatures.Tsc ? KeReadTsc() : KeQueryInterruptTime();
    NTSTATUS status = MmCopyToUser(userCounter, &counter, sizeof counter);
    if (!NT_SUCCESS(status) || userFrequency == NULL)
        return status;
    if (ExpFrequency == 0)
        ExpMeasureFrequency();
    return MmCopyToUser(userFrequency, &ExpFrequency, sizeof ExpFrequency);
}

NTSTATUS NTAPI NtQuerySystemTime(LARGE_INTEGER *user)
{
    const ULONGLONG now = KeQuerySystemTime();
    return MmCopyToUser(user, &now, sizeof now);
}

/* The tick is fixed: its length is the minimum, the maximum and what is in force. */
NTSTATUS NTAPI NtQueryTimerResolution(ULONG *userMinimum, ULONG *userMaximum,
                                      ULONG *userCurrent)
{
    const ULONG tick = KE_TICK_100NS;
    NTSTATUS status = MmCopyToUser(userMinimum, &tick, sizeof tick);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(userMaximum, &tick, sizeof tick);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(userCurrent, &tick, sizeof tick);
    return status;
}

/* STATUS_TIMER_RESOLUTION_NOT_SET: taking back what was never set. */
NTSTATUS NTAPI NtSetTimerResolution(ULONG desired, BOOLEAN set, ULONG *userCurrent)
{
    const ULONG tick = KE_TICK_100NS;
    NTSTATUS status = MmCopyToUser(userCurrent, &tick, sizeof tick);
    (void)desired;
    if (!NT_SUCCESS(status))
        return status;
    return set ? STATUS_SUCCESS : STATUS_TIMER_RESOLUTION_NOT_SET;
}
