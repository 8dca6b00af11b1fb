/* pagealloc.h - contract of the page allocator: every physical page that is free.
 *
 *      boot: MiAddPages --> free --MmZeroOnePage, when idle--> zeroed
 *                            ^ |                                 |
 *               MiGivePage --+ +--------> MiTakePage <-----------+
 *
 * page.c provides the functions of the first part; it includes "mm/pagealloc.h" and, for
 * ASSERT, "kd/kd.h".  All of its state is private: another page.c may keep lists, a bitmap or
 * buddies.  Units: PFN_NUMBER is a physical page number (address / 4096), counts are pages.
 *
 * Zones, by MiZoneOf(page):
 *   0 MI_ZONE_LINEAR   the kernel has an address for it (below 512 MiB)
 *   1 MI_ZONE_NEAR     below 4 GiB
 *   2 MI_ZONE_FAR      above
 *
 * Given
 *   MMPFN (pfn.h): of a page that the allocator holds, Link and State are its own, to use or
 *   not; State must not become MiPageActive or MiPageFixed.  A page comes as MiPageAbsent
 *   when it is added, as MiPageFree when it is given.  The caller of MiTakePage sets State.
 *   No other field may be changed.  Only a page that was added is ever given.
 * May call
 *   MiPfn, MiZoneOf, MiZeroPage, ASSERT.  Nothing may be allocated; no lock is needed.
 * Invariants
 *   P1  each page that was added is either held here or taken, never both
 *   P2  a page taken as zeroed holds 4096 zero bytes; a page that is held as zeroed is not
 *       zeroed again
 *   P3  MiCountPages is exact
 *   P4  the number of pages does not matter to take, give, zero and count; MiAddPages and
 *       MiCheckPages may look at each page
 * Tested by
 *   tests/host/test_page.c (P1..P3 and the order of kinds and zones, 160 pages); tests/guest/mm
 *   at 64, 256, 768 and 4608 MB, MmAudit after every program (P1, P3 and MiCheckPages).
 *   tests/second/page.c is another allocator that keeps this contract.
 * Costs today, in instructions (no demand): take 37, give 24, zero a page 275.
 */
#ifndef FATHOM_PAGEALLOC_H
#define FATHOM_PAGEALLOC_H

#include "mm/mm.h"
#include "mm/pfn.h"

enum { MI_ZONE_LINEAR, MI_ZONE_NEAR, MI_ZONE_FAR, MI_ZONES };
#ifndef MI_FAR_PFN
#define MI_FAR_PFN 0x100000u /* 4 GiB */
#endif
static inline ULONG MiZoneOf(PFN_NUMBER pfn)
{
    return (ULONG)(pfn >= MiLinearPages) + (pfn >= MI_FAR_PFN);
}
void MiZeroPage(PFN_NUMBER); /* fills it with zeros, wherever it lies */

/* ---- page.c must provide ---- */
/* The pages first..first+count-1 are free, with unknown contents.  Boot only, in any order;
 * a run may cross zones, and runs never overlap. */
void MiAddPages(PFN_NUMBER first, ULONG count);
/* One page of zone or a lower one, zeroed if that is asked; PFN_NONE: there is none.
 * The kind that is asked comes first: if zeroed, any zeroed page before one that must be
 * zeroed now; if not, any page with old bytes before a zeroed one.  Among pages of a kind
 * the highest zone comes first, so that what the kernel must reach lasts. */
PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed);
void MiGivePage(PFN_NUMBER); /* free again, with old bytes */
/* Zeroes one page with old bytes, of the highest zone that has one; FALSE: there is none. */
BOOLEAN MmZeroOnePage(void);
typedef struct _MIPAGECOUNTS {
    ULONG Free, Zeroed; /* pages held, with old bytes and with zeros */
} MIPAGECOUNTS;
void MiCountPages(MIPAGECOUNTS *);
ULONG MiCheckPages(void); /* 0: its own structures agree; else a number for the audit */

/* ---- pagealloc.c, for everybody: PageAlloc, PageFree (mm.h), and ---- */
extern ULONG MiActivePages[MmPageShared + 1]; /* taken, by MMPAGEUSE */
BOOLEAN MiFailNow(void);                      /* the n-th allocation is to fail */
BOOLEAN MiIsZeroPage(PFN_NUMBER);             /* DEBUG=1 asks it of each zeroed page */

#endif
