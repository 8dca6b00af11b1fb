/* stories.h - services that mean something only in a row: a few calls after one another.
 *
 * Single calls never come to the fifth message of a port or to the two hundredth folder in a
 * folder.  A story makes the calls of one such sequence; odd() puts something wild in place of
 * an argument now and then, and any story may stop in the middle.  Each call is counted.
 */
#ifndef FUZZ_STORIES_H
#define FUZZ_STORIES_H

#include "services.h"

static ULONG do_call(ULONG number,
                     const ULONG *a); /* services.c: counts, notes success */
#define DO(name, ...) do_call(SERVICE_##name, (ULONG[MOST]){__VA_ARGS__})

#define RAISED  0xE00F0000u
#define SERVED  L"\\BaseNamedObjects\\fuzzed"
#define MESSAGE 0x120 /* bytes, header included */

static ULONG odd(ULONG *seed, ULONG value)
{
    return one_in(seed, 24) ? wild(seed) : value;
}

/* Attributes of a name in the caller's frame. */
#define NAMED(attributes, string, text, root)                                            \
    UNICODE_STRING string = {wcslen(text) * 2, wcslen(text) * 2, (WCHAR *)(text)};       \
    OBJECT_ATTRIBUTES attributes;                                                        \
    InitializeObjectAttributes(&attributes, &string, 0x40, root, NULL)

static HANDLE open_folder(void)
{
    ULONG iosb[2], handle = 0;
    NAMED(attributes, name, L"\\??\\C:\\", NULL);
    DO(NtOpenFile, H(&handle), 0x100001, H(&attributes), H(iosb), 7, 0x21);
    return (HANDLE)handle;
}

/* A folder's names that match: a new handle each time, for the pattern stays with it. */
static void story_pattern(ULONG *seed)
{
    static char found[2][2048];
    WCHAR text[256] = {0};
    ULONG iosb[2], length = 1 + draw(seed) % (one_in(seed, 4) ? 16 : 255);
    HANDLE directory = open_folder();
    pattern(seed, text, length);
    UNICODE_STRING name = {wcslen(text) * 2, wcslen(text) * 2, text};
    DO(NtQueryDirectoryFile, H(directory), 0, 0, 0, H(iosb), H(found[draw(seed) % 2]),
       odd(seed, 2048), odd(seed, 1 + draw(seed) % 3), one_in(seed, 2), H(&name), TRUE);
    DO(NtClose, H(directory));
}

/* Folders in folders, by relative names; the last one may be deleted again. */
static void story_deep(ULONG *seed)
{
    ULONG iosb[2], depth = one_in(seed, 2) ? draw(seed) % 12 : 180 + draw(seed) % 100;
    HANDLE directory = open_folder();
    while (depth--) {
        HANDLE next = NULL;
        NAMED(attributes, name, L"d", directory);
        const ULONG status = DO(NtCreateFile, H(&next), 0x110001, H(&attributes), H(iosb),
                                0, 0x80, 7, 3, 0x21, 0, 0);
        DO(NtClose, H(directory));
        directory = next;
        if ((LONG)status < 0)
            return;
    }
    if (one_in(seed, 4)) {
        BOOLEAN gone = TRUE;
        DO(NtSetInformationFile, H(directory), H(iosb), H(&gone), 1, 13);
    }
    DO(NtClose, H(directory));
}

/* A view at any offset of any section, and a touch of what it shows. */
static void story_view(ULONG *seed)
{
    const HANDLE sections[] = {section, handles[4], handles[10], handles[11]};
    volatile char sink;
    LARGE_INTEGER offset = {
        .QuadPart = (LONGLONG)(draw(seed) % (one_in(seed, 2) ? 3 : 64)) << 16};
    ULONG base = 0, size = one_in(seed, 3) ? 0 : draw(seed) % 0x80000, iosb[2];
    if (one_in(seed, 16))
        offset.HighPart = draw(seed) % 4;
    const ULONG status =
        DO(NtMapViewOfSection, odd(seed, H(PICK(seed, sections))), ~0u, H(&base), 0,
           odd(seed, 0), H(&offset), H(&size), 2, 0, odd(seed, one_in(seed, 2) ? 2 : 4));
    if ((LONG)status < 0)
        return;
    for (int i = 0; i < 3 && size; i++)
        sink = *(volatile char *)(base + draw(seed) % size);
    sink = *(volatile char *)base;
    (void)sink;
    if (one_in(seed, 2))
        DO(NtFlushVirtualMemory, ~0u, H(&base), H(&size), H(iosb));
    if (!one_in(seed, 8))
        DO(NtUnmapViewOfSection, ~0u, base);
}

