; exit.asm - KiTrapExit: out of the kernel by a trap frame.
;
; EBP = frame, everything else is free.  To user mode the thread first does what is pending
; (KPCR.Reschedule); then the frame is left as the fast door wants to find it.

%include "dispatch/frame.inc"

extern _KeServicePendingUserMode
global _KiTrapExit, _KiEnterUser

section .text

_KiTrapExit:
    cli
    mov esp, ebp
    test byte [ebp + KTRAP_SegCs], 3
    jz .kernel
    cmp dword [fs:KPCR_Reschedule], 0
    jne .pending
    mov es, [esp + KTRAP_SegEs]
    mov fs, [esp + KTRAP_SegFs]
    mov ds, [esp + KTRAP_SegDs]
    ; dispatch/sysenter.h, G3: the door does not write these.
    mov dword [esp + KTRAP_SegEs], KGDT_R3_DATA
    mov dword [esp + KTRAP_SegDs], KGDT_R3_DATA
    mov dword [esp + KTRAP_SegFs], KGDT_R3_TEB
.registers:
    mov eax, [esp + KTRAP_Eax]
    mov ecx, [esp + KTRAP_Ecx]
    mov edx, [esp + KTRAP_Edx]
    mov ebx, [esp + KTRAP_Ebx]
    mov esi, [esp + KTRAP_Esi]
    mov edi, [esp + KTRAP_Edi]
    mov ebp, [esp + KTRAP_Ebp]
    add esp, KTRAP_Eip
    iretd
.kernel:
    mov es, [esp + KTRAP_SegEs]
    mov fs, [esp + KTRAP_SegFs]
    mov ds, [esp + KTRAP_SegDs]
    jmp .registers
.pending:
    push ebp
    call _KeServicePendingUserMode
    jmp _KiTrapExit

; void KiEnterUser(KTRAP_FRAME *): leave by this frame; it lies where the exit expects it.
_KiEnterUser:
    mov ebp, [esp + 4]
    jmp _KiTrapExit
