/* segment.c - the address space of a heap: reserve, commit, decommit.
 *
 * A segment alternates between committed runs of entries and uncommitted ranges.  Each
 * run ends in a busy entry of the heap's own that holds the descriptor of the range
 * after it, so an entry that a program or the free list can hold always has an entry after
 * it.  The first entry of a run says in PreviousSize how long the range before it is
 * (RtlpRangeTag), so that a run that is all free finds the descriptor of that range:
 *
 *   ... | entry | entry | LAST: UCR{address,size} |. . uncommitted . .| entry ...
 *                         '-- ends at a page -------'                 '-- at a page,
 *                                                                PreviousSize: the tag
 *
 * To commit n more pages moves that entry n pages up and makes what lies between free; to
 * decommit the whole pages inside a free entry plants a new one before them.  All
 * uncommitted ranges are in one list sorted by power of two of their pages, with hints,
 * as free entries are (freelist.c).
 *
 * Under HEAP_CREATE_ALIGN_16 entries start Pad = 8 bytes past a multiple of 16, and so do
 * runs.
 *
 * Lock: the heap's.  In Windows: RtlpExtendHeap, RtlpFindAndCommitPages,
 * RtlpDeCommitFreeBlock.
 */
#include "heap/core/freelist.h"

NTSTATUS RtlpCommitPages(HEAP *Heap, PVOID Base, SIZE_T Size)
{
    NTSTATUS Status;
    if (Heap->CommitRoutine && Heap->HeaderSum != RtlpHeaderSum(Heap)) {
        RtlpHeapFailure(Heap, heap_failure_generic, &Heap->CommitRoutine,
                        "RtlpCommitPages");
        return STATUS_HEAP_CORRUPTION;
    }
    if (Heap->CommitRoutine) {
        PVOID Address = Base;
        SIZE_T Bytes = Size;
        Status = Heap->CommitRoutine(Heap, &Address, &Bytes);
    } else {
        Status = RtlpCommit(Base, Size, Heap->Protect);
    }
    Heap->Counters.CommittOps++;
    if (NT_SUCCESS(Status))
        Heap->Counters.TotalMemoryCommitted += Size;
    else
        Heap->Counters.CommitFailures++;
    return Status;
}

/* Bytes of HEAP and of all HEAP_SEGMENTs after it, whole pages. */
#define HEAP_OWN_BYTES                                                                   \
    ALIGN_UP(ALIGN_UP(sizeof(HEAP), 16) + HEAP_MAXIMUM_SEGMENTS * sizeof(HEAP_SEGMENT),  \
             PAGE_SIZE)

SIZE_T RtlpSegmentHead(SIZE_T Guard, ULONG Index)
{
    if (Guard)
        return Index ? 0 : HEAP_OWN_BYTES + HEAP_GUARD;
    return ALIGN_UP(Index ? sizeof(HEAP_SEGMENT) : sizeof(HEAP), 16);
}

HEAP_SEGMENT *RtlpSegmentPlace(const HEAP *Heap, ULONG Index)
{
    char *First = (char *)Heap + ALIGN_UP(sizeof(HEAP), 16);
    return Heap->Guard ? (HEAP_SEGMENT *)First + (Index - 1) : NULL;
}

/* Makes a segment of Reserved bytes at Base, committed up to Committed bytes from there; both are
 * whole pages.  Segment: where its HEAP_SEGMENT is, of zeroes. */
