; poison.asm - POISON=1: the kernel stack below a service is filled before the service runs.
;
; What a service copies out without having written it is then KdPoison, and a program can see
; it (tests/hostile/programs/poison.c).  The byte is the other one, FE or 01, at each call: a
; byte of an answer that changes as the poison does was never written, whatever its value.
; Freed blocks of the pool are filled with FE (mm/pool.c).  Without POISON=1 this file is empty.

%ifdef POISON
%include "ke/ke.inc"
global _KdPoisonStack

section .data
_KdPoison: dd 01010101h

section .text
; From a door: EAX = the KSERVICE, EBP = the trap frame, [esp] = return into the door.  These and
; EBX are kept; all below ESP after the return is filled.
_KdPoisonStack:
    pop esi
    mov edx, eax
    not dword [_KdPoison]
    mov eax, [fs:KPCR_CurrentThread]
    mov edi, [eax + KTHREAD_StackLimit]
    mov eax, [_KdPoison]
    mov ecx, esp
    sub ecx, edi
    shr ecx, 2
    rep stosd
    mov eax, edx
    jmp esi
%endif
