/* lfhcheck.c - the front end's invariants, checked: H11, H12, H13 of heap.h.
 *
 * Other threads take and give back blocks meanwhile, with no lock, so a mask may change
 * between two looks at it; but no free block is ever beyond its group's room, and a
 * detached subsegment has a free one only while the thread that gave it back waits for the
 * lock, to say so: it is given a few ticks to get there.
 *
 * Lock: the heap's.  In Windows: RtlpValidateLFH.
 */
#include "heap/check/validate.h"

#define LFH_LOOKS 16 /* a tick apart */

/* H11: the region, and the header of each block. */
static bool RtlpCheckUserBlocks(HEAP_CHECK *Check, HEAP_SUBSEGMENT *Sub)
{
    const LFH_HEAP *Front = Check->Heap->FrontEndHeap;
    HEAP_USERDATA_HEADER *Header = Sub->UserBlocks;
    if (RtlpLfhBlock(Sub, 0) != (char *)(Header + 1) + sizeof(HEAP_ENTRY) ||
        Sub->BlockCount > Sub->BlockLimit || Sub->CommitSize > Sub->ReserveSize ||
        RtlpLfhBlock(Sub, Sub->BlockCount) >
            (char *)Header + Sub->CommitSize + sizeof(HEAP_ENTRY))
        return RtlpWrong(Check, H(11), heap_failure_lfh_bitmap_mismatch, Sub);
    if (!RtlpIsReadable((HEAP_ENTRY *)Header) ||
        Header->Signature != HEAP_USERDATA_SIGNATURE || Header->SubSegment != Sub ||
        Header->SizeIndex != Sub->SizeIndex)
        return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Header);
    for (ULONG i = 0; i < Sub->BlockCount; i++) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)RtlpLfhBlock(Sub, i) - 1;
        ULONG Bit, Unused = RTLP_READ(Entry->PreviousSize);
        if (Entry->UnusedBytes != HEAP_UNUSED_LFH || Entry->SegmentOffset != LFH_INDEX ||
            Unused < sizeof(HEAP_ENTRY) || Unused > Sub->BlockSize ||
            RtlpLfhFind(Front, Entry + 1, &Bit) != &Sub->Groups[i / LFH_GROUP] ||
            Bit != i % LFH_GROUP)
            return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Entry + 1);
    }
    return true;
}

/* H12: the fields of each group; those behind the committed blocks have none; the end. */
static bool RtlpLfhGroupsAreSound(const HEAP_SUBSEGMENT *Sub)
{
    ULONG Groups = LFH_GROUPS_OF(Sub->BlockCount), Most = LFH_GROUPS_OF(Sub->BlockLimit);
    if (Sub->Ends > Most || Sub->Ends < Groups)
        return false;
    for (ULONG i = 0; i < Most; i++) {
        if (i == Sub->Ends)
            continue;
        const HEAP_GROUP *Group = &Sub->Groups[i];
        bool Used = Sub->State != SubSegmentUnused && i < Groups;
        if (RTLP_READ(Group->Mask) & ~(Used ? RtlpLfhFull(Sub, i) : 0))
            return false;
        if (i < Groups &&
            (Group->SubSegment != Sub || Group->BlockSize != Sub->BlockSize ||
             Group->First != RtlpLfhBlock(Sub, i * LFH_GROUP)))
            return false;
    }
    return RTLP_READ(Sub->Groups[Sub->Ends].Mask) == LFH_END &&
           RTLP_READ(Sub->Groups[Sub->Ends].Next) == Sub->Next->Groups;
}

/* Whether no block of a subsegment is free, or somebody is about to say that one is. */
static bool RtlpLfhIsForgotten(const HEAP *Heap, const HEAP_SUBSEGMENT *Sub)
{
    for (ULONG Look = 0; Look < LFH_LOOKS; Look++) {
        const HEAP_GROUP *Group = Sub->Groups;
        while (!RTLP_READ(Group->Mask))
            Group++;
        if (RTLP_READ(Group->Mask) == LFH_END ||
            (Heap->LockVariable && RtlpIsAwaited(Heap->LockVariable)))
            return true;
        RtlpPause();
    }
    return false;
}

static bool RtlpLfhIsInZone(const LFH_HEAP *Front, const HEAP_SUBSEGMENT *Sub)
{
    ULONG_PTR Offset = (ULONG_PTR)Sub - (ULONG_PTR)Front->Zone;
    return Offset < Front->ZoneUsed && Offset % sizeof(HEAP_GROUP) == 0;
}

/* Whether Sub is a descriptor of the front end's, of bucket Index. */
static bool RtlpLfhIsDescriptor(const LFH_HEAP *Front, const HEAP_SUBSEGMENT *Sub,
                                ULONG Index)
{
    return RtlpLfhIsInZone(Front, Sub) && Sub->SizeIndex == Index &&
           Sub->BlockSize == RtlpLfhUnits(Index) << GRANULE_SHIFT;
}

/* H13 for the ring of one bucket and its list of unused ones; *Rings, *Unused: how many
 * descriptors are in them. */
static bool RtlpLfhListsAreSound(const LFH_HEAP *Front, ULONG Index, ULONG *Rings,
                                 ULONG *Unused)
{
    const HEAP_BUCKET *Bucket = &Front->Buckets[Index];
    const HEAP_SUBSEGMENT *Sub = Bucket->Ring;
    *Rings = *Unused = 0;
    if (Sub)
        do {
            if (!RtlpLfhIsDescriptor(Front, Sub, Index) ||
                !RtlpLfhIsDescriptor(Front, Sub->Next, Index) ||
                Sub->State != SubSegmentInUse || Sub->Next->Previous != Sub ||
                ++*Rings > Bucket->SubSegments)
                return false;
            Sub = Sub->Next;
        } while (Sub != Bucket->Ring);
    for (Sub = Bucket->Unused; Sub; Sub = Sub->Previous)
        if (!RtlpLfhIsDescriptor(Front, Sub, Index) || Sub->State != SubSegmentUnused ||
            ++*Unused > Bucket->SubSegments)
            return false;
    return true;
}

