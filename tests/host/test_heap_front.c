/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_front.c - the default front end (ntdll/heap/front/groups.c): when it begins to
 * serve, what it keeps, what it releases.  (Its invariants: test_heap_invariants.c.) */
#include "heap_os.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "heap_new.h"

#ifdef FRONT_INSIDE /* windows7.h */
#define CREATES(Heap)  FrontOf(Heap)->SegmentCreate
#define RELEASES(Heap) FrontOf(Heap)->SegmentDelete
#else
#define CREATES(Heap)  FrontOf(Heap)->RegionCreates
#define RELEASES(Heap) FrontOf(Heap)->RegionReleases
#endif
#define COUNT 3000
#define KEPT  0x100000u /* bytes that may be kept however small the heap is */

static unsigned Expect(void)
{
    HostHeap.Expected = true;
    HostHeap.FirstFailure = heap_failure_unknown;
    return (unsigned)HostHeap.Failures;
}

static void TestFrontEnd(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    void *Blocks[300];
    for (unsigned i = 0; i < 17; i++)
        Blocks[i] = RtlAllocateHeap(Heap, 0, 40);
    assert_null(Heap->FrontEndHeap);
    for (unsigned i = 17; i < 300; i++)
        Blocks[i] = RtlAllocateHeap(Heap, 0, 40);
    assert_int_equal(Heap->FrontEndHeapType, 2);
    assert_true(((HEAP_ENTRY *)Blocks[17] - 1)->UnusedBytes & HEAP_UNUSED_LFH);
    for (unsigned i = 0; i < 16; i++)
        RtlAllocateHeap(Heap, 0, 80);
    void *Seventeenth = RtlAllocateHeap(Heap, 0, 80);
    assert_true(((HEAP_ENTRY *)Seventeenth - 1)->UnusedBytes & HEAP_UNUSED_LFH);
    assert_true(RtlpCheckHeap(Heap, false));
    for (unsigned i = 0; i < 300; i++) {
        assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
        assert_true(RtlpCheckHeap(Heap, false));
    }
    unsigned Before = Expect();
    assert_false(RtlFreeHeap(Heap, 0, Blocks[298]));
    assert_int_equal(HostHeap.Failures, Before + 1);
    assert_int_equal(HostHeap.LastFailure, heap_failure_block_not_busy);
    HostHeap.Expected = false;
#ifndef FRONT_INSIDE
    assert_int_equal(RELEASES(Heap), 0); /* the active one stays */
#endif
    void *Many[3000];
    for (unsigned i = 0; i < 3000; i++)
        Many[i] = RtlAllocateHeap(Heap, 0, 40);
    assert_true(CREATES(Heap) >= 3);
    for (unsigned i = 0; i < 3000; i++)
        assert_true(RtlFreeHeap(Heap, 0, Many[i]));
    RtlCompactHeap(Heap, 0);
    assert_false(RtlValidateHeap(Heap, 0, Many[2999])); /* its region is gone */
    assert_false(RtlValidateHeap(Heap, 0, (PVOID)16));
    assert_true(RELEASES(Heap) > 0);
    assert_true(RtlpCheckHeap(Heap, false));
    ULONG Two = 2, Zero = 0;
    assert_int_equal(RtlSetHeapInformation(Heap, HeapCompatibilityInformation, &Two, 4),
                     0);
    assert_int_not_equal(
        RtlSetHeapInformation(Heap, HeapCompatibilityInformation, &Zero, 4), 0);
    Delete(Heap);
}

#ifndef FRONT_INSIDE /* what groups.c keeps; test_heap_windows7.c has the other's */
static void *Blocks[COUNT];

static void AllocateAll(HEAP *Heap, SIZE_T Size)
{
    for (unsigned i = 0; i < COUNT; i++)
        assert_non_null(Blocks[i] = RtlAllocateHeap(Heap, 0, Size));
}

