/* check.c - the front end's invariants, checked: H11, H12, H13 of heap.h.
 *
 * Other threads take and give back blocks meanwhile, with no lock, so a mask may change
 * between two looks at it; but no free block is ever beyond its group's room, and a
 * detached subsegment has a free one only while the thread that gave it back waits for the
 * lock, to say so: it is given a few ticks to get there.
 *
 * Lock: the heap's.  In Windows: RtlpValidateLFH.
 */
#include "heap/check/validate.h"
#include "heap/front/groupsp.h"

#define LOOKS 16 /* a tick apart */

/* H11: the region, and the header of each block. */
static bool RtlpCheckUserBlocks(HEAP_CHECK *Check, FRONT_REGION *Region)
{
    const FRONT_HEAP *Front = Check->Heap->FrontEndHeap;
    HEAP_USERDATA_HEADER *Header = Region->UserBlocks;
    if (!RtlpIsPlaced(Region) || Region->BlockCount > Region->BlockLimit ||
        Region->CommitSize > Region->ReserveSize ||
        RtlpRegionBytesFor(Region, Region->BlockCount) > Region->CommitSize)
        return RtlpWrong(Check, H(11), heap_failure_lfh_bitmap_mismatch, Region);
    if (!RtlpIsUserBlocks(Region))
        return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Header);
    for (ULONG i = 0; i < Region->BlockCount; i++) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)RtlpRegionBlock(Region, i) - 1;
        ULONG Bit, Unused = RTLP_READ(Entry->PreviousSize);
        if (Entry->UnusedBytes != HEAP_UNUSED_LFH ||
            Entry->SegmentOffset != FRONT_INDEX || Unused < sizeof(HEAP_ENTRY) ||
            Unused > Region->BlockSize ||
            RtlpGroupOf(Front, Entry + 1, &Bit) != &Region->Groups[i / GROUP_BLOCKS] ||
            Bit != i % GROUP_BLOCKS)
            return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Entry + 1);
    }
    return true;
}

/* H12: the fields of each group; those after the committed blocks have none; the end. */
static bool RtlpGroupsAreSound(const FRONT_REGION *Region)
{
    ULONG Groups = GROUPS_FOR(Region->BlockCount), Most = GROUPS_FOR(Region->BlockLimit);
    if (Region->Ends > Most || Region->Ends < Groups)
        return false;
    for (ULONG i = 0; i < Most; i++) {
        if (i == Region->Ends)
            continue;
        const FRONT_GROUP *Group = &Region->Groups[i];
        bool Used = Region->State != RegionReleased && i < Groups;
        if (RTLP_READ(Group->Mask) & ~(Used ? RtlpFreeMask(Region, i) : 0))
            return false;
        if (i < Groups &&
            (Group->Region != Region || Group->BlockSize != Region->BlockSize ||
             Group->First != RtlpRegionBlock(Region, i * GROUP_BLOCKS)))
            return false;
    }
    return RTLP_READ(Region->Groups[Region->Ends].Mask) == GROUP_END &&
           RTLP_READ(Region->Groups[Region->Ends].Next) == Region->Next->Groups;
}

/* Whether no block of a subsegment is free, or somebody is about to say that one is. */
static bool RtlpIsDetachedFull(const HEAP *Heap, const FRONT_REGION *Region)
{
    for (ULONG Look = 0; Look < LOOKS; Look++) {
        const FRONT_GROUP *Group = Region->Groups;
        while (!RTLP_READ(Group->Mask))
            Group++;
        if (RTLP_READ(Group->Mask) == GROUP_END || RtlpThreadsEnded ||
            (Heap->LockVariable && RtlpIsAwaited(Heap->LockVariable)))
            return true;
        RtlpPause();
    }
    return false;
}

/* H13 for the ring of one bucket and its list of unused ones; *Rings, *Unused: how many
 * descriptors are in them. */
static bool RtlpBucketListsAreSound(const FRONT_HEAP *Front, ULONG Index, ULONG *Rings,
                                    ULONG *Unused)
{
    const FRONT_BUCKET *Bucket = &Front->Buckets[Index];
    const FRONT_REGION *Region = Bucket->Ring;
    *Rings = *Unused = 0;
    if (Region)
        do {
            if (!RtlpIsDescriptor(Front, Region, Index) ||
                !RtlpIsDescriptor(Front, Region->Next, Index) ||
                Region->State != RegionInUse || Region->Next->Previous != Region ||
                ++*Rings > Bucket->RegionCount)
                return false;
            Region = Region->Next;
        } while (Region != Bucket->Ring);
    for (Region = Bucket->Released; Region; Region = Region->Previous)
        if (!RtlpIsDescriptor(Front, Region, Index) || Region->State != RegionReleased ||
            ++*Unused > Bucket->RegionCount)
            return false;
    return true;
}

/* H13 for the active group of a bucket. */
static bool RtlpIsActiveSound(const FRONT_HEAP *Front, ULONG Index)
{
    const FRONT_GROUP *Group = RTLP_READ(Front->Active[Index].Group);
    if (Front->Active[Index].BlockSize != RtlpBucketUnits(Index) << GRANULE_SHIFT)
        return false;
    if (Group == Front->Zone)
        return true;
    if (!RtlpIsInZone(Front, (const FRONT_REGION *)Group))
        return false;
    const FRONT_REGION *Region = Group->Region;
    return RtlpIsDescriptor(Front, Region, Index) &&
           (ULONG_PTR)(Group - Region->Groups) <= GROUPS_FOR(Region->BlockLimit);
}

