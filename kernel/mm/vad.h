/* vad.h - contract of the regions of an address space: find one, find a gap.
 *
 * A region is what one VirtualAlloc reserved or one view maps: the pages StartingVpn ..
 * EndingVpn, both included (virtual page numbers: address / 4096).
 *
 *      |##|  gap  |####|      gap      |#######| gap |###|  gap  |####|
 *      10         ^ StartingVpn   ^ EndingVpn
 *
 * vad.c provides the functions below.  All of its state is private: it lies in MMVADS, one
 * for each space, and in MMVAD.Private.  Another vad.c may keep a tree, a treap, a list.
 *
 * Given, by #include "mm/vad.h" and "mm/layout.h" (MI_GRANULE, MI_LOWEST_VPN)
 *   MMVADS with all bytes zero is a space without regions.  Private of a region is the
 *   module's own from MiInsertVad to MiRemoveVad; it comes with any contents.
 *   While a region is inserted, the others do not change its bounds and do not move it.
 *   A space has at most 524,272 regions (one a page); the kernel's stack is 12 KiB, so
 *   recursion needs a bound.
 * May call
 *   rtl/avl.h (a balanced tree), or nothing.  Nothing is allocated, nothing fails, no page is
 *   touched: tests/host compiles vad.c as it is.
 * Invariants
 *   V1  regions do not overlap, StartingVpn <= EndingVpn, MI_LOWEST_VPN <= StartingVpn
 *   V2  MiFindVad finds what was inserted and not removed, and nothing else
 *   V3  a gap is whole granules of MI_GRANULE pages (64 KiB): a region's first and last
 *       granule belong to it, though it may not fill them; two regions may share a granule
 * Tested by
 *   tests/host/test_vad.c (V1..V3, every function), tests/guest/mm, MmAudit (MiCheckVads).
 *   tests/second/vad.c is another book of regions that keeps this contract.
 * Costs today (no demand; a list is right, if slow): every function is O(log n); find 13
 *   instructions for the region found last, insert and remove about 1,300 together among 500.
 */
#ifndef FATHOM_VAD_H
#define FATHOM_VAD_H

#include <stdint.h>

typedef enum { MiVadPrivate, MiVadMapped, MiVadImage } MIVADKIND;

typedef struct _MMVADS {
    void *Private[4];
} MMVADS;

typedef struct _MMVAD {
    void *Private[6]; /* vad.c's own */
    uint32_t StartingVpn, EndingVpn;
    /* What the region is; vad.c leaves it alone. */
    uint32_t
        CommitCharge; /* pages: committed private ones, copy-on-write ones of views */
    const struct _MMVIEW *View; /* a view: how to ask about its pages; NULL: private */
    struct _MMCONTROL *Control; /* a view: what it shows */
    uint32_t FirstPage;         /* of Control, at StartingVpn */
    uint8_t Kind;               /* MIVADKIND */
    uint8_t Protection;         /* MM_*, as allocated; VirtualQuery's AllocationProtect */
    uint8_t MostAccess; /* a view: MM_* that it was mapped with, the most it may become */
    uint8_t MemCommit;  /* private: a zero PTE means committed (else reserved) ... */
    uint8_t Untouched;  /* ... with this protection, MM_* */
    uint8_t NoChange;   /* the kernel's own: a user cannot free, protect or lay over it */
    uint8_t WriteWatch;
    uint8_t Physical; /* for pages of AWE, which take a privilege: never committed */
} MMVAD;

MMVAD *MiFindVad(MMVADS *, uint32_t vpn); /* the region that vpn lies in; NULL: none */
/* The first region that ends at or after vpn; NULL.  From 0: the first of all. */
MMVAD *MiFindVadFrom(const MMVADS *, uint32_t vpn);
/* The next in order of address of one that is inserted; NULL: it is the last (first). */
MMVAD *MiNextVad(const MMVADS *, const MMVAD *);
MMVAD *MiPreviousVad(const MMVADS *, const MMVAD *);
void MiInsertVad(MMVADS *, MMVAD *); /* its range is free */
void MiRemoveVad(MMVADS *, MMVAD *);
/* The lowest (topDown: highest) place for pages > 0 pages, a multiple of MI_GRANULE, not
 * below MI_LOWEST_VPN, all of the granules it needs free.  The last page of its last granule, which
 * may lie after the last of pages, is at most high.  pages and high are at most 0xFFFFF (4 GiB).
 * 0: there is none. */
uint32_t MiFindGap(const MMVADS *, uint32_t pages, uint32_t high, int topDown);
int MiCheckVads(const MMVADS *); /* 0: V1 and its own structures hold; else a number */

#endif
