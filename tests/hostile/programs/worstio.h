/* worstio.h - the worst known input to services of files and pipes. */
#ifndef HOSTILE_WORSTIO_H
#define HOSTILE_WORSTIO_H

#include "worst.h"

#define AMONG_MANY "one of many long names" /* worst.t limits these two apart */
#define MANY_WAIT  "many wait for it"
#define DISCONNECT 0x110004u /* FSCTL_PIPE_DISCONNECT, of ntifs.h */

/* ---- files: folders of long names, and one that is as deep as a path can say ---- */

/* Attributes of one of many: names as long as may be that differ at the end alone. */
static OBJECT_ATTRIBUTES *numbered(const WCHAR *prefix, ULONG number)
{
    static WCHAR text[300];
    static UNICODE_STRING name;
    static OBJECT_ATTRIBUTES result;
    const ULONG length = wcslen(prefix);
    memcpy(text, prefix, length * sizeof *text);
    for (ULONG i = 0; i < 255; i++)
        text[length + i] = i < 247 ? 'p' : 'a' + (number >> 4 * (254 - i) & 15);
    name = (UNICODE_STRING){(length + 255) * 2, (length + 255) * 2, text};
    InitializeObjectAttributes(&result, &name, 0x40, NULL, NULL);
    return &result;
}

static OBJECT_ATTRIBUTES *file_name(ULONG number)
{
    return numbered(L"\\??\\C:\\many\\", number);
}

/* A name in a folder of many. */
static void many_files(void)
{
    const ULONG many = longer ? 3000 : 300;
    CreateDirectoryA("C:\\many", NULL);
    for (ULONG i = 0; i < many; i++) {
        CALL(NtCreateFile, C(0), 0xC0100080, H(file_name(i)), C(7), 0, 0x80, 7, 2, 0x60,
             0, 0);
        CHECK_EQUAL(status, 0);
        CloseHandle((HANDLE)cells[0][0]);
    }
    W(NtOpenFile, AMONG_MANY, C(0), 0x80100080, H(file_name(many - 1)), C(7), 7, 0x60);
    W(NtQueryAttributesFile, AMONG_MANY, H(file_name(many)), C(0));
    W(NtQueryFullAttributesFile, AMONG_MANY, H(file_name(many)), C(0));
    W(NtCreateFile, AMONG_MANY, C(0), 0xC0100080, H(file_name(many)), C(7), 0, 0x80, 7, 2,
      0x60, 0, 0);
    HANDLE folder = CreateFileA("C:\\many", GENERIC_READ, 7, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS, NULL);
    for (ULONG class = 1; class <= 3; class ++)
        W(NtQueryDirectoryFile, "a list of many long names", H(folder), 0, 0, 0, C(7),
          H(room), MIB, class, 0, 0, 1);
    CloseHandle(folder);
}

