/* init.c - the first instruction of every thread in user mode.
 *
 * The kernel starts each thread here with the CONTEXT it is to begin with.  The first
 * thread of the process finds two mapped images, PEB and parameters, and makes a process
 * of them:
 *
 *   PEB: locks, TLS and FLS bitmaps -> the default heap (from the PE header's figures) ->
 *   PEB.Ldr with the program and ntdll -> imports, recursively -> thread-local data ->
 *   entry points, dependencies first -> NtContinue into RtlUserThreadStart
 *
 * Every further thread waits for that, gets its thread-local data and calls the DLLs.
 *
 * Windows: LdrInitializeThunk, LdrpInitializeProcess, LdrpInitializeThread.
 */
#include "ldrp.h"

static RTL_BITMAP TlsBitmap, TlsExpansionBitmap, FlsBitmap;

static void InitializePeb(PPEB peb)
{
    peb->FastPebLock = &RtlpPebLock;
    peb->LoaderLock = &LdrpLoaderLock;
    RtlInitializeBitMap(&TlsBitmap, peb->TlsBitmapBits, 64);
    RtlInitializeBitMap(&TlsExpansionBitmap, peb->TlsExpansionBitmapBits, 1024);
    peb->TlsBitmap = &TlsBitmap;
    peb->TlsExpansionBitmap = &TlsExpansionBitmap;
    RtlSetBit(&TlsBitmap, 0); /* as on Windows: 0 is never given out */
    RtlInitializeBitMap(&FlsBitmap, peb->FlsBitmapBits, 128);
    peb->FlsBitmap = &FlsBitmap;
    RtlSetBit(&FlsBitmap, 0);
    InitializeListHead(&peb->FlsListHead);
    peb->Ldr = &LdrpData;
}

static NTSTATUS MakeDefaultHeap(PPEB peb, PIMAGE_NT_HEADERS headers)
{
    peb->ProcessHeap =
        RtlCreateHeap(HEAP_GROWABLE, NULL, headers->OptionalHeader.SizeOfHeapReserve,
                      headers->OptionalHeader.SizeOfHeapCommit, NULL, NULL);
    return peb->ProcessHeap ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* The entry of an image that the kernel mapped. */
static LDRP_MODULE *Adopt(PVOID base, PCWSTR path)
{
    UNICODE_STRING name;
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(base);
    if (!headers || !RtlCreateUnicodeString(&name, path))
        return NULL;
    LDRP_MODULE *module = LdrpNewModule(base, headers, &name);
    if (module) {
        module->Entry.LoadCount = LDRP_PINNED;
        module->Entry.Flags |= LDRP_STATIC_LINK;
    }
    return module;
}

/* The program may be a DLL's worth of damaged: its headers were the kernel's to check. */
static NTSTATUS InitializeProcess(PVOID context, PVOID ntdllBase)
{
    PPEB peb = NtPeb();
    WCHAR path[260];
    PIMAGE_NT_HEADERS headers = RtlImageNtHeader(peb->ImageBaseAddress);
    PCUNICODE_STRING image = &peb->ProcessParameters->ImagePathName;
    if (!headers || image->Length >= sizeof path)
        return STATUS_INVALID_IMAGE_FORMAT;
    InitializePeb(peb);
    LdrpSetGlobalFlag(peb);
    NTSTATUS status = MakeDefaultHeap(peb, headers);
    if (!NT_SUCCESS(status))
        return status;
    LdrpLenient = LdrpSwitch(L"FATHOM_LENIENT");
    LdrpVerbose = LdrpSwitch(L"FATHOM_VERBOSE");
    memcpy(path, image->Buffer, image->Length);
    path[image->Length / sizeof(WCHAR)] = 0;
    LdrpImage = Adopt(peb->ImageBaseAddress, path);
    LdrpNtdll = Adopt(ntdllBase, L"C:\\ntdll.dll");
    if (!LdrpImage || !LdrpNtdll)
        return STATUS_NO_MEMORY;
    LdrpNtdll->Entry.Flags |= LDRP_ENTRY_PROCESSED;
    InsertTailList(&LdrpData.InInitializationOrderModuleList,
                   &LdrpNtdll->Entry.InInitializationOrderLinks);
    LdrpData.Initialized = TRUE;
    status = LdrpStartThreadTls();
    if (NT_SUCCESS(status))
        status = LdrpBindImports(LdrpImage);
    if (NT_SUCCESS(status))
        status = LdrpAddTls(LdrpImage);
    if (!NT_SUCCESS(status))
        return status;
    LdrpPinClosure(LdrpImage);
    UNICODE_STRING kernel32;
    RtlInitUnicodeString(&kernel32, L"kernel32.dll");
    LDRP_MODULE *found = LdrpFindByName(&kernel32);
    PVOID thunk;
    static const char name[] = "BaseThreadInitThunk";
    if (found && NT_SUCCESS(LdrpProcedure(found, (LDRP_NAME){name, sizeof name - 1}, 0, 0,
                                          found, &thunk)))
        RtlpThreadInitThunk = (PTHREAD_INIT_THUNK)thunk;
    status = LdrpRunInitializers(context);
    if (NT_SUCCESS(status))
        LdrpCallTlsCallbacks(LdrpImage, DLL_PROCESS_ATTACH);
    return status;
}

/* Runs on the thread's own stack without a caller; leaves through NtContinue. */
VOID NTAPI LdrInitializeThunk(PCONTEXT Context, PVOID NtdllBase)
{
    static LONG begun;
    NTSTATUS status = STATUS_SUCCESS;
    RtlEnterCriticalSection(&LdrpLoaderLock);
    if (!begun) {
        begun = TRUE;
        status = InitializeProcess(Context, NtdllBase);
        LdrpStarting = FALSE;
    } else if (!RtlpShutdownInProgress) {
        status = LdrpStartThreadTls();
        if (NT_SUCCESS(status))
            LdrpTellThreadAttach();
    }
    RtlLeaveCriticalSection(&LdrpLoaderLock);
    if (!NT_SUCCESS(status))
        NtTerminateProcess(NtCurrentProcess(), status);
    NtContinue(Context, TRUE);
    NtTerminateProcess(NtCurrentProcess(), STATUS_UNSUCCESSFUL);
}
