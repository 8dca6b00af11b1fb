/* query.c - NtQueryInformationProcess.
 *
 * A table says for each class its size and the function that fills it; structures are
 * winternl.h's or, where that has none, spelled here from their documented layout.
 */
#include "psp.h"
#include "services.h"

enum {
    CLASS_ERROR_MODE = 12,
    CLASS_HANDLE_COUNT = 20,
    CLASS_AFFINITY = 21,
    CLASS_BOOST = 22,
    CLASS_SESSION = 24,
    CLASS_DEBUG_OBJECT = 30, /* ProcessDebugObjectHandle: no process has one */
    CLASS_DEBUG_FLAGS = 31,
    CLASS_EXECUTE_FLAGS = 34,
    CLASS_COOKIE = 36
};

typedef union {
    PROCESS_BASIC_INFORMATION Basic;
    PSVMCOUNTERS Vm;
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

void PsCountMemory(const EPROCESS *process, PSVMCOUNTERS *counters)
{
    MMUSAGE usage = {0};
    if (process->Handles != NULL)
        MmQuerySpace(process->Space, &usage);
    *counters = (PSVMCOUNTERS){.PeakVirtualSize = usage.PeakVirtual * PAGE_SIZE,
                               .VirtualSize = usage.VirtualPages * PAGE_SIZE,
                               .PageFaultCount = usage.Faults,
                               .PeakWorkingSetSize = usage.PeakPages * PAGE_SIZE,
                               .WorkingSetSize = usage.Pages * PAGE_SIZE,
                               .PagefileUsage = usage.CommitPages * PAGE_SIZE,
                               .PrivateUsage = usage.CommitPages * PAGE_SIZE,
                               .PeakPagefileUsage = usage.PeakCommit * PAGE_SIZE};
}

static void PspFillVm(EPROCESS *process, ANSWER *answer)
{
    PsCountMemory(process, &answer->Vm);
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

static void PspFillPriorityClass(EPROCESS *process, ANSWER *answer)
{
    answer->PriorityClass[0] = FALSE;
    answer->PriorityClass[1] = process->PriorityClass;
}

typedef struct {
    UCHAR Class, Size;
    void (*Fill)(EPROCESS *, ANSWER *); /* NULL: PspNumberOf says it, the rest is 0 */
} INFORMATION;
static const INFORMATION PspClasses[] = {
    {0, sizeof(PROCESS_BASIC_INFORMATION), PspFillBasic},
    {1, sizeof(QUOTA_LIMITS), PspFillLimits},
    {2, sizeof(ULONGLONG[6]), NULL}, /* IO_COUNTERS: none are kept */
    {3, offsetof(PSVMCOUNTERS, PrivateUsage), PspFillVm},
    {3, sizeof(PSVMCOUNTERS), PspFillVm},
    {4, sizeof(LONGLONG[4]), PspFillTimes},
    {7, sizeof(ULONG), NULL}, /* no debugger of a process: no port */
    {CLASS_ERROR_MODE, sizeof(ULONG), NULL},
    {18, sizeof(UCHAR[2]), PspFillPriorityClass},
    {CLASS_HANDLE_COUNT, sizeof(ULONG), NULL},
    {CLASS_AFFINITY, sizeof(ULONG), NULL},
    {CLASS_BOOST, sizeof(ULONG), NULL},
    {CLASS_SESSION, sizeof(ULONG), NULL},
    {26, sizeof(ULONG), NULL}, /* WOW64: none */
    {CLASS_DEBUG_OBJECT, sizeof(ULONG), NULL},
    {CLASS_DEBUG_FLAGS, sizeof(ULONG), NULL},
    {CLASS_EXECUTE_FLAGS, sizeof(ULONG), NULL},
    {CLASS_COOKIE, sizeof(ULONG), NULL},
};

static ULONG PspNumberOf(const EPROCESS *process, ULONG class)
{
    const BOOLEAN one = class == CLASS_AFFINITY || class == CLASS_SESSION ||
                        class == CLASS_DEBUG_FLAGS; /* children inherit no debugger */
    return class == CLASS_ERROR_MODE      ? process->ErrorMode
           : class == CLASS_HANDLE_COUNT  ? ObHandleCount(process->Handles)
           : class == CLASS_BOOST         ? process->BoostDisabled
           : class == CLASS_EXECUTE_FLAGS ? process->ExecuteFlags
           : class == CLASS_COOKIE        ? 0x5AFE0000u ^ process->Id * 2654435761u
                                          : one;
}

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
    NTSTATUS status = ObReturnOptional(userReturned, &needed, sizeof needed);
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

NTSTATUS PspReferenceQueried(HANDLE handle, const OBTYPE *type, ACCESS_MASK limited,
                             ACCESS_MASK full, void *body)
{
    const NTSTATUS status = ObReferenceHandle(handle, type, limited, body);
    return status == STATUS_ACCESS_DENIED ? ObReferenceHandle(handle, type, full, body)
                                          : status;
}

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE handle, PROCESSINFOCLASS class,
                                         PVOID user, ULONG length, PULONG userReturned)
{
    const BOOLEAN name = (ULONG) class == 27 || (ULONG) class == 43;
    const INFORMATION *asked = PspFindClass(class, length);
    EPROCESS *process;
    ANSWER answer = {0};
    if (!asked && !name)
        return STATUS_INVALID_INFO_CLASS;
    if (asked &&
        length != asked->Size) /* before the handle is looked at, as on Windows */
        return ObReturnStructure(NULL, asked->Size, user, length, userReturned, FALSE);
    NTSTATUS status = PspReferenceQueried(handle, &PsProcessType,
                                          0x1000 /* PROCESS_QUERY_LIMITED_INFORMATION */,
                                          PROCESS_QUERY_INFORMATION, &process);
    if (!NT_SUCCESS(status))
        return status;
    if (name) {
        status =
            PspReturnImageName(process, (ULONG) class == 43, user, length, userReturned);
    } else {
        answer.Number = PspNumberOf(process, asked->Class);
        if (asked->Fill != NULL)
            asked->Fill(process, &answer);
        status =
            ObReturnStructure(&answer, asked->Size, user, length, userReturned, FALSE);
        if (NT_SUCCESS(status) && asked->Class == CLASS_DEBUG_OBJECT)
            status = STATUS_PORT_NOT_SET;
    }
    ObDereferenceObject(process);
    return status;
}
