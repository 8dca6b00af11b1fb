/* walk.c - RtlWalkHeap: one step over everything in a heap.
 *
 * The walk goes segment by segment: the segment itself, then its entries in order of
 * address, an uncommitted range where a run ends.  Then come the large blocks, the front
 * end's regions, each followed by its blocks, and under gflags' hpa the blocks with pages
 * of their own.
 *
 * Lock: the heap's; a caller of RtlWalkHeap holds it over the whole walk (HeapLock).
 * In Windows: RtlWalkHeap and its neighbours.
 */
#include "heap/heapp.h"
#include "heap/front/front.h"

#define PAGES_INDEX 0xFD /* SegmentIndex of a block of the page heap */
#define LARGE_INDEX                                                                      \
    64 /* as Windows tells it for a large block; a segment has RTL_HEAP_SEGMENT */

static void RtlpReport(PRTL_HEAP_WALK_ENTRY Walk, PVOID Data, SIZE_T Size,
                       SIZE_T Overhead, ULONG Index, ULONG Flags)
{
    RtlZeroMemory(Walk, sizeof(*Walk));
    Walk->DataAddress = Data;
    Walk->DataSize = Size;
    Walk->OverheadBytes = (UCHAR)(Overhead > 255 ? 255 : Overhead);
    Walk->SegmentIndex = (UCHAR)Index;
    Walk->Flags = (USHORT)Flags;
}

static void RtlpReportSegment(const HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk, ULONG Index)
{
    HEAP_SEGMENT *Segment = Heap->Segments[Index];
    SIZE_T Committed = RtlpSegmentCommit(Segment) + (Index ? 0 : Heap->OwnCommit);
    SIZE_T Total = (SIZE_T)Segment->NumberOfPages << PAGE_SHIFT;
    RtlpReport(Walk, Segment->BaseAddress, Index ? 0 : sizeof(HEAP), 0, Index,
               RTL_HEAP_SEGMENT); /* DataSize: the header's, which HEAP holds */
    Walk->Segment.CommittedSize = (ULONG)Committed;
    Walk->Segment.UnCommittedSize = (ULONG)(Total - Committed);
    Walk->Segment.FirstEntry = Segment->FirstEntry + 1;
    Walk->Segment.LastEntry = Segment->LastValidEntry;
}

static void RtlpReportLarge(const HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk,
                            HEAP_VIRTUAL_ALLOC_ENTRY *Large)
{
    SIZE_T Unused = RtlpLargeUnused(Heap, Large);
    ULONG Flags = CODE_FLAGS(RtlpDecode(Heap, &Large->BusyBlock));
    RtlpReport(Walk, Large + 1, Large->CommitSize - Unused, sizeof(*Large), LARGE_INDEX,
               RTL_HEAP_BUSY | (Flags & HEAP_ENTRY_SETTABLE_FLAGS));
    if (Flags & HEAP_ENTRY_EXTRA_PRESENT) {
        Walk->Flags |= RTL_HEAP_SETTABLE_VALUE;
        Walk->Block.Settable = Large->ExtraStuff.Settable;
    }
}

