/* info.c - the small services of a heap: lock, compact, lists, user values, information.
 *
 * Lock: as each says.  In Windows: the functions of the same names.
 */
#include "heap/core/freelist.h"
#include "heap/front/front.h"

/* Takes the heap's lock; while it is held the front end's short paths are shut, so that
 * every other thread waits.  TRUE, with nothing done, for a heap without (NO_SERIALIZE).
 */
BOOLEAN NTAPI RtlLockHeap(PVOID HeapHandle)
{
    HEAP *Heap = HeapHandle;
    if (!RtlpIsHeap(Heap))
        return FALSE;
    if (!Heap->LockVariable)
        return TRUE;
    RtlpLockHeap(Heap);
    Heap->FrontHeapLockCount++;
    __atomic_store_n(&Heap->Front, &RtlpNoFront, __ATOMIC_SEQ_CST);
    return TRUE;
}

/* Gives back what RtlLockHeap took.  FALSE: the lock is not taken. */
BOOLEAN NTAPI RtlUnlockHeap(PVOID HeapHandle)
{
    HEAP *Heap = HeapHandle;
    if (!RtlpIsHeap(Heap))
        return FALSE;
    if (!Heap->LockVariable)
        return TRUE;
    if (!Heap->FrontHeapLockCount)
        return FALSE;
    if (--Heap->FrontHeapLockCount == 0)
        __atomic_store_n(&Heap->Front,
                         Heap->FrontEndHeap ? Heap->FrontEndHeap : &RtlpNoFront,
                         __ATOMIC_RELEASE);
    RtlpUnlockHeap(Heap);
    return TRUE;
}

/* Gives back what is kept committed and holds no block: the front end's empty regions, and the
 * whole pages inside free entries, which are joined as they arise.  Result: bytes of the largest
 * block that could be had without committing more.  (Microsoft: HeapCompact.) */
SIZE_T NTAPI RtlCompactHeap(PVOID HeapHandle, ULONG Flags)
{
    HEAP *Heap = HeapHandle;
    SIZE_T Largest = 0;
    if (!RtlpIsHeap(Heap))
        return 0;
    bool Locked = RtlpEnterHeap(Heap, Flags);
    Heap->Counters.CompactHeapCalls++;
    RtlpFrontTrim(Heap);
    RtlpCompactFree(Heap);
    HEAP_ENTRY *Entry = NULL;
    while ((Entry = RtlpNextFree(Heap, Entry)) != NULL) {
        SIZE_T Bytes = (SIZE_T)CODE_SIZE(RtlpDecode(Heap, Entry)) << GRANULE_SHIFT;
        if (Bytes - sizeof(HEAP_ENTRY) > Largest)
            Largest = Bytes - sizeof(HEAP_ENTRY);
    }
    RTLP_AUDIT(Heap);
    RtlpLeaveHeap(Heap, Locked);
    return Largest;
}

/* Fills every free byte of the back end with zeroes, but for the links. */
NTSTATUS NTAPI RtlZeroHeap(PVOID HeapHandle, ULONG Flags)
{
    HEAP *Heap = HeapHandle;
    if (!RtlpIsHeap(Heap))
        return STATUS_INVALID_PARAMETER;
    bool Locked = RtlpEnterHeap(Heap, Flags);
    HEAP_ENTRY *Entry = NULL;
    while ((Entry = RtlpNextFree(Heap, Entry)) != NULL) {
        ULONG Code = RtlpCheckEntry(Heap, Entry);
        if (!Code)
            break;
        SIZE_T Bytes = (SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT;
        if (!(CODE_FLAGS(Code) & HEAP_ENTRY_FILL_PATTERN))
            RtlZeroMemory(FREE_OF(Entry) + 1, Bytes - sizeof(HEAP_FREE_ENTRY));
    }
    RtlpLeaveHeap(Heap, Locked);
    return STATUS_SUCCESS;
}

/* Writes up to Count handles, oldest heap first; result: how many heaps there are.
 * (Microsoft: GetProcessHeaps.) */
ULONG NTAPI RtlGetProcessHeaps(ULONG Count, PVOID *Heaps)
{
    PPEB Peb = RtlpHeapPeb();
    RtlpEnterHeapList();
    ULONG Total = Peb->NumberOfHeaps;
    if (Total <= Count)
        for (ULONG i = 0; i < Total; i++)
            Heaps[i] = Peb->ProcessHeaps[i];
    RtlpLeaveHeapList();
    return Total;
}

/* Looks Block up under the lock, which stays taken if the result is true. */
static bool RtlpLockBlock(HEAP *Heap, ULONG Flags, PVOID Block, HEAP_BLOCK *Found,
                          PCSTR Call)
{
    if (!RtlpIsHeap(Heap) || !Block)
        return false;
    bool Locked = RtlpEnterHeap(Heap, Flags);
    if (RtlpFindBlock(Heap, Block, Found, false, Call))
        return true;
    RtlpLeaveHeap(Heap, Locked);
    RtlpHeapSetStatus(STATUS_INVALID_PARAMETER);
    return false;
}

static void RtlpUnlockBlock(HEAP *Heap, ULONG Flags)
{
    if (!((Flags | Heap->Flags) & HEAP_NO_SERIALIZE))
        RtlpUnlockHeap(Heap);
}

/* The value and the flags that a program keeps with a block: *Value is 0 unless the block
 * was allocated with HEAP_SETTABLE_USER_VALUE.  FALSE: no block in use. */
BOOLEAN NTAPI RtlGetUserInfoHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, PVOID *Value,
                                 PULONG UserFlags)
{
    HEAP_BLOCK Found;
    if (!RtlpLockBlock(HeapHandle, Flags, Block, &Found, "RtlGetUserInfoHeap"))
        return FALSE;
    HEAP_ENTRY_EXTRA *Extra = RtlpExtraOf(&Found);
    if (Value)
        *Value = Extra ? (PVOID)Extra->Settable : NULL;
    if (UserFlags)
        *UserFlags = (Found.Flags & HEAP_ENTRY_SETTABLE_FLAGS) << 4;
    RtlpUnlockBlock(HeapHandle, Flags);
    return TRUE;
}

