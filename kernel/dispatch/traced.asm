; traced.asm - KiTracedService: what a door calls in place of a service while services are
; events (trace.c).
;
; As at every call of a service: EAX = its KSERVICE, EBP = the trap frame, [esp] = return into
; the door, then the arguments.  The stack is the same when the service begins.

extern _KiTraceServiceEnter
global _KiTracedService
section .text

_KiTracedService:
    lea ecx, [esp + 4]
    push ecx
    push eax
    call _KiTraceServiceEnter           ; EAX = the service's routine
    add esp, 8
    jmp eax
