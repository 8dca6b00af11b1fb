/* sysenter_by_hand.c - it enters the kernel by hand, as int 2Eh and sysenter do.
 *
 * refused: inline assembler
 */
#include "mm/pagealloc.h"

static void forge(void)
{
    __asm__ volatile("int $0x2E" ::"a"(0));
    __asm__ volatile("sysenter" ::"a"(0));
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
