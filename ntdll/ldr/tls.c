/* tls.c - thread-local storage that the linker laid out (__declspec(thread), __thread).
 *
 * A module with a TLS directory gets an index; its code finds a thread's copy of its data at
 *
 *   fs:[2Ch] -> TEB.ThreadLocalStoragePointer[index] -> the block: initial data, then zeros
 *
 * The array is as long as the highest index; a DLL loaded later may need a longer one for
 * every thread.  Old arrays stay until their thread ends, since that thread may have been
 * interrupted between reading the pointer and using it.
 * The threads are known by nodes of our own: a thread that was terminated is never
 * detached, and its TEB is gone.  Its node and blocks stay until its TEB's place is taken
 * again; a TEB of another thread is touched only after the kernel has said that the thread
 * lives.
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

#define MOST_ZEROS                                                                       \
    0x7FFEFFFFu /* more than a process has; with the image it does not wrap */

static LIST_ENTRY TlsModules = {&TlsModules, &TlsModules};
typedef struct _TLS_THREAD {
    LIST_ENTRY Links;
    PTEB Teb;
    TEB_CLIENT_ID Id;
    TLS_ARRAY *Array; /* the one TEB.ThreadLocalStoragePointer points into, or NULL */
} TLS_THREAD;
static LIST_ENTRY Threads = {&Threads, &Threads};
static ULONG IndexLimit; /* one more than the highest index given */

#define FOR_EACH(type, item, list)                                                       \
    for (type *item = CONTAINER(list.Flink, type, Links); &item->Links != &list;         \
         item = CONTAINER(item->Links.Flink, type, Links))

/* Does the thread still run, in that TEB? */
static BOOLEAN IsAlive(TLS_THREAD *thread)
{
    struct {
        NTSTATUS ExitStatus;
        PVOID Teb;
        TEB_CLIENT_ID Id;
        ULONG_PTR Affinity;
        LONG Priority, BasePriority;
    } basic = {0};
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes;
    if (thread->Teb == NtTeb())
        return TRUE;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    NTSTATUS status = NtOpenThread(&handle, THREAD_QUERY_INFORMATION, &attributes,
                                   (CLIENT_ID *)&thread->Id);
    if (!NT_SUCCESS(status))
        return FALSE;
    status = NtQueryInformationThread(handle, 0, &basic, sizeof basic, NULL);
    NtClose(handle);
    return NT_SUCCESS(status) && basic.ExitStatus == STATUS_PENDING &&
           basic.Teb == thread->Teb;
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
    if (raw && (tls->StartAddressOfRawData - base > image ||
                raw > image - (tls->StartAddressOfRawData - base)))
        return NULL;
    if (tls->SizeOfZeroFill > MOST_ZEROS)
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

/* Give the thread an array of at least IndexLimit entries.  One that is dead needs none:
 * STATUS_THREAD_IS_TERMINATING. */
static NTSTATUS GrowArray(TLS_THREAD *thread)
{
    TLS_ARRAY *old = thread->Array;
    if (old && old->Count >= IndexLimit)
        return STATUS_SUCCESS;
    if (!IsAlive(thread))
        return STATUS_THREAD_IS_TERMINATING;
    ULONG count = (IndexLimit + 15) & ~15u;
    TLS_ARRAY *new = LdrpAllocate(sizeof *new + count * sizeof(PVOID));
    if (!new)
        return STATUS_NO_MEMORY;
    new->Older = old;
    new->Count = count;
    if (old)
        memcpy(new->Block, old->Block, old->Count * sizeof(PVOID));
    thread->Array = new;
    thread->Teb->ThreadLocalStoragePointer = new->Block;
    return STATUS_SUCCESS;
}

static NTSTATUS AddToThread(TLS_THREAD *thread, const TLS_MODULE *tls)
{
    NTSTATUS status = GrowArray(thread);
    if (!NT_SUCCESS(status))
        return status == STATUS_THREAD_IS_TERMINATING ? STATUS_SUCCESS : status;
    PVOID block = MakeBlock(tls->Directory);
    if (!block)
        return STATUS_NO_MEMORY;
    thread->Array->Block[tls->Index] = block;
    return STATUS_SUCCESS;
}

static ULONG FreeIndex(void)
{
    for (ULONG index = 0;; index++) {
        BOOLEAN taken = FALSE;
        FOR_EACH(TLS_MODULE, tls, TlsModules)
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
    FOR_EACH(TLS_THREAD, thread, Threads)
    if (NT_SUCCESS(status))
        status = AddToThread(thread, tls);
    return status;
}

void LdrpRemoveTls(LDRP_MODULE *module)
{
    FOR_EACH(TLS_MODULE, tls, TlsModules)
    {
        if (tls->Module != module)
            continue;
        FOR_EACH(TLS_THREAD, thread, Threads)
        {
            TLS_ARRAY *array = thread->Array;
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

/* All blocks and arrays of a thread that is ending, or has long ended. */
static void ForgetThread(TLS_THREAD *thread)
{
    TLS_ARRAY *older, *array = thread->Array;
    for (ULONG i = 0; array && i < array->Count; i++)
        FreeBlock(array->Block[i]);
    for (; array; array = older) {
        older = array->Older;
        LdrpFree(array);
    }
    RemoveEntryList(&thread->Links);
    LdrpFree(thread);
}

static TLS_THREAD *FindTeb(PTEB teb)
{
    FOR_EACH(TLS_THREAD, thread, Threads)
    if (thread->Teb == teb)
        return thread;
    return NULL;
}

/* The calling thread begins: a node, a block of each module. */
NTSTATUS LdrpStartThreadTls(void)
{
    PTEB teb = NtTeb();
    TLS_THREAD *thread = FindTeb(teb);
    if (thread) /* of a killed thread that had the same TEB */
        ForgetThread(thread);
    thread = LdrpAllocate(sizeof *thread);
    if (!thread)
        return STATUS_NO_MEMORY;
    thread->Teb = teb;
    thread->Id = teb->ClientId;
    InsertTailList(&Threads, &thread->Links);
    NTSTATUS status = STATUS_SUCCESS;
    FOR_EACH(TLS_MODULE, tls, TlsModules)
    if (NT_SUCCESS(status))
        status = AddToThread(thread, tls);
    return status;
}

/* The calling thread ends. */
void LdrpEndThreadTls(void)
{
    TLS_THREAD *thread = FindTeb(NtTeb());
    NtTeb()->ThreadLocalStoragePointer = NULL;
    if (thread)
        ForgetThread(thread);
}

/* The list ends with NULL, or with the image.  An exception in one is reported, and ends the
 * module's list. */
void LdrpCallTlsCallbacks(LDRP_MODULE *module, ULONG reason)
{
    const IMAGE_TLS_DIRECTORY32 *tls = Directory(module);
    ULONG_PTR base = (ULONG_PTR)module->Entry.DllBase;
    if (!tls || !tls->AddressOfCallBacks)
        return;
    ULONG code = 0;
    for (PVOID *callback = (PVOID *)tls->AddressOfCallBacks;
         !code && (ULONG_PTR)callback - base <= module->Entry.SizeOfImage - 4 &&
         *callback;
         callback++)
        code = LdrpCallGuarded(*callback, module->Entry.DllBase, reason, NULL);
    if (code)
        DbgPrint("LDR: exception %08lx in a TLS callback of %wZ\n", code,
                 &module->Entry.BaseDllName);
}
