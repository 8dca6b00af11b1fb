/* thread.c - threads: made by NtCreateThreadEx, ended by ntdll's RtlExitUserThread.
 *
 * ExitThread is forwarded to ntdll.  A new thread starts in ntdll (LdrInitializeThunk,
 * then RtlUserThreadStart), which calls the function given here.
 */
#include "k32.h"

/* Documented priorities, and the base-priority increments the kernel wants, are one
 * number but for the two ends. */
#define THREAD_BASE_PRIORITY_SATURATED 16

/* ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED. stack 0: the
 * sizes in the PE header; otherwise bytes to commit, or to reserve with
 * STACK_SIZE_PARAM_IS_A_RESERVATION.  *id is written before the thread's first instruction. */
HANDLE WINAPI CreateRemoteThread(HANDLE process, LPSECURITY_ATTRIBUTES security,
                                 SIZE_T stack, LPTHREAD_START_ROUTINE start,
                                 LPVOID argument, DWORD flags, LPDWORD id)
{
    CLIENT_ID client = {0};
    PS_ATTRIBUTE_LIST list = {.TotalLength = PS_ATTRIBUTE_LIST_SIZE(1),
                              .Attributes = {{.Attribute = PS_ATTRIBUTE_CLIENT_ID,
                                              .Size = sizeof client,
                                              .ValuePtr = &client}}};
    BASE_NAME name;
    HANDLE thread = NULL;
    SIZE_T commit = flags & STACK_SIZE_PARAM_IS_A_RESERVATION ? 0 : stack;
    SIZE_T reserve = flags & STACK_SIZE_PARAM_IS_A_RESERVATION ? stack : 0;
    const BOOL suspended = (flags & CREATE_SUSPENDED) || id;
    NTSTATUS status;

    if (flags & ~(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    BaseFormatObjectAttributes(&name, security, NULL, 0);
    status = NtCreateThreadEx(
        &thread, THREAD_ALL_ACCESS, &name.Attributes, process, (PVOID)start, argument,
        suspended ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, 0, commit, reserve, &list);
    if (!BasepResult(status))
        return NULL;
    if (id)
        *id = (DWORD)(ULONG_PTR)client.UniqueThread;
    if (suspended && !(flags & CREATE_SUSPENDED))
        NtResumeThread(thread, NULL);
    return thread;
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES security, SIZE_T stack,
                           LPTHREAD_START_ROUTINE start, LPVOID argument, DWORD flags,
                           LPDWORD id)
{
    return CreateRemoteThread(NtCurrentProcess(), security, stack, start, argument, flags,
                              id);
}

/* ERROR_INVALID_PARAMETER: no such thread. */
HANDLE WINAPI OpenThread(DWORD access, BOOL inherit, DWORD id)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client = {.UniqueThread = (HANDLE)(ULONG_PTR)id};
    HANDLE thread = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    status = NtOpenThread(&thread, access, &attributes, &client);
    if (status == STATUS_INVALID_CID)
        status = STATUS_INVALID_PARAMETER;
    return BasepResult(status) ? thread : NULL;
}

BOOL WINAPI TerminateThread(HANDLE thread, DWORD code)
{
    if (!thread)
        return BasepFail(ERROR_INVALID_HANDLE);
    return BasepResult(NtTerminateThread(thread, (NTSTATUS)code));
}

/* The previous count, or (DWORD)-1. */
DWORD WINAPI SuspendThread(HANDLE thread)
{
    ULONG previous = 0;
    return BasepResult(NtSuspendThread(thread, &previous)) ? previous : (DWORD)-1;
}

DWORD WINAPI ResumeThread(HANDLE thread)
{
    ULONG previous = 0;
    return BasepResult(NtResumeThread(thread, &previous)) ? previous : (DWORD)-1;
}

BOOL WINAPI GetThreadContext(HANDLE thread, LPCONTEXT context)
{
    return BasepResult(NtGetContextThread(thread, context));
}

BOOL WINAPI SetThreadContext(HANDLE thread, const CONTEXT *context)
{
    return BasepResult(NtSetContextThread(thread, context));
}

typedef struct {
    NTSTATUS ExitStatus;
    PVOID Teb;
    TEB_CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    LONG Priority;
    LONG BasePriority;
} THREAD_BASIC;

static BOOL Basic(HANDLE thread, THREAD_BASIC *basic)
{
    return BasepResult(NtQueryInformationThread(thread, ThreadBasicInformation, basic,
                                                sizeof *basic, NULL));
}

/* STILL_ACTIVE (259) while it runs. */
BOOL WINAPI GetExitCodeThread(HANDLE thread, LPDWORD code)
{
    THREAD_BASIC basic;
    if (!Basic(thread, &basic))
        return FALSE;
    *code = (DWORD)basic.ExitStatus;
    return TRUE;
}

DWORD WINAPI GetThreadId(HANDLE thread)
{
    THREAD_BASIC basic;
    return Basic(thread, &basic) ? (DWORD)(ULONG_PTR)basic.ClientId.UniqueThread : 0;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE thread)
{
    THREAD_BASIC basic;
    return Basic(thread, &basic) ? (DWORD)(ULONG_PTR)basic.ClientId.UniqueProcess : 0;
}

int WINAPI GetThreadPriority(HANDLE thread)
{
    THREAD_BASIC basic;

    if (!Basic(thread, &basic))
        return THREAD_PRIORITY_ERROR_RETURN;
    if (basic.BasePriority == THREAD_BASE_PRIORITY_SATURATED)
        return THREAD_PRIORITY_TIME_CRITICAL;
    if (basic.BasePriority == -THREAD_BASE_PRIORITY_SATURATED)
        return THREAD_PRIORITY_IDLE;
    return basic.BasePriority;
}

BOOL WINAPI SetThreadPriority(HANDLE thread, int priority)
{
    LONG increment = priority;

    if (priority == THREAD_PRIORITY_TIME_CRITICAL)
        increment = THREAD_BASE_PRIORITY_SATURATED;
    else if (priority == THREAD_PRIORITY_IDLE)
        increment = -THREAD_BASE_PRIORITY_SATURATED;
    else if (priority < THREAD_BASE_PRIORITY_MIN || priority > THREAD_BASE_PRIORITY_MAX)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return BasepResult(
        NtSetInformationThread(thread, ThreadBasePriority, &increment, sizeof increment));
}

/* Nothing is boosted here, so the answer is TRUE: disabled. */
BOOL WINAPI GetThreadPriorityBoost(HANDLE thread, PBOOL disabled)
{
    THREAD_BASIC basic;
    if (!Basic(thread, &basic))
        return FALSE;
    *disabled = TRUE;
    return TRUE;
}

BOOL WINAPI SetThreadPriorityBoost(HANDLE thread, BOOL disable)
{
    THREAD_BASIC basic;
    (void)disable;
    return Basic(thread, &basic);
}

/* The previous mask; one processor, so anything but a mask with bit 0 is
 * ERROR_INVALID_PARAMETER and 0. */
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE thread, DWORD_PTR mask)
{
    THREAD_BASIC basic;
    if (!(mask & 1) || !Basic(thread, &basic)) {
        if (!(mask & 1))
            RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    return 1;
}

DWORD WINAPI SetThreadIdealProcessor(HANDLE thread, DWORD processor)
{
    THREAD_BASIC basic;
    if (processor > MAXIMUM_PROCESSORS) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return (DWORD)-1;
    }
    return Basic(thread, &basic) ? 0 : (DWORD)-1;
}

