; switch.asm - from one fiber to another: the registers a function must keep, the stack and
; what the thread's block knows of it.
;
; It is one routine because ESP and the TEB's stack limits must change together: the kernel
; grows the stack that the TEB names.  A fiber that waits has its ESP at SwitchToFiber's
; return address; a new one at RtlUserThreadStart, which takes EAX and EBX.
; The offsets are those of FIBER (fiber.c asserts them) and of the TEB.

section .text
global _SwitchToFiber@4

TEB_EXCEPTION_LIST equ 0
TEB_STACK_BASE     equ 4
TEB_STACK_LIMIT    equ 8
TEB_FIBER          equ 10h
TEB_SELF           equ 18h
TEB_DEALLOCATION   equ 0E0Ch
TEB_GUARANTEED     equ 0F78h
TEB_FLS            equ 0FB4h

FIBER_EXCEPTION_LIST equ 4
FIBER_STACK_BASE     equ 8
FIBER_STACK_LIMIT    equ 0Ch
FIBER_DEALLOCATION   equ 10h
FIBER_CONTEXT        equ 14h
FIBER_FLAGS          equ FIBER_CONTEXT          ; CONTEXT.ContextFlags
FIBER_MXCSR          equ FIBER_CONTEXT + 14h    ; in Dr6's place
FIBER_CONTROL_WORD   equ FIBER_CONTEXT + 1Ch    ; FloatSave.ControlWord
FIBER_EDI            equ FIBER_CONTEXT + 9Ch
FIBER_ESI            equ FIBER_CONTEXT + 0A0h
FIBER_EBX            equ FIBER_CONTEXT + 0A4h
FIBER_EAX            equ FIBER_CONTEXT + 0B0h
FIBER_EBP            equ FIBER_CONTEXT + 0B4h
FIBER_ESP            equ FIBER_CONTEXT + 0C4h
FIBER_FLS            equ 2E8h
FIBER_GUARANTEED     equ 2ECh

FLOATING_POINT equ 8            ; CONTEXT_FLOATING_POINT
HAS_SSE        equ 7FFE027Ah    ; SharedUserData.ProcessorFeatures[6]

    align 16, db 90h
_SwitchToFiber@4:
    mov edx, [fs:TEB_SELF]
    mov eax, [edx + TEB_FIBER]
    mov [eax + FIBER_EBX], ebx
    mov [eax + FIBER_ESI], esi
    mov [eax + FIBER_EDI], edi
    mov [eax + FIBER_EBP], ebp
    mov [eax + FIBER_ESP], esp
    mov ecx, [edx + TEB_EXCEPTION_LIST]
    mov [eax + FIBER_EXCEPTION_LIST], ecx
    mov ecx, [edx + TEB_STACK_LIMIT]
    mov [eax + FIBER_STACK_LIMIT], ecx
    mov ecx, [edx + TEB_GUARANTEED]
    mov [eax + FIBER_GUARANTEED], ecx
    mov ecx, [edx + TEB_FLS]
    mov [eax + FIBER_FLS], ecx
    test dword [eax + FIBER_FLAGS], FLOATING_POINT
    jz .saved
    fnstcw [eax + FIBER_CONTROL_WORD]
    cmp byte [HAS_SSE], 0
    je .saved
    stmxcsr [eax + FIBER_MXCSR]
.saved:
    mov eax, [esp + 4]
    test dword [eax + FIBER_FLAGS], FLOATING_POINT
    jz .load
    fldcw [eax + FIBER_CONTROL_WORD]
    cmp byte [HAS_SSE], 0
    je .load
    ldmxcsr [eax + FIBER_MXCSR]
.load:
    mov [edx + TEB_FIBER], eax
    mov ecx, [eax + FIBER_EXCEPTION_LIST]
    mov [edx + TEB_EXCEPTION_LIST], ecx
    mov ecx, [eax + FIBER_GUARANTEED]
    mov [edx + TEB_GUARANTEED], ecx
    mov ecx, [eax + FIBER_FLS]
    mov [edx + TEB_FLS], ecx
    mov ecx, [eax + FIBER_STACK_BASE]
    mov [edx + TEB_STACK_BASE], ecx
    mov ecx, [eax + FIBER_STACK_LIMIT]
    mov [edx + TEB_STACK_LIMIT], ecx
    mov ecx, [eax + FIBER_DEALLOCATION]
    mov [edx + TEB_DEALLOCATION], ecx
    mov esp, [eax + FIBER_ESP]      ; nothing touched the old stack since its limits went
    mov ebx, [eax + FIBER_EBX]
    mov esi, [eax + FIBER_ESI]
    mov edi, [eax + FIBER_EDI]
    mov ebp, [eax + FIBER_EBP]
    mov eax, [eax + FIBER_EAX]
    ret 4
