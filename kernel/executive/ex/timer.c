/* timer.c - waitable timers as services, with their APCs.
 *
 * A timer's APC belongs to the thread that set it: it is queued when the timer goes off
 * and flushed when the timer is set anew or cancelled.  The tick only marks that it is
 * due (Callback, interrupts off); the queueing needs no memory, the KAPC is part of the
 * timer.
 */
#include "exp.h"
#include "services.h"

typedef struct {
    KTIMER Timer; /* first: what is waited for */
    KAPC Apc;
    ETHREAD *Thread; /* to which the APC goes; referenced; NULL: no APC */
    BOOLEAN ApcQueued;
} EXTIMER;

static void ExpApcTaken(KAPC *apc)
{
    CONTAINING_RECORD(apc, EXTIMER, Apc)->ApcQueued = FALSE;
}

/* At the tick, interrupts off. */
static void ExpTimerWentOff(KTIMER *timer, void *context)
{
    EXTIMER *ex = context;
    const LARGE_INTEGER now = {.QuadPart = KeQuerySystemTime()};
    if (ex->Thread != NULL && ex->Thread->IsTerminated) {
        KeCancelTimer(timer); /* it went with its thread, unsignalled, as documented */
        return;
    }
    KeSignalObject(&timer->Header);
    if (ex->Thread == NULL || ex->ApcQueued)
        return;
    ex->Apc.SystemArgument1 = (PVOID)(ULONG_PTR)now.LowPart;
    ex->Apc.SystemArgument2 = (PVOID)(LONG_PTR)now.HighPart;
    ex->ApcQueued = KeQueueApc(&ex->Thread->Tcb, &ex->Apc);
}

/* The timer no longer runs and its APC is in no queue. */
static BOOLEAN ExpQuiet(EXTIMER *ex)
{
    const ULONG flags = KeDisable();
    BOOLEAN was = KeCancelTimer(&ex->Timer);
    ETHREAD *thread = ex->Thread;
    if (ex->ApcQueued)
        RemoveEntryList(&ex->Apc.ApcListEntry);
    ex->ApcQueued = FALSE;
    ex->Thread = NULL;
    KeRestore(flags);
    if (thread != NULL)
        ObDereferenceObject(thread);
    return was;
}

static void ExpTellTimer(void *body, void *facts)
{
    const KTIMER *timer = body;
    struct {
        LARGE_INTEGER RemainingTime;
        BOOLEAN State;
        UCHAR Padding[7];
    } *answer = facts;
    C_ASSERT(sizeof *answer == OB_FACTS);
    answer->RemainingTime.QuadPart = timer->DueTime - KeQueryInterruptTime();
    answer->State = timer->Header.SignalState != 0;
}

static void ExpDeleteTimer(void *body)
{
    ExpQuiet(body);
}

const OBTYPE ExTimerType = {
    .Name = "Timer",
    .Delete = ExpDeleteTimer,
    .ValidAccess = TIMER_ALL_ACCESS,
    .Generic = {STANDARD_RIGHTS_READ | TIMER_QUERY_STATE,
                STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, TIMER_ALL_ACCESS},
    .Waitable = TRUE,
    .Tell = ExpTellTimer,
    .FactsSize = OB_FACTS,
};

NTSTATUS NTAPI NtCreateTimer(HANDLE *userHandle, ACCESS_MASK desired,
                             POBJECT_ATTRIBUTES userAttributes, ULONG type)
{
    OBATTRIBUTES attributes;
    EXTIMER *timer;
    if (type > 1)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = ObBeginCreate(&ExTimerType, sizeof *timer, userAttributes,
                                    &attributes, (void **)&timer);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeTimer(&timer->Timer,
                      type == 0 ? TimerNotificationObject : TimerSynchronizationObject);
    timer->Timer.Callback = ExpTimerWentOff;
    timer->Timer.CallbackContext = timer;
    return ObInsertNamed(timer, &attributes, desired, userHandle);
}

OB_OPEN_SERVICE(NtOpenTimer, ExTimerType)

/* period: milliseconds, 0 for once.  resume asks to wake a sleeping machine: ours never
 * sleeps, so it is STATUS_TIMER_RESUME_IGNORED, as on a machine without that power. */
NTSTATUS NTAPI NtSetTimer(HANDLE handle, LARGE_INTEGER *userDue, PVOID apc,
                          PVOID apcContext, BOOLEAN resume, LONG period,
                          BOOLEAN *userState)
{
    EXTIMER *timer;
    LARGE_INTEGER due;
    if (period < 0)
        return STATUS_INVALID_PARAMETER_6;
    NTSTATUS status = MmCopyFromUser(&due, userDue, sizeof due);
    if (NT_SUCCESS(status))
        status = ObReferenceHandle(handle, &ExTimerType, TIMER_MODIFY_STATE, &timer);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN state = timer->Timer.Header.SignalState != 0;
    ExpQuiet(timer);
    if (apc != NULL) {
        timer->Apc.FreeRoutine = ExpApcTaken;
        timer->Apc.NormalRoutine = apc;
        timer->Apc.NormalContext = apcContext;
        timer->Thread = PsCurrentThread();
        ObReferenceObject(timer->Thread);
    }
    KeSetTimer(&timer->Timer, due, period);
    ObDereferenceObject(timer);
    status = ObReturnOptional(userState, &state, sizeof state);
    return NT_SUCCESS(status) && resume ? STATUS_TIMER_RESUME_IGNORED : status;
}

NTSTATUS NTAPI NtCancelTimer(HANDLE handle, BOOLEAN *userState)
{
    EXTIMER *timer;
    NTSTATUS status = ObReferenceHandle(handle, &ExTimerType, TIMER_MODIFY_STATE, &timer);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN state = timer->Timer.Header.SignalState != 0;
    ExpQuiet(timer);
    ObDereferenceObject(timer);
    return ObReturnOptional(userState, &state, sizeof state);
}

NTSTATUS NTAPI NtQueryTimer(HANDLE handle, ULONG class, void *user, ULONG length,
                            ULONG *userReturned)
{
    return ObQuery(&ExTimerType, handle, class, user, length, userReturned);
}
