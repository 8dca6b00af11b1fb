; switch.asm - KiSwapContext: leave one kernel stack for another.
;
; What a thread that does not run has on top of its stack, at KTHREAD.KernelStack:
;
;   gs  edi  esi  ebx  ebp  eip        (gs first: the kernel never touches it, so while a thread
;                                       runs the register itself is the thread's user gs)
; Register contract: C callee-saved registers survive; interrupts are off on both sides.

%include "ke/ke.inc"
section .text

; void KiSwapContext(PVOID *saved, PVOID next)
global _KiSwapContext
_KiSwapContext:
    mov eax, [esp + 4]
    mov ecx, [esp + 8]
    push ebp
    push ebx
    push esi
    push edi
    push gs
    mov [eax], esp
    mov esp, ecx
    pop gs
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

; The first thing a new thread runs: EBX is KiThreadBegin, the stack holds its arguments,
; start and context (KeInitializeThread).  It never returns.
global _KiThreadStartup
_KiThreadStartup:
    xor ebp, ebp
    push ebp
    jmp ebx

; void KiLoadSegments(const KDESCRIPTOR *gdt, const KDESCRIPTOR *idt): ours in place of the
; loader's.  CS by a far return, fs is the processor's page, ds and es are the user's flat data
; segment: that one both rings can have, so the fast exit need not change them.
global _KiLoadSegments
_KiLoadSegments:
    mov eax, [esp + 4]
    lgdt [eax]
    mov eax, [esp + 8]
    lidt [eax]
    mov eax, KGDT_R0_DATA
    mov ss, eax
    mov eax, KGDT_R3_DATA
    mov ds, eax
    mov es, eax
    xor eax, eax
    mov gs, eax
    lldt ax
    mov eax, KGDT_R0_PCR
    mov fs, eax
    mov eax, KGDT_TSS
    ltr ax
    pop eax
    push KGDT_R0_CODE
    push eax
    retf
