/* vad.c - a second book of regions, written from kernel/mm/vad.h alone: a sorted list.
 *
 * Each region points to the one after it and the one before it; a space points to the first and
 * to the one that was found last, where the next search begins.  Every search is a walk: this is
 * the shortest file that keeps the contract, not the fastest.
 */
#include "mm/vad.h"
#include "mm/layout.h"
#include <stddef.h>

#define NEXT(vad)    (*(MMVAD **)&(vad)->Private[0])
#define BEFORE(vad)  (*(MMVAD **)&(vad)->Private[1])
#define FIRST(space) (*(MMVAD **)&(space)->Private[0])
#define HINT(space)  (*(MMVAD **)&(space)->Private[1])

/* The first region that ends at or after vpn, walked to from start. */
static MMVAD *walk(MMVAD *start, uint32_t vpn)
{
    MMVAD *vad = start;
    while (vad && BEFORE(vad) && BEFORE(vad)->EndingVpn >= vpn)
        vad = BEFORE(vad);
    while (vad && vad->EndingVpn < vpn)
        vad = NEXT(vad);
    return vad;
}

MMVAD *MiFindVadFrom(const MMVADS *space, uint32_t vpn)
{
    return walk(FIRST(space), vpn);
}

MMVAD *MiFindVad(MMVADS *space, uint32_t vpn)
{
    MMVAD *vad = walk(HINT(space) ? HINT(space) : FIRST(space), vpn);
    if (!vad || vad->StartingVpn > vpn)
        return NULL;
    HINT(space) = vad;
    return vad;
}

MMVAD *MiNextVad(const MMVADS *space, const MMVAD *vad)
{
    (void)space;
    return NEXT(vad);
}

MMVAD *MiPreviousVad(const MMVADS *space, const MMVAD *vad)
{
    (void)space;
    return BEFORE(vad);
}

void MiInsertVad(MMVADS *space, MMVAD *vad)
{
    MMVAD *next = MiFindVadFrom(space, vad->StartingVpn), *before = NULL;
    if (next)
        before = BEFORE(next);
    else
        for (MMVAD *last = FIRST(space); last; last = NEXT(last))
            before = last;
    NEXT(vad) = next;
    BEFORE(vad) = before;
    if (next)
        BEFORE(next) = vad;
    if (before)
        NEXT(before) = vad;
    else
        FIRST(space) = vad;
}

void MiRemoveVad(MMVADS *space, MMVAD *vad)
{
    if (NEXT(vad))
        BEFORE(NEXT(vad)) = BEFORE(vad);
    if (BEFORE(vad))
        NEXT(BEFORE(vad)) = NEXT(vad);
    else
        FIRST(space) = NEXT(vad);
    HINT(space) = NULL;
}

static uint32_t up(uint32_t vpn)
{
    return (vpn + MI_GRANULE - 1) / MI_GRANULE * MI_GRANULE;
}

uint32_t MiFindGap(const MMVADS *space, uint32_t size, uint32_t high, int topDown)
{
    uint32_t pages = up(size), left = up(MI_LOWEST_VPN), found = 0;
    uint32_t top = (high + 1) / MI_GRANULE * MI_GRANULE;
    for (MMVAD *vad = FIRST(space);; vad = NEXT(vad)) {
        uint32_t right = vad ? vad->StartingVpn / MI_GRANULE * MI_GRANULE : top;
        if (right > top)
            right = top;
        if (right >= left + pages) {
            if (!topDown)
                return left;
            found = right - pages;
        }
        if (!vad)
            return found;
        left = up(vad->EndingVpn + 1);
    }
}

int MiCheckVads(const MMVADS *space)
{
    const MMVAD *before = NULL;
    for (const MMVAD *vad = FIRST(space); vad; vad = NEXT(vad)) {
        if (BEFORE(vad) != before)
            return 1;
        if (vad->StartingVpn > vad->EndingVpn || vad->StartingVpn < MI_LOWEST_VPN ||
            (before && vad->StartingVpn <= before->EndingVpn))
            return 2;
        before = vad;
    }
    return 0;
}
