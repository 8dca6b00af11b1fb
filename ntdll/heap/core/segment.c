/* segment.c - the address space of a heap: reserve, commit, decommit.
 *
 * A segment alternates between committed runs of entries and uncommitted ranges.  Each
 * run ends in a busy entry of the heap's own that holds the descriptor of the range
 * behind it, so an entry that a program can hold or the free lists can hold always has an
 * entry behind it:
 *
 *   ... | entry | entry | LAST: UCR{address,size} |. . uncommitted . .| entry ...
 *                         '-- ends at a page -------'                 '-- at a page,
 *                                                                         PreviousSize 0
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
#include "heap/heapp.h"

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

/* Ends a run: the heap's own entry at At, and the uncommitted bytes from Address on. */
static void RtlpEndRun(HEAP *Heap, ULONG Index, HEAP_ENTRY *At, ULONG Units,
                       ULONG PreviousSize, PVOID Address, SIZE_T Size)
{
    At->UnusedBytes = 0;
    RtlpSetCode(Heap, At, Units, OWN_ENTRY);
    RtlpSetPreviousSize(Heap, At, PreviousSize);
    At->SegmentOffset = (UCHAR)Index;
    UCR_OF(At)->Address = Address;
    UCR_OF(At)->Size = Size;
    RtlpInsertUcr(Heap, Heap->Segments[Index], UCR_OF(At));
}

/* Where the entry that ends a run stands when the committed pages end at End. */
static HEAP_ENTRY *RtlpRunEnd(const HEAP *Heap, PVOID End)
{
    return (HEAP_ENTRY *)((char *)End - Heap->Pad - UCR_ENTRY_BYTES);
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

    HEAP_ENTRY *Last = RtlpRunEnd(Heap, End);
    RtlpEndRun(Heap, Index, Last, UCR_ENTRY_UNITS, 0, End, Reserved - Committed);
    RtlpFormFree(Heap, Segment->FirstEntry,
                 (SIZE_T)((char *)Last - (char *)Segment->FirstEntry) >> GRANULE_SHIFT, 0,
                 (UCHAR)Index);
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

/* Commits Size bytes at the low end of a range and makes them free. */
static NTSTATUS RtlpCommitUcr(HEAP *Heap, HEAP_UCR_DESCRIPTOR *Ucr, SIZE_T Size)
{
    HEAP_ENTRY *Old = UCR_ENTRY(Ucr);
    if (!RtlpCheckRange(Heap, Old) || Size > Ucr->Size)
        return STATUS_HEAP_CORRUPTION;
    ULONG Index = Old->SegmentOffset;
    HEAP_SEGMENT *Segment = Heap->Segments[Index];
    ULONG Before = RtlpPreviousSize(Heap, Old);
    if (!RtlpCheckBefore(Heap, Old, Before))
        return STATUS_HEAP_CORRUPTION;
    char *End = (char *)Ucr->Address + Size;
    SIZE_T Left = Ucr->Size - Size;
    NTSTATUS Status = RtlpCommitPages(Heap, Ucr->Address, Size);
    if (!NT_SUCCESS(Status))
        return Status;
    if (!RtlpRemoveUcr(Heap, Segment, Ucr))
        return STATUS_HEAP_CORRUPTION;
    HEAP_ENTRY *Next;
    if (Left || End == (char *)Segment->LastValidEntry) {
        Next = RtlpRunEnd(Heap, End);
        RtlpEndRun(Heap, Index, Next, UCR_ENTRY_UNITS, 0, End, Left);
    } else {
        Next = (HEAP_ENTRY *)(End + Heap->Pad); /* the run behind it is joined */
    }
    RtlpFormFree(Heap, Old, (SIZE_T)((char *)Next - (char *)Old) >> GRANULE_SHIFT, Before,
                 (UCHAR)Index);
    return STATUS_SUCCESS;
}

/* Reserves a segment that has room for Units granules and commits that much of it. */
static NTSTATUS RtlpAddSegment(HEAP *Heap, ULONG Units)
{
    ULONG Index = 0;
    while (Index < HEAP_MAXIMUM_SEGMENTS && Heap->Segments[Index])
        Index++;
    if (Index == HEAP_MAXIMUM_SEGMENTS)
        return STATUS_NO_MEMORY;
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
        return Status;
    Status = RtlpCommitPages(Heap, Base, Need);
    if (!NT_SUCCESS(Status)) {
        RtlpRelease(Base);
        return Status;
    }
    if (Heap->NextReserve * 2 <= HEAP_SEGMENT_MAXIMUM)
        Heap->NextReserve *= 2;
    RtlpInitializeSegment(Heap, Base, sizeof(HEAP_SEGMENT), Need, Reserve, Index);
    return STATUS_SUCCESS;
}

/* The last resort of a heap that cannot grow: a free entry that the short search passed
 * over comes first in its class, or one that stops at an uncommitted range takes in what
 * it needs of that. */
static NTSTATUS RtlpScrape(HEAP *Heap, ULONG Units)
{
    ULONG Class = RtlpFreeClass(Units);
    LIST_ENTRY *Link = Heap->FreeHints[Class] ? Heap->FreeHints[Class] : &Heap->FreeLists;
    for (; Link != &Heap->FreeLists; Link = Link->Flink) {
        HEAP_ENTRY *Entry = &CONTAINING_RECORD(Link, HEAP_FREE_ENTRY, FreeList)->Header;
        ULONG Size = CODE_SIZE(RtlpDecode(Heap, Entry));
        if (RtlpFreeClass(Size) != Class || !RtlpIsLinked(Link))
            break;
        if (Size < Units)
            continue;
        if (!RtlpRemoveFree(Heap, Entry, Size))
            return STATUS_HEAP_CORRUPTION;
        RtlpInsertFree(Heap, Entry, Size);
        return STATUS_SUCCESS;
    }
    for (Link = Heap->UCRList.Flink; Link != &Heap->UCRList; Link = Link->Flink) {
        HEAP_UCR_DESCRIPTOR *Ucr =
            CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, ListEntry);
        ULONG Before = RtlpPreviousSize(Heap, UCR_ENTRY(Ucr));
        ULONG Code = RtlpDecode(Heap, RtlpBehind(UCR_ENTRY(Ucr), Before));
        SIZE_T Need = ((SIZE_T)Units - Before) << GRANULE_SHIFT;
        if (Before && Before < Units && !(CODE_FLAGS(Code) & HEAP_ENTRY_BUSY) &&
            Need <= Ucr->Size)
            return RtlpCommitUcr(Heap, Ucr, ALIGN_UP(Need, PAGE_SIZE));
    }
    return STATUS_NO_MEMORY;
}

