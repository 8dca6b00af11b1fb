/* api.c - the loader as programs call it: LoadLibrary, GetProcAddress and the rest rest
 * on it.
 *
 * Each takes the loader's lock, which its thread may already hold (a DllMain that loads a
 * DLL).  Names are UTF-16, counts are bytes.  Windows: the Ldr functions of the same
 * names.
 */
#include "ldrp.h"

static void Lock(void)
{
    RtlEnterCriticalSection(&LdrpLoaderLock);
}

static void Unlock(void)
{
    RtlLeaveCriticalSection(&LdrpLoaderLock);
}

/* An exception of a DllMain that somebody outside LoadLibrary takes: the module's count is
 * taken back, and the lock with it, before the stack below is given up. */
typedef struct {
    SEH_FRAME Frame;
    LDRP_MODULE *Module;
} LOAD_FRAME;

static EXCEPTION_DISPOSITION __cdecl LoadUnwound(PEXCEPTION_RECORD record, PVOID frame,
                                                 PCONTEXT context, PVOID dispatcher)
{
    (void)context, (void)dispatcher;
    if (record->ExceptionFlags & 2) { /* EXCEPTION_UNWINDING */
        LdrpCountClosure(((LOAD_FRAME *)frame)->Module, -1);
        LdrpDropUnused();
        Unlock();
    }
    return ExceptionContinueSearch;
}

static NTSTATUS Initialise(LDRP_MODULE *module)
{
    volatile LOAD_FRAME load = {{(SEH_FRAME *)NtTeb()->NtTib.ExceptionList, LoadUnwound},
                                module};
    NtTeb()->NtTib.ExceptionList = (PVOID)&load;
    const NTSTATUS status = LdrpRunInitializers(NULL);
    NtTeb()->NtTib.ExceptionList = (PVOID)load.Frame.Next;
    return status;
}

/* Load Name (or count it once more) and initialise what came with it.  SearchPath, also for
 * the DLLs that it needs; NULL: the usual folders.  Flags: IMAGE_FILE_EXECUTABLE_IMAGE is
 * DONT_RESOLVE_DLL_REFERENCES.  STATUS_DLL_NOT_FOUND, STATUS_INVALID_IMAGE_FORMAT,
 * STATUS_ENTRYPOINT_NOT_FOUND, STATUS_DLL_INIT_FAILED, STATUS_NO_MEMORY: nothing stays.
 */
NTSTATUS NTAPI LdrLoadDll(PWSTR SearchPath, PULONG Flags, PUNICODE_STRING Name,
                          PVOID *Base)
{
    const BOOLEAN resolve = !Flags || !(*Flags & IMAGE_FILE_EXECUTABLE_IMAGE);
    LDRP_MODULE *module;
    Lock();
    LdrpSearchPath = SearchPath && !((ULONG_PTR)SearchPath & 1) ? SearchPath : NULL;
    NTSTATUS status = LdrpLoadModule(LdrpSearchPath, Name, resolve, &module);
    LdrpSearchPath = NULL;
    if (NT_SUCCESS(status)) {
        LdrpCountClosure(module, +1);
        status = Initialise(module);
        if (!NT_SUCCESS(status))
            LdrpCountClosure(module, -1);
    }
    if (NT_SUCCESS(status))
        *Base = module->Entry.DllBase;
    else
        LdrpDropUnused();
    Unlock();
    return status;
}

