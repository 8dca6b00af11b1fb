/* simd.c - SSE exceptions: #XM becomes STATUS_FLOAT_MULTIPLE_FAULTS or _TRAPS with MXCSR as
 * its second parameter, as Windows makes them (winnt.h knows the codes; a compiler's library
 * tells which one it was from MXCSR). */
#include <windows.h>
#include "check.h"

static DWORD code, count, info[2], seen, raised, mxcsr_in_context;
static BOOL on_fathom;
static void *address, *eip;

static LONG CALLBACK note(EXCEPTION_POINTERS *p)
{
    code = p->ExceptionRecord->ExceptionCode;
    count = p->ExceptionRecord->NumberParameters;
    info[0] = p->ExceptionRecord->ExceptionInformation[0];
    info[1] = p->ExceptionRecord->ExceptionInformation[1];
    address = p->ExceptionRecord->ExceptionAddress;
    eip = (void *)(ULONG_PTR)p->ContextRecord->Eip;
    seen++;
    DWORD *mxcsr = (DWORD *)(p->ContextRecord->ExtendedRegisters + 24);
    mxcsr_in_context = *mxcsr;
    *mxcsr = 0x1F80; /* all masked: the instruction is done again and goes through */
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* MXCSR: flags 0-5 invalid, denormal, zero divide, overflow, underflow, precision; masks
 * from bit 7. */
static void divide(float a, float b, DWORD unmasked, DWORD expected)
{
    float result = 0;
    DWORD mxcsr = 0x1F80 & ~(unmasked << 7), after;
    seen = code = 0;
    __asm__ volatile("ldmxcsr %2; movss %3, %%xmm0; movss %4, %%xmm1\n\t"
                     "1: divss %%xmm1, %%xmm0\n\t"
                     "movss %%xmm0, %0; stmxcsr %1"
                     : "=m"(result), "=m"(after)
                     : "m"(mxcsr), "m"(a), "m"(b)
                     : "memory");
    mxcsr = 0x1F80;
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
    raised = seen;
    if (!raised)
        return;
    if (on_fathom) /* Wine calls all six traps */
        CHECK_EQUAL(code, expected);
    if (on_fathom) { /* and gives one parameter */
        CHECK_EQUAL(count, 2);
        CHECK_EQUAL(info[0], 0);
        CHECK_EQUAL(info[1], mxcsr_in_context);
    }
    CHECK_EQUAL(mxcsr_in_context & unmasked, unmasked);
    CHECK(address == eip && *(unsigned char *)address == 0xF3);
}

int main(void)
{
    if (!IsProcessorFeaturePresent(PF_XMMI_INSTRUCTIONS_AVAILABLE))
        return 0;
    on_fathom = LoadLibraryA("fathom.dll") != NULL;
    PVOID handler = AddVectoredExceptionHandler(1, note);
    divide(1, 0, 0, 0);
    CHECK_EQUAL(raised, 0);
    divide(1, 0, 4, (DWORD)STATUS_FLOAT_MULTIPLE_FAULTS);
    if (!raised)
        return 0; /* QEMU's TCG has no SSE exceptions */
    divide(0, 0, 1, (DWORD)STATUS_FLOAT_MULTIPLE_FAULTS);
    divide(1, 3, 0x20, (DWORD)STATUS_FLOAT_MULTIPLE_TRAPS);
    divide(3e38f, 1e-30f, 8, (DWORD)STATUS_FLOAT_MULTIPLE_TRAPS);
    divide(1e-38f, 3e38f, 0x10, (DWORD)STATUS_FLOAT_MULTIPLE_TRAPS);
    divide(4, 2, 0x3F, 0);
    CHECK_EQUAL(raised, 0);
    RemoveVectoredExceptionHandler(handler);
    return 0;
}
