/* setprocess.c - NtSetInformationProcess: priorities, limits of the working set, modes.
 *
 * Source: learn.microsoft.com, "Scheduling Priorities", SetProcessWorkingSetSize,
 * SetErrorMode.
 */
#include "psp.h"
#include "services.h"

#define CLASS_LIMITS   1  /* ProcessQuotaLimits */
#define CLASS_PRIORITY 18 /* ProcessPriorityClass */

/* Base priorities of the classes idle, normal, high, real-time, below and above normal,
 * in the order of PROCESS_PRIORITY_CLASS_*. */
static const UCHAR PspBasePriorities[] = {8, 4, 8, 13, 24, 6, 10};

/* A thread's priority from its process's base and its own increment; within 1..15,
 * or 16..31 for a real-time process. */
void PspApplyPriority(ETHREAD *thread)
{
    const LONG base = thread->Process->BasePriority;
    const LONG low = base >= 16 ? 16 : 1, high = base >= 16 ? 31 : 15;
    LONG priority = base + thread->Increment;
    priority = priority < low ? low : priority > high ? high : priority;
    thread->Tcb.BasePriority = priority;
    KeSetPriorityThread(&thread->Tcb, priority);
}

static void PspSetBasePriority(EPROCESS *process, ULONG priority)
{
    process->BasePriority = priority;
    LIST_EACH(ETHREAD, thread, &process->ThreadListHead, ThreadListEntry) {
        if (!thread->IsTerminated)
            PspApplyPriority(thread);
    }
}

static NTSTATUS PspSetLimits(EPROCESS *process, const QUOTA_LIMITS *limits)
{
    if (process->Handles == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    return MmSetWorkingSet(process->Space, limits->MinimumWorkingSetSize,
                           limits->MaximumWorkingSetSize);
}

NTSTATUS PspSetNumber(EPROCESS *process, ULONG class, ULONG value)
{
    switch (class) {
    case 5: /* ProcessBasePriority */
        if (value < 1 || value > 31)
            return STATUS_INVALID_PARAMETER;
        PspSetBasePriority(process, value);
        return STATUS_SUCCESS;
    case 12: /* ProcessDefaultHardErrorMode */
        process->ErrorMode = value;
        return STATUS_SUCCESS;
    case CLASS_PRIORITY:
        if (value >> 8 == 0 || value >> 8 >= sizeof PspBasePriorities)
            return STATUS_INVALID_PARAMETER;
        process->PriorityClass = value >> 8;
        PspSetBasePriority(process, PspBasePriorities[value >> 8]);
        return STATUS_SUCCESS;
    case 21: /* ProcessAffinityMask: there is one processor */
        return value == 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case 22: /* ProcessPriorityBoost */
        process->BoostDisabled = value != 0;
        return STATUS_SUCCESS;
    case 34: /* ProcessExecuteFlags */
        if (process->ExecuteFlags & 8)
            return STATUS_ACCESS_DENIED; /* permanent */
        process->ExecuteFlags = value & 0x3F;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NTAPI NtSetInformationProcess(HANDLE handle, PROCESSINFOCLASS class, PVOID user,
                                       ULONG length)
{
    EPROCESS *process;
    union {
        QUOTA_LIMITS Limits;
        ULONG Number;
    } value = {0};
    const ULONG size = (ULONG) class == CLASS_LIMITS     ? sizeof value.Limits
                       : (ULONG) class == CLASS_PRIORITY ? 2
                                                         : sizeof value.Number;
    NTSTATUS status = ObReferenceHandle(
        handle, &PsProcessType,
        (ULONG) class == CLASS_LIMITS ? PROCESS_SET_QUOTA : PROCESS_SET_INFORMATION,
        &process);
    if (!NT_SUCCESS(status))
        return status;
    status =
        length == size ? MmCopyFromUser(&value, user, size) : STATUS_INFO_LENGTH_MISMATCH;
    if (NT_SUCCESS(status))
        status = (ULONG) class == CLASS_LIMITS
                     ? PspSetLimits(process, &value.Limits)
                     : PspSetNumber(process, (ULONG) class, value.Number);
    ObDereferenceObject(process);
    return status;
}
