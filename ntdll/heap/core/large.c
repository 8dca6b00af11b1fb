/* large.c - blocks too large for a segment: each a region of its own.
 *
 *   region
 *   +------------+------------+------------+---------+------------+---------------+. . .
 *   | list links | ExtraStuff | CommitSize | Reserve | HEAP_ENTRY | the block ... | never
 *   +------------+------------+------------+---------+------------+---------------+. . .
 *
 * More than 0xFE00 granules (508 KiB), header included, come straight from
 * NtAllocateVirtualMemory, in one call, and go back whole.  The entry's Size field counts unused
 * bytes, its PreviousSize binds the two sizes before it.  The page after the block is never
 * committed, so an overrun traps there: it is the rest of the region's last 64 KiB, which nothing
 * else can have, or one granule more if the block ends there.
 *
 * Lock: the heap's.  In Windows: VirtualAllocdBlocks, the same structure.
 */
#include "heap/heapp.h"

#define LARGE_BYTES sizeof(HEAP_VIRTUAL_ALLOC_ENTRY)

SIZE_T RtlpLargeUnused(const HEAP *Heap, const HEAP_VIRTUAL_ALLOC_ENTRY *Large)
{
    return CODE_SIZE(RtlpDecode(Heap, &Large->BusyBlock));
}

/* What binds the two sizes and the place to the header: it is kept in PreviousSize, under
 * its key. */
static USHORT RtlpLargeSum(const HEAP_VIRTUAL_ALLOC_ENTRY *Large)
{
    SIZE_T Sum = Large->CommitSize ^ Large->ReserveSize << 4 ^ Large->ReserveSize >> 16 ^
                 (ULONG_PTR)Large >> 13;
    return (USHORT)(Sum ^ Sum >> 12 ^ Sum >> 24);
}

/* Notes what was asked for; Size and CommitSize differ by less than 64 KiB. */
static void RtlpSetLarge(HEAP *Heap, HEAP_VIRTUAL_ALLOC_ENTRY *Large, ULONG Flags,
                         SIZE_T Size)
{
    Large->BusyBlock.UnusedBytes = HEAP_UNUSED_VIRTUAL;
    RtlpSetCode(Heap, &Large->BusyBlock, (ULONG)(Large->CommitSize - Size), Flags);
    RtlpSetPreviousSize(Heap, &Large->BusyBlock, RtlpLargeSum(Large));
    Large->BusyBlock.SegmentOffset = 0;
}

/* Bytes to commit for Size. */
static SIZE_T RtlpLargeBytes(const HEAP *Heap, SIZE_T Size)
{
    SIZE_T Tail = Heap->Flags & HEAP_TAIL_CHECKING_ENABLED ? HEAP_TAIL_SIZE : 0;
    return ALIGN_UP(Size + LARGE_BYTES + Tail, PAGE_SIZE);
}

/* Bytes to reserve for Commit bytes: where these end within an allocation granule, what follows
 * up to its end cannot be had by anything else; else there must be one more. */
static SIZE_T RtlpLargeReserve(SIZE_T Commit)
{
    return Commit % ALLOCATION_GRANULARITY ? Commit : Commit + ALLOCATION_GRANULARITY;
}

PVOID RtlpAllocateLarge(HEAP *Heap, ULONG Flags, SIZE_T Size)
{
    SIZE_T Commit = RtlpLargeBytes(Heap, Size), Reserve = RtlpLargeReserve(Commit);
    LIST_ENTRY *Head = &Heap->VirtualAllocdBlocks;
    if (!RtlpPointsAt(LINK_BEFORE(Head), Head)) {
        RtlpHeapFailure(Heap, heap_failure_virtual_block_corruption, Head,
                        "RtlpAllocateLarge");
        return NULL;
    }
    if (Flags & HEAP_ROOM)
        Reserve = ALIGN_UP(Commit + PAGE_SIZE, ALLOCATION_GRANULARITY);
    PVOID Base = NULL;
    if (!NT_SUCCESS(RtlpReserveAndCommit(&Base, Reserve, Commit, Heap->Protect)))
        return NULL;
    HEAP_VIRTUAL_ALLOC_ENTRY *Large = Base;
    Large->CommitSize = Commit;
    Large->ReserveSize = Reserve;
    ULONG EntryFlags = HEAP_ENTRY_BUSY | HEAP_ENTRY_VIRTUAL_ALLOC |
                       (Flags & HEAP_SETTABLE_USER_FLAGS) >> 4;
    if (Flags & (HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAGS))
        EntryFlags |= HEAP_ENTRY_EXTRA_PRESENT;
    if (Heap->Flags & HEAP_TAIL_CHECKING_ENABLED)
        EntryFlags |= HEAP_ENTRY_FILL_PATTERN;
    RtlpSetLarge(Heap, Large, EntryFlags, Size);
    RtlpInsertBefore(Head, &Large->Entry);
    Heap->Counters.TotalSizeInVirtualBlocks += Commit;
    Heap->Counters.TotalMemoryReserved += Reserve;
    Heap->Counters.TotalMemoryCommitted += Commit;
    return Large + 1;
}

