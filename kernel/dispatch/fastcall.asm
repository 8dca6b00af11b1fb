; fastcall.asm - the two doors for services: sysenter (KiFastCallEntry), int 2Eh.
;
; From the stub:  EAX = service number, EDX = user stack (sysenter: [edx] return into the stub,
; [edx+4] return into its caller, arguments from [edx+8]; int 2Eh: arguments from [edx]).
;
; sysenter saves nothing and clears only IF: DF, NT, AC and TF are still the program's.  The
; frame is built with the fewest instructions that still leave a whole one.  What never changes
; between entries is not written again: DbgArgMark since KeInitializeThread, SegDs, SegEs and
; SegFs since the last KiTrapExit.  The frame of an entry from user mode lies always at the
; same place below KTHREAD.InitialStack, so KTHREAD.TrapFrame needs no store either.  What the frame does not have is IF (set on the slow way out) and ECX,
; EDX and EAX (a service call destroys them by contract).
;
; Arguments are copied once, from a range that ends below 7FFF0000h, by an instruction with a
; fix-up: a bad stack is STATUS_ACCESS_VIOLATION.  A service sees only the copy, so changing
; the stack meanwhile changes nothing.
;
; Out: sysexit if nothing is pending and the flags are usual, else iret through KiTrapExit.

%include "dispatch/frame.inc"

%define SERVICE_BITS 4                  ; sizeof(KSERVICE) = 16
%define FATHOM_BASE 1000h               ; first number of the second table
%define ARGUMENT_LIMIT 7FFF0000h - 80h  ; no service has 128 bytes of arguments
%define UNUSUAL_FLAGS 44500h            ; AC NT DF TF: sysexit would lose them
%define TRACE_SERVICES 6                ; events 1 and 2: events.tbl
%define STATUS_ACCESS_VIOLATION 0C0000005h
%define STATUS_INVALID_SYSTEM_SERVICE 0C000001Ch

extern _KiServiceTable, _KiServiceTableCount, _KiFathomTable, _KiFathomTableCount
extern _KiTraceServiceEnter, _KiTraceServiceExit, _KdTraceMask, _KeUserCallReturn
extern _KiTrapExit
global _KiFastCallEntry, _KiFastCallTrace, _KiSystemService, _KiSysenterStack

section .text

; EAX = number, out: EAX = KSERVICE; %1: where a number without a service goes.
%macro FIND_SERVICE 1
    cmp eax, [_KiServiceTableCount]
    jae %%second
    shl eax, SERVICE_BITS
    add eax, _KiServiceTable
    jmp %%found
%%second:
    sub eax, FATHOM_BASE
    cmp eax, [_KiFathomTableCount]
    jae %1
    shl eax, SERVICE_BITS
    add eax, _KiFathomTable
%%found:
%endmacro

; EAX = KSERVICE, ESI = user arguments, EBP = frame: copy, call; out: EAX = status.
; The names are local to the door, so that a stack names the door.
%macro CALL_SERVICE 0
.general:
    mov ecx, [eax + 4]
    jecxz .ready
    cmp esi, ARGUMENT_LIMIT
    jae .fault
    sub esp, ecx
    mov edi, esp
    shr ecx, 2
    STAC
.copy:
    rep movsd
    CLAC
.ready:
    test dword [_KdTraceMask], TRACE_SERVICES
    jnz .traced
    cmp dword [eax], 0                  ; a hole in the table
    je .invalid
    call [eax]
    jmp .done
.traced:
    cmp dword [eax], 0
    je .invalid
    mov ebx, eax
    push esp
    push ebx
    call _KiTraceServiceEnter
    add esp, 8
    call [ebx]
    push eax
    push ebx
    call _KiTraceServiceExit            ; hands the status through
    add esp, 8
    mov ebx, [ebp + KTRAP_Ebx]
    jmp .done
.fault:
    CLAC
    mov eax, STATUS_ACCESS_VIOLATION
    jmp .done
.invalid:
    mov eax, STATUS_INVALID_SYSTEM_SERVICE
.done:
%endmacro

%macro FAST_FRAME 0
    mov fs, [esp]
    mov ds, [esp + 4]
    mov es, [esp + 4]
    mov esp, [fs:KPCR_TSS]
    mov esp, [esp + TSS_Esp0]
    push dword KGDT_R3_DATA
    push edx
    pushfd
    push dword KGDT_R3_CODE             ; SegCs; as flags it is CF and AF, all others clear
    popfd
    sub esp, KTRAP_EFlags
    mov ecx, [_KeUserCallReturn]
    mov [esp + KTRAP_Eip], ecx
    mov [esp + KTRAP_DbgEip], ecx
    mov [esp + KTRAP_Ebp], ebp
    mov [esp + KTRAP_Ebx], ebx
    mov [esp + KTRAP_Esi], esi
    mov [esp + KTRAP_Edi], edi
    mov [esp + KTRAP_DbgArgPointer], edx
    mov [esp + KTRAP_DbgEbp], ebp
    mov ebp, esp
%endmacro

; TF was set at sysenter: KiTrap01 sends the processor here.
_KiFastCallTrace:
    FAST_FRAME
    or dword [ebp + KTRAP_EFlags], 100h
    jmp _KiFastCallEntry.framed

_KiFastCallEntry:
    FAST_FRAME
.framed:
    sti
    cmp eax, [_KiServiceTableCount]
    jae .second
    shl eax, SERVICE_BITS
    add eax, _KiServiceTable
    lea esi, [edx + 8]
    CALL_SERVICE
.exit:
    cli
    cmp dword [fs:KPCR_Reschedule], 0
    jne .slow
    test dword [ebp + KTRAP_EFlags], UNUSUAL_FLAGS
    jnz .slow
    mov esi, [ebp + KTRAP_Esi]
    mov edi, [ebp + KTRAP_Edi]
    mov ecx, [ebp + KTRAP_HardwareEsp]
    mov edx, [ebp + KTRAP_Eip]
    mov fs, [KiTebSelector]
    mov ebp, [ebp + KTRAP_Ebp]
    sti                                 ; takes effect behind sysexit
    sysexit
.second:
    sub eax, FATHOM_BASE
    cmp eax, [_KiFathomTableCount]
    jae .invalid
    shl eax, SERVICE_BITS
    mov ecx, [eax + _KiFathomTable + 4]
    jecxz .plain
.whole:
    add eax, _KiFathomTable
    lea esi, [edx + 8]
    jmp .general
.plain:
    test dword [_KdTraceMask], TRACE_SERVICES
    jnz .whole
    call [eax + _KiFathomTable]
    jmp .exit
.slow:
    mov [ebp + KTRAP_Eax], eax
    or dword [ebp + KTRAP_EFlags], 200h
    jmp _KiTrapExit

_KiSystemService:
    push dword 0
    push ebp
    ENTER_TRAP
    mov ebp, esp
    sti
    mov esi, edx
    FIND_SERVICE .invalid
    CALL_SERVICE
    mov [ebp + KTRAP_Eax], eax
    jmp _KiTrapExit

FIXUP _KiFastCallEntry.copy, _KiFastCallEntry.ready, _KiFastCallEntry.fault
FIXUP _KiSystemService.copy, _KiSystemService.ready, _KiSystemService.fault

section .rdata align=4
KiTebSelector: dd KGDT_R3_TEB

; Where sysenter lands (MSR 175h): the selectors to load, and below them room for the one trap
; that can come before there is a stack, a single step.
section .data align=16
    times 16 dd 0
_KiSysenterStack: dd KGDT_R0_PCR, KGDT_R3_DATA
