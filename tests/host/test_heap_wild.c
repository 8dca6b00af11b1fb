/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_wild.c - a wild pointer has written into a heap's own structures: what a call follows
 * there is checked first, a walk ends, and no two blocks overlap.
 *
 * Each field here was found by make corrupt: it led to a call that did not end, to a fault that
 * nobody could name, or to a block that was given out twice.
 */
#include "heap_os.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT 900
#define STEPS 20000u /* more than any walk here has */

static HEAP *Heap;
static char *Blocks[COUNT];
static const SIZE_T Sizes[] = {40, 200, 3000}; /* in turn */

static void Build(ULONG Flags, RTL_HEAP_PARAMETERS *Parameters)
{
    HostCatchProbes();
    HostHeap.Expected = true;
    HostHeap.Failures = 0;
    HostHeap.CommitsLeft = -1;
    Heap = RtlCreateHeap(HEAP_GROWABLE | Flags, NULL, 0, 0, NULL, Parameters);
    assert_non_null(Heap);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_non_null(Blocks[i] = RtlAllocateHeap(Heap, 0, Sizes[i % 3]));
    }
}

static void Delete(void)
{
    assert_null(RtlDestroyHeap(Heap));
}

static bool WalkEnds(void)
{
    RTL_HEAP_WALK_ENTRY Walk = {0};
    unsigned Steps = 0;
    while (Steps < STEPS && RtlWalkHeap(Heap, &Walk) == STATUS_SUCCESS)
        Steps++;
    return Steps < STEPS;
}

