/* trapframe.h - KTRAP_FRAME and the one picture of the kernel stack.
 *
 * Each thread has a kernel stack of its own.  Entered from user mode it looks like this, on
 * every way in (interrupt, exception, int 2Eh, sysenter); a debugger that knows Windows'
 * `dt nt!_KTRAP_FRAME` (7601 x86) knows ours:
 *
 *   stack top (page aligned)          KTHREAD.InitialStack
 *     FXSAVE area, 512 bytes, 16-aligned
 *     16 bytes spare (Windows: the V86 segment registers)
 *     SS, ESP, EFLAGS, CS, EIP        <- TSS.Esp0 points after SS
 *     error code (or 0)
 *     EBP EBX ESI EDI, FS, exception list, previous mode,
 *     EAX ECX EDX, DS ES GS, debug registers
 *     DbgEip, DbgEbp                  <- KTRAP_FRAME begins; EBP of the entry code points here
 *     copied service arguments
 *     C frames of the service
 *
 * DbgEbp/DbgEip repeat the interrupted EBP and EIP at the frame's start, so a plain walk of
 * EBP crosses the ring: [ebp] is the caller's EBP and [ebp+4] its EIP.  A trap frame is told
 * from a C frame by DbgArgMark (0BADB0D00h, Windows' own mark).
 */
#ifndef FATHOM_TRAPFRAME_H
#define FATHOM_TRAPFRAME_H

#include "ntos.h"

#define KTRAP_FRAME_MARK 0xBADB0D00u
#define KFX_AREA_SIZE    528u /* 512 for FXSAVE + 16 spare */

#define KGDT_R0_CODE 0x08
#define KGDT_R0_DATA 0x10
#define KGDT_R3_CODE 0x1B /* with RPL 3 */
#define KGDT_R3_DATA 0x23
#define KGDT_TSS     0x28
#define KGDT_R0_PCR  0x30
#define KGDT_R3_TEB  0x3B
#define KGDT_DF_TSS  0x50
#define KGDT_NMI_TSS 0x58

typedef struct _KTRAP_FRAME {
    ULONG DbgEbp;
    ULONG DbgEip;
    ULONG DbgArgMark;
    ULONG DbgArgPointer;
    ULONG TempSegCs;
    ULONG TempEsp;
    ULONG Dr0, Dr1, Dr2, Dr3, Dr6, Dr7;
    ULONG SegGs;
    ULONG SegEs;
    ULONG SegDs;
    ULONG Edx;
    ULONG Ecx;
    ULONG Eax;
    ULONG PreviousPreviousMode;
    PVOID ExceptionList;
    ULONG SegFs;
    ULONG Edi;
    ULONG Esi;
    ULONG Ebx;
    ULONG Ebp;
    ULONG ErrCode;
    ULONG Eip;
    ULONG SegCs;
    ULONG EFlags;
    ULONG HardwareEsp;
    ULONG HardwareSegSs;
    ULONG V86Es, V86Ds, V86Fs, V86Gs;
} KTRAP_FRAME, *PKTRAP_FRAME;
OFFSET_IS(KTRAP_FRAME, SegGs, 0x30);
OFFSET_IS(KTRAP_FRAME, Edx, 0x3C);
OFFSET_IS(KTRAP_FRAME, Eax, 0x44);
OFFSET_IS(KTRAP_FRAME, SegFs, 0x50);
OFFSET_IS(KTRAP_FRAME, Ebp, 0x60);
OFFSET_IS(KTRAP_FRAME, ErrCode, 0x64);
OFFSET_IS(KTRAP_FRAME, Eip, 0x68);
OFFSET_IS(KTRAP_FRAME, HardwareEsp, 0x74);
C_ASSERT(sizeof(KTRAP_FRAME) == 0x8C);

#endif
