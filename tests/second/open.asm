; open.asm - in place of dispatch/sysenter.asm: the plainest door that keeps the contract.
;
; It writes the whole frame, copies argument by argument from the last on, and leaves always by
; iret (KiTrapExit), which the contract allows.

%include "ke/ke.inc"

extern _KiServiceTable, _KiFathomTable, _KeUserCallReturn, _KiTrapExit
global _KiFastCallEntry, _KiFastCallEntry.saved, _KiSysenterStack

%define USER_END 7FFF0000h

; The rules of lab 2 that a seed changes (labs/2-sysenter/lab.toml); these are the contract's.
%ifndef LAB_UNKNOWN
%define LAB_UNKNOWN    STATUS_INVALID_SYSTEM_SERVICE
%define LAB_UNREADABLE STATUS_ACCESS_VIOLATION
%define LAB_CROOKED    0
%endif

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
    push dword 2
    popfd
.saved:
    sub esp, KTRAP_SegCs
    mov [esp + KTRAP_Ebp], ebp
    mov [esp + KTRAP_DbgEbp], ebp
    mov ebp, esp
    mov [ebp + KTRAP_Ebx], ebx
    mov [ebp + KTRAP_Esi], esi
    mov [ebp + KTRAP_Edi], edi
    mov [ebp + KTRAP_DbgArgPointer], edx
    mov ecx, [_KeUserCallReturn]
    mov [ebp + KTRAP_Eip], ecx
    mov [ebp + KTRAP_DbgEip], ecx
    or dword [ebp + KTRAP_EFlags], 200h
    sti
%if LAB_CROOKED
    test dl, 3
    jnz .crooked
%endif
    mov ecx, _KiServiceTable
    cmp eax, SERVICE_COUNT
    jb .found
    mov ecx, _KiFathomTable
    sub eax, FATHOM_FIRST
    cmp eax, FATHOM_COUNT
    jb .found
    mov eax, LAB_UNKNOWN
    jmp .out
.found:
    lea eax, [ecx + eax * KSERVICE_SIZE]
    mov ecx, [eax + KSERVICE_ArgumentBytes]
    add edx, 8
    add edx, ecx                        ; the end of the arguments: pushed from the last on
    jc .fault
.argument:
    test ecx, ecx
    jz .call
    cmp edx, USER_END
    ja .fault
    sub edx, 4
    sub ecx, 4
    STAC
.read:
    mov esi, [edx]
.have:
    CLAC
    push esi
    jmp .argument
.call:
    mov esi, [ebp + KTRAP_Esi]
    call [eax + KSERVICE_Routine]
.out:
    mov [ebp + KTRAP_Eax], eax
    jmp _KiTrapExit
%if LAB_CROOKED
.crooked:
    mov eax, 80000002h                  ; STATUS_DATATYPE_MISALIGNMENT
    jmp .out
%endif
.fault:
    CLAC
    mov eax, LAB_UNREADABLE
    jmp .out

FIXUP _KiFastCallEntry.read, _KiFastCallEntry.have, _KiFastCallEntry.fault

section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
