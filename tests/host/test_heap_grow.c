/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_grow.c - the back end in place: blocks that grow (realloc.c), which free entries stay
 * committed for the next block of their size (free.c), and when these are given back. */
#include "heap_os.h"
#include "ntdll/heap/core/freelist.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "heap_new.h"

#define STEPS 4096
#define STEP  16

static void Fill(char *Block, SIZE_T From, SIZE_T To)
{
    for (SIZE_T i = From; i < To; i++)
        Block[i] = (char)(i * 7);
}

static void IsFilled(const char *Block, SIZE_T Size)
{
    for (SIZE_T i = 0; i < Size; i++)
        if (Block[i] != (char)(i * 7))
            fail_msg("byte %zu of %zu", (size_t)i, (size_t)Size);
}

/* A block grows by Step bytes up to 64 KiB; result: how often it moved. */
static unsigned Grow(HEAP *Heap, SIZE_T Step)
{
    unsigned Moves = 0;
    char *Block = RtlAllocateHeap(Heap, 0, Step);
    Fill(Block, 0, Step);
    for (SIZE_T Size = 2 * Step; Size <= STEPS * STEP; Size += Step) {
        char *Grown = RtlReAllocateHeap(Heap, 0, Block, Size);
        assert_non_null(Grown);
        Moves += Grown != Block;
        Block = Grown;
        Fill(Block, Size - Step, Size);
        assert_int_equal(RtlSizeHeap(Heap, 0, Block), Size);
        if (Size % 1024 == 0)
            assert_true(RtlpCheckHeap(Heap, false));
    }
    IsFilled(Block, STEPS * STEP / Step * Step);
    assert_true(RtlFreeHeap(Heap, 0, Block));
    return Moves;
}

/* The last block of a run never moves: more is committed after it. */
static void TestGrowsAtEnd(void **State)
{
    (void)State;
    static const ULONG Flags[] = {
        HEAP_GROWABLE, HEAP_GROWABLE | HEAP_CREATE_ALIGN_16,
        HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 0};
    for (unsigned i = 0; i < sizeof Flags / sizeof *Flags; i++)
        for (SIZE_T Step = 3; Step < 40; Step += 12) {
            HEAP *Heap = NewWith(Flags[i]);
            assert_int_equal(Grow(Heap, Step), 0);
            Delete(Heap);
        }
}

/* Where nothing is joined it moves, and no more is committed than blocks need. */
static void TestNothingJoined(void **State)
{
    (void)State;
    HEAP *Heap = New(HEAP_GROWABLE | HEAP_DISABLE_COALESCE_ON_FREE);
    assert_true(Grow(Heap, 64) < STEPS);
    assert_true(Heap->Counters.TotalMemoryCommitted < 100u * STEPS * STEP);
    Delete(Heap);
}

/* Between two blocks there is no room to grow; nor where the system refuses. */
static void TestRefused(void **State)
{
    (void)State;
    HEAP *Heap = New(HEAP_GROWABLE);
    char *First = RtlAllocateHeap(Heap, 0, 1000), *Last = RtlAllocateHeap(Heap, 0, 1000);
    Fill(First, 0, 1000);
    Fill(Last, 0, 1000);
    assert_null(RtlReAllocateHeap(Heap, HEAP_REALLOC_IN_PLACE_ONLY, First, 1100));
    HostHeap.CommitsLeft = 0;
    assert_null(RtlReAllocateHeap(Heap, 0, Last, 50000));
    assert_true(RtlpCheckHeap(Heap, false));
    HostHeap.CommitsLeft = -1;
    assert_ptr_equal(RtlReAllocateHeap(Heap, HEAP_REALLOC_IN_PLACE_ONLY, Last, 50000),
                     Last);
    IsFilled(First, 1000);
    IsFilled(Last, 1000);
    Delete(Heap);
}

/* No block is larger than the largest size, not even by the one granule that would be left over:
 * its size, in the next header, would be taken for the tag of an uncommitted range. */
