/* crash.c - a process that dies of an unhandled exception says so, once and clearly.
 *
 *   fathom: prog.exe (pid 8) crashed: c0000005 access violation reading 00000000 at
 *   prog.exe+1234 (main+12)
 *   registers, and the user stack with names
 *
 * The text goes to the console's log, or in a frame of its own to the host.  The process
 * ends with the exception's code, as Windows' ExitProcess of the unhandled filter does:
 * after NtRaiseException's second chance here, after kernel32's UnhandledExceptionFilter
 * (which reports by NtRaiseHardError) in user mode.
 */
#include "psp.h"

/* "prog.exe+1234" of an address in the current process; of one in no image the number. */
static void PspNameOffset(ULONG_PTR address, char *text, SIZE_T size)
{
    ULONG_PTR base;
    SIZE_T length;
    MMFILE *file;
    EPROCESS *process = PsCurrentProcess();
    if (process != NULL && process->Space != NULL &&
        MmFindImage(process->Space, address, &base, &length, &file))
        RtlSnprintf(text, size, "%s+%x", file->Name, (unsigned)(address - base));
    else
        RtlSnprintf(text, size, "%08x", (unsigned)address);
}

static const char *PspCodeName(ULONG code)
{
    static const struct {
        ULONG Code;
        const char *Name;
    } names[] = {
        {STATUS_ACCESS_VIOLATION, "access violation"},
        {STATUS_GUARD_PAGE_VIOLATION, "guard page violation"},
        {STATUS_DATATYPE_MISALIGNMENT, "misaligned data"},
        {STATUS_BREAKPOINT, "breakpoint"},
        {STATUS_SINGLE_STEP, "single step"},
        {STATUS_IN_PAGE_ERROR, "in-page error"},
        {STATUS_INVALID_HANDLE, "invalid handle"},
        {STATUS_NO_MEMORY, "out of memory"},
        {STATUS_ILLEGAL_INSTRUCTION, "illegal instruction"},
        {STATUS_NONCONTINUABLE_EXCEPTION, "noncontinuable exception continued"},
        {STATUS_INVALID_DISPOSITION, "invalid disposition of a handler"},
        {STATUS_ARRAY_BOUNDS_EXCEEDED, "array bounds exceeded"},
        {STATUS_FLOAT_DENORMAL_OPERAND, "floating point: denormal operand"},
        {STATUS_FLOAT_DIVIDE_BY_ZERO, "floating point: division by zero"},
        {STATUS_FLOAT_INEXACT_RESULT, "floating point: inexact result"},
        {STATUS_FLOAT_INVALID_OPERATION, "floating point: invalid operation"},
        {STATUS_FLOAT_OVERFLOW, "floating point: overflow"},
        {STATUS_FLOAT_STACK_CHECK, "floating point: stack check"},
        {STATUS_FLOAT_UNDERFLOW, "floating point: underflow"},
        {STATUS_FLOAT_MULTIPLE_FAULTS, "SSE floating point faults"},
        {STATUS_FLOAT_MULTIPLE_TRAPS, "SSE floating point traps"},
        {STATUS_INTEGER_DIVIDE_BY_ZERO, "integer division by zero"},
        {STATUS_INTEGER_OVERFLOW, "integer overflow"},
        {STATUS_PRIVILEGED_INSTRUCTION, "privileged instruction"},
        {STATUS_STACK_OVERFLOW, "stack overflow"},
        {STATUS_BAD_STACK, "bad stack"},
        {STATUS_STACK_BUFFER_OVERRUN, "stack buffer overrun"},
        {STATUS_HEAP_CORRUPTION, "heap corruption"},
        {STATUS_ASSERTION_FAILURE, "assertion failure"},
        {0xE06D7363, "Visual C++ exception"},
        {0x20474343, "C++ exception (gcc)"},
    };
    for (ULONG i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].Code == code)
            return names[i].Name;
    return "exception";
}

static void PspDescribeAccess(const EXCEPTION_RECORD *record, char *text, SIZE_T size)
{
    text[0] = 0;
    if ((record->ExceptionCode != (DWORD)STATUS_ACCESS_VIOLATION &&
         record->ExceptionCode != (DWORD)STATUS_IN_PAGE_ERROR &&
         record->ExceptionCode != (DWORD)STATUS_GUARD_PAGE_VIOLATION) ||
        record->NumberParameters < 2)
        return;
    RtlSnprintf(text, size, " %s %08x",
                record->ExceptionInformation[0] == 8   ? "executing"
                : record->ExceptionInformation[0] == 1 ? "writing"
                                                       : "reading",
                (unsigned)record->ExceptionInformation[1]);
}

static void PspPrintRegisters(const KTRAP_FRAME *frame)
{
    DbgPrint("  eax=%08lx ebx=%08lx ecx=%08lx edx=%08lx esi=%08lx edi=%08lx\n",
             frame->Eax, frame->Ebx, frame->Ecx, frame->Edx, frame->Esi, frame->Edi);
    DbgPrint("  eip=%08lx esp=%08lx ebp=%08lx efl=%08lx cs=%04lx ss=%04lx\n", frame->Eip,
             frame->HardwareEsp, frame->Ebp, frame->EFlags, frame->SegCs & 0xFFFF,
             frame->HardwareSegSs & 0xFFFF);
}

static void PspPrintUserStack(const KTRAP_FRAME *frame)
{
    FATHOM_FRAME *frames = ExAllocatePool(FATHOM_MAX_FRAMES * sizeof *frames, PSP_TAG);
    KDSTACK *copy = KdHostPresent ? ExAllocatePool(sizeof *copy, PSP_TAG) : NULL;
    if (copy != NULL) {
        KdSendUserStack(frame, copy);
        ExFreePool(copy);
    }
    if (frames == NULL)
        return;
    KdPrintStack(frames, KdCaptureTrap(frame, frames, FATHOM_MAX_FRAMES));
    ExFreePool(frames);
}

void PsReportException(const EXCEPTION_RECORD *record, const KTRAP_FRAME *frame)
{
    EPROCESS *process = PsCurrentProcess();
    const ULONG before = KdSetPrintFrame('R');
    char where[64], symbol[96], access[48], named[104] = "";
    const ULONG_PTR at = (ULONG_PTR)record->ExceptionAddress;
    PspNameOffset(at, where, sizeof where);
    if (KdNameAddress(at, symbol, sizeof symbol, NULL)) {
        const char *name = symbol;
        while (*name && *name != '!')
            name++;
        RtlSnprintf(named, sizeof named, " (%s)", *name ? name + 1 : symbol);
    }
    PspDescribeAccess(record, access, sizeof access);
    DbgPrint("fathom: %s (pid %u) crashed: %08x %s%s at %s%s\n", process->Name,
             (unsigned)process->Id, (unsigned)record->ExceptionCode,
             PspCodeName(record->ExceptionCode), access, where, named);
    PspPrintRegisters(frame);
    PspPrintUserStack(frame);
    KdSetPrintFrame(before);
    if (!process->Exiting) {
        process->Crashed = TRUE;
        process->CrashCode = record->ExceptionCode;
        process->CrashAddress = at;
        RtlSnprintf(process->CrashPlace, sizeof process->CrashPlace, "%s", where);
    }
}

void PsCrash(EXCEPTION_RECORD *record, KTRAP_FRAME *frame)
{
    EPROCESS *process = PsCurrentProcess();
    PsReportException(record, frame);
    ObReferenceObject(process); /* PsTerminateProcess drops it on the way out */
    PsTerminateProcess(process, record->ExceptionCode);
    PspExitThread(record->ExceptionCode);
}
