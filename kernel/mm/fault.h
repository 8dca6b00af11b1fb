/* fault.h - contract of the page fault: the promise of commit is kept here.
 *
 * A fault is no error yet: most mean "first touch, give me the page".  Region and PTE decide
 * (range.h has the table of states); the answer is a page, or the status that the
 * exception carries.
 *
 * Given
 *   Interrupts are on, the space of the access is current, nothing else runs.  errorCode is
 *   the processor's: MI_FAULT_*.  The frame is only read: the caller raises the exception or
 *   goes on at the fix-up.  The commit charge of every page and table that a fault may need
 *   is held already, so PageAlloc, which sets ShareCount to 1, fails only when a test asks.
 * May call, beside the inline functions of pte.h and range.h
 *   1  MiFindVad                            the region of an address               vad.h
 *   2  MiPteProtection, MiReadPte           what region and PTE allow              range.h
 *   3  MiMakeTable, MiDropTableIfEmpty      a page table, and its way back         range.h
 *   4  PageAlloc, PageFree                  a page: MmPageUser, MM_PAGE_ZEROED     mm.h
 *   5  MiFillPte, MiSetPte, MiMakePte       make it visible; MiFlushPage           range.h, pte.h
 *   6  vad->View->Fetch                     a view's page                          range.h
 *   7  MiGuardFault                         a guard page, the stack that grows     below
 *   8  MiCopyPage, MiReleaseFrame           copy-on-write                          below, range.h
 *   and MmFindFixup (mm.h), MmFaultStatus (user.h).
 * Invariants
 *   F1  a page that becomes visible holds what it should: zeros, the view's bytes, a copy
 *   F2  a table's UsedCount counts its entries that are not 0; an empty table is dropped
 *   F3  PrivatePages, SharedPages and a shared page's ShareCount follow each PTE
 *   F4  STATUS_SUCCESS means: the same access will not fault for the same reason again
 * Tested by
 *   tests/guest/mm, seh, dispatch (stacks, guards, copies, kernel accesses), MmAudit
 *   (F2, F3), tests/hostile/scarce.t (no page for a table).
 * Costs today, in instructions, trap included: first touch 567, of them 275 to zero the
 *   page; 262 with a page that was zeroed while idle.
 */
#ifndef FATHOM_FAULT_H
#define FATHOM_FAULT_H

#include "mm/range.h"

#define MI_FAULT_PRESENT  0x01u /* the page was there: its protection said no */
#define MI_FAULT_WRITE    0x02u
#define MI_FAULT_USER     0x04u
#define MI_FAULT_RESERVED 0x08u /* a reserved bit in an entry: never mm's doing */
#define MI_FAULT_EXECUTE  0x10u

/* ---- fault.c must provide ---- */
/* MmAccessFault (mm.h).  address: any.  STATUS_SUCCESS: try the access again.  In this order:
 *   not userMode and no MmFindFixup(frame->Eip): STATUS_ACCESS_VIOLATION, nothing changes.
 *   From here on, MmFaultStatus becomes what is returned (copy.asm's fix-ups read it).
 *   Above MM_HIGHEST_USER_ADDRESS, or MI_FAULT_RESERVED: STATUS_ACCESS_VIOLATION.
 *   MiCurrentSpace->Faults counts this fault, however it ends.
 *   Free, reserved, NOACCESS: STATUS_ACCESS_VIOLATION.  A guard: what MiGuardFault says.
 *   Not allowed: STATUS_ACCESS_VIOLATION.  Present and allowed: an old TLB entry, MiFlushPage.
 *   Else the page is brought or copied: STATUS_NO_MEMORY, or what Fetch says.
 * MiMakeResident does the same for an address of the user's, as if it had been touched;
 * Faults and MmFaultStatus stay as they are. */
NTSTATUS MiMakeResident(ULONG_PTR address, BOOLEAN write);

/* ---- given ---- */
/* stack.c.  The page at address is a guard; protection is its MM_* code.  The guard goes; the stack
 * grows if it was its guard: STATUS_SUCCESS, go on.  Else STATUS_GUARD_PAGE_VIOLATION,
 * STATUS_STACK_OVERFLOW, STATUS_NO_MEMORY. */
NTSTATUS MiGuardFault(MMVAD *, ULONG_PTR address, ULONG protection);
void MiCopyPage(PFN_NUMBER to, PFN_NUMBER from); /* hyper.c */

#endif
