/* pfn.h - MMPFN, one physical page as mm sees it.
 *
 * The database is an array by page number at MI_PFN_BASE, mapped only where there is
 * memory.  Windows: MmPfnDatabase, dt nt!_MMPFN; `!pfn`.
 */
#ifndef FATHOM_PFN_H
#define FATHOM_PFN_H

#include "mm/mm.h"
#include "mm/layout.h"

typedef enum {
    MiPageAbsent,
    MiPageFree,   /* in the page allocator */
    MiPageZeroed, /* the same, and known to be zero */
    MiPageActive,
    MiPageFixed /* the kernel's image, the archive, the boot's tables: never allocated */
} MIPAGESTATE;

typedef struct _MMPFN {
    ULONG Link;       /* free: the page allocator's own */
    ULONG ShareCount; /* active: PTEs that show it, plus one if a control holds it */
    USHORT UsedCount; /* page table: entries in it that are not 0 */
    USHORT LockCount;
    UCHAR State;     /* MIPAGESTATE */
    UCHAR Use;       /* MMPAGEUSE, when active */
    USHORT RunPages; /* first page of a pool run: pages in the run */
} MMPFN;
C_ASSERT(sizeof(MMPFN) == 16);

#ifndef MiPfn
#define MiPfn(pfn)   ((MMPFN *)MI_PFN_BASE + (pfn))
#define MI_MAX_PFN   ((MI_PFN_END - MI_PFN_BASE) / sizeof(MMPFN))
#define MI_FIRST_PFN 0x100u /* below 1 MiB: firmware's tables, real mode */
#endif

extern ULONG MiTotalPages, MiFixedPages;
extern PFN_NUMBER MiEndPfn;      /* one past the highest page */
extern PFN_NUMBER MiLinearPages; /* pages below it lie in the linear map */

#endif
