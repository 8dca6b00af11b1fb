/* snap.c - binding imports: each slot of a module's import tables gets its address.
 *
 *   import descriptor: "KERNEL32.dll", names at OriginalFirstThunk, slots at FirstThunk
 *   each name: hint + "HeapAlloc", or an ordinal with the top bit set
 *   export:    an address, or a forwarder "NTDLL.RtlAllocateHeap" / "DLL.#7", followed to
 *              its end, loading the DLL it names
 *
 * Bound imports (addresses from another machine's link time) are ignored: the names are
 * there as well.  A linker that left OriginalFirstThunk out keeps the names in the slots
 * themselves.
 *
 * Windows: LdrpSnapModule, LdrpSnapThunk, LdrpLoadForwardedModule.
 */
#include "ldrp.h"

#define MAX_FORWARDS 32 /* a longer chain of forwarders is a circle */

/* ASCII to UTF-16 in a buffer of 260; FALSE if it does not fit. */
static BOOLEAN Widen(const char *name, ULONG chars, WCHAR buffer[260],
                     UNICODE_STRING *wide)
{
    if (chars > 255)
        return FALSE;
    for (ULONG i = 0; i < chars; i++)
        buffer[i] = (UCHAR)name[i];
    *wide = (UNICODE_STRING){(USHORT)(chars * 2), (USHORT)(chars * 2), buffer};
    return TRUE;
}

/* Opens the module's exports when they are first asked for. */
static NTSTATUS Open(LDRP_MODULE *module)
{
    if (module->Exports.Base)
        return STATUS_SUCCESS;
    return LdrpOpenExports(module->Entry.DllBase, module->Headers, &module->Exports);
}

static NTSTATUS Export(LDRP_MODULE *module, LDRP_NAME name, ULONG ordinal, ULONG hint,
                       LDRP_EXPORT *export)
{
    NTSTATUS status = Open(module);
    if (!NT_SUCCESS(status))
        return status;
    return name.Text ? LdrpExportByName(&module->Exports, name, hint, export)
                     : LdrpExportByOrdinal(&module->Exports, ordinal, export);
}

/* One step along a forwarder: its DLL in *module, what to look up there in *name or
 * *ordinal. */
static NTSTATUS Follow(LDRP_NAME forwarder, LDRP_MODULE **module, LDRP_NAME *name,
                       ULONG *ordinal)
{
    WCHAR buffer[260];
    UNICODE_STRING dll;
    const char *end = forwarder.Text + forwarder.Length, *after = end;
    while (after > forwarder.Text && after[-1] != '.')
        after--;
    if (after <= forwarder.Text + 1 ||
        !Widen(forwarder.Text, (ULONG)(after - 1 - forwarder.Text), buffer, &dll))
        return STATUS_INVALID_IMAGE_FORMAT;
    *name = (LDRP_NAME){after, (ULONG)(end - after)};
    if (*after == '#') {
        name->Text = NULL;
        *ordinal = 0;
        for (const char *digit = after + 1; *digit >= '0' && *digit <= '9'; digit++)
            *ordinal = *ordinal * 10 + (*digit - '0');
    }
    return LdrpLoadModule(LdrpSearchPath, &dll, TRUE, module);
}

/* The address of a function by name (or, without a Text, by ordinal).  importer is bound to
 * every DLL on the way; NULL: the way is pinned.  STATUS_PROCEDURE_NOT_FOUND,
 * STATUS_INVALID_IMAGE_FORMAT, or what loading a forwarder's DLL says. */
NTSTATUS LdrpProcedure(LDRP_MODULE *module, LDRP_NAME name, ULONG ordinal, ULONG hint,
                       LDRP_MODULE *importer, PVOID *address)
{
    LDRP_MODULE *at = module;
    for (ULONG depth = 0; depth < MAX_FORWARDS; depth++) {
        LDRP_EXPORT export;
        NTSTATUS status = Export(at, name, ordinal, hint, &export);
        if (!NT_SUCCESS(status))
            return status;
        if (!export.Forwarder.Text) {
            *address = (PCHAR)at->Entry.DllBase + export.Rva;
            return STATUS_SUCCESS;
        }
        status = Follow(export.Forwarder, &at, &name, &ordinal);
        if (NT_SUCCESS(status) && importer)
            status = LdrpDependOn(importer, at);
        if (!NT_SUCCESS(status))
            return status;
        if (!importer)
            LdrpPinClosure(at);
        hint = 0;
    }
    return STATUS_INVALID_IMAGE_FORMAT;
}

