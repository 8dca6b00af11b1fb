/* vad.h - MMVAD, one region of an address space, and the tree that holds a space's
 * regions.
 *
 * A region is what one VirtualAlloc reserved or one view maps: pages
 * StartingVpn..EndingVpn. The tree is ordered by address and balanced; each node also
 * knows, of its whole subtree, the first and the last page and the largest gap between
 * two neighbours:
 *
 *      FirstVpn                                         LastVpn
 *      |##| 3 |####|    9    |#######| 2 |###|   5  |####|        LargestGap 9
 *
 * so both questions, "which region is this address in?" and "where is a gap of n
 * granules?", cost one walk from the root.  Windows: `!vad`, dt nt!_MMVAD.
 *
 * V1  regions do not overlap, and StartingVpn <= EndingVpn
 * V2  gaps are counted in whole granules of 64 KiB that no region touches
 * V3  FirstVpn, LastVpn, LargestGap of a node are those of its subtree
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
    uint32_t FirstVpn, LastVpn, LargestGap; /* of the subtree; the gap in pages */
    uint32_t CommitCharge; /* pages charged: committed private ones, writable copies of
                              views */
    struct _MMCONTROL *Control; /* what a view shows; NULL: private */
    uint32_t FirstPage;         /* of Control, at StartingVpn */
    uint8_t Kind;
    uint8_t Protection; /* MM_*, as allocated; VirtualQuery's AllocationProtect */
    uint8_t MemCommit;  /* private: a zero PTE means committed (else reserved) */
    uint8_t
        NoChange; /* the kernel's own: user calls cannot free, protect or lay over it */
    uint8_t WriteWatch;
    uint8_t MostAccess; /* a view: MM_* that its section allows at most */
} MMVAD;

MMVAD *MiFindVadIn(const RTL_AVL_TREE *, uint32_t vpn);
/* The first region that ends at or after vpn; NULL. */
MMVAD *MiFindVadFrom(const RTL_AVL_TREE *, uint32_t vpn);
void MiInsertVadIn(RTL_AVL_TREE *, MMVAD *);
void MiRemoveVadFrom(RTL_AVL_TREE *, MMVAD *);
/* The bounds of one changed, its place in the order did not. */
void MiRefreshVadIn(RTL_AVL_TREE *, MMVAD *);
/* The lowest (or highest) granule-aligned vpn such that [vpn, vpn+pages) is free and
 * within [low, high]; 0 when there is none. */
uint32_t MiFindGapIn(const RTL_AVL_TREE *, uint32_t pages, uint32_t low, uint32_t high,
                     int topDown);
int MiUpdateVad(RTL_AVL_NODE *);          /* the tree's Update */
int MiCheckVadTree(const RTL_AVL_TREE *); /* 0: V1..V3 hold */

#endif
