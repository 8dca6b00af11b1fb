/* thread.c - a thread begins, and ends.
 *
 * Its kernel stack is laid out here (trapframe.h has the picture): the parts of the user
 * frame that never change, and below it what KiSwapContext pops when it first runs.
 * Windows: KeInitThread, KeTerminateThread.
 */
#include "ke/ki.h"

void KiThreadStartup(void);

static void KiThreadBegin(void (*start)(void *), void *context)
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
    thread->Quantum = KI_QUANTUM_TICKS;
    KiInitializeFloat(thread);
    /* The parts of a user frame that never change are written here, once:
     * dispatch/sysenter.h, G3. */
    KTRAP_FRAME *frame = thread->TrapFrame = KiUserFrame(thread);
    memset(frame, 0, sizeof *frame);
    frame->DbgArgMark = KTRAP_FRAME_MARK;
    frame->SegCs = KGDT_R3_CODE;
    frame->HardwareSegSs = frame->SegDs = frame->SegEs = KGDT_R3_DATA;
    frame->SegFs = KGDT_R3_TEB;
    frame->EFlags = 0x202;
    frame->ExceptionList = (PVOID)-1;
    /* gs edi esi ebx ebp eip, then what KiThreadStartup finds */
    const ULONG first[9] = {[3] = (ULONG)KiThreadBegin,
                            [5] = (ULONG)KiThreadStartup,
                            [6] = (ULONG)start,
                            [7] = (ULONG)context};
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

void KeQueryThreadResume(PKTHREAD thread, ULONG_PTR *eip, ULONG_PTR *ebp)
{
    const ULONG *saved = thread->KernelStack; /* gs edi esi ebx ebp eip: switch.asm */
    *ebp = saved[4];
    *eip = saved[5];
}

/* The boot stack is the idle thread's. */
void KeInitializeThreads(void)
{
    KiInitializeQueues();
    KiMakeCleanFloat();
    KeInitializeThread(&KiIdleThread, KeBootStack + sizeof KeBootStack, KeBootStack, NULL,
                       NULL, NULL);
    KiIdleThread.State = KthreadRunning;
    KiIdleThread.Priority = KiIdleThread.BasePriority = 0;
}
