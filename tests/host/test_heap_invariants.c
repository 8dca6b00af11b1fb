/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_invariants.c - each invariant of heap.h, broken on purpose: the validator says which.
 *
 * A heap with something of everything in it; then, as a debugger's hand would, one field is
 * written at a time so that one invariant does not hold, and RtlValidateHeap must answer no
 * and name that one; with the field as it was, yes.
 */
#include "heap_os.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"

#define SMALL 2500

static HEAP *Heap;
static bool Stop; /* the threads */
static void *Small[SMALL], *Large[3], *Middle[60];

static HEAP_ENTRY *EntryOf(void *Block)
{
    return (HEAP_ENTRY *)Block - 1;
}

static void Build(ULONG Flags)
{
    HostCatchProbes();
    HostHeap.Expected = false;
    Heap = RtlCreateHeap(HEAP_GROWABLE | Flags, NULL, 0, 0, NULL, NULL);
    assert_non_null(Heap);
    for (unsigned i = 0; i < 3; i++)
        Large[i] = RtlAllocateHeap(Heap, 0, 1200000 + i);
    for (unsigned i = 0; i < 60; i++)
        Middle[i] = RtlAllocateHeap(Heap, 0, 17000 + i * 4000);
    for (unsigned i = 1; i < 60; i += 3)
        assert_true(RtlFreeHeap(Heap, 0, Middle[i]));
    for (unsigned i = 0; i < SMALL; i++)
        Small[i] = RtlAllocateHeap(Heap, 0, 100);
    for (unsigned i = 0; i < 16; i++)
        Small[i * 7] = RtlReAllocateHeap(Heap, 0, Small[i * 7], 300 + 16 * i);
    for (unsigned i = 1000; i < SMALL; i += 4)
        assert_true(RtlFreeHeap(Heap, 0, Small[i]));
    assert_true(RtlValidateHeap(Heap, 0, NULL));
}

static void Delete(void)
{
    assert_null(RtlDestroyHeap(Heap));
}

typedef struct {
    void *Where;
    const void *Bytes;
    size_t Count;
} PATCH;

/* Makes the changes, expects the rule to be named, takes them back. */
static void BreakAll(unsigned Rule, const char *What, const PATCH *Patches, unsigned Many)
{
    char Kept[8][64], Name[40];
    snprintf(Name, sizeof(Name), "RtlValidateHeap, H%u", Rule);
    HostHeap.LastCall = "";
    for (unsigned i = 0; i < Many; i++) {
        assert_memory_not_equal(Patches[i].Where, Patches[i].Bytes, Patches[i].Count);
        memcpy(Kept[i], Patches[i].Where, Patches[i].Count);
        memcpy(Patches[i].Where, Patches[i].Bytes, Patches[i].Count);
    }
    if (RtlValidateHeap(Heap, 0, NULL))
        fail_msg("H%u, %s: not seen", Rule, What);
    if (strcmp(HostHeap.LastCall, Name) != 0)
        fail_msg("H%u, %s: taken for %s", Rule, What, HostHeap.LastCall);
    for (unsigned i = Many; i-- > 0;)
        memcpy(Patches[i].Where, Kept[i], Patches[i].Count);
    if (!RtlValidateHeap(Heap, 0, NULL))
        fail_msg("H%u, %s: %s afterwards", Rule, What, HostHeap.LastCall);
}

static void Break(unsigned Rule, const char *What, void *Where, const void *Bytes,
                  size_t Count)
{
    BreakAll(Rule, What, &(PATCH){Where, Bytes, Count}, 1);
}

/* Takes a linked entry out of its list, linked to itself. */
static void BreakOut(unsigned Rule, const char *What, LIST_ENTRY *Link)
{
    LIST_ENTRY *Flink = Link->Flink, *Blink = Link->Blink, *Self = Link;
    PATCH Patches[] = {{&Blink->Flink, &Flink, sizeof(Flink)},
                       {&Flink->Blink, &Blink, sizeof(Blink)},
                       {&Link->Flink, &Self, sizeof(Self)},
                       {&Link->Blink, &Self, sizeof(Self)}};
    BreakAll(Rule, What, Patches, 4);
}