/* Commits more, so that the free lists hold an entry of Units granules.
 *
 * Result: STATUS_SUCCESS; else the system's refusal, or STATUS_NO_MEMORY for a fixed-size
 * heap that is full.  The heap is as it was. */
NTSTATUS RtlpExtendHeap(HEAP *Heap, ULONG Units)
{
    SIZE_T Bytes = ALIGN_UP((SIZE_T)Units << GRANULE_SHIFT, PAGE_SIZE);
    HEAP_UCR_DESCRIPTOR *Ucr = RtlpFindUcr(Heap, Bytes >> PAGE_SHIFT);
    if (!Ucr && !(Heap->Flags & HEAP_GROWABLE))
        return RtlpScrape(Heap, Units);
    if (!Ucr)
        return RtlpAddSegment(Heap, Units);
    if (Bytes < Heap->SegmentCommit)
        Bytes = Heap->SegmentCommit < Ucr->Size ? Heap->SegmentCommit : Ucr->Size;
    return RtlpCommitUcr(Heap, Ucr, Bytes);
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

/* The uncommitted range that ends at Address, or null; one that is damaged is reported. */
static HEAP_UCR_DESCRIPTOR *RtlpRangeBefore(HEAP *Heap, HEAP_SEGMENT *Segment,
                                            const char *Address)
{
    LIST_ENTRY *Link = Segment->UCRSegmentList.Flink;
    for (ULONG i = 0; i < Segment->NumberOfUnCommittedRanges; i++, Link = Link->Flink) {
        HEAP_UCR_DESCRIPTOR *Ucr =
            CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, SegmentEntry);
        if (!RtlpIsReadable(UCR_ENTRY(Ucr)) || !RtlpIsLinked(Link) ||
            !RtlpCheckRange(Heap, UCR_ENTRY(Ucr)))
            return NULL;
        if ((char *)Ucr->Address + Ucr->Size == Address)
            return Ucr;
    }
    return NULL;
}

/* Gives a run back that is one free entry, with the entry End that ends it: the ranges
 * before and behind it become one.  False: it stands, nothing changed. */