static void TestLargest(void **State)
{
    (void)State;
    enum { MOST = HEAP_MAXIMUM_BLOCK_SIZE, SMALL = 126, KEPT = MOST + 1 - SMALL };
    HEAP *Heap = New(HEAP_GROWABLE);
    assert_null(RtlDestroyHeap(Heap));
    Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 1 << 21, 0, NULL, NULL);
    char *First = RtlAllocateHeap(Heap, 0, KEPT * GRANULE - sizeof(HEAP_ENTRY));
    char *Next = RtlAllocateHeap(Heap, 0, SMALL * GRANULE - sizeof(HEAP_ENTRY));
    char *Last = RtlAllocateHeap(Heap, 0, 2000);
    assert_ptr_equal(Next, First + KEPT * GRANULE);
    assert_ptr_equal(Last, Next + SMALL * GRANULE);
    RtlFreeHeap(Heap, 0, Next);
    for (ULONG Flags = 0; Flags <= HEAP_ZERO_MEMORY; Flags += HEAP_ZERO_MEMORY)
        assert_null(RtlReAllocateHeap(Heap, Flags | HEAP_REALLOC_IN_PLACE_ONLY, First,
                                      MOST * GRANULE - sizeof(HEAP_ENTRY)));
    assert_ptr_equal(
        RtlReAllocateHeap(Heap, 0, First, (MOST - 1) * GRANULE - sizeof(HEAP_ENTRY)),
        First);
    assert_true(RtlFreeHeap(Heap, 0, Last));
    assert_true(RtlFreeHeap(Heap, 0, First));
    Delete(Heap);
}

/* What an overrun left after a block stops the block from growing. */
static void TestDamaged(void **State)
{
    (void)State;
    for (unsigned At = 13; At < 20; At++) {
        HEAP *Heap = New(HEAP_GROWABLE);
        char *Block = RtlAllocateHeap(Heap, 0, 13);
        const char Was = Block[At];
        Block[At] ^= 0x55;
        HostHeap.Expected = true;
        HostHeap.Failures = 0;
        RtlReAllocateHeap(Heap, 0, Block, 200);
        assert_true(HostHeap.Failures > 0);
        Block[At] = Was;
        HostHeap.Expected = false;
        RtlDestroyHeap(Heap);
    }
}

/* Blocks of like size that come and go commit next to nothing; all sizes that were freed keep less
 * than sixteen times the threshold. */
static void TestSpareStays(void **State)
{
    (void)State;
    enum { COUNT = 100 };
    HEAP *Heap = New(HEAP_GROWABLE);
    void *Blocks[COUNT], *Between[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        Blocks[i] = RtlAllocateHeap(Heap, 0, 17000 + 40 * i);
        Between[i] = RtlAllocateHeap(Heap, 0, 100 + 8 * i);
    }
    for (unsigned i = 0; i < 10; i++)
        RtlFreeHeap(Heap, 0, Blocks[i]);
    const ULONG Before = Heap->Counters.CommittOps;
    for (unsigned i = 10; i < COUNT - 1; i++) {
        RtlFreeHeap(Heap, 0, Blocks[i]);
        Blocks[i] = RtlAllocateHeap(Heap, 0, 16900);
    }
    assert_true(Heap->Counters.CommittOps - Before < 10);
    for (unsigned i = 10; i < COUNT; i++)
        RtlFreeHeap(Heap, 0, Blocks[i]);
    assert_true(Heap->TotalFreeSize << GRANULE_SHIFT <
                16 * Heap->DeCommitTotalFreeThreshold << GRANULE_SHIFT);
    assert_true(RtlpCheckHeap(Heap, false));
    for (unsigned i = 0; i < COUNT; i++)
        RtlFreeHeap(Heap, 0, Between[i]);
    Delete(Heap);
}

enum { HOLES = 60 };
static void *Kept[HOLES], *Walls[HOLES];

/* A heap with free entries of 10 to 25 KB between blocks: about 64 KiB of them are committed. */
static HEAP *WithHoles(ULONG Flags)
{
    HEAP *Heap = New(Flags);
    for (unsigned i = 0; i < HOLES; i++) {
        Kept[i] = RtlAllocateHeap(Heap, 0, 17000 + i * 128);
        Walls[i] = RtlAllocateHeap(Heap, 0, 17 + i);
    }
    for (unsigned i = 0; i < HOLES; i++)
        assert_true(RtlFreeHeap(Heap, 0, Kept[i]));
    return Heap;
}

/* The largest free entry, in bytes. */
static SIZE_T LargestFree(HEAP *Heap)
{
    SIZE_T Largest = 0;
    for (HEAP_ENTRY *Entry = NULL; (Entry = RtlpNextFree(Heap, Entry)) != NULL;) {
        SIZE_T Bytes = (SIZE_T)CODE_SIZE(RtlpDecode(Heap, Entry)) << GRANULE_SHIFT;
        Largest = Bytes > Largest ? Bytes : Largest;
    }
    return Largest;
}

