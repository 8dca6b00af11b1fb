; syscall.asm - KiFastSystemCall: the last instructions in ring 3, and the first after the return.
;
; Each service stub (stubs_gen.asm) does `call [7FFE0300h]`.  The kernel has set that word to
; KiFastSystemCall or, on a processor without SEP, to KiIntSystemCall.
;
;   KiFastSystemCall       [esp] the stub's return address, [esp+4] the program's, [esp+8]
;                          arguments; sysenter keeps no ESP, so EDX carries it
;   KiFastSystemCallRet    where sysexit lands
;   KiIntSystemCall        EDX points at the arguments themselves
;
; None of them keeps a frame.  Windows: the same bytes, `u ntdll!KiFastSystemCall`.

section .text
global _KiFastSystemCall
global _KiFastSystemCallRet
global _KiIntSystemCall

    align 16, db 90h
_KiFastSystemCall:
    db 8Bh, 0D4h                ; mov edx, esp, in the encoding that Windows has
    db 0Fh, 34h                 ; sysenter
_KiFastSystemCallRet:
    ret

    align 16, db 90h
_KiIntSystemCall:
    lea edx, [esp + 8]
    int 2Eh
    ret
