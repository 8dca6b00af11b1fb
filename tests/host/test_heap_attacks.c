/* sources: HEAP */
/* cflags: -fno-strict-aliasing */
/* test_heap_attacks.c - what is freed or written wrongly, at every distance and every offset.
 *
 * test_heap.c has one of each kind; here each is tried in every way it has: a double free with
 * any number of others between, each pointer inside a block, each link of a free block that can
 * be made to look right.
 */
#include "heap_os.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"

static HEAP *New(ULONG Flags)
{
    HostCatchProbes();
    HostHeap.Expected = true;
    HostHeap.Failures = 0;
    HEAP *Heap = RtlCreateHeap(HEAP_GROWABLE | Flags, NULL, 0, 0, NULL, NULL);
    assert_non_null(Heap);
    return Heap;
}

/* Block is freed once more than it may: refused and reported, and nothing of it happens. */
static void Refused(HEAP *Heap, void *Block)
{
    SIZE_T Before = HostHeap.Failures, Free = Heap->TotalFreeSize;
    assert_false(RtlFreeHeap(Heap, 0, Block));
    assert_int_equal(HostHeap.Failures, Before + 1);
    assert_int_equal(Heap->TotalFreeSize, Free);
}

/* Freed, then k others freed, then freed again: k from 0 to 10^5. */
static void TestDoubleFree(void **State)
{
    (void)State;
    static const unsigned Distances[] = {0, 1, 2, 3, 10, 100, 1000, 10000, 100000};
    static const SIZE_T Sizes[] = {0, 24, 100, 1000, 3000};
    static void *Blocks[100001];
    for (unsigned s = 0; s < sizeof(Sizes) / sizeof(*Sizes); s++)
        for (unsigned d = 0; d < sizeof(Distances) / sizeof(*Distances); d++)
            for (ULONG Flags = 0; Flags <= HEAP_NO_SERIALIZE; Flags++) {
                unsigned Many = Distances[d] + 1;
                if (Many * Sizes[s] > 20000000)
                    continue;
                HEAP *Heap = New(Flags);
                for (unsigned i = 0; i < Many; i++)
                    Blocks[i] = RtlAllocateHeap(Heap, 0, Sizes[s]);
                for (unsigned i = 0; i < Many; i++)
                    assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
                assert_int_equal(HostHeap.Failures, 0);
                Refused(Heap, Blocks[0]);
                Refused(Heap, Blocks[Many / 2]);
                Refused(Heap, Blocks[Many - 1]);
                assert_true(RtlValidateHeap(Heap, 0, NULL));
                RtlDestroyHeap(Heap);
            }
}

/* A large block is gone with its pages; its second free is refused, whatever is large. */
static void TestDoubleFreeLarge(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    void *Blocks[8];
    for (unsigned i = 0; i < 8; i++)
        Blocks[i] = RtlAllocateHeap(Heap, 0, 1500000);
    for (unsigned i = 0; i < 8; i++) {
        assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
        for (unsigned j = 0; j <= i; j++)
            Refused(Heap, Blocks[j]);
    }
    assert_true(RtlValidateHeap(Heap, 0, NULL));
    RtlDestroyHeap(Heap);
}

/* The header of one large block, read and laid over another's of the same pages. */
static void TestReplay(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    char *A = RtlAllocateHeap(Heap, 0, 1500000), *B = RtlAllocateHeap(Heap, 0, 1500100);
    HEAP_ENTRY Kept = ((HEAP_ENTRY *)A)[-1];
    ((HEAP_ENTRY *)A)[-1] = ((HEAP_ENTRY *)B)[-1];
    assert_int_equal(RtlSizeHeap(Heap, 0, A), (SIZE_T)-1);
    Refused(Heap, A);
    ((HEAP_ENTRY *)A)[-1] = Kept;
    assert_true(RtlFreeHeap(Heap, 0, A));
    RtlDestroyHeap(Heap);
}

