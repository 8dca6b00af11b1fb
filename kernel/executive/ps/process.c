/* process.c - EPROCESS: made, found, ended.
 *
 *   created -> running -> Exiting (no new threads) -> cleaned, signalled -> object gone
 *
 * Invariants:
 *   P1  each ETHREAD holds a reference to its process, each running process is held by
 * its threads; PsAllProcesses holds none P2  Handles and the regions of Space exist until
 * the last thread ends, and are given back by it before the object is signalled P3
 * ExitStatus is STATUS_PENDING until Exiting Windows: `!process 0 0`, `dt nt!_EPROCESS`. */
#include "psp.h"
#include "services.h"

LIST_ENTRY PsAllProcesses = {&PsAllProcesses, &PsAllProcesses};
void (*PsDeleteTrace)(EPROCESS *);

static void PspDeleteProcess(void *body)
{
    EPROCESS *process = body;
    RemoveEntryList(&process->AllListEntry);
    ASSERT(process->Handles == NULL);
    if (process->Image != NULL)
        MmDereferenceSection(process->Image);
    ExFreePool(process->ImagePath);
    if (process->Space != NULL)
        MmDeleteSpace(process->Space);
}

const OBTYPE PsProcessType = {
    .Name = "Process",
    .Delete = PspDeleteProcess,
    .ValidAccess = PROCESS_ALL_ACCESS,
    .Generic = {PROCESS_VM_READ | PROCESS_QUERY_INFORMATION | STANDARD_RIGHTS_READ,
                PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION |
                    PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_TERMINATE |
                    PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION | PROCESS_SUSPEND_RESUME |
                    STANDARD_RIGHTS_WRITE,
                SYNCHRONIZE | STANDARD_RIGHTS_EXECUTE, PROCESS_ALL_ACCESS},
    .Waitable = TRUE,
};

ULONG PspNewId(void)
{
    static ULONG last = 4; /* 4 is Windows' System process */
    return last += 4;
}

EPROCESS *PsCurrentProcess(void)
{
    ETHREAD *thread = PsCurrentThread();
    return thread != NULL ? thread->Process : NULL;
}

NTSTATUS PspCreateProcess(EPROCESS *parent, EPROCESS **result)
{
    EPROCESS *process;
    NTSTATUS status = ObCreateObject(&PsProcessType, sizeof *process, (void **)&process);
    if (!NT_SUCCESS(status))
        return status;
    process->Header.Type = ProcessObject;
    InitializeListHead(&process->Header.WaitListHead);
    InitializeListHead(&process->ThreadListHead);
    InsertTailList(&PsAllProcesses, &process->AllListEntry);
    process->ExitStatus = STATUS_PENDING;
    process->BasePriority = 8;
    process->PriorityClass = 2; /* PROCESS_PRIORITY_CLASS_NORMAL */
    process->ErrorMode = PROCESS_HARDERROR_DEFAULT;
    process->CreateTime = KeQuerySystemTime();
    process->Id = process->GroupId = PspNewId();
    if (parent != NULL) {
        process->ParentId = parent->Id;
        process->HostStreams = parent->HostStreams;
        process->HostIndex = parent->HostIndex;
        process->ErrorMode = parent->ErrorMode;
        if (parent->BasePriority < process->BasePriority) { /* idle, below normal */
            process->BasePriority = parent->BasePriority;
            process->PriorityClass = parent->PriorityClass;
        }
    }
    status = MmCreateSpace(&process->Space);
    if (NT_SUCCESS(status))
        status = ObCreateHandleTable(&process->Handles);
    if (!NT_SUCCESS(status)) {
        PspCleanProcess(process, status);
        ObDereferenceObject(process);
        return status;
    }
    *result = process;
    return STATUS_SUCCESS;
}

void PspCleanProcess(EPROCESS *process, NTSTATUS exitStatus)
{
    process->Exiting = TRUE;
    if (process->ExitStatus == STATUS_PENDING)
        process->ExitStatus = exitStatus;
    if (PsDeleteTrace != NULL)
        PsDeleteTrace(process);
    /* The table first leaves the process, so that nothing is inserted while it is closed. */
    OBHANDLE_TABLE *handles = process->Handles;
    process->Handles = NULL;
    if (handles != NULL)
        ObDeleteHandleTable(handles);
    if (process->Space != NULL)
        MmCleanSpace(process->Space);
    process->ExitTime = KeQuerySystemTime();
    KD_TRACE(ProcessExit, process->Id, process->ExitStatus);
    KeSignalObject(&process->Header);
}

/* Every thread but the current one is told to end. */
static void PspTerminateOthers(EPROCESS *process, NTSTATUS status)
{
    LIST_EACH(ETHREAD, thread, &process->ThreadListHead, ThreadListEntry) {
        if (thread != PsCurrentThread() && !thread->IsTerminated)
            KeRequestTermination(&thread->Tcb, status);
    }
}

