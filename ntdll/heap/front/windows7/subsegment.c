/* subsegment.c - descriptors of subsegments: where they lie, how one begins, how it ends.
 *
 *   zone       | LFH_BLOCK_ZONE | HEAP_SUBSEGMENT | HEAP_SUBSEGMENT | .. FreePointer ..Limit
 *   user blocks| HEAP_USERDATA_HEADER | entry, next 4 | entry, next 6 | .. | entry, FFFFh |
 *                                     2               4
 *
 * A bucket's next subsegment has as many blocks as the bucket has, at most 400h (Valasek:
 * TotalBlocks, limited to 400h), at least FIRST_BLOCKS (ours); then what fits into the class of
 * user blocks above.  Headers are written once, with SubSegmentCode (windows7p.h).
 *
 * A subsegment ends when all its blocks are free and it is not active.  One exchange takes all
 * of them, Depth to 0: after that no take succeeds, and there is nothing to give.  Its descriptor
 * waits in DeletedSubSegments, for any bucket.  Sequence goes on, so a late take fails; one that
 * reads the descriptor as its new bucket's finds the block too small, puts it back (take.c).
 *
 * Lock: the heap's.  In Windows: RtlpSubSegmentInitialize, RtlpAllocateSubSegment.
 */
#include "heap/front/windows7/windows7p.h"

#define FIRST_BLOCKS 32u
#define MOST_BLOCKS  0x400u

static HEAP_SUBSEGMENT *RtlpZoneFirst(const LFH_BLOCK_ZONE *Zone)
{
    return (HEAP_SUBSEGMENT *)(Zone + 1);
}

LFH_BLOCK_ZONE *RtlpNextZone(const FRONT_HEAP *Front, const LFH_BLOCK_ZONE *Zone)
{
    const LIST_ENTRY *Link = Zone ? &Zone->ListEntry : &Front->SubSegmentZones;
    if (!RtlpIsLinked(Link) || Link->Flink == &Front->SubSegmentZones)
        return NULL;
    Zone = CONTAINING_RECORD(Link->Flink, LFH_BLOCK_ZONE, ListEntry);
    return RtlpIsReadable((const HEAP_ENTRY *)(&Zone->Limit)) ? (LFH_BLOCK_ZONE *)Zone
                                                              : NULL;
}

bool RtlpIsSubSegment(const FRONT_HEAP *Front, const HEAP_SUBSEGMENT *SubSegment)
{
    for (LFH_BLOCK_ZONE *Zone = NULL; (Zone = RtlpNextZone(Front, Zone)) != NULL;) {
        ULONG_PTR Offset = (ULONG_PTR)SubSegment - (ULONG_PTR)RtlpZoneFirst(Zone);
        if (Offset < Front->ZoneBlockSize && (const void *)SubSegment < Zone->FreePointer)
            return Offset % sizeof(HEAP_SUBSEGMENT) == 0;
    }
    return false;
}

/* A zone more, which CrtZone then is; false: no memory, or the list of zones is damaged. */
static bool RtlpAddZone(FRONT_HEAP *Front)
{
    if (!RtlpIsLinked(&Front->SubSegmentZones)) {
        RtlpHeapFailure(Front->Heap, heap_failure_listentry_corruption,
                        &Front->SubSegmentZones, "RtlpAllocateSubSegment");
        return false;
    }
    LFH_BLOCK_ZONE *Zone = RtlpAllocateForFront(Front->Heap, Front->ZoneBlockSize);
    if (!Zone)
        return false;
    Zone->FreePointer = Zone + 1;
    Zone->Limit = (char *)Zone + Front->ZoneBlockSize;
    RtlpInsertBefore(&Front->SubSegmentZones, &Zone->ListEntry);
    Front->LocalData[0].CrtZone = Zone;
    return true;
}

