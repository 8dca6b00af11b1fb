/* module.c - the loaded modules: find one, load one, count its users, unload it.
 *
 *   LdrpLoadModule:  by name -> already there? -> open, section, view -> entry on the lists
 *                    -> relocate if it is not where it was linked for
 *                    -> bind its imports, which loads what it needs (this same function)
 *                    -> thread-local data
 *
 * The counts: LdrLoadDll adds one to each module in the closure of dependencies,
 * LdrUnloadDll subtracts one from each.  Circles therefore cost nothing, and a module whose
 * count reaches zero has no user.  What the program itself needs is pinned.
 *
 * Windows: LdrpLoadDll, LdrpMapDll, LdrpUpdateLoadCount; `!dlls`, `lm`.
 */
#include "ldrp.h"

static ULONG LatestMark;

/* A debugger stops here to learn of each module (`make gdb`): it does nothing else. */
__attribute__((noinline)) void LdrpModuleLoaded(PVOID base, PUNICODE_STRING name)
{
    __asm__ volatile("" ::"r"(base), "r"(name));
}

/* ---- finding ---- */

LDRP_MODULE *LdrpFindByBase(PVOID base)
{
    LDRP_FOR_EACH_LOADED(module)
    if (module->Entry.DllBase == base)
        return module;
    return NULL;
}

LDRP_MODULE *LdrpFindByAddress(PVOID address)
{
    LDRP_FOR_EACH_LOADED(module)
    if ((ULONG_PTR)address - (ULONG_PTR)module->Entry.DllBase < module->Entry.SizeOfImage)
        return module;
    return NULL;
}

/* name: a base name or a full path, with its extension. */
LDRP_MODULE *LdrpFindByName(PCUNICODE_STRING name)
{
    LDRP_FOR_EACH_LOADED(module)
    if (RtlEqualUnicodeString(name, &module->Entry.BaseDllName, TRUE) ||
        RtlEqualUnicodeString(name, &module->Entry.FullDllName, TRUE))
        return module;
    return NULL;
}

/* ---- dependencies and counts ---- */

NTSTATUS LdrpDependOn(LDRP_MODULE *module, LDRP_MODULE *on)
{
    for (ULONG i = 0; i < module->DependencyCount; i++)
        if (module->Dependency[i] == on)
            return STATUS_SUCCESS;
    if (module == on)
        return STATUS_SUCCESS;
    ULONG count = module->DependencyCount;
    LDRP_MODULE **grown = LdrpAllocate((count + 1) * sizeof *grown);
    if (!grown)
        return STATUS_NO_MEMORY;
    if (count) {
        memcpy(grown, module->Dependency, count * sizeof *grown);
        LdrpFree(module->Dependency);
    }
    grown[count] = on;
    module->Dependency = grown;
    module->DependencyCount++;
    return STATUS_SUCCESS;
}

static void Count(LDRP_MODULE *module, LONG step)
{
    if (module->Mark == LatestMark)
        return;
    module->Mark = LatestMark;
    if (module->Entry.LoadCount != LDRP_PINNED)
        module->Entry.LoadCount =
            step ? (USHORT)(module->Entry.LoadCount + step) : LDRP_PINNED;
    for (ULONG i = 0; i < module->DependencyCount; i++)
        Count(module->Dependency[i], step);
}

void LdrpCountClosure(LDRP_MODULE *module, LONG step)
{
    LatestMark++;
    Count(module, step);
}

void LdrpPinClosure(LDRP_MODULE *module)
{
    LatestMark++;
    Count(module, 0);
}

/* ---- coming ---- */

static void Extension(UNICODE_STRING *name, PWSTR buffer)
{
    ULONG chars = name->Length / sizeof(WCHAR);
    memcpy(buffer, name->Buffer, name->Length);
    ULONG dot = chars;
    while (dot && buffer[dot - 1] != '.' && buffer[dot - 1] != '\\' &&
           buffer[dot - 1] != '/')
        dot--;
    if (dot && buffer[dot - 1] == '.') {
        if (dot == chars) /* "name." means a name without extension */
            chars--;
    } else {
        memcpy(buffer + chars, L".dll", 8);
        chars += 4;
    }
    name->Buffer = buffer;
    name->Length = name->MaximumLength = (USHORT)(chars * sizeof(WCHAR));
}

