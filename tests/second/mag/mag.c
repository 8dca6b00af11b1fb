/* mag.c - a front end: what is done with the lock held. */
#include "heap/front/front.h"
#include "heap/check/validate.h"

#define REGIONS 2048u
#define OFTEN   18u

FRONT_HEAP RtlpNoFront;

static FRONT_HEAP *FrontOf(const HEAP *Heap)
{
    return Heap->FrontEndHeap;
}

static SIZE_T FrontBytes(void)
{
    return ALIGN_UP(sizeof(FRONT_HEAP) + REGIONS * sizeof(MAG_REGION), PAGE_SIZE);
}

static char *Memory(HEAP *Heap, SIZE_T Reserve, SIZE_T Commit)
{
    PVOID Base = NULL;
    if (RtlpReserve(&Base, Reserve, Heap->Protect) < 0)
        return NULL;
    if (RtlpCommit(Base, Commit, Heap->Protect) < 0) {
        RtlpRelease(Base);
        return NULL;
    }
    Heap->Counters.TotalMemoryReserved += Reserve;
    Heap->Counters.TotalMemoryCommitted += Commit;
    return Base;
}

static void GiveMemory(HEAP *Heap, PVOID Base, SIZE_T Reserve, SIZE_T Commit)
{
    RtlpRelease(Base);
    Heap->Counters.TotalMemoryReserved -= Reserve;
    Heap->Counters.TotalMemoryCommitted -= Commit;
}

bool RtlpFrontEnable(HEAP *Heap)
{
    if (Heap->FrontEndHeap)
        return true;
    SIZE_T Bytes = FrontBytes();
    FRONT_HEAP *Front = (FRONT_HEAP *)Memory(Heap, ALIGN_UP(Bytes, 0x10000), Bytes);
    if (!Front)
        return false;
    Front->Heap = Heap;
    Front->Key = RtlpHeapRandom();
    Front->Regions = (MAG_REGION *)(Front + 1);
    Heap->FrontEndHeap = Front;
    Heap->FrontEndHeapType = 2;
    if (!Heap->FrontHeapLockCount)
        __atomic_store_n(&Heap->Front, Front, __ATOMIC_SEQ_CST);
    return true;
}

static bool Open(FRONT_HEAP *Front, MAG_REGION *Region)
{
    SIZE_T Bytes = (SIZE_T)Region->Units << GRANULE_SHIFT;
    Region->Committed = ALIGN_UP(Bytes * Region->Blocks, PAGE_SIZE);
    Region->Reserved = ALIGN_UP(Region->Committed, 0x10000);
    char *Base = Memory(Front->Heap, Region->Reserved, Region->Committed);
    if (!Base)
        return false;
    for (ULONG Block = 0; Block < Region->Blocks; Block++) {
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Base + Block * Bytes);
        Entry->SubSegmentCode =
            MagCode(Front, Entry, (ULONG)(Region - Front->Regions), Block);
        Entry->SegmentOffset = FRONT_INDEX;
        Entry->UnusedBytes = HEAP_UNUSED_LFH;
    }
    Region->Base = Base;
    for (ULONG Block = 0; Block < Region->Blocks; Block++)
        __atomic_fetch_or(&Region->Free[Block / 32], 1u << Block % 32, __ATOMIC_SEQ_CST);
    return true;
}

static PVOID TakeFrom(FRONT_HEAP *Front, MAG_REGION *Region, SIZE_T Size)
{
    PVOID Block = MagTake(Region, Size);
    if (Block)
        __atomic_store_n(&Front->Active[Region->Units], Region, __ATOMIC_SEQ_CST);
    return Block;
}

static PVOID Take(FRONT_HEAP *Front, ULONG Units, SIZE_T Size)
{
    MAG_REGION *Empty = NULL;
    PVOID Block;
    for (MAG_REGION *Region = Front->Regions; Region < Front->Regions + Front->Count;
         Region++) {
        if (Region->Units != Units)
            continue;
        if (!Region->Base)
            Empty = Region;
        else if ((Block = TakeFrom(Front, Region, Size)) != NULL)
            return Block;
    }
    if (!Empty) {
        if (Front->Count == REGIONS)
            return NULL;
        Empty = &Front->Regions[Front->Count];
        Empty->Units = Units;
        SIZE_T Blocks = (0x10000u >> GRANULE_SHIFT) / Units;
        Empty->Blocks = Blocks < MAG_WORDS * 32 ? (ULONG)Blocks : MAG_WORDS * 32;
        __atomic_store_n(&Front->Count, Front->Count + 1, __ATOMIC_SEQ_CST);
    }
    return Open(Front, Empty) ? TakeFrom(Front, Empty, Size) : NULL;
}

PVOID RtlpFrontAllocate(HEAP *Heap, ULONG Units, SIZE_T Size)
{
    if (Units < 2)
        Units = 2;
    if (Units >= MAG_SIZES)
        return NULL;
    const ULONG Often = Heap->FrontEndHeap ? OFTEN - 1 : OFTEN;
    if (Heap->FrontUse[Units] < Often && ++Heap->FrontUse[Units] < Often)
        return NULL;
    return RtlpFrontEnable(Heap) ? Take(FrontOf(Heap), Units, Size) : NULL;
}

bool RtlpFrontFree(HEAP *Heap, PVOID Block)
{
    return Heap->FrontEndHeap && MagGive(FrontOf(Heap), Block);
}

static ULONG Whole(const MAG_REGION *Region, ULONG Word)
{
    ULONG Left = Region->Blocks > Word * 32 ? Region->Blocks - Word * 32 : 0;
    return Left >= 32 ? ~0u : (1u << Left) - 1;
}

