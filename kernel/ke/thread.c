/* thread.c - 32 ready queues, the quantum, and the switch.
 *
 *   KiReadyQueues[p]  threads of priority p that could run; bit p of KiReadySummary: not
 * empty
 *
 * The kernel is not preempted: a switch happens in KiSwapThread (the current thread
 * waits), in KiRescheduleIfDue (on the way to user mode) or in KeYield.  The highest
 * ready priority runs; equals take turns when the quantum is used up.  With nothing ready
 * the idle thread runs, which is the boot thread and stands in no queue.
 *
 * So that a thread that never waits does not starve the ones below it for ever, who has been
 * ready for four seconds gets priority 15 for one quantum: what Windows' balance set
 * manager does.  There is no other boost.
 *
 * Invariants: a Ready thread is in exactly one queue; the Running one in none.
 * Lock: interrupts off.  Windows: !ready, !thread.
 */
#include "ke/ki.h"

#define QUANTUM_TICKS 2 /* a workstation's 31 ms */
#define SECOND_TICKS  64
#define STARVED_TICKS (4 * SECOND_TICKS)
#define LOW_REALTIME  16

LIST_ENTRY KeAllThreads;
void (*KeReapThread)(PKTHREAD);
void (*KeActivateSpace)(struct _MMSPACE *);
BOOLEAN (*KeIdleWork)(void);

static LIST_ENTRY KiReadyQueues[32];
static ULONG KiReadySummary;
static LIST_ENTRY KiDeadThreads; /* by ReadyListEntry: stacks nobody stands on any more */
static KTHREAD KiIdleThread;

void KiSwapContext(PVOID *saved, PVOID next);
void KiThreadStartup(void);

/* ---- ready queues ---- */

void KiSetReschedule(void)
{
    KiPcr.Reschedule = TRUE;
}

static void KiQueueReady(PKTHREAD thread, BOOLEAN first)
{
    LIST_ENTRY *queue = &KiReadyQueues[thread->Priority];
    thread->State = KthreadReady;
    thread->ReadySince = (ULONG)KiPcr.Ticks;
    if (first)
        InsertHeadList(queue, &thread->ReadyListEntry);
    else
        InsertTailList(queue, &thread->ReadyListEntry);
    KiReadySummary |= 1u << thread->Priority;
}

static void KiUnqueueReady(PKTHREAD thread)
{
    RemoveEntryList(&thread->ReadyListEntry);
    if (IsListEmpty(&KiReadyQueues[thread->Priority]))
        KiReadySummary &= ~(1u << thread->Priority);
}

static LONG KiHighestReady(void)
{
    return KiReadySummary == 0 ? -1 : 31 - __builtin_clz(KiReadySummary);
}

static PKTHREAD KiTakeReady(void)
{
    const LONG priority = KiHighestReady();
    if (priority < 0)
        return &KiIdleThread;
    PKTHREAD thread =
        CONTAINING_RECORD(KiReadyQueues[priority].Flink, KTHREAD, ReadyListEntry);
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
        KiSetReschedule();
    KeRestore(flags);
}

/* ---- the switch ---- */

/* On the stack of the thread that runs now: what a switch leaves to do. */
static void KiAfterSwitch(void)
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
    KiSaveFloat(old);
    KiPcr.CurrentThread = next;
    KiTss.Esp0 = KiEsp0(next);
    KiSetSegmentBase(KGDT_R3_TEB, (ULONG)next->Teb);
    if (old->DebugActive || next->DebugActive)
        KiLoadDebugRegisters(next);
    if (next->Space != NULL) {
        KeActivateSpace(next->Space);
        KiSetTaskCr3();
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
        current->Quantum = QUANTUM_TICKS;
        if (current->Priority < LOW_REALTIME) /* a boost lasts for one quantum */
            current->Priority = current->BasePriority;
    }
    if (best < 0 || best < current->Priority || (best == current->Priority && !spent))
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

static void KiBoostStarved(void)
{
    for (ULONG p = 0; p < LOW_REALTIME - 1; p++) {
        LIST_ENTRY *first = KiReadyQueues[p].Flink;
        PKTHREAD thread = CONTAINING_RECORD(first, KTHREAD, ReadyListEntry);
        if (first == &KiReadyQueues[p] ||
            (ULONG)KiPcr.Ticks - thread->ReadySince < STARVED_TICKS)
            continue;
        KiUnqueueReady(thread);
        thread->Priority = LOW_REALTIME - 1;
        thread->Quantum = QUANTUM_TICKS;
        KeReadyThread(thread);
    }
}

