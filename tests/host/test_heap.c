/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap.c - the heap's core on the host: every function, every invariant, every attack. */
#include "heap_os.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cases.h"
#include "heap_new.h"

static unsigned Rng = 1;
static unsigned Random(unsigned Below)
{
    Rng = Rng * 1664525u + 1013904223u;
    return (unsigned)(((uint64_t)Rng * Below) >> 32);
}

static void Fill(void *Block, SIZE_T Size, unsigned Tag)
{
    memset(Block, (int)(Tag * 37 + Size), Size);
}

static void CheckFill(const void *Block, SIZE_T Size, unsigned Tag)
{
    const unsigned char *Byte = Block;
    for (SIZE_T i = 0; i < Size; i++)
        if (Byte[i] != (unsigned char)(Tag * 37 + Size))
            fail_msg("byte %zu of %zu", i, Size);
}

/* Random allocate, free, resize against a table; every invariant every few steps. */
static void Churn(ULONG Flags, SIZE_T Largest, unsigned Steps, unsigned Live)
{
    HEAP *Heap = New(Flags);
    struct {
        void *Block;
        SIZE_T Size;
    } *Table = calloc(Live, sizeof(*Table));
    for (unsigned Step = 0; Step < Steps; Step++) {
        unsigned i = Random(Live);
        SIZE_T Size =
            Random(4) ? Random(1 + (unsigned)Largest / 16) : Random((unsigned)Largest);
        if (Table[i].Block && Random(3) == 0) {
            CheckFill(Table[i].Block, Table[i].Size, i);
            void *Moved = RtlReAllocateHeap(Heap, 0, Table[i].Block, Size);
            assert_non_null(Moved);
            SIZE_T Same = Size < Table[i].Size ? Size : Table[i].Size;
            for (SIZE_T b = 0; b < Same; b++)
                assert_int_equal(((unsigned char *)Moved)[b],
                                 (unsigned char)(i * 37 + Table[i].Size));
            Table[i].Block = Moved;
        } else if (Table[i].Block) {
            CheckFill(Table[i].Block, Table[i].Size, i);
            assert_int_equal(RtlSizeHeap(Heap, 0, Table[i].Block), Table[i].Size);
            assert_true(RtlFreeHeap(Heap, 0, Table[i].Block));
            Table[i].Block = NULL;
            continue;
        } else {
            Table[i].Block = RtlAllocateHeap(Heap, 0, Size);
            assert_non_null(Table[i].Block);
            if (Flags & HEAP_CREATE_ALIGN_16)
                assert_int_equal((ULONG_PTR)Table[i].Block % 16, 0);
        }
        Table[i].Size = Size;
        Fill(Table[i].Block, Size, i);
        assert_int_equal(RtlSizeHeap(Heap, 0, Table[i].Block), Size);
        if (Step % 16 == 0)
            assert_true(RtlpCheckHeap(Heap, false));
    }
    for (unsigned i = 0; i < Live; i++)
        assert_true(RtlFreeHeap(Heap, 0, Table[i].Block));
    free(Table);
    Delete(Heap);
}

static void TestChurn(void **State)
{
    (void)State;
    Churn(0, 4096, 20000, 200);
    Churn(0, 100000, 5000, 100);
    Churn(0, 2000000, 600, 30);
    Churn(HEAP_NO_SERIALIZE, 4096, 20000, 200);
    Churn(HEAP_CREATE_ALIGN_16 | HEAP_NO_SERIALIZE, 3000, 20000, 100);
    Churn(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 4096, 10000, 100);
    Churn(HEAP_DISABLE_COALESCE_ON_FREE, 4096, 5000, 100);
}

/* One more granule than 0xFE00, header included, is a large block. */
static void TestEdge(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    SIZE_T Most = HEAP_MAXIMUM_BLOCK_SIZE * (SIZE_T)GRANULE - sizeof(HEAP_ENTRY);
    void *Inside = RtlAllocateHeap(Heap, 0, Most);
    assert_non_null(Inside);
    assert_int_equal(Heap->Counters.TotalSizeInVirtualBlocks, 0);
    void *Outside = RtlAllocateHeap(Heap, 0, Most + 1);
    assert_non_null(Outside);
    assert_true(Heap->Counters.TotalSizeInVirtualBlocks > Most);
    memset(Inside, 1, Most);
    memset(Outside, 1, Most + 1);
    assert_int_equal(RtlSizeHeap(Heap, 0, Outside), Most + 1);
    assert_true(RtlpCheckHeap(Heap, false));
    assert_true(RtlFreeHeap(Heap, 0, Inside));
    assert_true(RtlFreeHeap(Heap, 0, Outside));
    Delete(Heap);
}

