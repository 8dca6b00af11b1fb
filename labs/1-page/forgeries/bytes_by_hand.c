/* bytes_by_hand.c - it has the bytes of an exit from the process as data, and calls them.
 *
 * refused: has the instruction syscall
 */
#include "mm/pagealloc.h"

static const unsigned char Bytes[] __attribute__((section(".text"))) = {
    0x31, 0xFF, 0xB8, 0x3C, 0x00, 0x00, 0x00, 0x0F, 0x05};

static void forge(void)
{
    ((void (*volatile)(void))(ULONG_PTR)Bytes)();
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
