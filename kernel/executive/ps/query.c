/* query.c - NtQueryInformationProcess.
 *
 * A table says for each class its size and the function that fills it; structures are
 * winternl.h's or, where that has none, spelled here from their documented layout.
 */
#include "psp.h"
#include "services.h"

typedef struct { /* VM_COUNTERS of x86, bytes */
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, QuotaPeakPagedPoolUsage,
        QuotaPagedPoolUsage, QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage,
        PagefileUsage, PeakPagefileUsage, PrivateUsage; /* the last: VM_COUNTERS_EX */
} VMCOUNTERS;

#define CLASS_DEBUG_OBJECT 30 /* ProcessDebugObjectHandle: no process has one */

typedef union {
    PROCESS_BASIC_INFORMATION Basic;
    VMCOUNTERS Vm;
    LONGLONG Times[4]; /* KERNEL_USER_TIMES: created, ended, kernel, user */
    ULONG Number;
    UCHAR PriorityClass[2]; /* Foreground, PriorityClass */
    ULONGLONG Counters[6];
    QUOTA_LIMITS Limits;
} ANSWER;

static void PspFillBasic(EPROCESS *process, ANSWER *answer)
{
    ULONG_PTR *fields = (ULONG_PTR *)&answer->Basic;
    fields[0] = process->ExitStatus;
    fields[1] = (ULONG_PTR)process->Peb;
    fields[2] = 1; /* AffinityMask */
    fields[3] = process->BasePriority;
    fields[4] = process->Id;
    fields[5] = process->ParentId;
}

/* Pool and paging file have no limits of their own. */
static void PspFillLimits(EPROCESS *process, ANSWER *answer)
{
    const SIZE_T none = (SIZE_T)-1;
    answer->Limits = (QUOTA_LIMITS){none, none, 0, 0, none, {.QuadPart = -1}};
    if (process->Handles != NULL)
        MmQueryWorkingSet(process->Space, &answer->Limits.MinimumWorkingSetSize,
                          &answer->Limits.MaximumWorkingSetSize);
}

static void PspFillVm(EPROCESS *process, ANSWER *answer)
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
                              .PrivateUsage = usage.CommitPages * PAGE_SIZE,
                              .PeakPagefileUsage = usage.PeakCommit * PAGE_SIZE};
}

static void PspFillTimes(EPROCESS *process, ANSWER *answer)
{
    ULONGLONG kernel = process->KernelTime, user = process->UserTime;
    LIST_EACH(ETHREAD, thread, &process->ThreadListHead, ThreadListEntry) {
        if (!thread->IsTerminated) {
            kernel += thread->Tcb.KernelTime;
            user += thread->Tcb.UserTime;
        }
    }
    answer->Times[0] = process->CreateTime;
    answer->Times[1] = process->ExitTime;
    answer->Times[2] = kernel * KE_TICK_100NS;
    answer->Times[3] = user * KE_TICK_100NS;
}

static void PspFillZero(EPROCESS *process, ANSWER *answer)
{
    (void)process;
    *answer = (ANSWER){0};
}

static void PspFillOne(EPROCESS *process, ANSWER *answer)
{
    (void)process;
    answer->Number = 1;
}

static void PspFillErrorMode(EPROCESS *process, ANSWER *answer)
{
    answer->Number = process->ErrorMode;
}

static void PspFillPriorityClass(EPROCESS *process, ANSWER *answer)
{
    answer->PriorityClass[0] = FALSE;
    answer->PriorityClass[1] = process->PriorityClass;
}

static void PspFillHandleCount(EPROCESS *process, ANSWER *answer)
{
    answer->Number = ObHandleCount(process->Handles);
}

static void PspFillBoost(EPROCESS *process, ANSWER *answer)
{
    answer->Number = process->BoostDisabled;
}

static void PspFillExecuteFlags(EPROCESS *process, ANSWER *answer)
{
    answer->Number = process->ExecuteFlags;
}

static void PspFillCookie(EPROCESS *process, ANSWER *answer)
{
    answer->Number = 0x5AFE0000u ^ process->Id * 2654435761u;
}

typedef struct {
    ULONG Class, Size;
    void (*Fill)(EPROCESS *, ANSWER *);
} INFORMATION;
static const INFORMATION PspClasses[] = {
    {0, sizeof(PROCESS_BASIC_INFORMATION), PspFillBasic},
    {1, sizeof(QUOTA_LIMITS), PspFillLimits},
    {2, sizeof(ULONGLONG[6]), PspFillZero}, /* IO_COUNTERS: none are kept */
    {3, offsetof(VMCOUNTERS, PrivateUsage), PspFillVm},
    {3, sizeof(VMCOUNTERS), PspFillVm},
    {4, sizeof(LONGLONG[4]), PspFillTimes},
    {7, sizeof(ULONG), PspFillZero}, /* no debugger of a process: no port */
    {12, sizeof(ULONG), PspFillErrorMode},
    {18, sizeof(UCHAR[2]), PspFillPriorityClass},
    {20, sizeof(ULONG), PspFillHandleCount},
    {21, sizeof(ULONG), PspFillOne}, /* affinity */
    {22, sizeof(ULONG), PspFillBoost},
    {24, sizeof(ULONG), PspFillOne},  /* session */
    {26, sizeof(ULONG), PspFillZero}, /* WOW64: none */
    {CLASS_DEBUG_OBJECT, sizeof(ULONG), PspFillZero},
    {31, sizeof(ULONG), PspFillOne}, /* children do not inherit a debugger */
    {34, sizeof(ULONG), PspFillExecuteFlags},
    {36, sizeof(ULONG), PspFillCookie},
};

/* Of two sizes the one that is asked with, else the first. */
static const INFORMATION *PspFindClass(ULONG class, ULONG length)
{
    const INFORMATION *found = NULL;
    for (ULONG i = 0; i < sizeof PspClasses / sizeof *PspClasses; i++)
        if (PspClasses[i].Class == class && (!found || PspClasses[i].Size == length))
            found = &PspClasses[i];
    return found;
}

/* UNICODE_STRING and its text after it: ProcessImageFileName (a device path), and
 * ProcessImageFileNameWin32. */
static NTSTATUS PspReturnImageName(EPROCESS *process, BOOLEAN win32, void *user,
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
    const INFORMATION *asked = PspFindClass(class, length);
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
            PspReturnImageName(process, (ULONG) class == 43, user, length, userReturned);
    } else {
        asked->Fill(process, &answer);
        status =
            ObReturnStructure(&answer, asked->Size, user, length, userReturned, FALSE);
        if (NT_SUCCESS(status) && asked->Class == CLASS_DEBUG_OBJECT)
            status = STATUS_PORT_NOT_SET;
    }
    ObDereferenceObject(process);
    return status;
}