NTSTATUS NTAPI LdrUnloadDll(PVOID Base)
{
    if (RtlpShutdownInProgress)
        return STATUS_SUCCESS;
    Lock();
    LDRP_MODULE *module = LdrpFindByBase(Base);
    if (module && module->Entry.LoadCount != LDRP_PINNED) {
        LdrpCountClosure(module, -1);
        LdrpDropUnused();
    }
    Unlock();
    return module ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrAddRefDll(ULONG Flags, PVOID Base)
{
    if (Flags & ~(ULONG)LDR_ADDREF_DLL_PIN)
        return STATUS_INVALID_PARAMETER;
    Lock();
    LDRP_MODULE *module = LdrpFindByBase(Base);
    if (module && Flags)
        LdrpPinClosure(module);
    else if (module)
        LdrpCountClosure(module, +1);
    Unlock();
    return module ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* A module that is loaded already.  Flags 1: leave its count alone; 2: pin it; 0: one
 * more. */
NTSTATUS NTAPI LdrGetDllHandleEx(ULONG Flags, PCWSTR SearchPath, PULONG Characteristics,
                                 PUNICODE_STRING Name, PVOID *Base)
{
    (void)SearchPath, (void)Characteristics;
    WCHAR buffer[264];
    UNICODE_STRING name = *Name;
    if (name.Length > 260 * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    ULONG chars = name.Length / sizeof(WCHAR), dot = chars;
    memcpy(buffer, name.Buffer, name.Length);
    while (dot && buffer[dot - 1] != '.' && buffer[dot - 1] != '\\')
        dot--;
    if (!dot || buffer[dot - 1] == '\\') {
        memcpy(buffer + chars, L".dll", 8);
        name.Length += 8;
    } else if (dot == chars) {
        name.Length -= sizeof(WCHAR);
    }
    name.Buffer = buffer;
    Lock();
    LDRP_MODULE *module = LdrpFindByName(&name);
    if (module && Flags == 2)
        LdrpPinClosure(module);
    else if (module && Flags == 0)
        LdrpCountClosure(module, +1);
    if (module && Base)
        *Base = module->Entry.DllBase;
    Unlock();
    return module ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS NTAPI LdrGetDllHandle(PWSTR SearchPath, PULONG Characteristics,
                               PUNICODE_STRING Name, PVOID *Base)
{
    return LdrGetDllHandleEx(1, SearchPath, Characteristics, Name, Base);
}

/* Name NULL: by Ordinal.  A forwarder to a DLL that is not loaded loads it, for
 * good. STATUS_ENTRYPOINT_NOT_FOUND, STATUS_ORDINAL_NOT_FOUND, STATUS_DLL_NOT_FOUND. */
NTSTATUS NTAPI LdrGetProcedureAddress(PVOID Base, PANSI_STRING Name, ULONG Ordinal,
                                      PVOID *Address)
{
    LDRP_NAME name = {NULL, 0};
    if (Name)
        name = (LDRP_NAME){Name->Length ? Name->Buffer : "", Name->Length};
    Lock();
    LDRP_MODULE *module = LdrpFindByBase(Base);
    NTSTATUS status = STATUS_DLL_NOT_FOUND;
    if (module)
        status = LdrpProcedure(module, name, Ordinal, 0, NULL, Address);
    if (NT_SUCCESS(status) && !LdrpStarting)
        status = LdrpRunInitializers(NULL);
    else if (!NT_SUCCESS(status))
        LdrpDropUnused();
    if (status == STATUS_PROCEDURE_NOT_FOUND)
        LdrpReportMiss(Name, Ordinal, module);
    Unlock();
    if (status == STATUS_PROCEDURE_NOT_FOUND)
        return Name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    return status;
}

NTSTATUS NTAPI LdrFindEntryForAddress(PVOID Address, PLDR_DATA_TABLE_ENTRY *Entry)
{
    Lock();
    LDRP_MODULE *module = LdrpFindByAddress(Address);
    Unlock();
    if (!module)
        return STATUS_NO_MORE_ENTRIES;
    *Entry = &module->Entry;
    return STATUS_SUCCESS;
}

PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage)
{
    PLDR_DATA_TABLE_ENTRY entry;
    *BaseOfImage =
        NT_SUCCESS(LdrFindEntryForAddress(PcValue, &entry)) ? entry->DllBase : NULL;
    return *BaseOfImage;
}

NTSTATUS NTAPI LdrDisableThreadCalloutsForDll(PVOID Base)
{
    Lock();
    LDRP_MODULE *module = LdrpFindByBase(Base);
    NTSTATUS status = module ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
    if (module && module->Entry.TlsIndex != LDRP_PINNED)
        status = STATUS_UNSUCCESSFUL; /* its thread-local data needs the calls */
    else if (module)
        module->Entry.Flags |= LDRP_DONT_CALL_FOR_THREADS;
    Unlock();
    return status;
}

NTSTATUS NTAPI LdrEnumerateLoadedModules(ULONG Flags, PLDR_ENUMERATE Callback,
                                         PVOID Context)
{
    if (Flags || !Callback)
        return STATUS_INVALID_PARAMETER;
    BOOLEAN stop = FALSE;
    Lock();
    PLIST_ENTRY head = &LdrpData.InLoadOrderModuleList;
    for (PLIST_ENTRY at = head->Flink; at != head && !stop; at = at->Flink)
        Callback(&CONTAINER(at, LDRP_MODULE, Entry.InLoadOrderLinks)->Entry, Context,
                 &stop);
    Unlock();
    return STATUS_SUCCESS;
}

/* Flags 1: raise errors instead of returning them; 2: only try.  *Disposition: 1 got it,
 * 2 not. */
NTSTATUS NTAPI LdrLockLoaderLock(ULONG Flags, PULONG Disposition, PULONG_PTR Cookie)
{
    if ((Flags & ~3u) || !Cookie || ((Flags & 2) && !Disposition))
        return STATUS_INVALID_PARAMETER;
    BOOLEAN got = TRUE;
    if (Flags & 2)
        got = RtlTryEnterCriticalSection(&LdrpLoaderLock);
    else
        Lock();
    if (Disposition)
        *Disposition = got ? 1 : 2;
    *Cookie = got ? (ULONG_PTR)NtTeb()->ClientId.UniqueThread : 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrUnlockLoaderLock(ULONG Flags, ULONG_PTR Cookie)
{
    if (Flags & ~1u)
        return STATUS_INVALID_PARAMETER_1;
    if (!Cookie)
        return STATUS_SUCCESS;
    if (Cookie != (ULONG_PTR)NtTeb()->ClientId.UniqueThread)
        return STATUS_INVALID_PARAMETER_2;
    Unlock();
    return STATUS_SUCCESS;
}

/* For a program that places images itself: adds Delta at each of the Count items of one block,
 * whose page lies at Page.  Where the next block begins; NULL: an item of a kind that x86 images
 * do not have: it and what follows it are not done.  Source: "PE Format", base relocations. */
PIMAGE_BASE_RELOCATION NTAPI LdrProcessRelocationBlock(ULONG_PTR Page, ULONG Count,
                                                       PUSHORT Items, LONG_PTR Delta)
{
    for (; Count; Count--, Items++) {
        PVOID at = (PVOID)(Page + (*Items & 0xFFF));
        switch (*Items >> 12) {
        case IMAGE_REL_BASED_ABSOLUTE:
            break;
        case IMAGE_REL_BASED_HIGH:
            *(USHORT UNALIGNED *)at += (USHORT)((ULONG)Delta >> 16);
            break;
        case IMAGE_REL_BASED_LOW:
            *(USHORT UNALIGNED *)at += (USHORT)Delta;
            break;
        case IMAGE_REL_BASED_HIGHLOW:
            *(ULONG UNALIGNED *)at += (ULONG)Delta;
            break;
        default:
            return NULL;
        }
    }
    return (PIMAGE_BASE_RELOCATION)Items;
}
