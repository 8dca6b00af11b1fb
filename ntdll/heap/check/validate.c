/* validate.c - every invariant of heap.h, checked; RtlValidateHeap.
 *
 * The check reads everything and trusts nothing: it follows entries only inside the
 * committed runs, and links only as far as there are entries to link.  What it says names
 * the invariant that does not hold.  The front end checks its
 * own (front/check.c).
 *
 * Lock: the heap's.  In Windows: RtlpValidateHeap and friends.
 */
#include "heap/check/validate.h"
#include "heap/core/freelist.h"
#include "heap/front/front.h"

/* H15, and what a busy entry notes of itself (H2). */
static bool RtlpCheckBusy(HEAP_CHECK *Check, HEAP_ENTRY *Entry, ULONG Code)
{
    SIZE_T Bytes = (SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT;
    if ((CODE_FLAGS(Code) & HEAP_ENTRY_VIRTUAL_ALLOC &&
         !RtlpFrontHolds(Check->Heap, Entry + 1)) ||
        Entry->UnusedBytes < sizeof(HEAP_ENTRY) || Entry->UnusedBytes > Bytes ||
        Entry->UnusedBytes > RtlpMostUnused(Check->Heap, CODE_FLAGS(Code)) ||
        !RtlpIsReadable(RtlpEntryAfter(Entry, CODE_SIZE(Code)) - 1))
        return RtlpWrong(Check, H(2), heap_failure_entry_corruption, Entry + 1);
    if (!(CODE_FLAGS(Code) & HEAP_ENTRY_VIRTUAL_ALLOC) && !RtlpSlackIsWhole(Entry, Code))
        return RtlpWrong(Check, H(15), heap_failure_buffer_overrun, Entry + 1);
    if (CODE_FLAGS(Code) & HEAP_ENTRY_FILL_PATTERN) {
        const UCHAR *Tail =
            (const UCHAR *)Entry + Bytes - Entry->UnusedBytes + sizeof(HEAP_ENTRY);
        for (ULONG i = 0; i < HEAP_TAIL_SIZE; i++)
            if (Tail[i] != 0xAB)
                return RtlpWrong(Check, H(15), heap_failure_buffer_overrun, Entry + 1);
    }
    return true;
}

/* H15, and what a free entry must be to be in the free list. */
static bool RtlpCheckFreeEntry(HEAP_CHECK *Check, HEAP_ENTRY *Entry, ULONG Code)
{
    Check->Free++;
    Check->FreeUnits += CODE_SIZE(Code);
    if (Entry->UnusedBytes || CODE_FLAGS(Code) & ~HEAP_ENTRY_FILL_PATTERN)
        return RtlpWrong(Check, H(2), heap_failure_entry_corruption, Entry + 1);
    if (CODE_SIZE(Code) < 2 || CODE_SIZE(Code) > HEAP_MAXIMUM_BLOCK_SIZE)
        return RtlpWrong(Check, H(5), heap_failure_freelists_corruption, Entry + 1);
    if (CODE_FLAGS(Code) & HEAP_ENTRY_FILL_PATTERN) {
        ULONG *End = (ULONG *)RtlpEntryAfter(Entry, CODE_SIZE(Code));
        for (ULONG *Word = (ULONG *)(FREE_OF(Entry) + 1); Word < End; Word++)
            if (*Word != 0xFEEEFEEEu)
                return RtlpWrong(Check, H(15), heap_failure_usage_after_free, Word);
    }
    return true;
}

/* H2, H3, H4 for the run that starts at First, whose PreviousSize is Before; *Last is the entry
 * that ends it. */
static bool RtlpCheckRun(HEAP_CHECK *Check, HEAP_SEGMENT *Segment, ULONG Index,
                         HEAP_ENTRY *First, ULONG Before, HEAP_ENTRY **Last)
{
    HEAP *Heap = Check->Heap;
    bool FreeBefore = false;
    for (HEAP_ENTRY *Entry = First; Entry < Segment->LastValidEntry;) {
        if (!RtlpIsReadable(Entry))
            return RtlpWrong(Check, H(2), heap_failure_entry_corruption, Entry + 1);
        ULONG Code = RtlpDecode(Heap, Entry);
        ULONG Size = CODE_SIZE(Code);
        bool Busy = CODE_FLAGS(Code) & HEAP_ENTRY_BUSY;
#if HEAP_WIDE
        if (Entry->Reserved != RtlpReserved(Heap, Entry))
            return RtlpWrong(Check, H(2), heap_failure_entry_corruption, Entry + 1);
#endif
        if (!RtlpCodeIsGood(Code) || Entry->SegmentOffset != Index ||
            RtlpEntryAfter(Entry, Size) > Segment->LastValidEntry)
            return RtlpWrong(Check, H(2), heap_failure_entry_corruption, Entry + 1);
        if (RtlpPreviousSize(Heap, Entry) != Before)
            return RtlpWrong(Check, H(3), heap_failure_entry_corruption, Entry + 1);
        if (!Busy && FreeBefore && Before + Size <= HEAP_MAXIMUM_BLOCK_SIZE &&
            !(Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE))
            return RtlpWrong(Check, H(4), heap_failure_entry_corruption, Entry + 1);
        if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY) {
            *Last = Entry;
            return (Busy && !Entry->UnusedBytes) ||
                   RtlpWrong(Check, H(2), heap_failure_entry_corruption, Entry + 1);
        }
        if (!(Busy ? RtlpCheckBusy(Check, Entry, Code)
                   : RtlpCheckFreeEntry(Check, Entry, Code)))
            return false;
        FreeBefore = !Busy;
        Before = Size;
        Entry = RtlpEntryAfter(Entry, Size);
    }
    return RtlpWrong(Check, H(2), heap_failure_entry_corruption, First + 1);
}

