/* exception.c - an exception on its way to its handler: vectored handlers, then frames.
 *
 * The kernel (or RtlRaiseException) gives a record and a context.  Vectored handlers are
 * asked first (RtlpVectoredHandlers).  Then the list at fs:0 is walked from the innermost frame
 * outwards; each registration lies on the thread's own stack:
 *
 *   fs:0 -> [next | handler] -> [next | handler] -> ... -> FFFFFFFFh
 *
 * A handler answers: go on from the context (ContinueExecution), not mine
 * (ContinueSearch), or it never answers because it unwound to its own frame and jumped
 * there.  A fault inside a handler makes a nested exception; the frames up to the one
 * that was being handled are then marked EXCEPTION_NESTED_CALL.  A list that leaves the
 * stack, goes round in a circle or has a handler on the stack ends the search: the
 * exception is unhandled.
 *
 * Unwinding (RtlUnwind) walks the same list, calls each handler once more with
 * EXCEPTION_UNWINDING and takes its frame off, until the target frame is the innermost.
 *
 * Documented: Structured Exception Handling; Matt Pietrek, "A Crash Course on the Depths
 * of Win32 Structured Exception Handling" (MSJ, January 1997).  Not here: SafeSEH tables.
 */
#include "ntdllp.h"
#include <stdbool.h>

bool RtlpResumeHeapProbe(const EXCEPTION_RECORD *Record,
                         CONTEXT *Context); /* heap/probe.c */
/* heap/fault.c's: the heap may be what a fault comes from; null until there is one. */
void (*RtlpFaultJudge)(const EXCEPTION_RECORD *Record, CONTEXT *Context);
BOOLEAN (*volatile RtlpVectoredHandlers)(PEXCEPTION_RECORD, PCONTEXT, BOOLEAN continuing);

OFFSET_IS(CONTEXT, SegGs, 0x8C);
OFFSET_IS(CONTEXT, Ebx, 0xA4);
OFFSET_IS(CONTEXT, Eip, 0xB8);
OFFSET_IS(CONTEXT, Esp, 0xC4);
C_ASSERT(sizeof(CONTEXT) == 0x2CC);
C_ASSERT(sizeof(EXCEPTION_RECORD) == 0x50);

#define EXCEPTION_STACK_INVALID 0x8
#define EXCEPTION_NESTED_CALL   0x10
#define EXCEPTION_UNWINDING     0x2
#define EXCEPTION_EXIT_UNWIND   0x4
enum { NestedException = 2, CollidedUnwind = 3 };

static SEH_FRAME *FirstFrame(void)
{
    return (SEH_FRAME *)NtTeb()->NtTib.ExceptionList;
}

/* A frame that can be believed: aligned, whole, on the thread's stack, its code
 * elsewhere. */
static BOOLEAN FrameIsSound(SEH_FRAME *frame)
{
    NT_TIB *tib = &NtTeb()->NtTib;
    ULONG_PTR low = (ULONG_PTR)tib->StackLimit, high = (ULONG_PTR)tib->StackBase;
    ULONG_PTR at = (ULONG_PTR)frame;
    if ((at & 3) || at < low || at > high - sizeof(SEH_FRAME))
        return FALSE;
    ULONG_PTR handler = (ULONG_PTR)frame->Handler;
    return handler < low || handler >= high;
}

/* More registrations than a stack has room for are a circle. */
static ULONG MostFrames(void)
{
    NT_TIB *tib = &NtTeb()->NtTib;
    return ((ULONG_PTR)tib->StackBase - (ULONG_PTR)tib->StackLimit) / sizeof(SEH_FRAME);
}

/* Raise a second exception about the first; no handler may continue from it. */
static void RaiseAbout(NTSTATUS status, PEXCEPTION_RECORD cause)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)status,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                               .ExceptionRecord = cause};
    RtlRaiseException(&record);
}

static BOOLEAN CallVectored(PEXCEPTION_RECORD record, PCONTEXT context,
                            BOOLEAN continuing)
{
    return RtlpVectoredHandlers && RtlpVectoredHandlers(record, context, continuing);
}

