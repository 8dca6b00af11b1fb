/* float.c - x87 and SSE state, and the debug registers: what a switch carries besides the rest.
 *
 * Each thread has an FXSAVE area at the top of its kernel stack.  State is saved and loaded
 * whole at each switch, never lazily: the kernel itself uses none of it, so between two
 * switches the registers are the current thread's own.  Without FXSR the area holds an FNSAVE
 * image.  Lock: interrupts off.
 */
#include "ke/ki.h"

static UCHAR KiCleanFloat[512]
    __attribute__((aligned(16))); /* what a new thread begins with */

void KiSaveFloat(PKTHREAD thread)
{
    UCHAR *area = KiFxArea(thread);
    if (KeFeatures.Fxsr)
        __asm__ volatile("fxsave (%0)" ::"r"(area) : "memory");
    else
        __asm__ volatile("fnsave (%0)" ::"r"(area) : "memory");
}

void KiRestoreFloat(PKTHREAD thread)
{
    const UCHAR *area = KiFxArea(thread);
    if (KeFeatures.Fxsr)
        __asm__ volatile("fxrstor (%0)" ::"r"(area) : "memory");
    else
        __asm__ volatile("frstor (%0)" ::"r"(area) : "memory");
}

void KiInitializeFloat(PKTHREAD thread)
{
    memcpy(KiFxArea(thread), KiCleanFloat, sizeof KiCleanFloat);
}

void KiMakeCleanFloat(void)
{
    const USHORT control = 0x027F; /* as Windows: 53 bits, all exceptions masked */
    const ULONG mxcsr = 0x1F80;
    __asm__ volatile("fninit; fldcw %0" ::"m"(control));
    if (KeFeatures.Sse)
        __asm__ volatile(".byte 0x0F, 0xAE, 0x10" ::"a"(&mxcsr),
                         "m"(mxcsr)); /* ldmxcsr [eax] */
    if (KeFeatures.Fxsr)
        __asm__ volatile("fxsave %0" : "=m"(KiCleanFloat));
    else
        __asm__ volatile("fnsave %0; frstor %0" : "+m"(KiCleanFloat));
}

void KiLoadDebugRegisters(PKTHREAD thread)
{
    const KTRAP_FRAME *f = KiUserFrame(thread);
    if (thread->DebugActive) {
        __asm__ volatile("mov %0, %%dr0" ::"r"(f->Dr0));
        __asm__ volatile("mov %0, %%dr1" ::"r"(f->Dr1));
        __asm__ volatile("mov %0, %%dr2" ::"r"(f->Dr2));
        __asm__ volatile("mov %0, %%dr3" ::"r"(f->Dr3));
    }
    __asm__ volatile("mov %0, %%dr7" ::"r"(thread->DebugActive ? f->Dr7 : 0));
}
