/* lfhcheck.c - the front end's invariants, checked: H11, H12, H13 of heap.h.
 *
 * Other threads take and give back blocks meanwhile, with no lock.  So what they pass
 * through between two instructions (a mask's bit is set, its word's bit in Summary not
 * yet) is looked at again, a few ticks long, before it counts as damage.
 *
 * Lock: the heap's.  In Windows: RtlpValidateLFH.
 */
#include "validate.h"

#define LFH_PATIENCE 16 /* looks, a tick apart */

/* H11: the region, and the header of each block. */
static bool RtlpCheckUserBlocks(HEAP_CHECK *Check, HEAP_SUBSEGMENT *Sub)
{
    const LFH_HEAP *Front = Check->Heap->FrontEndHeap;
    HEAP_USERDATA_HEADER *Header = Sub->UserBlocks;
    if (Sub->First != (char *)(Header + 1) + sizeof(HEAP_ENTRY) ||
        Sub->BlockCount > Sub->BlockLimit || Sub->CommitSize > Sub->ReserveSize ||
        Sub->First + Sub->BlockCount * (SIZE_T)Sub->BlockSize >
            (char *)Header + Sub->CommitSize + sizeof(HEAP_ENTRY))
        return RtlpWrong(Check, H(11), heap_failure_lfh_bitmap_mismatch, Sub);
    if (!RtlpIsReadable((HEAP_ENTRY *)Header) ||
        Header->Signature != HEAP_USERDATA_SIGNATURE || Header->SubSegment != Sub ||
        Header->SizeIndex != Sub->SizeIndex)
        return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Header);
    for (ULONG i = 0; i < Sub->BlockCount; i++) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Sub->First + i * (SIZE_T)Sub->BlockSize) - 1;
        ULONG Index, Unused = RTLP_READ(Entry->PreviousSize);
        if (Entry->UnusedBytes != HEAP_UNUSED_LFH || Entry->SegmentOffset != LFH_INDEX ||
            Unused < sizeof(HEAP_ENTRY) || Unused > Sub->BlockSize ||
            RtlpLfhFind(Front, Entry + 1, &Index) != Sub || Index != i)
            return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Entry + 1);
    }
    return true;
}

/* The bits of word Word that Sub has blocks for. */
static ULONG RtlpLfhRoom(const HEAP_SUBSEGMENT *Sub, ULONG Word)
{
    ULONG Blocks = Sub->State == SubSegmentUnused ? 0 : Sub->BlockCount;
    if (Blocks <= Word * 32)
        return 0;
    return Blocks - Word * 32 >= 32 ? ~0u : (1u << (Blocks - Word * 32)) - 1;
}

/* H12 as it stands at this moment. */
static bool RtlpLfhMasksAgree(const HEAP_SUBSEGMENT *Sub)
{
    ULONG Summary = RTLP_READ(Sub->Summary);
    if (!(Summary & LFH_ALWAYS))
        return false;
    for (ULONG Word = 0; Word < LFH_WORDS; Word++) {
        ULONG Free = RTLP_READ(Sub->FreeMask[Word]);
        if (Free & ~RtlpLfhRoom(Sub, Word) || (Free && !(Summary >> Word & 1)))
            return false;
    }
    return true;
}

/* H13's last sentence as it stands at this moment. */
static bool RtlpLfhStateAgrees(const LFH_HEAP *Front, const HEAP_SUBSEGMENT *Sub)
{
    switch (RTLP_READ(Sub->State)) {
    case SubSegmentInUse:
        return RTLP_READ(Front->Active[Sub->SizeIndex]) == Sub ||
               RTLP_READ(Front->Buckets[Sub->SizeIndex].Ready) >> Sub->Slot & 1;
    case SubSegmentDetached:
    case SubSegmentUnused:
        return RTLP_READ(Sub->Summary) == LFH_ALWAYS;
    }
    return false;
}

static bool RtlpCheckSubSegment(HEAP_CHECK *Check, HEAP_SUBSEGMENT *Sub)
{
    const LFH_HEAP *Front = Check->Heap->FrontEndHeap;
    for (ULONG Look = 0; !RtlpLfhMasksAgree(Sub) || !RtlpLfhStateAgrees(Front, Sub);
         Look++) {
        if (Look == LFH_PATIENCE)
            return RtlpWrong(Check, RtlpLfhMasksAgree(Sub) ? H(13) : H(12),
                             heap_failure_lfh_bitmap_mismatch, Sub);
        RtlpPause();
    }
    if (Sub->State == SubSegmentUnused)
        return true;
    Check->Reserved += Sub->ReserveSize;
    Check->Committed += Sub->CommitSize;
    return RtlpCheckUserBlocks(Check, Sub);
}