/* The region of Block, whose header says large; null if anything about it is not sound.
 */
HEAP_VIRTUAL_ALLOC_ENTRY *RtlpFindLarge(HEAP *Heap, PVOID Block)
{
    HEAP_VIRTUAL_ALLOC_ENTRY *Large = (HEAP_VIRTUAL_ALLOC_ENTRY *)Block - 1;
    if (((ULONG_PTR)Large & (PAGE_SIZE - 1)) != 0)
        return NULL;
    ULONG Code = RtlpDecode(Heap, &Large->BusyBlock);
    ULONG Flags = HEAP_ENTRY_BUSY | HEAP_ENTRY_VIRTUAL_ALLOC;
    if (!RtlpCodeIsGood(Code) || (CODE_FLAGS(Code) & Flags) != Flags)
        return NULL;
    if (!RtlpIsLinked(&Large->Entry) ||
        RtlpPreviousSize(Heap, &Large->BusyBlock) != RtlpLargeSum(Large))
        return NULL;
    if (Large->CommitSize > Large->ReserveSize || CODE_SIZE(Code) < LARGE_BYTES ||
        Large->BusyBlock.SegmentOffset || CODE_SIZE(Code) > Large->CommitSize ||
        Large->BusyBlock.UnusedBytes != HEAP_UNUSED_VIRTUAL)
        return NULL;
#if HEAP_WIDE
    if (Large->BusyBlock.Reserved != RtlpReserved(Heap, &Large->BusyBlock))
        return NULL;
#endif
    /* ExtraStuff is zero where it was not asked for. */
    const HEAP_ENTRY_EXTRA *Extra = &Large->ExtraStuff;
    bool Unused = !(CODE_FLAGS(Code) & HEAP_ENTRY_EXTRA_PRESENT);
    if (Unused && (Extra->AllocatorBackTraceIndex || Extra->TagIndex || Extra->Settable))
        return NULL;
    return Large;
}

/* Releases a block that RtlpFindLarge knows. */
void RtlpFreeLarge(HEAP *Heap, PVOID Block)
{
    HEAP_VIRTUAL_ALLOC_ENTRY *Large = (HEAP_VIRTUAL_ALLOC_ENTRY *)Block - 1;
    if (!RtlpSafeUnlink(Heap, &Large->Entry))
        return;
    Heap->Counters.TotalSizeInVirtualBlocks -= Large->CommitSize;
    Heap->Counters.TotalMemoryReserved -= Large->ReserveSize;
    Heap->Counters.TotalMemoryCommitted -= Large->CommitSize;
    RtlpRelease(Large);
}

/* Makes the block Size bytes where it lies: pages at its end are given back, or committed
 * if the region was reserved that far.  False: it cannot, and nothing changed. */
bool RtlpResizeLarge(HEAP *Heap, PVOID Block, SIZE_T Size)
{
    HEAP_VIRTUAL_ALLOC_ENTRY *Large = (HEAP_VIRTUAL_ALLOC_ENTRY *)Block - 1;
    SIZE_T Commit = RtlpLargeBytes(Heap, Size);
    SIZE_T Old = Large->CommitSize, Reserve = Large->ReserveSize;
    bool Fits =
        Commit < Reserve || (Commit == Reserve && Commit % ALLOCATION_GRANULARITY);
    if (!Fits)
        return false;
    if (Commit > Old &&
        !NT_SUCCESS(RtlpCommit((char *)Large + Old, Commit - Old, Heap->Protect)))
        return false;
    if (Commit < Old && !NT_SUCCESS(RtlpDecommit((char *)Large + Commit, Old - Commit)))
        return false;
    Large->CommitSize = Commit;
    Heap->Counters.TotalSizeInVirtualBlocks += Commit - Old;
    Heap->Counters.TotalMemoryCommitted += Commit - Old;
    RtlpSetLarge(Heap, Large, CODE_FLAGS(RtlpDecode(Heap, &Large->BusyBlock)), Size);
    return true;
}
