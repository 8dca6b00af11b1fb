/* context.c - a thread's user registers as a CONTEXT, and back.
 *
 * The integer registers lie in the thread's user trap frame, x87 and SSE in its FXSAVE
 * area (or in the processor, for the thread that runs), gs in the register or on top of
 * the saved kernel stack.  A CONTEXT comes from a program: whatever it must not choose is
 * put right, silently, as Windows does.  Windows: KeContextFromKframes,
 * KeContextToKframes.
 */
#include "ke/ki.h"

#define EFLAGS_USER   0x00254DD5u /* CF PF AF ZF SF TF DF OF NT RF AC ID */
#define EFLAGS_ALWAYS 0x202u      /* IF, and bit 1 */
#define MXCSR_BITS    0xFFBFu     /* every processor with SSE has these */
#define DR7_USER      0xFFFF0155u /* local enables, conditions, lengths; no GD */

#define WANTS(flags, part) (((flags) & (part)) == (part))

/* The registers that CONTEXT and KTRAP_FRAME name alike. */
#define INTEGER_REGISTERS(copy)                                                          \
    copy(Edi) copy(Esi) copy(Ebx) copy(Edx) copy(Ecx) copy(Eax)
#define DEBUG_REGISTERS(copy) copy(Dr0) copy(Dr1) copy(Dr2) copy(Dr3) copy(Dr6) copy(Dr7)
#define TO_CONTEXT(name)      context->name = f->name;
#define TO_FRAME(name)        f->name = context->name;

C_ASSERT(sizeof(FLOATING_SAVE_AREA) == 112 && sizeof(CONTEXT) == 0x2CC);

static ULONG KiGetGs(PKTHREAD thread)
{
    ULONG gs;
    if (thread != KeGetCurrentThread())
        return *(ULONG *)thread->KernelStack & 0xFFFF;
    __asm__ volatile("mov %%gs, %0" : "=r"(gs));
    return gs & 0xFFFF;
}

static void KiSetGs(PKTHREAD thread, ULONG gs)
{
    if (thread != KeGetCurrentThread())
        *(ULONG *)thread->KernelStack = gs;
    else
        __asm__ volatile("mov %0, %%gs" ::"r"(gs));
}

/* A selector that user mode may hold, or what it would normally be. */
static ULONG KiUserSelector(ULONG selector, ULONG usual)
{
    const ULONG s = selector & 0xFFFF;
    return s == 0 || s == KGDT_R3_CODE || s == KGDT_R3_DATA || s == KGDT_R3_TEB ? s
                                                                                : usual;
}

/* Work on a thread's floating state with the instructions that know its two formats: it
 * is brought into the processor, and the current thread's kept meanwhile. */
static void KiSwapFloat(PKTHREAD out, PKTHREAD in)
{
    if (out != in) {
        KiSaveFloat(out);
        KiRestoreFloat(in);
    }
}

static void KiGetFloat(PKTHREAD thread, CONTEXT *context)
{
    FLOATING_SAVE_AREA save;
    const ULONG flags = KeDisable();
    if (KeFeatures.Fxsr && WANTS(context->ContextFlags, CONTEXT_EXTENDED_REGISTERS)) {
        if (thread == KeGetCurrentThread())
            KiSaveFloat(thread);
        memcpy(context->ExtendedRegisters, KiFxArea(thread), 512);
    }
    KiSwapFloat(KeGetCurrentThread(), thread);
    if (WANTS(context->ContextFlags, CONTEXT_FLOATING_POINT)) {
        __asm__ volatile("fnsave %0; frstor %0" : "=m"(save));
        memcpy(&context->FloatSave, &save, 108);
        context->FloatSave.Cr0NpxState = 0;
    }
    KiSwapFloat(thread, KeGetCurrentThread());
    KeRestore(flags);
}

static void KiSetFloat(PKTHREAD thread, const CONTEXT *context)
{
    static UCHAR area[512] __attribute__((aligned(16)));
    const ULONG flags = KeDisable();
    KiSwapFloat(KeGetCurrentThread(), thread);
    if (KeFeatures.Fxsr && WANTS(context->ContextFlags, CONTEXT_EXTENDED_REGISTERS)) {
        memcpy(area, context->ExtendedRegisters, sizeof area);
        *(ULONG *)(area + 24) &= MXCSR_BITS; /* a reserved bit would fault */
        __asm__ volatile("fxrstor (%0)" ::"r"(area) : "memory");
    }
    if (WANTS(context->ContextFlags, CONTEXT_FLOATING_POINT))
        __asm__ volatile("frstor %0" ::"m"(context->FloatSave));
    KiSwapFloat(thread, KeGetCurrentThread());
    KeRestore(flags);
}