static void TestFixed(void **State)
{
    (void)State;
    HEAP *Heap = RtlCreateHeap(0, NULL, 0x20000, 0x1000, NULL, NULL);
    SIZE_T Total = 0;
    while (RtlAllocateHeap(Heap, 0, 1000))
        Total += 1000;
    assert_in_range(Total, 0x1C000, 0x20000);
    assert_int_equal(HostHeap.LastStatus, STATUS_NO_MEMORY);
    assert_null(RtlAllocateHeap(Heap, HEAP_GENERATE_EXCEPTIONS, 1000));
    assert_int_equal(HostHeap.Raised, STATUS_NO_MEMORY);
    assert_null(RtlAllocateHeap(Heap, 0, 0x100000));
    Delete(Heap);
}

/* Every commit refused in turn: null, and the heap is sound. */
static void TestNoMemory(void **State)
{
    (void)State;
    for (long Left = 0; Left < 12; Left++) {
        HEAP *Heap = New(0);
        void *Blocks[64] = {0};
        HostHeap.CommitsLeft = Left;
        for (unsigned i = 0; i < 64; i++)
            Blocks[i] = RtlAllocateHeap(Heap, 0, i % 8 == 7 ? 700000 : 20 + i % 3 * 9000);
        assert_true(RtlpCheckHeap(Heap, false));
        HostHeap.CommitsLeft = -1;
        for (unsigned i = 0; i < 64; i++)
            assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
        Delete(Heap);
    }
}

/* No address space for another segment, a large block or user blocks: null, in the end. */
static void TestNoRoom(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    unsigned Count = 0;
    alarm(600); /* a fuse: it takes milliseconds */
    HostHeap.RefuseReserve = true;
    while (RtlAllocateHeap(Heap, 0, 25957))
        Count++;
    assert_in_range(Count, 5,
                    7); /* the 256 KiB that it began with, but for what guards it */
    assert_null(RtlAllocateHeap(Heap, 0, 2000000));
    for (unsigned i = 0; i < 40; i++)
        RtlAllocateHeap(Heap, 0, 24);
    assert_null(Heap->FrontEndHeap);
    HostHeap.RefuseReserve = false;
    alarm(0);
    assert_non_null(RtlAllocateHeap(Heap, 0, 25957));
    Delete(Heap);
}

static unsigned Expect(void)
{
    HostHeap.Expected = true;
    HostHeap.FirstFailure = heap_failure_unknown;
    return (unsigned)HostHeap.Failures;
}

