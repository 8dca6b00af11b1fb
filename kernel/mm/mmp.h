/* mmp.h - private declarations of mm that belong to no lesson: start-up, kernel mappings.
 *
 * The others: pte.h (entries and protections), range.h (a region's pages), space.h (a
 * space and its charges), user.h (user pointers), and the contracts pagealloc.h, vad.h,
 * region.h, fault.h.
 *
 * Lock: none.  The kernel is not preempted and no interrupt handler calls mm.
 */
#ifndef FATHOM_MMP_H
#define FATHOM_MMP_H

#include "mm/range.h"
#include "kd/kd.h"

/* ---- start-up ---- */
typedef struct _MIPAGERUN {
    PFN_NUMBER First, End; /* [First, End) */
} MIPAGERUN;
void MiReadBootMap(const MULTIBOOT_INFO *);
/* The next run of memory at or after run->End, in order of address; free: of memory that
 * the loader did not fill.  FALSE: there is no more. */
BOOLEAN MiNextRun(MIPAGERUN *run, BOOLEAN free);
PFN_NUMBER MiBootPage(void);
void MiBuildPfnDatabase(void);
void MiInitializeSpaces(const PFN_NUMBER directory[4], MMSPACE *);
DECLSPEC_NORETURN void MiStopWithoutPages(const char *why);

/* ---- pool.c ---- */
void MiVisitBlocks(void (*visit)(ULONG tag, void *context), void *context);
ULONG_PTR MiTakePoolRange(ULONG count); /* pages; 0: no such run of addresses is free */
#define MI_BITS(n) (((n) + 31) / 32)    /* ULONGs of a map of n bits */
/* The first of count clear bits, which are set; PFN_NONE.  hint: where to begin. */
ULONG MiTakeRun(ULONG *bits, ULONG *hint, ULONG limit, ULONG count);
void MiFlipBits(ULONG *bits, ULONG first, ULONG count);
/* Charge, find and map count zeroed pages at va; all or nothing. */
BOOLEAN MiMapPages(ULONG_PTR va, ULONG count);
void MiUnmapPages(ULONG_PTR va, ULONG count);

/* ---- reaching a page that has no address: hyper.c ---- */
/* slot 0..3; a page in the linear map needs none and gets its own address. */
void *MiMapPage(PFN_NUMBER, ULONG slot);
void MiZeroBySse(void *page);

/* ---- the kernel's half: kernelmap.c ---- */
/* FALSE: no page for the table.  The page at va must be unmapped. */
BOOLEAN MiMapKernel(ULONG_PTR va, PFN_NUMBER, ULONG bits);
PFN_NUMBER MiUnmapKernel(ULONG_PTR va);

#endif