/* Swaps a linked entry with the one after it. */
static void BreakOrder(unsigned Rule, const char *What, LIST_ENTRY *A)
{
    LIST_ENTRY *P = A->Blink, *B = A->Flink, *N = B->Flink;
    PATCH Patches[] = {{&P->Flink, &B, sizeof(B)}, {&B->Blink, &P, sizeof(P)},
                       {&B->Flink, &A, sizeof(A)}, {&A->Blink, &B, sizeof(B)},
                       {&A->Flink, &N, sizeof(N)}, {&N->Blink, &A, sizeof(A)}};
    BreakAll(Rule, What, Patches, 6);
}
#define BREAK(Rule, Field, Value)                                                        \
    do {                                                                                 \
        __typeof__(Field) New = (__typeof__(Field))(Value);                              \
        Break(Rule, #Field " = " #Value, &(Field), &New, sizeof(New));                   \
    } while (0)

/* The header of Entry as if it had these units and flags. */
static void BreakCode(unsigned Rule, const char *What, HEAP_ENTRY *Entry, ULONG Units,
                      ULONG Flags)
{
    HEAP_ENTRY New = *Entry;
    RtlpSetCode(Heap, &New, Units, Flags);
    New.Reserved = Entry->Reserved; /* bound to its place */
    Break(Rule, What, Entry, &New, sizeof(New));
}

/* The first busy (free) entry of at least 4 granules whose next neighbour is busy. */
static HEAP_ENTRY *Some(bool Busy)
{
    for (HEAP_ENTRY *Entry = Heap->Segments[1]->FirstEntry;;) {
        ULONG Code = RtlpDecode(Heap, Entry);
        HEAP_ENTRY *Next = RtlpEntryAfter(Entry, CODE_SIZE(Code));
        if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY)
            Next = RtlpAfterRange(Heap, Entry);
        assert_non_null(Next);
        if (!(CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY) &&
            !(CODE_FLAGS(Code) & HEAP_ENTRY_BUSY) == !Busy && CODE_SIZE(Code) >= 4 &&
            CODE_FLAGS(RtlpDecode(Heap, Next)) == HEAP_ENTRY_BUSY)
            return Entry;
        Entry = Next;
    }
}

