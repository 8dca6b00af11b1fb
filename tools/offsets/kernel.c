/* kernel.c - what the kernel's assembler needs of our structures and constants.
 *
 * This file is compiled to assembler text and no further; mk/gen.mk makes ke_offsets.inc of
 * its lines that begin with "->".
 */
#include "dispatch/service.h"
#include "ke/ki.h"

#define LINE(text, value)          __asm__ volatile("\n->%%define " text " %c0" ::"i"(value))
#define CONSTANT(name)             LINE(#name, name)
#define FIELD(prefix, type, field) LINE(#prefix "_" #field, offsetof(type, field))
#define SIZE(type)                 LINE(#type "_SIZE", sizeof(type))

void KiOffsets(void)
{
    FIELD(KTRAP, KTRAP_FRAME, DbgEbp);
    FIELD(KTRAP, KTRAP_FRAME, DbgEip);
    FIELD(KTRAP, KTRAP_FRAME, DbgArgMark);
    FIELD(KTRAP, KTRAP_FRAME, DbgArgPointer);
    FIELD(KTRAP, KTRAP_FRAME, SegGs);
    FIELD(KTRAP, KTRAP_FRAME, SegEs);
    FIELD(KTRAP, KTRAP_FRAME, SegDs);
    FIELD(KTRAP, KTRAP_FRAME, Edx);
    FIELD(KTRAP, KTRAP_FRAME, Ecx);
    FIELD(KTRAP, KTRAP_FRAME, Eax);
    FIELD(KTRAP, KTRAP_FRAME, SegFs);
    FIELD(KTRAP, KTRAP_FRAME, Edi);
    FIELD(KTRAP, KTRAP_FRAME, Esi);
    FIELD(KTRAP, KTRAP_FRAME, Ebx);
    FIELD(KTRAP, KTRAP_FRAME, Ebp);
    FIELD(KTRAP, KTRAP_FRAME, ErrCode);
    FIELD(KTRAP, KTRAP_FRAME, Eip);
    FIELD(KTRAP, KTRAP_FRAME, SegCs);
    FIELD(KTRAP, KTRAP_FRAME, EFlags);
    FIELD(KTRAP, KTRAP_FRAME, HardwareEsp);
    FIELD(KTRAP, KTRAP_FRAME, HardwareSegSs);
    CONSTANT(KTRAP_FRAME_MARK);
    FIELD(KPCR, KPCR, TSS);
    FIELD(KPCR, KPCR, CurrentThread);
    FIELD(KPCR, KPCR, Reschedule);
    FIELD(KTHREAD, KTHREAD, StackLimit);
    FIELD(KTSS, KTSS, Esp0);
    CONSTANT(KGDT_R0_CODE);
    CONSTANT(KGDT_R0_DATA);
    CONSTANT(KGDT_R3_CODE);
    CONSTANT(KGDT_R3_DATA);
    CONSTANT(KGDT_TSS);
    CONSTANT(KGDT_R0_PCR);
    CONSTANT(KGDT_R3_TEB);
    FIELD(KSERVICE, KSERVICE, Routine);
    FIELD(KSERVICE, KSERVICE, ArgumentBytes);
    SIZE(KSERVICE);
    CONSTANT(KSERVICE_MOST_BYTES);
    LINE("ARGUMENT_LIMIT", MM_HIGHEST_USER_ADDRESS + 1 - KSERVICE_MOST_BYTES);
    LINE("KERNEL_BASE", MM_SYSTEM_RANGE_START);
    CONSTANT(SERVICE_COUNT);
    CONSTANT(FATHOM_FIRST);
    CONSTANT(FATHOM_COUNT);
    CONSTANT(KE_BOOT_STACK_SIZE);
    CONSTANT(STATUS_ACCESS_VIOLATION);
    CONSTANT(STATUS_INVALID_SYSTEM_SERVICE);
}
