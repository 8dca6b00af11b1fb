/* tls.c - thread local storage slots, and fiber local storage, which adds a callback.
 *
 * TLS: 64 slots in the TEB, 1,024 more in a block of the default heap made at first use;
 * the bitmaps of what is taken are PEB.TlsBitmap and PEB.TlsExpansionBitmap, under the
 * PEB lock. FLS: 128 slots in a block that TEB.FlsData points to; the blocks of all
 * fibers are in PEB.FlsListHead; PEB.FlsBitmap, PEB.FlsCallback.  The callbacks run when the
 * thread ends, the fiber is deleted or the slot is freed.
 */
#include "k32.h"

#define EXPANSION_SLOTS 1024u
#define FLS_SLOTS       128u

typedef struct {
    LIST_ENTRY Links; /* PEB.FlsListHead, under the PEB lock */
    PVOID Slots[FLS_SLOTS];
} FLS_DATA;

DWORD WINAPI TlsAlloc(void)
{
    PPEB peb = BasePeb();
    ULONG index;

    RtlAcquirePebLock();
    index = RtlFindClearBitsAndSet(peb->TlsBitmap, 1, 0);
    if (index == TLS_OUT_OF_INDEXES) {
        index = RtlFindClearBitsAndSet(peb->TlsExpansionBitmap, 1, 0);
        if (index != TLS_OUT_OF_INDEXES)
            index += TLS_MINIMUM_AVAILABLE;
    }
    RtlReleasePebLock();
    if (index == TLS_OUT_OF_INDEXES)
        RtlSetLastWin32Error(ERROR_NO_MORE_ITEMS);
    else
        TlsSetValue(index, NULL);
    return index;
}

/* The slot is cleared in every thread by the kernel, which alone can reach their TEBs. */
BOOL WINAPI TlsFree(DWORD index)
{
    PPEB peb = BasePeb();
    PRTL_BITMAP map =
        index < TLS_MINIMUM_AVAILABLE ? peb->TlsBitmap : peb->TlsExpansionBitmap;
    ULONG bit = index < TLS_MINIMUM_AVAILABLE ? index : index - TLS_MINIMUM_AVAILABLE;
    BOOL taken;

    RtlAcquirePebLock();
    taken = bit < map->SizeOfBitMap && RtlAreBitsSet(map, bit, 1);
    if (taken) {
        NtSetInformationThread(NtCurrentThread(), ThreadZeroTlsCell, &index,
                               sizeof index);
        RtlClearBits(map, bit, 1);
    }
    RtlReleasePebLock();
    return taken || BasepFail(ERROR_INVALID_PARAMETER);
}

/* NULL is an answer: the last error is cleared, so that it differs from a failure. */
LPVOID WINAPI TlsGetValue(DWORD index)
{
    PTEB teb = BaseTeb();

    if (index < TLS_MINIMUM_AVAILABLE) {
        teb->LastErrorValue = NO_ERROR;
        return teb->TlsSlots[index];
    }
    if (index >= TLS_MINIMUM_AVAILABLE + EXPANSION_SLOTS) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    teb->LastErrorValue = NO_ERROR;
    return teb->TlsExpansionSlots ? teb->TlsExpansionSlots[index - TLS_MINIMUM_AVAILABLE]
                                  : NULL;
}

BOOL WINAPI TlsSetValue(DWORD index, LPVOID value)
{
    PTEB teb = BaseTeb();

    if (index < TLS_MINIMUM_AVAILABLE) {
        teb->TlsSlots[index] = value;
        return TRUE;
    }
    if (index >= TLS_MINIMUM_AVAILABLE + EXPANSION_SLOTS)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!teb->TlsExpansionSlots) {
        teb->TlsExpansionSlots = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY,
                                                 EXPANSION_SLOTS * sizeof(PVOID));
        if (!teb->TlsExpansionSlots)
            return BasepFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    teb->TlsExpansionSlots[index - TLS_MINIMUM_AVAILABLE] = value;
    return TRUE;
}

static PFLS_CALLBACK_FUNCTION *Callbacks(void)
{
    PPEB peb = BasePeb();
    if (!peb->FlsCallback)
        peb->FlsCallback = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY,
                                           FLS_SLOTS * sizeof(PFLS_CALLBACK_FUNCTION));
    return peb->FlsCallback;
}

