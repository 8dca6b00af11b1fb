/* allocate.c - RtlpAllocateHeap: from a call to the front end, the back end or a large block.
 *
 * What RtlAllocateHeap (call.c) does not serve at once comes here:
 *
 *   RtlpAllocateHeap -> RtlpAllocateBlock -> RtlpExtendHeap -> .. -> NtAllocateVirtualMemory
 *
 * Lock: taken by RtlpAllocateHeap.  In Windows: RtlpAllocateHeap.
 */
#include "heap/core/freelist.h"
#include "heap/front/front.h"

bool RtlpNoHeap(HEAP *Heap)
{
    RtlpHeapFailure(Heap, heap_failure_invalid_argument, NULL, "RtlpIsHeap");
    RtlpHeapSetStatus(STATUS_INVALID_PARAMETER);
    return false;
}

/* Makes Entry, Units granules that are in no index, busy with Keep of them, and the rest
 * free if it can carry a free entry.  Its PreviousSize and SegmentOffset are set. */
void RtlpSplit(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Keep, ULONG EntryFlags)
{
    ULONG Left = Units - Keep;
    if (Left < 2) {
        RtlpSetCode(Heap, Entry, Units, EntryFlags);
        RtlpSetPreviousSize(Heap, RtlpEntryAfter(Entry, Units), Units);
        return;
    }
    HEAP_ENTRY *Rest = RtlpEntryAfter(Entry, Keep);
    RtlpSetCode(Heap, Entry, Keep, EntryFlags);
    Rest->SegmentOffset = Entry->SegmentOffset;
    RtlpSetPreviousSize(Heap, Rest, Keep);
    RtlpGiveFree(Heap, Rest, Left);
}

/* Makes the low Units granules of Entry, which is in the index, busy; false: damaged
 * (reported). */
static bool RtlpTakeFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG EntryFlags)
{
    ULONG Code = RtlpCheckEntry(Heap, Entry), Size = CODE_SIZE(Code);
    if (!Code)
        return false;
    if (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY) { /* forged links lead to it */
        RtlpHeapFailure(Heap, heap_failure_freelists_corruption, Entry + 1,
                        "RtlAllocateHeap");
        return false;
    }
    if (!RtlpCheckFree(Heap, Entry, Size, CODE_FLAGS(Code))) {
        RtlpRemoveFree(Heap, Entry, Size); /* not for the next call */
        return false;
    }
    ULONG Cut = Size - Units < 2 ? Size : Units;
    if (!RtlpCutFree(Heap, Entry, Size, Cut, Cut))
        return false;
    RtlpSetCode(Heap, Entry, Cut, EntryFlags);
    return true;
}

/* A busy entry of at least Units granules from the back end; null if there is no memory.
 */
HEAP_ENTRY *RtlpAllocateBlock(HEAP *Heap, ULONG Units, ULONG EntryFlags)
{
    HEAP_ENTRY *Entry = RtlpFindFree(Heap, Units, false);
    if (!Entry) {
        ULONG Got;
        Entry = RtlpExtendHeap(Heap, Units, &Got);
        if (Entry) {
            RtlpSplit(Heap, Entry, Got, Units, EntryFlags | HEAP_ENTRY_BUSY);
            return Entry;
        }
        Entry = RtlpFindFree(Heap, Units, true);
    }
    if (Entry && RtlpTakeFree(Heap, Entry, Units, EntryFlags | HEAP_ENTRY_BUSY))
        return Entry;
    return NULL;
}

/* A block of the back end or the front end, its size noted; null if there is no memory.
 */