static void FreeAll(HEAP *Heap, bool Back)
{
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(RtlFreeHeap(Heap, 0, Blocks[Back ? COUNT - 1 - i : i]));
}

static unsigned CountRegions(const HEAP *Heap)
{
    unsigned Count = 0;
    for (FRONT_ITEM Item = {0}; RtlpFrontNext(Heap, &Item);)
        Count += Item.Index == 0;
    return Count;
}

/* Regions of every size, when their last block is free, are kept within the budget; those
 * beyond it are released at once, and the others by HeapCompact, but for the active one. */
static void TestRegionsKept(void **State)
{
    (void)State;
    for (SIZE_T Size = 8; Size <= FRONT_LARGEST; Size = Size * 3 / 2)
        for (unsigned Back = 0; Back < 2; Back++) {
            HEAP *Heap = New(0);
            AllocateAll(Heap, Size);
            SIZE_T Before = Heap->Counters.TotalMemoryCommitted;
            FreeAll(Heap, Back);
            assert_true(RtlpCheckHeap(Heap, false));
            SIZE_T Budget = Heap->Counters.TotalMemoryCommitted / 4;
            if (Budget < KEPT)
                Budget = KEPT;
            assert_true(FrontOf(Heap)->KeptBytes <= Budget);
            if (Before > 6 * KEPT) /* more than it keeps has gone */
                assert_true(Heap->Counters.TotalMemoryCommitted <= Before / 2);
            else if (Before <= KEPT)
                assert_int_equal(FrontOf(Heap)->RegionReleases, 0);
            RtlCompactHeap(Heap, 0);
            assert_int_equal(FrontOf(Heap)->KeptBytes, 0);
            assert_in_range(CountRegions(Heap), 0, 1);
            Delete(Heap);
        }
}

/* What is kept serves again: a batch that comes back reserves and commits nothing. */
static void TestBatchComesBack(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    AllocateAll(Heap, 40);
    FreeAll(Heap, false);
    SIZE_T Commits = HostHeap.Commits, Creates = FrontOf(Heap)->RegionCreates;
    for (unsigned Round = 0; Round < 4; Round++) {
        AllocateAll(Heap, 40);
        FreeAll(Heap, Round & 1);
    }
    assert_int_equal(HostHeap.Commits, Commits);
    assert_int_equal(FrontOf(Heap)->RegionCreates, Creates);
    Delete(Heap);
}

/* A region that comes again is shorter, its end stands where it stood: a late reader may
 * be at any group that once was, and must not find an end there. */
static void TestEndsStay(void **State)
{
    (void)State;
    enum { MOST = 64 };
    HEAP *Heap = New(0);
    ULONG Ends[MOST] = {0}, Regions = 0; /* by age */
    for (unsigned Round = 0; Round < 3; Round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            assert_non_null(Blocks[i] = RtlAllocateHeap(Heap, 0, 40));
            ULONG Now = 0;
            for (FRONT_REGION *Region = RtlpNewestRegion(Heap); Region;
                 Region = Region->NextInZone)
                Now++;
            Regions = Now;
            assert_in_range(Regions, 0, MOST);
            for (FRONT_REGION *Region = RtlpNewestRegion(Heap); Region;
                 Region = Region->NextInZone) {
                ULONG *Known = &Ends[--Now];
                assert_true(Region->Ends >= *Known);
                *Known = Region->Ends;
            }
        }
        for (unsigned i = 0; i < COUNT; i++)
            assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
        RtlCompactHeap(Heap, 0); /* else they would be kept */
    }
    assert_true(FrontOf(Heap)->RegionCreates > Regions); /* some came again */
    Delete(Heap);
}

#endif

int main(void)
{
    const struct CMUnitTest Tests[] = {
#ifndef FRONT_INSIDE
        cmocka_unit_test(TestRegionsKept), cmocka_unit_test(TestBatchComesBack),
        cmocka_unit_test(TestEndsStay),
#endif
        cmocka_unit_test(TestFrontEnd)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
