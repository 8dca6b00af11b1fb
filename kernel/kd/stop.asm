; stop.asm - KeBugCheckEx: keep the caller's registers as a trap frame, then report.
;
; The frame looks like one of a trap that came at the call, so the report and the walk of the
; stack need no second way.

%include "ke/ke.inc"
extern _KdpReportAndStop
global _KeBugCheckEx
section .text

; void KeBugCheckEx(code, p1, p2, p3, p4)
_KeBugCheckEx:
    cli
    sub esp, KTRAP_HardwareEsp
    mov [esp + KTRAP_Eax], eax
    mov [esp + KTRAP_Ecx], ecx
    mov [esp + KTRAP_Edx], edx
    mov [esp + KTRAP_Ebx], ebx
    mov [esp + KTRAP_Esi], esi
    mov [esp + KTRAP_Edi], edi
    mov [esp + KTRAP_Ebp], ebp
    mov [esp + KTRAP_DbgEbp], ebp
    mov dword [esp + KTRAP_DbgArgMark], KTRAP_FRAME_MARK
    mov dword [esp + KTRAP_ErrCode], 0
    mov eax, cs
    mov [esp + KTRAP_SegCs], eax
    mov eax, ds
    mov [esp + KTRAP_SegDs], eax
    mov eax, es
    mov [esp + KTRAP_SegEs], eax
    mov eax, fs
    mov [esp + KTRAP_SegFs], eax
    mov eax, gs
    mov [esp + KTRAP_SegGs], eax
    pushfd
    pop dword [esp + KTRAP_EFlags]
    mov eax, [esp + KTRAP_HardwareEsp]      ; our return address
    mov [esp + KTRAP_Eip], eax
    mov [esp + KTRAP_DbgEip], eax
    mov ebp, esp
    lea eax, [ebp + KTRAP_HardwareEsp + 8]  ; p1 ..
    push eax
    push ebp
    push dword [ebp + KTRAP_HardwareEsp + 4]
    call _KdpReportAndStop