/* Put a mapped image on the lists.  fullName's buffer becomes the module's. */
LDRP_MODULE *LdrpNewModule(PVOID base, PIMAGE_NT_HEADERS headers,
                           PCUNICODE_STRING fullName)
{
    LDRP_MODULE *module = LdrpAllocate(sizeof *module);
    if (!module)
        return NULL;
    LDR_DATA_TABLE_ENTRY *entry = &module->Entry;
    module->Headers = headers;
    entry->DllBase = base;
    entry->SizeOfImage = headers->OptionalHeader.SizeOfImage;
    entry->OriginalBase = headers->OptionalHeader.ImageBase;
    entry->TimeDateStamp = headers->FileHeader.TimeDateStamp;
    if (headers->OptionalHeader.AddressOfEntryPoint)
        entry->EntryPoint = (PCHAR)base + headers->OptionalHeader.AddressOfEntryPoint;
    entry->Flags = LDRP_LOAD_IN_PROGRESS;
    if (headers->FileHeader.Characteristics & IMAGE_FILE_DLL)
        entry->Flags |= LDRP_IMAGE_DLL;
    if ((ULONG_PTR)base != entry->OriginalBase)
        entry->Flags |= LDRP_IMAGE_NOT_AT_BASE;
    entry->TlsIndex = LDRP_PINNED;
    entry->FullDllName = entry->BaseDllName = *fullName;
    ULONG folder = fullName->Length / sizeof(WCHAR);
    while (folder && fullName->Buffer[folder - 1] != '\\')
        folder--;
    entry->BaseDllName.Buffer += folder;
    entry->BaseDllName.Length -= (USHORT)(folder * sizeof(WCHAR));
    entry->BaseDllName.MaximumLength -= (USHORT)(folder * sizeof(WCHAR));
    InitializeListHead(&entry->HashLinks);
    InitializeListHead(&entry->ForwarderLinks);
    InitializeListHead(&entry->ServiceTagLinks);
    InitializeListHead(&entry->StaticLinks);
    InitializeListHead(&entry->InInitializationOrderLinks);
    NtQuerySystemTime(&entry->LoadTime);
    InsertTailList(&LdrpData.InLoadOrderModuleList, &entry->InLoadOrderLinks);
    InsertTailList(&LdrpData.InMemoryOrderModuleList, &entry->InMemoryOrderLinks);
    LdrpModuleLoaded(base, &entry->FullDllName);
    return module;
}

static void Forget(LDRP_MODULE *module)
{
    LdrpRemoveTls(module);
    RemoveEntryList(&module->Entry.InLoadOrderLinks);
    RemoveEntryList(&module->Entry.InMemoryOrderLinks);
    RemoveEntryList(&module->Entry.InInitializationOrderLinks);
    if (NtPeb()->NtGlobalFlag & FLG_FATHOM_LEAKS)
        RtlpTellImage(module->Entry.DllBase);
    NtUnmapViewOfSection(NtCurrentProcess(), module->Entry.DllBase);
    RtlpForgetRules();
    RtlFreeUnicodeString(&module->Entry.FullDllName);
    if (module->Dependency)
        LdrpFree(module->Dependency);
    LdrpFree(module);
}

