/* check.c - this front end's invariants, checked: H11, H12, H13 of heap.h.
 *
 *   H11  a subsegment's user blocks name it and hold its blocks; each block's header is the one
 *        that its address dictates, and its two counts of unused bytes agree.
 *   H12  the chain from FreeEntryOffset has Depth blocks, each free, none twice, and ends with
 *        FFFFh.
 *   H13  descriptors lie in zones; each is active, listed, full, or deleted without user blocks;
 *        lists, counters and the cache are their sums.
 *
 * Other threads take and give back blocks meanwhile, with no lock: a chain that changed while it
 * was followed is followed again, and a subsegment that a free is about to list is given a few
 * ticks.
 *
 * Lock: the heap's.  In Windows: RtlpValidateLFH.
 */
#include "heap/check/validate.h"
#include "heap/front/windows7/windows7p.h"

#define LOOKS      16  /* at what changes */
#define SEEN_WORDS 128 /* bits: of 4,096 blocks; no user blocks have more */

/* H11 of one block. */
static bool RtlpIsBlockSound(const FRONT_HEAP *Front, const HEAP_SUBSEGMENT *SubSegment,
                             const HEAP_ENTRY *Entry)
{
    SIZE_T Bytes = (SIZE_T)SubSegment->BlockSize << GRANULE_SHIFT;
    if (!RtlpIsLfhHeader(Front->Key, Entry, SubSegment) ||
        Entry->SegmentOffset != FRONT_INDEX)
        return false;
    for (ULONG Look = 0; Look < LOOKS; Look++) {
        ULONG State = RTLP_READ(Entry->UnusedBytes);
        ULONG Unused = RTLP_READ(Entry->PreviousSize);
        if (State == HEAP_UNUSED_LFH ||
            (Unused >= sizeof(HEAP_ENTRY) && Unused <= Bytes &&
             State == (HEAP_UNUSED_LFH | (Unused < LFH_MANY ? Unused : LFH_MANY))))
            return true;
    }
    return false;
}

static bool RtlpCheckUserBlocks(HEAP_CHECK *Check, HEAP_SUBSEGMENT *SubSegment)
{
    const HEAP_USERDATA_HEADER *UserBlocks = SubSegment->UserBlocks;
    if (!RtlpIsUserBlock(Check->Heap, UserBlocks) ||
        UserBlocks->SubSegment != SubSegment || !SubSegment->BlockCount ||
        sizeof(*UserBlocks) + ((SIZE_T)SubSegment->BlockCount * SubSegment->BlockSize
                               << GRANULE_SHIFT) >
            RtlpUserBlockBytes((ULONG)UserBlocks->SizeIndex))
        return RtlpWrong(Check, H(11), heap_failure_entry_corruption, SubSegment);
    for (ULONG i = 0; i < SubSegment->BlockCount; i++) {
        HEAP_ENTRY *Entry = RtlpLfhBlock(SubSegment, i);
        if (!RtlpIsBlockSound(Check->Heap->FrontEndHeap, SubSegment, Entry))
            return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Entry + 1);
    }
    return true;
}

/* H12; *Where: the block whose offset is wrong. */
static bool RtlpFollowChain(const HEAP_SUBSEGMENT *SubSegment, LFH_STATE State,
                            PVOID *Where)
{
    ULONG Seen[SEEN_WORDS] = {0};
    ULONG Offset = LFH_OFFSET(State);
    *Where = (PVOID)SubSegment;
    if (LFH_DEPTH(State) > SubSegment->BlockCount)
        return false;
    for (ULONG Left = LFH_DEPTH(State); Left > 0; Left--) {
        if (!RtlpIsLfhOffset(SubSegment, Offset))
            return false;
        ULONG Index = (Offset - LFH_FIRST) / SubSegment->BlockSize;
        HEAP_ENTRY *Entry = RtlpLfhBlock(SubSegment, Index);
        if (Index / 32 >= SEEN_WORDS || Seen[Index / 32] >> Index % 32 & 1 ||
            RtlpIsLfhBusy(Entry))
            return false;
        Seen[Index / 32] |= 1u << Index % 32;
        *Where = Entry + 1;
        /* As a taker reads it: the block's new owner may write there meanwhile. */
        Offset = RtlpPeekShort((const USHORT *)(Entry + 1));
    }
    return !LFH_DEPTH(State) || Offset == LFH_NO_ENTRY;
}

static bool RtlpCheckChain(HEAP_CHECK *Check, const HEAP_SUBSEGMENT *SubSegment)
{
    PVOID Where;
    for (ULONG Look = 0; Look < LOOKS; Look++) {
        LFH_STATE State = RtlpReadExchg(SubSegment);
        if (RtlpFollowChain(SubSegment, State, &Where))
            return true;
        if (RtlpIsStill(SubSegment, State))
            return RtlpWrong(Check, H(12), heap_failure_freelists_corruption, Where);
    }
    return true; /* busy threads: the next check sees it */
}

