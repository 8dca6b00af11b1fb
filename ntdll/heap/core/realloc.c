/* realloc.c - RtlReAllocateHeap and RtlSizeHeap.
 *
 * A block changes its size in place if it can: the front end while the block has room, the
 * back end by cutting off its end or by taking in the free entry after it, a
 * large block within its region.  Otherwise a new block, a copy, the old one freed.
 *
 * Lock: the heap's.  In Windows: the same functions.
 */
#include "heap/core/freelist.h"
#include "heap/front/front.h"

/* Makes a back-end block of Old granules New granules long where it lies: takes in the low end
 * of the free entry after it, or gives its own end back.  False: it cannot, nothing changed. */
static bool RtlpResizeBlock(HEAP *Heap, const HEAP_BLOCK *Found, ULONG Old, ULONG New)
{
    HEAP_ENTRY *Entry = Found->Entry;
    if (New <= Old) {
        RtlpSplit(Heap, Entry, Old, New, Found->Flags);
        return true;
    }
    HEAP_ENTRY *Next = RtlpEntryAfter(Entry, Old);
    ULONG Code = RtlpDecode(Heap, Next);
    if (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY || Old + CODE_SIZE(Code) < New)
        return false;
    ULONG Cut = CODE_SIZE(Code) - (New - Old) < 2 ? CODE_SIZE(Code) : New - Old;
    if (!RtlpCheckEntry(Heap, Next) ||
        !RtlpCutFree(Heap, Next, CODE_SIZE(Code), Cut, Old + Cut))
        return false;
    RtlpSetCode(Heap, Entry, Old + Cut, Found->Flags);
    return true;
}