void KiQuantumTick(void)
{
    if (KiPcr.Ticks % SECOND_TICKS == 0)
        KiBoostStarved();
    PKTHREAD current = KiPcr.CurrentThread;
    if (current != &KiIdleThread && --current->Quantum <= 0)
        KiSetReschedule();
}

/* ---- life of a thread ---- */

void KiThreadBegin(void (*start)(void *), void *context)
{
    KiAfterSwitch();
    __asm__ volatile("sti");
    start(context);
    KeTerminateThread(STATUS_SUCCESS);
}

void KeInitializeThread(PKTHREAD thread, PVOID top, PVOID limit, struct _MMSPACE *space,
                        void (*start)(void *), void *context)
{
    memset(thread, 0, sizeof *thread);
    thread->Header.Type = ThreadObject;
    InitializeListHead(&thread->Header.WaitListHead);
    InitializeListHead(&thread->MutantListHead);
    InitializeListHead(&thread->ApcListHead);
    InitializeListHead(&thread->ReadyListEntry);
    InitializeListHead(&thread->AllListEntry);
    KeInitializeTimer(&thread->WaitTimer, TimerNotificationObject);
    thread->WaitTimer.CallbackContext = thread; /* timer.c: ends the wait */
    KeInitializeEvent(&thread->ResumeEvent, EventNotificationObject, TRUE);
    thread->InitialStack = top;
    thread->StackLimit = limit;
    thread->Space = space;
    thread->Priority = thread->BasePriority = 8;
    thread->Quantum = QUANTUM_TICKS;
    KiInitializeFloat(thread);
    /* The parts of a user frame that never change are written here, once: fastcall.asm
     * counts on them. */
    KTRAP_FRAME *frame = thread->TrapFrame = KiUserFrame(thread);
    memset(frame, 0, sizeof *frame);
    frame->DbgArgMark = KTRAP_FRAME_MARK;
    frame->SegCs = KGDT_R3_CODE;
    frame->HardwareSegSs = frame->SegDs = frame->SegEs = KGDT_R3_DATA;
    frame->SegFs = KGDT_R3_TEB;
    frame->EFlags = 0x202;
    frame->ExceptionList = (PVOID)-1;
    const ULONG first[9] = {
        0, 0, 0, 0, 0, (ULONG)KiThreadStartup, (ULONG)start, (ULONG)context, 0};
    thread->KernelStack = (UCHAR *)top - KI_EMPTY_STACK - sizeof first;
    memcpy(thread->KernelStack, first, sizeof first);
}

void KeTerminateThread(NTSTATUS status)
{
    PKTHREAD thread = KeGetCurrentThread();
    KeDisable();
    KiAbandonMutants(thread);
    KeCancelTimer(&thread->WaitTimer);
    while (!IsListEmpty(&thread->ApcListHead)) {
        KAPC *apc =
            CONTAINING_RECORD(RemoveHeadList(&thread->ApcListHead), KAPC, ApcListEntry);
        if (apc->FreeRoutine)
            apc->FreeRoutine(apc);
    }
    RemoveEntryList(&thread->AllListEntry);
    thread->State = KthreadTerminated;
    thread->ExitStatus = status;
    KeSignalObject(&thread->Header);
    InsertTailList(&KiDeadThreads, &thread->ReadyListEntry);
    KiSwapThread();
    __builtin_unreachable();
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
            KiSetReschedule();
    }
    KeRestore(flags);
    return old;
}

void KeRequestExitWork(PKTHREAD thread)
{
    const ULONG flags = KeDisable();
    thread->ExitWork = TRUE;
    if (thread == KiPcr.CurrentThread)
        KiSetReschedule();
    KeRestore(flags);
}

void KeQueryThreadResume(PKTHREAD thread, ULONG_PTR *eip, ULONG_PTR *ebp)
{
    const ULONG *saved = thread->KernelStack; /* gs edi esi ebx ebp eip: switch.asm */
    *ebp = saved[4];
    *eip = saved[5];
}

/* ---- the idle thread ---- */

void KiInitializeThreads(void)
{
    InitializeListHead(&KeAllThreads);
    InitializeListHead(&KiDeadThreads);
    for (ULONG i = 0; i < 32; i++)
        InitializeListHead(&KiReadyQueues[i]);
    KiPcr.CurrentThread = KiPcr.IdleThread = &KiIdleThread;
    KiMakeCleanFloat();
    KeInitializeThread(&KiIdleThread, KiBootStackTop, KiBootStackLimit, NULL, NULL, NULL);
    KiIdleThread.State = KthreadRunning;
    KiIdleThread.Priority = KiIdleThread.BasePriority = 0;
}

void KiIdleLoop(void)
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
