/* option.c - what the environment and gflags set for a process before its first heap.
 *
 * FATHOM_LENIENT=1 and its like are switches.  FATHOM_GFLAGS_name.exe=N is NtGlobalFlag
 * for every process of that image, in place of the run's own (tools/fathom run --gflags
 * name.exe:words).  Windows keeps that under "Image File Execution Options" in the
 * registry and reads it at the same place (LdrpInitializeExecutionOptions).
 */
#include "ldrp.h"

#define LONGEST_NAME 64 /* characters of an image's name */

static BOOLEAN Value(PCWSTR name, PUNICODE_STRING value)
{
    UNICODE_STRING variable;
    RtlInitUnicodeString(&variable, name);
    return NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &variable, value));
}

/* Whether the variable is 1. */
BOOLEAN LdrpSwitch(PCWSTR name)
{
    WCHAR buffer[8];
    UNICODE_STRING value = {0, sizeof buffer, buffer};
    return Value(name, &value) && value.Length == sizeof(WCHAR) && buffer[0] == '1';
}

/* Set PEB.NtGlobalFlag from the image's own variable, if there is one. */
void LdrpSetGlobalFlag(PPEB peb)
{
    static const WCHAR prefix[] = L"FATHOM_GFLAGS_";
    WCHAR name[sizeof prefix / sizeof(WCHAR) + LONGEST_NAME], buffer[16];
    UNICODE_STRING value = {0, sizeof buffer, buffer};
    PCUNICODE_STRING path = &peb->ProcessParameters->ImagePathName;
    ULONG end = path->Length / sizeof(WCHAR), start = end, at = 0, number;
    while (start > 0 && path->Buffer[start - 1] != '\\')
        start--;
    if (end - start > LONGEST_NAME)
        return;
    for (; prefix[at]; at++)
        name[at] = prefix[at];
    for (; start < end; start++)
        name[at++] = path->Buffer[start];
    name[at] = 0;
    if (Value(name, &value) && NT_SUCCESS(RtlUnicodeStringToInteger(&value, 0, &number)))
        peb->NtGlobalFlag = number;
}
