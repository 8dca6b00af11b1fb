; included.asm - it takes the held-back cases in as bytes.
;
; refused: it includes labs/2-sysenter/held/guest/edges.c

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

section .text

_KiFastCallEntry:
.saved:
    jmp _KiTrapExit
held: incbin "labs/2-sysenter/held/guest/edges.c"

section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