/* Each pointer into a block, whatever the block holds: zeroes, ones, its own header again and
 * again, pointers into it. */
static void TestInside(void **State)
{
    (void)State;
    static const SIZE_T Sizes[] = {64, 1000, 5000, 1200000};
    for (unsigned s = 0; s < 4; s++)
        for (unsigned Fill = 0; Fill < 6; Fill++)
            for (ULONG Front = 0; Front < 2; Front++) {
                HEAP *Heap = New(Front ? 0 : HEAP_NO_SERIALIZE);
                char *Block = NULL;
                for (unsigned i = 0; i < 40; i++)
                    Block = RtlAllocateHeap(Heap, 0, Sizes[s]);
                SIZE_T Step = Sizes[s] > 100000 ? 4096 : 8;
                for (SIZE_T b = 0; b + sizeof(HEAP_ENTRY) <= Sizes[s];
                     b += sizeof(HEAP_ENTRY)) {
                    memset(Block + b,
                           Fill == 1   ? 0xFF
                           : Fill == 2 ? 0x80
                                       : 0,
                           sizeof(HEAP_ENTRY));
                    if (Fill == 3)
                        memcpy(Block + b, (HEAP_ENTRY *)Block - 1, sizeof(HEAP_ENTRY));
                    if (Fill == 4)
                        memcpy(Block + b, &Block, sizeof(Block));
                    if (Fill == 5)
                        memset(Block + b, (int)(b * 37 % 251), sizeof(HEAP_ENTRY));
                }
                for (SIZE_T At = Step; At <= Sizes[s]; At += Step)
                    Refused(Heap, Block + At);
                for (SIZE_T At = 1; At < 24; At++)
                    Refused(Heap, Block + At);
                assert_true(RtlFreeHeap(Heap, 0, Block));
                assert_true(RtlValidateHeap(Heap, 0, NULL));
                RtlDestroyHeap(Heap);
            }
}

/* The links of a free block are made to lead, soundly linked, to a block in use: its content
 * is the attacker's, so both ends can be made to agree.  It must not be handed out again. */
static void TestLinksToLive(void **State)
{
    (void)State;
    for (unsigned Way = 0; Way < 2; Way++) {
        HEAP *Heap = New(HEAP_NO_SERIALIZE);
        void *Keep[4];
        char *Live = RtlAllocateHeap(Heap, 0, 200), *A;
        Keep[0] = RtlAllocateHeap(Heap, 0, 16);
        A = RtlAllocateHeap(Heap, 0, 200);
        Keep[1] = RtlAllocateHeap(Heap, 0, 16);
        memset(Live, 0x5A, 200);
        assert_true(RtlFreeHeap(Heap, 0, A));
        LIST_ENTRY *Freed = (LIST_ENTRY *)A, *Fake = (LIST_ENTRY *)Live;
        LIST_ENTRY *Next = Freed->Flink;
        Fake->Blink = Freed; /* A <-> Live <-> what came after A */
        Fake->Flink = Next;
        Freed->Flink = Fake;
        if (Way)
            Next->Blink = Fake;
        for (unsigned i = 0; i < 4; i++) {
            char *Block = RtlAllocateHeap(Heap, 0, 200);
            assert_ptr_not_equal(Block, Live);
            assert_true(!Block || Block + 200 <= Live || Live + 200 <= Block);
        }
        assert_true(HostHeap.Failures > 0);
        (void)Keep;
        RtlDestroyHeap(Heap);
    }
}

/* Two free blocks' links exchanged, one's copied to the other, turned round: reported before
 * anything is written by them. */
