/* fatal.c - the two fault tasks: NMI and double fault, each on a stack of its own.
 *
 * A task switch left the registers of what was interrupted in the main TSS.  An NMI is
 * how the host asks a machine that hangs what it is doing: it answers with the stacks of
 * all threads (a 'T' frame) and a bug check.  A double fault is nearly always a kernel
 * stack overflow; observe/stop.c says so, with the service.
 */
#include "dispatch/trap.h"

/* The interrupted registers as a trap frame; *frame stays valid. */
static const KTRAP_FRAME *KiTaskFrame(void)
{
    static KTRAP_FRAME f;
    const KTSS *t = &KiTss;
    f = (KTRAP_FRAME){.DbgEbp = t->Ebp,
                      .DbgEip = t->Eip,
                      .DbgArgMark = KTRAP_FRAME_MARK,
                      .SegGs = t->Gs,
                      .SegEs = t->Es,
                      .SegDs = t->Ds,
                      .SegFs = t->Fs,
                      .Edx = t->Edx,
                      .Ecx = t->Ecx,
                      .Eax = t->Eax,
                      .Edi = t->Edi,
                      .Esi = t->Esi,
                      .Ebx = t->Ebx,
                      .Ebp = t->Ebp,
                      .Eip = t->Eip,
                      .SegCs = t->Cs,
                      .EFlags = t->EFlags,
                      .HardwareEsp = t->Esp,
                      .HardwareSegSs = t->Ss};
    return &f;
}

void KiDoubleFault(void)
{
    KdBugCheckTrap(UNEXPECTED_KERNEL_MODE_TRAP, KiTaskFrame(), 8, KiTss.Esp);
}

void KiNmi(void)
{
    const KTRAP_FRAME *frame = KiTaskFrame();
    KdHooks.SendThreadStacks();
    KdBugCheckTrap(NMI_HARDWARE_FAILURE, frame, 0, 0);
}