/* ERROR_NO_MORE_ITEMS, ERROR_NOT_ENOUGH_MEMORY: FLS_OUT_OF_INDEXES. Index 0 is never
 * given. */
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback)
{
    PPEB peb = BasePeb();
    ULONG index = FLS_OUT_OF_INDEXES, error = ERROR_NOT_ENOUGH_MEMORY;

    RtlAcquirePebLock();
    if (Callbacks()) {
        RTL_BITMAP map = {FLS_SLOTS, peb->FlsBitmapBits};
        peb->FlsBitmapBits[0] |= 1;
        error = ERROR_NO_MORE_ITEMS;
        index = RtlFindClearBitsAndSet(&map, 1, 1);
        if (index != FLS_OUT_OF_INDEXES) {
            Callbacks()[index] = callback;
            if (index > peb->FlsHighIndex)
                peb->FlsHighIndex = index;
        }
    }
    RtlReleasePebLock();
    if (index == FLS_OUT_OF_INDEXES)
        RtlSetLastWin32Error(error);
    else
        FlsSetValue(index, NULL);
    return index;
}

static BOOL FlsTaken(DWORD index)
{
    RTL_BITMAP map = {FLS_SLOTS, BasePeb()->FlsBitmapBits};
    return index && index < FLS_SLOTS && RtlAreBitsSet(&map, index, 1);
}

static void RunCallback(FLS_DATA *data, DWORD index)
{
    PFLS_CALLBACK_FUNCTION callback = Callbacks()[index];
    PVOID value = data->Slots[index];

    if (value) {
        data->Slots[index] = NULL;
        if (callback)
            callback(value);
    }
}

/* Runs the callback for every thread's value, in the calling thread; as on Windows with the
 * lock held, so that no thread ends meanwhile. */
BOOL WINAPI FlsFree(DWORD index)
{
    RTL_BITMAP map = {FLS_SLOTS, BasePeb()->FlsBitmapBits};
    PLIST_ENTRY head = &BasePeb()->FlsListHead, entry;

    if (!FlsTaken(index))
        return BasepFail(ERROR_INVALID_PARAMETER);
    RtlAcquirePebLock();
    for (entry = head->Flink; entry != head; entry = entry->Flink)
        RunCallback(CONTAINING_RECORD(entry, FLS_DATA, Links), index);
    Callbacks()[index] = NULL;
    RtlClearBits(&map, index, 1);
    RtlReleasePebLock();
    return TRUE;
}

PVOID WINAPI FlsGetValue(DWORD index)
{
    FLS_DATA *data = BaseTeb()->FlsData;

    if (!index || index >= FLS_SLOTS || !data) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    RtlSetLastWin32Error(NO_ERROR);
    return data->Slots[index];
}

BOOL WINAPI FlsSetValue(DWORD index, PVOID value)
{
    PTEB teb = BaseTeb();
    FLS_DATA *data = teb->FlsData;
    PLIST_ENTRY head = &BasePeb()->FlsListHead;

    if (!index || index >= FLS_SLOTS)
        return BasepFail(ERROR_INVALID_PARAMETER);
    if (!data) {
        data = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, sizeof *data);
        if (!data)
            return BasepFail(ERROR_NOT_ENOUGH_MEMORY);
        RtlAcquirePebLock();
        data->Links = (LIST_ENTRY){head, head->Blink};
        head->Blink->Flink = &data->Links;
        head->Blink = &data->Links;
        RtlReleasePebLock();
        teb->FlsData = data;
    }
    data->Slots[index] = value;
    return TRUE;
}

void BasepFreeFls(PVOID fls)
{
    FLS_DATA *data = fls;
    DWORD index;

    if (!data)
        return;
    for (index = 1; index < FLS_SLOTS; index++)
        RunCallback(data, index);
    RtlAcquirePebLock();
    data->Links.Blink->Flink = data->Links.Flink;
    data->Links.Flink->Blink = data->Links.Blink;
    RtlReleasePebLock();
    RtlFreeHeap(BaseHeap(), 0, data);
}

void BasepThreadEnds(void)
{
    PTEB teb = BaseTeb();

    BasepFreeFls(teb->FlsData);
    teb->FlsData = NULL;
    if (teb->TlsExpansionSlots) {
        RtlFreeHeap(BaseHeap(), 0, teb->TlsExpansionSlots);
        teb->TlsExpansionSlots = NULL;
    }
}
