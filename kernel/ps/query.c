/* query.c - NtQueryInformationProcess and NtSetInformationProcess.
 *
 * A table says for each class the function that fills it; structures are winternl.h's or,
 * where that has none, spelled here from their documented layout.
 */
#include "psp.h"

typedef struct { /* VM_COUNTERS of x86, bytes */
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, QuotaPeakPagedPoolUsage,
        QuotaPagedPoolUsage, QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage,
        PagefileUsage, PeakPagefileUsage;
} VMCOUNTERS;

typedef union {
    PROCESS_BASIC_INFORMATION Basic;
    VMCOUNTERS Vm;
    LONGLONG Times[4]; /* KERNEL_USER_TIMES: created, ended, kernel, user */
    ULONG Number;
    UCHAR PriorityClass[2]; /* Foreground, PriorityClass */
    ULONG Session;
    ULONGLONG Counters[6];
    QUOTA_LIMITS Limits;
} ANSWER;

static ULONG FillBasic(EPROCESS *process, ANSWER *answer)
{
    ULONG_PTR *fields = (ULONG_PTR *)&answer->Basic;

    fields[0] = process->ExitStatus;
    fields[1] = (ULONG_PTR)process->Peb;
    fields[2] = 1; /* AffinityMask */
    fields[3] = process->BasePriority;
    fields[4] = process->Id;
    fields[5] = process->ParentId;
    return sizeof answer->Basic;
}

/* Pool and paging file have no limits of their own. */
static ULONG FillLimits(EPROCESS *process, ANSWER *answer)
{
    const SIZE_T none = (SIZE_T)-1;
    answer->Limits = (QUOTA_LIMITS){none, none, 0, 0, none, {.QuadPart = -1}};
    if (process->Handles != NULL)
        MmQueryWorkingSet(process->Space, &answer->Limits.MinimumWorkingSetSize,
                          &answer->Limits.MaximumWorkingSetSize);
    return sizeof answer->Limits;
}

static NTSTATUS SetLimits(EPROCESS *process, const void *user, ULONG length)
{
    QUOTA_LIMITS limits;
    if (length != sizeof limits)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromUser(&limits, user, sizeof limits);
    if (NT_SUCCESS(status) && process->Handles == NULL)
        status = STATUS_PROCESS_IS_TERMINATING;
    return NT_SUCCESS(status)
               ? MmSetWorkingSet(process->Space, limits.MinimumWorkingSetSize,
                                 limits.MaximumWorkingSetSize)
               : status;
}

static ULONG FillIoCounters(EPROCESS *process, ANSWER *answer)
{
    (void)process;
    __builtin_memset(answer->Counters, 0, sizeof answer->Counters);
    return sizeof answer->Counters;
}

static ULONG FillVm(EPROCESS *process, ANSWER *answer)
{
    MMUSAGE usage = {0};

    if (process->Handles != NULL)
        MmQuerySpace(process->Space, &usage);
    answer->Vm = (VMCOUNTERS){.PeakVirtualSize = usage.PeakVirtual * PAGE_SIZE,
                              .VirtualSize = usage.VirtualPages * PAGE_SIZE,
                              .PageFaultCount = usage.Faults,
                              .PeakWorkingSetSize = usage.PeakPages * PAGE_SIZE,
                              .WorkingSetSize = usage.Pages * PAGE_SIZE,
                              .PagefileUsage = usage.CommitPages * PAGE_SIZE,
                              .PeakPagefileUsage = usage.PeakCommit * PAGE_SIZE};
    return sizeof answer->Vm;
}

static ULONG FillTimes(EPROCESS *process, ANSWER *answer)
{
    ULONGLONG kernel = process->KernelTime, user = process->UserTime;
    LIST_ENTRY *entry = process->ThreadListHead.Flink;

    for (; entry != &process->ThreadListHead; entry = entry->Flink) {
        ETHREAD *thread = CONTAINING_RECORD(entry, ETHREAD, ThreadListEntry);
        if (!thread->IsTerminated) {
            kernel += thread->Tcb.KernelTime;
            user += thread->Tcb.UserTime;
        }
    }
    answer->Times[0] = process->CreateTime;
    answer->Times[1] = process->ExitTime;
    answer->Times[2] = kernel * KE_TICK_100NS;
    answer->Times[3] = user * KE_TICK_100NS;
    return sizeof answer->Times;
}