/* TRUE: a handler asks to go on from *Context.  FALSE: no handler took it. */
BOOLEAN NTAPI RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    if (RtlpResumeHeapProbe(Record,
                            Context)) /* a header read where a pointer led nowhere */
        return TRUE;
    if (RtlpFaultJudge)
        RtlpFaultJudge(Record, Context);
    if (CallVectored(Record, Context, FALSE)) {
        CallVectored(Record, Context, TRUE);
        return TRUE;
    }
    SEH_FRAME *nested = NULL;
    ULONG left = MostFrames();
    for (SEH_FRAME *frame = FirstFrame(); frame != SEH_END; frame = frame->Next) {
        if (!FrameIsSound(frame) || left-- == 0) {
            Record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return FALSE;
        }
        SEH_FRAME *dispatcher = NULL;
        ULONG answer = RtlpExecuteHandlerForException(Record, frame, Context, &dispatcher,
                                                      frame->Handler);
        if (frame == nested) {
            Record->ExceptionFlags &= ~EXCEPTION_NESTED_CALL;
            nested = NULL;
        }
        switch (answer) {
        case ExceptionContinueExecution:
            if (Record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
                RaiseAbout(STATUS_NONCONTINUABLE_EXCEPTION, Record);
            CallVectored(Record, Context, TRUE);
            return TRUE;
        case ExceptionContinueSearch:
            break;
        case NestedException:
            Record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
            if (dispatcher > nested)
                nested = dispatcher;
            break;
        default:
            RaiseAbout(STATUS_INVALID_DISPOSITION, Record);
        }
    }
    return FALSE;
}

/* RtlRaiseException with the caller's registers at hand.  Returns only if the kernel
 * refuses. */
VOID NTAPI RtlpRaiseException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    Record->ExceptionAddress = (PVOID)Context->Eip;
    NTSTATUS status;
    if (RtlDispatchException(Record, Context))
        status = NtContinue(Context, FALSE);
    else
        status = NtRaiseException(Record, Context, FALSE);
    if (!NT_SUCCESS(status))
        NtTerminateProcess(NtCurrentProcess(), status);
}

VOID NTAPI RtlRaiseStatus(NTSTATUS Status)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)Status,
                               .ExceptionFlags = EXCEPTION_NONCONTINUABLE};
    RtlRaiseException(&record);
}

/* Call the unwind handlers of all frames inside Target and take them off the list. Target
 * NULL: all frames (the thread ends).  Returns with Target's frame innermost. */
VOID NTAPI RtlpUnwind(SEH_FRAME *Target, PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    EXCEPTION_RECORD own = {.ExceptionCode = (DWORD)STATUS_UNWIND,
                            .ExceptionAddress = (PVOID)Context->Eip};
    PEXCEPTION_RECORD record = Record ? Record : &own;
    record->ExceptionFlags |= EXCEPTION_UNWINDING;
    if (!Target)
        record->ExceptionFlags |= EXCEPTION_EXIT_UNWIND;
    ULONG left = MostFrames();
    while (FirstFrame() != SEH_END && FirstFrame() != Target) {
        SEH_FRAME *frame = FirstFrame(), *dispatcher = frame;
        if (Target && Target < frame)
            RaiseAbout(STATUS_INVALID_UNWIND_TARGET, record);
        if (!FrameIsSound(frame) || left-- == 0)
            RaiseAbout(STATUS_BAD_STACK, record);
        ULONG answer = RtlpExecuteHandlerForUnwind(record, frame, Context, &dispatcher,
                                                   frame->Handler);
        if (answer == CollidedUnwind)
            frame = dispatcher;
        else if (answer != ExceptionContinueSearch)
            RaiseAbout(STATUS_INVALID_DISPOSITION, record);
        NtTeb()->NtTib.ExceptionList = (PVOID)frame->Next;
    }
    if (FirstFrame() == SEH_END && Target && Target != SEH_END)
        NtRaiseException(record, Context, FALSE);
}

/* Return addresses along EBP, without the first FramesToSkip: up to FramesToCapture of
 * them, and their sum in *Hash.  Stops at the first frame that is not on the stack. */
USHORT NTAPI RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture,
                                      PVOID *Trace, PULONG Hash)
{
    NT_TIB *tib = &NtTeb()->NtTib;
    ULONG_PTR frame = (ULONG_PTR)__builtin_frame_address(0), hash = 0;
    USHORT count = 0;
    for (ULONG depth = 0; count < FramesToCapture; depth++) {
        ULONG_PTR *at = (ULONG_PTR *)frame;
        if ((frame & 3) || frame < (ULONG_PTR)tib->StackLimit ||
            frame > (ULONG_PTR)tib->StackBase - 8 || at[1] < MM_LOWEST_USER_ADDRESS)
            break;
        if (depth >= FramesToSkip) {
            Trace[count++] = (PVOID)at[1];
            hash += at[1];
        }
        if (at[0] <= frame)
            break;
        frame = at[0];
    }
    if (Hash)
        *Hash = hash;
    return count;
}

ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    return RtlCaptureStackBackTrace(1 + (Flags >> 8), Count, Callers, NULL);
}