/* Makes the block Size bytes in place; false: it cannot, nothing changed. */
static bool RtlpResizeInPlace(HEAP *Heap, const HEAP_BLOCK *Found, ULONG Flags,
                              SIZE_T Size)
{
    PVOID Block = Found->Entry + 1;
    HEAP_ENTRY_EXTRA *Extra = RtlpExtraOf(Found);
    ULONG Settable = Extra ? HEAP_SETTABLE_USER_VALUE : 0;
    if (Size > Heap->MaximumAllocationSize)
        return false;
    if (Found->Kind == BlockLarge)
        return RtlpResizeLarge(Heap, Block, Size);
    if (Found->Kind == BlockPages)
        return Size == Found->Bytes - Found->Unused;
    ULONG New = RtlpUnitsFor(Heap, Settable, Size);
    ULONG Old = (ULONG)(Found->Bytes >> GRANULE_SHIFT);
    if (Found->Kind == BlockFrontEnd) {
        if (New > Old || (New < Old / 2 && !(Flags & HEAP_REALLOC_IN_PLACE_ONLY)))
            return false;
        RtlpFrontNoteSize(Heap, Block, Size);
        return true;
    }
    if (New > Heap->VirtualMemoryThreshold)
        return false;
    HEAP_ENTRY_EXTRA Kept = Extra ? *Extra : (HEAP_ENTRY_EXTRA){0};
    if (!RtlpResizeBlock(Heap, Found, Old, New))
        return false;
    ULONG Code = RtlpDecode(Heap, Found->Entry);
    SIZE_T Bytes = (SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT;
    Found->Entry->UnusedBytes = (UCHAR)(Bytes - Size);
    RtlpFillSlack(Found->Entry, Code);
    if (Extra)
        ((HEAP_ENTRY_EXTRA *)((char *)Found->Entry + Bytes))[-1] = Kept;
    return true;
}

/* A new block of Size bytes with what the old one held; null: no memory, the old one
 * is unchanged. */
static PVOID RtlpMoveBlock(HEAP *Heap, const HEAP_BLOCK *Found, ULONG Flags, SIZE_T Size)
{
    HEAP_ENTRY_EXTRA *Extra = RtlpExtraOf(Found);
    ULONG Settable = (Found->Flags & HEAP_ENTRY_SETTABLE_FLAGS) << 4;
    if (Extra)
        Settable |= HEAP_SETTABLE_USER_VALUE;
    SIZE_T Old = Found->Bytes - Found->Unused;
    if (Size > Old)
        Settable |= HEAP_ROOM;
    PVOID Block = RtlpAllocateAny(Heap, (Flags & ~HEAP_ZERO_MEMORY) | Settable, Size);
    if (!Block)
        return NULL;
    __builtin_memcpy(Block, Found->Entry + 1, Old < Size ? Old : Size);
    HEAP_BLOCK Moved;
    if (Extra && RtlpFindBlock(Heap, Block, &Moved, true, "RtlReAllocateHeap"))
        *RtlpExtraOf(&Moved) = *Extra;
    RtlpFreeFound(Heap, Found);
    return Block;
}

static PVOID RtlpResizeFound(HEAP *Heap, const HEAP_BLOCK *Found, ULONG Flags,
                             SIZE_T Size)
{
    SIZE_T Old = Found->Bytes - Found->Unused;
    PVOID Block = Found->Entry + 1;
    if ((Found->Flags & HEAP_ENTRY_FILL_PATTERN) && !RtlpCheckTail(Heap, Block, Old))
        return NULL;
    if (Found->Kind == BlockBackEnd && !RtlpCheckSlack(Heap, Found->Entry))
        return NULL;
    if (RtlpResizeInPlace(Heap, Found, Flags, Size)) {
        if (Heap->ForceFlags)
            RtlpFillTail(Heap, Block, Size);
    } else {
        if (Flags & HEAP_REALLOC_IN_PLACE_ONLY)
            return NULL;
        Block = RtlpMoveBlock(Heap, Found, Flags, Size);
    }
    if (Block && (Flags & HEAP_ZERO_MEMORY) && Size > Old)
        RtlZeroMemory((char *)Block + Old, Size - Old);
    return Block;
}

/* Makes Block Size bytes long, here or elsewhere; what it holds is kept as far as it
 * fits.
 *
 * Flags: HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS, HEAP_ZERO_MEMORY (what is added),
 * HEAP_REALLOC_IN_PLACE_ONLY.  Result: the block; null and the old block untouched if
 * there is no memory (or no room here), or STATUS_NO_MEMORY raised.  (Microsoft:
 * HeapReAlloc.) */
PVOID NTAPI RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID Block, SIZE_T Size)
{
    HEAP *Heap = HeapHandle;
    HEAP_BLOCK Found;
    PVOID Result = NULL;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    if (!RtlpIsHeap(Heap) || !Block)
        return NULL;
    bool Locked = RtlpEnterHeap(Heap, Flags);
    if (RtlpFindBlock(Heap, Block, &Found, false, "RtlReAllocateHeap")) {
        Result = RtlpResizeFound(Heap, &Found, Flags, Size);
        Status = STATUS_NO_MEMORY;
    }
    if (Result && Heap->Flags & HEAP_TRACKING) {
        if (Result != Block)
            RtlpNoteFree(Block);
        RtlpNoteAllocation(Heap, Result, Size);
    }
    RTLP_AUDIT(Heap);
    RtlpLeaveHeap(Heap, Locked);
    if (RtlpHeapTracing())
        RtlpTraceHeap(HEAP_EVENT_REALLOCATE, Heap, Result, Size);
    if (!Result) {
        RtlpHeapSetStatus(Status);
        if ((Flags | Heap->Flags) & HEAP_GENERATE_EXCEPTIONS)
            RtlpHeapRaise(Status == STATUS_NO_MEMORY ? Status : STATUS_ACCESS_VIOLATION);
    }
    return Result;
}

/* The size that Block was asked for with, in bytes; (SIZE_T)-1 if it is no block in use
 * of this heap.  (Microsoft: HeapSize.) */
SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;
    HEAP_BLOCK Found;
    SIZE_T Size = (SIZE_T)-1;
    if (!RtlpIsHeap(Heap))
        return Size;
    bool Locked = RtlpEnterHeap(Heap, Flags);
    if (Block && RtlpFindBlock(Heap, Block, &Found, false, "RtlSizeHeap"))
        Size = Found.Bytes - Found.Unused;
    RtlpLeaveHeap(Heap, Locked);
    if (Size == (SIZE_T)-1)
        RtlpHeapSetStatus(STATUS_INVALID_PARAMETER);
    return Size;
}