/* STATUS_PROCESS_IS_TERMINATING: it was ending already.  Returns only for another
 * process. */
NTSTATUS PsTerminateProcess(EPROCESS *process, NTSTATUS status)
{
    if (process->Exiting && process != PsCurrentProcess())
        return STATUS_PROCESS_IS_TERMINATING;
    process->Exiting = TRUE;
    if (process->ExitStatus == STATUS_PENDING)
        process->ExitStatus = status;
    PspTerminateOthers(process, status);
    if (process == PsCurrentProcess()) {
        ObDereferenceObject(
            process); /* the caller's reference: no caller returns to drop it */
        PspExitThread(status);
    }
    return STATUS_SUCCESS;
}

/* NULL ends the caller's other threads only: what RtlExitUserProcess does before it tells
 * the DLLs, so that no other thread holds a lock of theirs and runs. */
NTSTATUS NTAPI NtTerminateProcess(HANDLE handle, NTSTATUS exitStatus)
{
    EPROCESS *process;
    if (handle == NULL) {
        PspTerminateOthers(PsCurrentProcess(), exitStatus);
        return STATUS_SUCCESS;
    }
    NTSTATUS status =
        ObReferenceHandle(handle, &PsProcessType, PROCESS_TERMINATE, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = PsTerminateProcess(process, exitStatus);
    ObDereferenceObject(process);
    return status;
}

ULONG PsIdOfSpace(const MMSPACE *space)
{
    LIST_EACH(const EPROCESS, process, &PsAllProcesses, AllListEntry) {
        if (process->Space == space)
            return process->Id;
    }
    return 0;
}

EPROCESS *PsLookupProcess(ULONG id)
{
    LIST_EACH(EPROCESS, process, &PsAllProcesses, AllListEntry) {
        if (process->Id == id) {
            ObReferenceObject(process);
            return process;
        }
    }
    return NULL;
}

NTSTATUS PspCaptureClient(POBJECT_ATTRIBUTES userAttributes, const CLIENT_ID *userClient,
                          ULONG *attributes, CLIENT_ID *client)
{
    OBATTRIBUTES captured;
    NTSTATUS status = MmCopyFromUser(client, userClient, sizeof *client);
    if (NT_SUCCESS(status))
        status = ObCaptureAttributes(userAttributes, &captured);
    if (!NT_SUCCESS(status))
        return status;
    *attributes = captured.Attributes;
    if (captured.Name == NULL)
        return STATUS_SUCCESS;
    ObReleaseAttributes(&captured);
    return STATUS_INVALID_PARAMETER_MIX;
}

NTSTATUS NTAPI NtOpenProcess(HANDLE *userHandle, ACCESS_MASK desired,
                             POBJECT_ATTRIBUTES userAttributes, CLIENT_ID *userClient)
{
    CLIENT_ID client;
    ULONG attributes;
    NTSTATUS status = PspCaptureClient(userAttributes, userClient, &attributes, &client);
    if (!NT_SUCCESS(status))
        return status;
    if (client.UniqueThread != NULL) {
        ETHREAD *thread = PsLookupThread((ULONG_PTR)client.UniqueThread);
        BOOLEAN matches = thread != NULL && thread->Process != NULL &&
                          thread->Process->Id == (ULONG_PTR)client.UniqueProcess;
        if (thread != NULL)
            ObDereferenceObject(thread);
        if (!matches)
            return STATUS_INVALID_CID;
    }
    EPROCESS *process = PsLookupProcess((ULONG_PTR)client.UniqueProcess);
    if (process == NULL)
        return STATUS_INVALID_CID;
    status = ObReturnOpened(process, desired, attributes, userHandle);
    ObDereferenceObject(process);
    return status;
}

static NTSTATUS PspForEachThread(HANDLE handle, ULONG (*act)(PKTHREAD))
{
    EPROCESS *process;
    NTSTATUS status =
        ObReferenceHandle(handle, &PsProcessType, PROCESS_SUSPEND_RESUME, &process);
    if (!NT_SUCCESS(status))
        return status;
    if (process->Exiting)
        status = STATUS_PROCESS_IS_TERMINATING;
    else
        LIST_EACH(ETHREAD, thread, &process->ThreadListHead, ThreadListEntry) {
            if (!thread->IsTerminated)
                act(&thread->Tcb);
        }
    ObDereferenceObject(process);
    return status;
}

NTSTATUS NTAPI NtSuspendProcess(HANDLE process)
{
    return PspForEachThread(process, KeSuspendThread);
}

NTSTATUS NTAPI NtResumeProcess(HANDLE process)
{
    return PspForEachThread(process, KeResumeThread);
}
