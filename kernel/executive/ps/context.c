/* context.c - a thread's registers read and written from outside, and user APCs.
 *
 * Any thread but the caller is in the kernel: its user registers are the trap frame
 * of its latest entry (a new thread's: the frame it will start with) and its FXSAVE area. */
#include "psp.h"
#include "services.h"

static NTSTATUS PspReferenceThread(HANDLE handle, ACCESS_MASK access, ETHREAD **thread)
{
    NTSTATUS status = ObReferenceHandle(handle, &PsThreadType, access, thread);
    if (!NT_SUCCESS(status))
        return status;
    if ((*thread)->IsTerminated || (*thread)->Tcb.TrapFrame == NULL) {
        ObDereferenceObject(*thread);
        return STATUS_UNSUCCESSFUL; /* what Windows answers for an ended thread */
    }
    return STATUS_SUCCESS;
}

/* A context comes in, and the thread that it is of or is for. */
static NTSTATUS PspTakeContext(HANDLE handle, ACCESS_MASK access, const CONTEXT *user,
                               CONTEXT *context, ETHREAD **thread)
{
    const NTSTATUS status = MmCopyFromUser(context, user, sizeof *context);
    return NT_SUCCESS(status) ? PspReferenceThread(handle, access, thread) : status;
}

/* Only the parts that ContextFlags names are written. */
NTSTATUS NTAPI NtGetContextThread(HANDLE handle, CONTEXT *user)
{
    ETHREAD *thread;
    CONTEXT context;
    NTSTATUS status = PspTakeContext(handle, THREAD_GET_CONTEXT, user, &context, &thread);
    if (!NT_SUCCESS(status))
        return status;
    KeContextFromThread(&thread->Tcb, &context);
    ObDereferenceObject(thread);
    return MmCopyToUser(user, &context, sizeof context);
}

NTSTATUS NTAPI NtSetContextThread(HANDLE handle, const CONTEXT *user)
{
    ETHREAD *thread;
    CONTEXT context;
    NTSTATUS status = PspTakeContext(handle, THREAD_SET_CONTEXT, user, &context, &thread);
    if (!NT_SUCCESS(status))
        return status;
    KeContextToThread(&thread->Tcb, &context);
    ObDereferenceObject(thread);
    return STATUS_SUCCESS;
}

/* The APC runs when the thread next waits alertably.  STATUS_NO_MEMORY,
 * STATUS_UNSUCCESSFUL (it has ended). */
NTSTATUS NTAPI NtQueueApcThread(HANDLE handle, PVOID routine, PVOID argument1,
                                PVOID argument2, PVOID argument3)
{
    ETHREAD *thread;
    NTSTATUS status = PspReferenceThread(handle, THREAD_SET_CONTEXT, &thread);
    if (!NT_SUCCESS(status))
        return status;
    if (routine != NULL) /* else nothing is to be called */
        status = IoQueueApc(&thread->Tcb, routine, argument1, argument2, argument3);
    ObDereferenceObject(thread);
    return status;
}

/* STATUS_SUCCESS, the APCs being delivered on the way back; so says Windows too. */
NTSTATUS NTAPI NtTestAlert(void)
{
    KeTestAlertThread();
    return STATUS_SUCCESS;
}