static ULONG Number(ANSWER *answer, ULONG value)
{
    answer->Number = value;
    return sizeof answer->Number;
}

static ULONG FillDebugPort(EPROCESS *process, ANSWER *answer)
{
    (void)process;
    return Number(answer, 0); /* no debugger of a process */
}

static ULONG FillErrorMode(EPROCESS *process, ANSWER *answer)
{
    return Number(answer, process->ErrorMode);
}

static ULONG FillPriorityClass(EPROCESS *process, ANSWER *answer)
{
    answer->PriorityClass[0] = FALSE;
    answer->PriorityClass[1] = process->PriorityClass;
    return 2;
}

static ULONG FillHandleCount(EPROCESS *process, ANSWER *answer)
{
    return Number(answer, ObHandleCount(process->Handles));
}

static ULONG FillAffinity(EPROCESS *process, ANSWER *answer)
{
    (void)process;
    return Number(answer, 1);
}

static ULONG FillBoost(EPROCESS *process, ANSWER *answer)
{
    return Number(answer, process->BoostDisabled);
}

static ULONG FillSession(EPROCESS *process, ANSWER *answer)
{
    (void)process;
    return Number(answer, 1);
}

static ULONG FillDebugFlags(EPROCESS *process, ANSWER *answer)
{
    (void)process;
    return Number(answer, 1); /* children do not inherit a debugger */
}

static ULONG FillExecuteFlags(EPROCESS *process, ANSWER *answer)
{
    return Number(answer, process->ExecuteFlags);
}

static ULONG FillCookie(EPROCESS *process, ANSWER *answer)
{
    return Number(answer, 0x5AFE0000u ^ process->Id * 2654435761u);
}

static const struct {
    ULONG Class;
    ULONG (*Fill)(EPROCESS *, ANSWER *); /* returns bytes */
} classes[] = {
    {0, FillBasic},      {1, FillLimits},         {2, FillIoCounters},
    {3, FillVm},         {4, FillTimes},          {7, FillDebugPort},
    {12, FillErrorMode}, {18, FillPriorityClass}, {20, FillHandleCount},
    {21, FillAffinity},  {22, FillBoost},         {24, FillSession},
    {26, FillDebugPort}, {31, FillDebugFlags},    {34, FillExecuteFlags},
    {36, FillCookie},
};

/* UNICODE_STRING and its text behind it: ProcessImageFileName (a device path), and
 * ProcessImageFileNameWin32. */
static NTSTATUS ReturnImageName(EPROCESS *process, BOOLEAN win32, void *user,
                                ULONG length, ULONG *userReturned)
{
    const WCHAR *path = process->ImagePath != NULL ? process->ImagePath : L"";
    WCHAR drive[2] = {'C', ':'};
    ULONG skip = 0, characters = 0;

    if (win32 && *path)
        skip = sizeof "\\Device\\HarddiskVolume1" - 1;
    while (path[skip + characters])
        characters++;
    ULONG prefix = skip ? sizeof drive : 0;
    UNICODE_STRING string;
    string.Length = prefix + characters * sizeof(WCHAR);
    string.MaximumLength = string.Length + sizeof(WCHAR);
    string.Buffer = (WCHAR *)((UNICODE_STRING *)user + 1);
    ULONG needed = sizeof string + string.MaximumLength;
    NTSTATUS status = STATUS_SUCCESS;
    if (userReturned != NULL)
        status = MmCopyToUser(userReturned, &needed, sizeof needed);
    if (NT_SUCCESS(status) && length < needed)
        status = STATUS_INFO_LENGTH_MISMATCH;
    if (NT_SUCCESS(status))
        status = MmCopyToUser(user, &string, sizeof string);
    if (NT_SUCCESS(status) && prefix)
        status = MmCopyToUser((UCHAR *)user + sizeof string, drive, prefix);
    if (NT_SUCCESS(status))
        status = MmCopyToUser((UCHAR *)user + sizeof string + prefix, path + skip,
                              (characters + 1) * sizeof(WCHAR));
    return status;
}

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE handle, PROCESSINFOCLASS class,
                                         PVOID user, ULONG length, PULONG userReturned)
{
    EPROCESS *process;
    ANSWER answer;
    NTSTATUS status = ObReferenceObjectByHandle(
        handle, &PsProcessType, 0x1000 /* PROCESS_QUERY_LIMITED_INFORMATION */,
        (void **)&process, NULL);

    if (status == STATUS_ACCESS_DENIED)
        status = ObReferenceObjectByHandle(
            handle, &PsProcessType, PROCESS_QUERY_INFORMATION, (void **)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = STATUS_INVALID_INFO_CLASS;
    if ((ULONG) class == 27 || (ULONG) class == 43)
        status =
            ReturnImageName(process, (ULONG) class == 43, user, length, userReturned);
    for (ULONG i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].Class == (ULONG) class) {
            ULONG size = classes[i].Fill(process, &answer);
            status = ObReturnStructure(&answer, size, user, length, userReturned, FALSE);
        }
    ObDereferenceObject(process);
    return status;
}

