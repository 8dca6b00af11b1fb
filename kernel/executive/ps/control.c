/* control.c - Ctrl-C and Ctrl-Break: a thread of its own in every process they reach.
 *
 *   typed (io/keyboard.c) --> the control thread --+
 *   GenerateConsoleCtrlEvent --> NtFathomSendControl --> new thread at kernel32!CtrlRoutine
 *
 * kernel32 tells the address of its CtrlRoutine when it is initialised; the handlers, and
 * whether Ctrl-C is ignored, are its affair.  A process belongs to a console (0: the
 * machine's, or its run-list program's streams; else the id of the process that was given
 * one of its own) and to a group (the id of the process that began it); both are inherited.
 * Windows: csrss keeps these lists and makes the thread (CsrCreateRemoteThread).
 */
#include "psp.h"
#include "services.h"

#define CTRL_C_EVENT     0
#define CTRL_BREAK_EVENT 1

/* What CreateProcess asked for, from the parameters it gave. */
void PspJoinConsole(EPROCESS *process, const EPROCESS *parent,
                    RTL_USER_PROCESS_PARAMETERS *params)
{
    const BOOLEAN own = (LONG_PTR)params->ConsoleHandle < 0; /* new, none, no window */
    process->ConsoleId = own ? process->Id : parent->ConsoleId;
    process->GroupId =
        params->ConsoleFlags & CONSOLE_NEW_GROUP ? process->Id : parent->GroupId;
    params->ConsoleFlags &= ~CONSOLE_NEW_GROUP;
}

static BOOLEAN PspIsReached(const EPROCESS *process, const EPROCESS *like, ULONG group)
{
    return process->ControlRoutine != 0 && !process->Exiting &&
           process->ConsoleId == like->ConsoleId &&
           process->HostStreams == like->HostStreams &&
           process->HostIndex == like->HostIndex &&
           (group == 0 || process->GroupId == group);
}

/* A process that cannot have another thread (no memory) misses the event. */
static BOOLEAN PspSend(const EPROCESS *like, ULONG group, ULONG event)
{
    BOOLEAN reached = FALSE;
    LIST_EACH(EPROCESS, process, &PsAllProcesses, AllListEntry) {
        ETHREAD *thread;
        if (!PspIsReached(process, like, group))
            continue;
        const PSTHREAD wanted = {.Start = process->ControlRoutine, .Argument = event};
        reached = TRUE;
        if (!NT_SUCCESS(PspCreateThread(process, &wanted, &thread)))
            continue;
        PspStartThread(thread);
        ObDereferenceObject(thread);
    }
    return reached;
}

NTSTATUS NTAPI NtFathomSetControlRoutine(PVOID routine)
{
    PsCurrentProcess()->ControlRoutine = (ULONG_PTR)routine;
    return STATUS_SUCCESS;
}

/* group 0: all that share the caller's console.  Ctrl-C cannot be limited to a group: with
 * one it reaches no process, as documented.  STATUS_INVALID_PARAMETER: another event, or a group
 * that has no process here. */
NTSTATUS NTAPI NtFathomSendControl(ULONG event, ULONG group)
{
    if (event > CTRL_BREAK_EVENT)
        return STATUS_INVALID_PARAMETER;
    if (event == CTRL_C_EVENT && group != 0)
        return STATUS_SUCCESS;
    return PspSend(PsCurrentProcess(), group, event) ? STATUS_SUCCESS
                                                     : STATUS_INVALID_PARAMETER;
}

static void PspControlThread(void *context)
{
    static const EPROCESS machine; /* all zeros: the machine's console */
    (void)context;
    for (;;)
        PspSend(&machine, 0, IoWaitForControl());
}

void PsListenToConsole(void)
{
    IoListenForControl();
    PsCreateSystemThread(PspControlThread, NULL, NULL);
}
