/* sources: ntdll/heap/core/freelist.c ntdll/heap/core/encode.c */
/* sources: ntdll/heap/gflags/freefill.c tests/host/heap_os.c */
/* cflags: -fno-strict-aliasing */
/* test_freelist - the contract of the heap's free list (ntdll/heap/core/freelist.h): F1..F6, F8. */
#include "freelist.h"

/* The sum is one of all that it should be: F8 is looked at, too. */
static void TestSum(void **State)
{
    static const ULONG Sizes[] = {10, 20, 10, 20};
    PVOID Where;
    (void)State;
    Begin(0, ROOM);
    Tile(Sizes, 4);
    assert_int_equal(Check(), 0);
    MakeFree(At(10));
    MakeFree(At(40));
    assert_int_equal(Check(), 20);
    Heap.TotalFreeSize++;
    assert_int_equal(RtlpCheckFreeIndex(&Heap, 2, 40, &Where), 7);
    Heap.TotalFreeSize--;
    assert_true(RtlpRemoveFree(&Heap, At(10), 20));
    MakeBusy(At(10), 20);
    assert_int_equal(Check(), 20);
}

/* Form of more than one entry can be (F5). */
static void TestForm(void **State)
{
    static const ULONG Totals[] = {2,        MOST - 1,     MOST,         MOST + 1,
                                   MOST + 2, 2 * MOST - 1, 2 * MOST + 1, 3 * MOST + 2};
    (void)State;
    for (unsigned i = 0; i < sizeof Totals / sizeof *Totals; i++) {
        memset(&Heap, 0, sizeof Heap);
        Begin(0, ROOM);
        Tile(&(ULONG){5}, 1);
        RtlpSetPreviousSize(&Heap, At(5), 5);
        ULONG Where = 5 + Totals[i];
        while (Where < Place) {
            ULONG Units = Place - Where < MOST ? Place - Where : MOST - 2;
            MakeBusy(At(Where), Units);
            Where += Units;
        }
        memset(At(5) + 1, 0xEE,
               ((SIZE_T)Totals[i] << GRANULE_SHIFT) - sizeof(HEAP_ENTRY));
        RtlpSetCode(&Heap, At(5), 1, 0); /* F3: the size in it counts for nothing */
        At(5)->SegmentOffset = SEGMENT;
        RtlpFormFree(&Heap, At(5), Totals[i]);
        assert_int_equal(Heap.TotalFreeSize, Totals[i]);
        Check();
        free(Memory);
    }
}

/* Joins the busy entry at Granule; expects where it begins then, and how many. */
static void Join(SIZE_T Granule, SIZE_T First, SIZE_T Expected)
{
    SIZE_T Units = SizeOf(At(Granule)), Free = Heap.TotalFreeSize, Given = Units;
    assert_ptr_equal(RtlpJoinFree(&Heap, At(Granule), &Units), At(First));
    assert_int_equal(Units, Expected);
    assert_int_equal(Heap.TotalFreeSize, Free + Given - Expected); /* out of the index */
    RtlpFormFree(&Heap, At(First), Units);
    Check();
}

static void TestJoin(void **State)
{
    static const ULONG Sizes[] = {10, 20, 30, 20, 10,       MOST - 40, 40,
                                  9,  9,  41, 9,  MOST - 9, 40,        7};
    (void)State;
    Begin(0, ROOM);
    Tile(Sizes, 14);
    Join(10, 10, 20); /* alone */
    Join(60, 60, 20);
    Join(30, 10, 70); /* between two */
    MakeFree(At(90)); /* MOST - 40 */
    Join(MOST + 50, 90, MOST);
    Join(MOST + 158, MOST + 158, MOST - 9); /* the 9 before it are busy */
    Join(MOST + 108, MOST + 108, 41);
    SIZE_T Units = 9; /* either neighbour fits, both do not */
    HEAP_ENTRY *First = RtlpJoinFree(&Heap, At(MOST + 149), &Units);
    assert_true(First == At(MOST + 108) ? Units == 50 : Units == MOST);
    RtlpFormFree(&Heap, First, Units);
    Check();
}

/* More granules than an entry can have, as a new run brings them: a neighbour that fits with the
 * last or first entry of them is joined (F6), one that does not stays. */
static void TestJoinMany(void **State)
{
    static const struct {
        ULONG Before, Given, After, Joined;
    } Cases[] = {
        {30, MOST + 10, 20, MOST + 30}, /* MOST and 30 */
        {30, MOST, 20, MOST},
        {30, 2 * MOST - 5, 6, 2 * MOST - 5},
        {2, MOST + 1, MOST - 2, 0}, /* MOST - 2 and 3, or MOST and 1 with one after it */
    };
    (void)State;
    for (unsigned i = 0; i < sizeof Cases / sizeof *Cases; i++) {
        memset(&Heap, 0, sizeof Heap);
        Begin(0, ROOM);
        const ULONG First = Cases[i].Given > MOST ? MOST : Cases[i].Given,
                    Sizes[] = {5, Cases[i].Before, First, Cases[i].Given - First,
                               Cases[i].After};
        const ULONG Few[] = {5, Cases[i].Before, First, Cases[i].After};
        Tile(Cases[i].Given > First ? Sizes : Few, Cases[i].Given > First ? 5 : 4);
        HEAP_ENTRY *Entry = At(5 + Cases[i].Before);
        MakeFree(At(5));
        MakeFree(At(5 + Cases[i].Before + (SIZE_T)Cases[i].Given));
        SIZE_T Units = Cases[i].Given;
        Entry = RtlpJoinFree(&Heap, Entry, &Units);
        assert_true(!Cases[i].Joined || Units == Cases[i].Joined);
        RtlpFormFree(&Heap, Entry, Units);
        Check();
        free(Memory);
    }
}

