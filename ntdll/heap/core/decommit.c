/* decommit.c - giving the pages of free entries back to the system.
 *
 * The whole pages inside a free entry go; what is left before and after them stays free:
 *
 *   | busy |        free              | busy |        | busy | free | LAST |. . . .| busy |
 *            ^ Low           ^ High     ^ Stop
 *
 * Three cases.  In the midst of a run: a new entry ends the run before Low, and a new run starts
 * at High.  At the end of a run: the entry that ended it goes, too, and its range grows downwards.
 * A run that is all free goes altogether, and the ranges before and after it become one.
 *
 * RtlpDecommitFree does so for one entry as it becomes free, RtlpCompactFree for those that were
 * kept (free.c).
 *
 * Lock: the heap's.  In Windows: RtlpDeCommitFreeBlock.
 */
#include "heap/core/freelist.h"

/* Releases segment Index, which is not the first, with all that is in it.  What it says of itself
 * is checked first: BaseAddress may be another region's. */
void RtlpReleaseSegment(HEAP *Heap, ULONG Index)
{
    HEAP_SEGMENT *Segment = Heap->Segments[Index];
    if (!RtlpIsSegmentSound(Heap, Index)) {
        RtlpHeapFailure(Heap, heap_failure_generic, Segment, "RtlpReleaseSegment");
        return;
    }
    if (!RtlpSafeUnlink(Heap, &Segment->SegmentListEntry))
        return;
    SIZE_T Reserved = (SIZE_T)Segment->NumberOfPages << PAGE_SHIFT;
    SIZE_T Uncommitted = (SIZE_T)Segment->NumberOfUnCommittedPages << PAGE_SHIFT;
    Heap->Segments[Index] = NULL;
    Heap->Counters.TotalSegments--;
    Heap->Counters.TotalMemoryReserved -= Reserved;
    Heap->Counters.TotalMemoryCommitted -= Reserved - Uncommitted;
    RtlpRelease(Segment->BaseAddress);
}

/* The uncommitted range after which a run starts with First, or null; one that is damaged is
 * reported.  The tag says where it begins, unless it is too long for one. */
static HEAP_UCR_DESCRIPTOR *RtlpRangeBefore(HEAP *Heap, HEAP_SEGMENT *Segment,
                                            const HEAP_ENTRY *First)
{
    const char *Start = (const char *)First - Heap->Pad;
    ULONG Tag = RtlpPreviousSize(Heap, First);
    if (Tag < RANGE_TAG_MOST) {
        SIZE_T Bytes = (SIZE_T)(Tag - HEAP_MAXIMUM_BLOCK_SIZE) << PAGE_SHIFT;
        HEAP_ENTRY *Last = RtlpRunEnd(Heap, Start - Bytes);
        bool Sound = Last >= Segment->FirstEntry && RtlpIsReadable(Last) &&
                     RtlpCheckRange(Heap, Last) && UCR_OF(Last)->Size == Bytes;
        return Sound ? UCR_OF(Last) : NULL;
    }
    LIST_ENTRY *Link = Segment->UCRSegmentList.Flink;
    for (ULONG i = 0; i < Segment->NumberOfUnCommittedRanges; i++, Link = Link->Flink) {
        HEAP_UCR_DESCRIPTOR *Ucr =
            CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, SegmentEntry);
        if (!RtlpIsReadable(UCR_ENTRY(Ucr)) || !RtlpIsLinked(Link))
            return NULL;
        if ((char *)Ucr->Address + Ucr->Size == Start)
            return RtlpCheckRange(Heap, UCR_ENTRY(Ucr)) ? Ucr : NULL;
    }
    return NULL;
}

/* The pages inside a free entry that can go, and the uncommitted ranges that they join. */
typedef struct _DECOMMIT {
    HEAP_SEGMENT *Segment;
    ULONG Index;
    char *Low, *High; /* the pages */
    char *End;        /* of the uncommitted range that arises */
    HEAP_UCR_DESCRIPTOR
    *Before; /* the run goes altogether: the range before it; or null */
    HEAP_UCR_DESCRIPTOR
    *After; /* the run ends after the entry: the range there; or null */
} DECOMMIT;

