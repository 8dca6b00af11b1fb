/* ticker.c - what makes line 0 come 64 times a second: the PIT, or the local APIC's timer.
 *
 *   PIT --> PIC --> LINT0 --> processor        tried at boot from end to end: one short
 *   local APIC's timer -----> processor        count, and its interrupt must come
 *
 * The second is for machines whose PIT does not tick or whose PIC is not wired.  The speed
 * of that timer is not fixed: it is counted over one period of the battery clock at 64 Hz.
 * A machine on which nothing ticks is named at once: there time stays at the boot's, and a
 * wait with a timeout never ends.
 *
 * Sources: Intel 8254 data sheet; MC146818 data sheet (periodic interrupt).
 */
#include "iop.h"
#include "kd/port.h"

#define PIT_HZ      1193182u
#define TICK_HZ     64u
#define PIT_COUNTER 0x40
#define PIT_CONTROL 0x43
#define ONE_SHOT    0x30 /* counter 0, low then high byte, interrupt on terminal count */
#define RATE        0x34 /* the same, rate generator */
#define TRIAL       20u  /* counts: 17 microseconds */
#define PATIENCE    4000000u /* looks at the clock; less than a second of any processor */

#define RTC_A        0x0A
#define RTC_B        0x0B
#define RTC_C        0x0C
#define A_DIVIDER    0x70 /* bits of A that say what the oscillator is */
#define A_64_HZ      10
#define B_PERIODIC   0x40
#define C_PERIODIC   0x40
#define RTC_PATIENCE 5000000u /* reads */
#define QEMU_APIC_HZ 1000000000u

static void IopSetPit(UCHAR mode, ULONG count)
{
    KdOut8(PIT_CONTROL, mode);
    KdOut8(PIT_COUNTER, count & 0xFF);
    KdOut8(PIT_COUNTER, count >> 8);
}

/* Does a tick come?  Interrupts are on meanwhile. */
static BOOLEAN IopTickComes(void)
{
    const ULONGLONG before = KeQueryInterruptTime();
    ULONG looks = 0;
    while (KeQueryInterruptTime() == before && looks++ < PATIENCE)
        __asm__ volatile("sti; nop; cli" ::: "memory");
    return KeQueryInterruptTime() != before;
}

static BOOLEAN IopPeriodEnds(void)
{
    for (ULONG i = 0; i < RTC_PATIENCE; i++)
        if (IopReadCmos(RTC_C) & C_PERIODIC) /* reading clears it */
            return TRUE;
    return FALSE;
}

/* Counts of the local APIC's timer in a 64th of a second; 0: no battery clock to tell. */
static ULONG IopMeasureApic(void)
{
    const UCHAR a = IopReadCmos(RTC_A), b = IopReadCmos(RTC_B);
    ULONG count = 0;
    if (a == 0xFF)
        return 0;
    IopWriteCmos(RTC_A, (a & A_DIVIDER) | A_64_HZ);
    IopWriteCmos(RTC_B, b | B_PERIODIC);
    IopReadCmos(RTC_C);
    if (IopPeriodEnds()) {
        const ULONG begin = IopApicCount();
        count = IopPeriodEnds() ? IopApicCount() - begin : 0;
    }
    IopWriteCmos(RTC_A, a);
    IopWriteCmos(RTC_B, b);
    IopReadCmos(RTC_C);
    return count;
}

static BOOLEAN IopTryApic(void)
{
    const ULONG measured = IopMeasureApic();
    IopStartApicTimer(measured != 0 ? measured : QEMU_APIC_HZ / TICK_HZ);
    if (!IopTickComes())
        return FALSE;
    DbgPrint(
        "Fathom: the PIT's interrupt does not arrive; the local APIC's timer ticks in "
        "its place%s.\n",
        measured != 0 ? ""
                      : ", at a speed that is assumed: no battery clock measures it");
    return TRUE;
}

void IoStartTicker(void)
{
    const BOOLEAN apic = IopTakeLocalApic();
    IopSetPit(ONE_SHOT, TRIAL);
    if (IopTickComes())
        IopSetPit(RATE, PIT_HZ / TICK_HZ);
    else if (!apic || !IopTryApic())
        DbgPrint(
            "Fathom: no clock ticks: the PIT's interrupt does not arrive, nor a "
            "local APIC's. Time stays as it is; a wait with a timeout never ends.\n");
}
