/* probe.c - a pointer from a program may point nowhere: reading a header survives that.
 *
 * Two instructions of the heap read where a program's pointer points before anything is
 * known of it: the mark in RtlFreeHeap (free.c) and the probe below.  A fault at one of
 * them is not an exception of the program's: RtlDispatchException asks here first, and
 * the instruction counts as done, with the answer no.
 *
 * Lock: none.  In Windows: exception handlers around RtlFreeHeap and its neighbours.
 */
#include "heapp.h"

/* The address of each instruction, and of the one behind it. */
extern const ULONG RtlpMarkProbe[2], RtlpReadProbe[2];

#define EFLAGS_ZERO 0x40u

/* Whether the eight bytes of a header can be read at Entry, which is a multiple of 8. */
bool RtlpIsReadable(const HEAP_ENTRY *Entry)
{
    bool Nowhere;
    __asm__ volatile("orl $1, %1\n" /* clears the zero flag */
                     "1: testb $0, (%2)\n2:\n"
                     ".section .rdata, \"dr\"\n"
                     ".globl _RtlpReadProbe\n_RtlpReadProbe: .long 1b, 2b\n"
                     ".text"
                     : "=@ccnz"(Nowhere)
                     : "r"(1), "r"(Entry));
    return !Nowhere;
}

/* Whether the exception is a fault of one of the two; then Context goes on behind it. */
bool RtlpResumeHeapProbe(const EXCEPTION_RECORD *Record, CONTEXT *Context)
{
    if (Record->ExceptionCode != (ULONG)STATUS_ACCESS_VIOLATION &&
        Record->ExceptionCode != (ULONG)STATUS_GUARD_PAGE_VIOLATION &&
        Record->ExceptionCode != (ULONG)STATUS_IN_PAGE_ERROR)
        return false;
    if (Context->Eip == RtlpMarkProbe[0]) {
        Context->Eip = RtlpMarkProbe[1];
        Context->EFlags |= EFLAGS_ZERO; /* not marked: the long way looks closer */
        return true;
    }
    if (Context->Eip == RtlpReadProbe[0]) {
        Context->Eip = RtlpReadProbe[1];
        Context->EFlags &= ~EFLAGS_ZERO;
        return true;
    }
    return false;
}
