/* pfn.h - MMPFN, one physical page as mm sees it, and the lists of pages that nobody
 * uses.
 *
 * The database is an array by page number at MI_PFN_BASE, mapped only where there is
 * memory. Windows: MmPfnDatabase, dt nt!_MMPFN; `!pfn`.  tests/host compiles page.c
 * against this file.
 */
#ifndef FATHOM_PFN_H
#define FATHOM_PFN_H

typedef enum {
    MiPageAbsent,
    MiPageFree,
    MiPageZeroed,
    MiPageActive,
    MiPageFixed /* the kernel's image, the archive, the boot's tables: for good */
} MIPAGESTATE;

typedef struct _MMPFN {
    PFN_NUMBER Next;  /* in its list; of a pool run's first page: pages in the run */
    ULONG ShareCount; /* active: PTEs that show it, plus one if a control holds it */
    USHORT UsedCount; /* page table: entries in it that are not 0 */
    USHORT LockCount;
    UCHAR State; /* MIPAGESTATE */
    UCHAR Use;   /* MMPAGEUSE, when active */
    USHORT Reserved;
} MMPFN;
C_ASSERT(sizeof(MMPFN) == 16);

#ifndef MiPfn
#define MiPfn(pfn) ((MMPFN *)MI_PFN_BASE + (pfn))
#define MI_MAX_PFN ((MI_PFN_END - MI_PFN_BASE) / sizeof(MMPFN))
#endif

typedef struct _MMPAGELIST {
    PFN_NUMBER First; /* PFN_NONE: empty */
    ULONG Count;
} MMPAGELIST;
/* Zones of memory: [0] in the linear map, [1] above it, [2] above 4 GiB. */
#define MI_ZONES 3
#ifndef MI_FAR_PFN
#define MI_FAR_PFN 0x100000u
#endif
#define MiZoneOf(pfn) ((ULONG)((pfn) >= MiLinearPages) + ((pfn) >= MI_FAR_PFN))
extern MMPAGELIST MiFreePages[MI_ZONES], MiZeroedPages[MI_ZONES];
extern ULONG MiActivePages[5]; /* by MMPAGEUSE */
extern ULONG MiTotalPages, MiFixedPages;
extern PFN_NUMBER MiHighestPfn, MiLinearPages;

#endif
