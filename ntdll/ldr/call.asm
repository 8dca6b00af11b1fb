; call.asm - call a DLL's entry point so that it may return as it likes.
;
; DllMain is stdcall, but DLLs exist whose entry is cdecl or loses track of the stack:
; ESP is put back from EBP, and the registers that C keeps are saved here.  Windows:
; LdrpCallInitRoutine.

section .text
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