/* H13 for what else a bucket says of its subsegments. */
static bool RtlpBucketIsSound(const FRONT_HEAP *Front, ULONG Index)
{
    const FRONT_BUCKET *Bucket = &Front->Buckets[Index];
    const FRONT_REGION *Growing = Bucket->Growing, *Silenced = Bucket->Silenced;
    ULONG Units = RtlpBucketUnits(Index), Rings, Unused, Count = 0, Idle = 0, Used = 0,
          Blocks = 0;
    if (Bucket->SizeIndex != Index ||
        (Bucket->BlockUnits && Bucket->BlockUnits != Units) ||
        !RtlpIsActiveSound(Front, Index) ||
        !RtlpBucketListsAreSound(Front, Index, &Rings, &Unused))
        return false;
    for (FRONT_REGION *Region = Front->Newest; Region; Region = Region->NextInZone) {
        if (Region->SizeIndex != Index)
            continue;
        Count++;
        Idle += Region->State == RegionReleased;
        Used += Region->State == RegionInUse;
        Blocks += Region->State == RegionReleased ? 0 : Region->BlockCount;
    }
    if (Silenced && !RtlpIsDescriptor(Front, Silenced, Index))
        return false;
    if (Growing &&
        (!RtlpIsDescriptor(Front, Growing, Index) || Growing->State == RegionReleased ||
         Growing->BlockCount >= Growing->BlockLimit))
        return false;
    return Count == Bucket->RegionCount && Idle == Unused && Used == Rings &&
           Blocks == Bucket->TotalBlocks;
}

/* H13 for the queue of kept regions: those that say so, and what they have committed. */
static bool RtlpQueueIsSound(const FRONT_HEAP *Front)
{
    SIZE_T Kept = 0, Queued = 0, Bytes = 0;
    const FRONT_REGION *Last = NULL;
    for (const FRONT_REGION *Region = Front->Newest; Region; Region = Region->NextInZone)
        Kept += Region->IsKept;
    for (const FRONT_REGION *Region = Front->FirstKept; Region;
         Region = Region->NextKept) {
        if (!RtlpIsInZone(Front, Region) || Region->Front != Front || !Region->IsKept ||
            Region->State == RegionReleased || ++Queued > Kept)
            return false;
        Bytes += Region->CommitSize;
        Last = Region;
    }
    return Queued == Kept && Last == Front->LastKept && Bytes == Front->KeptBytes;
}

static bool RtlpCheckRegion(HEAP_CHECK *Check, FRONT_REGION *Region)
{
    ULONG Alarm = RTLP_READ(Region->Alarm);
    if (Region->State > RegionReleased ||
        !RtlpIsDescriptor(Check->Heap->FrontEndHeap, Region->Next, Region->SizeIndex))
        return RtlpWrong(Check, H(13), heap_failure_lfh_bitmap_mismatch, Region);
    if (!RtlpGroupsAreSound(Region))
        return RtlpWrong(Check, H(12), heap_failure_lfh_bitmap_mismatch, Region);
    if (Region->State == RegionInUse ? Alarm != ALARM_GROUP_FREE && Alarm != ALARM_OFF
        : Region->State == RegionDetached
            ? Alarm != ALARM_ALWAYS || !RtlpIsDetachedFull(Check->Heap, Region)
            : false)
        return RtlpWrong(Check, H(13), heap_failure_lfh_bitmap_mismatch, Region);
    if (Region->State == RegionReleased)
        return true;
    Check->Reserved += Region->ReserveSize;
    Check->Committed += Region->CommitSize;
    return RtlpCheckUserBlocks(Check, Region);
}

/* Whether the descriptors fill the zone, newest first. */
static bool RtlpZoneIsSound(const FRONT_HEAP *Front)
{
    const char *End = (const char *)Front->Zone + Front->ZoneUsed;
    for (const FRONT_REGION *Region = Front->Newest; Region;
         Region = Region->NextInZone) {
        if ((const char *)Region >= End || !RtlpIsInZone(Front, Region) ||
            Region->SizeIndex >= FRONT_BUCKETS ||
            !RtlpIsDescriptor(Front, Region, Region->SizeIndex) ||
            Region->BlockCount > Region->BlockLimit || Region->BlockLimit > REGION_BLOCKS)
            return false;
        ULONG Groups = GROUPS_FOR(Region->BlockLimit);
        if ((const char *)&Region->Groups[Groups + 1] != End)
            return false;
        End = (const char *)Region;
    }
    return End == (const char *)&Front->Zone[FRONT_NONE] && Front->Zone[0].Mask == 0 &&
           Front->Zone[1].Mask == GROUP_END && Front->Zone[0].Region == &RtlpNoRegion &&
           Front->Zone[1].Region == &RtlpNoRegion;
}

bool RtlpFrontCheck(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    FRONT_HEAP *Shut = Heap->FrontHeapLockCount || !Front ? &RtlpNoFront : Front;
    if (Heap->Front != Shut ||
        (Front ? Heap->FrontEndHeapType != 2 : Heap->FrontEndHeapType & ~2))
        return RtlpWrong(Check, H(13), heap_failure_generic, &Heap->Front);
    if (!Front)
        return true;
    if (Front->Heap != Heap ||
        (char *)Front->Zone + Front->ZoneUsed > (char *)Front + Front->Committed ||
        !RtlpZoneIsSound(Front) || !RtlpQueueIsSound(Front))
        return RtlpWrong(Check, H(13), heap_failure_generic, Front);
    for (ULONG i = 0; i < FRONT_BUCKETS; i++)
        if (!RtlpBucketIsSound(Front, i))
            return RtlpWrong(Check, H(13), heap_failure_generic, &Front->Buckets[i]);
    for (FRONT_REGION *Region = Front->Newest; Region; Region = Region->NextInZone)
        if (!RtlpCheckRegion(Check, Region))
            return false;
    Check->Reserved += FRONT_RESERVE;
    Check->Committed += Front->Committed;
    return true;
}
