; sysenter.asm - KiFastCallEntry: the way in by sysenter, and out by sysexit.
;
; dispatch/sysenter.h is its contract: what is given (G1..), and what must hold (I1..).
;
; sysenter saves nothing and clears only IF: DF, NT, AC and TF are still the program's.  The
; frame is built with the fewest instructions that still leave a whole one.  What never changes
; between entries is not written again (G3).  The frame of an entry from user mode lies always
; at the same place, so KTHREAD.TrapFrame needs no store either.  The frame lacks IF (set on
; the slow way out) and EAX, ECX, EDX (a service call destroys them by contract).

%include "dispatch/frame.inc"

%define UNUSUAL_FLAGS  44500h           ; AC NT DF TF: sysexit would lose them

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

section .text

_KiFastCallEntry:
    mov fs, [esp]
    mov ds, [esp + 4]
    mov es, [esp + 4]
    mov esp, [fs:KPCR_TSS]
    mov esp, [esp + KTSS_Esp0]
    push dword KGDT_R3_DATA
    push edx
    pushfd
    push dword KGDT_R3_CODE
    push dword 2                        ; no flag; bit 1 is always set
    popfd
.saved:
    sub esp, KTRAP_SegCs
    mov ecx, [_KeUserCallReturn]
    mov [esp + KTRAP_Eip], ecx
    mov [esp + KTRAP_DbgEip], ecx
    mov [esp + KTRAP_Ebp], ebp
    mov [esp + KTRAP_Ebx], ebx
    mov [esp + KTRAP_Esi], esi
    mov [esp + KTRAP_Edi], edi
    mov [esp + KTRAP_DbgArgPointer], edx
    mov [esp + KTRAP_DbgEbp], ebp
    mov ebp, esp
    sti
    lea esi, [edx + 8]                  ; the arguments
    cmp eax, SERVICE_COUNT
    jae .second
    lea eax, [_KiServiceTable + eax * KSERVICE_SIZE]
.service:
    mov ecx, [eax + KSERVICE_ArgumentBytes]
    jecxz .call
    cmp esi, ARGUMENT_LIMIT
    jae .fault
    sub esp, ecx
    mov edi, esp
    shr ecx, 2
    STAC
.copy:
    rep movsd
    CLAC
.call:
    POISON_STACK
    call [eax + KSERVICE_Routine]
.exit:
    cli
    cmp dword [fs:KPCR_Reschedule], 0
    jne .slow
    test dword [ebp + KTRAP_EFlags], UNUSUAL_FLAGS
    jnz .slow
    mov esi, [ebp + KTRAP_Esi]
    mov edi, [ebp + KTRAP_Edi]
    mov ecx, [ebp + KTRAP_HardwareEsp]
    mov edx, [ebp + KTRAP_Eip]
    mov fs, [KiTebSelector]
    mov ebp, [ebp + KTRAP_Ebp]
    sti                                 ; takes effect after sysexit
    sysexit
.second:
    sub eax, FATHOM_FIRST
    cmp eax, FATHOM_COUNT
    jae .invalid
    lea eax, [_KiFathomTable + eax * KSERVICE_SIZE]
    jmp .service
.invalid:
    mov eax, STATUS_INVALID_SYSTEM_SERVICE
    jmp .exit
.fault:
    CLAC
    mov eax, STATUS_ACCESS_VIOLATION
    jmp .exit
.slow:
    mov [ebp + KTRAP_Eax], eax
    or dword [ebp + KTRAP_EFlags], 200h
    jmp _KiTrapExit

FIXUP _KiFastCallEntry.copy, _KiFastCallEntry.call, _KiFastCallEntry.fault

section .rdata align=4
KiTebSelector: dd KGDT_R3_TEB

section .data align=16
    times 16 dd 0                       ; for KiTrap01, before there is a stack
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
