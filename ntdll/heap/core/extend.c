/* extend.c - a heap grows: pages that are reserved are committed, before a new segment is.
 *
 * To commit n more pages moves the entry that ends a run n pages up and makes what lies between
 * free (ranges.c has the picture).  The free entry before it is joined to that.
 *
 * Lock: the heap's.  In Windows: RtlpExtendHeap, RtlpFindAndCommitPages.
 */
#include "heap/core/freelist.h"

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
