/* trap.c - which trap goes where.
 *
 * An interrupt line goes to ke (a page fault: pagefault.c); every other trap of user mode
 * becomes the exception that Windows 7 makes of it, by the table below; a trap of the kernel's
 * own is a bug check, except where an instruction that touches user memory has a fix-up.
 *
 * Numbers of vectors: Intel SDM vol. 3, table 6-1.  Codes: winnt.h; parameters:
 * EXCEPTION_RECORD on Microsoft's pages, and what Windows 7 does.
 */
#include "dispatch/trap.h"

#define ADDRESS_UNKNOWN 0xFFFFFFFFu

/* A step of the program: TF or a debug register.  The trap clears TF, as on Windows. */
static void KiSingleStep(KTRAP_FRAME *f)
{
    ULONG dr6;
    __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
    __asm__ volatile("mov %0, %%dr6" ::"r"(0));
    f->EFlags &= ~EFLAGS_TF;
    f->Dr6 = dr6;
    KiRaiseUser(f, STATUS_SINGLE_STEP, f->Eip, 0, 0, 0);
}

/* EIP is that of the int3, not of the instruction after it. */
static void KiBreakpoint(KTRAP_FRAME *f)
{
    f->Eip -= 1;
    KiRaiseUser(f, STATUS_BREAKPOINT, f->Eip, 1, 0, 0);
}

static void KiOverflow(KTRAP_FRAME *f)
{
    KiRaiseUser(f, STATUS_INTEGER_OVERFLOW, f->Eip - 1, 0, 0, 0);
}

static BOOLEAN KiIsOneOf(UCHAR byte, const UCHAR *list, ULONG count)
{
    while (count > 0 && list[count - 1] != byte)
        count--;
    return count > 0;
}

/* First bytes of the instruction, prefixes left out; 0 if they cannot be read. */
static void KiReadInstruction(const KTRAP_FRAME *f, UCHAR code[2], BOOLEAN *lock)
{
    static const UCHAR prefixes[] = {0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36,
                                     0x3E, 0x64, 0x65, 0x66, 0x67};
    UCHAR bytes[16];
    ULONG at = 0, length = sizeof bytes;
    *lock = FALSE;
    code[0] = code[1] = 0;
    while (length > 0 && !NT_SUCCESS(MmCopyFromUser(bytes, (void *)f->Eip, length)))
        length--; /* it may end at the end of its page */
    for (; at < length && KiIsOneOf(bytes[at], prefixes, sizeof prefixes); at++)
        *lock |= bytes[at] == 0xF0;
    for (ULONG i = 0; i < 2 && at + i < length; i++)
        code[i] = bytes[at + i];
}

static void KiInvalidOpcode(KTRAP_FRAME *f)
{
    UCHAR code[2];
    BOOLEAN lock;
    KiReadInstruction(f, code, &lock);
    KiRaiseUser(f, lock ? STATUS_INVALID_LOCK_SEQUENCE : STATUS_ILLEGAL_INSTRUCTION,
                f->Eip, 0, 0, 0);
}

/* Instructions that only ring 0 (or IOPL) may execute: SDM vol. 3, 5.9; vol. 1, 18.5. */
static BOOLEAN KiIsPrivileged(const UCHAR code[2])
{
    static const UCHAR one[] = {0x6C, 0x6D, 0x6E, 0x6F, 0xE4, 0xE5, 0xE6, 0xE7,
                                0xEC, 0xED, 0xEE, 0xEF, 0xF4, 0xFA, 0xFB};
    static const UCHAR two[] = {0x00, 0x01, 0x06, 0x08, 0x09, 0x20, 0x21,
                                0x22, 0x23, 0x30, 0x32, 0x33, 0x35};
    return code[0] == 0x0F ? KiIsOneOf(code[1], two, sizeof two)
                           : KiIsOneOf(code[0], one, sizeof one);
}

static void KiSegment(KTRAP_FRAME *f)
{
    KiRaiseUser(f, STATUS_ACCESS_VIOLATION, f->Eip, 2, 0, ADDRESS_UNKNOWN);
}

static void KiGeneralProtection(KTRAP_FRAME *f)
{
    UCHAR code[2];
    BOOLEAN lock;
    KiReadInstruction(f, code, &lock);
    if (f->ErrCode == 0 && KiIsPrivileged(code))
        KiRaiseUser(f, STATUS_PRIVILEGED_INSTRUCTION, f->Eip, 0, 0, 0);
    else
        KiSegment(f);
}

