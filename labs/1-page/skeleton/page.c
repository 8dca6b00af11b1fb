/* page.c - the page allocator: one physical page, the bottom of every allocation.
 *
 * Lab 1: this file is yours.  kernel/mm/pagealloc.h says what each function must do; nothing here
 * does it yet.  It builds, and the boot stops with "no page at boot", because MiTakePage never has
 * one.  Begin with MiAddPages and MiTakePage.
 *
 * What you must decide first: how do you find a free page of a zone without looking at each?
 * MMPFN.Link of a page that you hold is yours: 32 bits for each free page, at no cost.
 */
#include "mm/pagealloc.h"

/* The pages first..first+count-1 are free, with old bytes; they may lie in two or three zones. */
void MiAddPages(PFN_NUMBER first, ULONG count)
{
    (void)first, (void)count; /* missing: remember them */
}

/* A page of zone or a lower one; PFN_NONE if there is none. */
PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)
{
    (void)zone, (void)zeroed;
    return PFN_NONE; /* missing: find one, and zero it if that is asked */
}

/* The page is free again, with old bytes. */
void MiGivePage(PFN_NUMBER pfn)
{
    (void)pfn; /* missing: remember it */
}

/* The idle thread has time: one page with old bytes becomes a zeroed one. */
BOOLEAN MmZeroOnePage(void)
{
    return FALSE; /* missing: TRUE if a page was zeroed */
}

void MiCountPages(MIPAGECOUNTS *counts)
{
    counts->Free = counts->Zeroed = ~0u; /* missing: how many you hold */
}

/* 0 if your structures agree with each other. */
ULONG MiCheckPages(void)
{
    return 1; /* missing: a check that you will be glad of */
}
