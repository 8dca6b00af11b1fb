/* corrupt_places.c - what of a heap's bookkeeping can be damaged, and with what. */
#include "corrupt_heap.h"
#include <stdlib.h>
#include <string.h>

PLACE Places[PLACES];
unsigned KindStart[Kinds], KindCount[Kinds];
static unsigned PlaceCount;

static void Place(void *At, unsigned Bytes, KIND Kind)
{
    if (PlaceCount < PLACES)
        Places[PlaceCount++] = (PLACE){At, (unsigned char)Bytes, (unsigned char)Kind};
}

static void PlaceWords(void *From, SIZE_T Bytes, KIND Kind)
{
    for (SIZE_T b = 0; b + sizeof(void *) <= Bytes; b += sizeof(void *))
        Place((char *)From + b, sizeof(void *), Kind);
}

static void PlaceHeader(HEAP_ENTRY *Entry, KIND Kind)
{
    Place(&Entry->Code1, 4, Kind);
    Place(&Entry->PreviousSize, 2, Kind);
    Place(&Entry->SegmentOffset, 1, Kind);
    Place(&Entry->UnusedBytes, 1, Kind);
}

static void PlaceRuns(HEAP_SEGMENT *Segment)
{
    for (HEAP_ENTRY *Entry = Segment->FirstEntry; Entry;) {
        ULONG Code = RtlpDecode(Heap, Entry);
        if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY) {
            PlaceHeader(Entry, RangeHeader);
            PlaceWords(UCR_OF(Entry), sizeof(HEAP_UCR_DESCRIPTOR), RangeBody);
            Entry = RtlpAfterRange(Heap, Entry);
            continue;
        }
        if (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY) {
            PlaceHeader(Entry, BusyHeader);
        } else {
            SIZE_T Bytes =
                ((SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT) - sizeof(HEAP_FREE_ENTRY);
            PlaceHeader(Entry, FreeHeader);
            PlaceWords(&FREE_OF(Entry)->FreeList, sizeof(LIST_ENTRY), FreeLinks);
            PlaceWords(FREE_OF(Entry) + 1, Bytes < 64 ? Bytes : 64, FreeBody);
        }
        Entry = RtlpEntryAfter(Entry, CODE_SIZE(Code));
    }
}

#ifdef FRONT_INSIDE /* windows7.h */
static void PlaceFrontEnd(void)
{
    const FRONT_HEAP *Front = Heap->FrontEndHeap;
    if (!Front)
        return;
    for (FRONT_ITEM Item = {0}; RtlpFrontNext(Heap, &Item);)
        if (!Item.Index) {
            PlaceWords(Item.Data, sizeof(HEAP_USERDATA_HEADER), FrontRegion);
            PlaceWords(Item.Region, sizeof(HEAP_SUBSEGMENT), FrontFields);
        } else {
            PlaceHeader((HEAP_ENTRY *)Item.Data - 1, FrontHeader);
            if (!Item.Busy)
                PlaceWords(Item.Data, 16, FrontBody);
        }
    for (LFH_BLOCK_ZONE *Zone = NULL; (Zone = RtlpNextZone(Front, Zone)) != NULL;)
        PlaceWords(Zone, sizeof(*Zone), FrontFields);
    PlaceWords((void *)Front, sizeof(*Front), FrontFields);
}
#else
static void PlaceFrontEnd(void)
{
    if (!Heap->FrontEndHeap)
        return;
    for (FRONT_REGION *Region = RtlpNewestRegion(Heap); Region;
         Region = Region->NextInZone) {
        if (Region->State == RegionReleased)
            continue;
        PlaceWords(Region->UserBlocks, sizeof(HEAP_USERDATA_HEADER), FrontRegion);
        for (ULONG i = 0; i < Region->BlockCount; i++) {
            char *Block = RtlpRegionBlock(Region, i);
            PlaceHeader((HEAP_ENTRY *)Block - 1, FrontHeader);
            if (RtlpIsReadable((HEAP_ENTRY *)Block) && !RtlValidateHeap(Heap, 0, Block))
                PlaceWords(Block, 16, FrontBody);
        }
        PlaceWords(Region, sizeof(*Region), FrontFields);
    }
    PlaceWords(Heap->FrontEndHeap, sizeof(FRONT_HEAP), FrontFields);
}
#endif

static int ByKind(const void *A, const void *B)
{
    return ((const PLACE *)A)->Kind - ((const PLACE *)B)->Kind;
}

