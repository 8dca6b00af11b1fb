/* life.c - held back: a life of 6,000 steps; every answer is compared. */
#define LAB_MORE
#include "tree.h"

LAB_CASE(random_life)
{
    Seed = 2026;
    for (uint32_t step = 0; step < 6000; step++) {
        uint32_t pages = Draw(4) ? 1 + Draw(70) : 1 + Draw(3000);
        int topDown = Draw(3) == 0;
        uint32_t high = Draw(2) ? TOP : 0x100 + Draw(TOP - 0x100);
        AskGap(pages, high, topDown);
        uint32_t place = PlainGap(Sorted, Count, pages, high, topDown);
        if (Count && (Count > 600 || Draw(5) < 2))
            Drop(Sorted[Draw(Count)]);
        else if (place)
            Add(place, pages);
        AskFind(Draw(TOP));
        if (Count)
            AskNeighbours(Draw(Count));
        if (step % 200 == 0)
            AskCheck();
    }
}
