; entry.asm - where the kernel resumes a thread in user mode: the ways back up.
;
; The kernel enters user mode at one of these, with what it has to say on the user stack.
; The way down is syscall.asm.
;
;   KiUserExceptionDispatcher  [esp] PEXCEPTION_RECORD, [esp+4] PCONTEXT, both above
;   KiUserApcDispatcher    [esp] routine, its three arguments, then a CONTEXT
;   KiRaiseUserExceptionDispatcher  TEB.ExceptionCode: what to raise; [esp] return address
;   RtlUserThreadStart     eax = start address, ebx = its argument
;
; None of them keeps a frame: EBP is the interrupted function's, so a walk continues
; through it.  Windows: the same names in ntdll.

section .text
extern _RtlDispatchException@8
extern _RtlRaiseException@4
extern _NtContinue@8
extern _NtRaiseException@12
extern __RtlUserThreadStart@8

global _KiUserExceptionDispatcher
global _KiUserApcDispatcher
global _KiRaiseUserExceptionDispatcher
global _RtlUserThreadStart@8
global _DbgBreakPoint@0
global _DbgUserBreakPoint@0

TEB_EXCEPTION_CODE equ 1A4h
EXCEPTION_NONCONTINUABLE equ 1
RECORD_SIZE equ 50h

    align 16, db 90h
_KiUserExceptionDispatcher:
    cld
    mov ecx, [esp + 4]
    mov ebx, [esp]
    push ecx
    push ebx
    call _RtlDispatchException@8
    mov ecx, [esp + 4]
    mov ebx, [esp]
    test al, al
    jz .unhandled
    push 0
    push ecx
    call _NtContinue@8
    jmp .refused
.unhandled:
    push 0                      ; not the first chance: the process ends here
    push ecx
    push ebx
    call _NtRaiseException@12
.refused:                       ; the kernel would not: eax says why
    sub esp, RECORD_SIZE
    mov [esp], eax
    mov dword [esp + 4], EXCEPTION_NONCONTINUABLE
    mov [esp + 8], ebx          ; the record that led here
    mov dword [esp + 10h], 0
    push esp
    call _RtlRaiseException@4
    int3

    align 16, db 90h
_KiUserApcDispatcher:
    lea edi, [esp + 10h]        ; the CONTEXT to go back to
    pop eax
    call eax                    ; stdcall: takes its three arguments away
    push 1                      ; look for the next one
    push edi
    call _NtContinue@8
    int3

    align 16, db 90h
_KiRaiseUserExceptionDispatcher:
    push ebp
    mov ebp, esp
    sub esp, RECORD_SIZE
    mov eax, [fs:TEB_EXCEPTION_CODE]
    mov [esp], eax
    xor ecx, ecx
    mov [esp + 4], ecx
    mov [esp + 8], ecx
    mov [esp + 10h], ecx
    push esp
    call _RtlRaiseException@4
    mov eax, [fs:TEB_EXCEPTION_CODE] ; the interrupted service's status
    leave
    ret

    align 16, db 90h
_RtlUserThreadStart@8:
    xor ebp, ebp                ; the outermost frame of the thread
    push ebx
    push eax
    call __RtlUserThreadStart@8
    int3

    align 16, db 90h
_DbgBreakPoint@0:
    int3
    ret
    align 16, db 90h
_DbgUserBreakPoint@0:
    int3
    ret
