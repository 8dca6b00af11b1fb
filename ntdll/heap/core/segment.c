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

ULONG RtlpUcrClass(SIZE_T Bytes)
{
    return 31 - (ULONG)__builtin_clz((ULONG)(Bytes >> PAGE_SHIFT));
}

static void RtlpInsertUcr(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_UCR_DESCRIPTOR *Ucr)
{
    RtlpInitializeList(&Ucr->ListEntry);
    RtlpInitializeList(&Ucr->SegmentEntry);
    if (Ucr->Size == 0)
        return;
    ULONG Class = RtlpUcrClass(Ucr->Size);
    LIST_ENTRY *Next = Heap->UcrHints[Class];
    if (!Next) {
        ULONG Above = Heap->UcrInUse & (~1u << Class);
        Next = Above ? Heap->UcrHints[__builtin_ctz(Above)] : &Heap->UCRList;
    }
    if (!RtlpSafeInsert(Heap, Next, &Ucr->ListEntry) ||
        !RtlpSafeInsert(Heap, &Segment->UCRSegmentList, &Ucr->SegmentEntry))
        return;
    Heap->UcrHints[Class] = &Ucr->ListEntry;
    Heap->UcrInUse |= 1u << Class;
    Segment->NumberOfUnCommittedRanges++;
    Segment->NumberOfUnCommittedPages += (ULONG)(Ucr->Size >> PAGE_SHIFT);
    Heap->Counters.TotalUCRs++;
}

static bool RtlpRemoveUcr(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_UCR_DESCRIPTOR *Ucr)
{
    if (Ucr->Size == 0)
        return true;
    ULONG Class = RtlpUcrClass(Ucr->Size);
    LIST_ENTRY *Next = Ucr->ListEntry.Flink;
    if (!RtlpSafeUnlink(Heap, &Ucr->ListEntry) ||
        !RtlpSafeUnlink(Heap, &Ucr->SegmentEntry))
        return false;
    if (Heap->UcrHints[Class] == &Ucr->ListEntry) {
        HEAP_UCR_DESCRIPTOR *Other =
            CONTAINING_RECORD(Next, HEAP_UCR_DESCRIPTOR, ListEntry);
        bool Same = Next != &Heap->UCRList && RtlpUcrClass(Other->Size) == Class;
        Heap->UcrHints[Class] = Same ? Next : NULL;
        if (!Same)
            Heap->UcrInUse &= ~(1u << Class);
    }
    Segment->NumberOfUnCommittedRanges--;
    Segment->NumberOfUnCommittedPages -= (ULONG)(Ucr->Size >> PAGE_SHIFT);
    Heap->Counters.TotalUCRs--;
    return true;
}

/* Where the entry that ends a run lies when the committed pages end at End. */
static HEAP_ENTRY *RtlpRunEnd(const HEAP *Heap, const char *End)
{
    return (HEAP_ENTRY *)(End - Heap->Pad - UCR_ENTRY_BYTES);
}

/* Ends a run where the uncommitted range of Size bytes at Address begins: writes the heap's own
 * entry before it, whose PreviousSize is given, and the tag of the run after it. */
static void RtlpEndRun(HEAP *Heap, ULONG Index, ULONG PreviousSize, char *Address,
                       SIZE_T Size)
{
    HEAP_ENTRY *Last = RtlpRunEnd(Heap, Address);
    Last->UnusedBytes = 0;
    RtlpSetCode(Heap, Last, UCR_ENTRY_UNITS, OWN_ENTRY);
    RtlpSetPreviousSize(Heap, Last, PreviousSize);
    Last->SegmentOffset = (UCHAR)Index;
    UCR_OF(Last)->Address = Address;
    UCR_OF(Last)->Size = Size;
    RtlpInsertUcr(Heap, Heap->Segments[Index], UCR_OF(Last));
    HEAP_ENTRY *Next = RtlpAfterRange(Heap, Last);
    if (Next)
        RtlpSetPreviousSize(Heap, Next, RtlpRangeTag(Size));
}

/* Makes a segment of Reserved bytes at Segment, of which Committed are so already and the
 * first HeaderBytes hold HEAP or HEAP_SEGMENT.  Both are whole pages. */
