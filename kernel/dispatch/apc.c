/* apc.c - pending work before a thread returns to user mode.
 *
 * In this order, until nothing is left: end, stay suspended, give way to another thread,
 * take a user APC.  An APC goes to ntdll!KiUserApcDispatcher; after its arguments lie the
 * registers to go on with:
 *
 *     old ESP, rounded down ->  CONTEXT
 *                               SystemArgument2, SystemArgument1, NormalContext
 *     new ESP ->                NormalRoutine
 *
 * Windows: KiServiceExit, KiInitializeUserApc.
 */
#include "dispatch/service.h"
#include "dispatch/trap.h"

ULONG_PTR KeUserApcDispatcher;
void (*KePsTerminateHook)(void);

static void KiDeliverApc(PKTHREAD thread, KTRAP_FRAME *frame)
{
    KAPC *apc =
        CONTAINING_RECORD(RemoveHeadList(&thread->ApcListHead), KAPC, ApcListEntry);
    const ULONG arguments[4] = {(ULONG)apc->NormalRoutine, (ULONG)apc->NormalContext,
                                (ULONG)apc->SystemArgument1, (ULONG)apc->SystemArgument2};
    /* The next one comes with the TestAlert of the NtContinue after this one: in order. */
    thread->UserApcPending = FALSE;
    if (apc->FreeRoutine)
        apc->FreeRoutine(apc);
    CONTEXT context = {.ContextFlags = KiContextFlags()};
    KeContextFromThread(thread, &context);
    const ULONG at = (frame->HardwareEsp & ~3u) - sizeof context;
    const ULONG esp = at - sizeof arguments;
    NTSTATUS status = MmCopyToUser((void *)at, &context, sizeof context);
    if (NT_SUCCESS(status))
        status = MmCopyToUser((void *)esp, arguments, sizeof arguments);
    if (!NT_SUCCESS(status)) {
        EXCEPTION_RECORD record = {.ExceptionCode = status,
                                   .ExceptionAddress = (PVOID)frame->Eip};
        KePsCrashHook(&record, frame);
        return;
    }
    KiEnterNtdll(frame, esp, KeUserApcDispatcher);
}

/* Interrupts are off on entry and on return. */
void KeServicePendingUserMode(KTRAP_FRAME *frame)
{
    PKTHREAD thread = KeGetCurrentThread();
    if (thread->TracedService != 0) {
        __asm__ volatile("sti");
        KiTraceServiceExit(thread, frame->Eax);
    }
    __asm__ volatile("cli");
    for (;;) {
        thread->ExitWork = FALSE;
        if (thread->TerminatePending) {
            __asm__ volatile("sti");
            KePsTerminateHook();
        } else if (thread->SuspendCount != 0) {
            KeWaitForSingleObject(&thread->ResumeEvent, FALSE, TRUE, NULL);
        } else if (KiRescheduleIfDue()) {
            continue;
        } else if (thread->UserApcPending && !IsListEmpty(&thread->ApcListHead)) {
            __asm__ volatile("sti");
            KiDeliverApc(thread, frame);
            __asm__ volatile("cli");
        } else {
            break;
        }
    }
    thread->UserApcPending = FALSE;
    KiPcr.Reschedule = FALSE;
}