/* Sets the value; FALSE: no block in use, or it was not allocated to have one. */
BOOLEAN NTAPI RtlSetUserValueHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, PVOID Value)
{
    HEAP_BLOCK Found;
    if (!RtlpLockBlock(HeapHandle, Flags, Block, &Found, "RtlSetUserValueHeap"))
        return FALSE;
    HEAP_ENTRY_EXTRA *Extra = RtlpExtraOf(&Found);
    if (Extra)
        Extra->Settable = (SIZE_T)(ULONG_PTR)Value;
    RtlpUnlockBlock(HeapHandle, Flags);
    return Extra != NULL;
}

/* Clears the flags in Reset, then sets those in Set (HEAP_SETTABLE_USER_FLAGn).  FALSE:
 * no block in use, other flags, or a block that was not allocated to have any. */
BOOLEAN NTAPI RtlSetUserFlagsHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, ULONG Reset,
                                  ULONG Set)
{
    HEAP_BLOCK Found;
    HEAP *Heap = HeapHandle;
    if ((Reset | Set) & ~HEAP_SETTABLE_USER_FLAGS) {
        RtlpHeapSetStatus(STATUS_INVALID_PARAMETER);
        return FALSE;
    }
    if (!RtlpLockBlock(Heap, Flags, Block, &Found, "RtlSetUserFlagsHeap"))
        return FALSE;
    bool Done = Found.Kind != BlockFrontEnd;
    if (Done)
        RtlpSetCode(Heap, Found.Entry, CODE_SIZE(RtlpDecode(Heap, Found.Entry)),
                    (Found.Flags & ~(Reset >> 4)) | Set >> 4);
    RtlpUnlockBlock(Heap, Flags);
    return Done;
}

/* HeapCompatibilityInformation: writes 0 or 2.  Returns STATUS_INVALID_INFO_CLASS for
 * others, STATUS_ACCESS_VIOLATION for no heap that can be read, STATUS_BUFFER_TOO_SMALL with
 * *Returned telling how much.  (Microsoft: HeapQueryInformation.) */
ULONG NTAPI RtlQueryHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS Class,
                                    PVOID Information, SIZE_T Length, PSIZE_T Returned)
{
    HEAP *Heap = HeapHandle;
    if (Class != HeapCompatibilityInformation)
        return (ULONG)STATUS_INVALID_INFO_CLASS;
    if (!RtlpIsReadable((HEAP_ENTRY *)Heap))
        return (ULONG)STATUS_ACCESS_VIOLATION;
    if (Returned)
        *Returned = sizeof(ULONG);
    if (Length < sizeof(ULONG))
        return (ULONG)STATUS_BUFFER_TOO_SMALL;
    if (!RtlpIsHeap(Heap))
        return (ULONG)STATUS_INVALID_PARAMETER;
    *(ULONG *)Information = Heap->FrontEndHeapType;
    return STATUS_SUCCESS;
}

/* HeapCompatibilityInformation 2 turns the front end on, which serves a size from its 18th
 * allocation, as it would have done unasked; there is no way back (STATUS_UNSUCCESSFUL, as
 * for a heap that may not have one).  STATUS_ACCESS_VIOLATION: no heap that can be read.
 * HeapEnableTerminationOnCorruption, of the whole process: it stays on.  (Microsoft:
 * HeapSetInformation.) */
ULONG NTAPI RtlSetHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS Class,
                                  PVOID Information, SIZE_T Length)
{
    HEAP *Heap = HeapHandle;
    if (Class == HeapEnableTerminationOnCorruption) {
        RtlpAskedToTerminate = true;
        return STATUS_SUCCESS;
    }
    if (Class != HeapCompatibilityInformation)
        return (ULONG)STATUS_INVALID_INFO_CLASS;
    if (Length < sizeof(ULONG))
        return (ULONG)STATUS_BUFFER_TOO_SMALL;
    if (!RtlpIsReadable((HEAP_ENTRY *)Heap))
        return (ULONG)STATUS_ACCESS_VIOLATION;
    if (!Information || !RtlpIsHeap(Heap))
        return (ULONG)STATUS_INVALID_PARAMETER;
    ULONG Wanted = *(ULONG *)Information;
    if (Wanted == Heap->FrontEndHeapType)
        return STATUS_SUCCESS;
    if (Wanted != 2 || !RtlpMayHaveFront(Heap))
        return (ULONG)STATUS_UNSUCCESSFUL;
    RtlpLockHeap(Heap);
    Heap->FrontEndHeapType = 2;
    RtlpUnlockHeap(Heap);
    return STATUS_SUCCESS;
}