/* HeapCompact leaves no whole page of a free entry committed; the heap serves on. */
static void TestCompact(void **State)
{
    (void)State;
    static const ULONG Flags[] = {0, HEAP_CREATE_ALIGN_16, HEAP_DISABLE_COALESCE_ON_FREE,
                                  HEAP_TAIL_CHECKING_ENABLED |
                                      HEAP_FREE_CHECKING_ENABLED};
    for (unsigned i = 0; i < sizeof Flags / sizeof *Flags; i++) {
        HEAP *Heap = WithHoles(Flags[i]);
        SIZE_T Before = Heap->Counters.TotalMemoryCommitted;
        assert_true(LargestFree(Heap) > 4 * PAGE_SIZE);
        HostHeap.RefuseDecommit = true;
        RtlCompactHeap(Heap, 0);
        assert_true(RtlpCheckHeap(Heap, false));
        assert_int_equal(Heap->Counters.TotalMemoryCommitted, Before);
        HostHeap.RefuseDecommit = false;
        SIZE_T Told = RtlCompactHeap(Heap, 0);
        assert_int_equal(Told + sizeof(HEAP_ENTRY), LargestFree(Heap));
        assert_true(Told < 2 * PAGE_SIZE);
        assert_true(Heap->Counters.TotalMemoryCommitted + 8 * PAGE_SIZE < Before);
        assert_true(RtlpCheckHeap(Heap, false));
        for (unsigned k = 0; k < HOLES; k++) {
            assert_non_null(Kept[k] = RtlAllocateHeap(Heap, 0, 17000 + k * 128));
            memset(Kept[k], (int)k, 17000 + k * 128);
            assert_true(RtlFreeHeap(Heap, 0, Walls[k]));
        }
        assert_true(RtlpCheckHeap(Heap, false));
        for (unsigned k = 0; k < HOLES; k++)
            assert_true(RtlFreeHeap(Heap, 0, Kept[k]));
        RtlCompactHeap(Heap, 0);
        Delete(Heap);
    }
}

/* A call that finds no memory gives these pages back, once for as long as nothing changes. */
static void TestScarce(void **State)
{
    (void)State;
    HEAP *Heap = WithHoles(0);
    SIZE_T Before = Heap->Counters.TotalMemoryCommitted;
    HostHeap.CommitsLeft = 0;
    assert_null(RtlAllocateHeap(Heap, 0, 300000));
    assert_true(Heap->Counters.TotalMemoryCommitted + 8 * PAGE_SIZE < Before);
    assert_true(RtlpCheckHeap(Heap, false));
    const ULONG Given = Heap->Counters.DeCommitOps;
    assert_null(RtlAllocateHeap(Heap, 0, 300000));
    assert_int_equal(Heap->Counters.DeCommitOps, Given);
    HostHeap.CommitsLeft = -1;
    assert_non_null(RtlAllocateHeap(Heap, 0, 300000));
    Delete(Heap);
}

/* Three blocks of Size bytes in Kept, each before a wall. */
static HEAP *WithThree(SIZE_T Size)
{
    HEAP *Heap = New(0);
    for (unsigned i = 0; i < 3; i++) {
        Kept[i] = RtlAllocateHeap(Heap, 0, Size);
        assert_non_null(RtlAllocateHeap(Heap, 0, 600));
    }
    return Heap;
}

/* A program frees what it can and tries again: that too is given back. */
static void TestFreeAndRetry(void **State)
{
    (void)State;
    HEAP *Heap = WithThree(19000);
    HostHeap.CommitsLeft = 0;
    assert_null(RtlAllocateHeap(Heap, 0, 300000));
    const SIZE_T Before = Heap->Counters.TotalMemoryCommitted;
    for (unsigned i = 0; i < 3; i++)
        assert_true(RtlFreeHeap(Heap, 0, Kept[i]));
    assert_int_equal(Heap->Counters.TotalMemoryCommitted, Before);
    assert_null(RtlAllocateHeap(Heap, 0, 300000));
    assert_true(Heap->Counters.TotalMemoryCommitted + 8 * PAGE_SIZE < Before);
    Delete(Heap);
}

