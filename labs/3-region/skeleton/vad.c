/* vad.c - the regions of a space.  Yours to write; mm/vad.h is the contract.
 *
 * As it is, every question is answered with "no region", and no gap is found: the kernel comes up
 * and cannot give its first process a page.  Say here what your idea is, with a picture, and
 * number your invariants: MiCheckVads looks at them after every program.
 *
 * A list is right and earns all points but those of `logarithmic`.
 */
#include "mm/vad.h"
#include "mm/layout.h"
#include <stddef.h>

MMVAD *MiFindVad(MMVADS *space, uint32_t vpn)
{
    (void)space, (void)vpn;
    return NULL;
}

MMVAD *MiFindVadFrom(const MMVADS *space, uint32_t vpn)
{
    (void)space, (void)vpn;
    return NULL;
}

MMVAD *MiNextVad(const MMVADS *space, const MMVAD *vad)
{
    (void)space, (void)vad;
    return NULL;
}

MMVAD *MiPreviousVad(const MMVADS *space, const MMVAD *vad)
{
    (void)space, (void)vad;
    return NULL;
}

void MiInsertVad(MMVADS *space, MMVAD *vad)
{
    (void)space, (void)vad;
}

void MiRemoveVad(MMVADS *space, MMVAD *vad)
{
    (void)space, (void)vad;
}

uint32_t MiFindGap(const MMVADS *space, uint32_t pages, uint32_t high, int topDown)
{
    (void)space, (void)pages, (void)high, (void)topDown;
    return 0;
}

/* A check that has not been written must not say that all is well. */
int MiCheckVads(const MMVADS *space)
{
    (void)space;
    return 1;
}