/* H8 and its runs, for a segment that H1 holds for. */
static bool RtlpCheckRuns(HEAP_CHECK *Check, HEAP_SEGMENT *Segment, ULONG Index)
{
    SIZE_T Pages = 0, Ranges = 0;
    ULONG Before = 0;
    for (HEAP_ENTRY *Entry = Segment->FirstEntry; Entry;) {
        HEAP_ENTRY *Last = NULL;
        if (!RtlpCheckRun(Check, Segment, Index, Entry, Before, &Last))
            return false;
        if (!RtlpRangeIsSound(Check->Heap, Last))
            return RtlpWrong(Check, H(8), heap_failure_entry_corruption, Last + 1);
        Ranges += UCR_OF(Last)->Size != 0;
        Pages += UCR_OF(Last)->Size >> PAGE_SHIFT;
        Before = RtlpRangeTag(UCR_OF(Last)->Size);
        Entry = RtlpAfterRange(Check->Heap, Last);
    }
    Check->Ucrs += Ranges;
    SIZE_T Listed = 0;
    LIST_ENTRY *Head = &Segment->UCRSegmentList;
    bool Linked = RtlpIsLinked(Head);
    for (LIST_ENTRY *Link = Head->Flink; Linked && Link != Head; Link = Link->Flink)
        Linked = ++Listed <= Ranges && RtlpIsLinked(Link);
    if (!Linked || Listed != Ranges)
        return RtlpWrong(Check, H(9), heap_failure_listentry_corruption, Head);
    if (Pages != Segment->NumberOfUnCommittedPages ||
        Ranges != Segment->NumberOfUnCommittedRanges)
        return RtlpWrong(Check, H(8), heap_failure_generic, Segment);
    return true;
}

/* H1 for the HEAP_SEGMENT of segment Index. */
bool RtlpIsSegmentSound(const HEAP *Heap, ULONG Index)
{
    const HEAP_SEGMENT *Segment = Heap->Segments[Index];
    ULONG Own = (ULONG)ALIGN_UP(Index ? sizeof(HEAP_SEGMENT) : sizeof(HEAP), 16);
    if (!RtlpIsReadable(&Segment->Entry))
        return false;
    SIZE_T Bytes = (SIZE_T)Segment->NumberOfPages << PAGE_SHIFT;
    HEAP_SEGMENT *Place = Index ? RtlpSegmentPlace(Heap, Index) : NULL;
    char *Base = Segment->BaseAddress;
    ULONG Code = RtlpDecode(Heap, &Segment->Entry);
    return Segment->SegmentSignature == HEAP_SEGMENT_SIGNATURE && Segment->Heap == Heap &&
           Segment == (Place ? Place : (HEAP_SEGMENT *)Base) &&
           (char *)Segment->LastValidEntry == Base + Bytes &&
           (char *)Segment->FirstEntry ==
               Base + RtlpSegmentHead(Heap->Guard, Index) + Heap->Pad &&
           Segment->Entry.SegmentOffset == Index &&
           !RtlpPreviousSize(Heap, &Segment->Entry) && RtlpCodeIsGood(Code) &&
           CODE_SIZE(Code) == Own >> GRANULE_SHIFT &&
           RtlpIsLinked(&Segment->SegmentListEntry);
}

