/* range.c - the pages of a region: what they are, and how all of a range is committed.
 *
 * An entry that is 0 says what its region says (range.h), so a range without a table is
 * done in one step, and nothing here costs a page that was never touched.
 */
#include "mm/range.h"

ULONG MiNextUsed(ULONG vpn, ULONG last)
{
    for (ULONG end; vpn <= last; vpn = end + 1) {
        end = MiTableEnd(vpn, last);
        if (!MiHasTable(MiAddress(vpn)))
            continue;
        const MMPTE *pte = MiPteOfVpn(vpn), *stop = MiPteOfVpn(end);
        while (pte + 3 <= stop && !(pte[0].Low | pte[1].Low | pte[2].Low | pte[3].Low))
            pte += 4;
        for (; pte <= stop; pte++)
            if (pte->Low)
                return MiVpn((ULONG_PTR)pte << 9);
    }
    return last + 1;
}

/* The page after those that are like vpn, whose entry is 0: entry and protection. */
static ULONG MiEmptyEnd(const MMVAD *vad, ULONG vpn, ULONG last)
{
    if (vad->View)
        last = vad->View->AlikeTo(vad, vpn, last);
    return MiNextUsed(vpn, last);
}

/* The same of an entry that is not 0, in its table. */
static ULONG MiSameEnd(const MMVAD *vad, ULONG vpn, ULONG last, ULONG protection)
{
    const MMPTE *pte = MiPteOfVpn(vpn), *stop = MiPteOfVpn(MiTableEnd(vpn, last));
    MMPTE same = *pte;
    while (++pte <= stop)
        if (pte->Low != same.Low &&
            (!pte->Low || MiPteProtection(*pte, vad, 0) != protection))
            break;
    return vpn + (pte - MiPteOfVpn(vpn));
}

ULONG MiRunEnd(const MMVAD *vad, ULONG vpn, ULONG last, ULONG *protection)
{
    *protection = MiPteProtection(MiReadPte(vpn), vad, vpn);
    if (vpn == last)
        return last + 1;
    do {
        vpn = MiReadPte(vpn).Low ? MiSameEnd(vad, vpn, last, *protection)
                                 : MiEmptyEnd(vad, vpn, last);
    } while (vpn <= last && MiPteProtection(MiReadPte(vpn), vad, vpn) == *protection);
    return vpn;
}

BOOLEAN MiCommitRange(MMSPACE *space, ULONG first, ULONG last, ULONG protection)
{
    const MMPTE demand = MiDemandPte(protection, FALSE);
    if (!MiMakeTables(first, last))
        return FALSE;
    for (ULONG vpn = first, end; vpn <= last; vpn = end + 1) {
        USHORT *used = MiUsedCount(MiPteOfVpn(vpn));
        end = MiTableEnd(vpn, last);
        for (ULONG at = vpn; at <= end; at++) {
            if (MiPteOfVpn(at)->Low) {
                MiRecommit(space, at, protection);
                continue;
            }
            *MiPteOfVpn(at) = demand;
            ++*used;
        }
    }
    return TRUE;
}
