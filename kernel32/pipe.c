/* pipe.c - anonymous pipes: CreatePipe.  Source: its page; "Anonymous Pipe Operations". */
#include "k32.h"

#define HEX 16

/* Windows' names: \Device\NamedPipe\Win32Pipes.<process>.<number>, eight digits each. */
static void Name(WCHAR *name, ULONG number)
{
    static const WCHAR lead[] = L"\\Device\\NamedPipe\\Win32Pipes.00000000.00000000";
    ULONG process = (ULONG)(ULONG_PTR)BaseTeb()->ClientId.UniqueProcess;
    WCHAR *end = name + sizeof lead / sizeof *lead - 1;

    memcpy(name, lead, sizeof lead);
    for (int i = 1; i <= 8; i++, number /= HEX, process /= HEX) {
        end[-i] = L"0123456789abcdef"[number % HEX];
        end[-9 - i] = L"0123456789abcdef"[process % HEX];
    }
}

/* size 0: the default of 4 KiB.  Both handles are written on success alone.  As on Windows a
 * named pipe of one instance, whose client writes. */
BOOL WINAPI CreatePipe(PHANDLE read, PHANDLE write, LPSECURITY_ATTRIBUTES security,
                       DWORD size)
{
    static LONG number;
    WCHAR name[64];
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE reader, writer;
    LARGE_INTEGER timeout = {.QuadPart = -120 * 10000000ll};
    NTSTATUS status;

    Name(name, (ULONG)InterlockedIncrement(&number));
    RtlInitUnicodeString(&string, name);
    InitializeObjectAttributes(&attributes, &string,
                               security && security->bInheritHandle ? OBJ_INHERIT : 0,
                               NULL, NULL);
    status = NtCreateNamedPipeFile(&reader, FILE_GENERIC_READ | FILE_WRITE_ATTRIBUTES,
                                   &attributes, &iosb, FILE_SHARE_WRITE, FILE_CREATE,
                                   FILE_SYNCHRONOUS_IO_NONALERT, 0, 0, 0, 1, size, size,
                                   &timeout);
    if (!BasepResult(status))
        return FALSE;
    status = NtOpenFile(&writer, FILE_GENERIC_WRITE, &attributes, &iosb, FILE_SHARE_READ,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!BasepResult(status)) {
        NtClose(reader);
        return FALSE;
    }
    *read = reader;
    *write = writer;
    return TRUE;
}
