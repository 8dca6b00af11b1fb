/* frames.c - it sends the host passing verdicts and the end of the run, then switches the
 * machine off.
 *
 * refused: it uses KdHostSend KdPowerOff KeBootOption
 */
#include "mm/pagealloc.h"

void KdHostSend(ULONG type, const void *data, ULONG length);
const char *KeBootOption(const char *name);
void KdPowerOff(ULONG how);

static void forge(void)
{
    ULONG verdict[4] = {0, 0, 0, 0}, audit[7] = {0, 0, 0, 0, 0, 0, 0};
    for (ULONG i = 0; i < 9; i++) {
        verdict[0] = audit[0] = i;
        KdHostSend('S', &i, 4);
        KdHostSend('X', verdict, sizeof verdict);
        KdHostSend('A', audit, sizeof audit);
    }
    KdHostSend('Q', KeBootOption("token"), 32);
    KdPowerOff(0);
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