static void TestBackEnd(void **State)
{
    (void)State;
    Build(0);
    HEAP_SEGMENT *Segment = Heap->Segments[1];
    assert_non_null(Segment);
    BREAK(1, Heap->Heap, Heap + 1);
    BREAK(1, Heap->SegmentSignature, 0);
    BREAK(1, Heap->Segments[0], Segment);
    BREAK(1, Segment->SegmentSignature, 0);
    BREAK(1, Segment->Heap, NULL);
    BREAK(1, Segment->BaseAddress, Heap);
    BREAK(1, Segment->NumberOfPages, Segment->NumberOfPages + 1);
    BREAK(1, Segment->FirstEntry, Segment->FirstEntry + 1);
    BREAK(1, Segment->LastValidEntry, Segment->LastValidEntry - 1);
    BREAK(1, Segment->Entry.Code1, Segment->Entry.Code1 ^ 1);
    BREAK(1, Segment->Entry.PreviousSize, Segment->Entry.PreviousSize ^ 1);
    BREAK(1, Segment->Entry.SegmentOffset, 7);
    BREAK(1, Segment->SegmentListEntry.Flink, (LIST_ENTRY *)8);
    BREAK(1, Heap->SegmentList.Flink, Heap->SegmentList.Flink->Flink);
    BREAK(1, Heap->SegmentCount, 1);
    BREAK(1, Heap->SegmentCount, 255);
    BREAK(1, Heap->Counters.TotalSegments, 99);
    BREAK(1, Heap->AlignMask, 0);
    BREAK(1, Heap->Flags, Heap->Flags ^ 0x40000000);
    BREAK(1, Heap->VirtualMemoryThreshold, 1);
    BREAK(1, Heap->CommitRoutine, (PRTL_HEAP_COMMIT_ROUTINE)8);

    HEAP_ENTRY *Busy = Some(true), *Free = Some(false);
    ULONG Units = CODE_SIZE(RtlpDecode(Heap, Busy));
    for (unsigned Bit = 0; Bit < 32; Bit++)
        BREAK(2, Busy->Code1, Busy->Code1 ^ 1u << Bit);
    BREAK(2, Busy->SegmentOffset, Busy->SegmentOffset ^ 1);
    BREAK(2, Free->UnusedBytes, sizeof(HEAP_ENTRY));
    BREAK(2, Busy->UnusedBytes, sizeof(HEAP_ENTRY) - 1);
    BREAK(2, Busy->UnusedBytes, RtlpMostUnused(Heap, 0) + 1);
    BreakCode(2, "the heap's own", Busy, Units,
              HEAP_ENTRY_BUSY | HEAP_ENTRY_VIRTUAL_ALLOC);
    BreakCode(2, "size to the end", Busy, 0xFFFF, HEAP_ENTRY_BUSY);
    BreakCode(2, "a free last entry", Segment->FirstEntry,
              CODE_SIZE(RtlpDecode(Heap, Segment->FirstEntry)), HEAP_ENTRY_LAST_ENTRY);
    BREAK(3, Busy->PreviousSize, Busy->PreviousSize ^ 1);
    BREAK(3, RtlpEntryAfter(Free, CODE_SIZE(RtlpDecode(Heap, Free)))->PreviousSize,
          0x1234);
    HEAP_ENTRY *Behind = RtlpEntryAfter(Free, CODE_SIZE(RtlpDecode(Heap, Free)));
    BreakCode(4, "two free ones", Behind, CODE_SIZE(RtlpDecode(Heap, Behind)), 0);
    for (ULONG Flag = HEAP_ENTRY_EXTRA_PRESENT; Flag <= 0x80; Flag <<= 1)
        if (Flag != HEAP_ENTRY_FILL_PATTERN && Flag != HEAP_ENTRY_LAST_ENTRY)
            BreakCode(2, "a free one with a busy one's flag", Free,
                      CODE_SIZE(RtlpDecode(Heap, Free)), Flag);

    if (Heap->BlocksIndex) { /* another free list's links are not known here */
        LIST_ENTRY *Link = &FREE_OF(Free)->FreeList;
        BREAK(5, Link->Flink, Link->Blink);
        BREAK(5, Link->Flink, (LIST_ENTRY *)(ULONG_PTR)0x4141414141414141);
        BREAK(5, Link->Blink, (LIST_ENTRY *)&Link->Blink);
        BREAK(5, Heap->FreeLists.Flink, (LIST_ENTRY *)8);
        BreakOut(5, "a free entry in no list", Link);
    }
    Delete();
}

static void TestFreeLists(void **State)
{
    (void)State;
    Build(0);
    HEAP_LIST_LOOKUP *Index = Heap->BlocksIndex;
    if (!Index) { /* another free list's insides are not known here */
        BREAK(7, Heap->TotalFreeSize, Heap->TotalFreeSize + 1);
        Delete();
        return;
    }
    ULONG *Summary = (ULONG *)(Index + 1), None = 0, Class = 1;
    while (Index->ListHints[None])
        None++;
    while (!Index->ListHints[Class] || Index->ListHints[Class] == Heap->FreeLists.Flink)
        Class++; /* the second class that has an entry */
    LIST_ENTRY *Link = Index->ListHints[Class]->Blink;
    ULONG *InUse = Index->ListsInUseUlong;
    BreakOrder(6, "two classes swapped", Link);
    BREAK(6, Index->ListHints[Class], Index->ListHints[Class]->Blink);
    BREAK(6, Index->ListHints[None], Link);
    BREAK(6, InUse[Class / 32], InUse[Class / 32] ^ 1u << Class % 32);
    BREAK(6, InUse[None / 32], InUse[None / 32] ^ 1u << None % 32);
    BREAK(6, *Summary, *Summary ^ 1u << Class / 32);
    BREAK(6, *Summary, *Summary ^ 1u << 31);
    BREAK(7, Heap->TotalFreeSize, Heap->TotalFreeSize + 1);
    BREAK(7, Index->ItemCount, Index->ItemCount - 1);
    Delete();
}

