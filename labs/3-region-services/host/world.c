/* world.c - the eight functions that region.c may call, and vad.h's, done plainly.
 *
 * Nothing here is fast, and everything is checked: a call that breaks what space.h and
 * range.h ask for leaves a sentence in World.Wrong.  A case fails if there is one.
 *
 * W1  World.Vads is in order of address; regions do not overlap
 * W2  World.Committed is the sum of their CommitCharge
 * W3  a page outside of all regions has no entry and no frame
 */
#include <stdlib.h>
#include <string.h>
#include "world.h"

WORLD World;
MMSPACE Space;

static void Blame(const char *what)
{
    if (!World.Wrong)
        World.Wrong = what;
}

/* Whether this chance to fail is the one that the case takes. */
static int Fails(void)
{
    return ++World.Asked == World.FailAt;
}

const char *WorldFault(void)
{
    uint32_t charged = 0;
    for (uint32_t i = 0; i < World.Count && !World.Wrong; i++) {
        charged += World.Vads[i]->CommitCharge;
        if (World.Vads[i]->CommitCharge != WorldCommitted(World.Vads[i]))
            Blame("R2: CommitCharge is not the number of committed pages");
    }
    if (charged != World.Committed)
        Blame("the charges of all regions are not what the system is charged");
    for (uint32_t vpn = 0; vpn < WORLD_END; vpn++)
        if ((World.Entry[vpn] && !MiFindVad(NULL, vpn)) ||
            (World.Resident[vpn] && WorldProtection(vpn) == MM_DECOMMIT))
            Blame(
                "R3: a page that is released or reserved still has an entry or a frame");
    return World.Wrong;
}

void WorldBegin(void)
{
    memset(&World, 0, sizeof World);
    World.Limit = 1000000;
}

/* ---- vad.h ---- */

MMVAD *MiFindVadFrom(const MMVADS *vads, uint32_t vpn)
{
    (void)vads;
    for (uint32_t i = 0; i < World.Count; i++)
        if (World.Vads[i]->EndingVpn >= vpn)
            return World.Vads[i];
    return NULL;
}

MMVAD *MiFindVad(MMVADS *vads, uint32_t vpn)
{
    MMVAD *vad = MiFindVadFrom(vads, vpn);
    return vad && vad->StartingVpn <= vpn ? vad : NULL;
}

/* Every place is tried, the first or the last one taken. */
uint32_t MiFindGap(const MMVADS *vads, uint32_t pages, uint32_t high, int topDown)
{
    uint32_t found = 0, size = (pages + MI_GRANULE - 1) & ~(MI_GRANULE - 1);
    for (uint32_t at = MI_LOWEST_VPN; at + size <= high + 1; at += MI_GRANULE) {
        const MMVAD *next = MiFindVadFrom(vads, at);
        const MMVAD *before =
            at > MI_LOWEST_VPN ? MiFindVad((MMVADS *)vads, at - 1) : NULL;
        if ((next && (next->StartingVpn & ~(MI_GRANULE - 1)) < at + size) ||
            (before && before->EndingVpn >= at))
            continue;
        found = at;
        if (!topDown)
            break;
    }
    return found;
}

/* ---- pages ---- */

/* As range.h reads an entry: what it says, or what the region says. */
static uint32_t Read(const MMVAD *vad, uint32_t vpn)
{
    if (World.Entry[vpn])
        return World.Entry[vpn] - 1u;
    return vad->MemCommit ? vad->Untouched : MM_DECOMMIT;
}

uint32_t WorldProtection(uint32_t vpn)
{
    const MMVAD *vad = MiFindVad(NULL, vpn);
    return vad ? Read(vad, vpn) : MM_DECOMMIT;
}

uint32_t WorldCommitted(const MMVAD *vad)
{
    uint32_t count = 0;
    for (uint32_t vpn = vad->StartingVpn; vpn <= vad->EndingVpn; vpn++)
        count += WorldProtection(vpn) != MM_DECOMMIT;
    return count;
}

void WorldTouch(uint32_t vpn)
{
    uint32_t protection = WorldProtection(vpn);
    if (protection == MM_DECOMMIT)
        return;
    World.Entry[vpn] = (uint8_t)(1 + protection);
    World.Resident[vpn] = 1;
}

/* vad is one of the world's.  first..last may have left it just now (MiRelease). */
static int Sound(const MMVAD *vad, uint32_t first, uint32_t last)
{
    if (!vad || MiFindVad(NULL, vad->StartingVpn) != vad)
        Blame("a call is given a region that is not there");
    else if (first > last || last >= WORLD_END)
        Blame("a call is given pages that are none");
    return !World.Wrong;
}

