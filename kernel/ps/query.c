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

#define CLASS_DEBUG_OBJECT 30 /* ProcessDebugObjectHandle: no process has one */

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

typedef struct {
    ULONG Class, Size;
    ULONG (*Fill)(EPROCESS *, ANSWER *); /* returns Size */
} INFORMATION;
static const INFORMATION classes[] = {
    {0, sizeof(PROCESS_BASIC_INFORMATION), FillBasic},
    {1, sizeof(QUOTA_LIMITS), FillLimits},
    {2, sizeof(ULONGLONG[6]), FillIoCounters},
    {3, sizeof(VMCOUNTERS), FillVm},
    {4, sizeof(LONGLONG[4]), FillTimes},
    {7, sizeof(ULONG), FillDebugPort},
    {12, sizeof(ULONG), FillErrorMode},
    {18, sizeof(UCHAR[2]), FillPriorityClass},
    {20, sizeof(ULONG), FillHandleCount},
    {21, sizeof(ULONG), FillAffinity},
    {22, sizeof(ULONG), FillBoost},
    {24, sizeof(ULONG), FillSession},
    {26, sizeof(ULONG), FillDebugPort},
    {CLASS_DEBUG_OBJECT, sizeof(ULONG), FillDebugPort},
    {31, sizeof(ULONG), FillDebugFlags},
    {34, sizeof(ULONG), FillExecuteFlags},
    {36, sizeof(ULONG), FillCookie},
};

static const INFORMATION *FindClass(ULONG class)
{
    for (ULONG i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].Class == class)
            return &classes[i];
    return NULL;
}

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
    const BOOLEAN name = (ULONG) class == 27 || (ULONG) class == 43;
    const INFORMATION *asked = FindClass(class);
    EPROCESS *process;
    ANSWER answer;

    if (!asked && !name)
        return STATUS_INVALID_INFO_CLASS;
    if (asked &&
        length != asked->Size) /* before the handle is looked at, as on Windows */
        return ObReturnStructure(NULL, asked->Size, user, length, userReturned, FALSE);
    NTSTATUS status = ObReferenceObjectByHandle(
        handle, &PsProcessType, 0x1000 /* PROCESS_QUERY_LIMITED_INFORMATION */,
        (void **)&process, NULL);

    if (status == STATUS_ACCESS_DENIED)
        status = ObReferenceObjectByHandle(
            handle, &PsProcessType, PROCESS_QUERY_INFORMATION, (void **)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (name) {
        status =
            ReturnImageName(process, (ULONG) class == 43, user, length, userReturned);
    } else {
        ULONG size = asked->Fill(process, &answer);
        ASSERT(size == asked->Size);
        status = ObReturnStructure(&answer, size, user, length, userReturned, FALSE);
        if (NT_SUCCESS(status) && asked->Class == CLASS_DEBUG_OBJECT)
            status = STATUS_PORT_NOT_SET;
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
