/* port_by_hand.c - it writes to the port of the host by hand.
 *
 * refused: inline assembler
 */
#include "mm/pagealloc.h"

static void forge(void)
{
    static const char frame[] = "X";
    __asm__ volatile("cld; rep outsb" ::"S"(frame), "c"(sizeof frame), "d"(0xE9)
                     : "memory");
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