/* A file gets another name, with a root or without; sometimes it is deleted. */
static void story_rename(ULONG *seed)
{
    WCHAR from[] = L"\\??\\C:\\r0";
    struct {
        ULONG replace;
        HANDLE root;
        ULONG length;
        WCHAR name[20];
    } info = {one_in(seed, 2), NULL, 0, L"\\??\\C:\\r0"};
    ULONG iosb[2];
    HANDLE made = NULL, root = open_folder();
    from[8] += draw(seed) % 6;
    info.name[8] += draw(seed) % 6;
    if (one_in(seed, 2)) {
        info.root = (HANDLE)odd(seed, H(root));
        wcscpy(info.name, from + 7);
    }
    info.length = odd(seed, wcslen(info.name) * 2);
    NAMED(attributes, name, from, NULL);
    DO(NtCreateFile, H(&made), 0x40110080, H(&attributes), H(iosb), 0, 0x80, 7,
       odd(seed, 3), 0x60, 0, 0);
    DO(NtSetInformationFile, H(made), H(iosb), H(&info), sizeof info, 10);
    if (one_in(seed, 4)) {
        BOOLEAN gone = TRUE;
        DO(NtSetInformationFile, H(made), H(iosb), H(&gone), 1, 13);
    }
    DO(NtClose, H(made));
    DO(NtClose, H(root));
}

/* ---- ports: the server has a thread of its own, the stories are its clients ---- */

typedef struct {
    PORT_MESSAGE header;
    ULONG data[(MESSAGE - sizeof(PORT_MESSAGE)) / 4];
} FUZZ_MESSAGE;

static void some_message(ULONG *seed, FUZZ_MESSAGE *m)
{
    const ULONG length = draw(seed) % (256 - sizeof m->header) & ~3u;
    m->header =
        (PORT_MESSAGE){.DataLength = length, .TotalLength = length + sizeof m->header};
    if (one_in(seed, 8))
        ((ULONG *)&m->header)[draw(seed) % (sizeof m->header / 4)] = wild(seed);
}

static void story_port(ULONG *seed)
{
    FUZZ_MESSAGE m;
    ULONG words[16], count = draw(seed) % sizeof words, most = 0, client = 0;
    UNICODE_STRING name = {sizeof SERVED - 2, sizeof SERVED - 2, SERVED};
    if (DO(NtConnectPort, H(&client), H(&name), 0, 0, 0, H(&most),
           one_in(seed, 2) ? H(words) : 0, one_in(seed, 2) ? H(&count) : 0))
        return;
    for (ULONG n = draw(seed) % 6; n; n--) {
        some_message(seed, &m);
        if (one_in(seed, 8))
            DO(NtReplyPort, client, H(&m));
        DO(NtRequestWaitReplyPort, odd(seed, client), H(&m), odd(seed, H(&m)));
    }
    if (!one_in(seed, 8))
        DO(NtClose, client);
}

/* One message of the server's: what it says may be wrong, or may not come at all. */
static void serve(ULONG *seed, ULONG *port)
{
    static ULONG connections[8], next;
    FUZZ_MESSAGE m;
    ULONG context = 0, made = 0;
    if (!*port) {
        NAMED(attributes, name, SERVED, NULL);
        if (DO(NtCreatePort, H(port), H(&attributes), 64, 256, 0))
            Sleep(5);
    }
    const ULONG status = one_in(seed, 4)
                             ? DO(NtListenPort, *port, H(&m))
                             : DO(NtReplyWaitReceivePort, *port, H(&context), 0, H(&m));
    if ((LONG)status < 0) {
        DO(NtClose, *port);
        *port = 0;
        return;
    }
    if (one_in(seed, 8))
        ((ULONG *)&m.header)[draw(seed) % (sizeof m.header / 4)] = wild(seed);
    if (m.header.Type == LPC_CONNECTION_REQUEST) {
        const BOOLEAN accept = !one_in(seed, 6);
        DO(NtAcceptConnectPort, H(&made), next % 8, H(&m), accept, 0, 0);
        if (made && !one_in(seed, 8))
            DO(NtCompleteConnectPort, made);
        if (connections[next % 8])
            DO(NtClose, connections[next % 8]);
        connections[next++ % 8] = made;
    } else if (m.header.Type == LPC_REQUEST && !one_in(seed, 16)) {
        DO(NtReplyPort, odd(seed, connections[context % 8]), H(&m));
    }
}

