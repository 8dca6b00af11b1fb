; step.asm - KiTrap01: a debug exception.
;
; A program can set TF and execute sysenter, which does not clear it.  The trap then comes from
; the first instruction of KiFastCallEntry on, where there is no stack yet but the few bytes
; below KiSysenterStack.  Those instructions run on, step by step: the door saves the program's
; flags, TF among them, and clears TF itself.  DR6 is cleared, as after every step.

%include "dispatch/frame.inc"

extern _KiFastCallEntry, _KiFastCallEntry.saved, _KiTrapCommon
global _KiTrap01

section .text

_KiTrap01:
    test byte [esp + 4], 3
    jnz .ordinary
    cmp dword [esp], _KiFastCallEntry
    jb .ordinary
    cmp dword [esp], _KiFastCallEntry.saved
    ja .ordinary
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
