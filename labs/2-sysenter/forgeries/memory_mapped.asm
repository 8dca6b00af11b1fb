; memory_mapped.asm - it changes the processor's way in for the next call.
;
; refused: has the instruction wrmsr

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

section .text

_KiFastCallEntry:
.saved:
    mov ecx, 176h
    wrmsr
    jmp _KiTrapExit

section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
