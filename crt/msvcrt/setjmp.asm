; setjmp.asm - _setjmp3 and longjmp: remember a place, and go back to it.
;
;     jmp_buf:  +00 ebp  +04 ebx  +08 edi  +0C esi  +10 esp  +14 eip
;               +18 registration (fs:0)  +1C try level  +20 "VC20"  +24 unwind function
;               +28 six words of unwind data
;
; The frames of structured exception handling that were set up since are unwound on the
; way back (RtlUnwind), so that their __finally blocks run.  The stock headers call
; _setjmp3(buffer, 0).  Source: the layout is that of setjmp.h of Visual C++ and
; mingw-w64.
        bits 32
        section .text
        global __setjmp3, __setjmp, _longjmp
        extern _RtlUnwind@16

; int _setjmp3(jmp_buf, int count, ...): eax = 0 now, and the value of longjmp later.
__setjmp3:
        mov     edx, [esp+4]
        call    save
        mov     ecx, [esp+8]
        test    ecx, ecx
        jz      .done
        mov     eax, [esp+12]           ; the unwind function
        mov     [edx+24h], eax
        dec     ecx
        jz      .done
        mov     eax, [esp+16]           ; the try level
        mov     [edx+1Ch], eax
.done:  xor     eax, eax
        ret

; int _setjmp(jmp_buf): the older form, ebp's frame is the registration's.
__setjmp:
        mov     edx, [esp+4]
        call    save
        xor     eax, eax
        ret

; edx = buffer; called from above, so esp is four lower than at their entry.
save:   mov     [edx+00h], ebp
        mov     [edx+04h], ebx
        mov     [edx+08h], edi
        mov     [edx+0Ch], esi
        lea     eax, [esp+4]
        mov     [edx+10h], eax
        mov     eax, [esp+4]
        mov     [edx+14h], eax
        mov     eax, [fs:0]
        mov     [edx+18h], eax
        mov     dword [edx+1Ch], -1
        mov     dword [edx+20h], 56433230h
        mov     dword [edx+24h], 0
        cmp     eax, -1
        je      .none
        mov     eax, [eax+0Ch]          ; the try level of the newest frame
        mov     [edx+1Ch], eax
.none:  ret

; void longjmp(jmp_buf, int value): value 0 arrives as 1.
_longjmp:
        mov     edx, [esp+4]
        mov     eax, [edx+18h]
        cmp     eax, [fs:0]
        je      .unwound
        push    edx
        push    ebx
        push    esi
        push    edi
        push    0                       ; return value
        push    0                       ; no record: an unwind
        push    .back
        push    eax                     ; down to this frame
        call    _RtlUnwind@16
.back:  pop     edi
        pop     esi
        pop     ebx
        pop     edx
.unwound:
        cmp     dword [edx+20h], 56433230h
        jne     .restore
        mov     eax, [edx+24h]
        test    eax, eax
        jz      .restore
        push    edx                     ; the compiler's own unwinding, told the buffer
        push    edx
        call    eax
        add     esp, 4
        pop     edx
.restore:
        mov     eax, [esp+8]
        test    eax, eax
        jnz     .value
        inc     eax
.value: mov     ebp, [edx+00h]
        mov     ebx, [edx+04h]
        mov     edi, [edx+08h]
        mov     esi, [edx+0Ch]
        mov     ecx, [edx+14h]
        mov     esp, [edx+10h]
        add     esp, 4                  ; past the return address of _setjmp3
        jmp     ecx