/* Each way to damage a heap that a program has is found and named. */
static void TestAttacks(void **State)
{
    (void)State;
    for (unsigned Way = 0; Way < 12; Way++) {
        HEAP *Heap = New(HEAP_NO_SERIALIZE);
        HEAP *Other = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
        char *A = RtlAllocateHeap(Heap, 0, 100), *B = RtlAllocateHeap(Heap, 0, 100);
        char *C = RtlAllocateHeap(Heap, 0, 100), *D = RtlAllocateHeap(Heap, 0, 100);
        char *E = RtlAllocateHeap(Other, 0, 100);
        char *L = RtlAllocateHeap(Heap, 0, 1000000);
        char Stack[256] __attribute__((aligned(16))) = {0};
        memset(A, 0x41, 100);
        unsigned Before = Expect();
        BOOLEAN Result = FALSE;
        HEAP_FAILURE_TYPE Kind = heap_failure_unknown;
        switch (Way) {
        case 0: /* freed twice */
            RtlFreeHeap(Heap, 0, B);
            Result = RtlFreeHeap(Heap, 0, B);
            Kind = heap_failure_block_not_busy;
            break;
        case 1: /* freed twice, melted into a neighbour between */
            RtlFreeHeap(Heap, 0, B);
            RtlFreeHeap(Heap, 0, A);
            Result = RtlFreeHeap(Heap, 0, B);
            Kind = heap_failure_block_not_busy;
            break;
        case 2: /* inside a block */
            Result = RtlFreeHeap(Heap, 0, A + 32);
            Kind = heap_failure_entry_corruption;
            break;
        case 3: /* not aligned */
            Result = RtlFreeHeap(Heap, 0, A + 1);
            Kind = heap_failure_invalid_argument;
            break;
        case 4: /* on the stack */
            Result = RtlFreeHeap(Heap, 0, Stack + 128);
            Kind = heap_failure_entry_corruption;
            break;
        case 5: /* overflow into the next header, the next freed */
            memset(B, 0x42, 100 + 30);
            Result = RtlFreeHeap(Heap, 0, C);
            Kind = heap_failure_entry_corruption;
            break;
        case 6: /* the same, the overrun one freed */
            memset(B, 0x42, 100 + 30);
            Result = RtlFreeHeap(Heap, 0, B);
            Kind = heap_failure_buffer_overrun;
            break;
        case 7: /* write after free into the links, then a neighbour joins */
            RtlFreeHeap(Heap, 0, B);
            memset(B, 0x43, 16);
            ((LIST_ENTRY *)B)->Flink = ((LIST_ENTRY *)B)->Blink =
                (LIST_ENTRY *)(Stack + 64);
            RtlFreeHeap(Heap, 0, A);
            Result = (BOOLEAN)(HostHeap.Failures == Before);
            Kind = heap_failure_listentry_corruption;
            break;
        case 8: /* a forged size that is encoded rightly */
            RtlpSetCode(Heap, (HEAP_ENTRY *)B - 1, 3, HEAP_ENTRY_BUSY);
            Result = RtlFreeHeap(Heap, 0, B);
            Kind = heap_failure_buffer_overrun;
            break;
        case 9: /* a block of another heap */
            Result = RtlFreeHeap(Heap, 0, E);
            Kind = heap_failure_cross_heap_operation;
            break;
        case 10: /* size of a freed block */
            RtlFreeHeap(Heap, 0, D);
            Result = RtlSizeHeap(Heap, 0, D) != (SIZE_T)-1;
            Kind = heap_failure_block_not_busy;
            break;
        case 11: /* resize of a freed block */
            RtlFreeHeap(Heap, 0, D);
            Result = RtlReAllocateHeap(Heap, 0, D, 5) != NULL;
            Kind = heap_failure_block_not_busy;
            break;
        }
        if (Result || HostHeap.Failures == Before)
            fail_msg("way %u went through", Way);
        if (HostHeap.FirstFailure != Kind &&
            !(Kind == heap_failure_listentry_corruption &&
              HostHeap.FirstFailure == heap_failure_freelists_corruption))
            fail_msg("way %u: kind %d", Way, HostHeap.FirstFailure);
        assert_true(RtlFreeHeap(Heap, 0, L));
        RtlDestroyHeap(Other);
        RtlDestroyHeap(Heap);
        HostHeap.Expected = false;
        assert_int_equal(HostHeap.Reserved, 0);
    }
}

/* Damage that a growing block meets is reported once, and the call ends with that: the links of the
 * free entry after it (cut off, or taken whole), its header, the end of the run. */
static void TestOneReport(void **State)
{
    (void)State;
    for (unsigned Way = 0; Way < 5; Way++) {
        HEAP *Heap = New(HEAP_NO_SERIALIZE);
        char *Block = RtlAllocateHeap(Heap, 0, 1000),
             *Next = RtlAllocateHeap(Heap, 0, 2000);
        RtlAllocateHeap(Heap, 0, 40);
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)Next - 1;
        if (Way < 4)
            assert_true(RtlFreeHeap(Heap, 0, Next));
        if (Way < 2)
            memset(Next, 0x41, 2 * sizeof(PVOID));
        else if (Way < 4)
            memset(Entry, 0x41, sizeof(*Entry));
        else
            memset(Block + 1000, 0x41, 8);
        unsigned Before = Expect();
        assert_null(RtlReAllocateHeap(Heap, Way == 3 ? HEAP_REALLOC_IN_PLACE_ONLY : 0,
                                      Block, Way == 1 ? 3000 : 1500));
        assert_int_equal(HostHeap.Failures - Before, 1);
        assert_int_equal(HostHeap.LastStatus, STATUS_INVALID_PARAMETER);
        HostHeap.Expected = false;
        RtlDestroyHeap(Heap);
    }
}