static void make_folders(void)
{
    static char path[300];
    WCHAR one[] = L"d";
    UNICODE_STRING name = {2, 2, one};
    HANDLE at = CreateFileA("C:\\", GENERIC_READ, 7, NULL, OPEN_EXISTING,
                            FILE_FLAG_BACKUP_SEMANTICS, NULL);
    CreateDirectoryA("C:\\wide", NULL);
    for (int i = 0; i < (longer ? 400 : 40); i++) {
        strcpy(path, "C:\\wide\\");
        memset(path + 8, 'w', 240);
        sprintf(path + 248, "%04d", i);
        CloseHandle(CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
    }
    for (int i = 0; i < (longer ? 16000 : 1600); i++) {
        HANDLE below = NULL;
        OBJECT_ATTRIBUTES in = {sizeof in, at, &name, 0x40, NULL, NULL};
        CALL(NtCreateFile, H(&below), 0x100001, H(&in), C(7), 0, 0x80, 7, 3, 0x21, 0, 0);
        CHECK_EQUAL(status, 0);
        CloseHandle(at);
        at = below;
    }
    CloseHandle(at);
}

static const WCHAR *repeated(const char *unit, ULONG count, const char *end)
{
    static WCHAR text[1024];
    WCHAR *to = text;
    while (count--)
        for (const char *c = unit; *c; c++)
            *to++ = *c;
    do
        *to++ = *end;
    while (*end++);
    return text;
}

static void directory(HANDLE wide, const char *what, const WCHAR *text)
{
    UNICODE_STRING pattern = {wcslen(text) * 2, wcslen(text) * 2, (WCHAR *)text};
    W(NtQueryDirectoryFile, what, H(wide), 0, 0, 0, C(7), H(room), MIB, 1, 0, H(&pattern),
      1);
}

/* As many ranges as a file takes; one that none of them blocks, and the last of them back. */
static void locks(void)
{
    LARGE_INTEGER at = {.QuadPart = 0}, one = {.QuadPart = 1};
    for (status = 0; !status && at.QuadPart < 20000; at.QuadPart++)
        CALL(NtLockFile, H(file), 0, 0, 0, C(7), H(&at), H(&one), 0, 1, 1);
    at.QuadPart += 10;
    W(NtLockFile, "a byte after all that are locked", H(file), 0, 0, 0, C(7), H(&at),
      H(&one), 0, 1, 1);
    at.QuadPart -= 12;
    W(NtUnlockFile, "the last of many ranges", H(file), C(7), H(&at), H(&one), 0);
    while (at.QuadPart-- > 0)
        CALL(NtUnlockFile, H(file), C(7), H(&at), H(&one), 0);
}

static void files(void)
{
    ULONG deep = H(long_name(L"\\??\\C:\\", '\\', 'e'));
    make_folders();
    many_files();
    W(NtOpenFile, "a path as deep as a string can say", C(0), 0x80100080, deep, C(7), 7,
      0x60);
    W(NtCreateFile, "a path as deep as a string can say", C(0), 0xC0100080, deep, C(7), 0,
      0x80, 7, 5, 0x60, 0, ~0u);
    W(NtQueryAttributesFile, "a path as deep as a string can say", deep, C(0));
    W(NtQueryFullAttributesFile, "a path as deep as a string can say", deep, C(0));

    HANDLE wide = CreateFileA("C:\\wide", GENERIC_READ, 7, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS, NULL);
    CHECK(wide != INVALID_HANDLE_VALUE);
    directory(wide, "stars between letters, and no match", repeated("*w", 200, "*x"));
    directory(wide, "each character may be one or none", repeated("*>", 255, "x"));
    directory(wide, "question marks", repeated(">", 511, ""));
    directory(wide, "more wild cards than are taken", repeated("<", 900, ""));
    CloseHandle(wide);

    locks();
    W(NtWriteFile, "16 MiB", H(file), 0, 0, 0, C(7), H(room), 16 * MIB, C(3), 0);
    W(NtReadFile, "16 MiB", H(file), 0, 0, 0, C(7), H(room), 16 * MIB, C(3), 0);
    CLASSES(NtQueryInformationFile, 4, H(file), C(7), H(room), MIB, 0);
    CLASSES(NtQueryVolumeInformationFile, 4, H(file), C(7), H(room), MIB, 0);
    memset(room, 0, MIB);
    CLASSES(NtSetInformationFile, 4, H(file), C(7), H(room), MIB, 0);
    *(ULONGLONG *)room = 0x7FFFFFFF;
    W(NtSetInformationFile, "an end at 2 GiB", H(file), C(7), H(room), 8, 20);
    *(ULONGLONG *)room = 0;
    W(NtSetInformationFile, "and back", H(file), C(7), H(room), 8, 20);
    struct { /* FILE_RENAME_INFORMATION */
        ULONG replace, root, length;
        WCHAR name[0x8000];
    } *rename = (void *)(room + MIB);
    rename->replace = rename->root = 0;
    rename->length = LONG_NAME * 2;
    memcpy(rename->name, long_name(L"\\??\\C:\\", '\\', 'e')->ObjectName->Buffer,
           LONG_NAME * 2);
    W(NtSetInformationFile, "a new name as deep as a string can say", H(file), C(7),
      H(rename), sizeof *rename, 10);
    W(NtDeviceIoControlFile, "4 GiB of either", H(console), 0, 0, 0, C(7),
      IOCTL_CONSOLE_GET_MODE, H(room), ~0u, H(room), ~0u);
}

#define PIPE(attributes, type, size)                                                     \
    C(0), 0xC0100000, H(attributes), C(7), 3, 3, 0x20, type, type, 0, ~0u, size, size,   \
        H(&second)

static OBJECT_ATTRIBUTES *pipe_name(ULONG number)
{
    return numbered(L"\\??\\pipe\\", number);
}

static LARGE_INTEGER second = {.QuadPart = -10000000};
static ULONG served, joined; /* the two ends of a pipe */

static void make_ends(ULONG number, ULONG type, const char *what)
{
    W(NtCreateNamedPipeFile, what, PIPE(pipe_name(number), type, ~0u));
    served = cells[0][0];
    W(NtOpenFile, AMONG_MANY, C(0), 0xC0100080, H(pipe_name(number)), C(7), 3, 0x20);
    joined = cells[0][0];
}

static void close_ends(void)
{
    CloseHandle((HANDLE)joined);
    CloseHandle((HANDLE)served);
}

/* A pipe among many, instances among many. */
static void many_pipes(BOOL alike)
{
    const ULONG many = longer ? 4000 : 400;
    ULONG server[4000];
    for (ULONG i = 0; i < many; i++) {
        CALL(NtCreateNamedPipeFile, PIPE(pipe_name(alike ? many : i), 0, 0));
        server[i] = cells[0][0];
    }
    make_ends(many, 0, AMONG_MANY);
    close_ends();
    for (ULONG i = 0; i < many; i++)
        CloseHandle((HANDLE)server[i]);
}

/* The longest messages and the shortest. */
static void messages(void)
{
    ULONG modes[2] = {0, 0};
    make_ends(0, 1, "a pipe of messages");
    W(NtWriteFile, "the longest message", joined, 0, 0, 0, C(7), H(room), 0x10000, 0, 0);
    W(NtReadFile, "the longest message", served, 0, 0, 0, C(7), H(room), MIB, 0, 0);
    for (ULONG i = 0; i < 20000; i++)
        CALL(NtWriteFile, joined, 0, 0, 0, C(7), H(room), 1, 0, 0);
    CALL(NtSetInformationFile, served, C(7), H(modes), 8, 23);
    W(NtFsControlFile, "a look at 20,000 messages", served, 0, 0, 0, C(7),
      FSCTL_PIPE_PEEK, 0, 0, H(room), MIB);
    W(NtReadFile, "20,000 messages as bytes", served, 0, 0, 0, C(7), H(room), MIB, 0, 0);
    close_ends();
}

static DWORD WINAPI reads_one(void *end)
{
    char byte;
    DWORD done;
    return ReadFile(end, &byte, 1, &done, NULL);
}

static DWORD WINAPI waits_for_pipe(void *name)
{
    return WaitNamedPipeA(name, NMPWAIT_WAIT_FOREVER);
}

#define WAITERS (longer ? 500 : 50)
static HANDLE waiters[500];

static void make_waiters(LPTHREAD_START_ROUTINE routine, void *of)
{
    for (int i = 0; i < WAITERS; i++)
        waiters[i] = CreateThread(NULL, 0x10000, routine, of,
                                  STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    Sleep(500); /* all of them wait */
}

static void end_waiters(void)
{
    for (int i = 0; i < WAITERS; i++) {
        CHECK_EQUAL(WaitForSingleObject(waiters[i], 10000), 0);
        CloseHandle(waiters[i]);
    }
}

/* Many threads wait for one pipe, or for an instance of it. */
static void many_waiters(void)
{
    UNICODE_STRING text = {2 * 10, 2 * 10, L"\\??\\pipe\\w"};
    OBJECT_ATTRIBUTES name;
    InitializeObjectAttributes(&name, &text, 0x40, NULL, NULL);
    make_ends(1, 0, "a pipe of bytes");
    make_waiters(reads_one, (void *)served);
    W(NtWriteFile, MANY_WAIT, joined, 0, 0, 0, C(7), H(room), 1, 0, 0);
    Sleep(500);
    W(NtFsControlFile, MANY_WAIT, served, 0, 0, 0, C(7), DISCONNECT, 0, 0, 0, 0);
    end_waiters();
    close_ends();
    CALL(NtCreateNamedPipeFile, PIPE(&name, 0, 0));
    served = cells[0][0];
    CALL(NtOpenFile, C(0), 0xC0100080, H(&name), C(7), 3, 0x20);
    joined = cells[0][0];
    make_waiters(waits_for_pipe, "\\\\.\\pipe\\w");
    W(NtCreateNamedPipeFile, MANY_WAIT, PIPE(&name, 0, 0));
    end_waiters();
    CloseHandle((HANDLE)cells[0][0]);
    close_ends();
}

static void pipes(void)
{
    many_pipes(FALSE);
    many_pipes(TRUE);
    messages();
    many_waiters();
}

#endif
