/* wait.c - NtWaitForSingleObject and its kin: handles to dispatcher objects, then KeWait.
 *
 * Every wait of a service is a user wait: it ends at once when the thread is to die. */
#include "exp.h"
#include "services.h"

NTSTATUS ExCaptureTimeout(const LARGE_INTEGER *user, LARGE_INTEGER *copy,
                          LARGE_INTEGER **timeout)
{
    *timeout = NULL;
    if (user == NULL)
        return STATUS_SUCCESS;
    NTSTATUS status = MmCopyFromUser(copy, user, sizeof *copy);
    *timeout = copy;
    return status;
}

/* The object of a handle, to wait for; *body holds the reference.
 * STATUS_OBJECT_TYPE_MISMATCH: it cannot be waited for. */
static NTSTATUS ExpReferenceWaitable(HANDLE handle, void **body, void **object)
{
    NTSTATUS status = ObReferenceHandle(handle, NULL, SYNCHRONIZE, body);
    if (!NT_SUCCESS(status))
        return status;
    const OBTYPE *type = ObGetType(*body);
    if (!type->Waitable) {
        ObDereferenceObject(*body);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *object = (UCHAR *)*body + type->WaitOffset;
    return STATUS_SUCCESS;
}

typedef struct {
    HANDLE Handles[MAXIMUM_WAIT_OBJECTS];
    void *Bodies[MAXIMUM_WAIT_OBJECTS], *Objects[MAXIMUM_WAIT_OBJECTS];
    KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
} MULTIPLE;

static NTSTATUS ExpWaitMultiple(MULTIPLE *many, ULONG count, BOOLEAN all,
                                BOOLEAN alertable, LARGE_INTEGER *timeout)
{
    ULONG held = 0;
    NTSTATUS status = STATUS_SUCCESS;
    for (; held < count; held++) {
        status = ExpReferenceWaitable(many->Handles[held], &many->Bodies[held],
                                      &many->Objects[held]);
        if (!NT_SUCCESS(status))
            break;
    }
    /* To wait for all of a set that names one object twice can never end well. */
    for (ULONG i = 1; all && NT_SUCCESS(status) && i < count; i++)
        for (ULONG j = 0; j < i; j++)
            if (many->Objects[i] == many->Objects[j])
                status = STATUS_INVALID_PARAMETER_MIX;
    if (NT_SUCCESS(status))
        status = KeWaitForMultipleObjects(count, many->Objects, all, alertable, TRUE,
                                          timeout, many->Blocks);
    while (held-- > 0)
        ObDereferenceObject(many->Bodies[held]);
    return status;
}

/* type: 0 all, 1 any.  STATUS_WAIT_0 + index, STATUS_ABANDONED_WAIT_0 + index,
 * STATUS_TIMEOUT, STATUS_USER_APC; STATUS_INVALID_PARAMETER_1 (count of 0 or more than
 * 64). */
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, const HANDLE *userHandles,
                                        ULONG type, BOOLEAN alertable,
                                        LARGE_INTEGER *userTimeout)
{
    LARGE_INTEGER copy, *timeout;
    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (type > 1)
        return STATUS_INVALID_PARAMETER_3;
    NTSTATUS status = ExCaptureTimeout(userTimeout, &copy, &timeout);
    if (!NT_SUCCESS(status))
        return status;
    MULTIPLE *many = ExAllocatePool(sizeof *many, EX_TAG);
    if (many == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = MmCopyFromUser(many->Handles, userHandles, count * sizeof(HANDLE));
    if (NT_SUCCESS(status))
        status = ExpWaitMultiple(many, count, type == 0, alertable, timeout);
    ExFreePool(many);
    return status;
}

/* Set, release or leave the first object, by its kind. */
static NTSTATUS ExpSignal(HANDLE handle)
{
    void *body;
    NTSTATUS status = ObReferenceHandle(handle, NULL, 0, &body);
    if (!NT_SUCCESS(status))
        return status;
    const OBTYPE *type = ObGetType(body);
    if (type == &ExEventType)
        KeSetEvent(body);
    else if (type == &ExMutantType)
        status = KeReleaseMutant(body, NULL);
    else if (type == &ExSemaphoreType)
        status = KeReleaseSemaphore(body, 1, NULL);
    else
        status = STATUS_OBJECT_TYPE_MISMATCH;
    ObDereferenceObject(body);
    return status;
}

/* signal: whether the first handle is to be signalled before.  Nothing can come between the two: a
 * service is not preempted before it waits. */
static NTSTATUS ExpSignalAndWait(BOOLEAN signal, HANDLE first, HANDLE wait,
                                 BOOLEAN alertable, const LARGE_INTEGER *userTimeout)
{
    void *body, *object;
    LARGE_INTEGER copy, *timeout;
    NTSTATUS status = ExCaptureTimeout(userTimeout, &copy, &timeout);
    if (NT_SUCCESS(status))
        status = ExpReferenceWaitable(wait, &body, &object);
    if (!NT_SUCCESS(status))
        return status;
    if (signal)
        status = ExpSignal(first);
    if (NT_SUCCESS(status))
        status = KeWaitForSingleObject(object, alertable, TRUE, timeout);
    ObDereferenceObject(body);
    return status;
}

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable,
                                     LARGE_INTEGER *userTimeout)
{
    return ExpSignalAndWait(FALSE, NULL, handle, alertable, userTimeout);
}

NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait,
                                              BOOLEAN alertable,
                                              LARGE_INTEGER *userTimeout)
{
    return ExpSignalAndWait(TRUE, signal, wait, alertable, userTimeout);
}

NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, LARGE_INTEGER *userInterval)
{
    LARGE_INTEGER interval;
    NTSTATUS status = MmCopyFromUser(&interval, userInterval, sizeof interval);
    return NT_SUCCESS(status) ? KeDelayExecutionThread(alertable, TRUE, &interval)
                              : status;
}

/* STATUS_NO_YIELD_PERFORMED when no other thread was ready. */
NTSTATUS NTAPI NtYieldExecution(void)
{
    const ULONG before = KeGetCurrentThread()->ContextSwitches;
    KeYield();
    return KeGetCurrentThread()->ContextSwitches == before ? STATUS_NO_YIELD_PERFORMED
                                                           : STATUS_SUCCESS;
}
