/* system.c - NtQuerySystemInformation: the figures of the machine; and its end.
 *
 * Layouts are Windows 7's for x86 (winternl.h blurs some of them: those are spelled
 * here).
 */
#include "exp.h"
#include "services.h"

static NTSTATUS ExpReturnBasic(void *user, ULONG length, ULONG *userReturned)
{
    FATHOM_MEMORY memory;
    MmQueryMemory(&memory);
    const ULONG facts[11] = {
        0,
        KE_TICK_100NS, /* TimerResolution: the largest increment */
        PAGE_SIZE,
        memory.Total, /* NumberOfPhysicalPages */
        1,            /* LowestPhysicalPageNumber */
        memory.Total, /* HighestPhysicalPageNumber */
        ALLOCATION_GRANULARITY,
        MM_LOWEST_USER_ADDRESS,
        MM_HIGHEST_USER_ADDRESS,
        1, /* ActiveProcessorsAffinityMask */
        1, /* NumberOfProcessors, a byte */
    };
    return ObReturnStructure(facts, sizeof facts, user, length, userReturned, FALSE);
}

/* SYSTEM_PROCESSOR_INFORMATION: architecture, level, revision, reserved, feature bits. */
static NTSTATUS ExpReturnProcessor(void *user, ULONG length, ULONG *userReturned)
{
    struct {
        USHORT Architecture, Level, Revision, Reserved;
        ULONG FeatureBits;
    } facts = {PROCESSOR_ARCHITECTURE_INTEL, 6, 0, 0, 0};
    ULONG a, b, c, d;
    __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1));
    facts.Level = a >> 8 & 15;
    facts.Revision = (a >> 4 & 15) << 8 | (a & 15);
    facts.FeatureBits = d;
    return ObReturnStructure(&facts, sizeof facts, user, length, userReturned, TRUE);
}

static NTSTATUS ExpReturnPerformance(void *user, ULONG length, ULONG *userReturned)
{
    SYSTEM_PERFORMANCE_INFORMATION facts;
    FATHOM_MEMORY memory;
    ULONG *numbers = (ULONG *)&facts;
    /* Windows 7's: IdleProcessTime and three I/O byte counts (8 bytes each), three I/O
     * operation counts, then AvailablePages, CommittedPages, CommitLimit, PeakCommitment. */
    MmQueryMemory(&memory);
    memset(&facts, 0, sizeof facts);
    numbers[11] = memory.Free + memory.Zeroed;
    numbers[12] = memory.Committed;
    numbers[13] = memory.CommitLimit;
    numbers[14] = memory.Committed;
    return ObReturnStructure(&facts, sizeof facts, user, length, userReturned, TRUE);
}

static NTSTATUS ExpReturnTimeOfDay(void *user, ULONG length, ULONG *userReturned)
{
    struct {
        LONGLONG BootTime, CurrentTime, TimeZoneBias;
        ULONG TimeZoneId, Reserved;
        ULONGLONG BootTimeBias, SleepTimeBias;
    } facts = {0};
    facts.CurrentTime = KeQuerySystemTime();
    facts.BootTime = facts.CurrentTime - KeQueryInterruptTime();
    ULONG size = length < sizeof facts ? length : sizeof facts;
    return ObReturnStructure(&facts, size, user, length, userReturned, FALSE);
}

/* ---- class 5: processes and their threads ---- */

typedef struct { /* SYSTEM_PROCESS_INFORMATION of 7 on x86, without its threads */
    ULONG NextEntryOffset, NumberOfThreads;
    LONGLONG WorkingSetPrivateSize;
    ULONG HardFaultCount, NumberOfThreadsHighWatermark;
    ULONGLONG CycleTime;
    LONGLONG CreateTime, UserTime, KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    ULONG UniqueProcessId, InheritedFromUniqueProcessId, HandleCount, SessionId;
    ULONG UniqueProcessKey;
    PSVMCOUNTERS Memory;
    LONGLONG IoCounters[6];
} PROCESS_ENTRY;
C_ASSERT(sizeof(PROCESS_ENTRY) == 0xB8);

typedef struct { /* SYSTEM_THREAD_INFORMATION */
    LONGLONG KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    ULONG_PTR StartAddress;
    CLIENT_ID ClientId;
    LONG Priority, BasePriority;
    ULONG ContextSwitches, ThreadState, WaitReason, Padding;
} THREAD_ENTRY;
C_ASSERT(sizeof(THREAD_ENTRY) == 0x40);

static void ExpFillThread(const ETHREAD *thread, THREAD_ENTRY *entry)
{
    static const UCHAR states[] = {0, 1, 2, 5, 4}; /* ours to KTHREAD_STATE's numbers */
    *entry = (THREAD_ENTRY){
        .KernelTime = thread->Tcb.KernelTime * KE_TICK_100NS,
        .UserTime = thread->Tcb.UserTime * KE_TICK_100NS,
        .CreateTime = thread->CreateTime,
        .StartAddress = thread->StartAddress,
        .ClientId = {(HANDLE)(ULONG_PTR)thread->Process->Id,
                     (HANDLE)(ULONG_PTR)thread->Id},
        .Priority = thread->Tcb.Priority,
        .BasePriority = thread->Tcb.BasePriority,
        .ContextSwitches = thread->Tcb.ContextSwitches,
        .ThreadState = states[thread->Tcb.State],
    };
}