static void TestRanges(void **State)
{
    (void)State;
    Build(0);
    HEAP_UCR_DESCRIPTOR *Ucr =
        CONTAINING_RECORD(Heap->UCRList.Flink, HEAP_UCR_DESCRIPTOR, ListEntry);
    HEAP_UCR_DESCRIPTOR *Most =
        CONTAINING_RECORD(Heap->UCRList.Blink, HEAP_UCR_DESCRIPTOR, ListEntry);
    HEAP_SEGMENT *Segment = Heap->Segments[UCR_ENTRY(Ucr)->SegmentOffset];
    assert_int_not_equal(RtlpUcrClass(Ucr->Size), RtlpUcrClass(Most->Size));
    BREAK(8, Ucr->Address, (char *)Ucr->Address + PAGE_SIZE);
    BREAK(8, Ucr->Address, (char *)Ucr->Address + 8);
    BREAK(8, Ucr->Size, 0);
    BREAK(8, Ucr->Size, Ucr->Size + 8);
    BREAK(8, Ucr->Size, Ucr->Size - PAGE_SIZE ? Ucr->Size - PAGE_SIZE : 2 * PAGE_SIZE);
    BREAK(8, Most->Size, Most->Size + PAGE_SIZE);
    BREAK(8, Most->Size, ~(SIZE_T)0xFFF);
    BREAK(8, Segment->NumberOfUnCommittedRanges, 77);
    BREAK(8, Segment->NumberOfUnCommittedPages, Segment->NumberOfUnCommittedPages + 1);
    BREAK(9, Ucr->ListEntry.Flink, (LIST_ENTRY *)8);
    BREAK(9, Ucr->SegmentEntry.Blink, &Ucr->SegmentEntry);
    BREAK(9, Heap->UCRList.Blink, &Heap->UCRList);
    BREAK(9, Segment->UCRSegmentList.Flink, &Ucr->ListEntry);
    BreakOut(9, "a range in no list", &Ucr->ListEntry);
    BreakOut(9, "a range in no segment", &Ucr->SegmentEntry);
    LIST_ENTRY *Edge = Heap->UcrHints[RtlpUcrClass(Most->Size)]->Blink;
    BreakOrder(9, "two classes swapped", Edge);
    BREAK(9, Heap->UcrHints[RtlpUcrClass(Most->Size)], NULL);
    BREAK(9, Heap->UcrHints[RtlpUcrClass(Most->Size)], Edge);
    BREAK(9, Heap->UcrHints[30], Edge);
    BREAK(9, Heap->UcrInUse, Heap->UcrInUse ^ 1u << 30);
    BREAK(9, Heap->UcrInUse, 0);
    BREAK(9, Heap->Counters.TotalUCRs, 1);
    Delete();
}

static void TestLarge(void **State)
{
    (void)State;
    Build(0);
    HEAP_VIRTUAL_ALLOC_ENTRY *Block = (HEAP_VIRTUAL_ALLOC_ENTRY *)Large[1] - 1;
    BREAK(10, Block->CommitSize, Block->CommitSize - PAGE_SIZE);
    BREAK(10, Block->ReserveSize, Block->ReserveSize + 0x10000);
    BREAK(10, Block->BusyBlock.Code1, Block->BusyBlock.Code1 ^ 2);
    BREAK(10, Block->BusyBlock.PreviousSize, 0);
    BREAK(10, Block->BusyBlock.SegmentOffset, 1);
    BREAK(10, Block->BusyBlock.UnusedBytes, HEAP_UNUSED_VIRTUAL ^ 1);
    BREAK(10, Block->ExtraStuff.TagIndex, 1);
    BREAK(10, Block->ExtraStuff.Settable, 0x80);
    BREAK(10, Block->Entry.Flink, Block->Entry.Blink);
    BREAK(10, Block->Entry.Blink, NULL);
    BREAK(10, Heap->VirtualAllocdBlocks.Blink, &Heap->VirtualAllocdBlocks);
    BREAK(10, Heap->Counters.TotalSizeInVirtualBlocks, 1);
    BreakOut(10, "a large block in no list", &Block->Entry);
    BREAK(14, Heap->Counters.TotalMemoryReserved, 0);
    BREAK(14, Heap->Counters.TotalMemoryCommitted, 4096);
    Delete();
}

