; probe.asm - touch one byte and survive.
;
; IsBadReadPtr and its kin, GlobalLock and lstrlen are documented to answer where a plain access
; would fault.  The touch runs inside an exception frame of its own; its handler sends the
; thread on at `failed` with the stack as the frame left it.  (A guard page loses its guard by
; being touched: so it is documented.)
;
;   frame on the stack   [esp] previous frame, [esp+4] touch_handler      <- fs:[0]

struc CONTEXT               ; winnt.h, x86
    resb 0xB8
.Eip: resd 1
    resd 2
.Esp: resd 1
endstruc

DBG_PRINTEXCEPTION_C equ 0x40010006
EXCEPTION_UNWINDING equ 0x66 ; any of the unwind flags: not an exception, only a farewell

section .text
global _BasepTouchRead@4, _BasepTouchWrite@4, _BasepRaisePrint@4
extern _RaiseException@16

; BOOL BasepTouchRead(const void *): can a byte be read there?
_BasepTouchRead@4:
    push ebp
    mov ebp, esp
    push touch_handler
    push dword [fs:0]
    mov [fs:0], esp
    mov ecx, [ebp + 8]
    mov al, [ecx]
    mov eax, 1
leave_frame:
    pop dword [fs:0]
    add esp, 4
    pop ebp
    ret 4

; BOOL BasepTouchWrite(void *): can a byte be written there?  It keeps its value.
_BasepTouchWrite@4:
    push ebp
    mov ebp, esp
    push touch_handler
    push dword [fs:0]
    mov [fs:0], esp
    mov ecx, [ebp + 8]
    lock or byte [ecx], 0
    mov eax, 1
    jmp leave_frame

failed:
    xor eax, eax
    jmp leave_frame

; void BasepRaisePrint(const ULONG_PTR arguments[2]): the exception of OutputDebugString.  What
; no vectored handler took is taken here, so that no frame of the program is asked.
_BasepRaisePrint@4:
    push ebp
    mov ebp, esp
    push ebx
    push esi
    push edi
    push print_handler
    push dword [fs:0]
    mov [fs:0], esp
    push dword [ebp + 8]
    push 2
    push 0
    push DBG_PRINTEXCEPTION_C
    call _RaiseException@16
printed:
    pop dword [fs:0]
    add esp, 4
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret 4

print_handler:
    mov ecx, [esp + 4]
    cmp dword [ecx], DBG_PRINTEXCEPTION_C
    jne pass_on
    mov edx, printed
    jmp go_on

; EXCEPTION_DISPOSITION handler(record, frame, context, dispatcher)
touch_handler:
    mov ecx, [esp + 4]
    mov edx, failed
go_on:
    test dword [ecx + 4], EXCEPTION_UNWINDING
    jnz pass_on
    mov ecx, [esp + 12]
    mov eax, [esp + 8]
    mov [ecx + CONTEXT.Esp], eax
    mov [ecx + CONTEXT.Eip], edx
    xor eax, eax ; ExceptionContinueExecution
    ret
pass_on:
    mov eax, 1 ; ExceptionContinueSearch
    ret
