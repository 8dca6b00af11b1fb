/* exceptions - RaiseException, and what the processor raises: EXCEPTION_RECORD. */
#include "documented.h"
#include "guarded.h"

static EXCEPTION_RECORD seen, chained;
static CONTEXT seen_context;
static int calls, skip;

static void note(EXCEPTION_POINTERS *p)
{
    seen = *p->ExceptionRecord;
    seen_context = *p->ContextRecord;
    if (seen.ExceptionRecord)
        chained = *seen.ExceptionRecord;
    calls++;
}

static LONG take(EXCEPTION_POINTERS *p)
{
    note(p);
    return EXCEPTION_EXECUTE_HANDLER;
}

static LONG go_on(EXCEPTION_POINTERS *p)
{
    note(p);
    p->ContextRecord->Eip += skip;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* ---- RaiseException ---- */

static DWORD raise_code, raise_flags, raise_count;
static ULONG_PTR raise_words[20];
static BOOL without_words, came_back;

static void raise_it(void)
{
    came_back = FALSE;
    RaiseException(raise_code, raise_flags, raise_count,
                   without_words ? NULL : raise_words);
    came_back = TRUE;
}

static void raising(void)
{
    for (int i = 0; i < 20; i++)
        raise_words[i] = 100 + i;
    raise_code = 0xE0000042, raise_count = 3;
    documented("RaiseException",
               "the filter gets the code, and control passes to the handler", SAME,
               guarded(take, raise_it) == 0xE0000042 &&
                   seen.ExceptionCode == 0xE0000042 && !came_back);
    documented("RaiseException",
               "the arguments are in the record that GetExceptionInformation gives", SAME,
               seen.NumberParameters == 3 && seen.ExceptionInformation[0] == 100 &&
                   seen.ExceptionInformation[2] == 102);
    documented("RaiseException",
               "flags 0: a continuable exception, execution goes on after the call", SAME,
               guarded(go_on, raise_it) == 0 && came_back && seen.ExceptionFlags == 0);
    without_words = TRUE;
    documented("RaiseException",
               "the number of arguments is ignored when lpArguments is NULL", SAME,
               guarded(take, raise_it) == 0xE0000042 && seen.NumberParameters == 0);
    without_words = FALSE;
    raise_count = 20;
    documented("RaiseException",
               "no more than EXCEPTION_MAXIMUM_PARAMETERS (15) arguments", SAME,
               guarded(take, raise_it) == 0xE0000042 && seen.NumberParameters == 15 &&
                   seen.ExceptionInformation[14] == 114);
    raise_count = 0;
    raise_flags = EXCEPTION_NONCONTINUABLE;
    documented("RaiseException", "EXCEPTION_NONCONTINUABLE reaches the filter", SAME,
               guarded(take, raise_it) == 0xE0000042 &&
                   seen.ExceptionFlags == EXCEPTION_NONCONTINUABLE);
    raise_flags = 0;
}

static LONG stubborn(EXCEPTION_POINTERS *p)
{
    note(p);
    return p->ExceptionRecord->ExceptionCode == raise_code ? EXCEPTION_CONTINUE_EXECUTION
                                                           : EXCEPTION_EXECUTE_HANDLER;
}

static void noncontinuable(void)
{
    calls = 0;
    raise_flags = EXCEPTION_NONCONTINUABLE;
    documented("RaiseException",
               "any attempt to continue after a noncontinuable exception causes "
               "EXCEPTION_NONCONTINUABLE_EXCEPTION",
               SAME,
               guarded(stubborn, raise_it) == (DWORD)EXCEPTION_NONCONTINUABLE_EXCEPTION &&
                   calls == 2);
    documented("EXCEPTION_RECORD",
               "ExceptionRecord points to an associated record: records are chained when "
               "exceptions nest",
               SAME,
               seen.ExceptionRecord != NULL && chained.ExceptionCode == raise_code &&
                   chained.ExceptionFlags & EXCEPTION_NONCONTINUABLE);
    raise_flags = 0;
}

/* ---- what the processor raises ---- */

static void null_read(void)
{
    __asm__ volatile("movl $0x24, %%eax; .byte 0x8b, 0x00" ::: "eax", "memory");
}
static void null_write(void)
{
    __asm__ volatile("movl $0x28, %%eax; .byte 0x89, 0x00" ::: "eax", "memory");
}
static void null_call(void)
{
    ((void (*)(void))(ULONG_PTR)0x50)();
}
static void non_canonical(void) /* a segment's end: no address is told */
{
    __asm__ volatile("movw $0, %%ax; movw %%ax, %%gs; .byte 0x65, 0xa1, 0, 0, 0, 0" ::
                         : "eax", "memory");
}
static void divide(void)
{
    __asm__ volatile("xorl %%ecx, %%ecx; .byte 0xf7, 0xf1" ::: "eax", "ecx", "edx");
}
static void divide_too_large(void)
{
    __asm__ volatile("movl $5, %%edx; movl $1, %%ecx; .byte 0xf7, 0xf1" ::
                         : "eax", "ecx", "edx");
}
static void overflow(void)
{
    __asm__ volatile("movb $0x7f, %%al; addb $1, %%al; into" ::: "eax", "cc");
}
static void bounds(void)
{
    static const int limits[2] = {1, 3};
    __asm__ volatile("movl $7, %%eax; .byte 0x62, 0x01" ::"c"(limits) : "eax");
}
static void illegal(void)
{
    __asm__ volatile("ud2");
}
static void bad_lock(void)
{
    __asm__ volatile(".byte 0xf0, 0x90");
}
static void privileged(void)
{
    __asm__ volatile("hlt");
}
static void breakpoint(void)
{
    __asm__ volatile("int3");
}
static void step(void)
{
    __asm__ volatile("pushfl; orl $0x100, (%%esp); popfl; nop; nop" ::: "memory", "cc");
}
static void misaligned(void) /* AC set, and an odd address */
{
    static const char words[16];
    __asm__ volatile(
        "pushfl; orl $0x40000, (%%esp); popfl; movl 1(%0), %%eax" ::"r"(words)
        : "eax", "memory", "cc");
}
static char *guard_page, *no_execute;
static void touch_guard(void)
{
    *(volatile char *)guard_page = 1;
}
static void run_data(void)
{
    ((void (*)(void))(void *)no_execute)();
}
static void x87(unsigned mask, double a, double b)
{
    unsigned short control = (unsigned short)(0x27F & ~mask);
    volatile double result, one = a, two = b;
    __asm__ volatile("fnclex; fldcw %0" ::"m"(control));
    __asm__ volatile("fldl %1; fdivl %2; fstpl %0; fwait"
                     : "=m"(result)
                     : "m"(one), "m"(two));
}
static void x87_zero(void)
{
    x87(4, 1, 0);
}
static void x87_invalid(void)
{
    x87(1, 0, 0);
}
static void x87_overflow(void)
{
    x87(8, 1e300, 1e-300);
}
static void x87_underflow(void)
{
    x87(16, 1e-300, 1e300);
}
static void x87_inexact(void)
{
    x87(32, 1, 3);
}
static void x87_denormal(void)
{
    x87(2, 4.9e-324, 1);
}
static void x87_stack(void)
{
    unsigned short control = 0x27E;
    __asm__ volatile("fninit; fldcw %0; fstp %%st(0); fwait" ::"m"(control));
}

#define RAISES(body, expected)                                                           \
    (guarded(take, body) == (DWORD)(expected) && seen.ExceptionCode == (DWORD)(expected))
#define CLEAN_X87() __asm__ volatile("fninit")

static void codes(void)
{
    documented(
        "EXCEPTION_RECORD",
        "EXCEPTION_ACCESS_VIOLATION: two parameters, 0 for a read and the address", SAME,
        RAISES(null_read, EXCEPTION_ACCESS_VIOLATION) && seen.NumberParameters == 2 &&
            seen.ExceptionInformation[0] == 0 && seen.ExceptionInformation[1] == 0x24);
    documented("EXCEPTION_RECORD", "EXCEPTION_ACCESS_VIOLATION: 1 for a write", SAME,
               RAISES(null_write, EXCEPTION_ACCESS_VIOLATION) &&
                   seen.ExceptionInformation[0] == 1 &&
                   seen.ExceptionInformation[1] == 0x28);
    documented("EXCEPTION_RECORD", "ExceptionAddress is where the exception occurred",
               SAME,
               seen.ExceptionAddress == (PVOID)(ULONG_PTR)seen_context.Eip &&
                   *(USHORT *)seen.ExceptionAddress == 0x0089);
    documented("EXCEPTION_RECORD",
               "a call to nowhere: the address that could not be reached is the second "
               "parameter and ExceptionAddress",
               SAME,
               RAISES(null_call, EXCEPTION_ACCESS_VIOLATION) &&
                   seen.ExceptionInformation[1] == 0x50 &&
                   seen.ExceptionAddress == (PVOID)0x50);
    no_execute = committed(PAGE);
    *no_execute = (char)0xC3;
    if (IsProcessorFeaturePresent(PF_NX_ENABLED) && guarded(take, run_data))
        documented("EXCEPTION_RECORD",
                   "EXCEPTION_ACCESS_VIOLATION: 8 for data execution prevention", SAME,
                   seen.ExceptionInformation[0] == 8 &&
                       seen.ExceptionInformation[1] == (ULONG_PTR)no_execute);
    freed(no_execute);
    documented("EXCEPTION_RECORD",
               "EXCEPTION_INT_DIVIDE_BY_ZERO: an integer divided by zero", SAME,
               RAISES(divide, EXCEPTION_INT_DIVIDE_BY_ZERO));
    CHECK(RAISES(divide_too_large, EXCEPTION_INT_DIVIDE_BY_ZERO)); /* one trap for both */
    documented("EXCEPTION_RECORD", "EXCEPTION_INT_OVERFLOW: into", SAME,
               RAISES(overflow, EXCEPTION_INT_OVERFLOW));
    documented("EXCEPTION_RECORD",
               "EXCEPTION_ARRAY_BOUNDS_EXCEEDED: the hardware's bounds checking", SAME,
               RAISES(bounds, EXCEPTION_ARRAY_BOUNDS_EXCEEDED));
    documented("EXCEPTION_RECORD",
               "EXCEPTION_ILLEGAL_INSTRUCTION: an invalid instruction", SAME,
               RAISES(illegal, EXCEPTION_ILLEGAL_INSTRUCTION));
    documented("EXCEPTION_RECORD",
               "STATUS_INVALID_LOCK_SEQUENCE: lock before what cannot be locked", SAME,
               RAISES(bad_lock, STATUS_INVALID_LOCK_SEQUENCE));
    documented("EXCEPTION_RECORD",
               "EXCEPTION_PRIV_INSTRUCTION: an operation not allowed in this mode", SAME,
               RAISES(privileged, EXCEPTION_PRIV_INSTRUCTION));
    documented("EXCEPTION_RECORD",
               "EXCEPTION_BREAKPOINT: ExceptionAddress is the breakpoint's", SAME,
               RAISES(breakpoint, EXCEPTION_BREAKPOINT) &&
                   *(UCHAR *)seen.ExceptionAddress == 0xCC);
    documented("EXCEPTION_RECORD",
               "EXCEPTION_SINGLE_STEP: one instruction has been executed", SAME,
               RAISES(step, EXCEPTION_SINGLE_STEP) &&
                   *(UCHAR *)seen.ExceptionAddress == 0x90);
    guard_page = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
    documented("EXCEPTION_RECORD",
               "STATUS_GUARD_PAGE_VIOLATION: access to a page with PAGE_GUARD", SAME,
               RAISES(touch_guard, STATUS_GUARD_PAGE_VIOLATION) &&
                   seen.NumberParameters == 2 && seen.ExceptionInformation[0] == 1 &&
                   seen.ExceptionInformation[1] == (ULONG_PTR)guard_page);
    freed(guard_page);
    documented("EXCEPTION_RECORD",
               "an access beyond a segment's limit is an access violation", SAME,
               RAISES(non_canonical, EXCEPTION_ACCESS_VIOLATION));
}

static void floats(void)
{
    documented("EXCEPTION_RECORD", "EXCEPTION_FLT_DIVIDE_BY_ZERO", SAME,
               RAISES(x87_zero, EXCEPTION_FLT_DIVIDE_BY_ZERO));
    CLEAN_X87();
    documented("EXCEPTION_RECORD", "EXCEPTION_FLT_INVALID_OPERATION", SAME,
               RAISES(x87_invalid, EXCEPTION_FLT_INVALID_OPERATION));
    CLEAN_X87();
    documented("EXCEPTION_RECORD", "EXCEPTION_FLT_OVERFLOW", SAME,
               RAISES(x87_overflow, EXCEPTION_FLT_OVERFLOW));
    CLEAN_X87();
    documented("EXCEPTION_RECORD", "EXCEPTION_FLT_UNDERFLOW", SAME,
               RAISES(x87_underflow, EXCEPTION_FLT_UNDERFLOW));
    CLEAN_X87();
    documented("EXCEPTION_RECORD", "EXCEPTION_FLT_INEXACT_RESULT", SAME,
               RAISES(x87_inexact, EXCEPTION_FLT_INEXACT_RESULT));
    CLEAN_X87();
    /* Emulated processors may know neither of these two. */
    DWORD code = guarded(take, x87_denormal);
    documented("EXCEPTION_RECORD",
               "EXCEPTION_FLT_DENORMAL_OPERAND (where the processor raises it)", SAME,
               code == 0 || code == (DWORD)EXCEPTION_FLT_DENORMAL_OPERAND);
    CLEAN_X87();
    code = guarded(take, x87_stack);
    documented(
        "EXCEPTION_RECORD",
        "EXCEPTION_FLT_STACK_CHECK: the stack of the x87 over- or underflowed (where "
        "the processor raises it)",
        SAME, code == 0 || code == (DWORD)EXCEPTION_FLT_STACK_CHECK);
    CLEAN_X87();
}

/* ---- EFLAGS.AC ---- */

static LONG aligned_again(EXCEPTION_POINTERS *p)
{
    note(p);
    p->ContextRecord->EFlags &= ~0x40000u;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void alignment(void)
{
    calls = 0;
    guarded(aligned_again, misaligned);
    __asm__ volatile("pushfl; andl $~0x40000, (%%esp); popfl" ::: "memory", "cc");
    documented(
        "EXCEPTION_RECORD",
        "EXCEPTION_DATATYPE_MISALIGNMENT: misaligned data where the hardware checks it "
        "(a program that sets EFLAGS.AC)",
        SAME, calls == 0 || seen.ExceptionCode == (DWORD)EXCEPTION_DATATYPE_MISALIGNMENT);
    printf("misalignment: %s\n", calls ? "raised" : "not checked here");
}

int main(void)
{
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    raising();
    noncontinuable();
    codes();
    floats();
    alignment();
    return undocumented();
}
