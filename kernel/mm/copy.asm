; copy.asm - the only code of the kernel that touches user memory; and a page made zero.
;
; A page fault in one of these that mm cannot mend comes back here: the trap code asks
; MmFindFixup for the instruction, goes on at the label that belongs to it, and the
; routine returns MmFaultStatus.  Between STAC and CLAC only the access itself is run, so
; that with SMAP no other instruction of the kernel reaches a user page.
;
; C calling convention; ranges were tested by the caller; the direction flag is clear.

section .bss
_MmFaultStatus: resd 1 ; NTSTATUS: why the last access failed; written by fault.c

section .text
%include "ke/ke.inc"
global _MmFaultStatus
global _MiCopyBytes, _MiTouchByte, _MiTakePair, _MiGivePair, _MiZeroBySse

; NTSTATUS MiCopyBytes(void *to, const void *from, SIZE_T size)
_MiCopyBytes:
    push ebp
    mov ebp, esp
    push esi
    push edi
    mov edi, [ebp + 8]
    mov esi, [ebp + 12]
    mov ecx, [ebp + 16]
    STAC
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
    CLAC
    pop edi
    pop esi
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
    STAC
.touch:
    lock or byte [edx], 0
.out:
    CLAC
    pop ebp
    ret

; NTSTATUS MiTakePair(ULONG *a, ULONG *b, ULONG out[2])
; Two words of the user, read, and shown to be writable by the same instruction: xadd of 0.
_MiTakePair:
    push ebp
    mov ebp, esp
    mov edx, [ebp + 16]
    xor eax, eax
    mov ecx, [ebp + 8]
    STAC
.first:
    lock xadd [ecx], eax
    mov [edx], eax
    xor eax, eax
    mov ecx, [ebp + 12]
    lock xadd [ecx], eax
    mov [edx + 4], eax
    xor eax, eax
.out:
    CLAC
    pop ebp
    ret

; NTSTATUS MiGivePair(ULONG *a, ULONG *b, ULONG first, ULONG second)
_MiGivePair:
    push ebp
    mov ebp, esp
    xor eax, eax
    mov ecx, [ebp + 8]
    mov edx, [ebp + 16]
    STAC
.store:
    mov [ecx], edx
    mov ecx, [ebp + 12]
    mov edx, [ebp + 20]
    mov [ecx], edx
.out:
    CLAC
    pop ebp
    ret
.failed: ; of MiTouchByte and MiTakePair, too: EBP is all that each has pushed
    mov eax, [_MmFaultStatus]
    CLAC
    pop ebp
    ret

; void MiZeroBySse(void *page): a page of the kernel's own view, sixteen bytes a store.
; XMM0 is the interrupted program's: it gets it back.
_MiZeroBySse:
    push ebp
    mov ebp, esp
    sub esp, 16
    movups [esp], xmm0
    xorps xmm0, xmm0
    mov edx, [ebp + 8]
    lea ecx, [edx + 4096]
.next:
%assign at 0
%rep 64
    movaps [edx + at], xmm0
%assign at at + 16
%endrep
    add edx, 1024
    cmp edx, ecx
    jne .next
    movups xmm0, [esp]
    leave
    ret

; MmFindFixup's table (kernel.ld gathers it): from, up to, go on at
section .fixup align=4
    dd _MiCopyBytes.copy, _MiCopyBytes.copied, _MiCopyBytes.failed
    dd _MiTouchByte.touch, _MiTouchByte.out, _MiGivePair.failed
    dd _MiTakePair.first, _MiTakePair.out, _MiGivePair.failed
    dd _MiGivePair.store, _MiGivePair.out, _MiGivePair.failed
