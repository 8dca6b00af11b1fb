/* tree.h - what the cases of vad.c ask, and a plain array that knows the answers.
 *
 * Nothing here knows how the student's vad.c keeps its regions.  What an answer should be is
 * looked up in an array that is kept beside (plain.h for a gap).
 */
#ifndef LAB_TREE_H
#define LAB_TREE_H

#include <stddef.h>
#include "lab.h"
#include "plain.h"

#define TOP  (MI_HIGHEST_VPN)
#define MOST 2048
static MMVADS Space;
static MMVAD Store[MOST], *Sorted[MOST];
static char
    Taken[MOST]; /* of Store; what is removed keeps its bounds, as a freed block would */
static uint32_t Count, Seed = 1;

static inline uint32_t Draw(uint32_t below)
{
    Seed = Seed * 1103515245u + 12345u;
    return (Seed >> 8) % below;
}

/* Private comes with any contents: vad.h says so. */
static inline MMVAD *Add(uint32_t first, uint32_t pages)
{
    static uint32_t next;
    do
        next = (next + 1) % MOST;
    while (Taken[next]);
    MMVAD *vad = &Store[next];
    Taken[next] = 1;
    memset(vad, 0xA5, sizeof *vad);
    vad->StartingVpn = first;
    vad->EndingVpn = first + pages - 1;
    MiInsertVad(&Space, vad);
    uint32_t at = Count++;
    for (; at && Sorted[at - 1]->StartingVpn > first; at--)
        Sorted[at] = Sorted[at - 1];
    Sorted[at] = vad;
    return vad;
}

static inline void Drop(MMVAD *vad)
{
    uint32_t at = 0;
    while (Sorted[at] != vad)
        at++;
    MiRemoveVad(&Space, vad);
    const uint8_t *bytes = (const uint8_t *)vad;
    for (uint32_t i = offsetof(MMVAD, CommitCharge); i < sizeof *vad; i++)
        LAB_EXPECT(bytes[i] == 0xA5, "MiRemoveVad", "what the region is, unchanged",
                   "byte %u of its MMVAD changed", i);
    memmove(Sorted + at, Sorted + at + 1, (--Count - at) * sizeof *Sorted);
    Taken[vad - Store] = 0;
}

/* For a report: where a region begins; 0: NULL. */
static inline uint32_t At(const MMVAD *vad)
{
    return vad ? vad->StartingVpn : 0;
}

static inline MMVAD *PlainFrom(uint32_t vpn)
{
    for (uint32_t i = 0; i < Count; i++)
        if (Sorted[i]->EndingVpn >= vpn)
            return Sorted[i];
    return NULL;
}

static inline void AskFind(uint32_t vpn)
{
    MMVAD *right = PlainFrom(vpn), *seen = MiFindVadFrom(&Space, vpn);
    LAB_EXPECT(seen == right, "MiFindVadFrom", "from page %X on the region %X (0: NULL)",
               "the region %X", vpn, At(right), At(seen));
    right = right && right->StartingVpn <= vpn ? right : NULL;
    seen = MiFindVad(&Space, vpn);
    LAB_EXPECT(seen == right, "MiFindVad", "for page %X the region %X (0: NULL)",
               "the region %X", vpn, At(right), At(seen));
}

static inline void AskGap(uint32_t pages, uint32_t high, int topDown)
{
    uint32_t right = PlainGap(Sorted, Count, pages, high, topDown);
    uint32_t seen = MiFindGap(&Space, pages, high, topDown);
    LAB_EXPECT(seen == right, "MiFindGap",
               topDown ? "top down for %u pages up to %X the place %X (0: none)"
                       : "for %u pages up to %X the place %X (0: none)",
               "the place %X, with %u regions", pages, high, right, seen, Count);
}

static inline void AskCheck(void)
{
    int seen = MiCheckVads(&Space);
    LAB_EXPECT(seen == 0, "MiCheckVads", "0 on %u sound regions", "%u", Count,
               (uint32_t)seen);
}

static inline void AskNeighbours(uint32_t at)
{
    MMVAD *right = at + 1 < Count ? Sorted[at + 1] : NULL,
          *seen = MiNextVad(&Space, Sorted[at]);
    LAB_EXPECT(seen == right, "MiNextVad", "after the region %X the region %X (0: NULL)",
               "the region %X", At(Sorted[at]), At(right), At(seen));
    right = at ? Sorted[at - 1] : NULL;
    seen = MiPreviousVad(&Space, Sorted[at]);
    LAB_EXPECT(seen == right, "MiPreviousVad",
               "before the region %X the region %X (0: NULL)", "the region %X",
               At(Sorted[at]), At(right), At(seen));
}

#endif