/* A free entry that cannot be put into a damaged list leaves no class that has none: in a process
 * that survives, the next call would follow a null pointer. */
static void TestDamagedList(void **State)
{
    (void)State;
    HEAP *Heap = New(HEAP_NO_SERIALIZE);
    char *Block = RtlAllocateHeap(Heap, 0, 1000), *Next = RtlAllocateHeap(Heap, 0, 40);
    char *After = RtlAllocateHeap(Heap, 0, 999);
    RtlAllocateHeap(Heap, 0, 10);
    RtlFreeHeap(Heap, 0, Next);
    memset(Next, 0, 2 * sizeof(PVOID));
    Expect();
    RtlFreeHeap(Heap, 0, Block);
    RtlFreeHeap(Heap, 0, After);
    for (SIZE_T Size = 8; Size < 600000; Size += Size / 4)
        RtlFreeHeap(Heap, 0, RtlAllocateHeap(Heap, 0, Size));
    RtlDestroyHeap(Heap);
    HostHeap.Expected = false;
}

static void TestTail(void **State)
{
    (void)State;
    HEAP *Heap = New(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED);
    unsigned char *Block = RtlAllocateHeap(Heap, 0, 13);
    assert_int_equal(Block[0], 0x0D);
    assert_int_equal(Block[13], 0xAB);
    assert_true(RtlValidateHeap(Heap, 0, NULL));
    Block[13] = 0;
    assert_false(RtlValidateHeap(Heap, 0, NULL));
    Expect();
    assert_false(RtlFreeHeap(Heap, 0, Block));
    assert_int_equal(HostHeap.LastFailure, heap_failure_buffer_overrun);
    Block[13] = 0xAB;
    HostHeap.Expected = false;
    assert_true(RtlFreeHeap(Heap, 0, Block));
    Block = RtlAllocateHeap(Heap, 0, 200);
    assert_true(RtlFreeHeap(Heap, 0, Block));
    assert_int_equal(*(ULONG *)(Block + 100), 0xFEEEFEEEu);
    Block[100] = 1;
    assert_false(RtlValidateHeap(Heap, 0, NULL));
    Block[100] = 0xEE;
    Delete(Heap);
}

/* A walk over a heap of every kind of thing finds every busy block once. */
static void TestWalk(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    SIZE_T Busy = 0, Bytes = 0, Seen = 0, SeenBytes = 0, Segments = 0, Steps = 0;
    for (unsigned i = 0; i < 3000; i++) {
        SIZE_T Size = i % 500 == 0 ? 600000 : i % 7 == 0 ? 20000 : i % 90;
        void *Block = RtlAllocateHeap(Heap, 0, Size);
        if (i % 3 == 0) {
            RtlFreeHeap(Heap, 0, Block);
        } else {
            Busy++;
            Bytes += Size;
        }
    }
    RTL_HEAP_WALK_ENTRY Walk = {0};
    NTSTATUS Status;
    assert_true(RtlLockHeap(Heap));
    while ((Status = RtlWalkHeap(Heap, &Walk)) == STATUS_SUCCESS) {
        Steps++;
        Segments += (Walk.Flags & RTL_HEAP_SEGMENT) != 0;
        if (Walk.Flags & RTL_HEAP_BUSY) {
            Seen++;
            SeenBytes += Walk.DataSize;
            assert_int_equal(RtlSizeHeap(Heap, 0, Walk.DataAddress), Walk.DataSize);
        }
    }
    assert_int_equal(Status, STATUS_NO_MORE_ENTRIES);
    assert_true(RtlUnlockHeap(Heap));
    assert_int_equal(Seen, Busy);
    assert_int_equal(SeenBytes, Bytes);
    ULONG Regions = 0; /* of the front end */
    for (FRONT_ITEM Item = {0}; RtlpFrontNext(Heap, &Item);)
        Regions += Item.Index == 0;
    assert_int_equal(Segments, Heap->Counters.TotalSegments + Regions);
    Delete(Heap);
}

