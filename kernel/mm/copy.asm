; copy.asm - the only code of the kernel that touches user memory.
;
; A page fault in one of these that mm cannot mend comes back here: the trap code asks
; MmFindFixup for the instruction, goes on at the label that belongs to it, and the routine
; returns MmFaultStatus.  Between stac and clac nothing but the access itself is run, so that
; with SMAP no other instruction of the kernel reaches a user page.
;
; C calling convention; ranges were tested by the caller; the direction flag is clear.

section .text
extern _KeFeatures
extern _MmFaultStatus
global _MiCopyBytes, _MiZeroBytes, _MiTouchByte, _MiFixups, _MiFixupsEnd

%define SMAP byte [_KeFeatures + 5]      ; KFEATURES.Smap, asserted in probe.c

; NTSTATUS MiCopyBytes(void *to, const void *from, SIZE_T size)
_MiCopyBytes:
    push ebp
    mov ebp, esp
    push esi
    push edi
    mov edi, [ebp + 8]
    mov esi, [ebp + 12]
    mov ecx, [ebp + 16]
    cmp SMAP, 0
    je .copy
    stac
.copy:
    mov edx, ecx
    shr ecx, 2
    rep movsd
    mov ecx, edx
    and ecx, 3
    rep movsb
.copied:
    xor eax, eax
.out:
    cmp SMAP, 0
    je .done
    clac
.done:
    pop edi
    pop esi
    pop ebp
    ret
.failed:
    mov eax, [_MmFaultStatus]
    jmp .out

; NTSTATUS MiZeroBytes(void *to, SIZE_T size)
_MiZeroBytes:
    push ebp
    mov ebp, esp
    push edi
    mov edi, [ebp + 8]
    mov ecx, [ebp + 12]
    xor eax, eax
    cmp SMAP, 0
    je .zero
    stac
.zero:
    rep stosb
.out:
    cmp SMAP, 0
    je .done
    clac
.done:
    pop edi
    pop ebp
    ret
.failed:
    mov eax, [_MmFaultStatus]
    jmp .out

; NTSTATUS MiTouchByte(void *to): would a write succeed?  The byte keeps its value.
_MiTouchByte:
    push ebp
    mov ebp, esp
    mov edx, [ebp + 8]
    xor eax, eax
    cmp SMAP, 0
    je .touch
    stac
.touch:
    lock or byte [edx], 0
.out:
    cmp SMAP, 0
    je .done
    clac
.done:
    pop ebp
    ret
.failed:
    mov eax, [_MmFaultStatus]
    jmp .out

section .rdata
align 4
; from, up to, go on at
_MiFixups:
    dd _MiCopyBytes.copy, _MiCopyBytes.copied, _MiCopyBytes.failed
    dd _MiZeroBytes.zero, _MiZeroBytes.out, _MiZeroBytes.failed
    dd _MiTouchByte.touch, _MiTouchByte.out, _MiTouchByte.failed
_MiFixupsEnd:
