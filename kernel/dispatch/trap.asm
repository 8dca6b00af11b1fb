; trap.asm - 256 ways in, one trap frame, one way out.
;
; Each vector has a stub that makes the stack alike (a zero where the processor pushes no error
; code) and goes to the common entry, which builds the KTRAP_FRAME and calls
; KiDispatchTrap(frame, vector).  The page fault has an entry of its own: it is the way of every
; first touch.  All gates are interrupt gates: handlers begin with interrupts off.
;
; Register contract of the exit: EBP = frame, everything else is free.

%include "dispatch/frame.inc"

extern _KiDispatchTrap, _KiPageFault, _KiServicePendingUserMode, _KiNmi, _KiDoubleFault
extern _KiFastCallEntry, _KiFastCallTrace
global _KiTrapTable, _KiTrapExit, _KiTrap01, _KiTrap0E, _KiTrapCommon
global _KiEnterUser, _KiNmiTask, _KiDoubleFaultTask

section .text

; Single step.  A program can set TF and then execute sysenter, which does not clear it: the
; trap comes here from the first instruction of KiFastCallEntry, on its tiny stack.  Go on
; without TF, but remember it in the frame.
_KiTrap01:
    cmp dword [esp], _KiFastCallEntry
    jne .ordinary
    test byte [esp + 4], 3
    jnz .ordinary
    mov dword [esp], _KiFastCallTrace
    and dword [esp + 8], ~100h
    push eax
    xor eax, eax
    mov dr6, eax
    pop eax
    iretd
.ordinary:
    push dword 0
    push ebp
    mov ebp, 1
    jmp _KiTrapCommon

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

_KiTrapExit:
    cli
    mov esp, ebp
    test byte [ebp + KTRAP_SegCs], 3
    jz .kernel
    cmp dword [fs:KPCR_Reschedule], 0
    jne .pending
    mov es, [esp + KTRAP_SegEs]
    mov fs, [esp + KTRAP_SegFs]
    mov ds, [esp + KTRAP_SegDs]
    ; What the fast entry counts on finding here: fastcall.asm.
    mov dword [esp + KTRAP_SegEs], KGDT_R3_DATA
    mov dword [esp + KTRAP_SegDs], KGDT_R3_DATA
    mov dword [esp + KTRAP_SegFs], KGDT_R3_TEB
.registers:
    mov eax, [esp + KTRAP_Eax]
    mov ecx, [esp + KTRAP_Ecx]
    mov edx, [esp + KTRAP_Edx]
    mov ebx, [esp + KTRAP_Ebx]
    mov esi, [esp + KTRAP_Esi]
    mov edi, [esp + KTRAP_Edi]
    mov ebp, [esp + KTRAP_Ebp]
    add esp, KTRAP_Eip
    iretd
.kernel:
    mov es, [esp + KTRAP_SegEs]
    mov fs, [esp + KTRAP_SegFs]
    mov ds, [esp + KTRAP_SegDs]
    jmp .registers
.pending:
    push ebp
    call _KiServicePendingUserMode
    jmp _KiTrapExit

; void KiEnterUser(KTRAP_FRAME *): leave by this frame; it lies where the exit expects it.
_KiEnterUser:
    mov ebp, [esp + 4]
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
%if vector = 1
    dd _KiTrap01
%elif vector = 14
    dd _KiTrap0E
%else
    dd stub_ %+ vector
%endif
%assign vector vector + 1
%endrep
