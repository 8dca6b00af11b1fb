/* validate.c - every invariant of heap.h, checked; RtlValidateHeap.
 *
 * The check reads everything and trusts nothing: it follows entries only inside the
 * committed runs, and links only as far as there are entries to link.
 *
 * Lock: the heap's.  In Windows: RtlpValidateHeap and friends.
 */
#include "heapp.h"
#include "lfh.h"

typedef struct _CHECK {
    HEAP *Heap;
    SIZE_T Free, FreeUnits, Ucrs, Entries;
    PVOID Where;
    HEAP_FAILURE_TYPE What;
} CHECK;

static bool RtlpWrong(CHECK *Check, HEAP_FAILURE_TYPE What, PVOID Where)
{
    Check->What = What;
    Check->Where = Where;
    return false;
}

/* H10 for one subsegment. */
static bool RtlpCheckSubSegment(CHECK *Check, HEAP_SUBSEGMENT *Sub)
{
    const LFH_HEAP *Front = Check->Heap->FrontEndHeap;
    HEAP_USERDATA_HEADER *Header = Sub->UserBlocks;
    if (Header->Signature != HEAP_USERDATA_SIGNATURE || Header->SubSegment != Sub)
        return RtlpWrong(Check, heap_failure_entry_corruption, Header);
    if (Sub->First != (char *)(Header + 1) + sizeof(HEAP_ENTRY) ||
        Sub->BlockCount > Sub->BlockLimit ||
        Sub->First + Sub->BlockCount * (SIZE_T)Sub->BlockSize >
            (char *)Header + Sub->CommitSize + sizeof(HEAP_ENTRY))
        return RtlpWrong(Check, heap_failure_lfh_bitmap_mismatch, Sub);
    for (ULONG i = 0; i < LFH_NUMBERS; i++) {
        bool Free = RTLP_READ(Sub->FreeMask[i / 32]) >> i % 32 & 1;
        if (i >= Sub->BlockCount) {
            if (Free)
                return RtlpWrong(Check, heap_failure_lfh_bitmap_mismatch, Sub);
            continue;
        }
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Sub->First + i * (SIZE_T)Sub->BlockSize) - 1;
        ULONG Index;
        if (Entry->UnusedBytes != HEAP_UNUSED_LFH ||
            RtlpLfhFind(Front, Entry + 1, &Index) != Sub || Index != i)
            return RtlpWrong(Check, heap_failure_entry_corruption, Entry + 1);
        if (!Free && (Entry->PreviousSize < sizeof(HEAP_ENTRY) ||
                      Entry->PreviousSize > Sub->BlockSize))
            return RtlpWrong(Check, heap_failure_entry_corruption, Entry + 1);
    }
    return true;
}

static bool RtlpCheckFrontEnd(CHECK *Check)
{
    HEAP_SUBSEGMENT *Sub;
    for (ULONG N = 0; (Sub = RtlpLfhSubSegment(Check->Heap, N)) != NULL; N++)
        if (Sub->State != SubSegmentUnused && !RtlpCheckSubSegment(Check, Sub))
            return false;
    return true;
}

