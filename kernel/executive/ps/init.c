/* init.c - ps at start-up: hooks for the folders below, ntdll's entry points,
 * SharedUserData.
 *
 * ntdll.dll is mapped into every process at its own base, so an exported name has one
 * address in all of them: RVA in the file + preferred base.
 */
#include <cpuid.h>
#include "psp.h"

MMSECTION *PspNtdll;

static OBHANDLE_TABLE *PspCurrentTable(void)
{
    EPROCESS *process = PsCurrentProcess();
    return process != NULL ? process->Handles : NULL;
}

static void *PspPseudoObject(HANDLE handle, const OBTYPE *type)
{
    void *body = NULL;
    if (handle == NtCurrentProcess() && (type == NULL || type == &PsProcessType))
        body = PsCurrentProcess();
    else if (handle == NtCurrentThread() && (type == NULL || type == &PsThreadType))
        body = PsCurrentThread();
    if (body != NULL)
        ObReferenceObject(body);
    return body;
}

static NTSTATUS PspProcessTable(HANDLE handle, ACCESS_MASK access, void **body,
                                OBHANDLE_TABLE **table)
{
    EPROCESS *process;
    NTSTATUS status = ObReferenceHandle(handle, &PsProcessType, access, &process);
    if (!NT_SUCCESS(status))
        return status;
    if (process->Handles == NULL) {
        ObDereferenceObject(process);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    *body = process;
    *table = process->Handles;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSpaceByHandle(HANDLE handle, ACCESS_MASK access, MMSPACE **space)
{
    EPROCESS *process;
    NTSTATUS status = ObReferenceHandle(handle, &PsProcessType, access, &process);
    if (!NT_SUCCESS(status))
        return status;
    if (process->Exiting && process != PsCurrentProcess()) {
        status = STATUS_PROCESS_IS_TERMINATING;
    } else {
        MmReferenceSpace(process->Space);
        *space = process->Space;
    }
    ObDereferenceObject(process);
    return status;
}

/* The bytes at an RVA of a PE file as it lies on disk; NULL: in no section. */
static const void *PspAtRva(const UCHAR *file, ULONG rva)
{
    const IMAGE_NT_HEADERS32 *nt =
        (const void *)(file + ((const IMAGE_DOS_HEADER *)file)->e_lfanew);
    const IMAGE_SECTION_HEADER *section = IMAGE_FIRST_SECTION(nt);
    for (ULONG i = 0; i < nt->FileHeader.NumberOfSections; i++, section++)
        if (rva - section->VirtualAddress < section->SizeOfRawData)
            return file + section->PointerToRawData + (rva - section->VirtualAddress);
    return NULL;
}

static ULONG_PTR PspFindExport(const UCHAR *file, const char *name)
{
    const IMAGE_NT_HEADERS32 *nt =
        (const void *)(file + ((const IMAGE_DOS_HEADER *)file)->e_lfanew);
    const IMAGE_EXPORT_DIRECTORY *exports = PspAtRva(
        file,
        nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress);
    if (exports == NULL)
        return 0;
    const ULONG *names = PspAtRva(file, exports->AddressOfNames);
    const USHORT *ordinals = PspAtRva(file, exports->AddressOfNameOrdinals);
    const ULONG *functions = PspAtRva(file, exports->AddressOfFunctions);
    for (ULONG i = 0; i < exports->NumberOfNames; i++)
        if (strcmp(PspAtRva(file, names[i]), name) == 0)
            return nt->OptionalHeader.ImageBase + functions[ordinals[i]];
    return 0;
}

static void PspFindEntries(const UCHAR *file)
{
    static const struct {
        const char *Name;
        ULONG_PTR *Address;
    } wanted[] = {
        {"LdrInitializeThunk", &PsEntries.LdrInitializeThunk},
        {"RtlUserThreadStart", &PsEntries.RtlUserThreadStart},
        {"KiUserExceptionDispatcher", &KeUserExceptionDispatcher},
        {"KiUserApcDispatcher", &KeUserApcDispatcher},
        {"KiFastSystemCall", &PsEntries.KiFastSystemCall},
        {"KiIntSystemCall", &PsEntries.KiIntSystemCall},
        {"KiFastSystemCallRet", &KeUserCallReturn},
    };
    for (ULONG i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        *wanted[i].Address = PspFindExport(file, wanted[i].Name);
        if (*wanted[i].Address == 0)
            DbgPrint("fathom: ntdll.dll does not export %s\n", wanted[i].Name);
    }
}

static void PspLoadNtdll(void)
{
    MMFILE *file = IoOpenArchiveFile(L"ntdll.dll");
    MMSECTION_FACTS facts;
    if (file == NULL) {
        DbgPrint("fathom: ntdll.dll is missing from the archive: no program can run\n");
        return;
    }
    NTSTATUS status = MmCreateSection(file, 0, PAGE_EXECUTE, SEC_IMAGE, &PspNtdll);
    if (NT_SUCCESS(status))
        status =
            MmPrefetchSection(PspNtdll); /* else each program would seem to lose pages */
    if (NT_SUCCESS(status)) {
        MmQuerySection(PspNtdll, &facts);
        PspNtdllBase = facts.ImageBase;
        PspFindEntries(file->Data);
    } else {
        DbgPrint("fathom: ntdll.dll is not a valid image (%08x)\n", (unsigned)status);
    }
    file->Dereference(file);
}

/* PF_* of winnt.h, answered by IsProcessorFeaturePresent. */
static void PspFillProcessorFeatures(BOOLEAN *feature)
{
    unsigned a, b, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0)
        return;
    feature[PF_COMPARE_EXCHANGE_DOUBLE] = (d & bit_CMPXCHG8B) != 0;
    feature[PF_MMX_INSTRUCTIONS_AVAILABLE] = (d & bit_MMX) != 0;
    feature[PF_XMMI_INSTRUCTIONS_AVAILABLE] = KeFeatures.Sse && (d & bit_SSE) != 0;
    feature[PF_XMMI64_INSTRUCTIONS_AVAILABLE] = KeFeatures.Sse && (d & bit_SSE2) != 0;
    feature[PF_SSE3_INSTRUCTIONS_AVAILABLE] = KeFeatures.Sse && (c & bit_SSE3) != 0;
    feature[PF_RDTSC_INSTRUCTION_AVAILABLE] = KeFeatures.Tsc;
    feature[PF_PAE_ENABLED] = TRUE;
    feature[PF_NX_ENABLED] = KeFeatures.Nx;
}

static void PspFillSharedData(void)
{
    KUSER_SHARED_DATA *shared = MmSharedUserData;
    FATHOM_MEMORY memory;
    MmQueryMemory(&memory);
    shared->TickCountMultiplier = 0x0FA00000; /* milliseconds a tick: 15.625 * 2^24 */
    shared->ImageNumberLow = shared->ImageNumberHigh = IMAGE_FILE_MACHINE_I386;
    __builtin_memcpy(shared->NtSystemRoot, L"C:\\Windows", sizeof L"C:\\Windows");
    shared->NtProductType = 1; /* NtProductWinNt: a workstation */
    shared->ProductTypeIsValid = TRUE;
    shared->NtMajorVersion = 6;
    shared->NtMinorVersion = 1;
    shared->NumberOfPhysicalPages = memory.Total;
    shared->NXSupportPolicy = KeFeatures.Nx ? 2 : 0; /* OptIn, Windows 7's default */
    shared->ActiveConsoleId = 1;
    shared->LargePageMinimum = 0x200000;
    PspFillProcessorFeatures(shared->ProcessorFeatures);
    /* door=int2e: every program is kept from sysenter, whatever its door is worth. */
    const char *door = KeBootOption("door");
    const BOOLEAN slow = !KeFeatures.Sep || (door != NULL && strcmp(door, "int2e") == 0);
    shared->SystemCall = slow ? PsEntries.KiIntSystemCall : PsEntries.KiFastSystemCall;
    shared->SystemCallReturn = KeUserCallReturn;
    shared->TestRetInstruction = 0xC3;
}

void PsInitialize(void)
{
    ObCurrentTable = PspCurrentTable;
    ObPseudoObject = PspPseudoObject;
    ObProcessTable = PspProcessTable;
    MmReferenceSpaceByHandle = PspSpaceByHandle;
    KePsCrashHook = PsCrash;
    PspInitializeThreads();
    PspLoadNtdll();
    PspFillSharedData();
}