/* The first unmasked exception of the x87, in the order of its status bits. */
static void KiFloat(KTRAP_FRAME *f)
{
    static const NTSTATUS codes[6] = {
        STATUS_FLOAT_INVALID_OPERATION, STATUS_FLOAT_DENORMAL_OPERAND,
        STATUS_FLOAT_DIVIDE_BY_ZERO,    STATUS_FLOAT_OVERFLOW,
        STATUS_FLOAT_UNDERFLOW,         STATUS_FLOAT_INEXACT_RESULT};
    struct {
        ULONG Control, Status, Tag, Eip, Cs, Operand, Ds;
    } env;
    __asm__ volatile("fnstenv %0; fldenv %0" : "+m"(env));
    const ULONG raised = env.Status & ~env.Control & 0x3F;
    NTSTATUS code = STATUS_FLOAT_INVALID_OPERATION;
    if ((raised & 1) && (env.Status & 0x40))
        code = STATUS_FLOAT_STACK_CHECK;
    else if (raised != 0)
        code = codes[__builtin_ctz(raised)];
    KiRaiseUser(f, code, env.Eip, 1, 0, 0);
}

static void KiSimd(KTRAP_FRAME *f)
{
    ULONG mxcsr = 0;
    __asm__ volatile(".byte 0x0F, 0xAE, 0x18" ::"a"(&mxcsr)
                     : "memory"); /* stmxcsr [eax] */
    const ULONG raised = mxcsr & ~(mxcsr >> 7) & 0x3F;
    KiRaiseUser(f,
                raised & 7 ? STATUS_FLOAT_MULTIPLE_FAULTS : STATUS_FLOAT_MULTIPLE_TRAPS,
                f->Eip, 2, 0, mxcsr);
}

static void KiAssertion(KTRAP_FRAME *f)
{
    f->Eip -= 2;
    KiRaiseUser(f, STATUS_ASSERTION_FAILURE, f->Eip, 0, 0, 0);
}

/* The exception at EIP that a trap is, where nothing else is to be found out. */
static const NTSTATUS KiPlainTraps[0x2E] = {
    [0x00] = STATUS_INTEGER_DIVIDE_BY_ZERO,
    [0x05] = STATUS_ARRAY_BOUNDS_EXCEEDED,
    [0x11] = STATUS_DATATYPE_MISALIGNMENT,
};
static void (*const KiUserTraps[0x2E])(KTRAP_FRAME *) = {
    [0x01] = KiSingleStep,    [0x03] = KiBreakpoint,        [0x04] = KiOverflow,
    [0x06] = KiInvalidOpcode, [0x0A] = KiSegment,           [0x0B] = KiSegment,
    [0x0C] = KiSegment,       [0x0D] = KiGeneralProtection, [0x10] = KiFloat,
    [0x13] = KiSimd,          [0x2C] = KiAssertion,         [0x2D] = KiBreakpoint,
};

/* A step inside the kernel: a program set TF and entered in a way that kept it, or has a
 * data breakpoint on a buffer that a service touches.  Neither may stop the kernel. */
static void KiKernelStep(KTRAP_FRAME *f)
{
    __asm__ volatile("mov %0, %%dr6" ::"r"(0));
    f->EFlags &= ~EFLAGS_TF;
}

void KiDispatchTrap(KTRAP_FRAME *frame, ULONG vector)
{
    if (vector >= KE_IRQ_VECTOR) { /* no `int n` comes here: its gate is for ring 0 */
        KiPcr.InterruptedUser = frame->SegCs & 3;
        if (vector < KE_IRQ_VECTOR + 16) /* else a spurious one of the local APIC */
            KiInterrupt(vector - KE_IRQ_VECTOR);
        return;
    }
    if (!(frame->SegCs & 3)) {
        if (vector == 1)
            KiKernelStep(frame);
        else
            KdBugCheckTrap(UNEXPECTED_KERNEL_MODE_TRAP, frame, vector, frame->Eip);
        return;
    }
    __asm__ volatile("sti");
    if (vector < 0x2E && KiUserTraps[vector])
        KiUserTraps[vector](frame);
    else if (vector < 0x2E && KiPlainTraps[vector])
        KiRaiseUser(frame, KiPlainTraps[vector], frame->Eip, 0, 0, 0);
    else
        KdBugCheckTrap(UNEXPECTED_KERNEL_MODE_TRAP, frame, vector, frame->Eip);
}
