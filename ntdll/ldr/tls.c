/* tls.c - thread-local storage that the linker laid out (__declspec(thread), __thread).
 *
 * A module with a TLS directory gets an index; its code finds a thread's copy of its data
 * at
 *
 *   fs:[2Ch] -> TEB.ThreadLocalStoragePointer[index] -> the block: initial data, then
 * zeros
 *
 * The array is as long as the highest index; a DLL loaded later may need a longer one for
 * every thread.  Old arrays stay until their thread ends, since that thread may have been
 * interrupted between reading the pointer and using it.  TEB.TlsLinks chains the threads.
 * Callbacks of the directory run before the DLL's entry point, with the same reasons.
 *
 * Documented: "PE Format", the .tls section.  Windows: LdrpHandleTlsData,
 * LdrpAllocateTls.
 */
#include "ldrp.h"

typedef struct _TLS_ARRAY {
    struct _TLS_ARRAY *Older;
    ULONG Count;
    PVOID Block[];
} TLS_ARRAY;

typedef struct _TLS_MODULE {
    LIST_ENTRY Links;
    LDRP_MODULE *Module;
    const IMAGE_TLS_DIRECTORY32 *Directory; /* its addresses are relocated, so absolute */
    ULONG Index;
} TLS_MODULE;

static LIST_ENTRY TlsModules = {&TlsModules, &TlsModules};
static LIST_ENTRY Threads = {&Threads, &Threads}; /* TEB.TlsLinks */
static ULONG IndexLimit; /* one more than the highest index given */

#define FOR_EACH_TLS(tls)                                                                \
    for (TLS_MODULE *tls = CONTAINER(TlsModules.Flink, TLS_MODULE, Links);               \
         &tls->Links != &TlsModules;                                                     \
         tls = CONTAINER(tls->Links.Flink, TLS_MODULE, Links))

static TLS_ARRAY *ArrayOf(PTEB teb)
{
    PVOID slots = teb->ThreadLocalStoragePointer;
    return slots ? CONTAINER(slots, TLS_ARRAY, Block) : NULL;
}

/* The TLS directory, if it is one that can be followed. */
static const IMAGE_TLS_DIRECTORY32 *Directory(LDRP_MODULE *module)
{
    ULONG size;
    ULONG_PTR base = (ULONG_PTR)module->Entry.DllBase, image = module->Entry.SizeOfImage;
    const IMAGE_TLS_DIRECTORY32 *tls =
        LdrpDirectory((PVOID)base, module->Headers, IMAGE_DIRECTORY_ENTRY_TLS, &size);
    if (!tls || size < sizeof *tls || tls->AddressOfIndex - base > image - 4 ||
        tls->EndAddressOfRawData < tls->StartAddressOfRawData)
        return NULL;
    ULONG raw = tls->EndAddressOfRawData - tls->StartAddressOfRawData;
    if (raw && (tls->StartAddressOfRawData - base > image || raw > image))
        return NULL;
    return tls;
}

/* A block with the module's initial data, aligned as its directory asks.  The pointer
 * before it is what the heap gave. */
static PVOID MakeBlock(const IMAGE_TLS_DIRECTORY32 *tls)
{
    ULONG raw = tls->EndAddressOfRawData - tls->StartAddressOfRawData;
    ULONG code = (tls->Characteristics >> 20) & 15,
          align = code > 4 ? 1u << (code - 1) : 8;
    PCHAR given = LdrpAllocate(raw + tls->SizeOfZeroFill + align + sizeof(PVOID));
    if (!given)
        return NULL;
    PCHAR block = (PCHAR)ALIGN_UP(given + sizeof(PVOID), align);
    ((PVOID *)block)[-1] = given;
    memcpy(block, (PVOID)tls->StartAddressOfRawData, raw);
    return block;
}

static void FreeBlock(PVOID block)
{
    if (block)
        LdrpFree(((PVOID *)block)[-1]);
}

/* Give the thread an array of at least IndexLimit entries. */
static NTSTATUS GrowArray(PTEB teb)
{
    TLS_ARRAY *old = ArrayOf(teb);
    if (!IndexLimit || (old && old->Count >= IndexLimit))
        return STATUS_SUCCESS;
    ULONG count = (IndexLimit + 15) & ~15u;
    TLS_ARRAY *new = LdrpAllocate(sizeof *new + count * sizeof(PVOID));
    if (!new)
        return STATUS_NO_MEMORY;
    new->Older = old;
    new->Count = count;
    if (old)
        memcpy(new->Block, old->Block, old->Count * sizeof(PVOID));
    teb->ThreadLocalStoragePointer = new->Block;
    return STATUS_SUCCESS;
}

