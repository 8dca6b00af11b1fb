; int2e.asm - KiSystemService: the way in by int 2Eh, the same on every processor.
;
; From the stub: EAX = service number, EDX = user address of the arguments.  The gate's entry
; builds a whole trap frame and the way out is that of every trap, so this door keeps no
; promise that sysenter.asm needs.  Arguments are copied once, by an instruction with a fix-up:
; a bad stack is STATUS_ACCESS_VIOLATION, and what the program changes later, no service sees.

%include "dispatch/frame.inc"

extern _KiServiceTable, _KiFathomTable, _KiTrapExit
global _KiSystemService

section .text

_KiSystemService:
    push dword 0
    push ebp
    ENTER_TRAP
    mov ebp, esp
    sti
    mov esi, edx
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
    call [eax + KSERVICE_Routine]       ; EAX = KSERVICE: traced.asm
.done:
    mov [ebp + KTRAP_Eax], eax
    jmp _KiTrapExit
.second:
    sub eax, FATHOM_FIRST
    cmp eax, FATHOM_COUNT
    jae .invalid
    lea eax, [_KiFathomTable + eax * KSERVICE_SIZE]
    jmp .service
.invalid:
    mov eax, STATUS_INVALID_SYSTEM_SERVICE
    jmp .done
.fault:
    CLAC
    mov eax, STATUS_ACCESS_VIOLATION
    jmp .done

FIXUP _KiSystemService.copy, _KiSystemService.call, _KiSystemService.fault