/* ---- pipes ---- */

/* Something on one of the ends, neither of which waits. */
static void use_pipe(ULONG *seed, ULONG end)
{
    static char bytes[0x12000];
    ULONG iosb[2], facts[16], modes[2] = {draw(seed) % 2, 1};
    const ULONG size = odd(seed, draw(seed) % (one_in(seed, 3) ? sizeof bytes : 100));
    switch (draw(seed) % 6) {
    case 0:
        DO(NtWriteFile, end, 0, 0, 0, H(iosb), H(bytes), size, 0, 0);
        break;
    case 1:
        DO(NtReadFile, end, 0, 0, 0, H(iosb), H(bytes), size, 0, 0);
        break;
    case 2:
        DO(NtQueryInformationFile, end, H(iosb), H(facts), 40, 24);
        break;
    case 3:
        DO(NtSetInformationFile, end, H(iosb), H(modes), 8, 23);
        break;
    default:
        DO(NtFsControlFile, end, 0, 0, 0, H(iosb), odd(seed, PICK(seed, pipe_codes)),
           odd(seed, H(one_in(seed, 2) ? "ClientProcessId" : "ServerProcessId")), 16,
           odd(seed, H(bytes)), size);
    }
}

/* A pipe of few instances, which the callers share by name; an end may stay open. */
static void story_pipe(ULONG *seed)
{
    static LARGE_INTEGER soon = {.QuadPart = -100000};
    struct {
        LARGE_INTEGER time;
        ULONG length;
        UCHAR given[2];
        WCHAR name[4];
    } wait = {{.QuadPart = -10000}, 4, {1}, L"f0"};
    WCHAR text[] = L"\\??\\pipe\\f0";
    ULONG iosb[2], server = 0, client = 0, pipes = 0, modes[2] = {0, 1};
    const ULONG type = draw(seed) % 2;
    wait.name[1] = text[10] += draw(seed) % 4;
    NAMED(attributes, name, text, NULL);
    NAMED(folder, root, L"\\Device\\NamedPipe\\", NULL);
    DO(NtCreateNamedPipeFile, H(&server), 0xC0100000, H(&attributes), H(iosb),
       odd(seed, 1 + draw(seed) % 3), odd(seed, 2 + draw(seed) % 2), odd(seed, 0x20),
       type, odd(seed, type), 1, odd(seed, 1 + draw(seed) % 3),
       odd(seed, draw(seed) % 0x3000), odd(seed, 0), H(&soon));
    DO(NtFsControlFile, server, 0, 0, 0, H(iosb), 0x110008, 0, 0, 0, 0);
    DO(NtOpenFile, H(&client), odd(seed, 0xC0100000u >> draw(seed) % 2), H(&attributes),
       H(iosb), 7, odd(seed, 0x20));
    DO(NtSetInformationFile, client, H(iosb), H(modes), 8, 23);
    for (ULONG n = draw(seed) % 12; n; n--)
        use_pipe(seed, one_in(seed, 2) ? server : client);
    DO(NtOpenFile, H(&pipes), 0x100080, H(&folder), H(iosb), 7, 0x20);
    DO(NtFsControlFile, pipes, 0, 0, 0, H(iosb), 0x110018, H(&wait), odd(seed, 18), 0, 0);
    DO(NtClose, pipes);
    DO(NtClose, one_in(seed, 2) ? client : server);
    if (!one_in(seed, 8)) {
        DO(NtClose, client);
        DO(NtClose, server);
    }
}

/* ---- processes, threads, exceptions ---- */

