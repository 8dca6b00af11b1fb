; critsec.asm - the uncontended ways through a critical section, which the heap takes
; twice a call.
;
; RTL_CRITICAL_SECTION.LockCount, as since Windows Vista: bit 0 set = free, bit 1 set =
; no waiter is being woken, and above them minus one minus the number of waiters.  So -1
; is free and -2 held without waiters.  The thread that clears bit 0 owns it.  lock.c has
; the slow ways.

section .text
extern _RtlpEnterContended@4
extern _RtlpWakeCriticalSection@4
global _RtlEnterCriticalSection@4
global _RtlLeaveCriticalSection@4
global _RtlTryEnterCriticalSection@4

LOCK_COUNT      equ 4
RECURSION_COUNT equ 8
OWNING_THREAD   equ 12
TEB_THREAD_ID   equ 24h

    align 16, db 90h
_RtlEnterCriticalSection@4:
    mov edx, [esp + 4]
    mov ecx, [fs:TEB_THREAD_ID]
    lock btr dword [edx + LOCK_COUNT], 0
    jnc .held
    mov [edx + OWNING_THREAD], ecx
    mov dword [edx + RECURSION_COUNT], 1
    xor eax, eax
    ret 4
.held:
    cmp [edx + OWNING_THREAD], ecx
    jne .other
    inc dword [edx + RECURSION_COUNT]
    xor eax, eax
    ret 4
.other:
    jmp _RtlpEnterContended@4   ; same argument, same return

    align 16, db 90h
_RtlTryEnterCriticalSection@4:
    mov edx, [esp + 4]
    mov ecx, [fs:TEB_THREAD_ID]
    lock btr dword [edx + LOCK_COUNT], 0
    jnc .held
    mov [edx + OWNING_THREAD], ecx
    mov dword [edx + RECURSION_COUNT], 1
    mov eax, 1
    ret 4
.held:
    xor eax, eax
    cmp [edx + OWNING_THREAD], ecx
    jne .other
    inc dword [edx + RECURSION_COUNT]
    inc eax
.other:
    ret 4

    align 16, db 90h
_RtlLeaveCriticalSection@4:
    mov edx, [esp + 4]
    dec dword [edx + RECURSION_COUNT]
    jnz .nested
    mov dword [edx + OWNING_THREAD], 0
    mov eax, 1
    lock xadd [edx + LOCK_COUNT], eax
    add eax, 2                  ; was -2: no waiters
    jnz .waiters
    ret 4
.nested:
    xor eax, eax
    ret 4
.waiters:
    jmp _RtlpWakeCriticalSection@4