void RtlpInitializeSegment(HEAP *Heap, HEAP_SEGMENT *Segment, SIZE_T HeaderBytes,
                           SIZE_T Committed, SIZE_T Reserved, ULONG Index)
{
    SIZE_T Header = ALIGN_UP(HeaderBytes, 16);
    char *Base = (char *)Segment;
    char *End = Base + Committed;
    Segment->SegmentSignature = HEAP_SEGMENT_SIGNATURE;
    Segment->Heap = Heap;
    Segment->BaseAddress = Base;
    Segment->NumberOfPages = (ULONG)(Reserved >> PAGE_SHIFT);
    Segment->FirstEntry = (HEAP_ENTRY *)(Base + Header + Heap->Pad);
    Segment->LastValidEntry = (HEAP_ENTRY *)(Base + Reserved);
    RtlpSetCode(Heap, &Segment->Entry, (ULONG)(Header >> GRANULE_SHIFT), HEAP_ENTRY_BUSY);
    RtlpSetPreviousSize(Heap, &Segment->Entry, 0);
    Segment->Entry.SegmentOffset = (UCHAR)Index;
    RtlpInitializeList(&Segment->UCRSegmentList);
    RtlpInsertBefore(&Heap->SegmentList, &Segment->SegmentListEntry);
    Heap->Segments[Index] = Segment;
    if (Index >= Heap->SegmentCount)
        Heap->SegmentCount = Index + 1;
    Heap->Counters.TotalSegments++;
    Heap->Counters.TotalMemoryReserved += Reserved;

    RtlpEndRun(Heap, Index, 0, End, Reserved - Committed);
    Segment->FirstEntry->SegmentOffset = (UCHAR)Index;
    RtlpSetPreviousSize(Heap, Segment->FirstEntry, 0);
    char *Last = (char *)RtlpRunEnd(Heap, End);
    RtlpFormFree(Heap, Segment->FirstEntry,
                 (SIZE_T)(Last - (char *)Segment->FirstEntry) >> GRANULE_SHIFT);
}

/* An uncommitted range of at least Pages pages, or null. */
static HEAP_UCR_DESCRIPTOR *RtlpFindUcr(HEAP *Heap, SIZE_T Pages)
{
    ULONG Class = RtlpUcrClass(Pages << PAGE_SHIFT);
    LIST_ENTRY *Link = Heap->UcrHints[Class];
    if (!Link || CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, ListEntry)->Size >>
                     PAGE_SHIFT < Pages) {
        ULONG Above = Heap->UcrInUse & (~1u << Class);
        if (!Above)
            return NULL;
        Link = Heap->UcrHints[__builtin_ctz(Above)];
    }
    return CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, ListEntry);
}

/* Whether Last ends a run, soundly; reported if not. */
static bool RtlpCheckRange(HEAP *Heap, HEAP_ENTRY *Last)
{
    ULONG Code = RtlpCheckEntry(Heap, Last);
    bool Sound = CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY;
    if (Code && !Sound)
        RtlpHeapFailure(Heap, heap_failure_entry_corruption, Last + 1, "RtlpCheckRange");
    return Sound;
}

/* Commits Size bytes at the low end of a range, where a run then ends anew or goes on.
 *
 * Result: what became free there, in no index, *Units granules of it, at least the Size bytes
 * where nothing is joined; null: refused by the system, or damaged (reported). */
static HEAP_ENTRY *RtlpCommitUcr(HEAP *Heap, HEAP_UCR_DESCRIPTOR *Ucr, SIZE_T Size,
                                 SIZE_T *Units)
{
    HEAP_ENTRY *Old = UCR_ENTRY(Ucr), *Next;
    if (!RtlpCheckRange(Heap, Old) || Size > Ucr->Size ||
        !RtlpCheckBefore(Heap, Old, RtlpPreviousSize(Heap, Old)))
        return NULL;
    ULONG Index = Old->SegmentOffset;
    HEAP_SEGMENT *Segment = Heap->Segments[Index];
    char *End = (char *)Ucr->Address + Size;
    SIZE_T Left = Ucr->Size - Size;
    if (!NT_SUCCESS(RtlpCommitPages(Heap, Ucr->Address, Size)) ||
        !RtlpRemoveUcr(Heap, Segment, Ucr))
        return NULL;
    if (Left || End == (char *)Segment->LastValidEntry) {
        RtlpEndRun(Heap, Index, 0, End, Left);
        Next = RtlpRunEnd(Heap, End);
    } else {
        Next = (HEAP_ENTRY *)(End + Heap->Pad); /* the run after it is joined */
    }
    *Units = (SIZE_T)((char *)Next - (char *)Old) >> GRANULE_SHIFT;
    return RtlpJoinFree(Heap, Old, Units);
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
    if (!NT_SUCCESS(RtlpCommitPages(Heap, Base, Need))) {
        RtlpRelease(Base);
        return NULL;
    }
    if (Heap->NextReserve * 2 <= HEAP_SEGMENT_MAXIMUM)
        Heap->NextReserve *= 2;
    RtlpInitializeSegment(Heap, Base, sizeof(HEAP_SEGMENT), Need, Reserve, Index);
    return Heap->Segments[Index]->FirstEntry;
}