static void story_process(ULONG *seed)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    char line[] = "C:\\hello.exe", read[64];
    ULONG done, basic[6];
    if (!one_in(seed, 8) || !CreateProcessA(NULL, line, NULL, NULL, FALSE,
                                            CREATE_SUSPENDED | DETACHED_PROCESS, NULL,
                                            NULL, &startup, &process))
        return;
    DO(NtQueryInformationProcess, H(process.hProcess), 0, H(basic), 24, 0);
    DO(NtReadVirtualMemory, H(process.hProcess), 0x400000, H(read), 64, H(&done));
    DO(NtWriteVirtualMemory, H(process.hProcess), FIELD, H(read), 64, H(&done));
    DO(NtSuspendProcess, H(process.hProcess));
    DO(NtSetContextThread, H(process.hThread), context(seed));
    if (one_in(seed, 2))
        DO(NtResumeProcess, H(process.hProcess));
    DO(NtResumeThread, H(process.hThread), 0);
    DO(NtTerminateProcess, H(process.hProcess), 1);
    DO(NtClose, H(process.hProcess));
    DO(NtClose, H(process.hThread));
}

static void story_thread(ULONG *seed)
{
    static CONTEXT got = {.ContextFlags = 0x1003F};
    ULONG thread = 0;
    DO(NtCreateThreadEx, H(&thread), 0x1FFFFF, 0, ~0u, odd(seed, H(sleep_on)), 0, 1, 0,
       odd(seed, 0x1000), odd(seed, 0x10000), 0);
    DO(NtGetContextThread, thread, H(&got));
    DO(NtSetContextThread, thread, one_in(seed, 2) ? H(&got) : context(seed));
    DO(NtQueueApcThread, thread, odd(seed, H(begin_again)), 0, 0, 0);
    DO(NtSuspendThread, thread, 0);
    if (one_in(seed, 2))
        DO(NtResumeThread, thread, 0);
    DO(NtTerminateThread, thread, 0);
    DO(NtClose, thread);
}

/* services.c's handler takes it, and looks at what is in the record. */
static void story_raise(ULONG *seed)
{
    static EXCEPTION_RECORD record[2];
    EXCEPTION_RECORD *r = &record[draw(seed) % 2];
    *r = (EXCEPTION_RECORD){.ExceptionCode = RAISED, .NumberParameters = draw(seed) % 16};
    DO(NtRaiseException, H(r), context(seed), 1);
}

static void went_on(void);
static void story_continue(ULONG *seed)
{
    CONTEXT *c = (CONTEXT *)context(seed);
    c->ContextFlags = 0x1003F;
    c->Eip = (ULONG)went_on;
    DO(NtContinue, H(c), one_in(seed, 2));
}

/* What needs something before it, and what its good call would do to the caller. */
static void story_rest(ULONG *seed)
{
    UNICODE_STRING nothing = {0};
    LARGE_INTEGER shorter = {.QuadPart = 0x4000},
                  longer = {.QuadPart = draw(seed) % 0x20000};
    ULONG made = 0, answer, base = H(scratch), size = 0x1000;
    DO(NtCreateSection, H(&made), 0xF001F, 0, H(&shorter), odd(seed, 4), 0x8000000,
       H(handles[7]));
    DO(NtExtendSection, made, H(&longer));
    DO(NtClose, made);
    DO(NtLockVirtualMemory, ~0u, H(&base), H(&size), 1);
    DO(NtUnlockVirtualMemory, ~0u, H(&base), H(&size), odd(seed, 1));
    DO(NtDisplayString, H(&nothing));
    DO(NtFathomSendControl, CTRL_C_EVENT,
       1 + draw(seed) % 1000); /* a group: nobody hears it */
    if (one_in(seed, 8))
        DO(NtRaiseHardError, STATUS_HEAP_CORRUPTION, 0, 0, 0, 1, H(&answer));
}

static void story(ULONG *seed)
{
    static void (*const stories[])(ULONG *) = {
        story_pattern,  story_deep, story_view,    story_view,   story_view,
        story_rename,   story_port, story_process, story_thread, story_raise,
        story_continue, story_rest, story_pipe};
    PICK(seed, stories)(seed);
}

#endif
