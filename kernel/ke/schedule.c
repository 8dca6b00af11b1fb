/* schedule.c - who runs: 32 ready queues, the quantum, and the switch.
 *
 *   KiReadyQueues[p - 1]  threads of priority p (1..32) that could run
 *   KiReadySummary        bit p - 1 is set: KiReadyQueues[p - 1] is not empty
 *
 * The kernel is not preempted: a switch happens in KiSwapThread (the current thread waits), in
 * KiRescheduleIfDue (on the way to user mode, or where a long service lets it) or in KeYield.
 * The highest ready priority runs; equals take turns when the quantum is used up.  With nothing
 * ready the idle thread runs, which is the boot thread and is in no queue.
 *
 * A thread that never waits must not starve those below it: a thread that has been ready
 * for four seconds is boosted to 15 for one quantum, as by Windows' balance set manager.
 * There is no other boost.
 *
 * Invariants: a Ready thread is in exactly one queue; the Running one in none.
 * Lock: interrupts off.  Windows: !ready, !thread.
 */
#include "ke/ki.h"

#define SECOND_TICKS  64
#define STARVED_TICKS (4 * SECOND_TICKS)
#define LOW_REALTIME  16

LIST_ENTRY KeAllThreads;
void (*KeReapThread)(PKTHREAD);
void (*KeActivateSpace)(struct _MMSPACE *);
BOOLEAN (*KeIdleWork)(void);
LIST_ENTRY KiDeadThreads; /* by ReadyListEntry: their stacks are no longer in use */
KTHREAD KiIdleThread;

static LIST_ENTRY KiReadyQueues[32];
static ULONG KiReadySummary;

void KiSwapContext(PVOID *saved, PVOID next);

/* ---- ready queues ---- */

static void KiQueueReady(PKTHREAD thread, BOOLEAN first)
{
    LIST_ENTRY *queue = &KiReadyQueues[thread->Priority - 1];
    thread->State = KthreadReady;
    thread->ReadySince = (ULONG)KiPcr.Ticks;
    if (first)
        InsertHeadList(queue, &thread->ReadyListEntry);
    else
        InsertTailList(queue, &thread->ReadyListEntry);
    KiReadySummary |= 1u << (thread->Priority - 1);
}

static void KiUnqueueReady(PKTHREAD thread)
{
    RemoveEntryList(&thread->ReadyListEntry);
    if (IsListEmpty(&KiReadyQueues[thread->Priority - 1]))
        KiReadySummary &= ~(1u << (thread->Priority - 1));
}

/* A priority; 0: no thread is ready. */
static LONG KiHighestReady(void)
{
    return KiReadySummary == 0 ? 0 : 32 - __builtin_clz(KiReadySummary);
}

static PKTHREAD KiTakeReady(void)
{
    const LONG priority = KiHighestReady();
    if (priority == 0)
        return &KiIdleThread;
    PKTHREAD thread =
        CONTAINING_RECORD(KiReadyQueues[priority - 1].Flink, KTHREAD, ReadyListEntry);
    KiUnqueueReady(thread);
    return thread;
}

void KeReadyThread(PKTHREAD thread)
{
    const ULONG flags = KeDisable();
    PKTHREAD current = KiPcr.CurrentThread;
    if (thread->State == KthreadInitialized)
        InsertTailList(&KeAllThreads, &thread->AllListEntry);
    KiQueueReady(thread, FALSE);
    if (current == &KiIdleThread || thread->Priority > current->Priority)
        KiPcr.Reschedule = TRUE;
    KeRestore(flags);
}

/* ---- the switch ---- */

/* On the stack of the thread that runs now: what a switch leaves to do. */
void KiAfterSwitch(void)
{
    PKTHREAD current = KiPcr.CurrentThread;
    KiRestoreFloat(current);
    KiPcr.Reschedule = current->ExitWork != 0;
    while (!IsListEmpty(&KiDeadThreads)) {
        PKTHREAD dead =
            CONTAINING_RECORD(RemoveHeadList(&KiDeadThreads), KTHREAD, ReadyListEntry);
        __asm__ volatile(
            "sti"); /* it may take long, and shares nothing with interrupts */
        if (KeReapThread)
            KeReapThread(dead);
        __asm__ volatile("cli");
    }
}

