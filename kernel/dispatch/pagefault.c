/* pagefault.c - a page fault goes to mm; what mm refuses becomes an exception.
 *
 *     KiTrap0E -> KiPageFault -> MmAccessFault: STATUS_SUCCESS, the access is made again
 *                                               else  user mode: the exception of that status
 *                                                     kernel: the fix-up of the instruction
 *
 * Sources: Intel SDM vol. 3, 4.7 (error code, CR2); EXCEPTION_RECORD on Microsoft's pages.
 */
#include "dispatch/trap.h"

static void KiRaiseFault(KTRAP_FRAME *f, NTSTATUS status, ULONG_PTR address)
{
    const ULONG_PTR kind = f->ErrCode & 0x10 ? 8 : f->ErrCode & 2 ? 1 : 0;
    EXCEPTION_RECORD record = {.ExceptionCode = status,
                               .ExceptionAddress = (PVOID)f->Eip,
                               .NumberParameters = 2,
                               .ExceptionInformation = {kind, address}};
    if (status == STATUS_IN_PAGE_ERROR) {
        record.NumberParameters = 3;
        record.ExceptionInformation[2] = (ULONG)status;
    }
    KiDispatchException(&record, f, TRUE);
}

void KiPageFault(KTRAP_FRAME *frame, ULONG_PTR address)
{
    const BOOLEAN user = (frame->SegCs & 3) != 0;
    if (frame->EFlags & EFLAGS_IF)
        __asm__ volatile("sti");
    KD_TRACE(PageFault, address, frame->ErrCode, frame->Eip);
    const NTSTATUS status = MmAccessFault(frame->ErrCode, address, user, frame);
    KD_TRACE(PageFaultExit, address, status);
    if (status == STATUS_SUCCESS)
        return;
    if (user) {
        KiRaiseFault(frame, status, address);
        return;
    }
    const ULONG_PTR fixup = MmFindFixup(frame->Eip);
    if (fixup == 0)
        KdBugCheckTrap(PAGE_FAULT_IN_NONPAGED_AREA, frame, address, frame->ErrCode);
    frame->Eip = fixup;
}
