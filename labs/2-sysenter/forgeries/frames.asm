; frames.asm - it sends the host passing verdicts through the kernel's own function.
;
; refused: it uses KdHostSend

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
extern _KdHostSend
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

section .text

_KiFastCallEntry:
.saved:
    call _KdHostSend
    jmp _KiTrapExit

section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
