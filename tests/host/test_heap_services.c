/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_services.c - the heap's small services, what a heap is created with, and every
 * call with what is no heap, no block, or no sense. */
#include "heap_os.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "heap_new.h"
#ifndef DEBUG
#define DEBUG 0
#endif

/* Every call refuses what is no heap, says so, and does nothing. */
static void TestNoHeap(void **State)
{
    (void)State;
    static char Junk[sizeof(HEAP)] __attribute__((aligned(16)));
    ULONG Value = 2, UserFlags;
    PVOID UserValue;
    RTL_HEAP_WALK_ENTRY Walk = {0};
    SIZE_T Before = HostHeap.Failures;
    HostHeap.Expected = true;
    assert_null(RtlAllocateHeap(Junk, 0, 10));
    assert_null(RtlReAllocateHeap(Junk, 0, Junk + 64, 10));
    assert_false(RtlFreeHeap(Junk, 0, Junk + 64));
    assert_int_equal(HostHeap.LastStatus, STATUS_INVALID_PARAMETER);
    assert_true(RtlSizeHeap(Junk, 0, Junk + 64) == (SIZE_T)-1);
    assert_false(RtlLockHeap(Junk));
    assert_false(RtlUnlockHeap(Junk));
    assert_int_equal(RtlCompactHeap(Junk, 0), 0);
    assert_int_equal(RtlZeroHeap(Junk, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlWalkHeap(Junk, &Walk), STATUS_INVALID_PARAMETER);
    assert_false(RtlGetUserInfoHeap(Junk, 0, Junk + 64, &UserValue, &UserFlags));
    assert_ptr_equal(RtlDestroyHeap(Junk), Junk);
    assert_int_equal((NTSTATUS)RtlQueryHeapInformation(Junk, HeapCompatibilityInformation,
                                                       &Value, 4, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        (NTSTATUS)RtlSetHeapInformation(Junk, HeapCompatibilityInformation, &Value, 4),
        STATUS_INVALID_PARAMETER);
    assert_true(HostHeap.Failures >= Before + 11);
    assert_false(RtlValidateHeap(Junk, 0, NULL));
    assert_false(RtlValidateHeap(NULL, 0, NULL));
    assert_null(RtlDestroyHeap(NULL));
    HostHeap.Expected = false;
}

static void TestNoBlock(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    char *Block = RtlAllocateHeap(Heap, 0, 100);
    PVOID Value;
    ULONG Flags;
    assert_true(RtlFreeHeap(Heap, 0, NULL));
    assert_null(RtlReAllocateHeap(Heap, 0, NULL, 10));
    assert_true(RtlSizeHeap(Heap, 0, NULL) == (SIZE_T)-1);
    HostHeap.Expected = true;
    assert_false(RtlGetUserInfoHeap(Heap, 0, NULL, &Value, &Flags));
    assert_false(RtlGetUserInfoHeap(Heap, 0, Block + 16, &Value, &Flags));
    assert_int_equal(HostHeap.LastStatus, STATUS_INVALID_PARAMETER);
    assert_false(RtlSetUserValueHeap(Heap, 0, Block + 16, NULL));
    assert_false(RtlSetUserFlagsHeap(Heap, 0, Block + 16, 0, 0));
    assert_false(RtlSetUserFlagsHeap(Heap, 0, Block, 0, 1)); /* no such flag */
    HostHeap.Expected = false;
    assert_false(RtlSetUserValueHeap(Heap, 0, Block, NULL)); /* it has none */
    assert_true(RtlGetUserInfoHeap(Heap, 0, Block, NULL, NULL));
    assert_true(RtlFreeHeap(Heap, 0, Block));
    Delete(Heap);
}

static void TestInformation(void **State)
{
    (void)State;
    HEAP *Heap = New(0), *Unlocked = New(HEAP_NO_SERIALIZE);
    ULONG Kind = 9, Two = 2, Zero = 0;
    SIZE_T Length = 0;
    const HEAP_INFORMATION_CLASS Class = HeapCompatibilityInformation, Other = 7;
    assert_int_equal((NTSTATUS)RtlQueryHeapInformation(Heap, Other, &Kind, 4, &Length),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal((NTSTATUS)RtlQueryHeapInformation(Heap, Class, &Kind, 3, &Length),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(Length, 4);
    assert_int_equal(RtlQueryHeapInformation(Heap, Class, &Kind, 4, NULL), 0);
    assert_int_equal(Kind, 0);
    assert_int_equal((NTSTATUS)RtlSetHeapInformation(Heap, Other, &Two, 4),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal((NTSTATUS)RtlSetHeapInformation(Heap, Class, &Two, 3),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal((NTSTATUS)RtlSetHeapInformation(Heap, Class, NULL, 4),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlSetHeapInformation(Heap, Class, &Zero, 4), 0); /* it is 0 */
    assert_int_equal((NTSTATUS)RtlSetHeapInformation(Unlocked, Class, &Two, 4),
                     STATUS_UNSUCCESSFUL);
    /* It reserves nothing yet; without memory the back end serves. */
#ifdef FRONT_INSIDE
    HostHeap.CommitsLeft = 0; /* what it needs are blocks of the back end */
#endif
    HostHeap.RefuseReserve = true;
    assert_int_equal(RtlSetHeapInformation(Heap, Class, &Two, 4), 0);
    for (unsigned i = 0; i < 40; i++)
        assert_non_null(RtlAllocateHeap(Heap, 0, 24));
    assert_null(Heap->FrontEndHeap);
    HostHeap.RefuseReserve = false;
    assert_true(RtlpCheckHeap(Heap, false));
    assert_int_equal(RtlQueryHeapInformation(Heap, Class, &Kind, 4, &Length), 0);
    assert_int_equal(Kind, 2);
    assert_int_equal(
        RtlSetHeapInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0), 0);
    assert_true(RtlpAskedToTerminate);
    assert_null(RtlDestroyHeap(Unlocked));
    Delete(Heap);
}

/* While a program holds the lock the front end is shut and comes back; a free block is
 * zeroed but for its links. */
static void TestLockAndZero(void **State)
{
    (void)State;
    HEAP *Heap = New(0), *Unlocked = New(HEAP_NO_SERIALIZE);
    void *Blocks[60];
    for (unsigned i = 0; i < 60; i++)
        Blocks[i] = RtlAllocateHeap(Heap, 0, 40);
    assert_true(Heap->Front == Heap->FrontEndHeap);
    assert_true(RtlLockHeap(Heap) && RtlLockHeap(Heap));
    assert_true(Heap->Front == &RtlpNoFront);
    char *Held = RtlAllocateHeap(Heap, 0, 40);
    assert_non_null(Held);
    assert_true(RtlFreeHeap(Heap, 0, Held));
    assert_true(RtlUnlockHeap(Heap));
    assert_true(Heap->Front == &RtlpNoFront);
    assert_true(RtlUnlockHeap(Heap));
    assert_true(Heap->Front == Heap->FrontEndHeap);
    char *Large = RtlAllocateHeap(Heap, 0, 20000);
    memset(Large, 0x55, 20000);
    assert_true(RtlFreeHeap(Heap, 0, Large));
    assert_int_equal(Large[10000], 0x55);
    assert_int_equal(RtlZeroHeap(Heap, 0), STATUS_SUCCESS);
    assert_int_equal(Large[10000], 0);
    assert_int_equal(RtlZeroHeap(Unlocked, 0), STATUS_SUCCESS);
    assert_null(RtlDestroyHeap(Unlocked));
    for (unsigned i = 0; i < 60; i++)
        assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
    Delete(Heap);
}

/* A heap without a lock is locked at once; one that is not locked is not unlocked. */
static void TestNoLock(void **State)
{
    (void)State;
    HEAP *Heap = New(0), *Unlocked = New(HEAP_NO_SERIALIZE);
    assert_true(RtlLockHeap(Unlocked) && RtlUnlockHeap(Unlocked));
    assert_false(RtlUnlockHeap(Heap));
    assert_null(RtlDestroyHeap(Unlocked));
    Delete(Heap);
}

/* A block of each kind of another heap is named as such; a walk goes on from no such place. */
static void TestForeign(void **State)
{
    (void)State;
    static const SIZE_T Sizes[] = {40, 3000, 2000000}; /* front end, back end, large */
    HEAP *Heap = New(0), *Other = New(0);
    ULONG Two = 2;
    assert_int_equal(RtlSetHeapInformation(Heap, HeapCompatibilityInformation, &Two, 4),
                     0);
    for (unsigned i = 0; i < 30; i++)
        assert_non_null(RtlAllocateHeap(Other, 0, 40));
    HostHeap.Expected = true;
    for (unsigned i = 0; i < sizeof(Sizes) / sizeof(*Sizes); i++) {
        char *Block = RtlAllocateHeap(Other, 0, Sizes[i]);
        assert_false(RtlFreeHeap(Heap, 0, Block));
        assert_int_equal(HostHeap.LastFailure, heap_failure_cross_heap_operation);
        RTL_HEAP_WALK_ENTRY Walk = {.DataAddress = Block, .Flags = RTL_HEAP_BUSY};
        assert_int_equal(RtlWalkHeap(Heap, &Walk), STATUS_INVALID_PARAMETER);
        assert_true(RtlFreeHeap(Other, 0, Block));
    }
    HostHeap.Expected = false;
    assert_null(RtlDestroyHeap(Other));
    Delete(Heap);
}

/* Without memory for its stack, or its record, a block is allocated all the same. */
static void TestNoRecords(void **State)
{
    (void)State;
    RtlpHeapPeb()->NtGlobalFlag = FLG_USER_STACK_TRACE_DB;
    HEAP *Heap = New(0);
    RtlpHeapPeb()->NtGlobalFlag = 0;
    HostHeap.Caller = (void *)0x1234;
    HostHeap.RefuseReserve = true;
    char *Without = RtlAllocateHeap(Heap, 0, 100);
    HostHeap.RefuseReserve = false;
    assert_true(Without && !RtlpRecordOf(Without));
    HostHeap.CommitsLeft = 0;
    char *Neither = RtlAllocateHeap(Heap, 0, 100);
    HostHeap.CommitsLeft = -1;
    assert_true(Neither && !RtlpRecordOf(Neither));
    char *With = RtlAllocateHeap(Heap, 0, 100);
    assert_true(RtlpRecordOf(With) && RtlpRecordOf(With)->Allocated);
    assert_true(RtlpCheckHeap(Heap, false));
    assert_true(RtlFreeHeap(Heap, 0, Without) && RtlFreeHeap(Heap, 0, Neither));
    assert_true(RtlFreeHeap(Heap, 0, With));
    HostHeap.Caller = NULL;
    assert_null(RtlDestroyHeap(Heap));
}

static SIZE_T Routine;
static NTSTATUS NTAPI CommitMine(PVOID Base, PVOID *Address, SIZE_T *Size)
{
    (void)Base;
    Routine += *Size;
    return RtlpCommit(*Address, *Size, PAGE_READWRITE);
}

/* What RTL_HEAP_PARAMETERS and the memory of the caller change. */
static void TestParameters(void **State)
{
    (void)State;
    RTL_HEAP_PARAMETERS Given = {.Length = sizeof(Given),
                                 .MaximumAllocationSize = 50000,
                                 .VirtualMemoryThreshold = 20000,
                                 .CommitRoutine = CommitMine};
    PVOID Base = NULL;
    assert_true(NT_SUCCESS(RtlpReserve(&Base, 0x40000, PAGE_READWRITE)));
    HEAP *Heap = RtlCreateHeap(HEAP_GROWABLE, Base, 0x40000, 0x1000, NULL, &Given);
    assert_ptr_equal(Heap, Base);
    Routine = 0;
    assert_null(RtlAllocateHeap(Heap, 0, 50001));
    char *Large = RtlAllocateHeap(Heap, 0, 40000);
    assert_int_equal(Routine, 0); /* beyond the threshold: not of the segment */
    assert_true(Heap->Counters.TotalSizeInVirtualBlocks >= 40000);
    assert_null(RtlReAllocateHeap(Heap, 0, Large, 60000));
    char *Small = RtlAllocateHeap(Heap, 0, 15000);
    assert_true(Small && Routine >= 15000 - PAGE_SIZE);
    assert_true(RtlFreeHeap(Heap, 0, Large));
    HostHeap.Raised = 0;
    assert_null(RtlReAllocateHeap(Heap, HEAP_GENERATE_EXCEPTIONS, Small, 60000));
    assert_int_equal(HostHeap.Raised, STATUS_NO_MEMORY);
    assert_true(RtlpCheckHeap(Heap, false));
    assert_null(RtlDestroyHeap(Heap));
    assert_int_equal(HostHeap.Reserved, 0x40000); /* the caller's own */
    RtlpRelease(Base);
    assert_null(
        RtlCreateHeap(0, NULL, (SIZE_T)HEAP_MAXIMUM_ALLOCATION + 1, 0, NULL, NULL));
    HostHeap.RefuseReserve = true;
    assert_null(RtlCreateHeap(0, NULL, 0, 0, NULL, NULL));
    HostHeap.RefuseReserve = false;
    HostHeap.CommitsLeft = 0;
    assert_null(RtlCreateHeap(0, NULL, 0, 0, NULL, NULL));
    HostHeap.CommitsLeft = -1;
    Heap =
        RtlCreateHeap(0, NULL, 0x1000, 0x1000, NULL, NULL); /* less than a heap takes */
    assert_non_null(Heap);
    Delete(Heap);
}

/* gflags' settings become a heap's flags. */
static void TestGlobalFlags(void **State)
{
    (void)State;
    static const struct {
        ULONG Global, Flag;
    } Pairs[] = {{FLG_HEAP_ENABLE_TAIL_CHECK, HEAP_TAIL_CHECKING_ENABLED},
                 {FLG_HEAP_ENABLE_FREE_CHECK, HEAP_FREE_CHECKING_ENABLED},
                 {FLG_HEAP_VALIDATE_PARAMETERS, HEAP_VALIDATE_PARAMETERS_ENABLED},
                 {FLG_HEAP_VALIDATE_ALL, HEAP_VALIDATE_ALL_ENABLED},
                 {FLG_HEAP_DISABLE_COALESCING, HEAP_DISABLE_COALESCE_ON_FREE}};
    for (unsigned i = 0; i < sizeof(Pairs) / sizeof(*Pairs); i++) {
        RtlpHeapPeb()->NtGlobalFlag = Pairs[i].Global;
        HEAP *Heap = New(0);
        RtlpHeapPeb()->NtGlobalFlag = 0;
        assert_true(Heap->Flags & Pairs[i].Flag);
        void *Block = RtlAllocateHeap(Heap, 0, 100);
        assert_true(RtlFreeHeap(Heap, 0, Block));
        Delete(Heap);
    }
}

/* What the latest call said of itself, and that it began before it ended. */
static void SaidServed(ULONG Operation, const void *Block, SIZE_T Size, ULONG Served)
{
    const FATHOM_HEAP_CALL *Told = &HostHeap.Told;
    assert_int_equal(Told->Operation, Operation);
    assert_int_equal(Told->Block, (ULONG)(ULONG_PTR)Block);
    assert_int_equal(Told->Size, Size);
    assert_int_equal(Told->Served, Served);
    assert_true(Told->Began < Told->Ended);
    if (Block && Operation != HEAP_EVENT_FREE)
        assert_true(Told->Granted >= Size && Told->Granted < Size + PAGE_SIZE);
}

static void TestTraced(void **State)
{
    (void)State;
    HostHeapTracing = PEB_HEAP_TRACING_ENABLED;
    HEAP *Heap = New(0);
    assert_int_equal(HostHeap.Told.Operation, HEAP_EVENT_CREATE);
    char *Block = RtlAllocateHeap(Heap, 0, 100);
    SaidServed(HEAP_EVENT_ALLOCATE, Block, 100, HEAP_SERVED_FREE_LIST);
    char *Old = Block;
    Block = RtlReAllocateHeap(Heap, 0, Block, 90);
    SaidServed(HEAP_EVENT_REALLOCATE, Block, 90, HEAP_SERVED_IN_PLACE);
    RtlAllocateHeap(Heap, 0, 100); /* so that it must move */
    Block = RtlReAllocateHeap(Heap, 0, Block, 60000);
    SaidServed(HEAP_EVENT_REALLOCATE, Block, 60000, HEAP_SERVED_COMMIT);
    assert_int_equal(HostHeap.Told.Old, (ULONG)(ULONG_PTR)Old);
    RtlFreeHeap(Heap, 0, Block);
    SaidServed(HEAP_EVENT_FREE, Block, 60000, HEAP_SERVED_FREE_LIST);
    assert_int_equal(HostHeap.Told.Granted >= 60000, true);
    Block = RtlAllocateHeap(Heap, 0, 1 << 20);
    SaidServed(HEAP_EVENT_ALLOCATE, Block, 1 << 20, HEAP_SERVED_LARGE);
    RtlFreeHeap(Heap, 0, Block);
    SaidServed(HEAP_EVENT_FREE, Block, 1 << 20, HEAP_SERVED_LARGE);
    for (unsigned i = 0; i < 40; i++)
        Block = RtlAllocateHeap(Heap, 0, 24);
    SaidServed(HEAP_EVENT_ALLOCATE, Block, 24, HEAP_SERVED_FRONT);
    assert_null(RtlAllocateHeap(Heap, HEAP_GENERATE_EXCEPTIONS, 0x7FFFFFFF));
    SaidServed(HEAP_EVENT_ALLOCATE, NULL, 0x7FFFFFFF, HEAP_SERVED_FAILED);
    Delete(Heap);
    assert_int_equal(HostHeap.Told.Operation, HEAP_EVENT_DESTROY);
    HostHeapTracing = 0;
}

/* A write into a freed block is seen when the block is to be handed out again. */
static void TestUseAfterFree(void **State)
{
    (void)State;
    HEAP *Heap = New(HEAP_FREE_CHECKING_ENABLED);
    char *Block = RtlAllocateHeap(Heap, 0, 400);
    assert_non_null(RtlAllocateHeap(Heap, 0, 400));
    assert_true(RtlFreeHeap(Heap, 0, Block));
    Block[200] = 1;
    HostHeap.Expected = true;
    HostHeap.FirstFailure = heap_failure_unknown;
    assert_null(RtlAllocateHeap(Heap, 0, 400));
    assert_int_equal(HostHeap.FirstFailure, heap_failure_usage_after_free);
    HostHeap.Expected = false;
    RtlDestroyHeap(Heap); /* what comes after a damage is not for this heap */
    assert_int_equal(HostHeap.Reserved, 0);
}

/* A large block shrinks in place, grows as far as its region goes, and not without memory. */
static void TestLargeInPlace(void **State)
{
    (void)State;
    const SIZE_T Size = 3000000;
    HEAP *Heap = New(0);
    char *Block = RtlAllocateHeap(Heap, 0, Size);
    Block[Size - 1] = 1;
    HostHeap.RefuseDecommit = true;
    assert_null(RtlReAllocateHeap(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Block, Size / 2));
    HostHeap.RefuseDecommit = false;
    assert_ptr_equal(RtlReAllocateHeap(Heap, 0, Block, Size / 2), Block);
    HostHeap.CommitsLeft = 0;
    assert_null(RtlReAllocateHeap(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Block, Size));
    HostHeap.CommitsLeft = -1;
    assert_int_equal(RtlSizeHeap(Heap, 0, Block), Size / 2);
    assert_ptr_equal(RtlReAllocateHeap(Heap, 0, Block, Size), Block);
    assert_int_equal(Block[Size - 1], 0); /* given back between */
    assert_true(RtlFreeHeap(Heap, 0, Block));
    Delete(Heap);
}

/* Sizes come and go: what one bucket has too many of serves its smaller neighbour. */
static void TestBorrowing(void **State)
{
    (void)State;
    enum { COUNT = 20000, STEPS = DEBUG ? 500 : 200000 }; /* each checked under DEBUG */
    static void *Blocks[COUNT];
    HEAP *Heap = New(0);
    unsigned Random = 1;
    memset(Blocks, 0, sizeof(Blocks));
    for (unsigned Step = 0; Step < STEPS; Step++) {
        Random = Random * 1664525u + 1013904223u;
        void **Block = &Blocks[(Random >> 8) % COUNT];
        if (*Block)
            assert_true(RtlFreeHeap(Heap, 0, *Block));
        Random = Random * 1664525u + 1013904223u;
        *Block = RtlAllocateHeap(Heap, 0, 16 + (Random >> 12) % 1009);
        assert_non_null(*Block);
    }
    assert_true(RtlpCheckHeap(Heap, false));
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
    RtlCompactHeap(Heap, 0);
    Delete(Heap);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestNoHeap),       cmocka_unit_test(TestNoBlock),
        cmocka_unit_test(TestInformation),  cmocka_unit_test(TestLockAndZero),
        cmocka_unit_test(TestParameters),   cmocka_unit_test(TestGlobalFlags),
        cmocka_unit_test(TestTraced),       cmocka_unit_test(TestUseAfterFree),
        cmocka_unit_test(TestLargeInPlace), cmocka_unit_test(TestBorrowing),
        cmocka_unit_test(TestNoLock),       cmocka_unit_test(TestForeign),
        cmocka_unit_test(TestNoRecords)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
