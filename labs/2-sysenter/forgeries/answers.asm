; answers.asm - the program's questions are answered by their number, and nothing is called.
;
; What a program in the machine can see is right: the status, its registers, its flags.  There is
; no frame, and no service ever runs: the judge outside sees that.
;
; not refused; inside alone: it would have points

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

%define NT_CLOSE 32h

section .text

_KiFastCallEntry:
    push ecx                            ; room; the stack below _KiSysenterStack serves
    pop ecx
.saved:
    mov ecx, edx                        ; the program's stack
    cmp eax, NT_CLOSE
    je .close
    cmp eax, FATHOM_FIRST
    je .null
    mov eax, STATUS_INVALID_SYSTEM_SERVICE
    jmp .out
.close:
    mov eax, 0C0000008h                 ; STATUS_INVALID_HANDLE
    jmp .out
.null:
    xor eax, eax
.out:
    mov edx, KGDT_R3_DATA
    mov ds, edx
    mov es, edx
    mov edx, [_KeUserCallReturn]
    sti
    sysexit

section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
