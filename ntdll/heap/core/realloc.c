/* realloc.c - RtlReAllocateHeap and RtlSizeHeap.
 *
 * A block changes its size in place if it can: the front end while the block has room, the
 * back end by cutting off its end or by taking in what is free after it, a large block within its
 * region.  Otherwise a new block, a copy, the old one freed.
 *
 *   | busy |      free       | LAST: a range |      the low end of the free entry; where the run
 *   | busy, grown |   free   | LAST: a range |      ends after it, what is committed there
 *
 * HEAP_REALLOC_IN_PLACE_ONLY: a large block stays one at any size, and a block of the front end
 * never grows, as in Windows.
 *
 * A text that grows by a few bytes at a time is by far the most frequent case.  RtlReAllocateHeap
 * tries it alone (RtlpGrowPlain); every other one is RtlpReAllocateHeap's, which decides again
 * from the start.  A call that reported damage ends with that, so that one finding is
 * one report: HEAP.Reported, which concerns a process that survives it.
 *
 * Lock: the heap's.  In Windows: the same functions; a block grows so there, too.
 */
#include "heap/core/freelist.h"
#include "heap/front/front.h"

/* Commits more after Entry, the end of a run or a free entry before that.  Result: whether there is
 * a free entry of Units or more at Entry then; false: no run ends there, there is no room, or the
 * system refuses. */
static bool RtlpExtendAt(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    ULONG Code = RtlpDecode(Heap, Entry), Before = 0;
    HEAP_ENTRY *Last = Entry;
    if (!(CODE_FLAGS(Code) & HEAP_ENTRY_BUSY))
        Last = RtlpEntryAfter(Entry, CODE_SIZE(Code));
    if (!RtlpIsReadable(Last) ||
        !(CODE_FLAGS(RtlpDecode(Heap, Last)) & HEAP_ENTRY_LAST_ENTRY) ||
        !RtlpCheckRange(Heap, Last))
        return false;
    if (Last != Entry)
        Before = RtlpFreeBefore(Heap, Last);
    if (Last != Entry && !Before) /* nothing is joined */
        return false;
    SIZE_T Bytes = RtlpCommitBytes(Heap, UCR_OF(Last), Units - Before), Total;
    SIZE_T Both = Before + (Bytes >> GRANULE_SHIFT);
    if (Both < Units || Both > HEAP_MAXIMUM_BLOCK_SIZE)
        return false;
    HEAP_ENTRY *Got = RtlpCommitUcr(Heap, UCR_OF(Last), Bytes, &Total);
    if (Got)
        RtlpFormFree(Heap, Got, Total);
    return Got == Entry;
}

/* Makes Entry, a busy one whose header is Code, New granules long: takes in the low end of the free
 * entry after it, or of what is committed there if the run ends.  Result: its granules then; 0: it
 * cannot, nothing changed.  (Inline in both ways: 25 instructions of 440.) */
static inline __attribute__((always_inline)) ULONG
RtlpGrowEntry(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Code, ULONG New)
{
    ULONG More = New - CODE_SIZE(Code);
    HEAP_ENTRY *Next = RtlpEntryAfter(Entry, CODE_SIZE(Code));
    ULONG Free = RtlpProbe(Heap, Next);
    if (CODE_FLAGS(Free) & HEAP_ENTRY_BUSY || CODE_SIZE(Free) < More) {
        if (!RtlpExtendAt(Heap, Next, More))
            return 0;
        Free = RtlpProbe(Heap, Next);
    }
    ULONG Left = CODE_SIZE(Free) - More, Size = New;
    if (RTLP_RARELY(Left < 2))
        Size += Left;
    if (RTLP_RARELY(Left < 2) &&
        Size > HEAP_MAXIMUM_BLOCK_SIZE) /* no place for the one left */
        return 0;
    if (!RtlpCutFree(Heap, Next, CODE_SIZE(Free), Size - CODE_SIZE(Code), Size))
        return 0;
    RtlpSetCode(Heap, Entry, Size, CODE_FLAGS(Code));
    return Size;
}

