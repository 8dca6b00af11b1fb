/* thread.c - ETHREAD: made, started, ended.
 *
 * A new user thread starts at ntdll!RtlUserThreadStart (EAX start address, EBX argument):
 * that is what GetThreadContext shows of it and SetThreadContext changes while it is
 * suspended. When it first runs, the kernel pushes that context on its user stack and
 * sends it to ntdll!LdrInitializeThunk(context, ntdll's base), which ends in
 * NtContinue(context).
 *
 *      user stack, from the top:   CONTEXT | base of ntdll | &CONTEXT | 0 <- ESP
 *
 * Invariants:
 *   E1  a thread that was started holds a reference to itself until it is reaped
 *   E2  ActiveThreads counts the threads of a process that were created and have not
 * ended Windows: `!thread`, `dt nt!_ETHREAD`; there the push is done by an APC.
 */
#include "psp.h"

ULONG PsThreadCount;
PSENTRIES PsEntries; /* found by init.c, like the next */
ULONG_PTR PspNtdllBase;

static void PspDeleteThread(void *body)
{
    ETHREAD *thread = body;
    RemoveEntryList(&thread->ThreadListEntry);
    if (thread->Process != NULL)
        ObDereferenceObject(thread->Process);
    PsThreadCount--;
}

const OBTYPE PsThreadType = {
    .Name = "Thread",
    .Delete = PspDeleteThread,
    .ValidAccess = THREAD_ALL_ACCESS,
    .Generic = {THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION | STANDARD_RIGHTS_READ,
                THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_SET_CONTEXT |
                    THREAD_SET_INFORMATION | STANDARD_RIGHTS_WRITE,
                SYNCHRONIZE | STANDARD_RIGHTS_EXECUTE, THREAD_ALL_ACCESS},
    .Waitable = TRUE,
};

ETHREAD *PsThreadOf(PKTHREAD thread)
{
    /* The idle thread, and whatever runs before the first ETHREAD, is a bare KTHREAD. */
    return thread != NULL && thread->Space != NULL ? (ETHREAD *)thread : NULL;
}

ETHREAD *PsCurrentThread(void)
{
    return PsThreadOf(KeGetCurrentThread());
}

/* The processor comes here on the new thread's kernel stack. */
static void PspUserThreadStartup(void *context)
{
    ETHREAD *thread = context;
    KTRAP_FRAME *frame = thread->Tcb.TrapFrame;
    struct {
        ULONG_PTR ReturnAddress, ContextPointer, NtdllBase;
    } arguments = {0};
    CONTEXT start = {.ContextFlags = CONTEXT_FULL};
    KeServicePendingUserMode(frame); /* created suspended: it waits in here */
    KeContextFromThread(&thread->Tcb, &start);
    ULONG_PTR at = ALIGN_DOWN(start.Esp - sizeof start, 16);
    arguments.ContextPointer = at;
    arguments.NtdllBase = PspNtdllBase;
    NTSTATUS status = MmCopyToUser((void *)at, &start, sizeof start);
    if (NT_SUCCESS(status))
        status =
            MmCopyToUser((void *)(at - sizeof arguments), &arguments, sizeof arguments);
    if (!NT_SUCCESS(status)) /* its stack went before it ran */
        PspExitThread(status);
    KeReturnToUser(frame, at - sizeof arguments, PsEntries.LdrInitializeThunk);
}

static void PspSystemThreadStartup(void *context)
{
    ETHREAD *thread = context;
    thread->SystemRoutine(thread->SystemContext);
    KeTerminateThread(STATUS_SUCCESS);
}

