/* option.c - what the environment and gflags set for a process before its first heap.
 *
 * FATHOM_LENIENT=1 and its like are switches.  NtGlobalFlag is the run's (tools/fathom run
 * --gflags words), then what the image's own load configuration clears and sets of it, then
 * FATHOM_GFLAGS_name.exe=N in place of both (--gflags name.exe:words).  Windows keeps the
 * last under "Image File Execution Options" in the registry and reads it at the same place
 * (LdrpInitializeExecutionOptions); the load configuration its kernel reads (MmCreatePeb).
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

/* What the image's load configuration says of the process's heaps.  (PE format: load
 * configuration directory.) */
static void ReadLoadConfiguration(PPEB peb)
{
    ULONG size;
    const IMAGE_LOAD_CONFIG_DIRECTORY32 *config = RtlImageDirectoryEntryToData(
        peb->ImageBaseAddress, TRUE, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, &size);

    if (!config || size < offsetof(IMAGE_LOAD_CONFIG_DIRECTORY32, LockPrefixTable))
        return;
    peb->NtGlobalFlag &= ~config->GlobalFlagsClear;
    peb->NtGlobalFlag |= config->GlobalFlagsSet;
    if (config->DeCommitFreeBlockThreshold)
        peb->HeapDeCommitFreeBlockThreshold = config->DeCommitFreeBlockThreshold;
    if (config->DeCommitTotalFreeThreshold)
        peb->HeapDeCommitTotalFreeThreshold = config->DeCommitTotalFreeThreshold;
}

/* Set PEB.NtGlobalFlag from the image and from its variable, if there is one. */
void LdrpSetGlobalFlag(PPEB peb)
{
    static const WCHAR prefix[] = L"FATHOM_GFLAGS_";
    WCHAR name[sizeof prefix / sizeof(WCHAR) + LONGEST_NAME], buffer[16];
    UNICODE_STRING value = {0, sizeof buffer, buffer};
    PCUNICODE_STRING path = &peb->ProcessParameters->ImagePathName;
    ULONG end = path->Length / sizeof(WCHAR), start = end, at = 0, number;

    ReadLoadConfiguration(peb);
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
