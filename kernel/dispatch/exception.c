/* exception.c - an exception to its user handler.
 *
 * The program's registers and the exception are laid on its own stack, and it goes on in
 * ntdll!KiUserExceptionDispatcher:
 *
 *     old ESP, rounded down ->  CONTEXT
 *                               EXCEPTION_RECORD
 *                               PCONTEXT
 *     new ESP ->                PEXCEPTION_RECORD
 *
 * The stack is the program's business: if it cannot be written, the process dies and the
 * kernel goes on.  NtContinue and NtRaiseException are the ways back.  Windows:
 * KiDispatchException.
 */
#include "dispatch/trap.h"
#include "services.h"

ULONG_PTR KeUserExceptionDispatcher;
void (*KePsCrashHook)(EXCEPTION_RECORD *, KTRAP_FRAME *);

#define OLD_CONTEXT_SIZE offsetof(CONTEXT, ExtendedRegisters)

ULONG KiContextFlags(void)
{
    return CONTEXT_FULL | CONTEXT_FLOATING_POINT |
           (KeFeatures.Fxsr ? CONTEXT_EXTENDED_REGISTERS : 0);
}

void KiEnterNtdll(KTRAP_FRAME *frame, ULONG esp, ULONG_PTR eip)
{
    *(volatile ULONG *)&frame->HardwareEsp = esp; /* first: a backtrace reads both */
    *(volatile ULONG *)&frame->Eip = frame->DbgEip = eip;
    frame->EFlags = (frame->EFlags & ~(EFLAGS_TF | EFLAGS_DF)) | EFLAGS_ALWAYS;
    frame->SegDs = frame->SegEs = KGDT_R3_DATA;
    frame->SegFs = KGDT_R3_TEB;
}

typedef struct {
    ULONG Record, Context; /* user addresses: arguments of the dispatcher */
    EXCEPTION_RECORD TheRecord;
} USERFRAME;

/* Lay record and context on the user stack; the new ESP through *esp. */
static NTSTATUS KiPushException(const EXCEPTION_RECORD *record, const CONTEXT *context,
                                ULONG *esp)
{
    const ULONG at = (*esp & ~3u) - sizeof *context; /* what wraps cannot be written */
    const ULONG low = at - sizeof(USERFRAME);
    const USERFRAME frame = {low + offsetof(USERFRAME, TheRecord), at, *record};
    NTSTATUS status = MmCopyToUser((void *)at, context, sizeof *context);
    if (NT_SUCCESS(status))
        status = MmCopyToUser((void *)low, &frame, sizeof frame);
    *esp = low;
    return status;
}

void KiDispatchException(EXCEPTION_RECORD *record, KTRAP_FRAME *frame,
                         BOOLEAN firstChance)
{
    PKTHREAD thread = KeGetCurrentThread();
    CONTEXT context = {.ContextFlags = KiContextFlags() | CONTEXT_DEBUG_REGISTERS};
    ULONG esp = frame->HardwareEsp;
    const ULONG_PTR *info = record->ExceptionInformation;
    KD_TRACE(Exception, record->ExceptionCode, (ULONG)record->ExceptionAddress, info[0],
             info[1], firstChance);
    KeContextFromThread(thread, &context);
    NTSTATUS pushed = STATUS_UNSUCCESSFUL;
    if (firstChance && KeUserExceptionDispatcher != 0)
        pushed = KiPushException(record, &context, &esp);
    if (pushed == STATUS_STACK_OVERFLOW) {
        /* Laying it down used up the stack: that is the exception now, as on Windows. */
        record->ExceptionCode = STATUS_STACK_OVERFLOW;
        record->ExceptionFlags = record->NumberParameters = 0;
        esp = frame->HardwareEsp;
        pushed = KiPushException(record, &context, &esp);
    }
    if (!NT_SUCCESS(pushed)) {
        KePsCrashHook(record, frame);
        return;
    }
    __asm__ volatile("fnclex"); /* or the handler meets the same x87 exception again */
    KiEnterNtdll(frame, esp, KeUserExceptionDispatcher);
    KeRequestExitWork(thread);
}

void KiRaiseUser(KTRAP_FRAME *frame, NTSTATUS code, ULONG_PTR address, ULONG count,
                 ULONG_PTR p0, ULONG_PTR p1)
{
    EXCEPTION_RECORD record = {.ExceptionCode = code,
                               .ExceptionAddress = (PVOID)address,
                               .NumberParameters = count,
                               .ExceptionInformation = {p0, p1}};
    KiDispatchException(&record, frame, TRUE);
}

/* A program's CONTEXT: ExtendedRegisters only if its flags say that they are there. */
static NTSTATUS KiCaptureContext(const CONTEXT *user, CONTEXT *context)
{
    NTSTATUS status = MmCopyFromUser(context, user, OLD_CONTEXT_SIZE);
    const ULONG extended = CONTEXT_EXTENDED_REGISTERS;
    if (NT_SUCCESS(status) && (context->ContextFlags & extended) == extended)
        status = MmCopyFromUser(context->ExtendedRegisters, user->ExtendedRegisters,
                                sizeof context->ExtendedRegisters);
    return status;
}

/* Go on with these registers.  STATUS_ACCESS_VIOLATION: nothing changed.  It returns what
 * the context has in EAX, because the way out stores a service's result there. */
NTSTATUS NTAPI NtContinue(CONTEXT *userContext, BOOLEAN testAlert)
{
    PKTHREAD thread = KeGetCurrentThread();
    CONTEXT context;
    const NTSTATUS status = KiCaptureContext(userContext, &context);
    if (!NT_SUCCESS(status))
        return status;
    KeContextToThread(thread, &context);
    thread->Begun |= testAlert;
    if (testAlert)
        KeTestAlertThread();
    return thread->TrapFrame->Eax;
}

/* Raise a program's own exception with these registers; firstChance FALSE: no handler
 * took it. */
NTSTATUS NTAPI NtRaiseException(EXCEPTION_RECORD *userRecord, CONTEXT *userContext,
                                BOOLEAN firstChance)
{
    PKTHREAD thread = KeGetCurrentThread();
    EXCEPTION_RECORD record = {0}; /* the handler sees all fifteen parameters */
    CONTEXT context;
    NTSTATUS status = KiCaptureContext(userContext, &context);
    if (NT_SUCCESS(status))
        status = MmCopyFromUser(&record, userRecord,
                                offsetof(EXCEPTION_RECORD, ExceptionInformation));
    if (!NT_SUCCESS(status))
        return status;
    if (record.NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS)
        return STATUS_INVALID_PARAMETER;
    status = MmCopyFromUser(record.ExceptionInformation, userRecord->ExceptionInformation,
                            record.NumberParameters * sizeof(ULONG_PTR));
    if (!NT_SUCCESS(status))
        return status;
    record.ExceptionCode &= ~0x10000000u; /* bit 28 is the system's (RaiseException) */
    KeContextToThread(thread, &context);
    KiDispatchException(&record, thread->TrapFrame, firstChance);
    return thread->TrapFrame->Eax;
}
