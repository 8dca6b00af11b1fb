/* fault.c - a second page fault: one small step at a time, until the access is good.
 *
 * The reference decides once and acts once.  Here the page is in one of five states, and each has
 * one
 * step that brings it nearer to what the access wants:
 *
 *      Forbidden   no step: the access is a violation
 *      Guarded     MiGuardFault says how it goes on
 *      Absent      a page of zeros, or the view's
 *      Shared      a copy of its own (only for a write to copy-on-write)
 *      Good        the processor's old entry is flushed, if it was Good from the start
 *
 *      Absent -> Good        Absent -> Shared -> Good        Shared -> Good
 *
 * The rules of a seed: LAB_AHEAD, LAB_COUNT (lab.toml).
 */
#include "mm/fault.h"
#include "mm/user.h"

#ifndef LAB_AHEAD
#define LAB_AHEAD 0
#define LAB_COUNT 0
#endif

typedef enum { Forbidden, Guarded, Absent, Shared, Good } STATE;

typedef struct {
    MMVAD *Vad;
    ULONG Vpn, Protection, Wants; /* Wants: MI_FAULT_WRITE, MI_FAULT_EXECUTE */
    MMPTE Pte;
} FAULT;

static BOOLEAN Allows(ULONG protection, ULONG wants)
{
    ULONG code = protection & MM_ACCESS_MASK;
    if (wants & MI_FAULT_WRITE && code < MM_READWRITE)
        return FALSE;
    return !(wants & MI_FAULT_EXECUTE) || code & MM_EXECUTE;
}

static STATE Look(FAULT *fault)
{
    fault->Pte = MiReadPte(fault->Vpn);
    ULONG protection = fault->Protection =
        MiPteProtection(fault->Pte, fault->Vad, fault->Vpn);
    if (protection == MM_DECOMMIT || protection == MM_NOACCESS)
        return Forbidden;
    if (MiTraps(protection))
        return Guarded;
    if (!Allows(protection, fault->Wants))
        return Forbidden;
    if (!(fault->Pte.Low & PTE_VALID))
        return Absent;
    return fault->Wants & MI_FAULT_WRITE && MiIsCopy(protection) ? Shared : Good;
}

/* A page of zeros for an entry whose table is there.  FALSE: there is none. */
static BOOLEAN GiveZeros(ULONG vpn, ULONG protection)
{
    PFN_NUMBER pfn = PageAlloc(MmPageUser, MM_PAGE_ZEROED, MiAddress(vpn));
    if (pfn == PFN_NONE)
        return FALSE;
    MiFillPte(MiPteOfVpn(vpn), MiMakeValidPte(pfn, protection));
    MiCurrentSpace->PrivatePages++;
    return TRUE;
}

static void GiveAhead(const FAULT *fault)
{
    for (ULONG n = 1; n <= LAB_AHEAD; n++) {
        ULONG vpn = fault->Vpn + n;
        if (vpn > fault->Vad->EndingVpn || vpn % MI_PAGES_PER_TABLE == 0)
            break;
        MMPTE pte = MiReadPte(vpn);
        if (MiHasFrame(pte) ||
            MiPteProtection(pte, fault->Vad, vpn) != fault->Protection ||
            !GiveZeros(vpn, fault->Protection))
            break;
    }
}

static NTSTATUS Bring(const FAULT *fault)
{
    const ULONG_PTR address = MiAddress(fault->Vpn);
    NTSTATUS status = STATUS_NO_MEMORY;
    PFN_NUMBER pfn;
    if (!MiMakeTable(address))
        return STATUS_NO_MEMORY;
    if (!fault->Vad->View) {
        if (GiveZeros(fault->Vpn, fault->Protection)) {
            GiveAhead(fault);
            return STATUS_SUCCESS;
        }
    } else if ((status = fault->Vad->View->Fetch(fault->Vad, fault->Vpn, &pfn)) >= 0) {
        MiPfn(pfn)->ShareCount++;
        MiCurrentSpace->SharedPages++;
        MiSetPte(MiPteOf(address), MiMakePte(pfn, fault->Protection));
        return STATUS_SUCCESS;
    }
    MiDropTableIfEmpty(address);
    return status;
}

static NTSTATUS Copy(const FAULT *fault)
{
    const ULONG_PTR address = MiAddress(fault->Vpn);
    ULONG own = (fault->Protection & ~MM_WRITECOPY) | MM_READWRITE;
    PFN_NUMBER pfn = PageAlloc(MmPageUser, 0, address);
    if (pfn == PFN_NONE)
        return STATUS_NO_MEMORY;
    own |= fault->Protection & MM_EXECUTE;
    MiCopyPage(pfn, MiPtePfn(fault->Pte));
    MiSetPte(MiPteOf(address), MiMakePte(pfn, own));
    MiReleaseFrame(MiCurrentSpace, fault->Pte, fault->Vad, fault->Vpn);
    MiCurrentSpace->PrivatePages++;
    return STATUS_SUCCESS;
}

static NTSTATUS Resolve(ULONG_PTR address, ULONG wants)
{
    FAULT fault = {
        MiFindVad(&MiCurrentSpace->Vads, MiVpn(address)), MiVpn(address), 0, wants, {0}};
    NTSTATUS status = STATUS_SUCCESS;
    if (!fault.Vad)
        return STATUS_ACCESS_VIOLATION;
    for (int step = 0; step < 3 && NT_SUCCESS(status); step++)
        switch (Look(&fault)) {
        case Forbidden:
            return STATUS_ACCESS_VIOLATION;
        case Guarded:
            return MiGuardFault(fault.Vad, address, fault.Protection);
        case Absent:
            status = Bring(&fault);
            break;
        case Shared:
            status = Copy(&fault);
            break;
        case Good:
            if (step == 0)
                MiFlushPage(address);
            return STATUS_SUCCESS;
        }
    return status;
}

NTSTATUS MmAccessFault(ULONG errorCode, ULONG_PTR address, BOOLEAN userMode,
                       KTRAP_FRAME *frame)
{
    NTSTATUS status = STATUS_ACCESS_VIOLATION;
    if (!userMode && MmFindFixup(frame->Eip) == 0)
        return status;
    if (address <= MM_HIGHEST_USER_ADDRESS && !(errorCode & MI_FAULT_RESERVED)) {
        status = Resolve(address, errorCode);
        MiCurrentSpace->Faults += LAB_COUNT == 0 || (LAB_COUNT == 1) == (status >= 0);
    }
    MmFaultStatus = status;
    return status;
}

NTSTATUS MiMakeResident(ULONG_PTR address, BOOLEAN write)
{
    return Resolve(address, write ? MI_FAULT_WRITE : 0);
}