static PVOID RtlpAllocateInside(HEAP *Heap, ULONG Flags, SIZE_T Size)
{
    ULONG Units = RtlpUnitsFor(Heap, Flags, Size);
    ULONG Extra = Flags & (HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAGS);
    if (!Extra && RtlpMayHaveFront(Heap)) {
        PVOID Block = RtlpFrontAllocate(Heap, Units, Size);
        if (Block)
            return Block;
    }
    ULONG EntryFlags = (Flags & HEAP_SETTABLE_USER_FLAGS) >> 4;
    if (Extra)
        EntryFlags |= HEAP_ENTRY_EXTRA_PRESENT;
    if (Heap->Flags & HEAP_TAIL_CHECKING_ENABLED)
        EntryFlags |= HEAP_ENTRY_FILL_PATTERN;
    HEAP_ENTRY *Entry = RtlpAllocateBlock(Heap, Units, EntryFlags);
    if (!Entry)
        return NULL;
    ULONG Code = RtlpDecode(Heap, Entry);
    SIZE_T Bytes = (SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT;
    Entry->UnusedBytes = (UCHAR)(Bytes - Size);
    RtlpFillSlack(Entry, Code);
    if (Extra) {
        HEAP_ENTRY *End = (HEAP_ENTRY *)((char *)Entry + Bytes);
        ((HEAP_ENTRY_EXTRA *)End)[-1] = (HEAP_ENTRY_EXTRA){0};
    }
    return Entry + 1;
}

/* Bytes that are committed and in no free entry of the back end. */
static SIZE_T RtlpBytesInUse(const HEAP *Heap)
{
    return Heap->Counters.TotalMemoryCommitted - (Heap->TotalFreeSize << GRANULE_SHIFT);
}

/* There is no memory: gives back what the heap keeps committed without a block in it.  False: that
 * is nothing.  Free entries are looked at only if some were taken or made since the last time. */
static bool RtlpTrimHeap(HEAP *Heap)
{
    SIZE_T Before = Heap->Counters.TotalMemoryCommitted;
    RtlpFrontTrim(Heap);
    if (RtlpBytesInUse(Heap) != Heap->Trimmed)
        RtlpCompactFree(Heap);
    Heap->Trimmed = RtlpBytesInUse(Heap);
    return Heap->Counters.TotalMemoryCommitted < Before;
}

/* A block of whatever kind Size calls for; lock held; null if there is no memory. */
PVOID RtlpAllocateAny(HEAP *Heap, ULONG Flags, SIZE_T Size)
{
    if (Size > Heap->MaximumAllocationSize)
        return NULL;
    PVOID Block = NULL;
    bool Again = false;
    Heap->Reported = false;
    do {
        if (Heap->Flags & HEAP_FLAG_PAGE_ALLOCS)
            Block = RtlpAllocatePages(Heap, Size);
        else if (RtlpUnitsFor(Heap, Flags, Size) <= Heap->VirtualMemoryThreshold)
            Block = RtlpAllocateInside(Heap, Flags, Size);
        else if (Heap->Flags & HEAP_GROWABLE)
            Block = RtlpAllocateLarge(Heap, Flags, Size);
        Again = !Block && !Again && !Heap->Reported && RtlpTrimHeap(Heap);
    } while (Again);
    if (Block && Heap->ForceFlags)
        RtlpFillBusy(Heap, Block, Size);
    if (Block && (Flags & HEAP_ZERO_MEMORY))
        RtlZeroMemory(Block, Size);
    return Block;
}

/* The long way: every flag, every size, the lock. */
PVOID RtlpAllocateHeap(HEAP *Heap, ULONG Flags, SIZE_T Size)
{
    if (!RtlpIsHeap(Heap))
        return NULL;
    HEAP_CALL Call = RtlpCallBegins();
    PVOID Block = Call.Traced ? RtlpTakeTraced(Heap, Flags, Size) : NULL;
    if (!Block) {
        bool Locked = RtlpEnterHeap(Heap, Flags);
        Block = RtlpAllocateAny(Heap, Flags, Size);
        if (Block && Heap->Flags & HEAP_TRACKING)
            RtlpNoteAllocation(Heap, Block, Size);
        RTLP_AUDIT(Heap);
        RtlpLeaveHeap(Heap, Locked);
    }
    if (Call.Traced)
        RtlpTraceBlock(&Call, Heap, NULL, Block, Size);
    if (!Block) {
        RtlpHeapSetStatus(STATUS_NO_MEMORY);
        if ((Flags | Heap->Flags) & HEAP_GENERATE_EXCEPTIONS)
            RtlpHeapRaise(STATUS_NO_MEMORY);
    }
    return Block;
}