/* Takes every block of Region, if all are free. */
static bool TakeAll(MAG_REGION *Region)
{
    for (ULONG Word = 0; Word < MAG_WORDS; Word++)
        if (!__sync_bool_compare_and_swap(&Region->Free[Word], Whole(Region, Word), 0)) {
            while (Word--)
                __atomic_fetch_or(&Region->Free[Word], Whole(Region, Word),
                                  __ATOMIC_SEQ_CST);
            return false;
        }
    return true;
}

void RtlpFrontTrim(HEAP *Heap)
{
    FRONT_HEAP *Front = FrontOf(Heap);
    for (ULONG i = 0; Front && i < Front->Count; i++) {
        MAG_REGION *Region = &Front->Regions[i];
        if (!Region->Base || !TakeAll(Region))
            continue;
        PVOID Base = Region->Base;
        Region->Base = NULL;
        GiveMemory(Heap, Base, Region->Reserved, Region->Committed);
    }
}

void RtlpFrontDestroy(HEAP *Heap)
{
    FRONT_HEAP *Front = FrontOf(Heap);
    if (!Front)
        return;
    Heap->Front = &RtlpNoFront;
    Heap->FrontEndHeap = NULL;
    Heap->FrontEndHeapType = 0;
    for (ULONG i = 0; i < Front->Count; i++)
        if (Front->Regions[i].Base)
            GiveMemory(Heap, Front->Regions[i].Base, Front->Regions[i].Reserved,
                       Front->Regions[i].Committed);
    GiveMemory(Heap, Front, ALIGN_UP(FrontBytes(), 0x10000), FrontBytes());
}

static void Describe(MAG_REGION *Region, ULONG Block, FRONT_ITEM *Item)
{
    SIZE_T Bytes = (SIZE_T)Region->Units << GRANULE_SHIFT;
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)(Region->Base + Block * Bytes);
    Item->Region = Region;
    Item->Index = Block + 1;
    Item->Busy = !MagIsFree(Region, Block);
    Item->Data = Entry + 1;
    Item->Bytes = Bytes;
    Item->Unused = Item->Busy ? RtlpFrontUnused(Entry + 1) : sizeof(HEAP_ENTRY);
}

bool RtlpFrontOwns(const FRONT_HEAP *Front, const void *Data, FRONT_ITEM *Found)
{
    ULONG Block;
    MAG_REGION *Region = MagFind(Front, Data, &Block);
    if (Region)
        Describe(Region, Block, Found);
    return Region != NULL;
}

bool RtlpFrontHolds(const HEAP *Heap, const void *Block)
{
    (void)Heap, (void)Block;
    return false;
}

void RtlpFrontNoteSize(HEAP *Heap, PVOID Data, SIZE_T Size)
{
    ULONG Block;
    MAG_REGION *Region = MagFind(FrontOf(Heap), Data, &Block);
    if (Region)
        RTLP_WRITE(((HEAP_ENTRY *)Data - 1)->PreviousSize,
                   (USHORT)(((SIZE_T)Region->Units << GRANULE_SHIFT) - Size));
}

bool RtlpFrontNext(const HEAP *Heap, FRONT_ITEM *Item)
{
    FRONT_HEAP *Front = FrontOf(Heap);
    MAG_REGION *Region = Item->Region;
    if (!Front)
        return false;
    if (Region && Item->Index < Region->Blocks) {
        Describe(Region, Item->Index, Item);
        return true;
    }
    Region = Region ? Region + 1 : Front->Regions;
    while (Region < Front->Regions + Front->Count && !Region->Base)
        Region++;
    if (Region >= Front->Regions + Front->Count)
        return false;
    *Item = (FRONT_ITEM){Region,
                         0,
                         false,
                         Region->Base,
                         Region->Reserved,
                         Region->Reserved - Region->Committed};
    return true;
}

static bool CheckRegion(HEAP_CHECK *Check, FRONT_HEAP *Front, MAG_REGION *Region)
{
    for (ULONG Word = 0; Word < MAG_WORDS; Word++)
        if (Region->Free[Word] & ~Whole(Region, Word))
            return RtlpWrong(Check, H(12), heap_failure_lfh_bitmap_mismatch,
                             Region->Base);
    for (ULONG Block = 0; Region->Base && Block < Region->Blocks; Block++) {
        ULONG Found;
        PVOID Data = (HEAP_ENTRY *)(Region->Base +
                                    ((SIZE_T)Block * Region->Units << GRANULE_SHIFT)) +
                     1;
        if (MagFind(Front, Data, &Found) != Region || Found != Block)
            return RtlpWrong(Check, H(11), heap_failure_entry_corruption, Data);
    }
    Check->Reserved += Region->Base ? Region->Reserved : 0;
    Check->Committed += Region->Base ? Region->Committed : 0;
    return true;
}

bool RtlpFrontCheck(HEAP_CHECK *Check)
{
    FRONT_HEAP *Front = FrontOf(Check->Heap);
    if (!Front)
        return true;
    for (ULONG Units = 0; Units < MAG_SIZES; Units++)
        if (Front->Active[Units] && Front->Active[Units]->Units != Units)
            return RtlpWrong(Check, H(13), heap_failure_generic, &Front->Active[Units]);
    for (ULONG i = 0; i < Front->Count; i++)
        if (!CheckRegion(Check, Front, &Front->Regions[i]))
            return false;
    Check->Reserved += ALIGN_UP(FrontBytes(), 0x10000);
    Check->Committed += FrontBytes();
    return true;
}
