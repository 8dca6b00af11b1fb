/* segment.c - a segment: its address space, its HEAP_SEGMENT, its first run.
 *
 *   Base                                                            Base + Reserved
 *   | HEAP or HEAP_SEGMENT | first run: one free entry | LAST |. . uncommitted . .|
 *
 * The first segment begins with HEAP.  A heap with a guard page keeps the HEAP_SEGMENTs of all
 * its segments after HEAP, before that page: the other segments are blocks only.
 *
 * Lock: the heap's.  In Windows: RtlpInitializeHeapSegment.
 */
#include "heap/core/freelist.h"

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
HEAP_ENTRY *RtlpAddSegment(HEAP *Heap, ULONG Units)
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