/* Reports Entry of segment Index; the heap's own entries as what they hold. */
static void RtlpReportEntry(const HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk,
                            HEAP_ENTRY *Entry, ULONG Index)
{
    ULONG Code = RtlpDecode(Heap, Entry);
    ULONG Flags = CODE_FLAGS(Code);
    SIZE_T Bytes = (SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT;
    SIZE_T Size = RtlpUserSize(Entry, Code);
    if (Flags & HEAP_ENTRY_LAST_ENTRY) {
        RtlpReport(Walk, UCR_OF(Entry)->Address, UCR_OF(Entry)->Size, 0, Index,
                   RTL_HEAP_UNCOMMITTED_RANGE);
        return;
    }
    if (!(Flags & HEAP_ENTRY_BUSY)) {
        RtlpReport(Walk, FREE_OF(Entry) + 1, Bytes - sizeof(HEAP_FREE_ENTRY),
                   sizeof(HEAP_FREE_ENTRY), Index, 0);
        return;
    }
    RtlpReport(Walk, Entry + 1, Size, Bytes - Size, Index,
               RTL_HEAP_BUSY | (Flags & HEAP_ENTRY_SETTABLE_FLAGS));
    if (Flags & HEAP_ENTRY_EXTRA_PRESENT) {
        HEAP_ENTRY_EXTRA *Extra = (HEAP_ENTRY_EXTRA *)((char *)Entry + Bytes) - 1;
        Walk->Flags |= RTL_HEAP_SETTABLE_VALUE;
        Walk->Block.Settable = Extra->Settable;
        Walk->Block.TagIndex = Extra->TagIndex;
    }
}

/* Reports the first block after Before (null: of all) that has pages of its own. */
static NTSTATUS RtlpWalkPages(HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk, PVOID Before)
{
    NTSTATUS Status = STATUS_NO_MORE_ENTRIES;
    if (!(Heap->Flags & HEAP_FLAG_PAGE_ALLOCS))
        return Status;
    RtlpEnterRecords();
    HEAP_RECORD *Record = RtlpNextRecord(Heap, RtlpRecordOf(Before));
    while (Record && !Record->Pages) /* of before the flag: where other steps come by */
        Record = RtlpNextRecord(Heap, Record);
    if (Record) {
        RtlpReport(Walk, Record->Block, Record->Size, 0, PAGES_INDEX, RTL_HEAP_BUSY);
        Walk->Block.AllocatorBackTraceIndex = Record->Allocated;
        Status = STATUS_SUCCESS;
    }
    RtlpLeaveRecords();
    return Status;
}

/* Reports what comes after Item in the front end, then the blocks with pages of their own. */
static NTSTATUS RtlpWalkFrontOn(HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk, FRONT_ITEM *Item)
{
    if (!RtlpFrontNext(Heap, Item))
        return RtlpWalkPages(Heap, Walk, NULL);
    if (Item->Index) {
        RtlpReport(Walk, Item->Data, Item->Bytes - Item->Unused, Item->Unused,
                   FRONT_INDEX, Item->Busy ? RTL_HEAP_BUSY : 0);
        return STATUS_SUCCESS;
    }
    FRONT_ITEM First = *Item;
    RtlpReport(Walk, Item->Data, Item->Bytes, 0, FRONT_INDEX, RTL_HEAP_SEGMENT);
    Walk->Segment.CommittedSize = (ULONG)(Item->Bytes - Item->Unused);
    Walk->Segment.UnCommittedSize = (ULONG)Item->Unused;
    Walk->Segment.FirstEntry = RtlpFrontNext(Heap, &First) ? First.Data : NULL;
    Walk->Segment.LastEntry = (char *)Item->Data + Item->Bytes;
    return STATUS_SUCCESS;
}

/* The step from a region of the front end, or a block in one, that was reported last. */
static NTSTATUS RtlpWalkFrontEnd(HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk)
{
    FRONT_ITEM Item = {0};
    bool Found = false;
    if (!Heap->FrontEndHeap)
        return STATUS_INVALID_PARAMETER;
    if (!(Walk->Flags & RTL_HEAP_SEGMENT))
        Found = RtlpFrontOwns(Heap->FrontEndHeap, Walk->DataAddress, &Item);
    else
        while (!Found && RtlpFrontNext(Heap, &Item))
            Found = !Item.Index && Item.Data == Walk->DataAddress;
    return Found ? RtlpWalkFrontOn(Heap, Walk, &Item) : STATUS_INVALID_PARAMETER;
}

/* Reports the large block at Link; after the last come the front end's regions. */
static NTSTATUS RtlpWalkLarge(HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk, LIST_ENTRY *Link)
{
    FRONT_ITEM Item = {0};
    if (Link == &Heap->VirtualAllocdBlocks)
        return RtlpWalkFrontOn(Heap, Walk, &Item);
    RtlpReportLarge(Heap, Walk, CONTAINING_RECORD(Link, HEAP_VIRTUAL_ALLOC_ENTRY, Entry));
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpNextSegment(HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk, ULONG From)
{
    for (ULONG i = From; i < Heap->SegmentCount; i++)
        if (Heap->Segments[i]) {
            if (!RtlpIsSegmentSound(Heap, i))
                return STATUS_HEAP_CORRUPTION;
            RtlpReportSegment(Heap, Walk, i);
            return STATUS_SUCCESS;
        }
    return RtlpWalkLarge(Heap, Walk, Heap->VirtualAllocdBlocks.Flink);
}

/* Reports the entry at Entry, passing over the end of a fully committed segment. */
static NTSTATUS RtlpWalkTo(HEAP *Heap, PRTL_HEAP_WALK_ENTRY Walk, HEAP_ENTRY *Entry,
                           ULONG Index)
{
    ULONG Code = Entry ? RtlpCheckEntry(Heap, Entry) : 0;
    while ((CODE_FLAGS(Code) & (HEAP_ENTRY_VIRTUAL_ALLOC | HEAP_ENTRY_LAST_ENTRY)) ==
           HEAP_ENTRY_VIRTUAL_ALLOC) { /* a region of the front end comes later */
        Entry = RtlpEntryAfter(Entry, CODE_SIZE(Code));
        Code = RtlpCheckEntry(Heap, Entry);
    }
    if (Entry && !Code)
        return STATUS_HEAP_CORRUPTION;
    if (!Entry || (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY && UCR_OF(Entry)->Size == 0))
        return RtlpNextSegment(Heap, Walk, Index + 1);
    RtlpReportEntry(Heap, Walk, Entry, Index);
    return STATUS_SUCCESS;
}

/* The segment or kind of what the last step reported: by its address, since a caller may
 * keep no more than that (_heapwalk), but for a region. */
static ULONG RtlpIndexOf(const HEAP *Heap, const RTL_HEAP_WALK_ENTRY *Walk)
{
    char *Data = Walk->DataAddress;
    FRONT_ITEM Item;
    if (Walk->Flags & RTL_HEAP_SEGMENT)
        return Walk->SegmentIndex;
#ifdef FRONT_INSIDE /* its blocks lie in segments: asked first */
    if (Heap->FrontEndHeap && !((ULONG_PTR)Data & (GRANULE - 1)) &&
        RtlpIsReadable((HEAP_ENTRY *)Data - 1) &&
        RtlpFrontOwns(Heap->FrontEndHeap, Data, &Item))
        return FRONT_INDEX;
#endif
    for (ULONG i = 0; i < Heap->SegmentCount; i++)
        if (Heap->Segments[i] && Data > (char *)Heap->Segments[i]->FirstEntry &&
            Data < (char *)Heap->Segments[i]->LastValidEntry)
            return i;
    if (Heap->Flags & HEAP_FLAG_PAGE_ALLOCS)
        return PAGES_INDEX;
    if ((ULONG_PTR)Data & (GRANULE - 1) || !RtlpIsReadable((HEAP_ENTRY *)Data - 1))
        return HEAP_MAXIMUM_SEGMENTS; /* none */
    if (Heap->FrontEndHeap && RtlpFrontOwns(Heap->FrontEndHeap, Data, &Item))
        return FRONT_INDEX;
    return 0xFF;
}

/* One step of a walk over everything in the heap.
 *
 * Walk: DataAddress null for the first step, then what the last step wrote.  Result:
 * STATUS_SUCCESS; STATUS_NO_MORE_ENTRIES after the last one; STATUS_INVALID_PARAMETER
 * for what no step wrote; STATUS_HEAP_CORRUPTION.  (Microsoft: HeapWalk.) */
NTSTATUS NTAPI RtlWalkHeap(PVOID HeapHandle, PRTL_HEAP_WALK_ENTRY Walk)
{
    HEAP *Heap = HeapHandle;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    if (!RtlpIsHeap(Heap) || !Walk)
        return Status;
    RtlpLockHeap(Heap);
    ULONG Index = Walk->DataAddress ? RtlpIndexOf(Heap, Walk) : 0;
    if (!Walk->DataAddress) {
        Status = RtlpNextSegment(Heap, Walk, 0);
    } else if (Index == FRONT_INDEX) {
        Status = RtlpWalkFrontEnd(Heap, Walk);
    } else if (Index == PAGES_INDEX) {
        Status = RtlpWalkPages(Heap, Walk, Walk->DataAddress);
    } else if (Index == 0xFF) {
        HEAP_VIRTUAL_ALLOC_ENTRY *Large = RtlpFindLarge(Heap, Walk->DataAddress);
        if (Large)
            Status = RtlpWalkLarge(Heap, Walk, Large->Entry.Flink);
    } else if (Index < Heap->SegmentCount && Heap->Segments[Index]) {
        HEAP_SEGMENT *Segment = Heap->Segments[Index];
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)Walk->DataAddress - 1;
        if (!(Walk->Flags &
              RTL_HEAP_BUSY)) /* a free block's data is what follows its links */
            Entry = &((HEAP_FREE_ENTRY *)Walk->DataAddress - 1)->Header;
        if (!RtlpIsSegmentSound(Heap, Index))
            Status = STATUS_HEAP_CORRUPTION;
        else if (Walk->Flags & RTL_HEAP_SEGMENT) {
            if (Walk->DataAddress == Segment->BaseAddress)
                Status = RtlpWalkTo(Heap, Walk, Segment->FirstEntry, Index);
        } else if (Walk->Flags & RTL_HEAP_UNCOMMITTED_RANGE) {
            char *End = (char *)Walk->DataAddress + Walk->DataSize;
            Entry = (HEAP_ENTRY *)(End + Heap->Pad);
            if (End == (char *)Segment->LastValidEntry)
                Status = RtlpWalkTo(Heap, Walk, NULL, Index);
            else if (End > (char *)Segment->FirstEntry &&
                     Entry < Segment->LastValidEntry && RtlpIsReadable(Entry))
                Status = RtlpWalkTo(Heap, Walk, Entry, Index);
        } else if (Entry >= Segment->FirstEntry && Entry < Segment->LastValidEntry) {
            ULONG Code = RtlpProbeEntry(Heap, Entry);
            if (Code)
                Status =
                    RtlpWalkTo(Heap, Walk, RtlpEntryAfter(Entry, CODE_SIZE(Code)), Index);
        }
    }
    RtlpUnlockHeap(Heap);
    return Status;
}
