/* querythread.c - NtQueryInformationThread and NtSetInformationThread. */
#include "psp.h"
#include "services.h"

typedef struct { /* THREAD_BASIC_INFORMATION, 1Ch bytes on x86 */
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    LONG Priority, BasePriority;
} BASIC;
C_ASSERT(sizeof(BASIC) == 0x1C);

typedef union {
    BASIC Basic;
    LONGLONG Times[4]; /* KERNEL_USER_TIMES: created, ended, kernel, user */
    ULONG Number;
    UCHAR Flag;
    ULONGLONG Counter;
} ANSWER;

enum {
    ClassBasic = 0,
    ClassTimes = 1,
    ClassPriority = 2,
    ClassBasePriority = 3,
    ClassAffinityMask = 4,
    ClassWin32StartAddress = 9,
    ClassZeroTlsCell = 10,
    ClassPerformanceCount = 11,
    ClassAmILastThread = 12,
    ClassIdealProcessor = 13,
    ClassPriorityBoost = 14,
    ClassIsIoPending = 16,
    ClassHideFromDebugger = 17,
    ClassIsTerminated = 20,
    ClassSuspendCount = 35
};

static ULONG PspFillBasic(ETHREAD *thread, ANSWER *answer)
{
    answer->Basic = (BASIC){
        .ExitStatus = thread->IsTerminated ? thread->Tcb.ExitStatus : STATUS_PENDING,
        .TebBaseAddress = thread->IsTerminated ? NULL : thread->Tcb.Teb,
        .ClientId = {(HANDLE)(ULONG_PTR)thread->Process->Id,
                     (HANDLE)(ULONG_PTR)thread->Id},
        .AffinityMask = 1,
        .Priority = thread->Tcb.Priority,
        .BasePriority = thread->Increment, /* as Windows: relative to the process's */
    };
    return sizeof answer->Basic;
}

static ULONG PspFillTimes(ETHREAD *thread, ANSWER *answer)
{
    answer->Times[0] = thread->CreateTime;
    answer->Times[1] = thread->ExitTime;
    answer->Times[2] = thread->Tcb.KernelTime * KE_TICK_100NS;
    answer->Times[3] = thread->Tcb.UserTime * KE_TICK_100NS;
    return sizeof answer->Times;
}

static ULONG PspFillNumber(ETHREAD *thread, ULONG class, ANSWER *answer)
{
    const ULONG active = thread->Process->ActiveThreads;
    answer->Number = class == ClassWin32StartAddress ? thread->Win32StartAddress
                     : class == ClassAmILastThread   ? active == 1
                     : class == ClassIsTerminated    ? thread->IsTerminated
                     : class == ClassPriorityBoost   ? thread->BoostDisabled
                     : class == ClassSuspendCount    ? thread->Tcb.SuspendCount
                                                     : 0; /* ClassIsIoPending: none is */
    return sizeof answer->Number;
}

static ULONG PspFill(ETHREAD *thread, ULONG class, ANSWER *answer)
{
    switch (class) {
    case ClassBasic:
        return PspFillBasic(thread, answer);
    case ClassTimes:
        return PspFillTimes(thread, answer);
    case ClassWin32StartAddress:
    case ClassAmILastThread:
    case ClassPriorityBoost:
    case ClassIsIoPending:
    case ClassIsTerminated:
    case ClassSuspendCount:
        return PspFillNumber(thread, class, answer);
    case ClassHideFromDebugger:
        answer->Flag = thread->HideFromDebugger;
        return sizeof answer->Flag;
    default:
        return 0;
    }
}

NTSTATUS NTAPI NtQueryInformationThread(HANDLE handle, THREADINFOCLASS class, PVOID user,
                                        ULONG length, PULONG userReturned)
{
    ETHREAD *thread;
    ANSWER answer;
    NTSTATUS status = PspReferenceQueried(handle, &PsThreadType,
                                          0x800 /* THREAD_QUERY_LIMITED_INFORMATION */,
                                          THREAD_QUERY_INFORMATION, &thread);
    if (!NT_SUCCESS(status))
        return status;
    ULONG size = PspFill(thread, class, &answer);
    if (size == 0)
        status = STATUS_INVALID_INFO_CLASS;
    else
        status = ObReturnStructure(&answer, size, user, length, userReturned, FALSE);
    ObDereferenceObject(thread);
    return status;
}