#ifndef FRONT_INSIDE /* windows7.h has others: test_heap_windows7.c */
/* A region of the bucket of 100 bytes that is in this state, other than the active. */
static FRONT_REGION *Find(UCHAR State)
{
    const FRONT_HEAP *Front = Heap->FrontEndHeap;
    for (FRONT_REGION *Region = RtlpNewestRegion(Heap); Region;
         Region = Region->NextInZone)
        if (Region->State == State &&
            Front->Active[Region->SizeIndex].Group->Region != Region)
            return Region;
    fail_msg("no region in state %u", State);
    return NULL;
}

static void TestFrontEnd(void **State)
{
    (void)State;
    Build(0);
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    FRONT_REGION *Region = Find(RegionInUse);
    FRONT_BUCKET *Bucket = &Front->Buckets[Region->SizeIndex];
    FRONT_REGION *Active = Front->Active[Region->SizeIndex].Group->Region;
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)RtlpRegionBlock(Region, 3) - 1;
    assert_ptr_not_equal(Region, Active);
    for (unsigned Bit = 0; Bit < 32; Bit++)
        BREAK(11, Entry->SubSegmentCode, Entry->SubSegmentCode ^ 1u << Bit);
    BREAK(11, Entry->PreviousSize, sizeof(HEAP_ENTRY) - 1);
    BREAK(11, Entry->PreviousSize, Region->BlockSize + 1);
    BREAK(11, Entry->SegmentOffset, 0);
    BREAK(11, Entry->UnusedBytes, 0x81);
    BREAK(11, Region->UserBlocks->Signature, 0);
    BREAK(11, Region->UserBlocks->SubSegment, Active);
    BREAK(11, Region->UserBlocks->SizeIndex, 1);
    BREAK(11, Region->UserBlocks, (HEAP_USERDATA_HEADER *)8);
    BREAK(13, Region->BlockLimit, 1);
    BREAK(11, Region->CommitSize, Region->ReserveSize + 1);

    FRONT_GROUP *Last = &Region->Groups[(Region->BlockCount - 1) / GROUP_BLOCKS];
    FRONT_GROUP *End = &Region->Groups[Region->Ends];
    BREAK(12, Region->Ends, Region->Ends + 1);
    BREAK(12, Region->Ends, Region->Ends - 1);
    BREAK(12, Last->Mask, Last->Mask | 1u << GROUP_BLOCKS);
    BREAK(12, Last->First, Last->First + Region->BlockSize);
    BREAK(12, Last->BlockSize, Last->BlockSize + GRANULE);
    BREAK(12, Last->Region, Active);
    BREAK(12, End->Mask, 0x40000000);
    BREAK(12, End->Next, Last);

    BREAK(13, Region->Next, (FRONT_REGION *)8);
    BREAK(13, Region->Previous, Region);
    BREAK(13, Region->Alarm, ALARM_ALWAYS);
    BREAK(13, Bucket->Ring, NULL);
    BREAK(13, Bucket->Ring, (FRONT_REGION *)8);
    BREAK(13, Bucket->Silenced, (FRONT_REGION *)8);
    BREAK(13, Region->State, RegionDetached);
    BREAK(13, Region->State, RegionReleased);
    BREAK(13, Region->State, 3);
    BREAK(13, Region->SizeIndex, Region->SizeIndex + 1);
    BREAK(13, Region->BlockSize, Region->BlockSize + GRANULE);
    BREAK(13, Region->BlockCount, Region->BlockCount - 1);
    BREAK(13, Region->NextInZone, Region);
    BREAK(13, Region->NextInZone, (FRONT_REGION *)8);
    BREAK(13, Front->Newest, Front->Newest->NextInZone);
    BREAK(13, Bucket->TotalBlocks, 1);
    BREAK(13, Bucket->RegionCount, Bucket->RegionCount - 1);
    BREAK(13, Bucket->SizeIndex, 0);
    BREAK(13, Bucket->BlockUnits, 3);
    BREAK(13, Bucket->Growing, (FRONT_REGION *)8);
    BREAK(13, Bucket->Released, Region);
    FRONT_ACTIVE *Takes = &Front->Active[Region->SizeIndex];
    BREAK(13, Takes[1].Group, Region->Groups);
    BREAK(13, Takes->Group, (FRONT_GROUP *)8);
    BREAK(13, Takes->Group, (FRONT_GROUP *)((char *)Takes->Group - 2));
    BREAK(13, Takes->Group, &Front->Zone[1]);
    BREAK(13, Takes->BlockSize, Takes->BlockSize + GRANULE);
    BREAK(13, Front->Zone[0].Mask, 1);
    BREAK(13, Front->Zone[1].Mask, 0);
    BREAK(13, Region->Front, (FRONT_HEAP *)8);
    BREAK(13, Front->Heap, NULL);
    BREAK(13, Front->ZoneUsed, Front->ZoneUsed - sizeof(*Region));
    BREAK(13, Heap->Front, &RtlpNoFront);
    BREAK(13, Heap->FrontEndHeapType, 0);
    BREAK(13, Front->KeptBytes, PAGE_SIZE);
    BREAK(13, Front->FirstKept, Region);
    BREAK(13, Region->IsKept, true);

    for (unsigned i = 0; i < SMALL; i++) /* some are released */
        if (i < 1000 || i % 4)
            assert_true(RtlFreeHeap(Heap, 0, Small[i]));
    memset(Small, 0, sizeof(Small));
    RtlCompactHeap(Heap, 0);
    FRONT_REGION *Gone = Find(RegionReleased);
    BREAK(12, Gone->Groups[0].Mask, 1);
    BREAK(13, Gone->State, RegionInUse);
    BREAK(13, Front->Buckets[Gone->SizeIndex].Released, Gone->Previous);
    Delete();
}

