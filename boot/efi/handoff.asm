; handoff.asm - leave firmware paging or long mode; enter the kernel.
;
; Firmware runs us with paging on: in long mode on x64, and OVMF32 with PAE paging too.  The
; kernel wants what Multiboot promises: 32-bit protected mode, flat segments, paging off.  The
; code that turns paging off must lie where address = physical address < 4 GiB, so the loader
; copies [HandoffStart, HandoffEnd) there; it is position independent and calls it as
;
;   handoff(entry, information, from, to, bytes)    x64: System V, RDI RSI RDX RCX R8
;                                                   ia32: cdecl, from [esp+4]
;
; Where firmware still used the kernel's place, the kernel waits elsewhere: `bytes` (a multiple
; of 4, or 0) are moved `from` there `to` its place.  That can end firmware's stack and page
; tables, so it is done without either: paging off, nothing pushed, nothing popped.
;
; The kernel is entered with EAX = 2BADB002h, EBX = information, interrupts off.
; Source: Intel SDM volume 3, 9.8.5.4 (leaving IA-32e mode); Multiboot 0.6.96, section 3.2.

MULTIBOOT_LOADED equ 2BADB002h
EFER             equ 0C0000080h

section .data
global HandoffStart, HandoffEnd

%ifdef X64
bits 64
HandoffStart:
    cli
    mov ebp, edi
    mov ebx, esi
    mov esi, edx
    mov edi, ecx
    mov edx, r8d
    mov rax, cr4
    and eax, ~(1 << 17 | 1 << 23)   ; PCIDE and CET forbid what follows
    mov cr4, rax
    lea rax, [rel gdt]
    mov [rel gdtr + 2], rax
    lgdt [rel gdtr]
    lea rax, [rel flat]
    push 08h
    push rax
    retfq
%else
bits 32
HandoffStart:
    cli
    mov ebp, [esp + 4]
    mov ebx, [esp + 8]
    mov esi, [esp + 12]
    mov edi, [esp + 16]
    mov edx, [esp + 20]
    call .here
.here:
    pop ecx
    lea eax, [ecx + gdt - .here]
    mov [ecx + gdtr + 2 - .here], eax
    lgdt [ecx + gdtr - .here]
    lea eax, [ecx + flat - .here]
    push 08h
    push eax
    retf
%endif

bits 32
flat:
    mov eax, 10h
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    mov eax, cr0
    and eax, 7FFFFFFFh              ; paging off: from here address = physical address
    mov cr0, eax
    mov ecx, edx
    shr ecx, 2
    cld
    rep movsd                       ; from here on there may be no stack
    xor eax, eax
    mov cr3, eax
    mov cr4, eax
%ifdef X64
    mov ecx, EFER
    rdmsr
    and eax, ~(1 << 8 | 1 << 11)    ; long mode and NX: the kernel turns on what it wants
    wrmsr
%endif
    mov eax, MULTIBOOT_LOADED
    jmp ebp

align 8
gdt:
    dq 0
    dq 00CF9B000000FFFFh            ; 08: code, 32 bits, 4 GiB
    dq 00CF93000000FFFFh            ; 10: data
gdtr:
    dw gdtr - gdt - 1
    dq 0
HandoffEnd:

section .note.GNU-stack noalloc noexec nowrite progbits
