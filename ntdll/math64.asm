; math64.asm - 64-bit arithmetic that compilers of 32-bit code call by name.
;
; Visual C++ and other compilers call these for long long; ntdll exports them as on
; Windows. Multiplication, division and remainder take two 64-bit values on the stack
; and take them away (ret 16), shifts take EDX:EAX and CL.  The division itself is
; libgcc's.

section .text
extern ___divdi3
extern ___moddi3
extern ___udivdi3
extern ___umoddi3
global __allmul
global __alldiv
global __allrem
global __aulldiv
global __aullrem
global __alldvrm
global __aulldvrm
global __allshl
global __allshr
global __aullshr
global __chkstk
global __alloca_probe

%macro BY_LIBGCC 2              ; exported name, libgcc's cdecl function of that kind
    align 16, db 90h
%1:
    push ebp
    mov ebp, esp
    push dword [ebp + 20]
    push dword [ebp + 16]
    push dword [ebp + 12]
    push dword [ebp + 8]
    call %2
    leave
    ret 16
%endmacro

BY_LIBGCC __alldiv, ___divdi3
BY_LIBGCC __allrem, ___moddi3
BY_LIBGCC __aulldiv, ___udivdi3
BY_LIBGCC __aullrem, ___umoddi3

%macro BOTH 3                   ; quotient in EDX:EAX, remainder in EBX:ECX
    align 16, db 90h
%1:
    push ebp
    mov ebp, esp
    push esi
    push dword [ebp + 20]
    push dword [ebp + 16]
    push dword [ebp + 12]
    push dword [ebp + 8]
    call %3
    mov esi, eax
    mov ebx, edx
    push dword [ebp + 20]       ; a callee may have used its argument slots
    push dword [ebp + 16]
    push dword [ebp + 12]
    push dword [ebp + 8]
    call %2
    mov ecx, esi
    lea esp, [ebp - 4]
    pop esi
    pop ebp
    ret 16
%endmacro

BOTH __alldvrm, ___divdi3, ___moddi3
BOTH __aulldvrm, ___udivdi3, ___umoddi3

    align 16, db 90h
__allmul:                       ; low half of the product: the same for both signs
    mov eax, [esp + 4]
    mov ecx, [esp + 16]
    imul ecx, eax
    mov edx, [esp + 8]
    imul edx, [esp + 12]
    add ecx, edx
    mul dword [esp + 12]
    add edx, ecx
    ret 16

    align 16, db 90h
__allshl:
    cmp cl, 64
    jae .zero
    cmp cl, 32
    jae .high
    shld edx, eax, cl
    shl eax, cl
    ret
.high:
    mov edx, eax
    xor eax, eax
    shl edx, cl                 ; the processor takes CL modulo 32
    ret
.zero:
    xor eax, eax
    xor edx, edx
    ret

    align 16, db 90h
__allshr:
    cmp cl, 64
    jae .sign
    cmp cl, 32
    jae .high
    shrd eax, edx, cl
    sar edx, cl
    ret
.high:
    mov eax, edx
    sar edx, 31
    sar eax, cl
    ret
.sign:
    sar edx, 31
    mov eax, edx
    ret

    align 16, db 90h
__aullshr:
    cmp cl, 64
    jae .zero
    cmp cl, 32
    jae .high
    shrd eax, edx, cl
    shr edx, cl
    ret
.high:
    mov eax, edx
    xor edx, edx
    shr eax, cl
    ret
.zero:
    xor eax, eax
    xor edx, edx
    ret

; EAX bytes of stack, each page touched in turn so that the guard page moves down with us.
    align 16, db 90h
__chkstk:
__alloca_probe:
    push ecx
    lea ecx, [esp + 8]          ; ESP of the caller
.page:
    cmp eax, 1000h
    jb .last
    sub ecx, 1000h
    test [ecx], ecx
    sub eax, 1000h
    jmp .page
.last:
    sub ecx, eax
    test [ecx], ecx
    mov eax, esp
    mov esp, ecx
    mov ecx, [eax]
    mov eax, [eax + 4]
    push eax
    ret