/* Damage is not taken for "no memory", after which the call is tried once more: one report. */
static void TestOneReport(void **State)
{
    (void)State;
    for (unsigned Large = 0; Large < 2; Large++) {
        const SIZE_T Size = Large ? 4000000 : 9000;
        HEAP *Heap = WithThree(9000);
        void *Block = Large ? RtlAllocateHeap(Heap, 0, Size) : Kept[2];
        ULONG_PTR *Harm = Large ? (ULONG_PTR *)&Heap->VirtualAllocdBlocks.Blink
                                : (ULONG_PTR *)((HEAP_ENTRY *)Block - 1);
        for (unsigned i = 0; i < 3; i++)
            assert_true(RtlFreeHeap(Heap, 0, Kept[i]));
        const ULONG_PTR Was = *Harm;
        *Harm ^= 0x414140;
        HostHeap.Expected = true;
        assert_null(RtlAllocateHeap(Heap, 0, Size));
        assert_int_equal(HostHeap.Failures, 1);
        *Harm = Was;
        HostHeap.Expected = false;
        assert_true(!Large || RtlFreeHeap(Heap, 0, Block));
        Delete(Heap);
    }
}

/* HeapCompact reports what it goes no further than: a header, whether its checksum or only its
 * segment is wrong, and a segment. */
static void TestCompactDamaged(void **State)
{
    (void)State;
    for (unsigned Way = 0; Way < 3; Way++) {
        HEAP *Heap = WithThree(9000);
        HEAP_ENTRY *Entry = (HEAP_ENTRY *)Kept[0] - 1;
        UCHAR *Harm = Way == 0   ? &Entry->SegmentOffset
                      : Way == 1 ? (UCHAR *)&Entry->Code1
                                 : (UCHAR *)&Heap->Segments[0]->SegmentSignature;
        *Harm ^= 5;
        HostHeap.Expected = true;
        RtlCompactHeap(Heap, 0);
        assert_int_equal(HostHeap.Failures, 1);
        *Harm ^= 5;
        HostHeap.Expected = false;
        Delete(Heap);
    }
}

/* Whether segment Index has a block: a front end may keep one of its own (windows7's zones). */
static bool HoldsBlock(HEAP *Heap, ULONG Index)
{
    HEAP_ENTRY *Entry = Heap->Segments[Index]->FirstEntry;
    while (Entry) {
        ULONG Code = RtlpDecode(Heap, Entry);
        if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY)
            Entry = RtlpAfterRange(Heap, Entry);
        else if (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY)
            return true;
        else
            Entry = RtlpEntryAfter(Entry, CODE_SIZE(Code));
    }
    return false;
}

/* HeapCompact leaves no segment but the first where no block is, in whatever order they were freed,
 * and goes on after one that went. */
static void TestSegmentsGo(void **State)
{
    (void)State;
    enum { MOST = 1000 };
    static void *Blocks[MOST];
    static const struct {
        ULONG Flags, Count, Size;
    } Ways[] = {{0, 200, 60000}, {HEAP_CREATE_ALIGN_16, 200, 60000}, {0, MOST, 5000}};
    for (unsigned Way = 0; Way < 6; Way++) {
        const ULONG Count = Ways[Way / 2].Count;
        HEAP *Heap = New(Ways[Way / 2].Flags);
        for (ULONG i = 0; i < Count; i++)
            Blocks[i] = RtlAllocateHeap(Heap, 0, Ways[Way / 2].Size);
        for (ULONG i = 0; i < Count; i++)
            RtlFreeHeap(Heap, 0, Blocks[Way % 2 ? Count - 1 - i : i]);
        RtlCompactHeap(Heap, 0);
        for (ULONG i = 1; i < Heap->SegmentCount; i++)
            assert_true(!Heap->Segments[i] || HoldsBlock(Heap, i));
        Delete(Heap);
    }
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestGrowsAtEnd),     cmocka_unit_test(TestNothingJoined),
        cmocka_unit_test(TestRefused),        cmocka_unit_test(TestDamaged),
        cmocka_unit_test(TestSpareStays),     cmocka_unit_test(TestLargest),
        cmocka_unit_test(TestCompact),        cmocka_unit_test(TestScarce),
        cmocka_unit_test(TestFreeAndRetry),   cmocka_unit_test(TestOneReport),
        cmocka_unit_test(TestCompactDamaged), cmocka_unit_test(TestSegmentsGo),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