/* Cuts the low Granules off the free entry at Granule, which become busy; what lies after them
 * says so. */
static void Cut(SIZE_T Granule, ULONG Granules)
{
    assert_true(RtlpCutFree(&Heap, At(Granule), SizeOf(At(Granule)), Granules, Granules));
    assert_int_equal(RtlpPreviousSize(&Heap, At(Granule + Granules)), Granules);
    MakeBusy(At(Granule), Granules);
    Check();
}

/* What keeps Join from looking, or from joining. */
static void TestJoinsNothing(void **State)
{
    static const ULONG Sizes[] = {10, 20, 30, 20, 10};
    (void)State;
    Begin(HEAP_DISABLE_COALESCE_ON_FREE, 1000);
    Tile(Sizes, 5);
    MakeFree(At(10));
    MakeFree(At(60));
    Join(30, 30, 30);
    Cut(10, 5);
    assert_int_equal(SizeOf(At(15)), 15); /* 30 free ones follow */
}

/* F4: PreviousSize of a run's first entry is no size.  Granules lie so that it could be one. */
static void TestTag(void **State)
{
    const ULONG Tag = RtlpRangeTag(16 * PAGE_SIZE),
                Sizes[] = {10, 100, Tag - 100 - MOST / 2, MOST / 2, 50};
    (void)State;
    Begin(0, ROOM);
    Tile(Sizes, 5);
    MakeFree(At(10));
    SIZE_T Units = 50;
    RtlpSetPreviousSize(&Heap, At(10 + Tag), Tag);
    assert_ptr_equal(RtlpJoinFree(&Heap, At(10 + Tag), &Units), At(10 + Tag));
    assert_int_equal(Units, 50);
    Units = 10;
    RtlpSetPreviousSize(&Heap, At(0), 0);
    RtlpSetCode(&Heap, At(0), 10, 0); /* F3: it may say free */
    assert_ptr_equal(RtlpJoinFree(&Heap, At(0), &Units), At(0));
    assert_int_equal(Units, 110);
}

/* Cut: whole, a part, and a part whose rest fits with a neighbour that was too large before. */
static void TestCut(void **State)
{
    static const ULONG Sizes[] = {10, 100, 10, MOST, 300, 5};
    (void)State;
    Begin(0, ROOM);
    Tile(Sizes, 6);
    MakeFree(At(10));
    MakeFree(At(120));
    MakeFree(At(120 + MOST));
    Check();
    Cut(10, 40);
    Cut(50, 58);
    Cut(108, 2);
    Cut(120, 299); /* the rest and 300 still do not fit one entry */
    Cut(419, 2);
    assert_int_equal(SizeOf(At(421)), MOST - 1);
    /* realloc.c's way: what is cut off becomes part of the entry before it */
    assert_true(RtlpCutFree(&Heap, At(421), MOST - 1, 100, 102));
    MakeBusy(At(419), 102);
    assert_int_equal(Check(), MOST - 101);
}

/* Every finds the only one that fits among many of nearly its size. */
static void TestEvery(void **State)
{
    ULONG Sizes[80];
    (void)State;
    for (unsigned Up = 0; Up < 2; Up++) {
        memset(&Heap, 0, sizeof Heap);
        Begin(0, ROOM);
        for (unsigned i = 0; i < 80; i++)
            Sizes[i] = i % 2 ? 5000 + (Up ? i : 80 - i) : 3;
        Tile(Sizes, 80);
        for (ULONG i = 0, Where = 0; i < 80; Where += Sizes[i++])
            if (i % 2)
                MakeFree(At(Where));
        HEAP_ENTRY *Found = RtlpFindFree(&Heap, 5079, true);
        assert_true(Found && SizeOf(Found) == 5079);
        assert_null(RtlpFindFree(&Heap, 5080, true));
        free(Memory);
    }
}

/* An allocation or a free at random, as allocate.c and free.c do them. */
static void Step(ULONG Largest)
{
    if (Below(2)) {
        ULONG Units = 2 + Below(Below(10) ? 600 : MOST - 2);
        HEAP_ENTRY *Entry = RtlpFindFree(&Heap, Units, true);
        assert_true((Entry != NULL) == (Largest >= Units));
        if (Entry && Below(2) && RtlpFindFree(&Heap, Units, false))
            Entry = RtlpFindFree(&Heap, Units, false);
        if (!Entry)
            return;
        ULONG Size = SizeOf(Entry), Cut = Size - Units < 2 ? Size : Units;
        assert_true(IsFree(Entry) && Size >= Units);
        assert_true(RtlpCutFree(&Heap, Entry, Size, Cut, Cut));
        MakeBusy(Entry, Cut);
        return;
    }
    ULONG Pick = Below(Place), Where = 0;
    while (Where + SizeOf(At(Where)) <= Pick)
        Where += SizeOf(At(Where));
    if (!IsFree(At(Where)))
        RtlpGiveFree(&Heap, At(Where), SizeOf(At(Where)));
}

static void TestLife(void **State)
{
    (void)State;
    Begin(0, 2 * MOST);
    Tile(NULL, 0);
    ULONG Largest = Check();
    for (unsigned i = 0; i < 1500; i++) {
        Step(Largest);
        Largest = Check();
    }
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(TestSum),          cmocka_unit_test(TestForm),
        cmocka_unit_test(TestJoin),         cmocka_unit_test(TestJoinMany),
        cmocka_unit_test(TestJoinsNothing), cmocka_unit_test(TestTag),
        cmocka_unit_test(TestCut),          cmocka_unit_test(TestEvery),
        cmocka_unit_test(TestLife),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
