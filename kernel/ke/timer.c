/* timer.c - the tick: time, due timers, the quantum; and the interrupt lines.
 *
 * The PIT ticks 64 times a second (15.625 ms, as Windows'), and time is counted in ticks:
 * KiInterruptTime, 100 ns since boot.  The battery clock is read once.  Timers stand in
 * one balanced tree ordered by due time, so a tick looks at the first only and a program
 * with a hundred thousand of them keeps nobody waiting.
 *
 * Lock: interrupts off; the tick itself runs so.
 * Sources: Intel 8254 and 8259A data sheets; MC146818 for the clock's registers.
 */
#include "ke/ki.h"
#include "kd/port.h"

#define PIC1               0x20
#define PIC2               0xA0
#define PIC_END            0x20
#define IRQ_BASE           0x30 /* the vector of line 0, as on Windows */
#define PIT_HZ             1193182u
#define TICK_HZ            64u
#define TICKS_1601_TO_1970 116444736000000000ull /* 100 ns */
#define SHARED_HANDLERS    3
#define MOST_AT_A_TICK     1024 /* timers; the others are late, and the first next time */

KUSER_SHARED_DATA *KeSharedUserData;
static ULONGLONG KiInterruptTime, KiBootTime;
static RTL_AVL_TREE KiTimers;
static void (*KiHandlers[16][SHARED_HANDLERS])(void);

/* ---- the battery clock ---- */

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

static void KiShowClock(void)
{
    if (KeSharedUserData == NULL)
        return;
    KiShowTime(&KeSharedUserData->InterruptTime, KiInterruptTime);
    KiShowTime(&KeSharedUserData->SystemTime, KiBootTime + KiInterruptTime);
    KiShowTime(&KeSharedUserData->TickCount, KiPcr.Ticks);
    KeSharedUserData->TickCountLowDeprecated = (ULONG)KiPcr.Ticks;
}

/* ---- timers ---- */

ULONGLONG KiDueTime(const LARGE_INTEGER *when)
{
    const ULONGLONG now = KeQueryInterruptTime();
    if (when->QuadPart < 0) {
        const ULONGLONG due = now + (0 - (ULONGLONG)when->QuadPart);
        return due < now ? ~0ull : due;
    }
    return (ULONGLONG)when->QuadPart <= KiBootTime ? 0 : when->QuadPart - KiBootTime;
}

void KiRemoveTimer(KTIMER *timer)
{
    if (timer->Header.Inserted) {
        timer->Header.Inserted = FALSE;
        RtlAvlRemove(&KiTimers, &timer->Node);
    }
}

void KiInsertTimer(KTIMER *timer, ULONGLONG due)
{
    RTL_AVL_NODE *parent = NULL, *node = KiTimers.Root;
    BOOLEAN later = FALSE; /* of equal ones the first set comes first */
    timer->DueTime = due;
    while (node) {
        parent = node;
        later = CONTAINING_RECORD(node, KTIMER, Node)->DueTime <= due;
        node = later ? node->Right : node->Left;
    }
    RtlAvlInsert(&KiTimers, &timer->Node, parent, later);
    timer->Header.Inserted = TRUE;
}

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
    for (ULONG n = 0; n < MOST_AT_A_TICK && (first = RtlAvlFirst(&KiTimers)); n++) {
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

BOOLEAN KeCancelTimer(KTIMER *timer)
{
    const ULONG flags = KeDisable();
    const BOOLEAN was = timer->Header.Inserted;
    KiRemoveTimer(timer);
    KeRestore(flags);
    return was;
}

/* ---- interrupt lines ---- */

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
    KdPollHost();
}

static void KiMask(ULONG irq, BOOLEAN masked)
{
    const USHORT port = irq < 8 ? PIC1 + 1 : PIC2 + 1;
    const UCHAR bit = 1 << irq % 8;
    KdOut8(port, masked ? KdIn8(port) | bit : KdIn8(port) & ~bit);
}

void KeConnectInterrupt(ULONG irq, void (*handler)(void))
{
    const ULONG flags = KeDisable();
    for (ULONG i = 0; i < SHARED_HANDLERS; i++) {
        if (KiHandlers[irq][i] == NULL) {
            KiHandlers[irq][i] = handler;
            break;
        }
    }
    KiMask(irq, FALSE);
    if (irq >= 8)
        KiMask(2, FALSE);
    KeRestore(flags);
}

void KiInterrupt(ULONG irq)
{
    KiPcr.InterruptDepth++;
    /* End of interrupt first: the lines are edge triggered and we run with interrupts
     * off. */
    if (irq >= 8)
        KdOut8(PIC2, PIC_END);
    KdOut8(PIC1, PIC_END);
    for (ULONG i = 0; i < SHARED_HANDLERS && KiHandlers[irq][i]; i++)
        KiHandlers[irq][i]();
    KiPcr.InterruptDepth--;
}

static void KiInitializePic(void)
{
    static const UCHAR words[2][4] = {{0x11, IRQ_BASE, 4, 1}, {0x11, IRQ_BASE + 8, 2, 1}};
    for (ULONG pic = 0; pic < 2; pic++) {
        const USHORT port = pic == 0 ? PIC1 : PIC2;
        KdOut8(port, words[pic][0]);
        for (ULONG i = 1; i < 4; i++)
            KdOut8(port + 1, words[pic][i]);
        KdOut8(port + 1, 0xFF); /* every line masked until somebody wants it */
    }
}

void KeInitializeClock(void)
{
    KiInitializePic();
    KiBootTime = KiReadClock();
    KdOut8(0x43, 0x34); /* counter 0, low then high byte, rate generator */
    KdOut8(0x40, (PIT_HZ / TICK_HZ) & 0xFF);
    KdOut8(0x40, (PIT_HZ / TICK_HZ) >> 8);
    if (KeSharedUserData)
        KeSharedUserData->TickCountMultiplier = 0x0FA00000; /* 15.625 * 2^24 */
    KiShowClock();
    KeConnectInterrupt(0, KiTick);
    KeConnectInterrupt(4, KdPollHost);
    KdSerialEnableInterrupt(2);
}
