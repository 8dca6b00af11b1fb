/* plain.h - the slow, plain answer to MiFindGap: every gap is looked at.
 *
 * It knows the two rules for a place that a variant may ask for (lab.toml, LAB_PLACE):
 *
 *   LAB_PLACE 0   the lowest gap that is large enough; top down: the highest place
 *   LAB_PLACE 1   the tightest gap that is large enough, and of these the lowest; top down:
 *                 its upper end, and of tightest gaps the highest.  What high cuts off is no
 *                 part of a gap.
 *
 * A gap is a run of whole granules that no region has a page in.  Units: page numbers.
 */
#ifndef LAB_PLAIN_H
#define LAB_PLAIN_H

#include <stdint.h>
#include "mm/layout.h"
#include "mm/vad.h"

typedef struct { /* the best place so far */
    uint32_t Pages, Place, Width;
    int TopDown;
} PLAINPLACE;

static inline uint32_t PlainUp(uint32_t vpn)
{
    return (vpn + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
}

/* The free granules from left to right - 1; both are multiples of MI_GRANULE. */
static inline void PlainTry(PLAINPLACE *best, uint32_t left, uint32_t right)
{
    if (right <= left || right - left < best->Pages)
        return;
    uint32_t width = right - left;
    if (best->Place) {
        if (LAB_PLACE == 0 && !best->TopDown)
            return;
        if (LAB_PLACE == 1 &&
            (best->TopDown ? width > best->Width : width >= best->Width))
            return;
    }
    best->Place = best->TopDown ? right - best->Pages : left;
    best->Width = width;
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
        left = PlainUp(vads[i]->EndingVpn + 1);
    }
    PlainTry(&best, left, top);
    return best.Place;
}

#endif
