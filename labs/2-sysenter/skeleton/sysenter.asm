; sysenter.asm - KiFastCallEntry: the way in by sysenter.
;
; Lab 2: this file is yours.  kernel/dispatch/sysenter.h is its contract: what is given (G1..),
; what must hold (I1..).  It assembles, and the system boots with door=int2e, since ntdll does
; not come this way then.  A program that executes sysenter itself comes here, and the machine
; stops at the invalid instruction below.  Begin with a stack: fs, ds, es, then esp from the TSS.

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

section .text

_KiFastCallEntry:
    ; missing: the kernel's segments, the thread's stack, the frame
.saved:
    ud2                                 ; missing: the call, the result, the way out

section .data align=16
    times 16 dd 0                       ; for KiTrap01, before there is a stack
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
