/* grader_replaced.c - it defines functions of the cases: its own must not take their place.
 *
 * not refused: it earns nothing
 */
#include "mm/pagealloc.h"

void take(void);
void take(void)
{
}
void check_counts(void);
void check_counts(void)
{
}
void zero_one(void);
void zero_one(void)
{
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