void RtlpInitializeSegment(HEAP *Heap, HEAP_SEGMENT *Segment, char *Base,
                           SIZE_T Committed, SIZE_T Reserved, ULONG Index)
{
    SIZE_T Own = ALIGN_UP(Index ? sizeof(HEAP_SEGMENT) : sizeof(HEAP), 16);
    SIZE_T Head = RtlpSegmentHead(Heap->Guard, Index);
    char *End = Base + Committed;
    Segment->SegmentSignature = HEAP_SEGMENT_SIGNATURE;
    Segment->Heap = Heap;
    Segment->BaseAddress = Base;
    Segment->NumberOfPages = (ULONG)(Reserved >> PAGE_SHIFT);
    Segment->FirstEntry = (HEAP_ENTRY *)(Base + Head + Heap->Pad);
    Segment->LastValidEntry = (HEAP_ENTRY *)(Base + Reserved);
    RtlpSetCode(Heap, &Segment->Entry, (ULONG)(Own >> GRANULE_SHIFT), HEAP_ENTRY_BUSY);
    RtlpSetPreviousSize(Heap, &Segment->Entry, 0);
    Segment->Entry.SegmentOffset = (UCHAR)Index;
    RtlpInitializeList(&Segment->UCRSegmentList);
    RtlpInsertBefore(&Heap->SegmentList, &Segment->SegmentListEntry);
    Heap->Segments[Index] = Segment;
    if (Index >= Heap->SegmentCount)
        Heap->SegmentCount = Index + 1;
    Heap->Counters.TotalSegments++;
    Heap->Counters.TotalMemoryReserved += Reserved;

    RtlpEndRun(Heap, Index, 0, End, Reserved - Committed, NULL);
    Segment->FirstEntry->SegmentOffset = (UCHAR)Index;
    RtlpSetPreviousSize(Heap, Segment->FirstEntry, 0);
    char *Last = (char *)RtlpRunEnd(Heap, End);
    RtlpFormFree(Heap, Segment->FirstEntry,
                 (SIZE_T)(Last - (char *)Segment->FirstEntry) >> GRANULE_SHIFT);
}

/* Commits Size bytes at the low end of a range, where a run then ends anew or goes on.
 *
 * Result: what became free there, in no index, *Units granules of it, at least the Size bytes
 * where nothing is joined; null: refused by the system, or damaged (reported). */
HEAP_ENTRY *RtlpCommitUcr(HEAP *Heap, HEAP_UCR_DESCRIPTOR *Ucr, SIZE_T Size,
                          SIZE_T *Units)
{
    HEAP_ENTRY *Old = UCR_ENTRY(Ucr), *Next;
    if (!RtlpCheckRange(Heap, Old) || Size > Ucr->Size ||
        !RtlpCheckBefore(Heap, Old, RtlpPreviousSize(Heap, Old)) ||
        !RtlpCheckUcr(Heap, Ucr))
        return NULL;
    ULONG Index = Old->SegmentOffset;
    HEAP_SEGMENT *Segment = Heap->Segments[Index];
    char *End = (char *)Ucr->Address + Size;
    SIZE_T Left = Ucr->Size - Size;
    if (!NT_SUCCESS(RtlpCommitPages(Heap, Ucr->Address, Size)))
        return NULL;
    if (Left || End == (char *)Segment->LastValidEntry) {
        RtlpEndRun(Heap, Index, 0, End, Left, Ucr);
        Next = RtlpRunEnd(Heap, End);
    } else {
        RtlpRemoveUcr(Heap, Segment, Ucr);
        Next = (HEAP_ENTRY *)(End + Heap->Pad); /* the run after it is joined */
    }
    *Units = (SIZE_T)((char *)Next - (char *)Old) >> GRANULE_SHIFT;
    return RtlpJoinFree(Heap, Old, Units);
}

/* Zeroes for the HEAP_SEGMENT of segment Index, which lies at Base; null: no memory. */
static HEAP_SEGMENT *RtlpMakeSegment(HEAP *Heap, PVOID Base, ULONG Index)
{
    HEAP_SEGMENT *Segment = RtlpSegmentPlace(Heap, Index);
    if (!Segment)
        return Base;
    SIZE_T Bytes = (SIZE_T)((char *)(Segment + 1) - (char *)Heap);
    if (Bytes > Heap->OwnCommit) {
        SIZE_T More = ALIGN_UP(Bytes - Heap->OwnCommit, PAGE_SIZE);
        if (!NT_SUCCESS(RtlpCommit((char *)Heap + Heap->OwnCommit, More, Heap->Protect)))
            return NULL;
        Heap->OwnCommit += More;
        Heap->Counters.TotalMemoryCommitted += More;
    }
    RtlZeroMemory(Segment, sizeof(*Segment));
    return Segment;
}