static void TestUserValues(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    ULONG Flags = HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAG2;
    for (SIZE_T Size = 10; Size < 1000000; Size *= 9) {
        char *Block = RtlAllocateHeap(Heap, Flags, Size);
        PVOID Value;
        ULONG UserFlags;
        assert_true(RtlSetUserValueHeap(Heap, 0, Block, (PVOID)0x1234));
        memset(Block, 0xCC, Size);
        Block = RtlReAllocateHeap(Heap, 0, Block, Size * 2);
        assert_true(RtlSetUserFlagsHeap(Heap, 0, Block, 0, HEAP_SETTABLE_USER_FLAG3));
        assert_true(RtlGetUserInfoHeap(Heap, 0, Block, &Value, &UserFlags));
        assert_ptr_equal(Value, (PVOID)0x1234);
        assert_int_equal(UserFlags, HEAP_SETTABLE_USER_FLAG2 | HEAP_SETTABLE_USER_FLAG3);
        assert_int_equal(RtlSizeHeap(Heap, 0, Block), Size * 2);
        assert_true(RtlpCheckHeap(Heap, false));
    }
    Delete(Heap);
}

static void TestLists(void **State)
{
    (void)State;
    HEAP *Heaps[40];
    PVOID Listed[64];
    PPEB Peb = RtlpHeapPeb();
    Peb->ProcessHeap = New(0);
    for (unsigned i = 0; i < 40; i++)
        Heaps[i] = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    assert_int_equal(RtlGetProcessHeaps(64, Listed), 41);
    assert_ptr_equal(Listed[40], Heaps[39]);
    assert_ptr_equal(RtlDestroyHeap(Peb->ProcessHeap), Peb->ProcessHeap);
    assert_true(RtlValidateProcessHeaps());
    RtlDestroyHeap(Heaps[3]);
    assert_int_equal(RtlGetProcessHeaps(64, Listed), 40);
    assert_ptr_equal(Listed[4], Heaps[4]);
    for (unsigned i = 0; i < 40; i++)
        if (i != 3)
            assert_null(RtlDestroyHeap(Heaps[i]));
    HEAP *Default = Peb->ProcessHeap;
    Peb->ProcessHeap = NULL;
    Peb->ProcessHeaps = NULL;
    Peb->NumberOfHeaps = 0;
    Default->ProcessHeapsListIndex = 0;
    Delete(Default);
}

static void TestZeroAndEvents(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    for (unsigned Round = 0; Round < 60; Round++) {
        unsigned char *Block = RtlAllocateHeap(Heap, 0, 64);
        memset(Block, 0xFF, 64);
        RtlFreeHeap(Heap, 0, Block);
        Block = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, 64);
        for (unsigned i = 0; i < 64; i++)
            assert_int_equal(Block[i], 0);
        Block = RtlReAllocateHeap(Heap, HEAP_ZERO_MEMORY, Block, 300);
        for (unsigned i = 0; i < 300; i++)
            assert_int_equal(Block[i], 0);
        memset(Block, 0xFF, 300);
        assert_null(RtlReAllocateHeap(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Block, 700000));
        RtlFreeHeap(Heap, 0, Block);
    }
    HostHeapTracing = PEB_HEAP_TRACING_ENABLED;
    void *Block = RtlAllocateHeap(Heap, 0, 64);
    assert_int_equal(HostHeap.Told.Operation, HEAP_EVENT_ALLOCATE);
    assert_int_equal(HostHeap.Told.Block, (ULONG)(ULONG_PTR)Block);
    assert_int_equal(HostHeap.Told.Size, 64);
    RtlFreeHeap(Heap, 0, Block);
    assert_int_equal(HostHeap.Told.Operation, HEAP_EVENT_FREE);
    HostHeapTracing = 0;
    assert_int_equal(RtlAllocateHeap(Heap, 0, (SIZE_T)-1) == NULL, 1);
    assert_int_equal(RtlAllocateHeap(Heap, 0, (SIZE_T)-8) == NULL, 1);
    Delete(Heap);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestEdge),        cmocka_unit_test(TestChurn),
        cmocka_unit_test(TestFixed),       cmocka_unit_test(TestNoMemory),
        cmocka_unit_test(TestAttacks),     cmocka_unit_test(TestOneReport),
        cmocka_unit_test(TestDamagedList), cmocka_unit_test(TestTail),
        cmocka_unit_test(TestWalk),        cmocka_unit_test(TestUserValues),
        cmocka_unit_test(TestLists),       cmocka_unit_test(TestZeroAndEvents),
        cmocka_unit_test(TestNoRoom)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
