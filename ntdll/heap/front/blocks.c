/* blocks.c - front end: what others may know of its regions and blocks.
 *
 * find.c asks whether a pointer is one of its blocks, in use or not; HeapWalk and reports step over
 * all of them:
 *
 *   region (newest) -> block 1 -> block 2 -> .. -> region (older) -> block 1 -> ..
 *
 * Each descriptor is checked before it is followed: it lies in the zone, its fields agree, and the
 * region's own header names it.  So a step over damaged ones goes on or ends; none goes back.
 *
 * Lock: the heap's.  In Windows: the LFH's part of RtlWalkHeap and RtlSizeHeap.
 */
#include "heap/front/groupsp.h"

static void RtlpDescribeBlock(const FRONT_REGION *Region, ULONG i, FRONT_ITEM *Item)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)RtlpRegionBlock(Region, i) - 1;
    Item->Region = (PVOID)Region;
    Item->Index = i + 1;
    Item->Busy = !RtlpIsBlockFree(Region, i);
    Item->Data = Entry + 1;
    Item->Bytes = Region->BlockSize;
    Item->Unused = Item->Busy ? RTLP_READ(Entry->PreviousSize) : sizeof(HEAP_ENTRY);
    if (Region->SizeIndex == FRONT_ZERO)
        Item->Bytes = Item->Unused = sizeof(HEAP_ENTRY);
}

bool RtlpFrontOwns(const FRONT_HEAP *Front, const void *Block, FRONT_ITEM *Found)
{
    ULONG Bit;
    const FRONT_GROUP *Group = RtlpGroupOf(Front, Block, &Bit);
    if (!Group)
        return false;
    const FRONT_REGION *Region = Group->Region;
    ULONG_PTR Groups = (ULONG_PTR)(Group - Region->Groups);
    if (!RtlpIsInZone(Front, Region) || Groups >= REGION_GROUPS ||
        Groups * GROUP_BLOCKS + Bit >= Region->BlockCount)
        return false;
    RtlpDescribeBlock(Region, (ULONG)Groups * GROUP_BLOCKS + Bit, Found);
    return true;
}

bool RtlpFrontFree(HEAP *Heap, PVOID Block)
{
    ULONG Bit;
    FRONT_GROUP *Group = RtlpGroupOf(Heap->FrontEndHeap, Block, &Bit);
    return Group && RtlpGiveToGroup(Group, Bit);
}

bool RtlpFrontHolds(const HEAP *Heap, const void *Block)
{
    (void)Heap, (void)Block; /* its regions are its own */
    return false;
}

void RtlpFrontNoteSize(HEAP *Heap, PVOID Block, SIZE_T Size)
{
    ULONG Bit;
    const FRONT_GROUP *Group = RtlpGroupOf(Heap->FrontEndHeap, Block, &Bit);
    if (Group)
        RtlpNoteSize(Group, Block, Size);
}

/* Whether a walk may follow Region: its memory says that it is Region's. */
static bool RtlpCanWalk(const FRONT_HEAP *Front, const FRONT_REGION *Region)
{
    return RtlpIsInZone(Front, Region) && Region->SizeIndex < FRONT_BUCKETS &&
           RtlpIsDescriptor(Front, Region, Region->SizeIndex) &&
           RtlpRegionBlock(Region, 0) ==
               (char *)Region->UserBlocks + RtlpRegionHead(Region) &&
           RtlpIsReadable((HEAP_ENTRY *)Region->UserBlocks) &&
           Region->UserBlocks->SubSegment == Region;
}

bool RtlpFrontNext(const HEAP *Heap, FRONT_ITEM *Item)
{
    const FRONT_REGION *Region = Item->Region;
    if (Region && Item->Index < Region->BlockCount) {
        RtlpDescribeBlock(Region, Item->Index, Item);
        return true;
    }
    Region = Region ? RtlpOlderRegion(Region) : RtlpNewestRegion(Heap);
    while (Region && Region->State == RegionReleased)
        Region = RtlpOlderRegion(Region);
    if (!Region || !RtlpCanWalk(Heap->FrontEndHeap, Region))
        return false;
    *Item = (FRONT_ITEM){.Region = (PVOID)Region,
                         .Data = Region->UserBlocks,
                         .Bytes = Region->ReserveSize,
                         .Unused = Region->ReserveSize - Region->CommitSize};
    return true;
}