static void ExpFillProcess(EPROCESS *process, PROCESS_ENTRY *entry)
{
    MMUSAGE usage = {0};
    if (process->Handles != NULL)
        MmQuerySpace(process->Space, &usage);
    *entry = (PROCESS_ENTRY){
        .NumberOfThreads = process->ActiveThreads,
        .NumberOfThreadsHighWatermark = process->ActiveThreads,
        .WorkingSetPrivateSize = (LONGLONG)usage.PrivatePages * PAGE_SIZE,
        .CreateTime = process->CreateTime,
        .KernelTime = process->KernelTime * KE_TICK_100NS,
        .UserTime = process->UserTime * KE_TICK_100NS,
        .BasePriority = process->BasePriority,
        .UniqueProcessId = process->Id,
        .InheritedFromUniqueProcessId = process->ParentId,
        .HandleCount = ObHandleCount(process->Handles),
        .SessionId = 1,
    };
    PsCountMemory(process, &entry->Memory);
}

/* One process at offset at of the user's buffer; *size: its bytes, name included.
 * Nothing is written when it does not fit. */
static NTSTATUS ExpPutProcess(EPROCESS *process, UCHAR *user, ULONG at, ULONG length,
                              BOOLEAN last, ULONG *size)
{
    PROCESS_ENTRY entry;
    THREAD_ENTRY thread;
    WCHAR name[sizeof process->Name];
    ULONG letters = 0, threads = 0;
    for (; process->Name[letters]; letters++)
        name[letters] = process->Name[letters];
    name[letters] = 0;
    const ULONG head = sizeof entry + process->ActiveThreads * sizeof thread;
    *size = ALIGN_UP(head + (letters + 1) * sizeof(WCHAR), 8);
    if (at + *size > length)
        return STATUS_INFO_LENGTH_MISMATCH;
    ExpFillProcess(process, &entry);
    entry.NextEntryOffset = last ? 0 : *size;
    entry.ImageName =
        (UNICODE_STRING){letters * sizeof(WCHAR), (letters + 1) * sizeof(WCHAR),
                         (WCHAR *)(user + at + head)};
    NTSTATUS status = MmCopyToUser(user + at, &entry, sizeof entry);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(user + at + head, name, (letters + 1) * sizeof(WCHAR));
    LIST_EACH(ETHREAD, from, &process->ThreadListHead, ThreadListEntry) {
        if (!NT_SUCCESS(status))
            break;
        if (from->IsTerminated || threads == process->ActiveThreads)
            continue;
        ExpFillThread(from, &thread);
        status = MmCopyToUser(user + at + sizeof entry + threads++ * sizeof thread,
                              &thread, sizeof thread);
    }
    return status;
}

static NTSTATUS ExpReturnProcesses(void *user, ULONG length, ULONG *userReturned)
{
    ULONG at = 0, size;
    NTSTATUS status = STATUS_SUCCESS;
    LIST_EACH(EPROCESS, process, &PsAllProcesses, AllListEntry) {
        NTSTATUS put =
            ExpPutProcess(process, user, at, length,
                          process->AllListEntry.Flink == &PsAllProcesses, &size);
        if (put == STATUS_ACCESS_VIOLATION)
            return put;
        if (!NT_SUCCESS(put))
            status = put; /* go on, for the size of all */
        at += size;
    }
    const NTSTATUS told = ObReturnOptional(userReturned, &at, sizeof at);
    return NT_SUCCESS(told) ? status : told;
}

static NTSTATUS ExpReturnTimeAdjustment(void *user, ULONG length, ULONG *userReturned)
{
    const struct {
        ULONG Adjustment, Increment;
        BOOLEAN Enable, Padding[3];
    } facts = {KE_TICK_100NS, KE_TICK_100NS, TRUE, {0}};
    return ObReturnStructure(&facts, sizeof facts, user, length, userReturned, FALSE);
}

NTSTATUS NTAPI NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID user,
                                        ULONG length, PULONG returned)
{
    switch ((ULONG) class) {
    case 0:
        return ExpReturnBasic(user, length, returned);
    case 1:
        return ExpReturnProcessor(user, length, returned);
    case 2:
        return ExpReturnPerformance(user, length, returned);
    case 3:
        return ExpReturnTimeOfDay(user, length, returned);
    case 5:
        return ExpReturnProcesses(user, length, returned);
    case 28:
        return ExpReturnTimeAdjustment(user, length, returned);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* Every action ends in power off: Fathom has nothing to write back. */
NTSTATUS NTAPI NtShutdownSystem(ULONG action)
{
    if (action > 2)
        return STATUS_INVALID_PARAMETER;
    if (PsCurrentProcess()->HostStreams)
        return STATUS_PRIVILEGE_NOT_HELD;
    ExPowerOff();
}

/* Text for the machine's own console, as a native program says it. */
NTSTATUS NTAPI NtDisplayString(UNICODE_STRING *user)
{
    WCHAR *text;
    USHORT length;
    NTSTATUS status = ObCaptureString(user, &text, &length);
    if (!NT_SUCCESS(status))
        return status;
    DbgPrint("%S", text);
    ExFreePool(text);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtGetCurrentProcessorNumber(void)
{
    return 0;
}
