/* pfn.c - from the boot's memory map to the PFN database.
 *
 * Until there is a database, pages are taken upwards (MiBootPage), always below 512 MiB,
 * never one that the loader filled.  Then each page of memory that is not filled and was
 * not taken is free.  What the map does not name has no MMPFN at all: the database is
 * mapped only where there is memory.
 */
#include "mm/mmp.h"
#include "mm/pagealloc.h"

ULONG MiFixedPages;
static MIPAGERUN MiBootRun = {MI_FIRST_PFN,
                              MI_FIRST_PFN}; /* free ones before it are taken */

/* A zeroed page, before there is a database.  It is never given back. */
PFN_NUMBER MiBootPage(void)
{
    if (MiBootRun.First == MiBootRun.End && !MiNextRun(&MiBootRun, TRUE))
        MiBootRun.First = MI_MAX_PFN;
    if (MiBootRun.First >= MiLinearPages)
        MiStopWithoutPages("mm's own tables do not fit");
    MiZeroPage(MiBootRun.First);
    return MiBootRun.First++;
}

static void MiMapDatabase(const MIPAGERUN *run)
{
    ULONG_PTR va = ALIGN_DOWN(MiPfn(run->First), PAGE_SIZE);
    for (; va < (ULONG_PTR)MiPfn(run->End); va += PAGE_SIZE) {
        if (!MiHasTable(va)) {
            MiStorePte(MiPdeOf(va), MiFrame(MiBootPage(), PTE_VALID | PTE_WRITE));
            MiFlushPage((ULONG_PTR)MiPteOf(va));
        }
        if (!(MiPteOf(va)->Low & PTE_VALID))
            MiStorePte(MiPteOf(va),
                       MiFrame(MiBootPage(), PTE_VALID | PTE_WRITE | PTE_GLOBAL));
    }
}

/* Of one run of memory: what is free goes to the page allocator, all else is fixed. */
static void MiSortPages(const MIPAGERUN *run)
{
    MIPAGERUN free = {0, run->First};
    for (PFN_NUMBER at = run->First; at < run->End; at = free.End) {
        if (!MiNextRun(&free, TRUE) || free.First > run->End)
            free = (MIPAGERUN){run->End, run->End};
        if (free.First < MiBootRun.First) /* some of them MiBootPage took */
            free.First = free.End < MiBootRun.First ? free.End : MiBootRun.First;
        MiFixedPages += free.First - at;
        for (; at < free.First; at++)
            MiPfn(at)->State = MiPageFixed;
        free.End = free.End < run->End ? free.End : run->End;
        MiAddPages(free.First, free.End - free.First);
    }
}

/* The kernel's tables are loaded. */
void MiBuildPfnDatabase(void)
{
    MIPAGERUN run = {0, MI_FIRST_PFN};
    while (MiNextRun(&run, FALSE))
        MiMapDatabase(&run);
    run.End = MI_FIRST_PFN;
    while (MiNextRun(&run, FALSE))
        MiSortPages(&run);
}
