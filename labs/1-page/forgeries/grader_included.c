/* grader_included.c - it includes the held-back cases, to read their numbers.
 *
 * refused: it includes labs/1-page/held/host/life.c
 */
#include "mm/pagealloc.h"
#include "../../labs/1-page/held/host/life.c"

static void forge(void)
{
}

void MiAddPages(PFN_NUMBER first, ULONG count)
{
    (void)first, (void)count;
}

PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)
{
    (void)zone, (void)zeroed;
    forge();
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
    counts->Free = counts->Zeroed = 0;
}

ULONG MiCheckPages(void)
{
    return 0;
}