static bool RtlpDecommitRun(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_ENTRY *Entry,
                            ULONG Units, HEAP_ENTRY *End)
{
    char *Start = (char *)Entry - Heap->Pad;
    char *High = UCR_OF(End)->Address;
    SIZE_T Behind = UCR_OF(End)->Size;
    HEAP_UCR_DESCRIPTOR *Ucr = RtlpRangeBefore(Heap, Segment, Start);
    if (!Ucr || !RtlpRemoveUcr(Heap, Segment, UCR_OF(End)))
        return false;
    if (!RtlpRemoveFree(Heap, Entry, Units)) {
        RtlpInsertUcr(Heap, Segment, UCR_OF(End));
        return false;
    }
    if (!RtlpRemoveUcr(Heap, Segment, Ucr) ||
        !NT_SUCCESS(RtlpDecommit(Start, (SIZE_T)(High - Start)))) {
        RtlpInsertUcr(Heap, Segment, Ucr);
        RtlpInsertUcr(Heap, Segment, UCR_OF(End));
        RtlpInsertFree(Heap, Entry, Units);
        return false;
    }
    Ucr->Size += (SIZE_T)(High - Start) + Behind;
    RtlpInsertUcr(Heap, Segment, Ucr);
    Heap->Counters.DeCommitOps++;
    Heap->Counters.TotalMemoryCommitted -= (SIZE_T)(High - Start);
    return true;
}

/* Gives the whole pages inside the free entry Entry back to the system, if there are any
 * and the system takes them; a segment that this leaves empty goes altogether. */
void RtlpDecommitFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    ULONG Index = Entry->SegmentOffset;
    HEAP_SEGMENT *Segment = Heap->Segments[Index];
    char *Start = (char *)Entry;
    HEAP_ENTRY *Next = RtlpAhead(Entry, Units);
    ULONG Before = RtlpPreviousSize(Heap, Entry);
    bool AtEnd = (CODE_FLAGS(RtlpDecode(Heap, Next)) & HEAP_ENTRY_LAST_ENTRY) != 0;

    char *Low = (char *)ALIGN_UP(Start + UCR_ENTRY_BYTES + Heap->Pad, PAGE_SIZE);
    char *High, *RangeEnd;
    if (Index == 0 && Low < (char *)Heap + Heap->InitialCommit)
        Low = (char *)Heap + Heap->InitialCommit;
    if ((AtEnd && !RtlpCheckRange(Heap, Next)) || !RtlpCheckBefore(Heap, Entry, Before))
        return;
    if (AtEnd && Before == 0 && Entry != Segment->FirstEntry &&
        RtlpDecommitRun(Heap, Segment, Entry, Units, Next))
        return;
    if (AtEnd) { /* the entry behind goes too, and the two ranges become one */
        High = UCR_OF(Next)->Address;
        RangeEnd = High + UCR_OF(Next)->Size;
    } else {
        High = (char *)ALIGN_DOWN((char *)Next - Heap->Pad, PAGE_SIZE);
        SIZE_T Back = (SIZE_T)((char *)Next - Heap->Pad - High);
        if (Back && Back < sizeof(HEAP_FREE_ENTRY))
            High -= PAGE_SIZE;
        RangeEnd = High;
    }
    if (Low >= High)
        return;
    if (AtEnd && !RtlpRemoveUcr(Heap, Segment, UCR_OF(Next)))
        return;
    if (!RtlpRemoveFree(Heap, Entry, Units))
        return;
    if (AtEnd && Entry == Segment->FirstEntry &&
        RangeEnd == (char *)Segment->LastValidEntry && Index != 0) {
        Segment->NumberOfUnCommittedPages = (ULONG)((RangeEnd - High) >> PAGE_SHIFT);
        RtlpReleaseSegment(Heap, Segment, Index);
        return;
    }
    if (!NT_SUCCESS(RtlpDecommit(Low, (SIZE_T)(High - Low)))) {
        if (AtEnd)
            RtlpInsertUcr(Heap, Segment, UCR_OF(Next));
        RtlpInsertFree(Heap, Entry, Units);
        return;
    }
    Heap->Counters.DeCommitOps++;
    Heap->Counters.TotalMemoryCommitted -= (SIZE_T)(High - Low);

    HEAP_ENTRY *Last = RtlpRunEnd(Heap, Low);
    SIZE_T Front = (SIZE_T)((char *)Last - Start);
    ULONG LastUnits = UCR_ENTRY_UNITS;
    if (Front <
        sizeof(HEAP_FREE_ENTRY)) { /* too little for a free entry: it takes it in */
        LastUnits += (ULONG)(Front >> GRANULE_SHIFT);
        Last = Entry;
        Front = 0;
    }
    RtlpEndRun(Heap, Index, Last, LastUnits, Before, Low, (SIZE_T)(RangeEnd - Low));
    if (Front)
        RtlpFormFree(Heap, Entry, Front >> GRANULE_SHIFT, Before, (UCHAR)Index);
    if (AtEnd)
        return;
    HEAP_ENTRY *Resume = (HEAP_ENTRY *)(RangeEnd + Heap->Pad);
    if (Resume == Next)
        RtlpSetPreviousSize(Heap, Next, 0);
    else
        RtlpFormFree(Heap, Resume,
                     (SIZE_T)((char *)Next - (char *)Resume) >> GRANULE_SHIFT, 0,
                     (UCHAR)Index);
}
