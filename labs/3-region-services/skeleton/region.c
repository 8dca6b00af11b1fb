/* region.c - private regions: reserve, commit, decommit, release, describe.  Yours to write;
 * mm/region.h is the contract.
 *
 * As it is, nothing can be reserved.  Begin with MiReserve and MiDescribe: `hello.exe` needs
 * no more than these two and MiCommit.  Then think of R1: what has each of your functions
 * changed at the moment when the next call may fail?
 */
#include "mm/region.h"

NTSTATUS MiReserve(MMSPACE *space, MIRESERVE *want)
{
    (void)space, (void)want;
    return STATUS_NO_MEMORY;
}

NTSTATUS MiCommit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last, ULONG protection)
{
    (void)space, (void)vad, (void)first, (void)last, (void)protection;
    return STATUS_NO_MEMORY;
}

NTSTATUS MiDecommit(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    (void)space, (void)vad, (void)first, (void)last;
    return STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS MiRelease(MMSPACE *space, MMVAD *vad, ULONG first, ULONG last)
{
    (void)space, (void)vad, (void)first, (void)last;
    return STATUS_INSUFFICIENT_RESOURCES;
}

void MiDescribe(MMSPACE *space, ULONG vpn, MIRUN *run)
{
    (void)space;
    *run = (MIRUN){NULL, vpn + 1, MM_DECOMMIT};
}