/* Finds out which pages of Entry, Units granules in no index, can go.  False: none, or damage
 * (reported). */
static bool RtlpFindDecommit(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units, DECOMMIT *Range)
{
    char *Start = (char *)Entry;
    char *Stop = Start + (Units << GRANULE_SHIFT); /* where the entry after begins */
    HEAP_ENTRY *Next = (HEAP_ENTRY *)Stop;
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    *Range = (DECOMMIT){.Index = Entry->SegmentOffset};
    Range->Segment = Heap->Segments[Range->Index];
    if (CODE_FLAGS(RtlpDecode(Heap, Next)) & HEAP_ENTRY_LAST_ENTRY)
        Range->After = UCR_OF(Next);
    if (Range->After && !RtlpCheckRange(Heap, Next))
        return false;
    if (Range->After) { /* the entry that ends the run goes, too */
        Range->High = Range->After->Address;
        Range->End = Range->High + Range->After->Size;
    } else {
        Range->High = (char *)ALIGN_DOWN(Stop - Heap->Pad, PAGE_SIZE);
        SIZE_T Rest = (SIZE_T)(Stop - Heap->Pad - Range->High);
        if (Rest && Rest < sizeof(HEAP_FREE_ENTRY))
            Range->High -= PAGE_SIZE;
        Range->End = Range->High;
    }
    if (Range->After && Before > HEAP_MAXIMUM_BLOCK_SIZE)
        Range->Before = RtlpRangeBefore(Heap, Range->Segment, Entry);
    if (Range->Before) {
        Range->Low = Start - Heap->Pad;
        return true;
    }
    Range->Low = (char *)ALIGN_UP(Start + UCR_ENTRY_BYTES + Heap->Pad, PAGE_SIZE);
    if (Range->Index == 0 && Range->Low < (char *)Heap + Heap->InitialCommit)
        Range->Low = (char *)Heap + Heap->InitialCommit;
    SIZE_T Front = (SIZE_T)((char *)RtlpRunEnd(Heap, Range->Low) - Start);
    if (Front && Front < sizeof(HEAP_FREE_ENTRY))
        Range->Low += PAGE_SIZE;
    return Range->Low < Range->High;
}

/* Puts back what DecommitPages took out. */
static void RtlpInsertUcrs(HEAP *Heap, const DECOMMIT *Range)
{
    if (Range->Before)
        RtlpInsertUcr(Heap, Range->Segment, Range->Before);
    if (Range->After)
        RtlpInsertUcr(Heap, Range->Segment, Range->After);
}

/* Gives the pages back.  False: the system does not take them, or damage (reported); nothing
 * changed. */
static bool RtlpDecommitPages(HEAP *Heap, DECOMMIT *Range)
{
    SIZE_T Bytes = (SIZE_T)(Range->High - Range->Low);
    if (Range->After && !RtlpRemoveUcr(Heap, Range->Segment, Range->After))
        return false;
    if (Range->Before && !RtlpRemoveUcr(Heap, Range->Segment, Range->Before)) {
        RtlpInsertUcr(Heap, Range->Segment, Range->After);
        return false;
    }
    if (!NT_SUCCESS(RtlpDecommit(Range->Low, Bytes))) {
        RtlpInsertUcrs(Heap, Range);
        return false;
    }
    Heap->Counters.DeCommitOps++;
    Heap->Counters.TotalMemoryCommitted -= Bytes;
    return true;
}

/* Ends the run before the range that arose, and makes free what is left of Entry before and
 * after it.  Result: the entry that ends the run. */
