/* sources: LFH */
/* cflags: -fno-strict-aliasing -DFRONT_FILE='"heap/front/windows7/windows7.h"' */
/* test_heap_windows7.c - the front end in Windows 7's shape: what lies where, read by hand; the
 * published attack on FreeEntryOffset; every field of its structures broken, one at a time.
 *
 * (What any front end must do: test_heap*.c under FRONT=windows7, tests/heap/fronts.t.) */
#include "heap_os.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT  3000
#define BUCKET 5u /* of 40 bytes: 48 with the header, 6 granules; on 64 bits of 80: 96 */
#define SIZE   (5u << GRANULE_SHIFT)

static HEAP *Heap;
static char *Blocks[COUNT];
static volatile bool Stop;

static void New(void)
{
    HostCatchProbes();
    HostHeap.Failures = 0;
    HostHeap.Expected = true;
    HostHeap.CommitsLeft = -1;
    Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    assert_non_null(Heap);
}

static void Fill(unsigned Count)
{
    for (unsigned i = 0; i < Count; i++)
        assert_non_null(Blocks[i] = RtlAllocateHeap(Heap, 0, SIZE));
}

static void Delete(void)
{
    assert_int_equal(HostHeap.Failures, 0);
    assert_true(RtlpCheckHeap(Heap, false));
    assert_null(RtlDestroyHeap(Heap));
    assert_int_equal(HostHeap.Reserved, 0);
}

static HEAP_LOCAL_SEGMENT_INFO *Info(void)
{
    return &FrontOf(Heap)->LocalData[0].SegmentInfo[BUCKET];
}

/* The subsegment that a block's header names, decoded as an analysis on paper would. */
static HEAP_SUBSEGMENT *OwnerOf(const char *Block)
{
    const HEAP_ENTRY *Entry = (const HEAP_ENTRY *)Block - 1;
    ULONG_PTR Key = FrontOf(Heap)->Key ^ (ULONG_PTR)Heap;
#if HEAP_WIDE
    ULONG_PTR Code = (ULONG_PTR)Entry->Reserved;
#else
    ULONG_PTR Code = Entry->SubSegmentCode;
#endif
    return (HEAP_SUBSEGMENT *)(Code ^ (ULONG_PTR)Entry >> GRANULE_SHIFT ^ Key ^
                               (ULONG_PTR)Heap);
}

/* The 18th allocation of the first size, the 17th of another; where the block lies, what its
 * header says, and how a free and an allocation change AggregateExchg. */
static void TestShape(void **State)
{
    (void)State;
    New();
    Fill(17);
    assert_null(Heap->FrontEndHeap);
    Blocks[17] = RtlAllocateHeap(Heap, 0, SIZE - 3);
    HEAP_SUBSEGMENT *Owner = OwnerOf(Blocks[17]);
    assert_ptr_equal(Owner, Info()->ActiveSubsegment);
    assert_ptr_equal(Owner->LocalInfo, Info());
    assert_int_equal(Owner->BlockSize, BUCKET + 1);
    assert_int_equal(Owner->SizeIndex, BUCKET);
    assert_ptr_equal(Owner->UserBlocks->SubSegment, Owner);
    assert_int_equal(Owner->UserBlocks->Signature, HEAP_USERDATA_SIGNATURE);
    assert_ptr_equal(Blocks[17], (HEAP_ENTRY *)(Owner->UserBlocks + 1) + 1);
    assert_int_equal(((HEAP_ENTRY *)Blocks[17])[-1].UnusedBytes,
                     HEAP_UNUSED_LFH | (sizeof(HEAP_ENTRY) + 3));
    INTERLOCK_SEQ Before = Owner->AggregateExchg;
    assert_int_equal(Before.Depth, Owner->BlockCount - 1);
    assert_int_equal(Before.FreeEntryOffset, LFH_FIRST + BUCKET + 1);
    assert_true(RtlFreeHeap(Heap, 0, Blocks[17]));
    assert_int_equal(*(USHORT *)Blocks[17], Before.FreeEntryOffset);
    assert_int_equal(Owner->AggregateExchg.Depth, Before.Depth + 1);
    assert_int_equal(Owner->AggregateExchg.FreeEntryOffset, LFH_FIRST);
    assert_int_equal(Owner->AggregateExchg.Sequence, Before.Sequence + 1);
    assert_int_equal(((HEAP_ENTRY *)Blocks[17])[-1].UnusedBytes, HEAP_UNUSED_LFH);
    assert_ptr_equal(RtlAllocateHeap(Heap, 0, SIZE),
                     Blocks[17]); /* the last freed first */
    for (unsigned i = 0; i < 16; i++)
        assert_false(((HEAP_ENTRY *)RtlAllocateHeap(Heap, 0, 600))[-1].UnusedBytes &
                     0x80);
    assert_true(((HEAP_ENTRY *)RtlAllocateHeap(Heap, 0, 600))[-1].UnusedBytes & 0x80);
    Delete();
}

