/* report.c - what is missing, said by name.
 *
 * A program that cannot start because DLLs or functions are not there says which, all of them: the
 * kernel prints each (NtRaiseHardError), and the process ends with the last one's status.  With
 * FATHOM_LENIENT=1 a missing function, or one of a missing DLL, is no obstacle until it is called:
 * its slot gets a small stub that says its name then, and ends the process with the same status.
 * With FATHOM_VERBOSE=1 what GetProcAddress does not find is a line of the log.
 *
 *   stub:  push offset Missing   68 imm32
 *          call LdrpCallMissing  E8 rel32
 */
#include "ldrp.h"

BOOLEAN LdrpLenient, LdrpVerbose;

typedef struct _MISSING {
    UNICODE_STRING Module;
    const char *Name; /* NULL: by ordinal */
    ULONG Ordinal;
} MISSING;

#define HARDERROR_OVERRIDE_ERRORMODE 0x10000000 /* of NtRaiseHardError, with the status */
#define STUB_SIZE                    10
static PUCHAR StubPage;
static ULONG StubCount;

/* what: a function (ENTRYPOINT_NOT_FOUND) or the DLL itself (DLL_NOT_FOUND and others),
 * or NULL; module: where it was looked for, or who wanted it. */
static void Report(NTSTATUS status, NTSTATUS how, const char *what, ULONG ordinal,
                   PCUNICODE_STRING module)
{
    ANSI_STRING ansi;
    UNICODE_STRING first = {0};
    ULONG_PTR parameters[2] = {ordinal, (ULONG_PTR)module};
    ULONG mask = 2, response;
    if (what) {
        RtlInitAnsiString(&ansi, what);
        if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(&first, &ansi, TRUE)))
            return;
        parameters[0] = (ULONG_PTR)&first;
        mask = 3;
    } else if (status == STATUS_DLL_INIT_FAILED ||
               status == STATUS_INVALID_IMAGE_FORMAT) {
        parameters[0] = (ULONG_PTR)module;
        mask = 3;
    }
    NtRaiseHardError(status | how, 2, mask, parameters, HARDERROR_OPTION_OK, &response);
    RtlFreeUnicodeString(&first);
}

/* A program that cannot start says why, SEM_FAILCRITICALERRORS or not: it did not choose it. */
void LdrpReport(NTSTATUS status, const char *what, ULONG ordinal, PCUNICODE_STRING module)
{
    Report(status, LdrpStarting ? HARDERROR_OVERRIDE_ERRORMODE : 0, what, ordinal,
           module);
}

/* name NULL: by ordinal. */
void LdrpReportMiss(const ANSI_STRING *name, ULONG ordinal, const LDRP_MODULE *module)
{
    if (!LdrpVerbose)
        return;
    if (name)
        DbgPrint("fathom: %wZ: GetProcAddress: %Z not found in %wZ\n",
                 &LdrpImage->Entry.BaseDllName, name, &module->Entry.BaseDllName);
    else
        DbgPrint("fathom: %wZ: GetProcAddress: ordinal %u not found in %wZ\n",
                 &LdrpImage->Entry.BaseDllName, ordinal, &module->Entry.BaseDllName);
}

static void __stdcall __attribute__((noreturn, used)) CallMissing(MISSING *missing)
{
    NTSTATUS status =
        missing->Name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
    Report(status, HARDERROR_OVERRIDE_ERRORMODE, missing->Name, missing->Ordinal,
           &missing->Module);
    NtTerminateProcess(NtCurrentProcess(), status);
    __builtin_trap();
}

/* A function that says it is missing.  NULL: no memory. */
PVOID LdrpMissingStub(PCUNICODE_STRING module, const char *name, ULONG ordinal)
{
    if (!StubPage || StubCount == PAGE_SIZE / STUB_SIZE) {
        PVOID page = NULL;
        SIZE_T size = PAGE_SIZE;
        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &size,
                                                MEM_RESERVE | MEM_COMMIT,
                                                PAGE_EXECUTE_READWRITE)))
            return NULL;
        StubPage = page;
        StubCount = 0;
    }
    MISSING *missing = LdrpAllocate(sizeof *missing);
    if (!missing)
        return NULL;
    *missing = (MISSING){*module, name, ordinal};
    PUCHAR stub = StubPage + STUB_SIZE * StubCount++;
    stub[0] = 0x68;
    *(PVOID UNALIGNED *)(stub + 1) = missing;
    stub[5] = 0xE8;
    *(LONG UNALIGNED *)(stub + 6) = (LONG)((PUCHAR)CallMissing - (stub + STUB_SIZE));
    return stub;
}
