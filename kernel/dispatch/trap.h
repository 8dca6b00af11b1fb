/* trap.h - what the files of dispatch share about traps. */
#ifndef FATHOM_TRAP_H
#define FATHOM_TRAP_H

#include "dispatch/dispatch.h"
#include "ke/ki.h"
#include "mm/mm.h"

#define EFLAGS_TF     0x100u
#define EFLAGS_IF     0x200u
#define EFLAGS_DF     0x400u
#define EFLAGS_ALWAYS 0x202u /* IF, and bit 1 */

/* From trap.asm: vector came; a page fault at address came. */
void KiDispatchTrap(KTRAP_FRAME *, ULONG vector);
void KiPageFault(KTRAP_FRAME *, ULONG_PTR address);
/* From the fault tasks of trap.asm: they do not return. */
void KiNmi(void);
void KiDoubleFault(void);
/* Give an exception of user mode to its program (firstChance), or end the process with
 * it.  frame is the current thread's user frame. */
void KiDispatchException(EXCEPTION_RECORD *, KTRAP_FRAME *frame, BOOLEAN firstChance);
/* The same from the pieces: up to three parameters. */
void KiRaiseUser(KTRAP_FRAME *, NTSTATUS code, ULONG_PTR address, ULONG count,
                 ULONG_PTR p0, ULONG_PTR p1);
/* A CONTEXT of all that a program's own code can change. */
ULONG KiContextFlags(void);
/* The frame goes on in ntdll: at eip, on the stack esp, as every function there begins. */
void KiEnterNtdll(KTRAP_FRAME *frame, ULONG esp, ULONG_PTR eip);
/* Leave the kernel by this frame, which lies where the thread's user frame belongs. */
DECLSPEC_NORETURN void KiEnterUser(KTRAP_FRAME *);

#endif
