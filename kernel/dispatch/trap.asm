; trap.asm - 256 ways in, and one trap frame.
;
; A stub for each vector makes the stack alike (a zero where the processor pushes no error code);
; the common entry builds the KTRAP_FRAME and calls KiDispatchTrap(frame, vector).  The page fault's
; entry is pagefault.asm, the way out exit.asm.  All gates are interrupt gates: interrupts are off.

%include "dispatch/frame.inc"
extern _KiDispatchTrap, _KiTrap0E, _KiNmi, _KiDoubleFault, _KiTrapExit
global _KiTrapTable, _KiTrapCommon, _KiNmiTask, _KiDoubleFaultTask

section .text
_KiTrapCommon:                          ; EBP = vector, the interrupted EBP is on the stack
    ENTER_TRAP
    mov ebx, ebp
    mov ebp, esp
    push ebx
    push ebp
    call _KiDispatchTrap
    jmp _KiTrapExit

; The two fault tasks: entered by a task switch, with their own stack and no trap frame.
_KiNmiTask:
    push dword 2
    popfd
    call _KiNmi
    iretd
    jmp _KiNmiTask
_KiDoubleFaultTask:
    call _KiDoubleFault
    hlt
    jmp _KiDoubleFaultTask

KiTrapStubs:
%assign vector 0
%rep 256
KiTrapStub %+ vector:
%if !(vector = 10 || vector = 11 || vector = 12 || vector = 13 || vector = 17)
    push dword 0
%endif
    push ebp
    mov ebp, vector
    jmp _KiTrapCommon
%assign vector vector + 1
%endrep

section .rdata align=4
_KiTrapTable:
%assign vector 0
%rep 256
%if vector = 14
    dd _KiTrap0E
%else
    dd KiTrapStub %+ vector
%endif
%assign vector vector + 1
%endrep
