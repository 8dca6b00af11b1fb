; call.asm - call a DLL's entry point so that it may return as it likes.
;
; DllMain is stdcall, but DLLs exist whose entry is cdecl or loses track of the stack:
; ESP is put back from EBP, and the registers that C keeps are saved here.  Windows:
; LdrpCallInitRoutine.

; LdrpCallGuarded is the same under a registration of our own that takes whatever exception
; leaves the routine: EAX is its code then, else 0.

section .text
extern _RtlUnwind@16
global _LdrpCallGuarded@16
global _LdrpCallInitRoutine@16
    align 16, db 90h
_LdrpCallInitRoutine@16:        ; entry, base, reason, reserved
    push ebp
    mov ebp, esp
    push esi
    push edi
    push ebx
    push dword [ebp + 20]
    push dword [ebp + 16]
    push dword [ebp + 12]
    call dword [ebp + 8]
    lea esp, [ebp - 12]
    pop ebx
    pop edi
    pop esi
    pop ebp
    ret 16

UNWINDING       equ 6           ; EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND
CONTINUE_SEARCH equ 1

    align 16, db 90h
_LdrpCallGuarded@16:            ; entry, base, reason, reserved
    push ebp
    mov ebp, esp
    push esi
    push edi
    push ebx
    push TakeAll
    push dword [fs:0]           ; the registration: EBP - 20
    mov [fs:0], esp
    push dword [ebp + 20]
    push dword [ebp + 16]
    push dword [ebp + 12]
    call dword [ebp + 8]
    xor eax, eax
GuardedEnd:
    lea esp, [ebp - 20]
    pop dword [fs:0]
    pop ebx                     ; the handler's slot
    pop ebx
    pop edi
    pop esi
    pop ebp
    ret 16

    align 16, db 90h
TakeAll:                        ; record, frame, context, dispatcher
    push ebp
    mov ebp, esp
    mov eax, [ebp + 8]
    test dword [eax + 4], UNWINDING
    jnz .pass
    push 0
    push eax
    push 0
    push dword [ebp + 12]
    call _RtlUnwind@16
    mov eax, [ebp + 8]
    mov eax, [eax]              ; its code
    mov ebp, [ebp + 12]
    add ebp, 20
    jmp GuardedEnd
.pass:
    mov eax, CONTINUE_SEARCH
    pop ebp
    ret
