/* plain.h - the slow, plain answer to MiFindGap: every gap is looked at.
 *
 * It knows the rules that a seed may change (lab.toml):
 *
 *   LAB_PLACE 0   the lowest gap that is large enough; top down the highest
 *   LAB_PLACE 1   the tightest that is large enough; of equal ones the lowest, top down the highest
 *   LAB_PLACE 2   the widest, likewise
 *   LAB_SPACE n   the first n granules of a gap after a region are never given out
 *
 * A gap is a run of whole granules that no region has a page in, as far as high.  The place is its
 * lower end; top down its upper end.  Units: page numbers.
 */
#ifndef LAB_PLAIN_H
#define LAB_PLAIN_H

#include <stdint.h>
#include "mm/layout.h"
#include "mm/vad.h"

typedef struct { /* the best gap so far: none if its Place is 0 */
    uint32_t Pages, Place, Width;
    int TopDown;
} PLAINPLACE;

static inline uint32_t PlainUp(uint32_t vpn)
{
    return (vpn + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
}

/* Gaps come from the lowest to the highest. */
static inline int PlainBetter(const PLAINPLACE *best, uint32_t width)
{
    if (!best->Place)
        return 1;
    if (LAB_PLACE == 0 || width == best->Width)
        return best->TopDown;
    return LAB_PLACE == 1 ? width < best->Width : width > best->Width;
}

/* The free granules from left to right - 1; both are multiples of MI_GRANULE. */
static inline void PlainTry(PLAINPLACE *best, uint32_t left, uint32_t right)
{
    if (right <= left || right - left < best->Pages || !PlainBetter(best, right - left))
        return;
    best->Place = best->TopDown ? right - best->Pages : left;
    best->Width = right - left;
}

/* vads: count regions in order of address. */
static inline uint32_t PlainGap(MMVAD *const *vads, uint32_t count, uint32_t pages,
                                uint32_t high, int topDown)
{
    PLAINPLACE best = {PlainUp(pages), 0, 0, topDown};
    uint32_t left = MI_LOWEST_VPN, top = (high + 1) & ~(MI_GRANULE - 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t right = vads[i]->StartingVpn & ~(MI_GRANULE - 1);
        PlainTry(&best, left, right < top ? right : top);
        left = PlainUp(vads[i]->EndingVpn + 1) + LAB_SPACE * MI_GRANULE;
    }
    PlainTry(&best, left, top);
    return best.Place;
}

#endif