void KeContextFromThread(PKTHREAD thread, CONTEXT *context)
{
    const KTRAP_FRAME *f = thread->TrapFrame;
    const ULONG want = context->ContextFlags;
    if (WANTS(want, CONTEXT_CONTROL)) {
        context->Ebp = f->Ebp;
        context->Eip = f->Eip;
        context->SegCs = f->SegCs & 0xFFFF;
        context->EFlags = f->EFlags | EFLAGS_ALWAYS;
        context->Esp = f->HardwareEsp;
        context->SegSs = f->HardwareSegSs & 0xFFFF;
    }
    if (WANTS(want, CONTEXT_INTEGER)) {
        INTEGER_REGISTERS(TO_CONTEXT)
    }
    if (WANTS(want, CONTEXT_SEGMENTS)) {
        context->SegGs = KiGetGs(thread);
        context->SegFs = f->SegFs & 0xFFFF;
        context->SegEs = f->SegEs & 0xFFFF;
        context->SegDs = f->SegDs & 0xFFFF;
    }
    if (WANTS(want, CONTEXT_FLOATING_POINT) || WANTS(want, CONTEXT_EXTENDED_REGISTERS))
        KiGetFloat(thread, context);
    if (WANTS(want, CONTEXT_DEBUG_REGISTERS)) {
        DEBUG_REGISTERS(TO_CONTEXT)
    }
}

static ULONG KiUserAddress(ULONG address)
{
    return address <= MM_HIGHEST_USER_ADDRESS ? address : 0;
}

static void KiSetDebugRegisters(PKTHREAD thread, const CONTEXT *context)
{
    KTRAP_FRAME *f = thread->TrapFrame;
    f->Dr0 = KiUserAddress(context->Dr0);
    f->Dr1 = KiUserAddress(context->Dr1);
    f->Dr2 = KiUserAddress(context->Dr2);
    f->Dr3 = KiUserAddress(context->Dr3);
    f->Dr6 = context->Dr6 & 0xE00F;
    f->Dr7 = context->Dr7 & DR7_USER;
    thread->DebugActive = (f->Dr7 & 0x55) != 0;
    if (thread == KeGetCurrentThread())
        KiLoadDebugRegisters(thread);
}

void KeContextToThread(PKTHREAD thread, const CONTEXT *context)
{
    KTRAP_FRAME *f = thread->TrapFrame;
    const ULONG want = context->ContextFlags;
    if (WANTS(want, CONTEXT_CONTROL)) {
        f->Ebp = context->Ebp;
        f->Eip = context->Eip;
        f->SegCs = KGDT_R3_CODE;
        f->EFlags = (context->EFlags & EFLAGS_USER) | EFLAGS_ALWAYS;
        f->HardwareEsp = context->Esp;
        f->HardwareSegSs = KGDT_R3_DATA;
        f->DbgEbp = f->Ebp;
        f->DbgEip = f->Eip;
    }
    if (WANTS(want, CONTEXT_INTEGER)) {
        INTEGER_REGISTERS(TO_FRAME)
    }
    if (WANTS(want, CONTEXT_SEGMENTS)) {
        KiSetGs(thread, KiUserSelector(context->SegGs, 0));
        f->SegFs = KiUserSelector(context->SegFs, KGDT_R3_TEB);
        f->SegEs = KiUserSelector(context->SegEs, KGDT_R3_DATA);
        f->SegDs = KiUserSelector(context->SegDs, KGDT_R3_DATA);
    }
    if (WANTS(want, CONTEXT_FLOATING_POINT) || WANTS(want, CONTEXT_EXTENDED_REGISTERS))
        KiSetFloat(thread, context);
    if (WANTS(want, CONTEXT_DEBUG_REGISTERS))
        KiSetDebugRegisters(thread, context);
    KeRequestExitWork(thread);
}