/* The free entry that Last, the end of a run, lies after, in granules; 0: none. */
static ULONG RtlpFreeBefore(const HEAP *Heap, const HEAP_ENTRY *Last)
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
        if (Before && ((SIZE_T)Units - Before) << GRANULE_SHIFT <= Ucr->Size)
            return Ucr;
    }
    return NULL;
}

/* Bytes to commit of Ucr for Units granules: no less than the heap commits at a time. */
static SIZE_T RtlpExtendBy(const HEAP *Heap, const HEAP_UCR_DESCRIPTOR *Ucr, ULONG Units)
{
    ULONG Before = RtlpFreeBefore(Heap, UCR_ENTRY(Ucr));
    SIZE_T Need = Before < Units ? Units - Before : 1;
    SIZE_T Bytes = ALIGN_UP(Need << GRANULE_SHIFT, PAGE_SIZE);
    if (Bytes < Heap->SegmentCommit)
        Bytes = Heap->SegmentCommit;
    return Bytes < Ucr->Size ? Bytes : Ucr->Size;
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
    if (Ucr)
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

/* Gives a segment without a busy entry back. */
static void RtlpReleaseSegment(HEAP *Heap, HEAP_SEGMENT *Segment, ULONG Index)
{
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
    if ((Range->After && !RtlpCheckRange(Heap, Next)) ||
        !RtlpCheckBefore(Heap, Entry, Before))
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
 * after it. */
static void RtlpPlantRunEnd(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units,
                            const DECOMMIT *Range)
{
    char *Low = Range->Before ? Range->Before->Address : Range->Low;
    HEAP_ENTRY *Last = RtlpRunEnd(Heap, Low);
    SIZE_T Front = Range->Before ? 0 : (SIZE_T)((char *)Last - (char *)Entry);
    ULONG Before = RtlpPreviousSize(Heap, Range->Before ? Last : Entry);
    RtlpEndRun(Heap, Range->Index, Before, Low, (SIZE_T)(Range->End - Low));
    if (Front)
        RtlpGiveFree(Heap, Entry, Front >> GRANULE_SHIFT);
    if (Range->After)
        return;
    char *Resume = Range->End + Heap->Pad;
    char *Stop = (char *)Entry + (Units << GRANULE_SHIFT);
    if (Resume < Stop) {
        ((HEAP_ENTRY *)Resume)->SegmentOffset = (UCHAR)Range->Index;
        RtlpGiveFree(Heap, (HEAP_ENTRY *)Resume,
                     (SIZE_T)(Stop - Resume) >> GRANULE_SHIFT);
    }
}

/* Makes Entry, Units granules in no index, free, and gives the whole pages inside it back to the
 * system, if there are any and the system takes them; a segment that this leaves empty goes
 * altogether. */
void RtlpDecommitFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    DECOMMIT Range;
    if (!RtlpFindDecommit(Heap, Entry, Units, &Range)) {
        RtlpFormFree(Heap, Entry, Units);
    } else if (Range.After && Entry == Range.Segment->FirstEntry && Range.Index != 0 &&
               Range.End == (char *)Range.Segment->LastValidEntry) {
        if (RtlpRemoveUcr(Heap, Range.Segment, Range.After)) {
            Range.Segment->NumberOfUnCommittedPages =
                (ULONG)((Range.End - Range.High) >> PAGE_SHIFT);
            RtlpReleaseSegment(Heap, Range.Segment, Range.Index);
        }
    } else if (RtlpDecommitPages(Heap, &Range)) {
        RtlpPlantRunEnd(Heap, Entry, Units, &Range);
    } else {
        RtlpFormFree(Heap, Entry, Units);
    }
}
