; always_zero.asm - every call is answered with success, and nothing is called.
;
; not refused: it earns nothing

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

section .text

_KiFastCallEntry:
.saved:
    xor eax, eax
    mov edx, [_KeUserCallReturn]
    mov ecx, 1000h
    sti
    sysexit

section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
