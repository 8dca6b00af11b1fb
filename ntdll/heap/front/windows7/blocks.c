/* blocks.c - what others may know of subsegments and their blocks.
 *
 * find.c asks whether a pointer is one of its blocks; HeapWalk and reports step over all of them;
 * validate.c asks whether a block of the back end is the front end's own:
 *
 *   zone -> subsegment -> block 1 -> block 2 -> .. -> subsegment -> .. -> next zone
 *
 * A descriptor is followed only where its user blocks name it and the back end's header says that
 * they are as large as it says.
 *
 * Lock: the heap's.  In Windows: the LFH's part of RtlWalkHeap and RtlSizeHeap.
 */
#include "heap/front/windows7/windows7p.h"

static void RtlpDescribeBlock(const HEAP_SUBSEGMENT *SubSegment, ULONG i,
                              FRONT_ITEM *Item)
{
    HEAP_ENTRY *Entry = RtlpLfhBlock(SubSegment, i);
    Item->Region = (PVOID)SubSegment;
    Item->Index = i + 1;
    Item->Busy = RtlpIsLfhBusy(Entry);
    Item->Data = Entry + 1;
    Item->Bytes = (SIZE_T)SubSegment->BlockSize << GRANULE_SHIFT;
    Item->Unused = Item->Busy ? RTLP_READ(Entry->PreviousSize) : sizeof(HEAP_ENTRY);
}

bool RtlpFrontOwns(const FRONT_HEAP *Front, const void *Block, FRONT_ITEM *Found)
{
    const HEAP_ENTRY *Entry = (const HEAP_ENTRY *)Block - 1;
    if (!(RTLP_READ(Entry->UnusedBytes) & HEAP_UNUSED_LFH))
        return false;
    const HEAP_SUBSEGMENT *Owner = RtlpNamedSubSegment(Front, Block);
    if (!Owner)
        return false;
    ULONG Offset =
        (ULONG)(((const char *)Entry - (const char *)Owner->UserBlocks) >> GRANULE_SHIFT);
    RtlpDescribeBlock(Owner, (Offset - LFH_FIRST) / Owner->BlockSize, Found);
    return true;
}

bool RtlpFrontFree(HEAP *Heap, PVOID Block)
{
    return RtlpLowFragHeapFree(Heap->FrontEndHeap, Block);
}

void RtlpFrontNoteSize(HEAP *Heap, PVOID Block, SIZE_T Size)
{
    const HEAP_SUBSEGMENT *Owner = RtlpNamedSubSegment(Heap->FrontEndHeap, Block);
    if (Owner)
        RtlpNoteLfhUnused((HEAP_ENTRY *)Block - 1,
                          (ULONG)(((SIZE_T)Owner->BlockSize << GRANULE_SHIFT) - Size));
}

/* Whether SubSegment's user blocks are its own, and as large as it needs. */
static bool RtlpCanWalk(const HEAP *Heap, const HEAP_SUBSEGMENT *SubSegment)
{
    const HEAP_USERDATA_HEADER *UserBlocks = SubSegment->UserBlocks;
    return RtlpIsUserBlock(Heap, UserBlocks) && UserBlocks->SubSegment == SubSegment &&
           sizeof(*UserBlocks) + ((SIZE_T)SubSegment->BlockCount * SubSegment->BlockSize
                                  << GRANULE_SHIFT) <=
               RtlpUserBlockBytes((ULONG)UserBlocks->SizeIndex);
}

bool RtlpFrontHolds(const HEAP *Heap, const void *Block)
{
    const FRONT_HEAP *Front = Heap->FrontEndHeap;
    const HEAP_USERDATA_HEADER *UserBlocks = Block;
    if (!Front)
        return false;
    if (Block == Front)
        return true;
    for (LFH_BLOCK_ZONE *Zone = NULL; (Zone = RtlpNextZone(Front, Zone)) != NULL;)
        if (Block == Zone)
            return true;
    if (!RtlpIsUserBlock(Heap, UserBlocks))
        return false;
    if (RtlpIsSubSegment(Front, UserBlocks->SubSegment))
        return UserBlocks->SubSegment->UserBlocks == UserBlocks;
    const USER_MEMORY_CACHE_ENTRY *Cache = &Front->UserBlockCache[UserBlocks->SizeIndex];
    const SINGLE_LIST_ENTRY *Link = Cache->UserBlocks.Next;
    for (ULONG Left = Cache->AvailableBlocks; Left > 0 && Link; Left--) {
        const HEAP_USERDATA_HEADER *Cached =
            CONTAINING_RECORD(Link, HEAP_USERDATA_HEADER, SFreeListEntry);
        if (Cached == UserBlocks)
            return true;
        if (!RtlpIsUserBlock(Heap, Cached))
            return false;
        Link = Link->Next;
    }
    return false;
}

/* The descriptor after SubSegment (null: the first) in its zone, then in the next zone. */
static const HEAP_SUBSEGMENT *RtlpNextSubSegment(const FRONT_HEAP *Front,
                                                 const HEAP_SUBSEGMENT *SubSegment)
{
    const HEAP_SUBSEGMENT *Next = SubSegment ? SubSegment + 1 : NULL;
    bool Passed = !SubSegment;
    for (LFH_BLOCK_ZONE *Zone = NULL; (Zone = RtlpNextZone(Front, Zone)) != NULL;) {
        const HEAP_SUBSEGMENT *First = (const HEAP_SUBSEGMENT *)(Zone + 1);
        if (Passed && RtlpIsSubSegment(Front, First))
            return First;
        if (!Passed && SubSegment >= First && (PVOID)SubSegment < Zone->FreePointer) {
            if (RtlpIsSubSegment(Front, Next))
                return Next;
            Passed = true;
        }
    }
    return NULL;
}

bool RtlpFrontNext(const HEAP *Heap, FRONT_ITEM *Item)
{
    const FRONT_HEAP *Front = Heap->FrontEndHeap;
    const HEAP_SUBSEGMENT *SubSegment = Item->Region;
    if (!Front)
        return false;
    if (SubSegment && Item->Index < SubSegment->BlockCount) {
        RtlpDescribeBlock(SubSegment, Item->Index, Item);
        return true;
    }
    do
        SubSegment = RtlpNextSubSegment(Front, SubSegment);
    while (SubSegment && !SubSegment->UserBlocks);
    if (!SubSegment || !RtlpCanWalk(Heap, SubSegment))
        return false;
    *Item = (FRONT_ITEM){
        .Region = (PVOID)SubSegment,
        .Data = SubSegment->UserBlocks,
        .Bytes = RtlpUserBlockBytes((ULONG)SubSegment->UserBlocks->SizeIndex)};
    return true;
}
