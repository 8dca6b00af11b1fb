/* space.h - MMSPACE, one address space: its tables, its regions, what it is charged. */
#ifndef FATHOM_SPACE_H
#define FATHOM_SPACE_H

#include "mm/mm.h"
#include "mm/vad.h"

#define MM_TAG       0x206D4D46u /* "FMm " */
#define MI_TEB_SLOTS 4064u       /* most threads of a process */

struct _MMSPACE {
    ULONGLONG Pdpt[4]; /* first, in a page of its own: CR3 points here */
    ULONG Cr3;
    LONG References;
    MMVADS Vads;             /* its regions */
    LIST_ENTRY Links;        /* MiSpaces */
    PFN_NUMBER Directory[4]; /* page directories; [2] is the kernel's */
    ULONG PrivatePages, SharedPages, TablePages; /* frames that its PTEs hold */
    ULONG CommitPages, PeakCommit;               /* of its regions, without tables */
    ULONG PeakPages, Faults;
    ULONG VirtualPages, PeakVirtual;
    ULONG ChargedTables; /* page tables that are charged */
    ULONG LockedPages;
    ULONG MinimumPages, MaximumPages;  /* of the working set: they bound LockedPages */
    BOOLEAN Closed;                    /* MmCleanSpace was here: no new region */
    ULONG TebSlots[MI_TEB_SLOTS / 32]; /* bit n: there is a TEB n pages below the first */
};
extern MMSPACE *MiCurrentSpace, *MiSystemSpace;
extern LIST_ENTRY MiSpaces;
#define MI_SPACE_PAGES 4 /* of a space: itself and three directories */
/* References is 1, the defaults of a working set, and a place in MiSpaces. */
void MiInitializeSpace(MMSPACE *, const PFN_NUMBER directory[4]);

/* Before pages go, and before PeakPages is read. */
static inline void MiNotePeak(MMSPACE *space)
{
    ULONG pages = space->PrivatePages + space->SharedPages;
    if (pages > space->PeakPages)
        space->PeakPages = pages;
}

/* ---- commit: of the system, and of one space ---- */
extern ULONG MiCommitted, MiCommitLimit; /* pages */
BOOLEAN MiChargeCommit(ULONG pages);     /* FALSE: over the limit, nothing charged */
void MiReturnCommit(ULONG pages);

/* ---- a region enters a space, changes its bounds, leaves ---- */
/* A region of these bounds, which are free: node, place in the tree, charge of commit pages
 * (its CommitCharge) and of the page tables that it may need.  Its other fields come as 0.
 * STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT: nothing was changed. */
NTSTATUS MiCreateVad(MMSPACE *, ULONG first, ULONG last, ULONG commit, MMVAD **);
/* New bounds inside the old ones, or back to them; the charge of tables follows. */
void MiResizeVad(MMSPACE *, MMVAD *, ULONG first, ULONG last);
/* The space is current: the region with its pages, tables and charge goes. */
void MiDeleteVad(MMSPACE *, MMVAD *);
/* So many pages of commit more (or, negative, less) for the space and for CommitCharge.
 * FALSE: over the limit, nothing was changed.  Less never fails. */
BOOLEAN MiChargeVad(MMSPACE *, MMVAD *, LONG more);

#endif