/* Reserves a segment that has room for Units granules and commits that much of it.  Result: its
 * first entry, free; null: no memory. */
static HEAP_ENTRY *RtlpAddSegment(HEAP *Heap, ULONG Units)
{
    ULONG Index = 0;
    while (Index < HEAP_MAXIMUM_SEGMENTS && Heap->Segments[Index])
        Index++;
    if (Index == HEAP_MAXIMUM_SEGMENTS)
        return NULL;
    if (!RtlpPointsAt(LINK_BEFORE(&Heap->SegmentList), &Heap->SegmentList)) {
        RtlpHeapFailure(Heap, heap_failure_listentry_corruption, &Heap->SegmentList,
                        "RtlpAddSegment");
        return NULL;
    }
    SIZE_T Need = ALIGN_UP(sizeof(HEAP_SEGMENT) + ((SIZE_T)Units << GRANULE_SHIFT) +
                               UCR_ENTRY_BYTES + 2 * GRANULE,
                           PAGE_SIZE);
    SIZE_T Reserve = Heap->NextReserve;
    if (Reserve < Need)
        Reserve = ALIGN_UP(Need, ALLOCATION_GRANULARITY);
    PVOID Base = NULL;
    NTSTATUS Status = RtlpReserve(&Base, Reserve, Heap->Protect);
    while (!NT_SUCCESS(Status) && Reserve > ALLOCATION_GRANULARITY &&
           Reserve / 2 >= Need) {
        Reserve = ALIGN_UP(Reserve / 2, ALLOCATION_GRANULARITY);
        Status = RtlpReserve(&Base, Reserve, Heap->Protect);
    }
    if (!NT_SUCCESS(Status))
        return NULL;
    HEAP_SEGMENT *Segment = NULL;
    bool Committed = NT_SUCCESS(RtlpCommitPages(Heap, Base, Need));
    if (Committed)
        Segment = RtlpMakeSegment(Heap, Base, Index);
    if (!Segment) {
        Heap->Counters.TotalMemoryCommitted -= Committed ? Need : 0;
        RtlpRelease(Base);
        return NULL;
    }
    if (Heap->NextReserve * 2 <= HEAP_SEGMENT_MAXIMUM)
        Heap->NextReserve *= 2;
    RtlpInitializeSegment(Heap, Segment, Base, Need, Reserve, Index);
    return Heap->Segments[Index]->FirstEntry;
}

/* The free entry that Last, the end of a run, lies after, in granules; 0: none. */
ULONG RtlpFreeBefore(const HEAP *Heap, const HEAP_ENTRY *Last)
{
    ULONG Before = RtlpPreviousSize(Heap, Last);
    if (!Before || Before > HEAP_MAXIMUM_BLOCK_SIZE ||
        Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE)
        return 0;
    const HEAP_ENTRY *Entry = RtlpEntryBefore(Last, Before);
    bool Free =
        RtlpIsReadable(Entry) && !(CODE_FLAGS(RtlpDecode(Heap, Entry)) & HEAP_ENTRY_BUSY);
    return Free ? Before : 0;
}

/* Bytes to commit of Ucr for Units granules: no less than the heap commits at a time, and all of
 * it if only a page would be left: that is not worth a descriptor. */
SIZE_T RtlpCommitBytes(const HEAP *Heap, const HEAP_UCR_DESCRIPTOR *Ucr, ULONG Units)
{
    SIZE_T Bytes = ALIGN_UP((SIZE_T)Units << GRANULE_SHIFT, PAGE_SIZE);
    if (Bytes < Heap->SegmentCommit)
        Bytes = Heap->SegmentCommit;
    return Bytes + PAGE_SIZE < Ucr->Size ? Bytes : Ucr->Size;
}

