; intrinsic.asm - helpers that Visual C++ calls by name instead of by prototype.
;
;     _CIsin and so on: argument in st0 (two: st1, st0), result in st0
;     _ftol: st0, cut off, in edx:eax
; Source: the calling convention of /Oi code; each passes on to the C function of math.h.
        bits 32
        section .text

%macro one 1
        global __CI%1
        extern _%1
__CI%1: push    ebp
        mov     ebp, esp
        sub     esp, 8
        fstp    qword [esp]
        call    _%1
        leave
        ret
%endmacro
%macro two 1
        global __CI%1
        extern _%1
__CI%1: push    ebp
        mov     ebp, esp
        sub     esp, 16
        fstp    qword [esp+8]
        fstp    qword [esp]
        call    _%1
        leave
        ret
%endmacro

        one acos
        one asin
        one atan
        one cos
        one cosh
        one exp
        one log
        one log10
        one sin
        one sinh
        one sqrt
        one tan
        one tanh
        two atan2
        two fmod
        two pow

        global __ftol
__ftol: push    ebp
        mov     ebp, esp
        sub     esp, 12
        fnstcw  [ebp-2]
        mov     ax, [ebp-2]
        or      ah, 0Ch                 ; round towards zero
        mov     [ebp-4], ax
        fldcw   [ebp-4]
        fistp   qword [ebp-12]
        fldcw   [ebp-2]
        mov     eax, [ebp-12]
        mov     edx, [ebp-8]
        leave
        ret