/* H1 for one segment, then what is in it. */
static bool RtlpCheckSegment(HEAP_CHECK *Check, HEAP_SEGMENT *Segment, ULONG Index)
{
    if (!RtlpIsSegmentSound(Check->Heap, Index))
        return RtlpWrong(Check, H(1), heap_failure_generic, Segment);
    Check->Reserved += (SIZE_T)Segment->NumberOfPages << PAGE_SHIFT;
    Check->Committed += RtlpSegmentCommit(Segment);
    return RtlpCheckRuns(Check, Segment, Index);
}

static bool RtlpCheckSegments(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    SIZE_T Segments = 0, Listed = 0;
    if (Heap->SegmentCount > HEAP_MAXIMUM_SEGMENTS)
        return RtlpWrong(Check, H(1), heap_failure_generic, &Heap->SegmentCount);
    for (ULONG i = 0; i < Heap->SegmentCount; i++) {
        if (Heap->Segments[i] && !RtlpCheckSegment(Check, Heap->Segments[i], i))
            return false;
        Segments += Heap->Segments[i] != NULL;
    }
    bool Linked = RtlpIsLinked(&Heap->SegmentList);
    for (LIST_ENTRY *Link = Heap->SegmentList.Flink; Linked && Link != &Heap->SegmentList;
         Link = Link->Flink)
        Linked = ++Listed <= Segments && RtlpIsLinked(Link);
    if (!Linked || Listed != Segments || Segments != Heap->Counters.TotalSegments)
        return RtlpWrong(Check, H(1), heap_failure_generic, &Heap->SegmentList);
    return true;
}

/* H5, H6, H7: the free list checks itself. */
static bool RtlpCheckFreeLists(HEAP_CHECK *Check)
{
    static const PCSTR Rules[] = {H(5), H(6), H(7)};
    PVOID Where;
    ULONG Rule = RtlpCheckFreeIndex(Check->Heap, Check->Free, Check->FreeUnits, &Where);
    return !Rule ||
           RtlpWrong(Check, Rules[Rule - 5], heap_failure_freelists_corruption, Where);
}

/* H9: the list of all uncommitted ranges, as H5 and H6. */
static bool RtlpCheckRanges(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    SIZE_T Count = 0;
    ULONG Seen = 0, Last = 0;
    bool Sound = RtlpIsLinked(&Heap->UCRList);
    for (LIST_ENTRY *Link = Heap->UCRList.Flink; Sound && Link != &Heap->UCRList;
         Link = Link->Flink) {
        HEAP_UCR_DESCRIPTOR *Ucr =
            CONTAINING_RECORD(Link, HEAP_UCR_DESCRIPTOR, ListEntry);
        Sound = ++Count <= Check->Ucrs && RtlpIsLinked(Link) && Ucr->Size >> PAGE_SHIFT;
        if (!Sound)
            break;
        ULONG Class = RtlpUcrClass(Ucr->Size);
        Sound = Class >= Last && (Seen >> Class & 1 || Heap->UcrHints[Class] == Link);
        Seen |= 1u << Class;
        Last = Class;
    }
    for (ULONG Class = 0; Class < UCR_CLASSES; Class++)
        Sound = Sound && (Heap->UcrHints[Class] != NULL) == (Seen >> Class & 1);
    if (!Sound || Seen != Heap->UcrInUse || Count != Check->Ucrs ||
        Count != Heap->Counters.TotalUCRs)
        return RtlpWrong(Check, H(9), heap_failure_listentry_corruption, &Heap->UCRList);
    return true;
}