/* The same with the free entry before the range, which is joined only if the two are one entry:
 * else Units come from the range alone. */
static SIZE_T RtlpExtendBy(const HEAP *Heap, const HEAP_UCR_DESCRIPTOR *Ucr, ULONG Units)
{
    ULONG Before = RtlpFreeBefore(Heap, UCR_ENTRY(Ucr));
    SIZE_T Bytes = RtlpCommitBytes(Heap, Ucr, Before < Units ? Units - Before : 1);
    if (Before + (Bytes >> GRANULE_SHIFT) <= HEAP_MAXIMUM_BLOCK_SIZE)
        return Bytes;
    return RtlpCommitBytes(Heap, Ucr, Units);
}

/* A range that has room for Units together with the free entry before it, or null. */
static HEAP_UCR_DESCRIPTOR *RtlpFindUcrAfterFree(HEAP *Heap, ULONG Units)
{
    for (LIST_ENTRY *Link = Heap->UCRList.Flink; Link != &Heap->UCRList;
         Link = Link->Flink) {
        HEAP_UCR_DESCRIPTOR *Ucr =
            CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, ListEntry);
        if (!RtlpIsLinked(Link))
            return NULL;
        ULONG Before = RtlpFreeBefore(Heap, UCR_ENTRY(Ucr));
        SIZE_T Both = Before + (RtlpExtendBy(Heap, Ucr, Units) >> GRANULE_SHIFT);
        if (Before && Both >= Units && Both <= HEAP_MAXIMUM_BLOCK_SIZE)
            return Ucr;
    }
    return NULL;
}

/* The most of Total granules that one entry can have; what is left can carry links. */
static ULONG RtlpFitting(SIZE_T Total)
{
    if (Total <= HEAP_MAXIMUM_BLOCK_SIZE)
        return (ULONG)Total;
    return HEAP_MAXIMUM_BLOCK_SIZE - (Total == HEAP_MAXIMUM_BLOCK_SIZE + 1);
}

/* Commits more.
 *
 * Result: an entry of *Got granules, at least Units and no more than an entry can have, in no
 * index, its PreviousSize and SegmentOffset set; null: refused by the system, or a fixed-size
 * heap that is full, and the heap is as it was. */
HEAP_ENTRY *RtlpExtendHeap(HEAP *Heap, ULONG Units, ULONG *Got)
{
    SIZE_T Pages = ALIGN_UP((SIZE_T)Units << GRANULE_SHIFT, PAGE_SIZE) >> PAGE_SHIFT;
    HEAP_UCR_DESCRIPTOR *Ucr = RtlpFindUcr(Heap, Pages);
    HEAP_ENTRY *Entry = NULL;
    if (!Ucr && Heap->Flags & HEAP_GROWABLE)
        Entry = RtlpAddSegment(Heap, Units);
    if (Entry) {
        *Got = CODE_SIZE(RtlpDecode(Heap, Entry));
        return RtlpRemoveFree(Heap, Entry, *Got) ? Entry : NULL;
    }
    if (!Ucr)
        Ucr = RtlpFindUcrAfterFree(Heap, Units);
    SIZE_T Total;
    if (!Ucr)
        return NULL;
    Entry = RtlpCommitUcr(Heap, Ucr, RtlpExtendBy(Heap, Ucr, Units), &Total);
    if (!Entry)
        return NULL;
    *Got = RtlpFitting(Total);
    if (Total > *Got) {
        HEAP_ENTRY *Rest = RtlpEntryAfter(Entry, *Got);
        Rest->SegmentOffset = Entry->SegmentOffset;
        RtlpSetPreviousSize(Heap, Rest, *Got);
        RtlpFormFree(Heap, Rest, Total - *Got);
    }
    if (*Got >= Units)
        return Entry;
    RtlpFormFree(Heap, Entry, *Got); /* the free entry before it was damaged */
    return NULL;
}