static HEAP_ENTRY *RtlpPlantRunEnd(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units,
                                   const DECOMMIT *Range)
{
    char *Low = Range->Before ? Range->Before->Address : Range->Low;
    HEAP_ENTRY *Last = RtlpRunEnd(Heap, Low);
    SIZE_T Front = Range->Before ? 0 : (SIZE_T)((char *)Last - (char *)Entry);
    ULONG Before = RtlpPreviousSize(Heap, Range->Before ? Last : Entry);
    RtlpEndRun(Heap, Range->Index, Before, Low, (SIZE_T)(Range->End - Low), NULL);
    if (Front)
        RtlpGiveFree(Heap, Entry, Front >> GRANULE_SHIFT);
    if (Range->After)
        return Last;
    char *Resume = Range->End + Heap->Pad;
    char *Stop = (char *)Entry + (Units << GRANULE_SHIFT);
    if (Resume < Stop) {
        ((HEAP_ENTRY *)Resume)->SegmentOffset = (UCHAR)Range->Index;
        RtlpGiveFree(Heap, (HEAP_ENTRY *)Resume,
                     (SIZE_T)(Stop - Resume) >> GRANULE_SHIFT);
    }
    return Last;
}

/* Makes Entry, Units granules in no index, free, and gives the whole pages inside it back to the
 * system, if there are any and the system takes them; a segment that this leaves empty goes
 * altogether.  Result: the entry that ends the run before the pages; null: the segment went, or
 * nothing did. */
HEAP_ENTRY *RtlpDecommitFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    DECOMMIT Range;
    bool Pages = RtlpFindDecommit(Heap, Entry, Units, &Range);
    if (Range.After && Entry == Range.Segment->FirstEntry && Range.Index != 0 &&
        Range.End == (char *)Range.Segment->LastValidEntry) {
        if (RtlpRemoveUcr(Heap, Range.Segment, Range.After)) {
            Range.Segment->NumberOfUnCommittedPages =
                (ULONG)((Range.End - Range.High) >> PAGE_SHIFT);
            RtlpReleaseSegment(Heap, Range.Index);
        }
    } else if (Pages && RtlpDecommitPages(Heap, &Range)) {
        return RtlpPlantRunEnd(Heap, Entry, Units, &Range);
    } else {
        RtlpFormFree(Heap, Entry, Units);
    }
    return NULL;
}

/* The same with a free entry that is in the index, whose decoded header is Code. */
static HEAP_ENTRY *RtlpDecommitIndexed(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Code)
{
    ULONG Units = CODE_SIZE(Code);
    if (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY ||
        (Units + UCR_ENTRY_UNITS < Heap->DeCommitFreeBlockThreshold &&
         Entry != Heap->Segments[Entry->SegmentOffset]->FirstEntry) ||
        !RtlpCheckFree(Heap, Entry, Units, CODE_FLAGS(Code)) ||
        !RtlpRemoveFree(Heap, Entry, Units))
        return NULL;
    return RtlpDecommitFree(Heap, Entry, Units);
}

/* Gives the whole pages inside the free entries of segment Index back, from its first run to its
 * last or to an entry that is damaged (reported).  It goes on after a range that arises: the
 * entry after that one may have been joined with what was left. */
static void RtlpCompactSegment(HEAP *Heap, ULONG Index)
{
    HEAP_ENTRY *Entry = Heap->Segments[Index]->FirstEntry;
    while (Entry && RtlpIsReadable(Entry)) {
        ULONG Code = RtlpCheckEntry(Heap, Entry);
        if (!Code)
            return;
        bool IsLast = CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY;
        HEAP_ENTRY *Last = IsLast ? Entry : RtlpDecommitIndexed(Heap, Entry, Code);
        if (!Heap->Segments[Index])
            return;
        Entry =
            Last ? RtlpAfterRange(Heap, Last) : RtlpEntryAfter(Entry, CODE_SIZE(Code));
    }
    if (Entry)
        return;
    Entry = Heap->Segments[Index]->FirstEntry; /* what follows it may have gone since */
    ULONG Code = RtlpCheckEntry(Heap, Entry);
    if (Code)
        RtlpDecommitIndexed(Heap, Entry, Code);
}

void RtlpCompactFree(HEAP *Heap)
{
    for (ULONG i = 0; i < Heap->SegmentCount && i < HEAP_MAXIMUM_SEGMENTS; i++)
        if (Heap->Segments[i] && RtlpIsSegmentSound(Heap, i))
            RtlpCompactSegment(Heap, i);
        else if (Heap->Segments[i])
            RtlpHeapFailure(Heap, heap_failure_generic, Heap->Segments[i],
                            "RtlpCompactFree");
}
