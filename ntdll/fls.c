/* fls.c - fiber local storage: slots with a callback each, and the end of a fiber's block.
 *
 *   PEB.FlsBitmap, FlsCallback ── which of the 128 slots are taken, and whom their values go to
 *   PEB.FlsListHead ─ FLS_DATA ─ FLS_DATA ── one of each fiber that has set a value
 *
 * kernel32 (tls.c) sets and reads values.  Blocks end here because a process that exits runs the
 * callbacks of its last thread before any DLL is told (LdrShutdownProcess).
 *
 * Lock: the PEB's.  Documented: FlsAlloc, FlsFree, PFLS_CALLBACK_FUNCTION.
 */
#include "ntdllp.h"

static PFLS_CALLBACK_FUNCTION *Callbacks(PPEB peb)
{
    if (!peb->FlsCallback)
        peb->FlsCallback = RtlAllocateHeap(peb->ProcessHeap, HEAP_ZERO_MEMORY,
                                           FLS_SLOTS * sizeof(PFLS_CALLBACK_FUNCTION));
    return peb->FlsCallback;
}

/* STATUS_NO_MEMORY; STATUS_NO_MORE_ENTRIES: all are taken.  Index 0 is never given. */
NTSTATUS NTAPI RtlFlsAlloc(PFLS_CALLBACK_FUNCTION Callback, PULONG Index)
{
    PPEB peb = NtPeb();
    RTL_BITMAP map = {FLS_SLOTS, peb->FlsBitmapBits};
    NTSTATUS status = STATUS_NO_MEMORY;
    RtlAcquirePebLock();
    if (Callbacks(peb)) {
        peb->FlsBitmapBits[0] |= 1;
        const ULONG index = RtlFindClearBitsAndSet(&map, 1, 1);
        status = index == FLS_OUT_OF_INDEXES ? STATUS_NO_MORE_ENTRIES : STATUS_SUCCESS;
        if (NT_SUCCESS(status)) {
            Callbacks(peb)[index] = Callback;
            if (index > peb->FlsHighIndex)
                peb->FlsHighIndex = index;
            *Index = index;
        }
    }
    RtlReleasePebLock();
    return status;
}

/* Calls the slot's callback with its value, which is 0 from then on: of a thread that ends and one
 * that frees the slot, one takes it. */
static void RunCallback(FLS_DATA *data, ULONG index)
{
    PFLS_CALLBACK_FUNCTION *callbacks = (PFLS_CALLBACK_FUNCTION *)NtPeb()->FlsCallback;
    PFLS_CALLBACK_FUNCTION callback = callbacks ? callbacks[index] : NULL;
    PVOID value = data->Slots[index];
    if (value && (value = InterlockedExchangePointer(&data->Slots[index], NULL)) &&
        callback)
        callback(value);
}

/* Runs the callback for every thread's value, in the calling thread; as on Windows with the lock
 * held, so that no thread ends meanwhile.  STATUS_INVALID_PARAMETER: it was not given. */
NTSTATUS NTAPI RtlFlsFree(ULONG Index)
{
    PPEB peb = NtPeb();
    RTL_BITMAP map = {FLS_SLOTS, peb->FlsBitmapBits};
    if (!Index || Index >= FLS_SLOTS || !RtlAreBitsSet(&map, Index, 1))
        return STATUS_INVALID_PARAMETER;
    RtlAcquirePebLock();
    PLIST_ENTRY head = &peb->FlsListHead;
    for (PLIST_ENTRY entry = head->Flink; entry != head; entry = entry->Flink)
        RunCallback(CONTAINING_RECORD(entry, FLS_DATA, Links), Index);
    Callbacks(peb)[Index] = NULL;
    RtlClearBits(&map, Index, 1);
    RtlReleasePebLock();
    return STATUS_SUCCESS;
}

/* Data: TEB.FlsData, or that of a fiber that does not run; NULL is allowed. */
VOID NTAPI RtlProcessFlsData(FLS_DATA *Data)
{
    if (!Data)
        return;
    for (ULONG index = 1; index < FLS_SLOTS; index++)
        RunCallback(Data, index);
    RtlAcquirePebLock();
    RemoveEntryList(&Data->Links);
    RtlReleasePebLock();
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, Data);
}