typedef struct {
    LARGE_INTEGER CreateTime, ExitTime, KernelTime, UserTime; /* 100 ns */
} KERNEL_TIMES;

BOOL WINAPI GetThreadTimes(HANDLE thread, LPFILETIME created, LPFILETIME exited,
                           LPFILETIME kernel, LPFILETIME user)
{
    KERNEL_TIMES times;

    if (!BasepResult(
            NtQueryInformationThread(thread, ThreadTimes, &times, sizeof times, NULL)))
        return FALSE;
    *created = BasepFileTime(times.CreateTime);
    *exited = BasepFileTime(times.ExitTime);
    *kernel = BasepFileTime(times.KernelTime);
    *user = BasepFileTime(times.UserTime);
    return TRUE;
}

BOOL WINAPI GetProcessTimes(HANDLE process, LPFILETIME created, LPFILETIME exited,
                            LPFILETIME kernel, LPFILETIME user)
{
    KERNEL_TIMES times;

    if (!BasepResult(
            NtQueryInformationProcess(process, ProcessTimes, &times, sizeof times, NULL)))
        return FALSE;
    *created = BasepFileTime(times.CreateTime);
    *exited = BasepFileTime(times.ExitTime);
    *kernel = BasepFileTime(times.KernelTime);
    *user = BasepFileTime(times.UserTime);
    return TRUE;
}