static void TestLinksExchanged(void **State)
{
    (void)State;
    for (unsigned Way = 0; Way < 4; Way++) {
        HEAP *Heap = New(HEAP_NO_SERIALIZE);
        char *Blocks[9];
        for (unsigned i = 0; i < 9; i++)
            Blocks[i] = RtlAllocateHeap(Heap, 0, 200);
        for (unsigned i = 1; i < 8; i += 2)
            assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
        LIST_ENTRY *A = (LIST_ENTRY *)Blocks[3], *B = (LIST_ENTRY *)Blocks[5], Kept = *A;
        switch (Way) {
        case 0:
            *A = *B, *B = Kept;
            break;
        case 1:
            *A = *B;
            break;
        case 2:
            *A = (LIST_ENTRY){Kept.Blink, Kept.Flink};
            break;
        case 3:
            A->Flink = A->Blink = A;
            break;
        }
        assert_false(RtlValidateHeap(Heap, 0, NULL));
        for (unsigned i = 0; i < 8; i++)
            for (unsigned j = 0; j < 9; j += 2)
                assert_ptr_not_equal(RtlAllocateHeap(Heap, 0, 200), Blocks[j]);
        for (unsigned i = 0; i < 9; i += 2)
            RtlFreeHeap(Heap, 0, Blocks[i]);
        assert_true(HostHeap.Failures > 0);
        RtlDestroyHeap(Heap);
    }
}

/* A write into freed front-end blocks finds nothing of the heap's; in Windows 7's shape it finds
 * the way to the next free block, which is then named and not followed. */
static void TestFrontEndFreed(void **State)
{
    (void)State;
    HEAP *Heap = New(0);
    char *Blocks[500];
    for (unsigned i = 0; i < 500; i++)
        Blocks[i] = RtlAllocateHeap(Heap, 0, 48);
    for (unsigned i = 20; i < 500; i++)
        assert_true(RtlFreeHeap(Heap, 0, Blocks[i]));
    for (unsigned i = 20; i < 450; i++)
        memset(Blocks[i], 0x41, 48);
#ifdef FRONT_INSIDE
    HostHeap.Expected = true;
    assert_false(RtlValidateHeap(Heap, 0, NULL));
    for (unsigned i = 20; i < 500; i++)
        assert_non_null(RtlAllocateHeap(Heap, 0, 48));
    assert_int_equal(HostHeap.LastFailure, heap_failure_freelists_corruption);
    assert_string_equal(HostHeap.LastCall, "RtlpLowFragHeapAllocFromContext");
    RtlDestroyHeap(Heap);
    return;
#endif
    assert_true(RtlValidateHeap(Heap, 0, NULL));
    for (unsigned i = 20; i < 500; i++)
        assert_non_null(RtlAllocateHeap(Heap, 0, 48));
    assert_true(RtlValidateHeap(Heap, 0, NULL));
    assert_int_equal(HostHeap.Failures, 0);
    RtlDestroyHeap(Heap);
}

/* A forged header, checksum and all, by whoever does not know the key: of all that can be
 * written none passes for a block (of 2^24 there may be one). */
static void TestForgedHeader(void **State)
{
    (void)State;
    HEAP *Heap = New(HEAP_NO_SERIALIZE);
    char *Block = RtlAllocateHeap(Heap, 0, 1000), *Behind = RtlAllocateHeap(Heap, 0, 100);
    ULONG Kept = ((HEAP_ENTRY *)Block - 1)->Code1, Passed = 0;
    for (ULONG i = 1; i <= 1000000; i++) {
        ((HEAP_ENTRY *)Block - 1)->Code1 = Kept ^ i * 2654435761u;
        Passed += RtlValidateHeap(Heap, 0, Block) || RtlValidateHeap(Heap, 0, Behind + 8);
    }
    assert_in_range(Passed, 0, 1);
    ((HEAP_ENTRY *)Block - 1)->Code1 = Kept;
    assert_true(RtlFreeHeap(Heap, 0, Block));
    RtlDestroyHeap(Heap);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestDoubleFree),    cmocka_unit_test(TestDoubleFreeLarge),
        cmocka_unit_test(TestReplay),        cmocka_unit_test(TestInside),
        cmocka_unit_test(TestLinksToLive),   cmocka_unit_test(TestLinksExchanged),
        cmocka_unit_test(TestFrontEndFreed), cmocka_unit_test(TestForgedHeader)};
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