/* The way that most slots take: the hint is right, and no forwarder. */
static BOOLEAN BindByHint(LDRP_MODULE *module, LDRP_MODULE *from, ULONG what, ULONG hint,
                          PVOID *slot)
{
    LDRP_EXPORT export;
    if (!NT_SUCCESS(Open(from)) ||
        !NT_SUCCESS(LdrpExportByHint(&from->Exports, hint, module->Entry.DllBase,
                                     module->Entry.SizeOfImage, what, &export)) ||
        export.Forwarder.Text)
        return FALSE;
    *slot = (PCHAR)from->Entry.DllBase + export.Rva;
    return TRUE;
}

/* The slot's function is nowhere: a stub takes its place if the run is lenient, else it is
 * reported. */
static NTSTATUS BindMissing(PCUNICODE_STRING dll, const char *name, ULONG ordinal,
                            PVOID *slot)
{
    if (LdrpLenient && (*slot = LdrpMissingStub(dll, name, ordinal)))
        return STATUS_SUCCESS;
    const NTSTATUS status = name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    LdrpReport(status, name, ordinal, dll);
    return status;
}

/* One slot.  what is its import entry: an ordinal, or the offset of hint and name.  from: NULL if
 * the DLL is missing. */
static NTSTATUS BindSlot(LDRP_MODULE *module, LDRP_MODULE *from, PCUNICODE_STRING dll,
                         ULONG what, PVOID *slot)
{
    PVOID base = module->Entry.DllBase;
    LDRP_NAME name = {NULL, 0};
    ULONG ordinal = IMAGE_ORDINAL32(what), hint = 0, size = module->Entry.SizeOfImage;
    if (!(what & IMAGE_ORDINAL_FLAG32)) {
        if (what >= size - 2)
            return STATUS_INVALID_IMAGE_FORMAT;
        hint = *(const USHORT UNALIGNED *)((PCHAR)base + what);
        if (from && BindByHint(module, from, what + 2, hint, slot))
            return STATUS_SUCCESS;
        if (!LdrpString(base, size, what + 2, &name))
            return STATUS_INVALID_IMAGE_FORMAT;
    }
    if (!from)
        return BindMissing(dll, name.Text, ordinal, slot);
    const NTSTATUS status = LdrpProcedure(from, name, ordinal, hint, module, slot);
    return status == STATUS_PROCEDURE_NOT_FOUND
               ? BindMissing(&from->Entry.BaseDllName, name.Text, ordinal, slot)
               : status;
}

/* All slots of a table; what is missing does not end it, so that every name is reported. */
static NTSTATUS BindSlots(LDRP_MODULE *module, LDRP_MODULE *from, PCUNICODE_STRING dll,
                          const ULONG *what, PVOID *slot, ULONG count)
{
    NTSTATUS result = STATUS_SUCCESS;
    for (ULONG i = 0; i < count; i++) {
        const NTSTATUS status = BindSlot(module, from, dll, what[i], &slot[i]);
        if (NT_SUCCESS(status))
            continue;
        result = status;
        if (status != STATUS_ENTRYPOINT_NOT_FOUND && status != STATUS_ORDINAL_NOT_FOUND)
            break;
    }
    return result;
}

/* All slots of one descriptor.  The slots may lie in a read-only section: they are made
 * writable for the time. */
