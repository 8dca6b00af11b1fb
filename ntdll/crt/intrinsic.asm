; intrinsic.asm - ntdll's mathematics, by the processor's own instructions.
;
;     _c_NAME: a C function, the argument (a double) on the stack, result in st0
;     __CINAME: what Visual C++ calls in its place: argument in st0 (of pow: st1, st0)
;     _ftol: st0, cut off, in edx:eax
; No errno, no matherr: what is no number is NaN. From 2^63 on, a sine has no right digit, as the
; documentation warns. They change eax. Source: Intel SDM, volume 2; for _CI and _ftol, the calling
; convention of /Oi code.
        bits 32
        section .text

%macro exact 1
        global _c_%1
_c_%1:  fld     qword [esp+4]
%endmacro
; The result of what follows is rounded to a double: a program compares it with one.
%macro function 1
        exact   %1
        call    %%core
        fstp    qword [esp+4]
        fld     qword [esp+4]
        ret
%%core:
%endmacro
%macro intrinsic 1
        global __CI%1
__CI%1:
%endmacro

; An instruction that refuses 2^63 and more: C2, and st0 is as it was.
%macro periodic 1
        %1
        fnstsw  ax
        test    ah, 4
        jz      %%done
        call    into_circle
        %1
%%done:
%endmacro

into_circle:                            ; st0 modulo 2 pi
        fldpi
        fadd    st0, st0
        fxch
.more:  fprem
        fnstsw  ax
        test    ah, 4
        jnz     .more
        fstp    st1
        ret

        function sin
        intrinsic sin
        periodic fsin
        ret

        function cos
        intrinsic cos
        periodic fcos
        ret

        function tan
        periodic fptan
        fstp    st0                     ; fptan's 1, or of NaN and infinity
        ret

        function atan
        fld1
        fpatan
        ret

        function log
        intrinsic log
        fldln2
        fxch
        fyl2x
        ret

        function sqrt
        intrinsic sqrt
        fsqrt
        ret

        exact   fabs
        fabs
        ret

; st0 rounded under other bits of the control word: AND, then OR of its high byte.
%macro rounded 3
        sub     esp, 4
        fnstcw  [esp]
        mov     ax, [esp]
        and     ah, %2
        or      ah, %3
        mov     [esp+2], ax
        fldcw   [esp+2]
        %1
        fldcw   [esp]
        add     esp, 4
%endmacro

        exact   floor
        rounded frndint, 0F3h, 04h
        ret

        exact   ceil
        rounded frndint, 0F3h, 08h
        ret

        global __ftol
__ftol: sub     esp, 8
        rounded {fistp qword [esp+4]}, 0FFh, 0Ch
        pop     eax
        pop     edx
        ret

; RtlpPower(x, y): 2 to the y log2 x; the whole part by fscale, the rest by f2xm1.
        global _RtlpPower
_RtlpPower:
        fld     qword [esp+12]
        fld     qword [esp+4]
        fyl2x
        fld     st0
        frndint
        fsub    st1, st0
        fxch
        f2xm1
        fld1
        faddp   st1, st0
        fscale
        fstp    st1
        ret

        extern _c_pow
        intrinsic pow
        sub     esp, 16
        fstp    qword [esp+8]
        fstp    qword [esp]
        call    _c_pow
        add     esp, 16
        ret
