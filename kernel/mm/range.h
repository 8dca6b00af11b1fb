/* range.h - the pages first..last of a region, as region and PTE together describe them.
 *
 * A page of a private region is in one of these states:
 *
 *   PTE                           the page is
 *   ---                           -----------
 *   0, region not MemCommit       reserved
 *   0, region MemCommit           committed, never touched, the region's Untouched
 *   protection, no frame          committed, never touched, protection of its own
 *   MM_DECOMMIT                   reserved again inside a MemCommit region
 *   Valid, frame                  present
 *   Transition, frame             present, but every access traps: NOACCESS, GUARD
 *
 * A page of a view looks the same, but one that was never touched is fetched from what the
 * view shows instead of zeroed, and a frame is either shared with other views or, once
 * written to under copy-on-write, the process's own.
 *
 * All of it works on the current space.  Units: vpn, first, last are virtual page numbers.
 */
#ifndef FATHOM_RANGE_H
#define FATHOM_RANGE_H

#include "mm/pfn.h"
#include "mm/pte.h"
#include "mm/space.h"

/* What a view (MMVAD.View) lets mm ask about the pages that it shows. */
typedef struct _MMVIEW {
    /* The page at vpn, brought if need be.  STATUS_IN_PAGE_ERROR, STATUS_NO_MEMORY. */
    NTSTATUS (*Fetch)(const MMVAD *, ULONG vpn, PFN_NUMBER *);
    ULONG (*Protection)(const MMVAD *, ULONG vpn); /* when the PTE is 0; MM_* */
    /* The last page, up to last, that has the same Protection as vpn and those between. */
    ULONG (*AlikeTo)(const MMVAD *, ULONG vpn, ULONG last);
    /* MEM_COMMIT inside the view, with this MM_*.  STATUS_COMMITMENT_LIMIT, STATUS_NO_MEMORY,
     * STATUS_ALREADY_COMMITTED, STATUS_CONFLICTING_ADDRESSES: nothing was changed. */
    NTSTATUS (*Commit)(const MMVAD *, ULONG first, ULONG last, ULONG protection);
    void (*Wrote)(const MMVAD *, ULONG vpn); /* a PTE that saw a write goes */
    void (*Release)(const MMVAD *);          /* the view goes */
    NTSTATUS Reset;                          /* MEM_RESET's answer */
} MMVIEW;

/* The MM_ code of the page at vpn of a region; MM_DECOMMIT: it is reserved. */
static inline ULONG MiPteProtection(MMPTE pte, const MMVAD *vad, ULONG vpn)
{
    if (pte.Low & PTE_VALID)
        return (pte.Low >> PTE_CODE_SHIFT & MM_ACCESS_MASK) |
               (pte.Low & PTE_NOCACHE ? MM_NOCACHE : 0);
    if (pte.Low)
        return pte.Low >> PTE_SOFT_SHIFT & 0x1F;
    if (vad->View)
        return vad->View->Protection(vad, vpn);
    return vad->MemCommit ? vad->Untouched : MM_DECOMMIT;
}
/* Of a private region. */
static inline BOOLEAN MiIsCommitted(MMPTE pte, const MMVAD *vad)
{
    return pte.Low ? MiHasFrame(pte) || (pte.Low >> PTE_SOFT_SHIFT & 0x1F) != MM_DECOMMIT
                   : vad->MemCommit;
}
static inline MMPTE MiReadPte(ULONG vpn) /* 0 where there is no table */
{
    return MiHasTable(MiAddress(vpn)) ? *MiPteOfVpn(vpn) : (MMPTE){0};
}
/* The last page that lies in vpn's page table; at most last. */
static inline ULONG MiTableEnd(ULONG vpn, ULONG last)
{
    ULONG end = vpn | (MI_PAGES_PER_TABLE - 1);
    return end < last ? end : last;
}

/* ---- tables: charged already, with the region ---- */
BOOLEAN MiMakeTable(ULONG_PTR va); /* FALSE: no page */
void MiDropTableIfEmpty(ULONG_PTR va);
void MiDropTables(ULONG first, ULONG last); /* those that are empty */
/* FALSE: no page; what was made is dropped again, no page changed. */
static inline BOOLEAN MiMakeTables(ULONG first, ULONG last)
{
    for (ULONG vpn = first; vpn <= last; vpn = (vpn | (MI_PAGES_PER_TABLE - 1)) + 1)
        if (!MiHasTable(MiAddress(vpn)) && !MiMakeTable(MiAddress(vpn))) {
            MiDropTables(first, last);
            return FALSE;
        }
    return TRUE;
}
/* Of the table that pte lies in: its entries that are not 0.  Tables lie below 4 GiB. */
static inline USHORT *MiUsedCount(const MMPTE *pte)
{
    return &MiPfn(MiPdeOf((ULONG_PTR)pte << 9)->Low >> PAGE_SHIFT)->UsedCount;
}
/* Make an entry valid that was not. */
static inline void MiFillPte(MMPTE *pte, MMPTE value)
{
    *MiUsedCount(pte) += pte->Low == 0;
    ((volatile MMPTE *)pte)->High = value.High;
    ((volatile MMPTE *)pte)->Low = value.Low;
}
/* Change any user entry. */
static inline void MiSetPte(MMPTE *pte, MMPTE value)
{
    MMPTE old = *pte;
    *MiUsedCount(pte) += (value.Low != 0) - (old.Low != 0);
    MiStorePte(pte, value);
    if (old.Low & PTE_VALID)
        MiFlushPage((ULONG_PTR)pte << 9);
}

/* ---- ranges ---- */
/* The first page of vpn..last whose entry is not 0; last + 1: there is none. */
ULONG MiNextUsed(ULONG vpn, ULONG last);
/* The page after the last one, up to last, that has the protection of vpn. */
ULONG MiRunEnd(const MMVAD *, ULONG vpn, ULONG last, ULONG *protection);
/* Every page gets the protection, those that are committed already too.  Charged already.
 * FALSE: no page for a table; nothing was changed. */
BOOLEAN MiCommitRange(MMSPACE *, ULONG first, ULONG last, ULONG protection);
/* Clear every entry, give back frames and empty tables.  Returns how many pages were
 * committed (of a private region). */
ULONG MiEmptyRange(MMSPACE *, const MMVAD *, ULONG first, ULONG last);
/* The same, but each entry says MM_DECOMMIT and remembers a write; tables stay.
 * *count: pages that were committed.  FALSE: no page for a table; nothing was changed. */
BOOLEAN MiMarkRange(MMSPACE *, const MMVAD *, ULONG first, ULONG last, ULONG *count);
/* A page gets another protection; its table is there. */
void MiChangeProtection(ULONG vpn, ULONG protection);
/* The page is committed, whether it was or not; its entry is not 0. */
void MiRecommit(MMSPACE *, ULONG vpn, ULONG protection);
/* Give back what a PTE held that is cleared now. */
void MiReleaseFrame(MMSPACE *, MMPTE, const MMVAD *, ULONG vpn);

#endif