#ifndef FRONT_INSIDE /* windows7.h has others: test_heap_windows7.c */
static FRONT_REGION *RegionOf(SIZE_T Size)
{
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    ULONG Units = (ULONG)((Size + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT);
    return Front->Active[RtlpBuckets[Units]].Group->Region;
}

/* A region's memory said to be elsewhere, or to be another's. */
static void TestWalkOfRegions(void **State)
{
    (void)State;
    Build(0, NULL);
    FRONT_REGION *Region = RegionOf(40), *Other = RegionOf(200);
    HEAP_USERDATA_HEADER *Was = Region->UserBlocks;
    HEAP_USERDATA_HEADER *const Wrong[] = {NULL, Other->UserBlocks, (void *)8};
    assert_true(WalkEnds());
    for (unsigned i = 0; i < 3; i++) {
        Region->UserBlocks = Wrong[i];
        assert_true(WalkEnds());
        assert_false(RtlValidateHeap(Heap, 0, NULL));
    }
    Region->UserBlocks = Was;
    Delete();
}

#endif

/* The flag of the page heap set in a heap that has blocks of every other kind. */
static void TestWalkOfPages(void **State)
{
    (void)State;
    Build(0, NULL);
    ULONG Was = Heap->Flags;
    Heap->Flags |= HEAP_TRACKING;
    for (unsigned i = 0; i < COUNT; i++)
        Blocks[i] = RtlReAllocateHeap(Heap, 0, Blocks[i], 30);
    assert_true(WalkEnds());
    assert_false(RtlValidateHeap(Heap, 0, NULL));
    Heap->Flags = Was;
    RtlpForgetRecords(Heap);
    Delete();
}

#ifndef FRONT_INSIDE
/* Allocates until a call is reported; how often that took. */
static unsigned UntilReported(SIZE_T Size)
{
    for (unsigned i = 0; i < 3000; i++) {
        RtlAllocateHeap(Heap, 0, Size);
        if (HostHeap.Failures)
            return i;
    }
    return 3000;
}

/* A region that says it is of another size, of another front end, or ends where it does not: its
 * ring is not followed. */
static void TestRing(void **State)
{
    (void)State;
    for (unsigned i = 0; i < 4; i++) {
        Build(0, NULL);
        FRONT_REGION *Region = RegionOf(40), Was = *Region;
        if (i == 0)
            Region->SizeIndex = 0;
        else if (i == 1)
            Region->Ends = 0;
        else if (i == 2)
            Region->Next = RegionOf(200);
        else
            Region->Front = NULL;
        assert_in_range(UntilReported(40), 0, 2999);
        assert_int_equal(HostHeap.LastFailure, heap_failure_lfh_bitmap_mismatch);
        *Region = Was;
        Delete();
    }
}

/* A bucket that says it has blocks of another size makes no region. */
static void TestBucket(void **State)
{
    (void)State;
    Build(0, NULL);
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    FRONT_BUCKET *Bucket = &Front->Buckets[RegionOf(200)->SizeIndex];
    Bucket->BlockUnits--;
    assert_in_range(UntilReported(200), 0, 2999);
    assert_string_equal(HostHeap.LastCall, "RtlpRefillBucket");
    Delete();
}

static sigjmp_buf Faulted;

static void AtFault(void)
{
    siglongjmp(Faulted, 1);
}

/* Blocks of 3,000 bytes are taken while their active group is Wild: what is given out is of that
 * size, and no byte of another's changes.  (A place that is not committed faults.) */
static void TakeFrom(FRONT_ACTIVE *Active, void *Wild)
{
    FRONT_GROUP *Was = Active->Group;
    Active->Group = Wild;
    HostHeap.AtFault = AtFault;
    if (sigsetjmp(Faulted, 1) == 0)
        for (unsigned i = 0; i < 100; i++) {
            char *Block = RtlAllocateHeap(Heap, 0, 3000);
            assert_non_null(Block);
            for (unsigned k = 0; k < COUNT; k++)
                assert_true(Block + 3000 <= Blocks[k] ||
                            Blocks[k] + Sizes[k % 3] <= Block);
            memset(Block, i, 3000);
        }
    else
        assert_false(RtlValidateHeap(Heap, 0, NULL));
    HostHeap.AtFault = NULL;
    for (unsigned k = 0; k < COUNT; k++)
        for (SIZE_T b = 0; b < Sizes[k % 3]; b++)
            assert_int_equal((unsigned char)Blocks[k][b], 0xC5);
    Active->Group = Was;
}

/* The active group is of another size, no group, or none of the front end's. */
static void TestActive(void **State)
{
    (void)State;
    Build(0, NULL);
    for (unsigned k = 0; k < COUNT; k++)
        memset(Blocks[k], 0xC5, Sizes[k % 3]);
    FRONT_HEAP *Front = Heap->FrontEndHeap;
    FRONT_ACTIVE *Active = &Front->Active[RegionOf(3000)->SizeIndex];
    FRONT_REGION *Small = RegionOf(40);
    FRONT_GROUP *Full = Small->Groups;
    while (Full->Mask)
        Full++;
    void *const Wild[] = {Front->Active[Small->SizeIndex].Group,
                          &Small->Groups[Small->Ends],
                          Full,
                          Small,
                          (char *)&Small->BlockSize - 4,
                          Front->Buckets,
                          Front,
                          Heap,
                          Blocks[0],
                          Blocks[1],
                          Blocks[2],
                          NULL};
    for (unsigned i = 0; i < sizeof(Wild) / sizeof(*Wild); i++)
        TakeFrom(Active, Wild[i]);
    Delete();
}

#endif

/* What every size is rounded with: no block is smaller than was asked for. */
static void TestRounding(void **State)
{
    (void)State;
    Build(HEAP_NO_SERIALIZE, NULL);
    ULONG_PTR Was = Heap->AlignMask;
    Heap->AlignMask = 0;
    char *First = RtlAllocateHeap(Heap, 0, 500), *Second = RtlAllocateHeap(Heap, 0, 500);
    assert_true(First + 500 <= Second || Second + 500 <= First);
    assert_false(RtlValidateHeap(Heap, 0, NULL));
    Heap->AlignMask = Was;
    assert_true(RtlValidateHeap(Heap, 0, NULL));
    HostHeap.Failures = 0;
    Heap->AlignRound += PAGE_SIZE; /* more unused bytes than a header can count */
    char *Third = RtlAllocateHeap(Heap, 0, 500);
    assert_string_equal(HostHeap.LastCall, "RtlpUnitsFor");
    assert_int_equal(RtlSizeHeap(Heap, 0, Third), 500);
    Heap->AlignRound -= PAGE_SIZE;
    Delete();
}

static NTSTATUS NTAPI NoCommit(PVOID Base, PVOID *Address, PSIZE_T Size)
{
    (void)Base, (void)Address, (void)Size;
    fail_msg("called through a damaged pointer");
    return STATUS_NO_MEMORY;
}

/* The heap's one pointer to a function, and the lists that grow without a look at their entries. */
static void TestWildLinks(void **State)
{
    (void)State;
    static LIST_ENTRY Victim;
    Build(HEAP_NO_SERIALIZE, NULL);
    Heap->CommitRoutine = NoCommit;
    for (unsigned i = 0; i < 20 && !HostHeap.Failures; i++)
        RtlAllocateHeap(Heap, 0, 100000);
    assert_string_equal(HostHeap.LastCall, "RtlpCommitPages");
    Heap->CommitRoutine = NULL;
    LIST_ENTRY *Large = Heap->VirtualAllocdBlocks.Blink;
    Heap->VirtualAllocdBlocks.Blink = &Victim;
    assert_null(RtlAllocateHeap(Heap, 0, 0x100000));
    assert_int_equal(HostHeap.LastFailure, heap_failure_virtual_block_corruption);
    Heap->VirtualAllocdBlocks.Blink = Large;
    HostHeap.Failures = 0;
    Heap->SegmentList.Blink = &Victim;
    for (unsigned i = 0; i < 40 && !HostHeap.Failures; i++)
        RtlAllocateHeap(Heap, 0, 400000);
    assert_string_equal(HostHeap.LastCall, "RtlpAddSegment");
    assert_null(Victim.Flink);
    Delete();
}

/* Where a segment or a region says that it starts is another reservation, one of the program's own:
 * that is reported before it is released. */
static void TestReleases(void **State)
{
    (void)State;
    PVOID Own = NULL;
    const SIZE_T Reserved = HostHeap.Reserved; /* the tests before leave damaged heaps */
    assert_int_equal(RtlpReserve(&Own, PAGE_SIZE, PAGE_READWRITE), STATUS_SUCCESS);
    Build(HEAP_NO_SERIALIZE, NULL);
    char *Large[30];
    for (unsigned i = 0; i < 30; i++)
        assert_non_null(Large[i] = RtlAllocateHeap(Heap, 0, 100000));
    HEAP_SEGMENT *Segment = Heap->Segments[1];
    assert_non_null(Segment);
    PVOID Was = Segment->BaseAddress;
    Segment->BaseAddress = Own;
    for (unsigned i = 0; i < 30; i++)
        RtlFreeHeap(Heap, 0, Large[i]);
    assert_string_equal(HostHeap.LastCall, "RtlpReleaseSegment");
    assert_ptr_equal(Heap->Segments[1], Segment);
    Delete(); /* the same; the segment stays */
    assert_true(HostOwns(Own));
    RtlpRelease(Was);
#ifndef FRONT_INSIDE
    Build(0, NULL);
    void *More[COUNT];
    for (unsigned i = 0; i < COUNT; i++)
        assert_non_null(More[i] = RtlAllocateHeap(Heap, 0, 40));
    for (unsigned i = 0; i < COUNT; i++)
        RtlFreeHeap(Heap, 0, More[i]);
    FRONT_REGION *Region = RegionOf(40)->Previous;
    assert_ptr_not_equal(Region, RegionOf(40));
    HEAP_USERDATA_HEADER *Memory = Region->UserBlocks;
    Region->UserBlocks = Own;
    HostHeap.Failures = 0;
    RtlCompactHeap(Heap, 0);
    assert_int_equal(HostHeap.Failures, 1);
    assert_string_equal(HostHeap.LastCall, "RtlpReleaseIfFree");
    assert_int_equal(HostHeap.LastFailure, heap_failure_entry_corruption);
    Delete();
    assert_string_equal(HostHeap.LastCall, "RtlpFrontDestroy");
    assert_true(HostOwns(Own));
    RtlpRelease(Memory);
#endif
    RtlpRelease(Own);
    assert_int_equal(HostHeap.Reserved, Reserved);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
#ifndef FRONT_INSIDE
        cmocka_unit_test(TestWalkOfRegions), cmocka_unit_test(TestRing),
        cmocka_unit_test(TestBucket),        cmocka_unit_test(TestActive),
#endif
        cmocka_unit_test(TestWalkOfPages),   cmocka_unit_test(TestRounding),
        cmocka_unit_test(TestWildLinks),     cmocka_unit_test(TestReleases)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
