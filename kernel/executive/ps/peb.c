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

/* Append a string; room: bytes to keep for it at least. */
static void PspPutString(BLOCK *block, UNICODE_STRING *to, const UNICODE_STRING *from,
                         SIZE_T room)
{
    SIZE_T size = from->Length + sizeof(WCHAR);
    if (size < room)
        size = room;
    if (from->Buffer == NULL && room == 0) {
        __builtin_memset(to, 0, sizeof *to);
        return;
    }
    if (from->Length)
        __builtin_memcpy(block->Kernel + block->Used, from->Buffer, from->Length);
    to->Buffer = (WCHAR *)(block->User + block->Used);
    to->Length = from->Length;
    to->MaximumLength = size;
    block->Used = ALIGN_UP(block->Used + size, 4);
}

static SIZE_T PspSizeOfStrings(const RTL_USER_PROCESS_PARAMETERS *p)
{
    return p->DllPath.Length + p->ImagePathName.Length + p->CommandLine.Length +
           p->WindowTitle.Length + p->DesktopInfo.Length + p->ShellInfo.Length +
           p->RuntimeData.Length + p->CurrentDirectory.DosPath.Length +
           CURRENT_DIRECTORY_ROOM + 8 * 8;
}

static NTSTATUS PspWriteParameters(EPROCESS *process,
                                   const RTL_USER_PROCESS_PARAMETERS *params,
                                   PVOID *userParams)
{
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
    PspPutString(&block, &out->CurrentDirectory.DosPath,
                 &params->CurrentDirectory.DosPath, CURRENT_DIRECTORY_ROOM);
    PspPutString(&block, &out->DllPath, &params->DllPath, 0);
    PspPutString(&block, &out->ImagePathName, &params->ImagePathName, 2);
    PspPutString(&block, &out->CommandLine, &params->CommandLine, 2);
    PspPutString(&block, &out->WindowTitle, &params->WindowTitle, 0);
    PspPutString(&block, &out->DesktopInfo, &params->DesktopInfo, 0);
    PspPutString(&block, &out->ShellInfo, &params->ShellInfo, 0);
    PspPutString(&block, &out->RuntimeData, &params->RuntimeData, 0);
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
