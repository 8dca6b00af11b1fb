/* fault.c - MmAccessFault: resolves a page fault at a user address.  Yours to write; mm/fault.h is
 * the contract.
 *
 * As it is, every first touch is an access violation: the kernel comes up, and its first process
 * cannot run.  Begin with the first touch of a private page, in this order: is there a region; what
 * do region and entry allow (MiReadPte, MiPteProtection); a table, a page of zeros, the entry.
 */
#include "mm/fault.h"
#include "mm/user.h"

NTSTATUS MmAccessFault(ULONG errorCode, ULONG_PTR address, BOOLEAN userMode,
                       KTRAP_FRAME *frame)
{
    (void)errorCode, (void)address, (void)userMode, (void)frame;
    MmFaultStatus = STATUS_ACCESS_VIOLATION;
    return STATUS_ACCESS_VIOLATION;
}

NTSTATUS MiMakeResident(ULONG_PTR address, BOOLEAN write)
{
    (void)address, (void)write;
    return STATUS_ACCESS_VIOLATION;
}
