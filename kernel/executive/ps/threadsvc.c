/* threadsvc.c - the services that make, open, end, stop and go on with threads. */
#include "psp.h"
#include "services.h"

ETHREAD *PsLookupThread(ULONG id)
{
    LIST_EACH(EPROCESS, process, &PsAllProcesses, AllListEntry) {
        LIST_EACH(ETHREAD, thread, &process->ThreadListHead, ThreadListEntry) {
            if (thread->Id == id) {
                ObReferenceObject(thread);
                return thread;
            }
        }
    }
    return NULL;
}

/* STATUS_PROCESS_IS_TERMINATING, STATUS_NO_MEMORY, STATUS_ACCESS_VIOLATION (an out
 * parameter): then no thread is left.  The client id and TEB attributes are written
 * before it runs. */
NTSTATUS NTAPI NtCreateThreadEx(HANDLE *userHandle, ACCESS_MASK desired,
                                POBJECT_ATTRIBUTES userAttributes, HANDLE processHandle,
                                PVOID start, PVOID argument, ULONG flags,
                                ULONG_PTR zeroBits, SIZE_T stackCommit,
                                SIZE_T stackReserve, PVOID userList)
{
    EPROCESS *process;
    ETHREAD *thread;
    OBATTRIBUTES attributes;
    PSATTRIBUTES list;
    NTSTATUS status = PspCaptureAttributes(userList, &list);
    if (NT_SUCCESS(status))
        status = ObCaptureAttributes(userAttributes, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    ObReleaseAttributes(&attributes); /* threads have no names in the directory */
    status =
        ObReferenceHandle(processHandle, &PsProcessType, PROCESS_CREATE_THREAD, &process);
    if (!NT_SUCCESS(status))
        return status;
    const PSTHREAD wanted = {
        .Start = (ULONG_PTR)start,
        .Argument = (ULONG_PTR)argument,
        .ZeroBits = zeroBits,
        .StackReserve = stackReserve,
        .StackCommit = stackCommit,
        .Suspended = (flags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED) != 0,
        .HideFromDebugger = (flags & THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER) != 0,
    };
    status = PspCreateThread(process, &wanted, &thread);
    if (NT_SUCCESS(status)) {
        status = PspReturnThreadAttributes(&list, thread);
        if (NT_SUCCESS(status))
            status = ObReturnOpened(thread, desired, attributes.Attributes, userHandle);
        if (NT_SUCCESS(status)) {
            PspStartThread(thread);
            ObDereferenceObject(thread);
        } else {
            PspAbandonThread(thread);
        }
    }
    ObDereferenceObject(process);
    return status;
}

NTSTATUS NTAPI NtOpenThread(HANDLE *userHandle, ACCESS_MASK desired,
                            POBJECT_ATTRIBUTES userAttributes, CLIENT_ID *userClient)
{
    CLIENT_ID client;
    ULONG attributes;
    NTSTATUS status = PspCaptureClient(userAttributes, userClient, &attributes, &client);
    if (!NT_SUCCESS(status))
        return status;
    ETHREAD *thread = PsLookupThread((ULONG_PTR)client.UniqueThread);
    if (thread == NULL)
        return STATUS_INVALID_CID;
    if (client.UniqueProcess != NULL &&
        thread->Process->Id != (ULONG_PTR)client.UniqueProcess)
        status = STATUS_INVALID_CID;
    else
        status = ObReturnOpened(thread, desired, attributes, userHandle);
    ObDereferenceObject(thread);
    return status;
}

/* NULL and NtCurrentThread() are the caller.  On Windows NULL refuses when the caller is
 * the process's last thread (STATUS_CANT_TERMINATE_SELF): so does this. */
NTSTATUS NTAPI NtTerminateThread(HANDLE handle, NTSTATUS exitStatus)
{
    ETHREAD *thread = PsCurrentThread();
    if (handle == NULL) {
        if (thread->Process->ActiveThreads == 1)
            return STATUS_CANT_TERMINATE_SELF;
        PspExitThread(exitStatus);
    }
    NTSTATUS status = ObReferenceHandle(handle, &PsThreadType, THREAD_TERMINATE, &thread);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN self = thread == PsCurrentThread();
    if (!self && !thread->IsTerminated)
        KeRequestTermination(&thread->Tcb, exitStatus);
    ObDereferenceObject(thread);
    if (self)
        PspExitThread(exitStatus);
    return STATUS_SUCCESS;
}

/* The thread to be suspended or resumed, once the count can be returned. */
static NTSTATUS PspReferenceCounted(HANDLE handle, ULONG *userPrevious, ETHREAD **thread)
{
    NTSTATUS status = ObProbeOptional(userPrevious, sizeof *userPrevious);
    return NT_SUCCESS(status)
               ? ObReferenceHandle(handle, &PsThreadType, THREAD_SUSPEND_RESUME, thread)
               : status;
}

static NTSTATUS PspReturnCount(ULONG *userPrevious, ULONG previous)
{
    return ObReturnOptional(userPrevious, &previous, sizeof previous);
}

NTSTATUS NTAPI NtSuspendThread(HANDLE handle, ULONG *userPrevious)
{
    ETHREAD *thread;
    NTSTATUS status = PspReferenceCounted(handle, userPrevious, &thread);
    if (!NT_SUCCESS(status))
        return status;
    if (thread->IsTerminated || thread->Tcb.TerminatePending)
        status = STATUS_THREAD_IS_TERMINATING;
    else if (thread->Tcb.SuspendCount >= MAXIMUM_SUSPEND_COUNT)
        status = STATUS_SUSPEND_COUNT_EXCEEDED;
    else
        status = PspReturnCount(userPrevious, KeSuspendThread(&thread->Tcb));
    ObDereferenceObject(thread);
    return status;
}

NTSTATUS NTAPI NtResumeThread(HANDLE handle, ULONG *userPrevious)
{
    ETHREAD *thread;
    NTSTATUS status = PspReferenceCounted(handle, userPrevious, &thread);
    if (!NT_SUCCESS(status))
        return status;
    status = PspReturnCount(userPrevious, KeResumeThread(&thread->Tcb));
    ObDereferenceObject(thread);
    return status;
}
