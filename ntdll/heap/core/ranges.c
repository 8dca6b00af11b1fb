/* ranges.c - the uncommitted ranges of a heap's segments, and the entries that end its runs.
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
 * All ranges are in one list (HEAP.UCRList) sorted by class, the power of two of their pages; for
 * each class a hint points at its first range and a bit of UcrInUse says that there is one.  Each
 * range is in its segment's list, too.
 *
 * Under HEAP_CREATE_ALIGN_16 entries start Pad = 8 bytes past a multiple of 16, and so do
 * runs.
 *
 * Lock: the heap's.  In Windows: UCRList, UCRIndex, _HEAP_UCR_DESCRIPTOR (kept in segments of
 * their own there).
 */
#include "heap/heapp.h"

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

ULONG RtlpUcrClass(SIZE_T Bytes)
{
    return (ULONG)__builtin_clz((ULONG)(Bytes >> PAGE_SHIFT)) ^ 31;
}

static HEAP_UCR_DESCRIPTOR *RtlpUcrOfLink(LIST_ENTRY *Link)
{
    return CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, ListEntry);
}

bool RtlpCheckUcr(HEAP *Heap, const HEAP_UCR_DESCRIPTOR *Ucr)
{
    if (RtlpIsLinked(&Ucr->ListEntry) && RtlpIsLinked(&Ucr->SegmentEntry))
        return true;
    RtlpHeapFailure(Heap, heap_failure_listentry_corruption, (PVOID)Ucr, "RtlpCheckUcr");
    return false;
}

bool RtlpInsertUcr(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_UCR_DESCRIPTOR *Ucr)
{
    RtlpInitializeList(&Ucr->ListEntry);
    RtlpInitializeList(&Ucr->SegmentEntry);
    if (Ucr->Size == 0)
        return true;
    ULONG Class = RtlpUcrClass(Ucr->Size);
    LIST_ENTRY *Next = Heap->UcrHints[Class];
    if (!Next) {
        ULONG Above = Heap->UcrInUse & (~1u << Class);
        Next = Above ? Heap->UcrHints[__builtin_ctz(Above)] : &Heap->UCRList;
    }
    if (!RtlpPointsAt(LINK_BEFORE(Next), Next) ||
        !RtlpPointsAt(LINK_BEFORE(&Segment->UCRSegmentList), &Segment->UCRSegmentList)) {
        RtlpHeapFailure(Heap, heap_failure_listentry_corruption, Next, "RtlpInsertUcr");
        return false;
    }
    RtlpInsertBefore(Next, &Ucr->ListEntry);
    RtlpInsertBefore(&Segment->UCRSegmentList, &Ucr->SegmentEntry);
    Heap->UcrHints[Class] = &Ucr->ListEntry;
    Heap->UcrInUse |= 1u << Class;
    Segment->NumberOfUnCommittedRanges++;
    Segment->NumberOfUnCommittedPages += (ULONG)(Ucr->Size >> PAGE_SHIFT);
    Heap->Counters.TotalUCRs++;
    return true;
}

/* Takes a link, which is sound, out of its list. */
static void RtlpUnlink(const LIST_ENTRY *Link)
{
    Link->Blink->Flink = Link->Flink;
    Link->Flink->Blink = Link->Blink;
}

bool RtlpRemoveUcr(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_UCR_DESCRIPTOR *Ucr)
{
    if (Ucr->Size == 0)
        return true;
    ULONG Class = RtlpUcrClass(Ucr->Size);
    LIST_ENTRY *Next = Ucr->ListEntry.Flink;
    if (!RtlpCheckUcr(Heap, Ucr))
        return false;
    RtlpUnlink(&Ucr->ListEntry);
    RtlpUnlink(&Ucr->SegmentEntry);
    if (Heap->UcrHints[Class] == &Ucr->ListEntry) {
        bool Same =
            Next != &Heap->UCRList && RtlpUcrClass(RtlpUcrOfLink(Next)->Size) == Class;
        Heap->UcrHints[Class] = Same ? Next : NULL;
        if (!Same)
            Heap->UcrInUse &= ~(1u << Class);
    }
    Segment->NumberOfUnCommittedRanges--;
    Segment->NumberOfUnCommittedPages -= (ULONG)(Ucr->Size >> PAGE_SHIFT);
    Heap->Counters.TotalUCRs--;
    return true;
}

/* Puts To in the place of From, whose links are sound. */
static void RtlpMoveUcr(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_UCR_DESCRIPTOR *From,
                        HEAP_UCR_DESCRIPTOR *To)
{
    ULONG Class = RtlpUcrClass(From->Size);
    if (!To->Size || RtlpUcrClass(To->Size) != Class) {
        RtlpRemoveUcr(Heap, Segment, From);
        RtlpInsertUcr(Heap, Segment, To);
        return;
    }
    To->ListEntry = From->ListEntry;
    To->SegmentEntry = From->SegmentEntry;
    To->ListEntry.Flink->Blink = To->ListEntry.Blink->Flink = &To->ListEntry;
    To->SegmentEntry.Flink->Blink = To->SegmentEntry.Blink->Flink = &To->SegmentEntry;
    if (Heap->UcrHints[Class] == &From->ListEntry)
        Heap->UcrHints[Class] = &To->ListEntry;
    Segment->NumberOfUnCommittedPages -= (ULONG)((From->Size - To->Size) >> PAGE_SHIFT);
}

/* An uncommitted range of at least Pages pages, or null. */
HEAP_UCR_DESCRIPTOR *RtlpFindUcr(HEAP *Heap, SIZE_T Pages)
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
bool RtlpCheckRange(HEAP *Heap, HEAP_ENTRY *Last)
{
    ULONG Code = RtlpCheckEntry(Heap, Last);
    bool Sound = CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY;
    if (Code && !Sound)
        RtlpHeapFailure(Heap, heap_failure_entry_corruption, Last + 1, "RtlpCheckRange");
    return Sound;
}

/* Ends a run where the uncommitted range of Size bytes at Address begins: writes the heap's own
 * entry before it, whose PreviousSize is given, and the tag of the run after it.  From: the
 * descriptor, with sound links, that this one replaces; null: none. */
void RtlpEndRun(HEAP *Heap, ULONG Index, ULONG PreviousSize, char *Address, SIZE_T Size,
                HEAP_UCR_DESCRIPTOR *From)
{
    HEAP_SEGMENT *Segment = Heap->Segments[Index];
    HEAP_ENTRY *Last = RtlpRunEnd(Heap, Address);
    Last->UnusedBytes = 0;
    RtlpSetCode(Heap, Last, UCR_ENTRY_UNITS, OWN_ENTRY);
    RtlpSetPreviousSize(Heap, Last, PreviousSize);
    Last->SegmentOffset = (UCHAR)Index;
    UCR_OF(Last)->Address = Address;
    UCR_OF(Last)->Size = Size;
    if (From)
        RtlpMoveUcr(Heap, Segment, From, UCR_OF(Last));
    else
        RtlpInsertUcr(Heap, Segment, UCR_OF(Last));
    if (Address + Size < (char *)Segment->LastValidEntry)
        RtlpSetPreviousSize(Heap, (HEAP_ENTRY *)(Address + Size + Heap->Pad),
                            RtlpRangeTag(Size));
}
