/* peb.c - what the kernel writes into a new process: parameters, environment, PEB.
 *
 * One region holds RTL_USER_PROCESS_PARAMETERS, its strings after it, then the
 * environment:
 *
 *   +----------------+---------------------------------------+-------------------+
 *   | the structure  | current directory, DllPath, image, .. | NAME=VALUE 0 .. 0 |
 *   +----------------+---------------------------------------+-------------------+
 *
 * It is built in kernel memory with the addresses that it will have, and copied in one
 * piece. Windows: `!peb`, `dt nt!_PEB`, `dt nt!_RTL_USER_PROCESS_PARAMETERS`.
 */
#include "psp.h"
#include "observe/observe.h"
#include "rtlheap.h"

#define CURRENT_DIRECTORY_ROOM (MAX_PATH * sizeof(WCHAR)) /* it is changed in place */

typedef struct {
    UCHAR *Kernel;  /* the block under construction */
    ULONG_PTR User; /* where it will stand */
    SIZE_T Used;
} BLOCK;

/* The strings of the parameters, in the order in which they come after the structure. */
UNICODE_STRING *PspStringOf(RTL_USER_PROCESS_PARAMETERS *p, ULONG i)
{
    UNICODE_STRING *const all[PSP_STRINGS] = {&p->CurrentDirectory.DosPath,
                                              &p->DllPath,
                                              &p->ImagePathName,
                                              &p->CommandLine,
                                              &p->WindowTitle,
                                              &p->DesktopInfo,
                                              &p->ShellInfo,
                                              &p->RuntimeData};
    return all[i];
}

/* Append a string; room: bytes to keep for it at least. */
static void PspPutString(BLOCK *block, UNICODE_STRING *string, SIZE_T room)
{
    const SIZE_T size = max(string->Length + sizeof(WCHAR), room);
    if (string->Buffer == NULL && room == 0) {
        *string = (UNICODE_STRING){0};
        return;
    }
    if (string->Length)
        __builtin_memcpy(block->Kernel + block->Used, string->Buffer, string->Length);
    string->Buffer = (WCHAR *)(block->User + block->Used);
    string->MaximumLength = size;
    block->Used = ALIGN_UP(block->Used + size, 4);
}

static SIZE_T PspSizeOfStrings(const RTL_USER_PROCESS_PARAMETERS *p)
{
    SIZE_T size = CURRENT_DIRECTORY_ROOM;
    for (ULONG i = 0; i < PSP_STRINGS; i++)
        size += PspStringOf((RTL_USER_PROCESS_PARAMETERS *)p, i)->Length + 8;
    return size;
}

static NTSTATUS PspWriteParameters(EPROCESS *process,
                                   const RTL_USER_PROCESS_PARAMETERS *params,
                                   PVOID *userParams)
{
    static const USHORT rooms[PSP_STRINGS] = {CURRENT_DIRECTORY_ROOM, 0, 2, 2};
    SIZE_T bound = sizeof *params + PspSizeOfStrings(params);
    SIZE_T size = bound + params->EnvironmentSize;
    PVOID base = NULL;
    SIZE_T region = size;
    NTSTATUS status = MmAllocateVirtualMemory(process->Space, &base, 0, &region,
                                              MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!NT_SUCCESS(status))
        return status;
    BLOCK block = {ExAllocatePool(size, PSP_TAG), (ULONG_PTR)base, sizeof *params};
    if (block.Kernel == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RTL_USER_PROCESS_PARAMETERS *out = (RTL_USER_PROCESS_PARAMETERS *)block.Kernel;
    *out = *params;
    for (ULONG i = 0; i < PSP_STRINGS; i++)
        PspPutString(&block, PspStringOf(out, i), rooms[i]);
    ASSERT(block.Used <= bound);
    out->CurrentDirectory.Handle = NULL; /* the parent's: ntdll opens its own */
    out->MaximumLength = out->Length = block.Used;
    out->Flags = params->Flags | RTL_USER_PROC_PARAMS_NORMALIZED;
    out->Environment = (PVOID)(block.User + block.Used);
    __builtin_memcpy(block.Kernel + block.Used, params->Environment,
                     params->EnvironmentSize);
    status = MmCopyToUser(base, block.Kernel, block.Used + params->EnvironmentSize);
    ExFreePool(block.Kernel);
    *userParams = base;
    return status;
}

static void PspWritePeb(PEB *peb, const MMSECTION_FACTS *facts)
{
    peb->NumberOfProcessors = 1;
    /* 30 days in 100 ns, negative: `dt nt!_PEB` of any Windows 7 process shows it. */
    peb->CriticalSectionTimeout.QuadPart = -25920000000000LL;
    peb->HeapSegmentReserve = 0x100000;
    peb->HeapSegmentCommit = 2 * PAGE_SIZE;
    peb->HeapDeCommitTotalFreeThreshold = 0x10000;
    peb->HeapDeCommitFreeBlockThreshold = 0x1000;
    peb->OSMajorVersion = 6;
    peb->OSMinorVersion = 1;
    peb->OSBuildNumber = 7601;
    peb->OSCSDVersion = 0x100; /* Service Pack 1 */
    peb->OSPlatformId = VER_PLATFORM_WIN32_NT;
    peb->ImageSubsystem = facts->Subsystem;
    peb->ImageSubsystemMajorVersion = facts->SubsystemMajor;
    peb->ImageSubsystemMinorVersion = facts->SubsystemMinor;
    peb->ActiveProcessAffinityMask = 1;
    peb->SessionId = 1;
    peb->MinimumStackCommit = facts->StackCommit;
}

NTSTATUS PspFillPeb(EPROCESS *process, const RTL_USER_PROCESS_PARAMETERS *params,
                    ULONG globalFlag)
{
    PEB peb = {0};
    MMSECTION_FACTS facts;
    NTSTATUS status = MmCreatePeb(process->Space, &process->Peb);
    if (!NT_SUCCESS(status))
        return status;
    MmQuerySection(process->Image, &facts);
    PspWritePeb(&peb, &facts);
    peb.NtGlobalFlag = globalFlag;
    peb.TracingFlags = KdHeapTracing(0);
    peb.ImageBaseAddress = (PVOID)process->ImageBase;
    peb.Mutant = (HANDLE)(LONG_PTR)-1;
    PEB *user = process->Peb;
    /* The heap directory fills the rest of the PEB's page, as on Windows. */
    peb.ProcessHeaps = (PVOID *)(user + 1);
    peb.MaximumNumberOfHeaps = (PAGE_SIZE - sizeof peb) / sizeof(PVOID);
    MMSPACE *before = MmAttachSpace(process->Space);
    status = PspWriteParameters(process, params, (PVOID *)&peb.ProcessParameters);
    if (NT_SUCCESS(status))
        status = MmCopyToUser(user, &peb, sizeof peb);
    MmAttachSpace(before);
    return status;
}
