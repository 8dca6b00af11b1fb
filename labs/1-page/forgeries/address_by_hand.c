/* address_by_hand.c - it calls a function of the kernel by its address.
 *
 * refused: through a pointer
 */
#include "mm/pagealloc.h"

static void forge(void)
{
    ((void(__cdecl *)(ULONG))0x80103000u)(0);
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
