/* harderror.c - NtRaiseHardError: a user-mode component says, in words, why it cannot go
 * on.
 *
 * Windows shows a message box; here it is one line of the kernel's log, which the console
 * or the host gets:
 *
 *   fathom: prog.exe: entry point Foo not found in KERNEL32.dll
 *
 * The loader and the heap of ntdll are the callers, and kernel32 for an exception that
 * no handler took.  It never stops the machine: the
 * option to do so is for subsystems that Fathom does not have.
 */
#include "ex/ex.h"
#include "kd/kd.h"
#include "ob/ob.h"
#include "ps/ps.h"
#include "services.h"

#define MAX_PARAMETERS     4          /* MAXIMUM_HARDERROR_PARAMETERS */
#define OVERRIDE_ERRORMODE 0x10000000 /* with the status: whatever SetErrorMode said */

/* %0 and %1 stand for the parameters: strings where the mask says so, else numbers. */
static const struct {
    NTSTATUS Status;
    const char *Before, *Between;
} ExpMessages[] = {
    {STATUS_DLL_NOT_FOUND, "DLL not found: ", ", needed by "},
    {STATUS_ENTRYPOINT_NOT_FOUND, "entry point ", " not found in "},
    {STATUS_ORDINAL_NOT_FOUND, "ordinal ", " not found in "},
    {STATUS_DLL_INIT_FAILED, "initialisation failed: ", NULL},
    {STATUS_INVALID_IMAGE_FORMAT, "not a valid image: ", ", needed by "},
    {STATUS_HEAP_CORRUPTION, "", NULL},
};

typedef struct _PARAMETER {
    ULONG_PTR Number;
    WCHAR *String; /* ends in NUL */
} PARAMETER;

static void ExpFormat(const PARAMETER *parameter, char *text, SIZE_T size)
{
    if (parameter->String)
        RtlSnprintf(text, size, "%S", parameter->String);
    else
        RtlSnprintf(text, size, "%lu", parameter->Number);
}

static void ExpPrint(NTSTATUS status, const PARAMETER *parameter, ULONG count)
{
    char first[300] = "", second[300] = "";
    EPROCESS *process = PsCurrentProcess();
    if (count > 0)
        ExpFormat(&parameter[0], first, sizeof first);
    if (count > 1)
        ExpFormat(&parameter[1], second, sizeof second);
    for (ULONG i = 0; i < sizeof ExpMessages / sizeof *ExpMessages; i++) {
        if (ExpMessages[i].Status != status)
            continue;
        BOOLEAN both = count > 1 && ExpMessages[i].Between;
        DbgPrint("fathom: %s: %s%s%s%s\n", process->Name, ExpMessages[i].Before, first,
                 both ? ExpMessages[i].Between : "", both ? second : "");
        return;
    }
    DbgPrint("fathom: %s: error %08x %s %s\n", process->Name, (unsigned)status, first,
             second);
}

/* The one parameter is the EXCEPTION_POINTERS of an exception that no handler took: the
 * report is that of a crash, but the caller goes on. */
static NTSTATUS ExpReportException(const ULONG_PTR *userParameters)
{
    const EXCEPTION_POINTERS *userPointers;
    EXCEPTION_POINTERS pointers;
    EXCEPTION_RECORD record;
    CONTEXT context;
    PKTHREAD thread = KeGetCurrentThread();
    NTSTATUS status = MmCopyFromUser(&userPointers, userParameters, sizeof userPointers);
    if (NT_SUCCESS(status))
        status = MmCopyFromUser(&pointers, userPointers, sizeof pointers);
    if (NT_SUCCESS(status))
        status = MmCopyFromUser(&record, pointers.ExceptionRecord, sizeof record);
    if (NT_SUCCESS(status))
        status = MmCopyFromUser(&context, pointers.ContextRecord,
                                offsetof(CONTEXT, ExtendedRegisters));
    if (!NT_SUCCESS(status))
        return status;
    const KTRAP_FRAME kept = *thread->TrapFrame;
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    KeContextToThread(thread, &context);
    PsReportException(&record, thread->TrapFrame);
    *thread->TrapFrame = kept;
    return STATUS_SUCCESS;
}

/* Neither the process nor the thread has said SEM_FAILCRITICALERRORS. */
static BOOLEAN ExpIsTold(void)
{
    ULONG mode = 0;
    const TEB *teb = KeGetCurrentThread()->Teb;
    if (teb != NULL)
        MmCopyFromUser(&mode, &teb->HardErrorMode, sizeof mode);
    return (PsCurrentProcess()->ErrorMode & PROCESS_HARDERROR_DEFAULT) && !(mode & 0x10);
}

/* No thread of the process has come out of the loader: the program itself never ran. */
static BOOLEAN ExpIsStarting(const EPROCESS *process)
{
    LIST_EACH(const ETHREAD, thread, &process->ThreadListHead, ThreadListEntry)
        if (thread->Tcb.Begun)
            return FALSE;
    return !process->Begun;
}

/* STATUS_INVALID_PARAMETER: more than four; STATUS_ACCESS_VIOLATION and the string errors
 * of ObCaptureString: nothing is printed. */
NTSTATUS NTAPI NtRaiseHardError(NTSTATUS asked, ULONG count, ULONG stringMask,
                                PULONG_PTR parameters, ULONG options, PULONG response)
{
    ULONG_PTR raw[MAX_PARAMETERS];
    PARAMETER captured[MAX_PARAMETERS] = {0};
    const NTSTATUS status = asked & ~OVERRIDE_ERRORMODE;
    const ULONG answer = 6; /* ResponseOk */
    USHORT length;
    (void)options;
    if (count > MAX_PARAMETERS)
        return STATUS_INVALID_PARAMETER;
    if (status == STATUS_UNHANDLED_EXCEPTION)
        return ExpReportException(parameters);
    NTSTATUS result = MmProbeForWrite(response, sizeof *response, 4);
    if (NT_SUCCESS(result))
        result = MmCopyFromUser(raw, parameters, count * sizeof *raw);
    for (ULONG i = 0; i < count && NT_SUCCESS(result); i++) {
        captured[i].Number = raw[i];
        if (stringMask >> i & 1)
            result = ObCaptureString((const UNICODE_STRING *)raw[i], &captured[i].String,
                                     &length);
        if (captured[i].String) /* ObCaptureString leaves room for it */
            captured[i].String[length] = 0;
    }
    if (NT_SUCCESS(result)) {
        if (asked != status || ExpIsTold() || status == STATUS_HEAP_CORRUPTION) {
            const ULONG before =
                KdSetPrintFrame(status == STATUS_HEAP_CORRUPTION ? 'R' : 'L');
            ExpPrint(status, captured, count);
            KdSetPrintFrame(before);
        }
        if (status != STATUS_HEAP_CORRUPTION && ExpIsStarting(PsCurrentProcess()))
            PsCurrentProcess()->StartFailure = status;
    }
    for (ULONG i = 0; i < count; i++)
        ExFreePool(captured[i].String);
    if (NT_SUCCESS(result))
        result = MmCopyToUser(response, &answer, sizeof answer);
    return result;
}
