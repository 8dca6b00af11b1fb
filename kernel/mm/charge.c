/* charge.c - a region enters a space and leaves it: node, place in the tree, charges.
 *
 * Page tables of the user's half are charged with the regions that may need them: a table
 * is charged as long as some region overlaps its 2 MiB.
 *
 *      table n         table n + 1     table n + 2
 *      |   ####|##     |               |   ##    |      3 regions, charged: n, n + 1, n + 2
 *
 * G1  space->ChargedTables = tables that some region overlaps >= space->TablePages
 * G2  space->CommitPages = the sum of its regions' CommitCharge
 */
#include "mm/range.h"
#include "kd/kd.h"

/* Page tables that only this region needs: no neighbour reaches into their 2 MiB. */
static ULONG MiTablesFor(const MMSPACE *space, const MMVAD *vad)
{
    ULONG first = vad->StartingVpn / MI_PAGES_PER_TABLE;
    ULONG last = vad->EndingVpn / MI_PAGES_PER_TABLE;
    const MMVAD *before = MiPreviousVad(&space->Vads, vad);
    BOOLEAN shareFirst = before && before->EndingVpn / MI_PAGES_PER_TABLE == first;
    if (first == last && shareFirst)
        return 0;
    const MMVAD *after = MiNextVad(&space->Vads, vad);
    BOOLEAN shareLast = after && after->StartingVpn / MI_PAGES_PER_TABLE == last;
    return last - first + 1 - shareFirst - shareLast;
}

/* FALSE: over the limit, not inserted. */
static BOOLEAN MiEnter(MMSPACE *space, MMVAD *vad)
{
    MiInsertVad(&space->Vads, vad);
    ULONG tables = MiTablesFor(space, vad);
    if (!MiChargeCommit(tables)) {
        MiRemoveVad(&space->Vads, vad);
        return FALSE;
    }
    space->ChargedTables += tables;
    space->VirtualPages += vad->EndingVpn - vad->StartingVpn + 1;
    if (space->VirtualPages > space->PeakVirtual)
        space->PeakVirtual = space->VirtualPages;
    return TRUE;
}

static void MiLeave(MMSPACE *space, MMVAD *vad)
{
    ULONG tables = MiTablesFor(space, vad);
    MiReturnCommit(tables);
    space->ChargedTables -= tables;
    space->VirtualPages -= vad->EndingVpn - vad->StartingVpn + 1;
    MiRemoveVad(&space->Vads, vad);
}

NTSTATUS MiCreateVad(MMSPACE *space, ULONG first, ULONG last, ULONG commit, MMVAD **out)
{
    MMVAD *vad = ExAllocatePool(sizeof *vad, MM_TAG);
    if (!vad)
        return STATUS_NO_MEMORY;
    vad->StartingVpn = first;
    vad->EndingVpn = last;
    BOOLEAN entered = MiEnter(space, vad);
    if (!entered || (commit && !MiChargeVad(space, vad, (LONG)commit))) {
        if (entered)
            MiLeave(space, vad);
        ExFreePool(vad);
        return STATUS_COMMITMENT_LIMIT;
    }
    *out = vad;
    return STATUS_SUCCESS;
}

void MiResizeVad(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    MiLeave(space, vad);
    vad->StartingVpn = first;
    vad->EndingVpn = last;
    BOOLEAN charged = MiEnter(space, vad); /* as much as was just returned, or less */
    ASSERT(charged);
    (void)charged;
}

void MiDeleteVad(MMSPACE *space, MMVAD *vad)
{
    MiEmptyRange(space, vad, vad->StartingVpn, vad->EndingVpn);
    MiChargeVad(space, vad, -(LONG)vad->CommitCharge);
    MiLeave(space, vad);
    if (vad->View)
        vad->View->Release(vad);
    ExFreePool(vad);
}