/* Makes a back-end block of Old granules New granules long where it lies.  False: it cannot, and
 * nothing changed. */
static bool RtlpResizeBlock(HEAP *Heap, const HEAP_BLOCK *Found, ULONG Old, ULONG New)
{
    HEAP_ENTRY *Next = RtlpEntryAfter(Found->Entry, Old);
    if (New <= Old) {
        RtlpSplit(Heap, Found->Entry, Old, New, Found->Flags);
        return true;
    }
    if (!(CODE_FLAGS(RtlpDecode(Heap, Next)) & HEAP_ENTRY_BUSY) &&
        !RtlpCheckEntry(Heap, Next))
        return false;
    return RtlpGrowEntry(Heap, Found->Entry, CODE_OF(Old, Found->Flags), New) != 0;
}

/* Notes in the header of Entry, busy and decoded Code, that Size bytes of it are asked for. */
static inline void RtlpNoteSize(HEAP_ENTRY *Entry, ULONG Code, SIZE_T Size)
{
    Entry->UnusedBytes = (UCHAR)(((SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT) - Size);
    RtlpFillSlack(Entry, Code);
}

/* Makes the block Size bytes in place; false: it cannot, nothing changed. */
static bool RtlpResizeInPlace(HEAP *Heap, const HEAP_BLOCK *Found, ULONG Flags,
                              SIZE_T Size)
{
    PVOID Block = Found->Entry + 1;
    bool HasExtra = Found->Flags & HEAP_ENTRY_EXTRA_PRESENT; /* rarely: no call else */
    HEAP_ENTRY_EXTRA *Extra = HasExtra ? RtlpExtraOf(Found) : NULL;
    ULONG Settable = Extra ? HEAP_SETTABLE_USER_VALUE : 0;
    if (Size > Heap->MaximumAllocationSize)
        return false;
    if (Found->Kind == BlockLarge)
        return (RtlpUnitsFor(Heap, 0, Size) > Heap->VirtualMemoryThreshold ||
                Flags & HEAP_REALLOC_IN_PLACE_ONLY) &&
               RtlpResizeLarge(Heap, Block, Size);
    if (Found->Kind == BlockPages)
        return Size == Found->Bytes - Found->Unused;
    ULONG New = RtlpUnitsFor(Heap, Settable, Size);
    ULONG Old = (ULONG)(Found->Bytes >> GRANULE_SHIFT);
    if (Found->Kind == BlockFrontEnd) {
        if (Flags & HEAP_REALLOC_IN_PLACE_ONLY ? Size > Found->Bytes - Found->Unused
                                               : New > Old || New < Old / 2)
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
    RtlpNoteSize(Found->Entry, Code, Size);
    if (Extra)
        ((HEAP_ENTRY_EXTRA *)RtlpEntryAfter(Found->Entry, CODE_SIZE(Code)))[-1] = Kept;
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
    if (Found->Kind == BlockBackEnd && Found->Unused > sizeof(HEAP_ENTRY) &&
        !RtlpCheckSlack(Heap, Found->Entry))
        return NULL;
    if (RtlpResizeInPlace(Heap, Found, Flags, Size)) {
        if (Heap->ForceFlags)
            RtlpFillTail(Heap, Block, Size);
    } else {
        if (Flags & HEAP_REALLOC_IN_PLACE_ONLY || Heap->Reported)
            return NULL;
        Block = RtlpMoveBlock(Heap, Found, Flags, Size);
    }
    if (Block && (Flags & HEAP_ZERO_MEMORY) && Size > Old)
        RtlZeroMemory((char *)Block + Old, Size - Old);
    return Block;
}

/* What a call that failed sets and raises; result: null. */
static PVOID RtlpNotReAllocated(const HEAP *Heap, ULONG Flags, NTSTATUS Status)
{
    RtlpHeapSetStatus(Status);
    if ((Flags | Heap->Flags) & HEAP_GENERATE_EXCEPTIONS)
        RtlpHeapRaise(Status == STATUS_NO_MEMORY ? Status : STATUS_ACCESS_VIOLATION);
    return NULL;
}

/* The long way: every block, every flag.  It is no part of the short one's frame. */
static __attribute__((noinline)) PVOID RtlpReAllocateHeap(HEAP *Heap, ULONG Flags,
                                                          PVOID Block, SIZE_T Size)
{
    HEAP_BLOCK Found;
    PVOID Result = NULL;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    HEAP_CALL Call = RtlpCallBegins();
    bool Locked = RtlpEnterHeap(Heap, Flags);
    Heap->Reported = false;
    if (RtlpFindBlock(Heap, Block, &Found, false, "RtlReAllocateHeap")) {
        Result = RtlpResizeFound(Heap, &Found, Flags, Size);
        Status = Heap->Reported ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY;
    }
    if (Result && Heap->Flags & HEAP_TRACKING) {
        if (Result != Block)
            RtlpNoteFree(Block);
        RtlpNoteAllocation(Heap, Result, Size);
    }
    RTLP_AUDIT(Heap);
    RtlpLeaveHeap(Heap, Locked);
    if (Call.Traced)
        RtlpTraceBlock(&Call, Heap, Block, Result, Size);
    return Result ? Result : RtlpNotReAllocated(Heap, Flags, Status);
}

/* Whether Block looks like a plain one of the back end that will grow, in a heap without debugging
 * flags; it may be anything. */
static inline bool RtlpMayGrow(const HEAP *Heap, ULONG Flags, PVOID Block, SIZE_T Size)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
    return !((Flags & HEAP_ZERO_MEMORY) | Heap->ForceFlags |
             ((ULONG_PTR)Block & (GRANULE - 1))) &&
           Size <= Heap->MaximumAllocationSize && RtlpIsReadable(Entry) &&
           Entry->UnusedBytes - (ULONG)sizeof(HEAP_ENTRY) <=
               RtlpMostUnused(Heap, 0) - (ULONG)sizeof(HEAP_ENTRY);
}

/* What a text that grows asks for again and again: a block that RtlpMayGrow takes in what is free
 * after it.  False: it is another case, or damaged and reported; nothing changed. */
static bool RtlpGrowPlain(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Size)
{
    ULONG Code = RtlpProbe(Heap, Entry), New = (ULONG)RtlpRound(Heap, Size);
    if (CODE_FLAGS(Code) != HEAP_ENTRY_BUSY || New <= CODE_SIZE(Code) ||
        New > Heap->VirtualMemoryThreshold ||
        !RtlpSlackIsWhole(Entry, CODE_OF(CODE_SIZE(Code), HEAP_ENTRY_BUSY)))
        return false;
    New = RtlpGrowEntry(Heap, Entry, CODE_OF(CODE_SIZE(Code), HEAP_ENTRY_BUSY), New);
    if (New)
        RtlpNoteSize(Entry, CODE_OF(New, HEAP_ENTRY_BUSY), Size);
    return New != 0;
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
    if (!RtlpIsHeap(Heap) || !Block)
        return NULL;
    if (!RtlpHeapTracing() && RtlpMayGrow(Heap, Flags, Block, Size)) {
        bool Locked = RtlpEnterHeap(Heap, Flags);
        Heap->Reported = false;
        bool Grown = RtlpGrowPlain(Heap, (HEAP_ENTRY *)Block - 1, Size);
        bool Damaged = !Grown && Heap->Reported;
        RTLP_AUDIT(Heap);
        RtlpLeaveHeap(Heap, Locked);
        if (Grown)
            return Block;
        if (Damaged)
            return RtlpNotReAllocated(Heap, Flags, STATUS_INVALID_PARAMETER);
    }
    return RtlpReAllocateHeap(Heap, Flags, Block, Size);
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
