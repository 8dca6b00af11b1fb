/* probe.c - a pointer from a program may point nowhere: reading a header survives that.
 *
 * A few instructions of the heap read where a program's pointer points before anything is
 * known of it: the signature at a heap's handle (RtlpIsSigned), the mark in
 * RtlFreeHeap (free.c), the probe below.  A fault at one of them is not an exception of
 * the program's: RtlDispatchException asks here first, and the instruction counts as done,
 * with the answer no.
 *
 * Lock: none.  In Windows: exception handlers around RtlFreeHeap and its neighbours.
 */
#include "heap/heapp.h"

/* Where those instructions are: each file that has one adds to a section between these
 * two (the linker sorts by what follows the $). */
typedef struct _PROBE {
    ULONG From, To;
    ULONG Zero; /* the flag, after a fault */
    ULONG Reserved;
} PROBE;
extern const PROBE RtlpProbes[], RtlpProbesEnd[];
__asm__(".section .rdata$hpa, \"dr\"\n.p2align 4\n.globl _RtlpProbes\n_RtlpProbes:\n"
        ".section .rdata$hpz, \"dr\"\n.p2align 4\n.globl _RtlpProbesEnd\n"
        "_RtlpProbesEnd:\n.text");

#define EFLAGS_ZERO 0x40u

/* Whether the exception is a fault of one of them; then Context goes on after it. */
bool RtlpResumeHeapProbe(const EXCEPTION_RECORD *Record, CONTEXT *Context)
{
    if (!RtlpIsFault(Record->ExceptionCode))
        return false;
    for (const PROBE *Probe = RtlpProbes; Probe < RtlpProbesEnd; Probe++)
        if (Context->Eip == Probe->From) {
            Context->Eip = Probe->To;
            Context->EFlags = Probe->Zero ? Context->EFlags | EFLAGS_ZERO
                                          : Context->EFlags & ~EFLAGS_ZERO;
            return true;
        }
    return false;
}