/* Whether Sub is a descriptor of the front end's. */
static bool RtlpLfhIsDescriptor(const LFH_HEAP *Front, const HEAP_SUBSEGMENT *Sub)
{
    ULONG_PTR Offset = (ULONG_PTR)((const char *)Sub - Front->Zone);
    return Offset < Front->ZoneUsed && Offset % sizeof(*Sub) == 0;
}

/* H13 for one bucket; *Listed: how many descriptors are in its slots. */
static bool RtlpBucketIsSound(const LFH_HEAP *Front, ULONG Index, ULONG *Listed)
{
    const HEAP_BUCKET *Bucket = &Front->Buckets[Index];
    const HEAP_SUBSEGMENT *Active = RTLP_READ(Front->Active[Index]);
    const HEAP_SUBSEGMENT *Growing = Bucket->Growing;
    ULONG Units = RtlpLfhUnits(Index), Unused = 0, Idle = 0, Blocks = 0;
    *Listed = 0;
    if (Bucket->SizeIndex != Index || (Bucket->BlockUnits && Bucket->BlockUnits != Units))
        return false;
    for (ULONG Slot = 0; Slot < LFH_SLOTS; Slot++)
        for (HEAP_SUBSEGMENT *Sub = Bucket->Slots[Slot]; Sub; Sub = Sub->NextInSlot) {
            if (!RtlpLfhIsDescriptor(Front, Sub) || Sub->SizeIndex != Index ||
                Sub->Slot != Slot || Sub->BlockSize != Units << GRANULE_SHIFT ||
                ++*Listed > Bucket->SubSegments)
                return false;
            Idle += Sub->State == SubSegmentUnused;
            Blocks += Sub->State == SubSegmentUnused ? 0 : Sub->BlockCount;
        }
    if (!RtlpIsLinked(&Bucket->Unused))
        return false;
    for (LIST_ENTRY *Link = Bucket->Unused.Flink; Link != &Bucket->Unused;
         Link = Link->Flink)
        if (++Unused > Idle || !RtlpIsLinked(Link))
            return false;
    if (Active != &RtlpNoSubSegment &&
        (!RtlpLfhIsDescriptor(Front, Active) || Active->SizeIndex != Index))
        return false;
    if (Growing && (!RtlpLfhIsDescriptor(Front, Growing) || Growing->SizeIndex != Index ||
                    Growing->State == SubSegmentUnused ||
                    Growing->BlockCount >= Growing->BlockLimit))
        return false;
    return Unused == Idle && *Listed == Bucket->SubSegments &&
           Blocks == Bucket->TotalBlocks;
}

bool RtlpCheckFrontEnd(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    LFH_HEAP *Front = Heap->FrontEndHeap;
    ULONG Listed = 0, Count = 0;
    HEAP_SUBSEGMENT *Sub;
    LFH_HEAP *Shut = Heap->FrontHeapLockCount || !Front ? &RtlpNoFront : Front;
    if (Heap->Front != Shut || Heap->FrontEndHeapType != (Front ? 2 : 0))
        return RtlpWrong(Check, H(13), heap_failure_generic, &Heap->Front);
    if (!Front)
        return true;
    if (Front->Heap != Heap || Front->ZoneUsed % sizeof(*Sub) ||
        Front->Zone + Front->ZoneUsed > (char *)Front + Front->Committed)
        return RtlpWrong(Check, H(13), heap_failure_generic, Front);
    for (ULONG i = 0; i < LFH_BUCKETS; i++, Listed += Count)
        if (!RtlpBucketIsSound(Front, i, &Count))
            return RtlpWrong(Check, H(13), heap_failure_generic, &Front->Buckets[i]);
    if (Listed * sizeof(*Sub) != Front->ZoneUsed)
        return RtlpWrong(Check, H(13), heap_failure_generic, Front);
    for (ULONG N = 0; (Sub = RtlpLfhSubSegment(Heap, N)) != NULL; N++)
        if (!RtlpCheckSubSegment(Check, Sub))
            return false;
    Check->Reserved += LFH_RESERVE;
    Check->Committed += Front->Committed;
    return true;
}