/* H11, and what a busy entry notes of itself. */
static bool RtlpCheckBusy(CHECK *Check, HEAP_ENTRY *Entry, ULONG Code)
{
    SIZE_T Bytes = (SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT;
    if (CODE_FLAGS(Code) & HEAP_ENTRY_VIRTUAL_ALLOC)
        return RtlpWrong(Check, heap_failure_entry_corruption, Entry + 1);
    if (Entry->UnusedBytes < sizeof(HEAP_ENTRY) || Entry->UnusedBytes > Bytes)
        return RtlpWrong(Check, heap_failure_entry_corruption, Entry + 1);
    if (CODE_FLAGS(Code) & HEAP_ENTRY_FILL_PATTERN) {
        const UCHAR *Tail =
            (const UCHAR *)Entry + Bytes - Entry->UnusedBytes + sizeof(HEAP_ENTRY);
        for (ULONG i = 0; i < HEAP_TAIL_SIZE; i++)
            if (Tail[i] != 0xAB)
                return RtlpWrong(Check, heap_failure_buffer_overrun, Entry + 1);
    }
    return true;
}

static bool RtlpCheckFreeEntry(CHECK *Check, HEAP_ENTRY *Entry, ULONG Code)
{
    LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList;
    Check->Free++;
    Check->FreeUnits += CODE_SIZE(Code);
    if (CODE_SIZE(Code) < 2 || !RtlpIsLinked(Link))
        return RtlpWrong(Check, heap_failure_freelists_corruption, Entry + 1);
    if (CODE_FLAGS(Code) & HEAP_ENTRY_FILL_PATTERN) {
        ULONG *End = (ULONG *)RtlpAhead(Entry, CODE_SIZE(Code));
        for (ULONG *Word = (ULONG *)(FREE_OF(Entry) + 1); Word < End; Word++)
            if (*Word != 0xFEEEFEEEu)
                return RtlpWrong(Check, heap_failure_usage_after_free, Word);
    }
    return true;
}

/* H2, H3, H4 for the run that starts at Entry; *Last is the entry that ends it. */
static bool RtlpCheckRun(CHECK *Check, HEAP_SEGMENT *Segment, ULONG Index,
                         HEAP_ENTRY *First, HEAP_ENTRY **Last)
{
    HEAP *Heap = Check->Heap;
    ULONG Before = 0;
    bool FreeBefore = false;
    for (HEAP_ENTRY *Entry = First; Entry < Segment->LastValidEntry;) {
        ULONG Code = RtlpDecode(Heap, Entry);
        ULONG Size = CODE_SIZE(Code);
        bool Busy = CODE_FLAGS(Code) & HEAP_ENTRY_BUSY;
        if (!RtlpCodeIsGood(Code) || Entry->SegmentOffset != Index ||
            RtlpAhead(Entry, Size) > Segment->LastValidEntry ||
            RtlpPreviousSize(Heap, Entry) != Before)
            return RtlpWrong(Check, heap_failure_entry_corruption, Entry + 1);
        if (!Busy && FreeBefore && Before + Size <= HEAP_MAXIMUM_BLOCK_SIZE &&
            !(Heap->Flags & HEAP_DISABLE_COALESCE_ON_FREE))
            return RtlpWrong(Check, heap_failure_entry_corruption, Entry + 1);
        Check->Entries++;
        if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY) {
            *Last = Entry;
            return Busy ? true
                        : RtlpWrong(Check, heap_failure_entry_corruption, Entry + 1);
        }
        if (!(Busy ? RtlpCheckBusy(Check, Entry, Code)
                   : RtlpCheckFreeEntry(Check, Entry, Code)))
            return false;
        FreeBefore = !Busy;
        Before = Size;
        Entry = RtlpAhead(Entry, Size);
    }
    return RtlpWrong(Check, heap_failure_entry_corruption, First + 1);
}

/* H1, H8 for one segment, and its runs. */
static bool RtlpCheckSegment(CHECK *Check, HEAP_SEGMENT *Segment, ULONG Index)
{
    char *End = (char *)Segment->LastValidEntry;
    HEAP_ENTRY *Entry = Segment->FirstEntry;
    SIZE_T Pages = 0, Ranges = 0;
    if (Segment->SegmentSignature != HEAP_SEGMENT_SIGNATURE ||
        Segment->Heap != Check->Heap || Segment->BaseAddress != Segment ||
        End != (char *)Segment + ((SIZE_T)Segment->NumberOfPages << PAGE_SHIFT))
        return RtlpWrong(Check, heap_failure_generic, Segment);
    for (;;) {
        HEAP_ENTRY *Last = NULL;
        if (!RtlpCheckRun(Check, Segment, Index, Entry, &Last))
            return false;
        HEAP_UCR_DESCRIPTOR *Ucr = UCR_OF(Last);
        char *RunEnd = (char *)RtlpAhead(Last, CODE_SIZE(RtlpDecode(Check->Heap, Last)));
        if ((char *)Ucr->Address != RunEnd + Check->Heap->Pad ||
            ((ULONG_PTR)Ucr->Address | Ucr->Size) & (PAGE_SIZE - 1) ||
            (char *)Ucr->Address + Ucr->Size > End)
            return RtlpWrong(Check, heap_failure_entry_corruption, Last + 1);
        if (Ucr->Size) {
            if (!RtlpIsLinked(&Ucr->ListEntry) || !RtlpIsLinked(&Ucr->SegmentEntry))
                return RtlpWrong(Check, heap_failure_listentry_corruption, Last + 1);
            Pages += Ucr->Size >> PAGE_SHIFT;
            Ranges++;
        }
        if ((char *)Ucr->Address + Ucr->Size == End)
            break;
        Entry = (HEAP_ENTRY *)((char *)Ucr->Address + Ucr->Size + Check->Heap->Pad);
    }
    Check->Ucrs += Ranges;
    if (Pages != Segment->NumberOfUnCommittedPages ||
        Ranges != Segment->NumberOfUnCommittedRanges)
        return RtlpWrong(Check, heap_failure_generic, Segment);
    return true;
}

