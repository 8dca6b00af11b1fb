/* find.c - what is this pointer?  The one place that judges a pointer from a program.
 *
 * A block that a program may free, resize or measure is one of three: of the front end
 * (marked in its header, whose code must be the one that this address dictates, and whose
 * bit says taken), large (page offset, header and list links must agree), or of the back
 * end (checksum, segment, the entry after it); under gflags' hpa its record says what it is.
 * Anything else is diagnosed as precisely as possible: freed already, of another heap, or no block.
 *
 * Lock: the heap's.  In Windows: RtlpAnalyzeHeapFailure and the checks before it.
 */
#include "heap/heapp.h"
#include "heap/front/front.h"

static bool RtlpOwnsFront(HEAP *Heap, const void *Block, FRONT_ITEM *Item)
{
    const FRONT_HEAP *Front = RTLP_READ(Heap->FrontEndHeap);
    return Front && RtlpFrontOwns(Front, Block, Item);
}

/* Whether another heap of the process knows Entry as its own. */
static bool RtlpIsForeign(HEAP *Heap, HEAP_ENTRY *Entry)
{
    PPEB Peb = RtlpHeapPeb();
    bool Foreign = false;
    for (ULONG i = 0; i < Peb->NumberOfHeaps && !Foreign; i++) {
        HEAP *Other = Peb->ProcessHeaps[i];
        FRONT_ITEM Item;
        if (Other == Heap)
            continue;
        if (Entry->UnusedBytes & HEAP_UNUSED_LFH)
            Foreign = RtlpOwnsFront(Other, Entry + 1, &Item);
        else if (Entry->UnusedBytes == HEAP_UNUSED_VIRTUAL)
            Foreign = RtlpFindLarge(Other, Entry + 1) != NULL;
        else
            Foreign = RtlpProbeEntry(Other, Entry) != 0;
    }
    return Foreign;
}

/* The kind of damage, for the report. */
static HEAP_FAILURE_TYPE RtlpDiagnose(HEAP *Heap, PVOID Block)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
    FRONT_ITEM Item;
    if (Heap->Flags & HEAP_TRACKING) {
        RtlpEnterRecords();
        HEAP_RECORD *Record = RtlpRecordOf(Block);
        bool Known = Record != NULL, Busy = Known && Record->Busy;
        bool Own = Known && Record->Heap == Heap;
        RtlpLeaveRecords();
        if (Known && !Busy)
            return heap_failure_block_not_busy;
        if (Known && !Own)
            return heap_failure_cross_heap_operation;
    }
    if ((ULONG_PTR)Block & (GRANULE - 1) || !RtlpIsReadable(Entry))
        return heap_failure_invalid_argument;
    if (RtlpIsForeign(Heap, Entry))
        return heap_failure_cross_heap_operation;
    if (Entry->UnusedBytes & HEAP_UNUSED_LFH) {
        return RtlpOwnsFront(Heap, Block, &Item) ? heap_failure_block_not_busy
                                                 : heap_failure_entry_corruption;
    }
    ULONG Code = RtlpDecode(Heap, Entry);
    if (RtlpCodeIsGood(Code) && !(CODE_FLAGS(Code) & HEAP_ENTRY_BUSY))
        return heap_failure_block_not_busy;
    if (RtlpCodeIsGood(Code) && CODE_FLAGS(Code) & HEAP_ENTRY_BUSY &&
        Entry->SegmentOffset < Heap->SegmentCount)
        return heap_failure_buffer_overrun; /* a sound header whose neighbour is not */
    return heap_failure_entry_corruption;
}

static bool RtlpIdentify(HEAP *Heap, PVOID Block, HEAP_BLOCK *Found)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
    SIZE_T Size;
    Found->Entry = Entry;
    if (Heap->Flags & HEAP_FLAG_PAGE_ALLOCS && RtlpFindPages(Heap, Block, &Size)) {
        Found->Kind = BlockPages;
        Found->Flags = HEAP_ENTRY_BUSY;
        Found->Unused = sizeof(HEAP_ENTRY);
        Found->Bytes = Size + sizeof(HEAP_ENTRY);
        return true;
    }
    if ((ULONG_PTR)Block & (GRANULE - 1) || !RtlpIsReadable(Entry))
        return false;
    if (Entry->UnusedBytes & HEAP_UNUSED_LFH) {
        FRONT_ITEM Item;
        if (!RtlpOwnsFront(Heap, Block, &Item) || !Item.Busy)
            return false;
        Found->Kind = BlockFrontEnd;
        Found->Flags = HEAP_ENTRY_BUSY;
        Found->Bytes = Item.Bytes;
        Found->Unused = Item.Unused;
        return Found->Unused >= sizeof(HEAP_ENTRY) && Found->Unused <= Found->Bytes;
    }
    if (Entry->UnusedBytes == HEAP_UNUSED_VIRTUAL) {
        HEAP_VIRTUAL_ALLOC_ENTRY *Large = RtlpFindLarge(Heap, Block);
        if (!Large)
            return false;
        Found->Kind = BlockLarge;
        Found->Flags = CODE_FLAGS(RtlpDecode(Heap, Entry));
        Found->Unused = RtlpLargeUnused(Heap, Large);
        /* counted from the entry, as the other kinds are */
        Found->Bytes = Large->CommitSize - offsetof(HEAP_VIRTUAL_ALLOC_ENTRY, BusyBlock);
        Found->Unused -= offsetof(HEAP_VIRTUAL_ALLOC_ENTRY, BusyBlock);
        return true;
    }
    ULONG Code = RtlpProbeEntry(Heap, Entry);
    if (!(CODE_FLAGS(Code) & HEAP_ENTRY_BUSY) ||
        CODE_FLAGS(Code) & HEAP_ENTRY_VIRTUAL_ALLOC)
        return false;
    Found->Kind = BlockBackEnd;
    Found->Flags = CODE_FLAGS(Code);
    Found->Bytes = (SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT;
    Found->Unused = Entry->UnusedBytes;
    return Found->Unused >= sizeof(HEAP_ENTRY) && Found->Unused <= Found->Bytes &&
           Found->Unused <= RtlpMostUnused(Heap, Found->Flags);
}

bool RtlpFindBlock(HEAP *Heap, PVOID Block, HEAP_BLOCK *Found, bool Quiet, PCSTR Call)
{
    if (RtlpIdentify(Heap, Block, Found))
        return true;
    if (!Quiet)
        RtlpHeapFailure(Heap, RtlpDiagnose(Heap, Block), Block, Call);
    return false;
}

HEAP_ENTRY_EXTRA *RtlpExtraOf(const HEAP_BLOCK *Found)
{
    if (!(Found->Flags & HEAP_ENTRY_EXTRA_PRESENT))
        return NULL;
    if (Found->Kind == BlockLarge)
        return &CONTAINING_RECORD(Found->Entry, HEAP_VIRTUAL_ALLOC_ENTRY, BusyBlock)
                    ->ExtraStuff;
    return (HEAP_ENTRY_EXTRA *)((char *)Found->Entry + Found->Bytes) - 1;
}