/* Make all sections writable, or give each back its own protection. */
static NTSTATUS ProtectSections(LDRP_MODULE *module, BOOLEAN writable)
{
    PIMAGE_SECTION_HEADER section = IMAGE_FIRST_SECTION(module->Headers);
    for (ULONG i = 0; i < module->Headers->FileHeader.NumberOfSections; i++, section++) {
        ULONG flags = section->Characteristics, old;
        if (flags & IMAGE_SCN_MEM_WRITE)
            continue;
        PVOID base = (PCHAR)module->Entry.DllBase + section->VirtualAddress;
        SIZE_T size = section->Misc.VirtualSize ? section->Misc.VirtualSize
                                                : section->SizeOfRawData;
        ULONG own = flags & IMAGE_SCN_MEM_EXECUTE ? PAGE_EXECUTE_READ : PAGE_READONLY;
        if (!size)
            continue;
        NTSTATUS status = NtProtectVirtualMemory(NtCurrentProcess(), &base, &size,
                                                 writable ? PAGE_READWRITE : own, &old);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS RelocateModule(LDRP_MODULE *module)
{
    ULONG_PTR delta = (ULONG_PTR)module->Entry.DllBase - module->Entry.OriginalBase;
    if (!delta)
        return STATUS_SUCCESS;
    NTSTATUS status = ProtectSections(module, TRUE);
    if (NT_SUCCESS(status))
        status = LdrpRelocate(module->Entry.DllBase, module->Headers, delta);
    return NT_SUCCESS(status) ? ProtectSections(module, FALSE) : status;
}

/* What the kernel says of a file that is no image for this machine: one answer for all. */
static NTSTATUS ImageStatus(NTSTATUS status)
{
    switch (status) {
    case STATUS_INVALID_IMAGE_NOT_MZ:
    case STATUS_INVALID_IMAGE_PROTECT:
    case STATUS_INVALID_IMAGE_WIN_16:
    case STATUS_INVALID_IMAGE_WIN_64:
    case STATUS_INVALID_IMAGE_LE_FORMAT:
    case STATUS_INVALID_IMAGE_NE_FORMAT:
    case STATUS_INVALID_FILE_FOR_SECTION:
    case STATUS_MAPPED_FILE_SIZE_ZERO:
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    return status;
}

/* Map the open file as an image.  STATUS_INVALID_IMAGE_FORMAT if it is none. */
static NTSTATUS MapImage(HANDLE file, PVOID *base, PIMAGE_NT_HEADERS *headers)
{
    HANDLE section;
    NTSTATUS status =
        NtCreateSection(&section, SECTION_MAP_READ | SECTION_MAP_EXECUTE | SECTION_QUERY,
                        NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, file);
    if (!NT_SUCCESS(status))
        return ImageStatus(status);
    SIZE_T size = 0;
    *base = NULL;
    status = NtMapViewOfSection(section, NtCurrentProcess(), base, 0, 0, NULL, &size, 1,
                                0, PAGE_EXECUTE_WRITECOPY);
    NtClose(section);
    if (!NT_SUCCESS(status))
        return status;
    status = LdrpCheckHeaders(*base, size, headers);
    if (!NT_SUCCESS(status))
        NtUnmapViewOfSection(NtCurrentProcess(), *base);
    return status;
}

PCWSTR LdrpSearchPath;

/* The module of that name, loaded if need be, imports bound, not yet initialised nor
 * counted. On failure what was brought in for it has LoadCount 0 and goes with
 * LdrpDropUnused. */
NTSTATUS LdrpLoadModule(PCWSTR searchPath, PCUNICODE_STRING name, BOOLEAN resolve,
                        LDRP_MODULE **result)
{
    WCHAR buffer[260 + 4];
    UNICODE_STRING whole = *name, full;
    if (whole.Length > 260 * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    Extension(&whole, buffer);
    LDRP_MODULE *module = *result = LdrpFindByName(&whole);
    if (module)
        return STATUS_SUCCESS;
    HANDLE file;
    NTSTATUS status = LdrpOpenDll(searchPath, &whole, &full, &file);
    if (!NT_SUCCESS(status))
        return status;
    PVOID base;
    PIMAGE_NT_HEADERS headers;
    module = *result = LdrpFindByName(&full); /* "a\..\b.dll" */
    if (!module)
        status = MapImage(file, &base, &headers);
    NtClose(file);
    if (module || !NT_SUCCESS(status)) {
        RtlFreeUnicodeString(&full);
        return status;
    }
    module = *result = LdrpNewModule(base, headers, &full);
    if (!module) {
        RtlFreeUnicodeString(&full);
        NtUnmapViewOfSection(NtCurrentProcess(), base);
        return STATUS_NO_MEMORY;
    }
    status = RelocateModule(module);
    if (!resolve) {
        module->Entry.Flags &= ~LDRP_LOAD_IN_PROGRESS;
        return status;
    }
    if (NT_SUCCESS(status))
        status = LdrpBindImports(module);
    if (NT_SUCCESS(status))
        status = LdrpAddTls(module);
    if (NT_SUCCESS(status))
        InsertTailList(&LdrpData.InInitializationOrderModuleList,
                       &module->Entry.InInitializationOrderLinks);
    return status;
}

/* ---- going ---- */

/* Detach and unmap every module without a user, in the reverse of the order in which
 * they were initialised; modules of a failed load, which never were, come last. */
void LdrpDropUnused(void)
{
    PLIST_ENTRY head = &LdrpData.InInitializationOrderModuleList;
    for (PLIST_ENTRY at = head->Blink; at != head; at = at->Blink) {
        LDRP_MODULE *module =
            CONTAINER(at, LDRP_MODULE, Entry.InInitializationOrderLinks);
        if (!module->Entry.LoadCount)
            LdrpDetach(module, NULL);
    }
    head = &LdrpData.InLoadOrderModuleList;
    for (PLIST_ENTRY next, at = head->Flink; at != head; at = next) {
        LDRP_MODULE *module = CONTAINER(at, LDRP_MODULE, Entry.InLoadOrderLinks);
        next = at->Flink;
        if (!module->Entry.LoadCount)
            Forget(module);
    }
}
