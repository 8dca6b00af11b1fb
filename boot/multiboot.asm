; multiboot.asm - where every loader enters: header, first page tables, the jump up high.
;
; The kernel is linked at 80100000h and loaded at 00100000h.  Until paging is on, an address is
; its symbol minus 80000000h.  The first tables are the least that works: one page directory
; of 2 MiB pages over the low 512 MiB, seen twice, at 0 (so that the next instruction is still
; there when paging comes on) and at 80000000h (the linear map).  mm makes better ones.
;
; The header asks for a video mode: without that GRUB on UEFI leaves no screen at all.  A loader
; that has none (QEMU's -kernel, which says so to its own error output) enters us all the same.
;
; On entry (Multiboot Specification 0.6.96, section 3.2): EAX = 2BADB002h, EBX = physical
; address of the information, protected mode, flat segments, paging off, A20 open.  The loader
; may have left us any GDT, so no segment register is loaded until ours is there.

%include "ke/ke.inc"

BOOT_STACK_TOP equ _KeBootStack + KE_BOOT_STACK_SIZE

MAGIC equ 1BADB002h
FLAGS equ 00010007h     ; modules page aligned, memory map, video mode, addresses in this header

extern __load_end, __bss_start, __bss_end
extern _KiInitializeSystem, _KeBootStack
global _KiSystemStartup

section .boot align=16
KiMultibootHeader:
    dd MAGIC, FLAGS, -(MAGIC + FLAGS)
    dd KiMultibootHeader - KERNEL_BASE
    dd 00100000h                        ; load_addr: the PE header is loaded too
    dd __load_end - KERNEL_BASE
    dd __bss_end - KERNEL_BASE
    dd _KiSystemStartup - KERNEL_BASE
    dd 0, 0, 0, 32                      ; linear, any width and height, 32 bits a pixel

_KiSystemStartup:
    cli
    cld
    mov edx, eax
    mov esi, ebx
    xor eax, eax
    mov edi, __bss_start - KERNEL_BASE
    mov ecx, __bss_end - KERNEL_BASE
    sub ecx, edi
    shr ecx, 2
    rep stosd
    mov esp, BOOT_STACK_TOP - KERNEL_BASE
    mov edi, KiNotMultiboot - KERNEL_BASE
    cmp edx, 2BADB002h
    jne KiStopUnloaded
    mov edi, KiNoPae - KERNEL_BASE
    pushfd                              ; CPUID exists if EFLAGS.ID can be changed
    pop eax
    mov ecx, eax
    xor eax, 1 << 21
    push eax
    popfd
    pushfd
    pop eax
    xor eax, ecx
    test eax, 1 << 21
    jz KiStopUnloaded
    mov eax, 1
    cpuid
    test edx, 1 << 6
    jz KiStopUnloaded

    mov edi, KiBootDirectory - KERNEL_BASE
    mov eax, 83h                        ; present, writable, 2 MiB
    mov ecx, 256
.directory:
    mov [edi], eax
    add edi, 8
    add eax, 200000h
    loop .directory
    mov eax, KiBootDirectory - KERNEL_BASE + 1
    mov [KiBootPointers - KERNEL_BASE], eax
    mov [KiBootPointers - KERNEL_BASE + 16], eax
    mov eax, KiBootPointers - KERNEL_BASE
    mov cr3, eax
    mov eax, cr4
    or eax, 1 << 5 | 1 << 4             ; PAE; PSE, without which v86 takes no large page
    mov cr4, eax
    mov eax, cr0
    or eax, 80000001h                   ; PG, PE; ke sets the rest
    mov cr0, eax
    mov eax, KiHighHalf
    jmp eax
KiHighHalf:
    mov esp, BOOT_STACK_TOP - 1024      ; above it the frame and FXSAVE area every thread has
    xor ebp, ebp
    push esi
    push ebp                            ; no caller
    jmp _KiInitializeSystem

; EDI = physical address of a message: to COM1, the host port and VGA text, then the end.
KiStopUnloaded:
    mov ebx, 0B8000h
.next:
    movzx ecx, byte [edi]
    jecxz .end
    mov dx, 3F8h
    mov al, cl
    out dx, al
    out 0E9h, al
    mov ch, 0Fh
    mov [ebx], cx
    add ebx, 2
    inc edi
    jmp .next
.end:
    mov dx, 501h                        ; isa-debug-exit, where there is one
    mov al, 11h
    out dx, al
.halt:
    hlt
    jmp .halt

section .rdata align=4
KiNoPae: db "Fathom: this processor has no PAE; it cannot run here.", 13, 10, 0
KiNotMultiboot: db "Fathom: not entered by a Multiboot loader (EAX is not 2BADB002h).", 13, 10, 0

section .bss align=4096
KiBootDirectory: resb 4096
KiBootPointers: resb 32