static NTSTATUS BindDescriptor(LDRP_MODULE *module, LDRP_MODULE *from,
                               PCUNICODE_STRING dll,
                               const IMAGE_IMPORT_DESCRIPTOR *descriptor)
{
    ULONG size = module->Entry.SizeOfImage;
    ULONG names = descriptor->OriginalFirstThunk, slots = descriptor->FirstThunk;
    if (names < PAGE_SIZE || names >= size)
        names = slots;
    ULONG limit = size - (names > slots ? names : slots), count = 0;
    if (!slots || slots >= size || (names & 3) || (slots & 3))
        return STATUS_INVALID_IMAGE_FORMAT;
    const ULONG *name = (const void *)((PCHAR)module->Entry.DllBase + names);
    PVOID *slot = (PVOID *)((PCHAR)module->Entry.DllBase + slots);
    while (count < limit / 4 && name[count])
        count++;
    if (count == limit / 4)
        return STATUS_INVALID_IMAGE_FORMAT;
    if (!count)
        return STATUS_SUCCESS;
    PVOID base = slot;
    SIZE_T bytes = count * sizeof *slot;
    ULONG old, ignored;
    NTSTATUS status =
        NtProtectVirtualMemory(NtCurrentProcess(), &base, &bytes, PAGE_READWRITE, &old);
    if (!NT_SUCCESS(status))
        return status;
    status = BindSlots(module, from, dll, name, slot, count);
    NtProtectVirtualMemory(NtCurrentProcess(), &base, &bytes, old, &ignored);
    return status;
}

/* What module imports from the DLL of this name. */
static NTSTATUS BindDll(LDRP_MODULE *module, LDRP_NAME name,
                        const IMAGE_IMPORT_DESCRIPTOR *descriptor)
{
    WCHAR buffer[260];
    UNICODE_STRING dll;
    LDRP_MODULE *from = NULL;
    if (!Widen(name.Text, name.Length, buffer, &dll))
        return STATUS_INVALID_IMAGE_FORMAT;
    NTSTATUS status = LdrpLoadModule(LdrpSearchPath, &dll, TRUE, &from);
    const BOOLEAN missing = status == STATUS_DLL_NOT_FOUND && !from;
    if (missing) {
        buffer[name.Length] = 0;
        if (!RtlCreateUnicodeString(&dll, buffer)) /* the stubs': it is never freed */
            return STATUS_NO_MEMORY;
        const NTSTATUS bound = BindDescriptor(module, NULL, &dll, descriptor);
        if (LdrpLenient)
            return bound;
    }
    if (!from && (missing || status == STATUS_INVALID_IMAGE_FORMAT))
        LdrpReport(status, name.Text, 0, &module->Entry.BaseDllName);
    if (NT_SUCCESS(status))
        status = LdrpDependOn(module, from);
    return NT_SUCCESS(status) ? BindDescriptor(module, from, &dll, descriptor) : status;
}

/* Load what module imports from and fill its slots.  Every DLL and function that is missing is
 * reported by name; the status is that of the last. */
NTSTATUS LdrpBindImports(LDRP_MODULE *module)
{
    ULONG size;
    NTSTATUS result = STATUS_SUCCESS;
    PVOID base = module->Entry.DllBase;
    const IMAGE_IMPORT_DESCRIPTOR *descriptor =
        LdrpDirectory(base, module->Headers, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);
    if (!descriptor)
        return STATUS_SUCCESS;
    const IMAGE_IMPORT_DESCRIPTOR *last =
        (const void *)((PCHAR)base + module->Entry.SizeOfImage - sizeof *last);
    for (; descriptor <= last && descriptor->Name && descriptor->FirstThunk;
         descriptor++) {
        LDRP_NAME name;
        if (!LdrpString(base, module->Entry.SizeOfImage, descriptor->Name, &name))
            return STATUS_INVALID_IMAGE_FORMAT;
        const NTSTATUS status = BindDll(module, name, descriptor);
        if (!NT_SUCCESS(status))
            result = status;
        if (!NT_SUCCESS(status) && status != STATUS_DLL_NOT_FOUND &&
            status != STATUS_ENTRYPOINT_NOT_FOUND && status != STATUS_ORDINAL_NOT_FOUND)
            break;
    }
    return result;
}