ULONG MiRunEnd(const MMVAD *vad, ULONG vpn, ULONG last, ULONG *protection)
{
    *protection = MM_DECOMMIT;
    if (!Sound(vad, vpn, last))
        return last + 1;
    *protection = Read(vad, vpn);
    while (++vpn <= last && Read(vad, vpn) == *protection)
        ;
    return vpn;
}

BOOLEAN MiCommitRange(MMSPACE *space, ULONG first, ULONG last, ULONG protection)
{
    (void)space;
    if (!Sound(MiFindVad(NULL, first), first, last) || Fails())
        return FALSE;
    memset(World.Entry + first, (int)(1 + protection), last - first + 1);
    return TRUE;
}

ULONG MiEmptyRange(MMSPACE *space, const MMVAD *vad, ULONG first, ULONG last)
{
    ULONG count = 0;
    (void)space;
    if (!Sound(vad, first, last))
        return 0;
    for (ULONG vpn = first; vpn <= last; vpn++)
        count += Read(vad, vpn) != MM_DECOMMIT;
    memset(World.Entry + first, 0, last - first + 1);
    memset(World.Resident + first, 0, last - first + 1);
    return count;
}

BOOLEAN MiMarkRange(MMSPACE *space, const MMVAD *vad, ULONG first, ULONG last,
                    ULONG *count)
{
    *count = 0;
    if (!Sound(vad, first, last) || Fails())
        return FALSE;
    *count = MiEmptyRange(space, vad, first, last);
    memset(World.Entry + first, 1 + MM_DECOMMIT, last - first + 1);
    return TRUE;
}

/* ---- regions ---- */

BOOLEAN MiChargeVad(MMSPACE *space, MMVAD *vad, LONG more)
{
    (void)space;
    if (more > 0 && (Fails() || World.Committed + (uint32_t)more > World.Limit))
        return FALSE;
    if (more < 0 && vad->CommitCharge < (uint32_t)-more)
        Blame("more commit charge is returned than the region has");
    World.Committed += (uint32_t)more;
    vad->CommitCharge += (uint32_t)more;
    return TRUE;
}

/* Into its place in order; the range must be free. */
static void Enter(MMVAD *vad)
{
    uint32_t at = World.Count++;
    for (; at && World.Vads[at - 1]->StartingVpn > vad->StartingVpn; at--)
        World.Vads[at] = World.Vads[at - 1];
    World.Vads[at] = vad;
    if (vad->StartingVpn > vad->EndingVpn || vad->StartingVpn < MI_LOWEST_VPN)
        Blame("a region gets bounds that are none");
    if ((at && World.Vads[at - 1]->EndingVpn >= vad->StartingVpn) ||
        (at + 1 < World.Count && World.Vads[at + 1]->StartingVpn <= vad->EndingVpn))
        Blame("a region is made over another one");
}

static void Leave(const MMVAD *vad)
{
    uint32_t at = 0;
    while (at < World.Count && World.Vads[at] != vad)
        at++;
    if (at == World.Count)
        Blame("a region is taken out that is not there");
    else
        memmove(World.Vads + at, World.Vads + at + 1,
                (--World.Count - at) * sizeof *World.Vads);
}

NTSTATUS MiCreateVad(MMSPACE *space, ULONG first, ULONG last, ULONG commit, MMVAD **out)
{
    MMVAD *vad = World.Store;
    if (Fails() || World.Count == WORLD_MOST)
        return STATUS_NO_MEMORY;
    while (vad->EndingVpn)
        vad++;
    memset(vad, 0, sizeof *vad);
    vad->StartingVpn = first;
    vad->EndingVpn = last;
    if (commit && !MiChargeVad(space, vad, (LONG)commit)) {
        memset(vad, 0, sizeof *vad);
        return STATUS_COMMITMENT_LIMIT;
    }
    Enter(vad);
    *out = vad;
    return STATUS_SUCCESS;
}

void MiResizeVad(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    (void)space;
    Leave(vad);
    vad->StartingVpn = first;
    vad->EndingVpn = last;
    Enter(vad);
}

void MiDeleteVad(MMSPACE *space, MMVAD *vad)
{
    MiEmptyRange(space, vad, vad->StartingVpn, vad->EndingVpn);
    MiChargeVad(space, vad, -(LONG)vad->CommitCharge);
    Leave(vad);
    memset(vad, 0, sizeof *vad);
}
