/* params.c - RTL_USER_PROCESS_PARAMETERS: what a process is given at its start.
 *
 * One block from the default heap: the structure, then the strings one after the other.
 * It is normalised (its strings are pointers); the kernel copies it, and the environment
 * that it points at, into the new process.  What is not given comes from the caller's own
 * parameters, as documented for RtlCreateProcessParametersEx's users (CreateProcess).
 */
#include "ntdllp.h"

typedef struct _CURSOR {
    PCHAR At;
} CURSOR;

static ULONG Room(PCUNICODE_STRING string)
{
    return string ? (ULONG)ALIGN_UP(string->MaximumLength > string->Length
                                        ? string->MaximumLength
                                        : string->Length + sizeof(WCHAR),
                                    4)
                  : sizeof(WCHAR) * 2;
}

static UNICODE_STRING Place(CURSOR *cursor, PCUNICODE_STRING string)
{
    ULONG room = Room(string);
    UNICODE_STRING placed = {string ? string->Length : 0, (USHORT)room,
                             (PWSTR)cursor->At};
    memset(cursor->At, 0, room);
    if (string)
        memcpy(cursor->At, string->Buffer, string->Length);
    cursor->At += room;
    return placed;
}

static SIZE_T EnvironmentBytes(PCWSTR block)
{
    PCWSTR at = block;
    while (*at)
        at += wcslen(at) + 1;
    return (SIZE_T)((PCHAR)(at + 1) - (PCHAR)block);
}

/* Environment NULL: the caller's.  STATUS_NO_MEMORY. */
NTSTATUS NTAPI RtlCreateProcessParametersEx(
    PRTL_USER_PROCESS_PARAMETERS *Out, PUNICODE_STRING Image, PUNICODE_STRING DllPath,
    PUNICODE_STRING Directory, PUNICODE_STRING CommandLine, PVOID Environment,
    PUNICODE_STRING Title, PUNICODE_STRING Desktop, PUNICODE_STRING Shell,
    PUNICODE_STRING Runtime, ULONG Flags)
{
    RtlAcquirePebLock();
    PRTL_USER_PROCESS_PARAMETERS own = NtPeb()->ProcessParameters;
    PCUNICODE_STRING directory = Directory ? Directory : &own->CurrentDirectory.DosPath;
    PCUNICODE_STRING command = CommandLine ? CommandLine : Image;
    PCUNICODE_STRING path = DllPath ? DllPath : &own->DllPath;
    PCUNICODE_STRING all[] = {directory, path,    Image, command,
                              Title,     Desktop, Shell, Runtime};
    ULONG size = sizeof *own;
    for (ULONG i = 0; i < sizeof all / sizeof all[0]; i++)
        size += Room(all[i]);
    PRTL_USER_PROCESS_PARAMETERS new =
        RtlAllocateHeap(NtPeb()->ProcessHeap, HEAP_ZERO_MEMORY, size);
    if (!new) {
        RtlReleasePebLock();
        return STATUS_NO_MEMORY;
    }
    CURSOR cursor = {(PCHAR)(new + 1)};
    new->MaximumLength = new->Length = size;
    new->Flags = RTL_USER_PROC_PARAMS_NORMALIZED | (Flags & ~1u);
    new->ConsoleHandle = own->ConsoleHandle;
    new->ConsoleFlags = own->ConsoleFlags;
    new->CurrentDirectory.DosPath = Place(&cursor, directory);
    new->DllPath = Place(&cursor, path);
    new->ImagePathName = Place(&cursor, Image);
    new->CommandLine = Place(&cursor, command);
    new->WindowTitle = Place(&cursor, Title);
    new->DesktopInfo = Place(&cursor, Desktop);
    new->ShellInfo = Place(&cursor, Shell);
    new->RuntimeData = Place(&cursor, Runtime);
    new->Environment = Environment ? Environment : own->Environment;
    new->EnvironmentSize = EnvironmentBytes(new->Environment);
    RtlReleasePebLock();
    *Out = new;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDestroyProcessParameters(PRTL_USER_PROCESS_PARAMETERS Parameters)
{
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, Parameters);
    return STATUS_SUCCESS;
}
