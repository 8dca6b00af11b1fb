; stop.asm - KeBugCheckEx: keep the caller's registers as a trap frame, then report.
;
; The frame is that of a trap which came at the return address, so the report and the walk of
; the stack need no second way.

%include "dispatch/frame.inc"
extern _KdpReportAndStop
global _KeBugCheckEx
section .text

; void KeBugCheckEx(code, p1, p2, p3, p4)
_KeBugCheckEx:
    pushfd
    cli
    push cs
    push dword [esp + 8]                    ; our return address
    push dword 0
    push ebp
    ENTER_TRAP
    mov ebp, esp
    mov [ebp + KTRAP_SegGs], gs
    lea eax, [ebp + KTRAP_HardwareEsp + 8]  ; p1 ..
    push eax
    push ebp
    push dword [ebp + KTRAP_HardwareEsp + 4]
    call _KdpReportAndStop