static NTSTATUS AddToThread(PTEB teb, const TLS_MODULE *tls)
{
    NTSTATUS status = GrowArray(teb);
    if (!NT_SUCCESS(status))
        return status;
    PVOID block = MakeBlock(tls->Directory);
    if (!block)
        return STATUS_NO_MEMORY;
    ArrayOf(teb)->Block[tls->Index] = block;
    return STATUS_SUCCESS;
}

static ULONG FreeIndex(void)
{
    for (ULONG index = 0;; index++) {
        BOOLEAN taken = FALSE;
        FOR_EACH_TLS(tls)
        taken |= tls->Index == index;
        if (!taken)
            return index;
    }
}

/* A new module: an index, and a block in every thread that exists. */
NTSTATUS LdrpAddTls(LDRP_MODULE *module)
{
    const IMAGE_TLS_DIRECTORY32 *directory = Directory(module);
    if (!directory)
        return STATUS_SUCCESS;
    TLS_MODULE *tls = LdrpAllocate(sizeof *tls);
    if (!tls)
        return STATUS_NO_MEMORY;
    tls->Module = module;
    tls->Directory = directory;
    tls->Index = FreeIndex();
    if (tls->Index >= IndexLimit)
        IndexLimit = tls->Index + 1;
    InsertTailList(&TlsModules, &tls->Links);
    *(ULONG *)directory->AddressOfIndex = tls->Index;
    module->Entry.TlsIndex = (USHORT)tls->Index;
    NTSTATUS status = STATUS_SUCCESS;
    for (PLIST_ENTRY at = Threads.Flink; at != &Threads && NT_SUCCESS(status);
         at = at->Flink)
        status = AddToThread(CONTAINER(at, TEB, TlsLinks), tls);
    return status;
}

void LdrpRemoveTls(LDRP_MODULE *module)
{
    FOR_EACH_TLS(tls)
    {
        if (tls->Module != module)
            continue;
        for (PLIST_ENTRY at = Threads.Flink; at != &Threads; at = at->Flink) {
            TLS_ARRAY *array = ArrayOf(CONTAINER(at, TEB, TlsLinks));
            if (array && tls->Index < array->Count) {
                FreeBlock(array->Block[tls->Index]);
                array->Block[tls->Index] = NULL;
            }
        }
        RemoveEntryList(&tls->Links);
        LdrpFree(tls);
        return;
    }
}

/* The calling thread begins: join the chain, a block of each module. */
NTSTATUS LdrpStartThreadTls(void)
{
    PTEB teb = NtTeb();
    InsertTailList(&Threads, &teb->TlsLinks);
    NTSTATUS status = STATUS_SUCCESS;
    FOR_EACH_TLS(tls)
    if (NT_SUCCESS(status))
        status = AddToThread(teb, tls);
    return status;
}

/* The calling thread ends: all its blocks and arrays go. */
void LdrpEndThreadTls(void)
{
    PTEB teb = NtTeb();
    if (!teb->TlsLinks.Flink)
        return;
    RemoveEntryList(&teb->TlsLinks);
    teb->TlsLinks.Flink = NULL;
    TLS_ARRAY *older, *array = ArrayOf(teb);
    teb->ThreadLocalStoragePointer = NULL;
    for (ULONG i = 0; array && i < array->Count; i++)
        FreeBlock(array->Block[i]);
    for (; array; array = older) {
        older = array->Older;
        LdrpFree(array);
    }
}

/* The list ends with NULL, or with the image. */
void LdrpCallTlsCallbacks(LDRP_MODULE *module, ULONG reason)
{
    const IMAGE_TLS_DIRECTORY32 *tls = Directory(module);
    ULONG_PTR base = (ULONG_PTR)module->Entry.DllBase;
    if (!tls || !tls->AddressOfCallBacks)
        return;
    for (PVOID *callback = (PVOID *)tls->AddressOfCallBacks;
         (ULONG_PTR)callback - base <= module->Entry.SizeOfImage - 4 && *callback;
         callback++)
        LdrpCallInitRoutine(*callback, module->Entry.DllBase, reason, NULL);
}