/* H5, H6, H7. */
static bool RtlpCheckFreeLists(CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    SIZE_T Count = 0;
    ULONG Class = 0;
    ULONG Seen[FREE_CLASS_WORDS] = {0};
    for (LIST_ENTRY *Link = Heap->FreeLists.Flink; Link != &Heap->FreeLists;
         Link = Link->Flink) {
        HEAP_ENTRY *Entry = &CONTAINING_RECORD(Link, HEAP_FREE_ENTRY, FreeList)->Header;
        ULONG Code = RtlpDecode(Heap, Entry);
        if (++Count > Check->Free || !RtlpCodeIsGood(Code) ||
            CODE_FLAGS(Code) & HEAP_ENTRY_BUSY)
            return RtlpWrong(Check, heap_failure_freelists_corruption, Entry + 1);
        ULONG Own = RtlpFreeClass(CODE_SIZE(Code));
        if (Own < Class || (Heap->FreeHints[Own] != Link && (Own != Class || Count == 1)))
            return RtlpWrong(Check, heap_failure_freelists_corruption, Entry + 1);
        Class = Own;
        Seen[Own / 32] |= 1u << (Own % 32);
    }
    for (ULONG Word = 0; Word < FREE_CLASS_WORDS; Word++)
        if (Seen[Word] != Heap->FreeInUse[Word] ||
            (Seen[Word] != 0) != (Heap->FreeInUseSummary >> Word & 1))
            return RtlpWrong(Check, heap_failure_freelists_corruption,
                             &Heap->FreeInUse[Word]);
    if (Count != Check->Free || Check->FreeUnits != Heap->TotalFreeSize)
        return RtlpWrong(Check, heap_failure_freelists_corruption, &Heap->FreeLists);
    return true;
}

/* H8's list, H9. */
static bool RtlpCheckRest(CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    SIZE_T Count = 0;
    for (LIST_ENTRY *Link = Heap->UCRList.Flink; Link != &Heap->UCRList;
         Link = Link->Flink)
        if (++Count > Check->Ucrs || !RtlpIsLinked(Link))
            return RtlpWrong(Check, heap_failure_listentry_corruption, Link);
    if (Count != Check->Ucrs)
        return RtlpWrong(Check, heap_failure_listentry_corruption, &Heap->UCRList);
    LIST_ENTRY *Head = &Heap->VirtualAllocdBlocks;
    for (LIST_ENTRY *Link = Head->Flink; Link != Head; Link = Link->Flink) {
        HEAP_VIRTUAL_ALLOC_ENTRY *Large =
            CONTAINING_RECORD(Link, HEAP_VIRTUAL_ALLOC_ENTRY, Entry);
        if (!RtlpIsLinked(Link) || !RtlpFindLarge(Heap, Large + 1))
            return RtlpWrong(Check, heap_failure_virtual_block_corruption, Large + 1);
    }
    return true;
}

bool RtlpCheckHeap(HEAP *Heap, bool Quiet)
{
    CHECK Check = {.Heap = Heap};
    bool Sound = Heap->Signature == HEAP_SIGNATURE && Heap->Heap == Heap;
    for (ULONG i = 0; i < Heap->SegmentCount && Sound; i++)
        if (Heap->Segments[i])
            Sound = RtlpCheckSegment(&Check, Heap->Segments[i], i);
    Sound = Sound && RtlpCheckFreeLists(&Check) && RtlpCheckRest(&Check) &&
            RtlpCheckFrontEnd(&Check);
    if (Sound && Heap->Flags & HEAP_FLAG_PAGE_ALLOCS) {
        Check.Where = RtlpCheckPages(Heap, &Check.What);
        Sound = !Check.Where;
    }
    if (!Sound && Quiet)
        RtlpHeapNotice(Heap, Check.What, Check.Where, "RtlValidateHeap");
    else if (!Sound)
        RtlpHeapFailure(Heap, Check.What, Check.Where, "RtlpCheckHeap");
    return Sound;
}

/* Whether the heap, or the one block of it, is sound.
 *
 * Block: null for the whole heap.  Result: FALSE if anything is damaged or Block is no
 * block in use.  What is wrong with the whole is told,
 * and where; nothing is changed.  (Microsoft: HeapValidate.) */
BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;
    HEAP_BLOCK Found;
    if (!Heap || !RtlpIsSigned(Heap) || Heap->Heap != Heap)
        return FALSE;
    bool Serialize = !((Flags | Heap->Flags) & HEAP_NO_SERIALIZE);
    if (Serialize)
        RtlpLockHeap(Heap);
    bool Sound = Block ? RtlpFindBlock(Heap, Block, &Found, true, NULL)
                       : RtlpCheckHeap(Heap, true);
    if (Serialize)
        RtlpUnlockHeap(Heap);
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