/* A descriptor without user blocks; null: no memory, or damage (reported). */
static HEAP_SUBSEGMENT *RtlpAllocateSubSegment(FRONT_HEAP *Front)
{
    HEAP_LOCAL_DATA *Local = &Front->LocalData[0];
    if (Local->DeletedSubSegments.Next) {
        HEAP_SUBSEGMENT *Old = CONTAINING_RECORD(Local->DeletedSubSegments.Next,
                                                 HEAP_SUBSEGMENT, SFreeListEntry);
        if (RtlpIsSubSegment(Front, Old) && !Old->UserBlocks &&
            !Old->AggregateExchg.Depth) {
            Local->DeletedSubSegments.Next = Old->SFreeListEntry.Next;
            Local->DeletedSubSegments.Depth--;
            return Old;
        }
        RtlpHeapFailure(Front->Heap, heap_failure_listentry_corruption, Old,
                        "RtlpAllocateSubSegment");
        Local->DeletedSubSegments.Next = NULL;
        Local->DeletedSubSegments.Depth = 0;
    }
    const LFH_BLOCK_ZONE *Last =
        Front->SubSegmentZones.Blink == &Front->SubSegmentZones
            ? NULL
            : CONTAINING_RECORD(Front->SubSegmentZones.Blink, LFH_BLOCK_ZONE, ListEntry);
    LFH_BLOCK_ZONE *Zone = Local->CrtZone;
    bool Room =
        Zone && Zone == Last && RtlpIsLinked(&Zone->ListEntry) &&
        Zone->Limit == (char *)Zone + Front->ZoneBlockSize &&
        (char *)Zone->FreePointer > (char *)Zone &&
        (char *)Zone->FreePointer + sizeof(HEAP_SUBSEGMENT) <= (char *)Zone->Limit;
    if (!Room && !RtlpAddZone(Front))
        return NULL;
    Zone = Local->CrtZone;
    HEAP_SUBSEGMENT *New = Zone->FreePointer;
    Zone->FreePointer = New + 1;
    return New;
}

/* The class of the bucket's next user blocks. */
static ULONG RtlpNextClass(const HEAP_LOCAL_SEGMENT_INFO *Info, ULONG Units)
{
    ULONG Blocks = Info->Counters.TotalBlocks, Class = 0;
    Blocks = Blocks < FIRST_BLOCKS ? FIRST_BLOCKS : Blocks;
    Blocks = Blocks > MOST_BLOCKS ? MOST_BLOCKS : Blocks;
    SIZE_T Bytes = (SIZE_T)(Blocks * Units)
                   << GRANULE_SHIFT; /* with the headers one block less */
    while (Class < LFH_CLASSES - 1 &&
           RtlpUserBlockBytes(Class) + sizeof(HEAP_ENTRY) < Bytes)
        Class++;
    return Class;
}

/* Writes the header of each block, and in its data where the next one is. */
static void RtlpFormBlocks(const FRONT_HEAP *Front, const HEAP_SUBSEGMENT *SubSegment)
{
    ULONG Offset = LFH_FIRST;
    for (ULONG Left = SubSegment->BlockCount; Left > 0; Left--) {
        HEAP_ENTRY *Entry = RtlpLfhEntry(SubSegment->UserBlocks, Offset);
        ULONG_PTR Code = (ULONG_PTR)SubSegment ^ RtlpLfhMask(Front, Entry);
#if HEAP_WIDE
        Entry->Reserved = (PVOID)Code;
#endif
        Entry->SubSegmentCode = (ULONG)Code;
        Entry->PreviousSize = sizeof(HEAP_ENTRY);
        Entry->SegmentOffset = FRONT_INDEX;
        Entry->UnusedBytes = HEAP_UNUSED_LFH;
        Offset += SubSegment->BlockSize;
        *(USHORT *)(Entry + 1) = (USHORT)(Left > 1 ? Offset : LFH_NO_ENTRY);
    }
}