/* H13: a subsegment that is neither active nor listed is full, or a free is about to list it. */
static bool RtlpMayBeUnlisted(const HEAP *Heap, const HEAP_SUBSEGMENT *SubSegment)
{
    for (ULONG Look = 0; Look < LOOKS; Look++) {
        if (!LFH_DEPTH(RtlpReadExchg(SubSegment)) || RtlpThreadsEnded ||
            (Heap->LockVariable && RtlpIsAwaited(Heap->LockVariable)))
            return true;
        RtlpPause();
    }
    return false;
}

/* What RtlpCheckZones counts, for RtlpCheckBucket. */
typedef struct _LFH_COUNTS {
    ULONG Blocks[LFH_BUCKETS];
    USHORT SubSegments[LFH_BUCKETS], Listed[LFH_BUCKETS];
    ULONG Deleted;
} LFH_COUNTS;

static bool RtlpCheckSubSegment(HEAP_CHECK *Check, HEAP_SUBSEGMENT *Each,
                                LFH_COUNTS *Counts)
{
    const FRONT_HEAP *Front = Check->Heap->FrontEndHeap;
    if (!Each->UserBlocks) {
        Counts->Deleted++;
        return LFH_DEPTH(RtlpReadExchg(Each)) == 0 ||
               RtlpWrong(Check, H(13), heap_failure_lfh_bitmap_mismatch, Each);
    }
    bool Known = Each->SizeIndex < LFH_BUCKETS &&
                 Each->LocalInfo == &Front->LocalData[0].SegmentInfo[Each->SizeIndex] &&
                 Each->BlockSize == RtlpBucketUnits(Each->SizeIndex) &&
                 !(Each->Flags & ~LFH_LISTED);
    if (!Known ||
        (Each->LocalInfo->ActiveSubsegment == Each
             ? Each->Flags & LFH_LISTED
             : !(Each->Flags & LFH_LISTED) && !RtlpMayBeUnlisted(Check->Heap, Each)))
        return RtlpWrong(Check, H(13), heap_failure_lfh_bitmap_mismatch, Each);
    Counts->Blocks[Each->SizeIndex] += Each->BlockCount;
    Counts->SubSegments[Each->SizeIndex]++;
    Counts->Listed[Each->SizeIndex] += Each->Flags & LFH_LISTED;
    return RtlpCheckUserBlocks(Check, Each) && RtlpCheckChain(Check, Each);
}

static bool RtlpCheckZones(HEAP_CHECK *Check, LFH_COUNTS *Counts)
{
    const FRONT_HEAP *Front = Check->Heap->FrontEndHeap;
    const LFH_BLOCK_ZONE *Last = NULL;
    for (LFH_BLOCK_ZONE *Zone = NULL; (Zone = RtlpNextZone(Front, Zone)) != NULL;) {
        HEAP_SUBSEGMENT *First = (HEAP_SUBSEGMENT *)(Zone + 1);
        ULONG_PTR Used = (ULONG_PTR)Zone->FreePointer - (ULONG_PTR)First;
        if (Zone->Limit != (char *)Zone + Front->ZoneBlockSize ||
            Used > Front->ZoneBlockSize - sizeof(*Zone) || Used % sizeof(*First))
            return RtlpWrong(Check, H(13), heap_failure_generic, Zone);
        for (HEAP_SUBSEGMENT *Each = First; (PVOID)Each < Zone->FreePointer; Each++)
            if (!RtlpCheckSubSegment(Check, Each, Counts))
                return false;
        Last = Zone;
    }
    bool Ended = Last ? Front->SubSegmentZones.Blink == &Last->ListEntry
                      : Front->SubSegmentZones.Blink == &Front->SubSegmentZones;
    if (!Ended || Front->LocalData[0].CrtZone != Last ||
        !RtlpIsLinked(&Front->SubSegmentZones))
        return RtlpWrong(Check, H(13), heap_failure_listentry_corruption,
                         (PVOID)&Front->SubSegmentZones);
    return true;
}

/* Whether Found is a subsegment that Info's lists may hold; counts it. */
static bool RtlpIsListedIn(const FRONT_HEAP *Front, const HEAP_LOCAL_SEGMENT_INFO *Info,
                           const HEAP_SUBSEGMENT *Found, ULONG *Listed)
{
    ++*Listed;
    return RtlpIsSubSegment(Front, Found) && Found->LocalInfo == Info &&
           Found->UserBlocks && Found->Flags & LFH_LISTED;
}