/* Every bucket has the granules of Microsoft's table. */
static void TestBuckets(void **State)
{
    (void)State;
    static const struct {
        ULONG From, To, Step; /* bytes, where a granule is 8 */
    } Table[] = {{1, 256, 8},       {257, 512, 16},    {513, 1024, 32},
                 {1025, 2048, 64},  {2049, 4096, 128}, {4097, 8192, 256},
                 {8193, 16384, 512}};
    for (unsigned Row = 0; Row < 7; Row++)
        for (ULONG Bytes = Table[Row].From; Bytes <= Table[Row].To; Bytes += 8) {
            ULONG Step = Table[Row].Step, Up = (Bytes + Step - 1) / Step * Step;
            ULONG Bucket = RtlpLfhBucket[(Bytes + 7) / 8];
            assert_int_equal(RtlpBucketUnits(Bucket) * 8, Up < 16 ? 16 : Up);
        }
}

/* Valasek's attack: an overrun writes over the next offset of a free block, so that a later
 * allocation is given a block at an address of the attacker's.  Here the offset is named. */
static void TestForgedOffset(void **State)
{
    (void)State;
    for (ULONG Forged = 0; Forged < 0x10000; Forged += Forged < 64 ? 1 : 977) {
        New();
        Fill(40);
        HEAP_SUBSEGMENT *Owner = OwnerOf(Blocks[30]);
        assert_true(RtlFreeHeap(Heap, 0, Blocks[30]));
        assert_true(RtlFreeHeap(Heap, 0, Blocks[31]));
        USHORT *Offset = (USHORT *)Blocks[31], Was = *Offset;
        *Offset = (USHORT)Forged;
        /* Another free or busy block's offset leads to a header of the subsegment: the next
         * allocation is given it only if it is free. */
        assert_true(Forged == Was || !RtlValidateHeap(Heap, 0, NULL));
        for (unsigned i = 0; i < 3; i++) {
            char *Block = RtlAllocateHeap(Heap, 0, SIZE);
            if (i == 0) /* the call that meets it says so, before the way is gone */
                assert_int_equal(HostHeap.Failures > 0, !RtlpIsLfhOffset(Owner, Forged));
            for (unsigned j = 20; Block && j < 40; j++)
                assert_true(j == 30 || j == 31 || Block != Blocks[j]);
        }
        if (HostHeap.Failures)
            assert_int_equal(HostHeap.LastFailure, heap_failure_freelists_corruption);
        RtlDestroyHeap(Heap);
    }
}

/* Subsegments come and go: their user blocks wait in the cache, HeapCompact empties it, and what
 * is left is one active subsegment of each size. */
static void TestRelease(void **State)
{
    (void)State;
    New();
    Fill(COUNT);
    SIZE_T Most = Heap->Counters.TotalMemoryCommitted;
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    assert_true(Info()->Counters.SubSegmentCounts > 3);
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
    assert_true(RtlpCheckHeap(Heap, false));
    assert_int_equal(Info()->Counters.SubSegmentCounts, 1);
    assert_true(Front->SizeInCache > 0);
    RtlCompactHeap(Heap, 0);
    assert_int_equal(Front->SizeInCache, 0);
    assert_true(Heap->Counters.TotalMemoryCommitted < Most);
    ULONG Creates = Front->SegmentCreate,
          Deleted = Front->LocalData[0].DeletedSubSegments.Depth;
    assert_true(Deleted > 0);
    Fill(COUNT); /* descriptors serve again */
    assert_true(Front->SegmentCreate > Creates);
    assert_true(Front->LocalData[0].DeletedSubSegments.Depth < Deleted);
    Delete();
}

