/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_debug.c - gflags' ust and hpa on the host: records, stacks, page heap, around. */
#include "heap_os.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"

static HEAP *New(ULONG GlobalFlag, ULONG Flags)
{
    HostCatchProbes();
    HostHeap.Failures = 0;
    HostHeap.Expected = false;
    HostHeap.CommitsLeft = -1;
    RtlpHeapPeb()->NtGlobalFlag = GlobalFlag;
    HEAP *Heap = RtlCreateHeap(Flags | HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    assert_non_null(Heap);
    RtlpHeapPeb()->NtGlobalFlag = 0;
    return Heap;
}

static void *Called(void *Caller)
{
    HostHeap.Caller = Caller;
    return Caller;
}

static void TestStacks(void **State)
{
    (void)State;
    HEAP *Heap = New(FLG_USER_STACK_TRACE_DB, 0);
    PVOID const *Frames;
    Called((void *)0x1111);
    char *Block = RtlAllocateHeap(Heap, 0, 100);
    char *Other = RtlAllocateHeap(Heap, 0, 100);
    HEAP_RECORD *Record = RtlpRecordOf(Block);
    assert_true(Record && Record->Busy && Record->Size == 100 && Record->Heap == Heap);
    assert_int_equal(RtlpStackOf(Record->Allocated, &Frames), 1);
    assert_ptr_equal(Frames[0], (void *)0x1111);
    assert_int_equal(RtlpRecordOf(Other)->Allocated, Record->Allocated); /* kept once */
    assert_ptr_equal(RtlpRecordAround(Block + 60), Record);
    Called((void *)0x2222);
    Block = RtlReAllocateHeap(Heap, 0, Block, 5000);
    assert_int_equal(RtlpRecordOf(Block)->Size, 5000);
    Called((void *)0x3333);
    RtlFreeHeap(Heap, 0, Block);
    Record = RtlpRecordOf(Block);
    assert_false(Record->Busy);
    assert_int_equal(RtlpStackOf(Record->Allocated, &Frames), 1);
    assert_ptr_equal(Frames[0], (void *)0x2222);
    assert_int_equal(RtlpStackOf(Record->Freed, &Frames), 1);
    assert_ptr_equal(Frames[0], (void *)0x3333);
    HostHeap.Expected = true;
    assert_false(RtlFreeHeap(Heap, 0, Block));
    assert_int_equal(HostHeap.LastFailure, heap_failure_block_not_busy);
    assert_int_equal(RtlpStackOf(0, &Frames), 0);
    assert_null(Heap->FrontEndHeap);
    for (unsigned i = 0; i < 3000; i++) { /* the table and the database grow */
        Called((void *)(0x10000 + (ULONG_PTR)i));
        Block = RtlAllocateHeap(Heap, 0, 16);
        assert_int_equal(RtlpStackOf(RtlpRecordOf(Block)->Allocated, &Frames), 1);
        assert_ptr_equal(Frames[0], HostHeap.Caller);
    }
    assert_ptr_equal(RtlpRecordOf(Other)->Block, Other);
    assert_null(RtlDestroyHeap(Heap));
    assert_false(RtlpRecordOf(Other)->Busy);
}

static void TestPages(void **State)
{
    (void)State;
    static const SIZE_T Sizes[] = {0, 1, 7, 8, 100, 4064, 4096, 4097, 100000, 600000};
    HEAP *Heap = New(FLG_HEAP_PAGE_ALLOCS | FLG_HEAP_ENABLE_TAIL_CHECK, 0);
    HEAP_FAILURE_TYPE What;
    assert_false(Heap->Flags & HEAP_TAIL_CHECKING_ENABLED);
    for (unsigned i = 0; i < sizeof(Sizes) / sizeof(*Sizes); i++) {
        SIZE_T Size = Sizes[i];
        char *Block = RtlAllocateHeap(Heap, 0, Size);
        SIZE_T Room = ALIGN_UP(Size ? Size : 1, GRANULE);
        assert_int_equal((ULONG_PTR)(Block + Room) % PAGE_SIZE, 0);
        assert_int_equal(RtlSizeHeap(Heap, 0, Block), Size);
        assert_false(RtlpIsReadable((HEAP_ENTRY *)(Block + Room)));
        for (SIZE_T j = 0; j < Size; j++)
            assert_int_equal((UCHAR)Block[j], 0xC0);
        memset(Block, 1, Size);
        assert_true(RtlValidateHeap(Heap, 0, Block) && RtlValidateHeap(Heap, 0, NULL));
        assert_ptr_equal(RtlReAllocateHeap(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Block, Size),
                         Block);
        assert_null(RtlReAllocateHeap(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Block, Size + 1));
        char *Moved = RtlReAllocateHeap(Heap, HEAP_ZERO_MEMORY, Block, Size + 20);
        assert_ptr_not_equal(Moved, Block);
        assert_false(RtlpIsReadable((HEAP_ENTRY *)((ULONG_PTR)Block & ~(ULONG_PTR)15)));
        assert_int_equal(Moved[Size + 19], 0);
        assert_true(!Size || Moved[Size - 1] == 1);
        assert_true(RtlFreeHeap(Heap, 0, Moved));
    }
    char *Block = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, 13);
    HostHeap.Expected = true;
    Block[13] = 0; /* after the block, on its page */
    assert_ptr_equal(RtlpCheckPages(Heap, &What), Block);
    assert_int_equal(What, heap_failure_buffer_overrun);
    assert_false(RtlValidateHeap(Heap, 0, NULL));
    assert_false(RtlFreeHeap(Heap, 0, Block));
    assert_int_equal(HostHeap.LastFailure, heap_failure_buffer_overrun);
    Block[13] = (char)0xD0;
    char Kept = Block[-8]; /* the end stamp */
    Block[-8] = 0;
    assert_false(RtlFreeHeap(Heap, 0, Block));
    assert_int_equal(HostHeap.LastFailure, heap_failure_buffer_underrun);
    Block[-8] = Kept;
    assert_true(RtlFreeHeap(Heap, 0, Block));
    assert_false(RtlpFreeHeap(Heap, 0, Block)); /* its header cannot be read */
    assert_int_equal(HostHeap.LastFailure, heap_failure_block_not_busy);
    HEAP *Second = New(FLG_HEAP_PAGE_ALLOCS, HEAP_CREATE_ALIGN_16);
    HostHeap.Expected = true;
    Block = RtlAllocateHeap(Second, 0, 40);
    assert_false(RtlFreeHeap(Heap, 0, Block));
    assert_int_equal(HostHeap.LastFailure, heap_failure_cross_heap_operation);
    RTL_HEAP_WALK_ENTRY Walk = {0};
    unsigned Seen = 0;
    while (RtlWalkHeap(Second, &Walk) == STATUS_SUCCESS)
        Seen += Walk.DataAddress == Block && Walk.DataSize == 40 &&
                Walk.Flags == RTL_HEAP_BUSY;
    assert_int_equal(Seen, 1);
    HostHeap.CommitsLeft = 0;
    assert_null(RtlAllocateHeap(Second, 0, 40));
    HostHeap.CommitsLeft = -1;
    RtlDestroyHeap(Second);
    assert_false(RtlpRecordOf(Block)->Busy);
    RtlDestroyHeap(Heap);
}