static bool RtlpBucketIsSound(const FRONT_HEAP *Front, ULONG Bucket,
                              const LFH_COUNTS *Counts)
{
    const HEAP_LOCAL_SEGMENT_INFO *Info = &Front->LocalData[0].SegmentInfo[Bucket];
    const HEAP_SUBSEGMENT *Hint = RTLP_READ(Info->Hint), *Active = Info->ActiveSubsegment;
    const SINGLE_LIST_ENTRY *Link = Info->SListHeader.Next;
    ULONG Listed = 0, Left = Info->SListHeader.Depth;
    if (Front->Buckets[Bucket].BlockUnits != RtlpBucketUnits(Bucket) ||
        Front->Buckets[Bucket].SizeIndex != Bucket || Info->BucketIndex != Bucket ||
        Info->LocalData != &Front->LocalData[0] ||
        (Hint && !RtlpIsSubSegment(Front, Hint)) ||
        (Active && (!RtlpIsSubSegment(Front, Active) || Active->LocalInfo != Info ||
                    !Active->UserBlocks)))
        return false;
    for (ULONG i = 0; i < LFH_CACHED; i++)
        if (Info->CachedItems[i] &&
            !RtlpIsListedIn(Front, Info, Info->CachedItems[i], &Listed))
            return false;
    for (; Left > 0 && Link; Left--) {
        const HEAP_SUBSEGMENT *Found =
            CONTAINING_RECORD(Link, HEAP_SUBSEGMENT, SFreeListEntry);
        if (!RtlpIsListedIn(Front, Info, Found, &Listed))
            return false;
        Link = Found->SFreeListEntry.Next;
    }
    return !Left && !Link && Listed == Counts->Listed[Bucket] &&
           Info->Counters.TotalBlocks == Counts->Blocks[Bucket] &&
           Info->Counters.SubSegmentCounts == Counts->SubSegments[Bucket];
}

static bool RtlpCacheIsSound(const FRONT_HEAP *Front)
{
    SIZE_T Bytes = 0;
    for (ULONG Class = 0; Class < LFH_CLASSES; Class++) {
        const USER_MEMORY_CACHE_ENTRY *Cache = &Front->UserBlockCache[Class];
        const SINGLE_LIST_ENTRY *Link = Cache->UserBlocks.Next;
        if ((USHORT)Cache->AvailableBlocks != Cache->UserBlocks.Depth)
            return false;
        for (ULONG Left = Cache->AvailableBlocks; Left > 0; Left--) {
            const HEAP_USERDATA_HEADER *UserBlocks =
                CONTAINING_RECORD(Link, HEAP_USERDATA_HEADER, SFreeListEntry);
            if (!Link || !RtlpIsUserBlock(Front->Heap, UserBlocks) ||
                UserBlocks->SizeIndex != Class)
                return false;
            Bytes += RtlpUserBlockBytes(Class);
            Link = UserBlocks->SFreeListEntry.Next;
        }
        if (Link)
            return false;
    }
    return Bytes == Front->SizeInCache;
}

static bool RtlpDeletedAreSound(const FRONT_HEAP *Front, ULONG Count)
{
    const HEAP_LOCAL_DATA *Local = &Front->LocalData[0];
    const SINGLE_LIST_ENTRY *Link = Local->DeletedSubSegments.Next;
    if ((USHORT)Count != Local->DeletedSubSegments.Depth)
        return false;
    for (; Count > 0 && Link; Count--) {
        const HEAP_SUBSEGMENT *Found =
            CONTAINING_RECORD(Link, HEAP_SUBSEGMENT, SFreeListEntry);
        if (!RtlpIsSubSegment(Front, Found) || Found->UserBlocks)
            return false;
        Link = Found->SFreeListEntry.Next;
    }
    return !Count && !Link;
}

bool RtlpFrontCheck(HEAP_CHECK *Check)
{
    HEAP *Heap = Check->Heap;
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    FRONT_HEAP *Shut = Heap->FrontHeapLockCount || !Front ? &RtlpNoFront : Front;
    LFH_COUNTS Counts = {.Deleted = 0};
    if (Heap->Front != Shut ||
        (Front ? Heap->FrontEndHeapType != 2 : Heap->FrontEndHeapType & ~2))
        return RtlpWrong(Check, H(13), heap_failure_generic, &Heap->Front);
    if (!Front)
        return true;
    if (Front->Heap != Heap || Front->LocalData[0].LowFragHeap != Front)
        return RtlpWrong(Check, H(13), heap_failure_generic, Front);
    if (!RtlpCheckZones(Check, &Counts))
        return false;
    for (ULONG i = 0; i < LFH_BUCKETS; i++)
        if (!RtlpBucketIsSound(Front, i, &Counts))
            return RtlpWrong(Check, H(13), heap_failure_generic,
                             &Front->LocalData[0].SegmentInfo[i]);
    if (!RtlpCacheIsSound(Front) || !RtlpDeletedAreSound(Front, Counts.Deleted))
        return RtlpWrong(Check, H(13), heap_failure_listentry_corruption, Front);
    return true;
}