static NTSTATUS PspAllocateThread(EPROCESS *process, ETHREAD **result)
{
    ETHREAD *thread;
    NTSTATUS status = ObCreateObject(&PsThreadType, sizeof *thread, (void **)&thread);
    if (!NT_SUCCESS(status))
        return status;
    PsThreadCount++;
    InitializeListHead(&thread->ThreadListEntry);
    PVOID top = MmCreateKernelStack();
    if (top == NULL) {
        ObDereferenceObject(thread);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeThread(&thread->Tcb, top, (UCHAR *)top - KERNEL_STACK_SIZE,
                       process != NULL ? process->Space : NULL,
                       process != NULL ? PspUserThreadStartup : PspSystemThreadStartup,
                       thread);
    thread->Id = PspNewId();
    thread->CreateTime = KeQuerySystemTime();
    *result = thread;
    return STATUS_SUCCESS;
}

static void PspFreeThread(ETHREAD *thread)
{
    MmDeleteKernelStack(thread->Tcb.InitialStack);
    thread->Tcb.InitialStack = NULL; /* a handle may keep the object */
    thread->Tcb.TrapFrame = NULL;
    ObDereferenceObject(thread);
}

/* The new thread's TEB and stack; the process's space is attached. */
static NTSTATUS PspMakeUserSide(ETHREAD *thread, const PSTHREAD *wanted)
{
    EPROCESS *process = thread->Process;
    MMSECTION_FACTS facts;
    PVOID base, limit;
    NTSTATUS status = MmCreateTeb(process->Space, &thread->Tcb.Teb);
    if (!NT_SUCCESS(status))
        return status;
    MmQuerySection(process->Image, &facts);
    status = MmCreateUserStack(
        process->Space, wanted->ZeroBits,
        wanted->StackReserve ? wanted->StackReserve : facts.StackReserve,
        wanted->StackCommit ? wanted->StackCommit : facts.StackCommit, &base, &limit,
        &thread->StackAllocation);
    if (!NT_SUCCESS(status))
        return status;
    TEB *teb = thread->Tcb.Teb;
    NT_TIB tib = {.ExceptionList = (PVOID)(ULONG_PTR)-1,
                  .StackBase = base,
                  .StackLimit = limit,
                  .Version = 0x1E00,
                  .Self = (NT_TIB *)teb};
    TEB_CLIENT_ID client = {(HANDLE)(ULONG_PTR)process->Id,
                            (HANDLE)(ULONG_PTR)thread->Id};
    UNICODE_STRING string = {0, sizeof teb->StaticUnicodeBuffer,
                             teb->StaticUnicodeBuffer};
    status = MmCopyToUser(&teb->NtTib, &tib, sizeof tib);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(&teb->ClientId, &client, sizeof client);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(&teb->RealClientId, &client, sizeof client);
    if (NT_SUCCESS(status))
        status =
            MmCopyToUser(&teb->ProcessEnvironmentBlock, &process->Peb, sizeof(PVOID));
    if (NT_SUCCESS(status))
        status = MmCopyToUser(&teb->DeallocationStack, &thread->StackAllocation,
                              sizeof(PVOID));
    if (NT_SUCCESS(status))
        status = MmCopyToUser(&teb->StaticUnicodeString, &string, sizeof string);
    KTRAP_FRAME *frame = thread->Tcb.TrapFrame;
    frame->Eip = PsEntries.RtlUserThreadStart;
    frame->HardwareEsp = (ULONG_PTR)base - 4;
    frame->Eax = wanted->Start;
    frame->Ebx = wanted->Argument;
    return status;
}

static void PspFreeUserSide(ETHREAD *thread)
{
    MMSPACE *space = thread->Process->Space;
    PVOID stack = thread->StackAllocation;
    SIZE_T size = 0;
    if (stack != NULL)
        MmFreeVirtualMemory(space, &stack, &size, MEM_RELEASE);
    if (thread->Tcb.Teb != NULL)
        MmDeleteTeb(space, thread->Tcb.Teb);
    thread->StackAllocation = NULL;
}

NTSTATUS PspCreateThread(EPROCESS *process, const PSTHREAD *wanted, ETHREAD **result)
{
    ETHREAD *thread;
    if (process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    NTSTATUS status = PspAllocateThread(process, &thread);
    if (!NT_SUCCESS(status))
        return status;
    ObReferenceObject(process);
    thread->Process = process;
    thread->StartAddress = thread->Win32StartAddress = wanted->Start;
    thread->HideFromDebugger = wanted->HideFromDebugger;
    MMSPACE *before = MmAttachSpace(process->Space);
    status = PspMakeUserSide(thread, wanted);
    MmAttachSpace(before);
    if (!NT_SUCCESS(status)) {
        PspFreeUserSide(thread);
        thread->Tcb.Teb = NULL;
        PspFreeThread(thread);
        return status;
    }
    thread->Tcb.BasePriority = thread->Tcb.Priority = process->BasePriority;
    InsertTailList(&process->ThreadListHead, &thread->ThreadListEntry);
    process->ActiveThreads++;
    if (wanted->Suspended)
        KeSuspendThread(&thread->Tcb);
    *result = thread;
    return STATUS_SUCCESS;
}

void PspStartThread(ETHREAD *thread)
{
    KD_TRACE(ThreadCreate, thread->Process->Id, thread->Id, thread->StartAddress);
    ObReferenceObject(thread); /* its own, until it is reaped */
    KeReadyThread(&thread->Tcb);
}

void PspAbandonThread(ETHREAD *thread)
{
    PspFreeUserSide(thread);
    thread->Tcb.Teb = NULL;
    thread->IsTerminated = TRUE;
    thread->Process->ActiveThreads--;
    RemoveEntryList(&thread->Tcb.AllListEntry);
    PspFreeThread(thread);
}

NTSTATUS PsCreateSystemThread(void (*start)(void *), void *context, ETHREAD **result)
{
    ETHREAD *thread;
    NTSTATUS status = PspAllocateThread(NULL, &thread);
    if (!NT_SUCCESS(status))
        return status;
    thread->SystemRoutine = start;
    thread->SystemContext = context;
    thread->Tcb.BasePriority = thread->Tcb.Priority = KE_SYSTEM_PRIORITY;
    if (result != NULL) {
        ObReferenceObject(thread);
        *result = thread;
    }
    KeReadyThread(&thread->Tcb);
    return STATUS_SUCCESS;
}

/* The end of the current thread.  The last one takes the process with it. */
void PspExitThread(NTSTATUS status)
{
    ETHREAD *thread = PsCurrentThread();
    EPROCESS *process = thread->Process;
    thread->IsTerminated = TRUE;
    process->Begun |= thread->Tcb.Begun;
    thread->ExitTime = KeQuerySystemTime();
    process->KernelTime += thread->Tcb.KernelTime;
    process->UserTime += thread->Tcb.UserTime;
    KD_TRACE(ThreadExit, process->Id, thread->Id, status);
    if (--process->ActiveThreads == 0)
        PspCleanProcess(process, status);
    else
        PspFreeUserSide(thread);
    KeTerminateThread(status);
}

/* On another stack, when the dead thread's own is no longer in use. */
static void PspReapThread(PKTHREAD tcb)
{
    PspFreeThread((ETHREAD *)tcb);
}

static void PspTerminateCurrent(void)
{
    PspExitThread(KeGetCurrentThread()->ExitStatus);
}

void PspInitializeThreads(void)
{
    KeReapThread = PspReapThread;
    KePsTerminateHook = PspTerminateCurrent;
}
