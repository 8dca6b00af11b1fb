/* fault.c - MmAccessFault: resolves a page fault at a user address.
 *
 * The PTE and the region decide, in this order:
 *
 *   no region, reserved, NOACCESS           access violation
 *   guard page                              the stack grows, or the guard is gone
 *   write (execute) and not allowed         access violation
 *   there, copy-on-write, written to        the process gets a copy of its own
 *   there                                   the processor had an old entry; go on
 *   a view's page, not there                fetched from the section
 *   a private page, never touched           a zeroed page: MiResolveDemandZero
 *
 * Windows: MmAccessFault, MiDispatchFault, MiResolveDemandZeroFault.
 */
#include "mm/fault.h"
#include "mm/user.h"

/* Out of line: the path of a first touch stays short. */
#define APART __attribute__((noinline))

/* By MM_ access code: which of these a page denies; under copy-on-write, not a write. */
#define W MI_FAULT_WRITE
#define X MI_FAULT_EXECUTE
static const UCHAR MiDenied[8] = {W | X, W | X, W, W, X, X, 0, 0};

/* Commit promised a page: here it is, zeroed. */
static inline NTSTATUS MiResolveDemandZero(ULONG_PTR address, ULONG protection)
{
    if (!MiHasTable(address) && !MiMakeTable(address))
        return STATUS_NO_MEMORY;
    PFN_NUMBER pfn = PageAlloc(MmPageUser, MM_PAGE_ZEROED, address);
    if (pfn == PFN_NONE) {
        MiDropTableIfEmpty(address);
        return STATUS_NO_MEMORY;
    }
    MiFillPte(MiPteOf(address), MiMakeValidPte(pfn, protection));
    MiCurrentSpace->PrivatePages++;
    return STATUS_SUCCESS;
}

/* The process gets its own copy of a shared page that is present.  The page was charged
 * when it became copy-on-write.  STATUS_NO_MEMORY. */
static NTSTATUS MiCopyOnWrite(const MMVAD *vad, ULONG_PTR address, ULONG protection)
{
    MMPTE old = *MiPteOf(address);
    PFN_NUMBER copy = PageAlloc(MmPageUser, 0, address);
    if (copy == PFN_NONE)
        return STATUS_NO_MEMORY;
    MiCopyPage(copy, MiPtePfn(old));
    MiSetPte(MiPteOf(address), MiMakePte(copy, protection ^ MM_WRITECOPY ^ MM_READWRITE));
    MiReleaseFrame(MiCurrentSpace, old, vad, MiVpn(address));
    MiCurrentSpace->PrivatePages++;
    return STATUS_SUCCESS;
}

/* A view's page, shared; a write under copy-on-write copies it at once. */
APART static NTSTATUS MiResolveView(const MMVAD *vad, ULONG_PTR address, ULONG protection,
                                    ULONG errorCode)
{
    PFN_NUMBER pfn;
    if (!MiMakeTable(address))
        return STATUS_NO_MEMORY;
    NTSTATUS status = vad->View->Fetch(vad, MiVpn(address), &pfn);
    if (!NT_SUCCESS(status)) {
        MiDropTableIfEmpty(address);
        return status;
    }
    MiPfn(pfn)->ShareCount++;
    MiCurrentSpace->SharedPages++;
    MiSetPte(MiPteOf(address), MiMakePte(pfn, protection));
    return errorCode & MI_FAULT_WRITE && MiIsCopy(protection)
               ? MiCopyOnWrite(vad, address, protection)
               : STATUS_SUCCESS;
}

/* Every access to the page traps: it is reserved, NOACCESS, or a guard. */
APART static NTSTATUS MiTrap(MMVAD *vad, ULONG_PTR address, ULONG protection)
{
    if (protection == MM_DECOMMIT || protection == MM_NOACCESS)
        return STATUS_ACCESS_VIOLATION;
    return MiGuardFault(vad, address, protection);
}

/* The page is present: a copy is due, or the processor had an old entry. */
APART static NTSTATUS MiPresentPage(MMVAD *vad, ULONG_PTR address, ULONG protection,
                                    ULONG errorCode)
{
    if (errorCode & MI_FAULT_WRITE && MiIsCopy(protection))
        return MiCopyOnWrite(vad, address, protection);
    MiFlushPage(address);
    return STATUS_SUCCESS;
}

/* Make the page at address good for this access, in the current space. */
static inline __attribute__((always_inline)) NTSTATUS MiResolveFault(ULONG_PTR address,
                                                                     ULONG errorCode)
{
    ULONG vpn = MiVpn(address);
    MMVAD *vad = MiFindVad(&MiCurrentSpace->Vads, vpn);
    if (!vad)
        return STATUS_ACCESS_VIOLATION;
    MMPTE pte = MiReadPte(vpn);
    ULONG protection = MiPteProtection(pte, vad, vpn);
    if (MiTraps(protection))
        return MiTrap(vad, address, protection);
    if (errorCode & MiDenied[protection & MM_ACCESS_MASK])
        return STATUS_ACCESS_VIOLATION;
    if (pte.Low & PTE_VALID)
        return MiPresentPage(vad, address, protection, errorCode);
    if (vad->View)
        return MiResolveView(vad, address, protection, errorCode);
    return MiResolveDemandZero(address, protection);
}

NTSTATUS MmAccessFault(ULONG errorCode, ULONG_PTR address, BOOLEAN userMode,
                       KTRAP_FRAME *frame)
{
    NTSTATUS status = STATUS_ACCESS_VIOLATION;
    if (!userMode && !MmFindFixup(frame->Eip))
        return status;
    if (address <= MM_HIGHEST_USER_ADDRESS && !(errorCode & MI_FAULT_RESERVED))
        MiCurrentSpace->Faults++, status = MiResolveFault(address, errorCode);
    MmFaultStatus = status;
    return status;
}

/* As if address had been touched. */
NTSTATUS MiMakeResident(ULONG_PTR address, BOOLEAN write)
{
    return MiResolveFault(address, write ? MI_FAULT_WRITE : 0);
}