/* H10. */
static bool RtlpCheckLargeBlocks(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    LIST_ENTRY *Head = &Heap->VirtualAllocdBlocks;
    SIZE_T Bytes = 0;
    if (!RtlpIsLinked(Head))
        return RtlpWrong(Check, H(10), heap_failure_virtual_block_corruption, Head);
    for (LIST_ENTRY *Link = Head->Flink; Link != Head; Link = Link->Flink) {
        HEAP_VIRTUAL_ALLOC_ENTRY *Large =
            CONTAINING_RECORD(Link, HEAP_VIRTUAL_ALLOC_ENTRY, Entry);
        if (!RtlpFindLarge(Heap, Large + 1))
            return RtlpWrong(Check, H(10), heap_failure_virtual_block_corruption,
                             Large + 1);
        Bytes += Large->CommitSize;
        Check->Reserved += Large->ReserveSize;
    }
    Check->Committed += Bytes;
    if (Bytes != Heap->Counters.TotalSizeInVirtualBlocks)
        return RtlpWrong(Check, H(10), heap_failure_virtual_block_corruption, Head);
    return true;
}

static bool RtlpCheckCounters(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    if (Heap->Counters.TotalMemoryReserved != Check->Reserved ||
        Heap->Counters.TotalMemoryCommitted != Check->Committed)
        return RtlpWrong(Check, H(14), heap_failure_generic, &Heap->Counters);
    return true;
}

static bool RtlpCheckHeapItself(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    if (Heap->Signature != HEAP_SIGNATURE || Heap->Heap != Heap ||
        Heap->Segments[0] != (HEAP_SEGMENT *)Heap ||
        Heap->HeaderSum != RtlpHeaderSum(Heap))
        return RtlpWrong(Check, H(1), heap_failure_generic, Heap);
    Check->Committed = Heap->OwnCommit;
    return true;
}

bool RtlpExamineHeap(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    bool Sound = RtlpCheckHeapItself(Check) && RtlpCheckSegments(Check) &&
                 RtlpCheckFreeLists(Check) && RtlpCheckRanges(Check) &&
                 RtlpCheckLargeBlocks(Check) && RtlpFrontCheck(Check) &&
                 RtlpCheckCounters(Check);
    if (!Sound || !(Heap->Flags & HEAP_FLAG_PAGE_ALLOCS))
        return Sound;
    Check->Rule = H(16);
    Check->Where = RtlpCheckPages(Heap, &Check->What);
    return !Check->Where;
}

bool RtlpCheckHeap(HEAP *Heap, bool Quiet)
{
    HEAP_CHECK Check = {.Heap = Heap};
    bool Sound = RtlpExamineHeap(&Check);
    if (!Sound && Quiet)
        RtlpHeapNotice(Heap, Check.What, Check.Where, Check.Rule);
    else if (!Sound)
        RtlpHeapFailure(Heap, Check.What, Check.Where, Check.Rule);
    return Sound;
}

/* Whether the heap, or the one block of it, is sound.
 *
 * Block: null for the whole heap.  Result: FALSE if anything is damaged or Block is no
 * block in use (ERROR_NOACCESS: it cannot even be read).  What is wrong with the whole heap
 * is printed, and where; nothing is changed.  (Microsoft: HeapValidate.) */
BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;
    HEAP_BLOCK Found;
    if (!Heap || !RtlpIsSigned(Heap))
        return FALSE;
    if (Heap->Heap != Heap) /* nothing of it is to be trusted, its lock included */
        return RtlpCheckHeap(Heap, true);
    bool Locked = RtlpEnterHeap(Heap, Flags);
    bool Sound = Block ? RtlpFindBlock(Heap, Block, &Found, true, NULL)
                       : RtlpCheckHeap(Heap, true);
    RtlpLeaveHeap(Heap, Locked);
    if (Block && !Sound && !RtlpIsReadable((HEAP_ENTRY *)Block - 1))
        RtlpHeapSetStatus(STATUS_ACCESS_VIOLATION);
    return Sound;
}

/* Whether every heap of the process is sound. */
BOOLEAN NTAPI RtlValidateProcessHeaps(void)
{
    PPEB Peb = RtlpHeapPeb();
    BOOLEAN Sound = TRUE;
    RtlpEnterHeapList();
    for (ULONG i = 0; i < Peb->NumberOfHeaps; i++)
        if (!RtlValidateHeap(Peb->ProcessHeaps[i], 0, NULL))
            Sound = FALSE;
    RtlpLeaveHeapList();
    return Sound;
}
