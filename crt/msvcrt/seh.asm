; seh.asm - the frame handler of Visual C++'s __try: _except_handler3 and its unwinders.
;
;     registration:  +0 next  +4 handler  +8 scope table  +C level  +10 ebp of the function
;     scope table:   { enclosing level, filter or 0 (then: __finally), handler } * levels
;
; The handler runs the filters from the current level outwards, with ebp of the guarded
; function.  EXCEPTION_EXECUTE_HANDLER: unwind the frames above (global), then the levels
; inside (local), and jump to the handler.  During an unwind the __finally blocks run
; instead.  Source: Matt Pietrek, "A Crash Course on the Depths of Win32 Structured
; Exception Handling", MSJ January 1997.
        bits 32
        section .text
        global __except_handler3, __local_unwind2, __global_unwind2
        global __seh_longjmp_unwind, __seh_longjmp_unwind@4
        extern _RtlUnwind@16

; EXCEPTION_DISPOSITION _except_handler3(record, registration, context, dispatcher)
__except_handler3:
        push    ebp
        mov     ebp, esp
        sub     esp, 8                  ; EXCEPTION_POINTERS for filters
        push    ebx
        push    esi
        push    edi
        cld
        mov     ebx, [ebp+12]           ; registration
        mov     eax, [ebp+8]            ; record
        test    dword [eax+4], 6        ; EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND
        jnz     .unwind
        mov     [ebp-8], eax
        mov     ecx, [ebp+16]
        mov     [ebp-4], ecx
        lea     eax, [ebp-8]
        mov     [ebx-4], eax            ; where GetExceptionInformation looks
        mov     esi, [ebx+12]           ; try level
        mov     edi, [ebx+8]            ; scope table
.level: cmp     esi, -1
        je      .search
        lea     ecx, [esi+esi*2]
        mov     eax, [edi+ecx*4+4]      ; filter
        test    eax, eax
        jz      .outer
        push    esi
        push    ebp
        lea     ebp, [ebx+16]
        xor     ecx, ecx
        xor     edx, edx
        call    eax
        pop     ebp
        pop     esi
        mov     ebx, [ebp+12]
        test    eax, eax
        jz      .outer
        js      .continue
        push    ebx
        call    __global_unwind2
        add     esp, 4
        lea     ebp, [ebx+16]
        push    esi
        push    ebx
        call    __local_unwind2
        add     esp, 8
        mov     edi, [ebx+8]
        lea     ecx, [esi+esi*2]
        mov     eax, [edi+ecx*4]
        mov     [ebx+12], eax           ; the handler runs at the enclosing level
        call    [edi+ecx*4+8]           ; does not return: it sets its own esp
.outer: mov     edi, [ebx+8]
        lea     ecx, [esi+esi*2]
        mov     esi, [edi+ecx*4]
        jmp     .level
.continue:
        xor     eax, eax                ; ExceptionContinueExecution
        jmp     .done
.unwind:
        push    ebp
        lea     ebp, [ebx+16]
        push    -1
        push    ebx
        call    __local_unwind2
        add     esp, 8
        pop     ebp
.search:
        mov     eax, 1                  ; ExceptionContinueSearch
.done:  pop     edi
        pop     esi
        pop     ebx
        leave
        ret

; void _global_unwind2(registration): every frame above it is called to unwind.
__global_unwind2:
        push    ebp
        mov     ebp, esp
        push    ebx
        push    esi
        push    edi
        push    ebp
        push    0
        push    0
        push    .back
        push    dword [ebp+8]
        call    _RtlUnwind@16
.back:  pop     ebp
        pop     edi
        pop     esi
        pop     ebx
        leave
        ret

; void _local_unwind2(registration, level): runs the __finally blocks inside `level`.  ebp
; is the guarded function's.
__local_unwind2:
        push    ebx
        push    esi
        push    edi
        mov     ebx, [esp+16]
.next:  mov     esi, [ebx+12]
        cmp     esi, -1
        je      .done
        cmp     esi, [esp+20]
        je      .done
        mov     edi, [ebx+8]
        lea     ecx, [esi+esi*2]
        mov     eax, [edi+ecx*4]
        mov     [ebx+12], eax
        cmp     dword [edi+ecx*4+4], 0
        jne     .next
        push    ebx
        push    ebp
        lea     ebp, [ebx+16]
        call    [edi+ecx*4+8]
        pop     ebp
        pop     ebx
        jmp     .next
.done:  pop     edi
        pop     esi
        pop     ebx
        ret

; What longjmp calls for a frame of _except_handler3: unwinds inside it to the saved
; level.
__seh_longjmp_unwind:
__seh_longjmp_unwind@4:
        push    ebp
        mov     eax, [esp+8]
        mov     ebp, [eax]
        push    dword [eax+1Ch]
        push    dword [eax+18h]
        call    __local_unwind2
        add     esp, 8
        pop     ebp
        ret     4
