/* report.c - reporting corruption: which heap, which block, what kind; then the end.
 *
 *   fathom: prog.exe: heap corruption: entry corruption, heap 003B0000, block 003B0598,
 *   found by RtlFreeHeap
 *     before it: block 003B0588, 8 bytes, in use
 *     003B0588 was allocated by
 *       msvcrt!malloc+1a ...
 *
 * Then the process ends as of an unhandled STATUS_HEAP_CORRUPTION that no handler sees, and
 * the kernel's report adds the stack of this call.  FATHOM_NO_TERMINATE=1 in the
 * environment: it is reported, and the call fails.  FATHOM_AS_WINDOWS=1: so it is in a program
 * whose subsystem version is below 6.0, unless it set HeapEnableTerminationOnCorruption
 * (Microsoft: HeapSetInformation), and nothing is checked at exit.
 *
 * Lock: as the caller; the heap may be damaged or no heap at all.  In Windows:
 * RtlpLogHeapFailure, RtlReportCriticalFailure; the names of the kinds are its.
 */
#include "heap/heapp.h"
#include "ntdll.h"
#include "rtl.h"

static const PCSTR RtlpFailureNames[] = {
    "internal error",
    "unknown",
    "generic",
    "entry corruption",
    "several entries corrupt",
    "large block corruption",
    "buffer overrun",
    "buffer underrun",
    "block not busy (freed twice?)",
    "not a block of this heap",
    "invalid allocation type",
    "write after free",
    "block of another heap",
    "free lists corruption",
    "list entry corruption",
    "front end mask mismatch",
};

static PWSTR RtlpAppend(PWSTR To, PCSTR Text)
{
    while (*Text)
        *To++ = (WCHAR)*Text++;
    return To;
}

static PWSTR RtlpAppendHex(PWSTR To, ULONG_PTR Value)
{
    for (int Shift = 28; Shift >= 0; Shift -= 4)
        *To++ = (WCHAR) "0123456789ABCDEF"[(Value >> Shift) & 15];
    return To;
}

/* The line that names heap, block and kind. */
static void RtlpTellFailure(HEAP *Heap, PCSTR Kind, PVOID Block, PCSTR Call)
{
    WCHAR Text[160];
    PWSTR End = RtlpAppend(Text, "heap corruption: ");
    End = RtlpAppend(End, Kind);
    End = RtlpAppend(End, ", heap ");
    End = RtlpAppendHex(End, (ULONG_PTR)Heap);
    End = RtlpAppend(End, ", block ");
    End = RtlpAppendHex(End, (ULONG_PTR)Block);
    End = RtlpAppend(End, ", found by ");
    End = RtlpAppend(End, Call);
    UNICODE_STRING String = {(USHORT)((char *)End - (char *)Text), sizeof(Text), Text};
    ULONG_PTR Parameter = (ULONG_PTR)&String;
    ULONG Response;
    NtRaiseHardError(STATUS_HEAP_CORRUPTION, 1, 1, &Parameter, 0, &Response);
}

/* What reports say after the first line; set by surroundings.c. */
void (*RtlpReportSurroundings)(HEAP *Heap, PVOID Block);

/* Says what is wrong, which heap and block, and what is known around it. */
void RtlpHeapNotice(HEAP *Heap, HEAP_FAILURE_TYPE Type, PVOID Block, PCSTR Call)
{
    static bool Telling;
    bool IsHeap = Heap && RtlpIsSigned(Heap);
    if (Telling) /* a failure found while another is reported belongs to that one */
        return;
    Telling = true;
    RtlpTellFailure(Heap, IsHeap ? RtlpFailureNames[Type] : "no heap, or destroyed",
                    Block, Call);
    if (IsHeap && Block && RtlpReportSurroundings)
        RtlpReportSurroundings(Heap, Block);
    Telling = false;
}

/* Ends the process as an unhandled STATUS_HEAP_CORRUPTION that no handler sees; its report has
 * the stack of Context. */
void RtlpEndCorrupt(CONTEXT *Context, PVOID Address, HEAP *Heap, HEAP_FAILURE_TYPE Type,
                    PVOID Block)
{
    EXCEPTION_RECORD Record = {
        .ExceptionCode = (ULONG)STATUS_HEAP_CORRUPTION,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = Address,
        .NumberParameters = 3,
        .ExceptionInformation = {Type, (ULONG_PTR)Heap, (ULONG_PTR)Block}};
    NtRaiseException(&Record, Context, FALSE);
    NtTerminateProcess(NtCurrentProcess(), STATUS_HEAP_CORRUPTION);
}

/* Says what is wrong and ends the process as an unhandled STATUS_HEAP_CORRUPTION that no
 * handler sees, so that its report has the stack of this call.  FATHOM_NO_TERMINATE=1:
 * says so and returns; the caller then fails. */
void RtlpHeapFailure(HEAP *Heap, HEAP_FAILURE_TYPE Type, PVOID Block, PCSTR Call)
{
    RtlpHeapNotice(Heap, Type, Block, Call);
    if (Heap && RtlpIsSigned(Heap))
        Heap->Reported = true;
    if (RtlpHeapSurvives())
        return;
    CONTEXT Context;
    RtlCaptureContext(&Context);
    RtlpEndCorrupt(&Context, __builtin_return_address(0), Heap, Type, Block);
}

/* Whether the environment has Setting, NAME=VALUE, in that very spelling. */
static bool RtlpEnvironmentHas(PCSTR Setting)
{
    PRTL_USER_PROCESS_PARAMETERS Parameters = RtlpHeapPeb()->ProcessParameters;
    PCWSTR Text = Parameters ? Parameters->Environment : NULL;
    while (Text && *Text) {
        ULONG i = 0;
        while (Setting[i] && Text[i] == (WCHAR)Setting[i])
            i++;
        if (!Setting[i] && !Text[i])
            return true;
        while (*Text)
            Text++;
        Text++;
    }
    return false;
}

bool RtlpAskedToTerminate;

bool RtlpHeapSurvives(void)
{
    if (RtlpEnvironmentHas("FATHOM_AS_WINDOWS=1"))
        return RtlpHeapPeb()->ImageSubsystemMajorVersion < 6 && !RtlpAskedToTerminate;
    return RtlpEnvironmentHas("FATHOM_NO_TERMINATE=1");
}

bool RtlpExitIsUnchecked(void)
{
    return RtlpEnvironmentHas("FATHOM_EXIT_CHECK=0") ||
           RtlpEnvironmentHas("FATHOM_AS_WINDOWS=1");
}
