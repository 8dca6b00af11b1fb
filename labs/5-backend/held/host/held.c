/* held.c - the cases of lab 5 that are held back. */
#define LAB_MORE
#include "../../host/segment.h"

/* Busy neighbours of any size, what is too large to join, what says that nothing lies before. */
LAB_CASE(no_join_busy)
{
    for (ULONG Size = 2; Size < 700; Size += 1 + Size / 60) {
        const ULONG Sizes[] = {10, Size, 30, Size, 10};
        Begin(0, 3000);
        Tile(Sizes, 5);
        Join(10 + Size, 10 + Size, 30);
    }
    static const ULONG Large[] = {10, MOST - 40, 41, 9, MOST - 9, 10};
    Begin(0, ROOM);
    Tile(Large, 6);
    MakeFree(At(10));
    MakeFree(At(MOST + 20));
    Check();
    Join(MOST - 30, MOST - 30, 41); /* 41 and FE00 - 40 do not fit one entry */
    const ULONG Alone[] = {10, 20, 30, 20, 10};
    Begin(HEAP_DISABLE_COALESCE_ON_FREE, 1000);
    Tile(Alone, 5);
    MakeFree(At(10));
    MakeFree(At(60));
    Join(30, 30, 30);
    CutOff(At(10), 5);
    LAB_EXPECT(SizeOf(At(15)) == 15, "RtlpCutFree",
               "with HEAP_DISABLE_COALESCE_ON_FREE an entry of %u granules", "one of %u",
               15, SizeOf(At(15)));
    /* F4: the granules lie so that the tag could be a size */
    const ULONG Tag = RtlpRangeTag(16 * PAGE_SIZE),
                Tagged[] = {10, 100, Tag - 100 - MOST / 2, MOST / 2, 50};
    Begin(0, ROOM);
    Tile(Tagged, 5);
    MakeFree(At(10));
    SIZE_T Units = 50;
    RtlpSetPreviousSize(&Heap, At(10 + Tag), Tag);
    Last = "RtlpJoinFree";
    HEAP_ENTRY *First = RtlpJoinFree(&Heap, At(10 + Tag), &Units);
    LAB_EXPECT(First == At(10 + Tag) && Units == 50, Last,
               "nothing joined: PreviousSize %X says that no entry lies before (F4)",
               "%u granules from %u on", Tag, (ULONG)Units, GranuleOf(First));
}

/* An allocation or a free at random, as allocate.c and free.c do them. */
static void Step(void)
{
    if (Below(2)) {
        ULONG Units = 2 + Below(Below(10) ? 600 : MOST - 2);
        HEAP_ENTRY *Entry = Find(Units);
        if (!Entry)
            return;
        ULONG Size = SizeOf(Entry);
        CutOff(Entry, Size - Units < 2 ? Size : Units);
        return;
    }
    ULONG Pick = Below(Place), Where = 0;
    while (Where + SizeOf(At(Where)) <= Pick)
        Where += SizeOf(At(Where));
    if (!IsFree(At(Where)))
        Give(Where);
}

LAB_CASE(random_shadow)
{
    Begin(0, 2 * MOST);
    Tile(NULL, 0);
    for (unsigned i = 0; i < 1200; i++)
        Step();
}
