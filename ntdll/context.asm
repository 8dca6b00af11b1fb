; context.asm - registers as data: RtlCaptureContext, and what must see registers
; untouched.
;
; RtlCaptureContext fills a CONTEXT with the state that its caller's caller will have
; when the caller returns: EIP, EBP and ESP come from the caller's frame (so the caller
; keeps one), the rest from the registers.  This is what x86 Windows' function does, and
; what makes the two users below so short: each makes a frame, captures, and lets C do
; the thinking. Documented: RtlCaptureContext (winnt.h); offsets are those of CONTEXT,
; asserted in exception.c.

section .text
extern _RtlpRaiseException@8
extern _RtlpUnwind@12
global _RtlCaptureContext@4
global _RtlRaiseException@4
global _RtlUnwind@16
global _RtlpExecuteHandlerForException@20
global _RtlpExecuteHandlerForUnwind@20

CONTEXT_FULL   equ 10007h
CONTEXT_SIZE   equ 2CCh
CONTEXT_SEGGS  equ 8Ch
CONTEXT_SEGFS  equ 90h
CONTEXT_SEGES  equ 94h
CONTEXT_SEGDS  equ 98h
CONTEXT_EDI    equ 9Ch
CONTEXT_ESI    equ 0A0h
CONTEXT_EBX    equ 0A4h
CONTEXT_EDX    equ 0A8h
CONTEXT_ECX    equ 0ACh
CONTEXT_EAX    equ 0B0h
CONTEXT_EBP    equ 0B4h
CONTEXT_EIP    equ 0B8h
CONTEXT_SEGCS  equ 0BCh
CONTEXT_EFLAGS equ 0C0h
CONTEXT_ESP    equ 0C4h
CONTEXT_SEGSS  equ 0C8h
UNWINDING      equ 6            ; EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND
CONTINUE_SEARCH equ 1
NESTED_EXCEPTION equ 2
COLLIDED_UNWIND equ 3

    align 16, db 90h
_RtlCaptureContext@4:
    pushfd
    push ebx
    mov ebx, [esp + 12]
    mov dword [ebx], CONTEXT_FULL
    mov [ebx + CONTEXT_EAX], eax
    mov [ebx + CONTEXT_ECX], ecx
    mov [ebx + CONTEXT_EDX], edx
    mov [ebx + CONTEXT_ESI], esi
    mov [ebx + CONTEXT_EDI], edi
    pop dword [ebx + CONTEXT_EBX]
    pop dword [ebx + CONTEXT_EFLAGS]
    mov [ebx + CONTEXT_SEGCS], cs
    mov [ebx + CONTEXT_SEGDS], ds
    mov [ebx + CONTEXT_SEGES], es
    mov [ebx + CONTEXT_SEGFS], fs
    mov [ebx + CONTEXT_SEGGS], gs
    mov [ebx + CONTEXT_SEGSS], ss
    push eax
    mov eax, [ebp]
    mov [ebx + CONTEXT_EBP], eax
    mov eax, [ebp + 4]
    mov [ebx + CONTEXT_EIP], eax
    lea eax, [ebp + 8]
    mov [ebx + CONTEXT_ESP], eax
    pop eax
    mov ebx, [ebx + CONTEXT_EBX]
    ret 4

; RtlRaiseException(record): the context is that of the caller just after the call.
    align 16, db 90h
_RtlRaiseException@4:
    push ebp
    mov ebp, esp
    sub esp, CONTEXT_SIZE
    push esp
    call _RtlCaptureContext@4
    add dword [esp + CONTEXT_ESP], 4    ; the argument goes with the return
    mov eax, esp
    push eax
    push dword [ebp + 8]
    call _RtlpRaiseException@8
    leave                       ; only if the kernel refused: the caller goes on
    ret 4

; RtlUnwind(frame, address, record, value): returns to its caller with EAX = value.
    align 16, db 90h
_RtlUnwind@16:
    push ebp
    mov ebp, esp
    sub esp, CONTEXT_SIZE
    push esp
    call _RtlCaptureContext@4
    add dword [esp + CONTEXT_ESP], 16
    mov eax, [ebp + 20]
    mov [esp + CONTEXT_EAX], eax
    mov eax, esp
    push eax
    push dword [ebp + 16]
    push dword [ebp + 8]
    call _RtlpUnwind@12
    mov eax, [ebp + 20]
    leave
    ret 16

; RtlpExecuteHandlerFor*(record, frame, context, &dispatcher, handler): call one handler
; after a registration of our own, so that a fault or an unwind inside it is told from
; one outside.  The registration carries the frame being handled, at +8.
    align 16, db 90h
_RtlpExecuteHandlerForException@20:
    mov edx, NestedExceptionHandler
    jmp ExecuteHandler
    align 16, db 90h
_RtlpExecuteHandlerForUnwind@20:
    mov edx, CollidedUnwindHandler
ExecuteHandler:
    push ebp
    mov ebp, esp
    push ebx
    push esi
    push edi
    push dword [ebp + 12]       ; +8
    push edx                    ; +4
    push dword [fs:0]           ; +0
    mov [fs:0], esp
    push dword [ebp + 20]
    push dword [ebp + 16]
    push dword [ebp + 12]
    push dword [ebp + 8]
    call dword [ebp + 24]
    mov esp, [fs:0]             ; whatever the handler did to the stack
    pop dword [fs:0]
    add esp, 8
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret 20

; A new exception while a handler ran: tell which frame it was handling.
NestedExceptionHandler:
    mov ecx, [esp + 4]
    mov eax, CONTINUE_SEARCH
    test dword [ecx + 4], UNWINDING
    jnz .out
    mov ecx, [esp + 8]
    mov edx, [esp + 16]
    mov ecx, [ecx + 8]
    mov [edx], ecx
    mov eax, NESTED_EXCEPTION
.out:
    ret

; A new unwind while an unwind handler ran: go on from where the old one was.
CollidedUnwindHandler:
    mov ecx, [esp + 4]
    mov eax, CONTINUE_SEARCH
    test dword [ecx + 4], UNWINDING
    jz .out
    mov ecx, [esp + 8]
    mov edx, [esp + 16]
    mov ecx, [ecx + 8]
    mov [edx], ecx
    mov eax, COLLIDED_UNWIND
.out:
    ret
