/* fls.c - fiber-local storage: like thread-local slots, with a function that cleans up.
 *
 *   PEB.FlsBitmap, FlsCallback[128]      which slots are given out, and their functions
 *   TEB.FlsData -> links, slots[128]     a thread's values; made at the first set
 *
 * PEB.FlsListHead chains all blocks, so that freeing a slot can call its function for every
 * thread's value.  FastPebLock guards it.  Documented: FlsAlloc and its family.
 */
#include "ntdllp.h"

#define FLS_SLOTS 128

typedef struct _FLS_DATA {
    LIST_ENTRY Links;
    PVOID Slot[FLS_SLOTS];
} FLS_DATA;
typedef VOID(NTAPI *FLS_CALLBACK)(PVOID);

static RTL_BITMAP FlsBitmap;
static FLS_CALLBACK Callbacks[FLS_SLOTS];

void RtlpInitializeFls(void)
{
    PPEB peb = NtPeb();
    RtlInitializeBitMap(&FlsBitmap, peb->FlsBitmapBits, FLS_SLOTS);
    RtlSetBit(&FlsBitmap, 0); /* as on Windows: 0 is never given out */
    peb->FlsBitmap = &FlsBitmap;
    peb->FlsCallback = Callbacks;
    InitializeListHead(&peb->FlsListHead);
}

/* STATUS_NO_MEMORY when all slots are out. */
NTSTATUS NTAPI RtlFlsAlloc(PVOID Callback, PULONG Index)
{
    RtlAcquirePebLock();
    ULONG index = RtlFindClearBitsAndSet(&FlsBitmap, 1, 1);
    if (index != ~0u) {
        Callbacks[index] = (FLS_CALLBACK)Callback;
        if (index > NtPeb()->FlsHighIndex)
            NtPeb()->FlsHighIndex = index;
        *Index = index;
    }
    RtlReleasePebLock();
    return index == ~0u ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsFree(ULONG Index)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    RtlAcquirePebLock();
    if (Index && Index < FLS_SLOTS && RtlTestBit(&FlsBitmap, Index)) {
        PLIST_ENTRY head = &NtPeb()->FlsListHead;
        for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink) {
            FLS_DATA *data = CONTAINER(at, FLS_DATA, Links);
            PVOID value = data->Slot[Index];
            data->Slot[Index] = NULL;
            if (value && Callbacks[Index])
                Callbacks[Index](value);
        }
        Callbacks[Index] = NULL;
        RtlClearBit(&FlsBitmap, Index);
        status = STATUS_SUCCESS;
    }
    RtlReleasePebLock();
    return status;
}

static FLS_DATA *MakeData(PTEB teb)
{
    FLS_DATA *data = RtlAllocateHeap(NtPeb()->ProcessHeap, HEAP_ZERO_MEMORY, sizeof *data);
    if (!data)
        return NULL;
    RtlAcquirePebLock();
    InsertTailList(&NtPeb()->FlsListHead, &data->Links);
    RtlReleasePebLock();
    teb->FlsData = data;
    return data;
}

NTSTATUS NTAPI RtlFlsSetValue(ULONG Index, PVOID Value)
{
    PTEB teb = NtTeb();
    if (!Index || Index >= FLS_SLOTS)
        return STATUS_INVALID_PARAMETER;
    FLS_DATA *data = teb->FlsData ? teb->FlsData : MakeData(teb);
    if (!data)
        return STATUS_NO_MEMORY;
    data->Slot[Index] = Value;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlFlsGetValue(ULONG Index, PVOID *Value)
{
    FLS_DATA *data = NtTeb()->FlsData;
    if (!Index || Index >= FLS_SLOTS)
        return STATUS_INVALID_PARAMETER;
    *Value = data ? data->Slot[Index] : NULL;
    return STATUS_SUCCESS;
}

/* A thread or fiber ends: call the functions for its values, free its block. */
VOID NTAPI RtlProcessFlsData(PVOID FlsData)
{
    FLS_DATA *data = FlsData;
    if (!data)
        return;
    RtlAcquirePebLock();
    for (ULONG i = 1; i < FLS_SLOTS; i++) {
        PVOID value = data->Slot[i];
        data->Slot[i] = NULL;
        if (value && Callbacks[i])
            Callbacks[i](value);
    }
    RemoveEntryList(&data->Links);
    RtlReleasePebLock();
    if (NtTeb()->FlsData == data)
        NtTeb()->FlsData = NULL;
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, data);
}
