/* freelist.c - the system's own heap while yours is being written (make BACK=standin).
 *
 * In a handout ntdll is linked with this file, and labheap.dll with the student's.  It keeps
 * no index at all: what is free is found by a walk over every entry of the heap, and nothing is
 * joined.  So programs run, slowly and wastefully.  It is no model for the lab: the lab's cases
 * have no segments to walk over.
 */
#include "heap/core/freelist.h"

#define WHOLE HEAP_MAXIMUM_BLOCK_SIZE

/* The next entry of the heap after Entry, in whatever run or segment; null: there is none. */
static HEAP_ENTRY *StepOn(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Code)
{
    if (!(CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY))
        return RtlpEntryAfter(Entry, CODE_SIZE(Code));
    ULONG Segment = Entry->SegmentOffset;
    HEAP_ENTRY *Run = RtlpAfterRange(Heap, Entry);
    while (!Run && ++Segment < HEAP_MAXIMUM_SEGMENTS)
        Run = Heap->Segments[Segment] ? Heap->Segments[Segment]->FirstEntry : NULL;
    return Run;
}

/* The first free entry of Units or more from Entry on. */
static HEAP_ENTRY *SearchFrom(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    while (Entry) {
        ULONG Code = RtlpDecode(Heap, Entry);
        if (!RtlpCodeIsGood(Code) || CODE_SIZE(Code) == 0)
            return NULL;
        if (!(CODE_FLAGS(Code) & HEAP_ENTRY_BUSY) && CODE_SIZE(Code) >= Units)
            return Entry;
        Entry = StepOn(Heap, Entry, Code);
    }
    return NULL;
}

void RtlpOpenFreeIndex(HEAP *Heap)
{
    Heap->Flags |= HEAP_DISABLE_COALESCE_ON_FREE; /* free neighbours stay two */
}

void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    (void)Entry;
    Heap->TotalFreeSize += Units;
}

bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    (void)Entry;
    Heap->TotalFreeSize -= Units;
    return true;
}

HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every)
{
    (void)Every;
    return Heap->Segments[0] ? SearchFrom(Heap, Heap->Segments[0]->FirstEntry, Units)
                             : NULL;
}

HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry)
{
    if (!Entry)
        return RtlpFindFree(Heap, 1, true);
    return SearchFrom(Heap, StepOn(Heap, Entry, RtlpDecode(Heap, Entry)), 1);
}

HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    (void)Heap, (void)Units;
    return Entry;
}

/* More than WHOLE granules are halved until they fit. */
void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    if (Units > WHOLE) {
        const SIZE_T half = Units / 4 * 2;
        HEAP_ENTRY *upper = (HEAP_ENTRY *)((char *)Entry + (half << GRANULE_SHIFT));
        upper->SegmentOffset = Entry->SegmentOffset;
        RtlpFormFree(Heap, Entry, half);
        RtlpFormFree(Heap, upper, Units - half);
        return;
    }
    RtlpWriteFree(Heap, Entry, (ULONG)Units, RtlpPreviousSize(Heap, Entry),
                  Entry->SegmentOffset);
    Heap->TotalFreeSize += Units;
    RtlpSetPreviousSize(Heap, RtlpEntryAfter(Entry, (ULONG)Units), (ULONG)Units);
}

bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize)
{
    HEAP_ENTRY *rest = RtlpEntryAfter(Entry, Cut);
    UCHAR segment = Entry->SegmentOffset;
    Heap->TotalFreeSize -= Units;
    RtlpSetPreviousSize(Heap, rest, PreviousSize);
    if (Units > Cut) {
        rest->SegmentOffset = segment;
        RtlpFormFree(Heap, rest, Units - Cut);
    }
    return true;
}

ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where)
{
    (void)Entries;
    *Where = &Heap->TotalFreeSize;
    return Heap->TotalFreeSize == Units ? 0 : 7;
}