static void TestReuse(void **State) /* addresses come back, late */
{
    (void)State;
    HEAP *Heap = New(FLG_HEAP_PAGE_ALLOCS, 0);
    char *First = RtlAllocateHeap(Heap, 0, 1 << 20);
    RtlFreeHeap(Heap, 0, First);
    bool Again = false;
    for (unsigned i = 0; i < 600 && !Again; i++) {
        char *Block = RtlAllocateHeap(Heap, 0, 1 << 20);
        assert_non_null(Block);
        Again = Block == First;
        RtlFreeHeap(Heap, 0, Block);
    }
    assert_true(Again);
    RtlDestroyHeap(Heap);
}

static void TestAround(void **State)
{
    (void)State;
    HEAP *Heap = New(0, 0);
    HEAP_NEIGHBOUR Inside, Before;
    char *First = RtlAllocateHeap(Heap, 0, 1000);
    char *Second = RtlAllocateHeap(Heap, 0, 1000);
    RtlpFindAround(Heap, Second + 100, &Inside, &Before);
    assert_ptr_equal(Inside.Data, Second);
    assert_int_equal(Inside.Bytes, 1000);
    assert_true(Inside.Busy && Before.Busy);
    assert_ptr_equal(Before.Data, First);
    memset(First + 1000, 0x41, GRANULE + sizeof(HEAP_ENTRY));
    RtlpFindAround(Heap, Second, &Inside, &Before);
    assert_null(Inside.Data);
    assert_ptr_equal(Before.Data, First);
    char *Block = NULL, *Last = NULL;
    for (unsigned i = 0; i < 40; i++) {
        Last = Block;
        Block = RtlAllocateHeap(Heap, 0, 56);
    }
    RtlpFindAround(Heap, Block, &Inside, &Before);
    assert_ptr_equal(Inside.Data, Block);
    assert_ptr_equal(Before.Data, Last);
    RtlpFindAround(Heap, &Heap, &Inside, &Before);
    assert_null(Inside.Data);
    HostHeap.Expected = true;
    RtlDestroyHeap(Heap);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestStacks), cmocka_unit_test(TestPages),
        cmocka_unit_test(TestReuse), cmocka_unit_test(TestAround)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