static void KiSwitchTo(PKTHREAD next)
{
    PKTHREAD old = KiPcr.CurrentThread;
    next->State = KthreadRunning;
    next->ContextSwitches++;
    if (next == old) {
        KiPcr.Reschedule = old->ExitWork != 0;
        return;
    }
    KD_TRACE(ContextSwitch, old->State, (ULONG)next);
    KiSaveFloat(old);
    KiPcr.CurrentThread = next;
    KiTss.Esp0 = KiEsp0(next);
    KiSetSegmentBase(KGDT_R3_TEB, (ULONG)next->Teb);
    if (old->DebugActive || next->DebugActive)
        KiLoadDebugRegisters(next);
    if (next->Space != NULL) {
        KeActivateSpace(next->Space);
        KeSetTaskCr3();
    }
    KiSwapContext(&old->KernelStack, next->KernelStack);
    KiAfterSwitch();
}

void KiSwapThread(void)
{
    KiSwitchTo(KiTakeReady());
}

BOOLEAN KiRescheduleIfDue(void)
{
    PKTHREAD current = KiPcr.CurrentThread;
    const BOOLEAN spent = current->Quantum <= 0;
    const LONG best = KiHighestReady();
    KiPcr.Reschedule = current->ExitWork != 0;
    if (spent) {
        current->Quantum = KI_QUANTUM_TICKS;
        if (current->Priority < LOW_REALTIME) /* a boost lasts for one quantum */
            current->Priority = current->BasePriority;
    }
    if (best < current->Priority || (best == current->Priority && !spent))
        return FALSE;
    /* Driven out before its time is up, it comes first among its equals. */
    KiQueueReady(current, !spent);
    KiSwapThread();
    return TRUE;
}

void KeYield(void)
{
    const ULONG flags = KeDisable();
    PKTHREAD current = KiPcr.CurrentThread;
    if (current != &KiIdleThread && KiHighestReady() >= current->Priority) {
        KiQueueReady(current, FALSE);
        KiSwapThread();
    }
    KeRestore(flags);
}

BOOLEAN KeYieldIfDue(void)
{
    const ULONG flags = KeDisable();
    const BOOLEAN others = KiPcr.Reschedule && KiRescheduleIfDue();
    KeRestore(flags);
    return others;
}

static void KiBoostStarved(void)
{
    for (ULONG p = 1; p < LOW_REALTIME - 1; p++) {
        LIST_ENTRY *first = KiReadyQueues[p - 1].Flink;
        PKTHREAD thread = CONTAINING_RECORD(first, KTHREAD, ReadyListEntry);
        if (first == &KiReadyQueues[p - 1] ||
            (ULONG)KiPcr.Ticks - thread->ReadySince < STARVED_TICKS)
            continue;
        KiUnqueueReady(thread);
        thread->Priority = LOW_REALTIME - 1;
        thread->Quantum = KI_QUANTUM_TICKS;
        KeReadyThread(thread);
    }
}

void KiQuantumTick(void)
{
    if (KiPcr.Ticks % SECOND_TICKS == 0)
        KiBoostStarved();
    PKTHREAD current = KiPcr.CurrentThread;
    if (current != &KiIdleThread && --current->Quantum <= 0)
        KiPcr.Reschedule = TRUE;
}

LONG KeSetPriorityThread(PKTHREAD thread, LONG priority)
{
    const ULONG flags = KeDisable();
    const LONG old = thread->Priority;
    thread->BasePriority = priority;
    if (thread->State == KthreadReady) {
        KiUnqueueReady(thread);
        thread->Priority = priority;
        KeReadyThread(thread);
    } else {
        thread->Priority = priority;
        if (thread->State == KthreadRunning && KiHighestReady() > priority)
            KiPcr.Reschedule = TRUE;
    }
    KeRestore(flags);
    return old;
}

void KeRequestExitWork(PKTHREAD thread)
{
    const ULONG flags = KeDisable();
    thread->ExitWork = TRUE;
    if (thread == KiPcr.CurrentThread)
        KiPcr.Reschedule = TRUE;
    KeRestore(flags);
}

/* ---- the idle thread ---- */

void KiInitializeQueues(void)
{
    InitializeListHead(&KeAllThreads);
    InitializeListHead(&KiDeadThreads);
    for (ULONG i = 0; i < 32; i++)
        InitializeListHead(&KiReadyQueues[i]);
    KiPcr.CurrentThread = KiPcr.IdleThread = &KiIdleThread;
}

void KeIdleLoop(void)
{
    for (;;) {
        __asm__ volatile("cli");
        if (KiReadySummary != 0) {
            KiSwapThread();
            continue;
        }
        __asm__ volatile("sti");
        if (KeIdleWork == NULL || !KeIdleWork()) {
            __asm__ volatile("cli");
            if (KiReadySummary == 0)
                __asm__ volatile(
                    "sti; hlt"); /* sti holds interrupts off until hlt waits */
        }
    }
}
