; port_by_hand.asm - it writes to the port of the host.
;
; refused: has the instruction out

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

section .text

_KiFastCallEntry:
.saved:
    mov dx, 0E9h
    mov al, 'X'
    out dx, al
    jmp _KiTrapExit

section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