/* A full subsegment is in no list; the first free lists it, and it serves when its turn comes. */
static void TestListed(void **State)
{
    (void)State;
    New();
    Fill(COUNT);
    HEAP_SUBSEGMENT *Full = OwnerOf(Blocks[20]);
    assert_ptr_not_equal(Full, Info()->ActiveSubsegment);
    assert_int_equal(Full->Flags, 0);
    assert_true(RtlFreeHeap(Heap, 0, Blocks[20]));
    assert_int_equal(Full->Flags, LFH_LISTED);
    assert_ptr_equal(Info()->Hint, Full);
    assert_ptr_equal(Info()->CachedItems[0], Full);
    assert_ptr_equal(RtlAllocateHeap(Heap, 0, SIZE), Blocks[20]);
    assert_true(RtlpCheckHeap(Heap, false));
    Delete();
}

static void BreakOut(const char *Rule, const char *What)
{
    HostHeap.LastCall = "";
    assert_false(RtlValidateHeap(Heap, 0, NULL));
    if (strcmp(HostHeap.LastCall, Rule))
        fail_msg("%s: %s, not %s", What, HostHeap.LastCall, Rule);
}
#define BREAK(N, Field, Value)                                                           \
    do {                                                                                 \
        __typeof__(Field) Kept = (Field);                                                \
        (Field) = (Value);                                                               \
        assert_true(Kept != (Field));                                                    \
        BreakOut("RtlValidateHeap, H" #N, #Field " = " #Value);                          \
        (Field) = Kept;                                                                  \
        assert_true(RtlValidateHeap(Heap, 0, NULL));                                     \
    } while (0)

/* H11 to H13: each field, broken; the validator says which rule does not hold. */
static void TestInvariants(void **State)
{
    (void)State;
    New();
    Fill(COUNT);
    for (unsigned i = 20; i < COUNT; i += 3)
        assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    HEAP_LOCAL_DATA *Local = &Front->LocalData[0];
    HEAP_SUBSEGMENT *Owner = OwnerOf(Blocks[20]), *Active = Info()->ActiveSubsegment;
    HEAP_ENTRY *Busy = (HEAP_ENTRY *)Blocks[21] - 1, *Free = (HEAP_ENTRY *)Blocks[23] - 1;
    LFH_BLOCK_ZONE *Zone = Local->CrtZone;
    assert_ptr_not_equal(Owner, Active);
    for (unsigned Bit = 0; Bit < 32; Bit++)
        BREAK(11, Busy->SubSegmentCode, Busy->SubSegmentCode ^ 1u << Bit);
    BREAK(11, Busy->PreviousSize, sizeof(HEAP_ENTRY) - 1);
    BREAK(11, Busy->PreviousSize, SIZE + sizeof(HEAP_ENTRY) + 1);
    BREAK(11, Busy->SegmentOffset, 0);
    BREAK(11, Busy->UnusedBytes, 0xBF);
    BREAK(11, Busy->UnusedBytes, 0xC0);
    BREAK(12, Free->UnusedBytes, HEAP_UNUSED_LFH | sizeof(HEAP_ENTRY));
    BREAK(12, *(USHORT *)(Free + 1), LFH_NO_ENTRY);
    BREAK(12, *(USHORT *)(Free + 1), *(USHORT *)(Free + 1) + 1);
    BREAK(12, Owner->AggregateExchg.Depth, Owner->AggregateExchg.Depth + 1);
    BREAK(12, Owner->AggregateExchg.Depth, Owner->AggregateExchg.Depth - 1);
    BREAK(12, Owner->AggregateExchg.FreeEntryOffset, LFH_FIRST + 1);
    BREAK(12, Owner->AggregateExchg.FreeEntryOffset, 0xFFFE);
    BREAK(2, Owner->UserBlocks->Signature, 0);
    BREAK(2, Owner->UserBlocks->SubSegment, Active);
    BREAK(2, Owner->UserBlocks->SizeIndex, LFH_CLASSES);
    BREAK(2, Owner->UserBlocks, Active->UserBlocks);
    BREAK(2, Owner->UserBlocks, (HEAP_USERDATA_HEADER *)8);
    BREAK(11, Owner->BlockCount, 0);
    BREAK(11, Owner->BlockCount, Owner->BlockCount + 100);
    BREAK(13, Owner->BlockCount, Owner->BlockCount - 1);
    BREAK(13, Owner->BlockSize, 5);
    BREAK(13, Owner->SizeIndex, BUCKET + 1);
    BREAK(13, Owner->LocalInfo, Info() + 1);
    BREAK(13, Owner->Flags, 0);
    BREAK(13, Owner->Flags, 3);
    BREAK(13, Active->Flags, LFH_LISTED);
    BREAK(13, Info()->ActiveSubsegment, Owner);
    BREAK(13, Info()->ActiveSubsegment, (HEAP_SUBSEGMENT *)8);
    BREAK(13, Info()->Hint, (HEAP_SUBSEGMENT *)8);
    BREAK(13, Info()->CachedItems[0], NULL);
    BREAK(13, Info()->CachedItems[15], Active);
    BREAK(13, Info()->SListHeader.Next, &Active->SFreeListEntry);
    BREAK(13, Info()->SListHeader.Depth, 1);
    BREAK(13, Info()->Counters.TotalBlocks, 1);
    BREAK(13, Info()->Counters.SubSegmentCounts, 1);
    BREAK(13, Info()->LocalData, NULL);
    BREAK(13, Info()->BucketIndex, 0);
    BREAK(13, Front->Buckets[BUCKET].BlockUnits, 3);
    BREAK(13, Front->Buckets[BUCKET].SizeIndex, 3);
    BREAK(13, Local->CrtZone, NULL);
    BREAK(13, Local->LowFragHeap, NULL);
    BREAK(13, Local->DeletedSubSegments.Depth, 7);
    BREAK(2, Front->SubSegmentZones.Flink, &Front->SubSegmentZones);
    BREAK(13, Zone->FreePointer, (char *)Zone->FreePointer + 8);
    BREAK(13, Zone->Limit, Zone);
    BREAK(13, Front->SizeInCache, 1);
    BREAK(13, Front->UserBlockCache[3].AvailableBlocks, 1);
    BREAK(13, Front->Heap, NULL);
    BREAK(13, Heap->FrontEndHeapType, 0);
    HostHeap.Failures = 0;
    Delete();
}

/* A wild HEAP.Front: nothing is given out there, and nothing is written. */
static void TestWildFront(void **State)
{
    (void)State;
    enum { WORDS = sizeof(FRONT_HEAP) / sizeof(ULONG_PTR) };
    static ULONG_PTR Wild[WORDS], Was[WORDS];
    HostCatchProbes();
    for (ULONG i = 0; i < WORDS; i++)
        Was[i] = Wild[i] = (i * 0x01010101u & ~7u) + 8;
    for (ULONG Bucket = 0; Bucket < LFH_BUCKETS; Bucket++)
        assert_null(RtlpLowFragHeapAllocFromContext((FRONT_HEAP *)Wild, Bucket, 8));
    assert_memory_equal(Wild, Was, sizeof(Wild));
}

static void *Work(void *Argument)
{
    void *Mine[64] = {0};
    unsigned Random = (unsigned)(ULONG_PTR)Argument;
    while (!__atomic_load_n(&Stop, __ATOMIC_RELAXED)) {
        Random = Random * 1664525u + 1013904223u;
        unsigned i = Random >> 26;
        RtlFreeHeap(Heap, 0, Mine[i]);
        Mine[i] = RtlAllocateHeap(Heap, 0, 90 + Random % 64);
    }
    for (unsigned i = 0; i < 64; i++)
        RtlFreeHeap(Heap, 0, Mine[i]);
    return NULL;
}

/* What threads are in the midst of is no damage. */
static void TestThreads(void **State)
{
    (void)State;
    pthread_t Threads[3];
    New();
    Fill(100);
    Stop = false;
    for (ULONG_PTR i = 0; i < 3; i++)
        pthread_create(&Threads[i], NULL, Work, (void *)(i + 1));
    for (unsigned i = 0; i < 300; i++)
        if (!RtlValidateHeap(Heap, 0, NULL))
            fail_msg("%s beside threads", HostHeap.LastCall);
    Stop = true;
    for (unsigned i = 0; i < 3; i++)
        pthread_join(Threads[i], NULL);
    Delete();
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestShape),      cmocka_unit_test(TestBuckets),
        cmocka_unit_test(TestRelease),    cmocka_unit_test(TestListed),
        cmocka_unit_test(TestWildFront),  cmocka_unit_test(TestForgedOffset),
        cmocka_unit_test(TestInvariants), cmocka_unit_test(TestThreads)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