/* The kernel's APC hands three words; PAPCFUNC wants one. */
static VOID NTAPI DispatchApc(PAPCFUNC function, ULONG_PTR data, ULONG_PTR unused)
{
    (void)unused;
    function(data);
}

/* 0 on failure, as documented; the APC runs in the thread's next alertable wait. */
DWORD WINAPI QueueUserAPC(PAPCFUNC function, HANDLE thread, ULONG_PTR data)
{
    NTSTATUS status =
        NtQueueApcThread(thread, (PVOID)DispatchApc, (PVOID)function, (PVOID)data, NULL);
    return (DWORD)BasepResult(status);
}

/* TRUE: another thread ran. */
BOOL WINAPI SwitchToThread(void)
{
    return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED;
}

HANDLE WINAPI GetCurrentThread(void)
{
    return NtCurrentThread();
}

DWORD WINAPI GetCurrentThreadId(void)
{
    return (DWORD)(ULONG_PTR)BaseTeb()->ClientId.UniqueThread;
}

DWORD WINAPI GetCurrentProcessorNumber(void)
{
    return NtGetCurrentProcessorNumber();
}

/* In: bytes that must remain for a handler of EXCEPTION_STACK_OVERFLOW; out: the old
 * value.  ERROR_INVALID_PARAMETER: the stack has not so many beside its guard. */
BOOL WINAPI SetThreadStackGuarantee(PULONG bytes)
{
    PTEB teb = BaseTeb();
    ULONG old = teb->GuaranteedStackBytes;
    SIZE_T reserve = (SIZE_T)teb->NtTib.StackBase - (SIZE_T)teb->DeallocationStack;

    if (*bytes >= reserve - 2 * PAGE_SIZE)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (*bytes > old)
        teb->GuaranteedStackBytes = ALIGN_UP(*bytes, PAGE_SIZE);
    *bytes = old;
    return TRUE;
}

/* User mode has three segments, alike in all threads but for the base of FS, the TEB: what the
 * kernel's table has of them.  ERROR_INVALID_PARAMETER: a selector of none of them; and what asking
 * the thread says (THREAD_QUERY_INFORMATION). */
BOOL WINAPI GetThreadSelectorEntry(HANDLE thread, DWORD selector, LPLDT_ENTRY entry)
{
    static const struct {
        USHORT Selector, Limit; /* as loaded; in bytes or, for a flat one, pages */
        UCHAR Type;             /* present, ring 3, accessed: DPL, type */
        BOOL Flat;
    } segments[] = {{0x1B, 0xFFFF, 0x1B, TRUE},
                    {0x23, 0xFFFF, 0x13, TRUE},
                    {0x3B, 0xFFF, 0x13, FALSE}};
    THREAD_BASIC basic;
    ULONG base, i;

    if (!Basic(thread, &basic))
        return FALSE;
    for (i = 0; i < ARRAYSIZE(segments) && segments[i].Selector != (selector | 3); i++)
        ;
    if (i == ARRAYSIZE(segments))
        return BasepFail(ERROR_INVALID_PARAMETER);
    base = segments[i].Flat ? 0 : (ULONG)(ULONG_PTR)basic.Teb;
    *entry = (LDT_ENTRY){.LimitLow = segments[i].Limit, .BaseLow = (WORD)base};
    entry->HighWord.Bits.BaseMid = base >> 16 & 0xFF;
    entry->HighWord.Bits.BaseHi = base >> 24;
    entry->HighWord.Bits.Type = segments[i].Type;
    entry->HighWord.Bits.Dpl = 3;
    entry->HighWord.Bits.Pres = 1;
    entry->HighWord.Bits.Default_Big = 1;
    entry->HighWord.Bits.LimitHi = segments[i].Flat ? 0xF : 0;
    entry->HighWord.Bits.Granularity = segments[i].Flat;
    return TRUE;
}
