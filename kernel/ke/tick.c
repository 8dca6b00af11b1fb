/* tick.c - 64 times a second: time goes on, timers that are due expire, the quantum shrinks.
 *
 * Interrupt line 0 comes every 15.625 ms, as Windows' clock does; io/ticker.c sees to it.
 * Lock: interrupts off; the tick itself runs so.
 */
#include "ke/ki.h"

#define MOST_AT_A_TICK 65536 /* of KiLooks, 64 a timer; the others come first next time */

/* The wait of a thread and a timer object of its own right look alike until here. */
static void KiExpireTimer(KTIMER *timer)
{
    KiRemoveTimer(timer);
    if (timer->Callback == NULL && timer->CallbackContext != NULL) {
        KiUnwaitThread(timer->CallbackContext, STATUS_TIMEOUT);
        return;
    }
    if (timer->Period != 0)
        KiInsertTimer(timer, timer->DueTime + timer->Period * 10000ull);
    if (timer->Callback)
        timer->Callback(timer, timer->CallbackContext);
    else
        KeSignalObject(&timer->Header);
}

static void KiExpireTimers(void)
{
    RTL_AVL_NODE *first;
    for (const ULONGLONG most = KiLooks + MOST_AT_A_TICK;
         KiLooks < most && (first = RtlAvlFirst(&KiTimers)); KiLooks += 64) {
        KTIMER *timer = CONTAINING_RECORD(first, KTIMER, Node);
        if (timer->DueTime > KiInterruptTime)
            break;
        /* A period shorter than a tick must not hold the processor here. */
        if (timer->Period != 0 &&
            timer->DueTime + timer->Period * 10000ull <= KiInterruptTime)
            timer->DueTime = KiInterruptTime;
        KiExpireTimer(timer);
    }
}

BOOLEAN KeSetTimer(KTIMER *timer, LARGE_INTEGER due, ULONG periodMs)
{
    const ULONG flags = KeDisable();
    const BOOLEAN before = KeCancelTimer(timer);
    const ULONGLONG when = KiDueTime(&due);
    timer->Header.SignalState = 0;
    timer->Period = periodMs;
    KiInsertTimer(timer, when);
    if (when <= KiInterruptTime)
        KiExpireTimer(timer);
    KeRestore(flags);
    return before;
}

static void KiTick(void)
{
    PKTHREAD current = KiPcr.CurrentThread;
    KiInterruptTime += KE_TICK_100NS;
    KiPcr.Ticks++;
    if (KiPcr.InterruptedUser)
        current->UserTime++;
    else
        current->KernelTime++;
    KiShowClock();
    KiExpireTimers();
    KiQuantumTick();
}

void KeInitializeClock(void)
{
    KiInitializePic();
    KeConnectInterrupt(0, KiTick);
}
