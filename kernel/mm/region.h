/* region.h - contract of private regions: reserve, commit, decommit, release, describe.
 *
 * These five are VirtualAlloc, VirtualFree and VirtualQuery without their harness: the
 * services (allocate.c, free.c, section/query.c) capture and check arguments, turn views,
 * write watch and AWE away, and send the events.  region.c is the memory manager's book of
 * promises; no page is found here (that is fault.c, at the first touch).
 *
 * Given
 *   The space is current and may get regions.  first, last: virtual page numbers inside vad, first
 *   <= last.  vad is private (View is NULL), not NoChange; only MiRelease gets one that is
 *   Physical.  protection is an MM_* code (pte.h), never copy-on-write.  range.h says how a PTE
 *   and MemCommit together give a page's state.
 * May call
 *   vad.h (MiFindGap, MiFindVad, MiFindVadFrom) and these eight: MiCreateVad, MiResizeVad,
 *   MiDeleteVad, MiChargeVad (space.h), MiCommitRange, MiEmptyRange, MiMarkRange, MiRunEnd
 *   (range.h).
 * Invariants
 *   R1  all or nothing: a function that fails has changed nothing but First
 *   R2  vad->CommitCharge = the committed pages of vad; a split divides it, and charges nothing
 *   R3  a reserved page has no frame, and a released range no entry
 * Tested by
 *   tests/guest/mm, tests/guest/behaviour/virtual*; MmAudit (R2, R3) after every program;
 *   tests/hostile/scarce.t makes each allocation fail in turn (R1).
 * Costs today, in instructions, service included: reserve 64 KiB 1,569, commit a page 628,
 *   decommit a touched one 534, release 64 KiB 1,176.  A range without a page table costs
 *   one step for 512 pages; an entry that says nothing costs 2, one that is written 12.
 */
#ifndef FATHOM_REGION_H
#define FATHOM_REGION_H

#include "mm/range.h"

typedef struct _MIRESERVE { /* all of it in pages */
    ULONG First;       /* where; 0: anywhere, and comes back as chosen, granule aligned */
    ULONG Pages;       /* at least 1 */
    ULONG High;        /* anywhere: the last page of its last granule is at most this */
    BOOLEAN TopDown;   /* anywhere: the highest place instead of the lowest */
    UCHAR Protection;  /* these four go into the MMVAD */
    BOOLEAN MemCommit; /* commit all of it */
    BOOLEAN WriteWatch, Physical;
} MIRESERVE;
/* STATUS_CONFLICTING_ADDRESSES: some page at First is taken.  STATUS_NO_MEMORY: no gap, or
 * no pool.  STATUS_COMMITMENT_LIMIT. */
NTSTATUS MiReserve(MMSPACE *, MIRESERVE *);
/* Pages that are committed already only get the protection.
 * STATUS_COMMITMENT_LIMIT, STATUS_NO_MEMORY: no page for a table. */
NTSTATUS MiCommit(MMSPACE *, MMVAD *, ULONG first, ULONG last, ULONG protection);
/* Pages that are reserved already stay so.  A write-watched region never forgets a write.
 * STATUS_INSUFFICIENT_RESOURCES: no page for a table. */
NTSTATUS MiDecommit(MMSPACE *, MMVAD *, ULONG first, ULONG last);
/* The whole region, its head or tail, or its middle, which makes two.
 * STATUS_INSUFFICIENT_RESOURCES: no pool for the second. */
NTSTATUS MiRelease(MMSPACE *, MMVAD *, ULONG first, ULONG last);

typedef struct _MIRUN { /* pages from vpn to End - 1 that are alike */
    MMVAD *Vad;         /* NULL: free; Kind, bounds and Protection say the rest */
    ULONG End;          /* free: where the next region begins, or MI_HIGHEST_VPN + 1 */
    ULONG Protection;   /* MM_*; MM_DECOMMIT: reserved, or free */
} MIRUN;
/* vpn: any user page; also of a view. */
void MiDescribe(MMSPACE *, ULONG vpn, MIRUN *);

#endif