/* A new subsegment of the bucket, all blocks free, in no list; null: no memory. */
HEAP_SUBSEGMENT *RtlpSubSegmentInitialize(FRONT_HEAP *Front, ULONG Bucket)
{
    HEAP_LOCAL_SEGMENT_INFO *Info = &Front->LocalData[0].SegmentInfo[Bucket];
    ULONG Units = RtlpBucketUnits(Bucket), Class = RtlpNextClass(Info, Units);
    HEAP_SUBSEGMENT *New = RtlpAllocateSubSegment(Front);
    HEAP_USERDATA_HEADER *UserBlocks = New ? RtlpAllocateUserBlock(Front, Class) : NULL;
    if (!UserBlocks) {
        if (New) {
            New->SFreeListEntry.Next = Front->LocalData[0].DeletedSubSegments.Next;
            Front->LocalData[0].DeletedSubSegments.Next = &New->SFreeListEntry;
            Front->LocalData[0].DeletedSubSegments.Depth++;
        }
        return NULL;
    }
    SIZE_T Room = RtlpUserBlockBytes(Class) - sizeof(HEAP_USERDATA_HEADER);
    New->LocalInfo = Info;
    RTLP_WRITE(New->BlockSize, (USHORT)Units);
    RTLP_WRITE(New->BlockCount, (USHORT)((Room >> GRANULE_SHIFT) / Units));
    New->SizeIndex = (UCHAR)Bucket;
    New->Flags = 0;
    UserBlocks->SubSegment = New;
    RTLP_WRITE(New->UserBlocks, UserBlocks);
    RtlpFormBlocks(Front, New);
    Info->Counters.TotalBlocks += New->BlockCount;
    Info->Counters.SubSegmentCounts++;
    Front->SegmentCreate++;
    while (!RtlpExchange(New, RtlpReadExchg(New), New->BlockCount, LFH_FIRST))
        continue;
    return New;
}

bool RtlpReleaseSubSegment(FRONT_HEAP *Front, HEAP_SUBSEGMENT *SubSegment)
{
    HEAP_LOCAL_SEGMENT_INFO *Info = SubSegment->LocalInfo;
    HEAP_LOCAL_DATA *Local = &Front->LocalData[0];
    LFH_STATE Old = RtlpReadExchg(SubSegment);
    if (LFH_DEPTH(Old) != SubSegment->BlockCount ||
        !RtlpExchange(SubSegment, Old, 0, LFH_NO_ENTRY))
        return false;
    if (SubSegment->Flags & LFH_LISTED && !RtlpUnlistSubSegment(SubSegment))
        RtlpHeapFailure(Front->Heap, heap_failure_listentry_corruption, SubSegment,
                        "RtlpLowFragHeapFree");
    HEAP_USERDATA_HEADER *UserBlocks = SubSegment->UserBlocks;
    if (RTLP_READ(Info->Hint) == SubSegment)
        RTLP_WRITE(Info->Hint, NULL);
    Info->Counters.TotalBlocks -= SubSegment->BlockCount;
    Info->Counters.SubSegmentCounts--;
    Front->SegmentDelete++;
    RTLP_WRITE(SubSegment->UserBlocks, NULL);
    SubSegment->SFreeListEntry.Next = Local->DeletedSubSegments.Next;
    Local->DeletedSubSegments.Next = &SubSegment->SFreeListEntry;
    Local->DeletedSubSegments.Depth++;
    RtlpFreeUserBlock(Front, UserBlocks);
    return true;
}

void RtlpFrontTrim(HEAP *Heap)
{
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    if (!Front)
        return;
    for (LFH_BLOCK_ZONE *Zone = NULL; (Zone = RtlpNextZone(Front, Zone)) != NULL;)
        for (HEAP_SUBSEGMENT *Each = RtlpZoneFirst(Zone);
             (PVOID)Each < Zone->FreePointer && RtlpIsSubSegment(Front, Each); Each++) {
            HEAP_LOCAL_SEGMENT_INFO *Infos = Front->LocalData[0].SegmentInfo;
            if (Each->UserBlocks && Each->SizeIndex < LFH_BUCKETS &&
                Each->LocalInfo == &Infos[Each->SizeIndex] &&
                Each->LocalInfo->ActiveSubsegment != Each)
                RtlpReleaseSubSegment(Front, Each);
        }
    RtlpEmptyUserBlockCache(Front, 0);
}

/* Its memory is in the segments, which RtlDestroyHeap releases. */
void RtlpFrontDestroy(HEAP *Heap)
{
    Heap->Front = &RtlpNoFront;
    Heap->FrontEndHeap = NULL;
}
