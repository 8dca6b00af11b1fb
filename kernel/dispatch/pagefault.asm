; pagefault.asm - vector 14, the way in of every first touch: a trap frame as trap.asm makes it.
%include "dispatch/frame.inc"
extern _KiPageFault, _KiTrapExit
global _KiTrap0E

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
