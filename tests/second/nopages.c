/* nopages.c - a page allocator that never has a page: the boot must say so. */
#include "mm/pagealloc.h"

static ULONG added;

void MiAddPages(PFN_NUMBER first, ULONG count)
{
    (void)first;
    added += count;
}

PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)
{
    (void)zone, (void)zeroed;
    return PFN_NONE;
}

void MiGivePage(PFN_NUMBER pfn)
{
    (void)pfn;
}

BOOLEAN MmZeroOnePage(void)
{
    return FALSE;
}

void MiCountPages(MIPAGECOUNTS *counts)
{
    counts->Free = added;
    counts->Zeroed = 0;
}

ULONG MiCheckPages(void)
{
    return 0;
}