/* An increment is within -2..2 of the process's base (-7..6 when that is real-time), or
 * saturates: 15, 16 time critical; -15, -16 idle. */
static NTSTATUS PspSetBasePriority(ETHREAD *thread, LONG increment)
{
    const BOOLEAN realTime = thread->Process->BasePriority >= 16;
    const LONG saturated = THREAD_PRIORITY_TIME_CRITICAL + 1;
    if (increment >= saturated - 1 && increment <= saturated)
        thread->Increment = saturated;
    else if (increment <= -saturated + 1 && increment >= -saturated)
        thread->Increment = -saturated;
    else if (increment < (realTime ? -7 : -2) || increment > (realTime ? 6 : 2))
        return STATUS_INVALID_PARAMETER;
    else
        thread->Increment = increment;
    PspApplyPriority(thread);
    return STATUS_SUCCESS;
}

/* TlsFree clears the slot in every thread of the process. */
static NTSTATUS PspZeroTlsCell(ULONG index)
{
    const PVOID zero = NULL;
    if (index >= TLS_MINIMUM_AVAILABLE + 1024)
        return STATUS_INVALID_PARAMETER;
    LIST_EACH(ETHREAD, thread, &PsCurrentProcess()->ThreadListHead, ThreadListEntry) {
        TEB *teb = thread->Tcb.Teb;
        PVOID *slots;
        if (thread->IsTerminated || teb == NULL)
            continue;
        if (index < TLS_MINIMUM_AVAILABLE)
            MmCopyToUser(&teb->TlsSlots[index], &zero, sizeof zero);
        else if (NT_SUCCESS(
                     MmCopyFromUser(&slots, &teb->TlsExpansionSlots, sizeof slots)) &&
                 slots != NULL)
            MmCopyToUser(&slots[index - TLS_MINIMUM_AVAILABLE], &zero, sizeof zero);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspTakeNumber(ETHREAD *thread, ULONG class, ULONG value)
{
    switch (class) {
    case ClassPriority:
        if (value < 1 || value > 31)
            return STATUS_INVALID_PARAMETER;
        KeSetPriorityThread(&thread->Tcb, value);
        return STATUS_SUCCESS;
    case ClassBasePriority:
        return PspSetBasePriority(thread, value);
    case ClassAffinityMask:
        return value == 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case ClassWin32StartAddress:
        thread->Win32StartAddress = value;
        return STATUS_SUCCESS;
    case ClassZeroTlsCell:
        return thread == PsCurrentThread() ? PspZeroTlsCell(value)
                                           : STATUS_INVALID_PARAMETER;
    case ClassIdealProcessor:
        return value <= MAXIMUM_PROCESSORS ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case ClassPriorityBoost:
        thread->BoostDisabled = value != 0;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI NtSetInformationThread(HANDLE handle, THREADINFOCLASS class, PVOID user,
                                      ULONG length)
{
    ETHREAD *thread;
    ULONG value = 0;
    NTSTATUS status =
        ObReferenceHandle(handle, &PsThreadType, THREAD_SET_INFORMATION, &thread);
    if (!NT_SUCCESS(status))
        return status;
    if ((ULONG) class == ClassHideFromDebugger) {
        status = length == 0 ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
        if (NT_SUCCESS(status))
            thread->HideFromDebugger = TRUE;
    } else if (length != sizeof value) {
        status = STATUS_INFO_LENGTH_MISMATCH;
    } else {
        status = MmCopyFromUser(&value, user, sizeof value);
        if (NT_SUCCESS(status) && thread->IsTerminated)
            status = STATUS_THREAD_IS_TERMINATING;
        if (NT_SUCCESS(status))
            status = PspTakeNumber(thread, class, value);
    }
    ObDereferenceObject(thread);
    return status;
}