#endif

static void TestFills(void **State)
{
    (void)State;
    Build(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED);
    char *Block = Middle[0], *Free = Middle[1];
    BREAK(15, Block[17000], 0);
    BREAK(15, Block[17000 + HEAP_TAIL_SIZE - 1], 0);
    BREAK(15, Free[100], 0);
    BREAK(2, EntryOf(Block)->UnusedBytes, RtlpMostUnused(Heap, 0) + 1);
    Delete();
    RtlpHeapPeb()->NtGlobalFlag = FLG_HEAP_PAGE_ALLOCS;
    Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    RtlpHeapPeb()->NtGlobalFlag = 0;
    Block = RtlAllocateHeap(Heap, 0, 101);
    BREAK(16, Block[101], 0);
    BREAK(16, Block[-8], 0);
    Delete();
}

static void *Work(void *Argument)
{
    void *Blocks[64] = {0};
    unsigned Random = (unsigned)(ULONG_PTR)Argument;
    while (!__atomic_load_n(&Stop, __ATOMIC_RELAXED)) {
        Random = Random * 1664525u + 1013904223u;
        unsigned i = Random >> 26;
        RtlFreeHeap(Heap, 0, Blocks[i]);
        Blocks[i] = RtlAllocateHeap(Heap, 0, 90 + Random % 64);
    }
    return NULL;
}

/* What threads are in the midst of is no damage. */
static void TestThreads(void **State)
{
    (void)State;
    pthread_t Threads[3];
    Build(0);
    Stop = false;
    for (ULONG_PTR i = 0; i < 3; i++)
        pthread_create(&Threads[i], NULL, Work, (void *)(i + 1));
    for (unsigned i = 0; i < 1000; i++)
        if (!RtlValidateHeap(Heap, 0, NULL))
            fail_msg("%s beside threads", HostHeap.LastCall);
    Stop = true;
    for (unsigned i = 0; i < 3; i++)
        pthread_join(Threads[i], NULL);
    assert_true(RtlValidateHeap(Heap, 0, NULL));
    Delete();
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestBackEnd),  cmocka_unit_test(TestFreeLists),
        cmocka_unit_test(TestRanges),   cmocka_unit_test(TestLarge),
#ifndef FRONT_INSIDE
        cmocka_unit_test(TestFrontEnd),
#endif
        cmocka_unit_test(TestFills),    cmocka_unit_test(TestThreads)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
