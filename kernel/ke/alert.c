/* alert.c - what ends a wait from outside: user APCs, suspension, the thread's end.
 *
 * Each leaves its mark on the thread and, if the thread is in a wait that lets it in, ends
 * that wait; a suspension for a while (wait.c).  A user APC runs on the way to user mode
 * (dispatch/apc.c).  Lock: interrupts off.
 */
#include "ke/ki.h"

/* Something came that may end the wait of a thread. */
static void KiInterruptWait(PKTHREAD thread)
{
    if (thread->State != KthreadWaiting)
        return;
    NTSTATUS status = KiInterruption(thread);
    if (status == STATUS_SUCCESS && thread->SuspendCount != 0 && thread->WaitUser &&
        !(thread->WaitCount == 1 &&
          thread->WaitBlocks[0].Object == &thread->ResumeEvent.Header))
        status = STATUS_KERNEL_APC;
    if (status != STATUS_SUCCESS)
        KiUnwaitThread(thread, status);
}

ULONG KeSuspendThread(PKTHREAD thread)
{
    const ULONG flags = KeDisable();
    const ULONG before = thread->SuspendCount++;
    KeResetEvent(&thread->ResumeEvent);
    KeRequestExitWork(thread);
    KiInterruptWait(thread);
    KeRestore(flags);
    return before;
}

ULONG KeResumeThread(PKTHREAD thread)
{
    const ULONG flags = KeDisable();
    const ULONG before = thread->SuspendCount;
    if (before != 0 && --thread->SuspendCount == 0)
        KeSetEvent(&thread->ResumeEvent);
    KeRestore(flags);
    return before;
}

BOOLEAN KeQueueApc(PKTHREAD thread, KAPC *apc)
{
    const ULONG flags = KeDisable();
    const BOOLEAN alive = thread->State != KthreadTerminated && !thread->TerminatePending;
    if (alive) {
        InsertTailList(&thread->ApcListHead, &apc->ApcListEntry);
        KiInterruptWait(thread);
    }
    KeRestore(flags);
    return alive;
}

void KeTestAlertThread(void)
{
    PKTHREAD thread = KeGetCurrentThread();
    const ULONG flags = KeDisable();
    if (!IsListEmpty(&thread->ApcListHead)) {
        thread->UserApcPending = TRUE;
        KeRequestExitWork(thread);
    }
    KeRestore(flags);
}

void KeRequestTermination(PKTHREAD thread, NTSTATUS status)
{
    const ULONG flags = KeDisable();
    if (!thread->TerminatePending)
        thread->ExitStatus = status;
    thread->TerminatePending = TRUE;
    KeRequestExitWork(thread);
    KiInterruptWait(thread);
    KeRestore(flags);
}
