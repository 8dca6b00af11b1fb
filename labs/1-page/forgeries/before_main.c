/* before_main.c - it runs before the cases do.
 *
 * refused: code that runs before the tests
 */
#include "mm/pagealloc.h"

static ULONG early;
__attribute__((constructor)) static void before(void)
{
    early++;
}

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
