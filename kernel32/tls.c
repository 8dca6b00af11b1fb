/* tls.c - thread local storage slots, and fiber local storage, which adds a callback.
 *
 * TLS: 64 slots in the TEB, 1,024 more in a block of the default heap made at first use;
 * the bitmaps of what is taken are PEB.TlsBitmap and PEB.TlsExpansionBitmap, under the
 * PEB lock. FLS: 128 slots in a block that TEB.FlsData points to; ntdll/fls.c gives them out.
 * The callbacks run when the thread ends, the process exits, the fiber is deleted or the slot
 * is freed.
 */
#include "k32.h"

#define EXPANSION_SLOTS 1024u

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

/* ERROR_NO_MORE_ITEMS, ERROR_NOT_ENOUGH_MEMORY: FLS_OUT_OF_INDEXES. Index 0 is never
 * given. */
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback)
{
    ULONG index;

    if (!BasepResult(RtlFlsAlloc(callback, &index)))
        return FLS_OUT_OF_INDEXES;
    FlsSetValue(index, NULL);
    return index;
}

/* ERROR_INVALID_PARAMETER: the index was not given. */
BOOL WINAPI FlsFree(DWORD index)
{
    return BasepResult(RtlFlsFree(index));
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

void BasepThreadEnds(void)
{
    PTEB teb = BaseTeb();

    RtlProcessFlsData(teb->FlsData);
    teb->FlsData = NULL;
    if (teb->TlsExpansionSlots) {
        RtlFreeHeap(BaseHeap(), 0, teb->TlsExpansionSlots);
        teb->TlsExpansionSlots = NULL;
    }
}