/* Base priorities of the classes idle, normal, high, real-time, below and above normal,
 * in the order of PROCESS_PRIORITY_CLASS_*; learn.microsoft.com, "Scheduling Priorities".
 */
static const UCHAR basePriorities[] = {8, 4, 8, 13, 24, 6, 10};

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

static void SetBasePriority(EPROCESS *process, ULONG priority)
{
    LIST_ENTRY *entry = process->ThreadListHead.Flink;

    process->BasePriority = priority;
    for (; entry != &process->ThreadListHead; entry = entry->Flink) {
        ETHREAD *thread = CONTAINING_RECORD(entry, ETHREAD, ThreadListEntry);
        if (!thread->IsTerminated)
            PspApplyPriority(thread);
    }
}

NTSTATUS NTAPI NtSetInformationProcess(HANDLE handle, PROCESSINFOCLASS class, PVOID user,
                                       ULONG length)
{
    EPROCESS *process;
    ULONG value = 0;
    NTSTATUS status = ObReferenceObjectByHandle(
        handle, &PsProcessType,
        (ULONG) class == 1 ? PROCESS_SET_QUOTA : PROCESS_SET_INFORMATION,
        (void **)&process, NULL);

    if (!NT_SUCCESS(status))
        return status;
    const ULONG size = (ULONG) class == 18 ? 2 : sizeof value;
    if ((ULONG) class == 1) {
        status = SetLimits(process, user, length);
        ObDereferenceObject(process);
        return status;
    }
    if (length != size)
        status = STATUS_INFO_LENGTH_MISMATCH;
    else
        status = MmCopyFromUser(&value, user, size);
    if (NT_SUCCESS(status))
        switch ((ULONG) class) {
        case 5: /* ProcessBasePriority */
            if (value < 1 || value > 31)
                status = STATUS_INVALID_PARAMETER;
            else
                SetBasePriority(process, value);
            break;
        case 12: /* ProcessDefaultHardErrorMode */
            process->ErrorMode = value;
            break;
        case 18: /* ProcessPriorityClass */
            if (value >> 8 == 0 || value >> 8 >= sizeof basePriorities) {
                status = STATUS_INVALID_PARAMETER;
            } else {
                process->PriorityClass = value >> 8;
                SetBasePriority(process, basePriorities[value >> 8]);
            }
            break;
        case 21: /* ProcessAffinityMask: there is one processor */
            status = value == 1 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
            break;
        case 22: /* ProcessPriorityBoost */
            process->BoostDisabled = value != 0;
            break;
        case 34: /* ProcessExecuteFlags */
            if (process->ExecuteFlags & 8)
                status = STATUS_ACCESS_DENIED; /* permanent */
            else
                process->ExecuteFlags = value & 0x3F;
            break;
        default:
            status = STATUS_INVALID_INFO_CLASS;
        }
    ObDereferenceObject(process);
    return status;
}
