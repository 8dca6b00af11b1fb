/* compiler_bomb.c - it makes the compiler write a gigabyte.
 *
 * not refused: it earns nothing
 */
#include "mm/pagealloc.h"

static ULONG Bomb[1 << 28] = {1};

static void forge(void)
{
    Bomb[1]++;
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
