/* freelist.c - the cases of lab 5 on the host: the heap's free list
 * (ntdll/heap/core/freelist.h). */
#include "segment.h"

LAB_CASE(split)
{
    static const ULONG Sizes[] = {10, 100, 10, 60, 10, 300, 10};
    Begin(0, 3000);
    Tile(Sizes, 7);
    MakeFree(At(10));
    MakeFree(At(120));
    MakeFree(At(190));
    Check();
    CutOff(At(10), 40); /* the front goes, 60 stay */
    CutOff(At(50), 58); /* 2 granules stay: the least that can be an entry */
    CutOff(At(108), 2); /* all of it */
    CutOff(At(190), 150);
    CutOff(Find(50), 20); /* whichever the search gives */
}

LAB_CASE(join_left)
{
    static const ULONG Sizes[] = {10, 20, 30, 40, 10, 2, 50};
    Begin(0, 1000);
    Tile(Sizes, 7);
    MakeFree(At(10));
    Check();
    Join(30, 10, 50); /* 20 before, 30 freed */
    MakeFree(At(110));
    Join(112, 110, 52); /* an entry of 2 before it */
    Give(60);           /* 40 more */
}

LAB_CASE(join_right)
{
    static const ULONG Sizes[] = {10, 20, 30, 40, 10, 50, 2, 10};
    Begin(0, 1000);
    Tile(Sizes, 8);
    MakeFree(At(60));
    Check();
    Join(30, 30, 70); /* 30 freed, 40 after */
    MakeFree(At(160));
    Join(110, 110, 52);
    Give(10);
}

LAB_CASE(join_both)
{
    static const ULONG Sizes[] = {10, 20, 30, 40, 10, 5, 5, 5};
    Begin(0, 1000);
    Tile(Sizes, 8);
    MakeFree(At(10));
    MakeFree(At(60));
    Check();
    Join(30, 10, 90);
    MakeFree(At(110));
    MakeFree(At(120));
    Join(115, 110, 15);
    Give(100); /* and between two joined ones */
    LAB_EXPECT(SizeOf(At(10)) == 115, "RtlpJoinFree", "one entry of %u granules",
               "one of %u", 115, SizeOf(At(10)));
}

/* More than FE00 granules become several entries, none of a single granule. */
LAB_CASE(cut_above_FE00)
{
    static const ULONG Totals[] = {2,        MOST - 1,     MOST,         MOST + 1,
                                   MOST + 2, 2 * MOST - 1, 2 * MOST + 1, 3 * MOST + 2};
    for (unsigned i = 0; i < sizeof Totals / sizeof *Totals; i++) {
        Begin(0, ROOM);
        Tile(&(ULONG){5}, 1);
        RtlpSetPreviousSize(&Heap, At(5), 5);
        for (ULONG Where = 5 + Totals[i]; Where < Place;) {
            ULONG Units = Place - Where < MOST ? Place - Where : MOST - 2;
            MakeBusy(At(Where), Units);
            Where += Units;
        }
        memset(At(5) + 1, 0xEE,
               ((SIZE_T)Totals[i] << GRANULE_SHIFT) - sizeof(HEAP_ENTRY));
        RtlpSetCode(&Heap, At(5), 1, 0); /* F3: the size in it counts for nothing */
        At(5)->SegmentOffset = SEGMENT;
        Last = "RtlpFormFree";
        RtlpFormFree(&Heap, At(5), Totals[i]);
        Check();
    }
    /* a cut off an entry of FE00 leaves one that fits with what lay after it */
    static const ULONG Sizes[] = {10, MOST, 300, 5};
    Begin(0, ROOM);
    Tile(Sizes, 4);
    MakeFree(At(10));
    MakeFree(At(10 + MOST));
    Check();
    CutOff(At(10), 299);
    CutOff(At(309), 2);
    LAB_EXPECT(SizeOf(At(311)) == MOST - 1, "RtlpCutFree",
               "the rest of the cut and the entry after it as one, of %u granules",
               "one of %u", MOST - 1, SizeOf(At(311)));
}

/* 40 free entries of Least to Least + 39 granules, with busy ones of 3 between. */
static void Ladder(ULONG Least, bool Up)
{
    ULONG Sizes[80];
    Begin(0, ROOM);
    for (ULONG i = 0; i < 80; i++)
        Sizes[i] = i % 2 ? Least + (Up ? i / 2 : 39 - i / 2) : 3;
    Tile(Sizes, 80);
    for (ULONG i = 0, Where = 0; i < 80; Where += Sizes[i++])
        if (i % 2)
            MakeFree(At(Where));
    Check();
}

