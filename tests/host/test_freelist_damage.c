/* sources: ntdll/heap/core/freelist.c ntdll/heap/core/encode.c */
/* sources: ntdll/heap/gflags/freefill.c tests/host/heap_os.c */
/* cflags: -fno-strict-aliasing */
/* test_freelist_damage - the contract of the heap's free list (ntdll/heap/core/freelist.h): F7.
 *
 * Programs write over free entries: their two words, or their headers.
 */
#include "freelist.h"

#define SIZES 24 /* 12 of them free */
static const ULONG Damaged[SIZES] = {3, 20, 3, 20,  3, 40, 3, 7, 3, 900,  3, 20,
                                     3, 40, 3, 200, 3, 20, 3, 5, 3, 5000, 3, 60};
static ULONG_PTR Decoy[64]; /* what forged links lead to */
static char Kept[7000 * 16];

static void BeginDamage(void)
{
    memset(&Heap, 0, sizeof Heap);
    HostHeap.Expected = false;
    Begin(0, 7000);
    Tile(Damaged, SIZES);
    for (ULONG Where = 0, i = 0; i < SIZES; Where += Damaged[i++])
        if (i % 2)
            MakeFree(At(Where));
    Check();
    for (unsigned i = 0; i < 64; i++)
        Decoy[i] = (ULONG_PTR)&Decoy[i ^ 8];
    HostHeap.Expected = true;
    HostHeap.Failures = 0;
}

/* Writes over the two words of Entry; false: they held that before. */
static bool Forge(HEAP_ENTRY *Entry, unsigned Way)
{
    LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList, Old = *Link;
    static const ULONG_PTR Words[] = {0, ~(ULONG_PTR)0,
                                      0x4141414141414141u & ~(ULONG_PTR)15};
    if (Way < 3)
        Link->Flink = Link->Blink = (LIST_ENTRY *)Words[Way];
    else if (Way == 3)
        *Link = (LIST_ENTRY){Link->Blink, Link->Flink};
    else if (Way == 4)
        Link->Flink = (LIST_ENTRY *)&Decoy[16];
    else if (Way == 5)
        Link->Blink = (LIST_ENTRY *)&Decoy[16];
    else
        Link->Flink = Link->Blink = (LIST_ENTRY *)&Decoy[16];
    return memcmp(&Old, Link, sizeof Old) != 0;
}
#define WAYS 7

static SIZE_T DamagedBytes(void)
{
    SIZE_T Units = 4;
    for (unsigned i = 0; i < SIZES; i++)
        Units += Damaged[i];
    return Units << GRANULE_SHIFT;
}

/* Takes Entry out; one that cannot be is reported and nothing changed. */
static void TryRemove(HEAP_ENTRY *Entry)
{
    SIZE_T Failures = HostHeap.Failures, Free = Heap.TotalFreeSize;
    memcpy(Kept, Memory, DamagedBytes());
    if (RtlpRemoveFree(&Heap, Entry, SizeOf(Entry)))
        return;
    assert_true(HostHeap.Failures > Failures);
    assert_int_equal(Heap.TotalFreeSize, Free);
    assert_memory_equal(Kept, Memory, DamagedBytes());
}

static void DecoyIsWhole(void)
{
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(Decoy[i], (ULONG_PTR)&Decoy[i ^ 8]);
}

/* The links of one entry are written over: the check sees it and says nothing; taking
 * all of them out reports it. */
static void TestOneDamaged(void **State)
{
    (void)State;
    for (unsigned Which = 1; Which < SIZES; Which += 2)
        for (unsigned Way = 0; Way < WAYS; Way++) {
            BeginDamage();
            ULONG Where = 0;
            PVOID Place;
            for (unsigned i = 0; i < Which; i++)
                Where += Damaged[i];
            SIZE_T Units = Heap.TotalFreeSize;
            if (Forge(At(Where), Way)) {
                assert_int_not_equal(RtlpCheckFreeIndex(&Heap, SIZES / 2, Units, &Place),
                                     0);
                assert_int_equal(HostHeap.Failures, 0);
                ULONG From = 0;
                for (unsigned i = 0; i < SIZES; From += Damaged[i++])
                    if (i % 2)
                        TryRemove(At(From));
                assert_true(HostHeap.Failures > 0);
                DecoyIsWhole();
            }
            free(Memory);
        }
}

/* One call on the free entry at Where, after a busy one of 3 granules.  What fails is reported,
 * and TotalFreeSize is as it was. */
static void Use(ULONG Where, ULONG Size, unsigned Call)
{
    SIZE_T Total = 3, Free = Heap.TotalFreeSize;
    ULONG Off = Call == 1 ? 2 : Size - 2;
    bool Done = true;
    if (Call == 0) {
        HEAP_ENTRY *First = RtlpJoinFree(&Heap, At(Where - 3), &Total);
        assert_true(First <= At(Where - 3) && Total >= 3);
        Free -= Total - 3;
    } else if (Call < 3 && Size > 4) {
        Done = RtlpCutFree(&Heap, At(Where), Size, Off, Off);
        Free -= Done ? Off : 0;
    } else if (Size < 500) {
        MakeBusy(At(Place - 500), 500 - Size); /* of a size that is there */
        MakeBusy(At(Place - Size), Size);
        RtlpFormFree(&Heap, At(Place - Size), Size);
        Done = Heap.TotalFreeSize != Free;
        Free += Done ? Size : 0;
    }
    assert_int_equal(Heap.TotalFreeSize, Free);
    assert_true(Done || HostHeap.Failures > 0);
}

/* All of them are: nothing is written where the links lead, whatever is called, and what a search
 * returns can be read. */
static void TestAllDamaged(void **State)
{
    (void)State;
    for (unsigned Way = 0; Way < WAYS; Way++)
        for (unsigned Call = 0; Call < SIZES / 2 * 4; Call++) {
            ULONG Where = 0, Used = 0, Size = Damaged[Call / 4 * 2 + 1];
            BeginDamage();
            for (unsigned i = 0; i < SIZES; Where += Damaged[i++])
                if (i % 2) {
                    Forge(At(Where), Way);
                    Used = i / 2 == Call / 4 ? Where : Used;
                }
            Use(Used, Size, Call % 4);
            HEAP_ENTRY *Found = RtlpFindFree(&Heap, 2 + Below(300), Call & 1);
            assert_true(!Found || RtlpIsReadable(Found));
            for (HEAP_ENTRY *Next = NULL; (Next = RtlpNextFree(&Heap, Next)) != NULL;)
                assert_true(RtlpIsReadable(Next));
            for (unsigned i = Where = 0; i < SIZES; Where += Damaged[i++])
                if (i % 2)
                    TryRemove(At(Where));
            assert_true(HostHeap.Failures > 0);
            DecoyIsWhole();
            free(Memory);
        }
}

/* A neighbour whose header or links are damaged is reported and stays; it may hide the other. */
static void TestDamagedNeighbour(void **State)
{
    (void)State;
    for (unsigned Links = 0; Links < 2; Links++) {
        BeginDamage();
        SIZE_T Units = 3;
        if (Links)
            Forge(At(26), 0); /* the 20 after the busy 3 at 23 */
        else
            At(26)->Code1 ^= 0x40; /* the size, not the checksum */
        HEAP_ENTRY *First = RtlpJoinFree(&Heap, At(23), &Units);
        assert_true(Units == (First == At(3) ? 23 : 3));
        assert_true(HostHeap.Failures > 0);
        free(Memory);
    }
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestOneDamaged),
        cmocka_unit_test(TestAllDamaged),
        cmocka_unit_test(TestDamagedNeighbour),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
