; trap.asm - 256 ways in, and one trap frame.
;
; Each vector has a stub that makes the stack alike (a zero where the processor pushes no error
; code) and goes to the common entry, which builds the KTRAP_FRAME and calls
; KiDispatchTrap(frame, vector).  The page fault has an entry of its own: it is the way of every
; first touch.  All gates are interrupt gates: handlers begin with interrupts off.  The way out
; is exit.asm's.

%include "dispatch/frame.inc"

extern _KiDispatchTrap, _KiPageFault, _KiNmi, _KiDoubleFault, _KiTrapExit
global _KiTrapTable, _KiTrap0E, _KiTrapCommon, _KiNmiTask, _KiDoubleFaultTask

section .text

_KiTrap0E:
    push ebp
    ENTER_TRAP
    mov ebp, esp
    mov eax, cr2
    push eax
    push ebp
    call _KiPageFault
    jmp _KiTrapExit

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
stub_ %+ vector:
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
    dd stub_ %+ vector
%endif
%assign vector vector + 1
%endrep