/* H13 for what else a bucket says of its subsegments. */
static bool RtlpBucketIsSound(const LFH_HEAP *Front, ULONG Index)
{
    const HEAP_BUCKET *Bucket = &Front->Buckets[Index];
    const HEAP_SUBSEGMENT *Active = RTLP_READ(Front->Active[Index])->SubSegment;
    const HEAP_SUBSEGMENT *Growing = Bucket->Growing, *Quiet = Bucket->Quiet;
    ULONG Units = RtlpLfhUnits(Index), Rings, Unused, Count = 0, Idle = 0, Used = 0,
          Blocks = 0;
    if (Bucket->SizeIndex != Index ||
        (Bucket->BlockUnits && Bucket->BlockUnits != Units) ||
        !RtlpLfhListsAreSound(Front, Index, &Rings, &Unused))
        return false;
    for (HEAP_SUBSEGMENT *Sub = Front->SubSegments; Sub; Sub = Sub->NextInZone) {
        if (Sub->SizeIndex != Index)
            continue;
        Count++;
        Idle += Sub->State == SubSegmentUnused;
        Used += Sub->State == SubSegmentInUse;
        Blocks += Sub->State == SubSegmentUnused ? 0 : Sub->BlockCount;
    }
    if (Active != &RtlpNoSubSegment && !RtlpLfhIsDescriptor(Front, Active, Index))
        return false;
    if (Quiet && !RtlpLfhIsDescriptor(Front, Quiet, Index))
        return false;
    if (Growing && (!RtlpLfhIsDescriptor(Front, Growing, Index) ||
                    Growing->State == SubSegmentUnused ||
                    Growing->BlockCount >= Growing->BlockLimit))
        return false;
    return Count == Bucket->SubSegments && Idle == Unused && Used == Rings &&
           Blocks == Bucket->TotalBlocks;
}

static bool RtlpCheckSubSegment(HEAP_CHECK *Check, HEAP_SUBSEGMENT *Sub)
{
    ULONG Alarm = RTLP_READ(Sub->Alarm);
    if (Sub->State > SubSegmentUnused ||
        !RtlpLfhIsDescriptor(Check->Heap->FrontEndHeap, Sub->Next, Sub->SizeIndex))
        return RtlpWrong(Check, H(13), heap_failure_lfh_bitmap_mismatch, Sub);
    if (!RtlpLfhGroupsAreSound(Sub))
        return RtlpWrong(Check, H(12), heap_failure_lfh_bitmap_mismatch, Sub);
    if (Sub->State == SubSegmentInUse ? Alarm != LFH_WHOLE && Alarm != LFH_NEVER
        : Sub->State == SubSegmentDetached
            ? Alarm != LFH_ALWAYS || !RtlpLfhIsForgotten(Check->Heap, Sub)
            : false)
        return RtlpWrong(Check, H(13), heap_failure_lfh_bitmap_mismatch, Sub);
    if (Sub->State == SubSegmentUnused)
        return true;
    Check->Reserved += Sub->ReserveSize;
    Check->Committed += Sub->CommitSize;
    return RtlpCheckUserBlocks(Check, Sub);
}

/* Whether the descriptors fill the zone, newest first. */
static bool RtlpZoneIsSound(const LFH_HEAP *Front)
{
    const char *End = (const char *)Front->Zone + Front->ZoneUsed;
    for (const HEAP_SUBSEGMENT *Sub = Front->SubSegments; Sub; Sub = Sub->NextInZone) {
        if ((const char *)Sub >= End || !RtlpLfhIsInZone(Front, Sub) ||
            Sub->SizeIndex >= LFH_BUCKETS ||
            !RtlpLfhIsDescriptor(Front, Sub, Sub->SizeIndex) ||
            Sub->BlockCount > Sub->BlockLimit || Sub->BlockLimit > LFH_MOST)
            return false;
        ULONG Groups = LFH_GROUPS_OF(Sub->BlockLimit);
        if ((const char *)&Sub->Groups[Groups + 1] != End)
            return false;
        End = (const char *)Sub;
    }
    return End == (const char *)Front->Zone;
}

bool RtlpCheckFrontEnd(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    LFH_HEAP *Front = Heap->FrontEndHeap;
    LFH_HEAP *Shut = Heap->FrontHeapLockCount || !Front ? &RtlpNoFront : Front;
    if (Heap->Front != Shut || Heap->FrontEndHeapType != (Front ? 2 : 0))
        return RtlpWrong(Check, H(13), heap_failure_generic, &Heap->Front);
    if (!Front)
        return true;
    if (Front->Heap != Heap ||
        (char *)Front->Zone + Front->ZoneUsed > (char *)Front + Front->Committed ||
        !RtlpZoneIsSound(Front))
        return RtlpWrong(Check, H(13), heap_failure_generic, Front);
    for (ULONG i = 0; i < LFH_BUCKETS; i++)
        if (!RtlpBucketIsSound(Front, i))
            return RtlpWrong(Check, H(13), heap_failure_generic, &Front->Buckets[i]);
    for (HEAP_SUBSEGMENT *Sub = Front->SubSegments; Sub; Sub = Sub->NextInZone)
        if (!RtlpCheckSubSegment(Check, Sub))
            return false;
    Check->Reserved += LFH_RESERVE;
    Check->Committed += Front->Committed;
    return true;
}