LAB_CASE(find_fits)
{
    static const ULONG Leasts[] = {2, 60, 100, 120, 500, 1200, 5000};
    for (unsigned Up = 0; Up < 2; Up++)
        for (unsigned i = 0; i < sizeof Leasts / sizeof *Leasts; i++) {
            Ladder(Leasts[i], Up);
            for (ULONG Units = Leasts[i] > 10 ? Leasts[i] - 5 : 2; Units < Leasts[i] + 42;
                 Units++) {
                Find(Units);
                HEAP_ENTRY *Quick = RtlpFindFree(&Heap, Units, false);
                LAB_EXPECT(!Quick || (IsFree(Quick) && SizeOf(Quick) >= Units),
                           "RtlpFindFree", "an entry of at least %u granules",
                           "one of %u", Units, Quick ? SizeOf(Quick) : 0);
            }
            Last = "RtlpRemoveFree"; /* the largest goes: no stale answer */
            HEAP_ENTRY *Largest = Find(Leasts[i] + 39);
            bool Done = RtlpRemoveFree(&Heap, Largest, Leasts[i] + 39);
            LAB_EXPECT(Done, "RtlpRemoveFree", "true", "false");
            MakeBusy(Largest, Leasts[i] + 39);
            Check();
            Find(Leasts[i] + 39);
            Find(Leasts[i] + 38);
        }
    /* equal sizes at several addresses */
    static const ULONG Equal[] = {3, 50, 3, 50, 3, 70, 3, 50, 3, 70, 3};
    Begin(0, 1000);
    Tile(Equal, 11);
    for (ULONG i = 0, Where = 0; i < 11; Where += Equal[i++])
        if (Equal[i] > 3)
            MakeFree(At(Where));
    for (ULONG Units = 2; Units < 75; Units += 7)
        Find(Units);
}

LAB_CASE(exhausted)
{
    static const ULONG Sizes[] = {10, 20, 10, 30, 10};
    Begin(0, 1000);
    Tile(Sizes, 5);
    Check();
    LAB_EXPECT(!Find(2) && !RtlpFindFree(&Heap, 2, false), "RtlpFindFree",
               "null of an empty index", "an entry");
    LAB_EXPECT(!Find(MOST), "RtlpFindFree", "null of an empty index", "an entry");
    MakeFree(At(10));
    MakeFree(At(40));
    for (ULONG Units = 2; Units <= 40; Units++)
        Find(Units);
    Find(MOST);
    for (ULONG Units = 30; Find(Units); Units = 20)
        CutOff(Find(Units), Units);
    LAB_EXPECT(!Find(2), "RtlpFindFree", "null: all is used", "an entry");
    Check();
}

LAB_CASE(each_once)
{
    Begin(0, 20000);
    ULONG Sizes[120], Where = 0;
    for (ULONG i = 0; i < 120; i++)
        Sizes[i] = i % 2 ? 2 + (i * 37 % 11) * (i % 3 ? 1 : 19) : 2;
    Tile(Sizes, 120);
    Check();
    for (ULONG i = 0; i < 120; Where += Sizes[i++])
        if (i % 2) {
            MakeFree(At(Where));
            if (i % 9 == 0)
                Check();
        }
    Check();
    Where = 0;
    for (ULONG i = 0; i < 120; Where += Sizes[i++])
        if (i % 4 == 1) {
            Last = "RtlpRemoveFree";
            bool Done = RtlpRemoveFree(&Heap, At(Where), Sizes[i]);
            LAB_EXPECT(Done, Last, "true", "false");
            MakeBusy(At(Where), Sizes[i]);
        }
    Check();
}

/* What RtlpCheckFreeIndex must say of an index that is sound but not as it is told. */
LAB_CASE(check_sees)
{
    static const ULONG Sizes[] = {10, 20, 10, 20, 10, 300};
    PVOID Where;
    Begin(0, 1000);
    Tile(Sizes, 6);
    MakeFree(At(10));
    MakeFree(At(40));
    MakeFree(At(70));
    Check();
    Last = "RtlpCheckFreeIndex";
    const ULONG Sound = RtlpCheckFreeIndex(&Heap, 3, 340, &Where),
                More = RtlpCheckFreeIndex(&Heap, 4, 340, &Where),
                Fewer = RtlpCheckFreeIndex(&Heap, 2, 340, &Where),
                Sum = RtlpCheckFreeIndex(&Heap, 3, 341, &Where);
    LAB_EXPECT(Sound == 0, Last, "0 of three entries of 340 granules", "%u", Sound);
    LAB_EXPECT(More != 0 && Fewer != 0, Last, "not 0 if there are 4 entries, or 2",
               "%u, %u", More, Fewer);
    LAB_EXPECT(Sum == 7, Last, "7 if the entries have 341 granules", "%u", Sum);
    Heap.TotalFreeSize++;
    const ULONG Total = RtlpCheckFreeIndex(&Heap, 3, 340, &Where);
    LAB_EXPECT(Total == 7, Last, "7 if TotalFreeSize is one too many", "%u", Total);
    Heap.TotalFreeSize--;
    /* an entry that somebody made busy without taking it out */
    RtlpSetCode(&Heap, At(40), 20, HEAP_ENTRY_BUSY);
    const ULONG Busy = RtlpCheckFreeIndex(&Heap, 3, 340, &Where);
    LAB_EXPECT(Busy != 0, Last, "not 0 with a busy entry in the index", "%u", Busy);
    RtlpSetCode(&Heap, At(40), 20, 0);
    Check();
}