void FindPlaces(void)
{
    PlaceCount = 0;
    for (ULONG i = 0; i < Heap->SegmentCount; i++)
        if (Heap->Segments[i]) {
            PlaceRuns(Heap->Segments[i]);
            PlaceWords(Heap->Segments[i], sizeof(HEAP_SEGMENT), SegmentFields);
        }
    PlaceFrontEnd();
    for (LIST_ENTRY *Link = Heap->VirtualAllocdBlocks.Flink;
         Link != &Heap->VirtualAllocdBlocks; Link = Link->Flink)
        PlaceWords(Link, sizeof(HEAP_VIRTUAL_ALLOC_ENTRY), LargeHeader);
    PlaceWords((HEAP_SEGMENT *)Heap + 1, offsetof(HEAP, Lock) - sizeof(HEAP_SEGMENT),
               HeapFields);
    qsort(Places, PlaceCount, sizeof(PLACE), ByKind);
    memset(KindCount, 0, sizeof(KindCount));
    for (unsigned p = PlaceCount; p-- > 0; KindStart[Places[p].Kind] = p)
        KindCount[Places[p].Kind]++;
}

static bool IsData(const char *At)
{
    for (unsigned i = 0; i < LIVE; i++)
        if (Live[i].Block && (unsigned char *)At >= Live[i].Block &&
            (unsigned char *)At < Live[i].Block + Live[i].Size)
            return true;
    return false;
}

bool FindNear(KIND Kind, PLACE *Found)
{
    for (unsigned Try = 0; Try < 1000; Try++) {
        unsigned i = Random(LIVE), Distance = 1 + Random(NEAR), Bytes = Random(2) ? 1 : 4;
        if (!Live[i].Block)
            continue;
        char *Block = (char *)Live[i].Block;
        char *At = Kind == NearBefore ? Block - Distance
                                      : Block + Live[i].Size + Distance - Bytes;
        *Found = (PLACE){At, (unsigned char)Bytes, (unsigned char)Kind};
        if (HostOwns(At) && HostOwns(At + Bytes - 1) && !IsData(At) &&
            !IsData(At + Bytes - 1))
            return true;
    }
    return false;
}

/* A pointer that an attacker may think of. */
static void *Plausible(void)
{
    const PLACE *Other;
    switch (Random(7)) {
    case 0: /* another free block's links */
        if (KindCount[FreeLinks]) {
            Other = &Places[KindStart[FreeLinks] + Random(KindCount[FreeLinks])];
            return Other->At;
        }
        return NULL;
    case 1: /* a live block */
        for (unsigned i = Random(LIVE); i < LIVE; i++)
            if (Live[i].Block)
                return Live[i].Block;
        return NULL;
    case 2:
        return Bait + 8 * Random(BAIT / 8 - 4);
    case 3:
        return &Heap->FreeLists;
    case 4:
        return &Heap->BlocksIndex->ListHints[Random(Heap->BlocksIndex->ArraySize)];
    case 5: /* nowhere */
        return (void *)(ULONG_PTR)(0x4141414141414141u >> Random(64));
    default:
        return Places[Random(PlaceCount)].At;
    }
}

/* Damages one place; false: what was written is what stood there. */
bool Damage(PLACE *Target)
{
    unsigned char Old[8], New[8];
    unsigned Bytes = Target->Bytes;
    memcpy(Old, Target->At, Bytes);
    memcpy(New, Old, Bytes);
    void *Pointer = Plausible();
    switch (Random(9)) {
    case 0:
        New[Random(Bytes)] ^= (unsigned char)(1u << Random(8));
        break;
    case 1:
        New[Random(Bytes)] = (unsigned char)Random(256);
        break;
    case 2:
        memset(New, 0, Bytes);
        break;
    case 3:
        memset(New, 0xFF, Bytes);
        break;
    case 4:
        memset(New, 0x41, Bytes);
        break;
    case 5:
        for (unsigned b = 0; b < Bytes; b++)
            New[b] = (unsigned char)Random(256);
        break;
    case 6: { /* what stands at the same place of another */
        if (!KindCount[Target->Kind])
            break;
        const PLACE *Other =
            &Places[KindStart[Target->Kind] + Random(KindCount[Target->Kind])];
        memcpy(New, Other->At, Other->Bytes < Bytes ? Other->Bytes : Bytes);
        break;
    }
    case 7: { /* a number nearby */
        uint64_t Value = 0;
        memcpy(&Value, New, Bytes);
        Value += (uint64_t)Random(9) - 4;
        Value += Random(2) ? (uint64_t)(Random(9) - 4) * PAGE_SIZE : 0;
        memcpy(New, &Value, Bytes);
        break;
    }
    default:
        memcpy(New, &Pointer, Bytes);
    }
    memcpy(Target->At, New, Bytes);
    return memcmp(Old, New, Bytes) != 0;
}
