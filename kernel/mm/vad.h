/* vad.h - MMVAD, one region of an address space, and the tree that holds a space's
 * regions.
 *
 * A region is what one VirtualAlloc reserved or one view maps: pages
 * StartingVpn..EndingVpn. The tree is ordered by address and balanced.  Each node knows
 * the gap of free addresses in front of its region, and the largest such gap in its
 * subtree:
 *
 *          gap 3         gap 9          gap 2      gap 5
 *      |##|     |####|          |#######|    |###|      |####|       LargestGap 9
 *
 * so both questions, "which region is this address in?" and "where is a gap of n pages?",
 * cost one walk from the root.  Windows: `!vad`, dt nt!_MMVAD.
 *
 * V1  regions do not overlap, and StartingVpn <= EndingVpn
 * V2  Gap: the pages of the whole 64 KiB granules between the region before (or the
 * lowest user address) and this one V3  LargestGap of a node is the largest Gap in its
 * subtree
 *
 * Only plain types here: tests/host compiles this part as it is.
 */
#ifndef FATHOM_VAD_H
#define FATHOM_VAD_H

#include <stdint.h>
#include "rtl/avl.h"

typedef enum { MiVadPrivate, MiVadMapped, MiVadImage } MIVADKIND;

typedef struct _MMVAD {
    RTL_AVL_NODE Node; /* first */
    uint32_t StartingVpn, EndingVpn;
    uint32_t Gap, LargestGap; /* in pages */
    uint32_t
        CommitCharge; /* pages: committed private ones, copy-on-write ones of views */
    struct _MMCONTROL *Control; /* what a view shows; NULL: private */
    uint32_t FirstPage;         /* of Control, at StartingVpn */
    uint8_t Kind;
    uint8_t Protection; /* MM_*, as allocated; VirtualQuery's AllocationProtect */
    uint8_t MostAccess; /* a view: MM_* that it was mapped with, the most it may become */
    uint8_t MemCommit;  /* private: a zero PTE means committed (else reserved) */
    uint8_t
        NoChange; /* the kernel's own: user calls cannot free, protect or lay over it */
    uint8_t WriteWatch;
    uint8_t Physical; /* for pages of AWE, which take a privilege: never committed */
} MMVAD;

MMVAD *MiFindVadIn(const RTL_AVL_TREE *, uint32_t vpn);
/* The first region that ends at or after vpn; NULL. */
MMVAD *MiFindVadFrom(const RTL_AVL_TREE *, uint32_t vpn);
void MiInsertVadIn(RTL_AVL_TREE *, MMVAD *);
void MiRemoveVadFrom(RTL_AVL_TREE *, MMVAD *);
/* The lowest (or highest) granule-aligned vpn such that [vpn, vpn+pages) is free and ends
 * at high or below; 0 when there is none. */
uint32_t MiFindGapIn(const RTL_AVL_TREE *, uint32_t pages, uint32_t high, int topDown);
int MiUpdateVad(RTL_AVL_NODE *);          /* the tree's Update */
int MiCheckVadTree(const RTL_AVL_TREE *); /* 0: V1..V3 hold */

#endif
