/* buffers.c - each pointer that a service takes, pointing where it must not.
 *
 * calls.h has a good call of every service.  One at a time each of its pointers is made to
 * point to the kernel, to nothing, across the end of the user's half, to pages that are
 * read-only, no-access, guarded, decommitted, and astride a good page and a bad one.  The
 * call must fail with the status for it (an optional one may be null, an in parameter may be
 * read-only), write nothing that it may not, and leave no handle behind.  Then the lengths,
 * far too large; then buffers that change while they are used.  Only on Fathom: Windows
 * answers some of these by a different status, or by an exception in ntdll.
 */
#include "calls.h"

static char *readonly, *noaccess, *guard, *gone, *astride; /* astride: 2 bytes of each */
static ULONG failures;

static char *pages(DWORD protect)
{
    char *p = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;
    CHECK(p);
    if (protect)
        CHECK(VirtualProtect(p, 0x2000, protect, &old));
    return p;
}

static void arm_guard(void)
{
    DWORD old;
    CHECK(VirtualProtect(guard, 0x2000, PAGE_READWRITE | PAGE_GUARD, &old));
}

static int is_memory_error(ULONG status)
{
    return status == (ULONG)STATUS_ACCESS_VIOLATION ||
           status == (ULONG)STATUS_DATATYPE_MISALIGNMENT ||
           status == (ULONG)STATUS_GUARD_PAGE_VIOLATION ||
           status == (ULONG)STATUS_PARTIAL_COPY; /* Nt*VirtualMemory's own word for it */
}

static void say(const ROW *row, int which, ULONG value, ULONG status)
{
    printf("%s, argument %d = %08lx: %08lx\n", name_of(row), which, value, status);
    fflush(stdout);
    failures++;
}

static void one(const ROW *row, int which, ULONG where, int may_work)
{
    ULONG a[MOST];
    reset();
    memcpy(a, row->a, sizeof a);
    a[which] = where;
    ULONG before = handle_count(), status = call(row->number, a);
    if (!is_memory_error(status) && !may_work)
        say(row, which, where, status);
    clean(row, status);
    if (!settles(before))
        say(row, which, where, before << 16 | handle_count());
}

static void each_place(const ROW *row, int which, char how)
{
    static const ULONG kernel[] = {0x7FFF0000, 0x80000000, 0x80100000, 0xA0000000,
                                   0xC0000000, 0xC0600000, 0xFFFFF000, 0xFFFFFFFC,
                                   0xFFFFFFFF, 0x7FFEFFFF, 4};
    for (unsigned i = 0; i < sizeof kernel / sizeof *kernel; i++)
        one(row, which, kernel[i], 0);
    if (row->number == SERVICE_NtDuplicateObject)
        ; /* makes a handle that nobody is told */
    else if (how != 'n' && (row->arguments[0] != '!' || !strchr("OIb", how)))
        one(row, which, 0, strchr("OIb", how) != NULL);
    one(row, which, (ULONG)noaccess, 0);
    one(row, which, (ULONG)gone, 0);
    one(row, which, (ULONG)astride, how == 'b' || how == 'y');
    arm_guard();
    one(row, which, (ULONG)guard, 0);
    if (strchr("oOb", how)) {
        one(row, which, (ULONG)readonly, 0);
        one(row, which, 0x7FFE0000, 0); /* SharedUserData */
        for (int i = 0; i < 0x2000; i++)
            CHECK(readonly[i] == 0);
    }
}

/* The good call is as good as its row says; then one pointer at a time is bad. */
static void each_pointer(const ROW *row)
{
    if (row->arguments[0] != '!') {
        reset();
        ULONG before = handle_count(), status = call(row->number, row->a);
        if ((LONG)status < 0 ? row->arguments[0] == '+' || is_memory_error(status)
                             : row->arguments[0] == '?')
            say(row, -1, 0, status);
        clean(row, status);
        CHECK(settles(before));
    }
    for (int i = 0; row->arguments[i + 1]; i++)
        if (strchr("oObiIyn", row->arguments[i + 1]))
            each_place(row, i, row->arguments[i + 1]);
}

/* Sizes that wrap around, or reach into the kernel, after a good pointer: whatever the
 * service says, nothing is lost by it. */
static void each_length(const ROW *row, const char *names)
{
    static const ULONG huge[] = {0xFFFFFFFF, 0xFFFFFFFC, 0xFFFFF000,
                                 0x80000000, 0x7FFFFFFF, 0x7FFF0000};
    if (row->arguments[0] == '!')
        return;
    for (int which = 0; *names; which++) {
        unsigned length = strcspn(names, " ");
        if (length >= 6 && !memcmp(names + length - 6, "Length", 6))
            for (unsigned i = 0; i < sizeof huge / sizeof *huge; i++)
                one(row, which, huge[i], 1);
        names += length + (names[length] == ' ');
    }
}

/* ---- buffers that change while they are used ---- */

static volatile LONG stop;
static volatile ULONG *size_cell;
static UNICODE_STRING *shared_name;

static DWORD WINAPI change(void *unused)
{
    DWORD old;
    (void)unused;
    for (ULONG i = 0; !stop; i++) {
        *size_cell = i & 1 ? 0xFFFFFFFF : 0x1000;
        shared_name->Length = i & 1 ? 0xFFFE : 8;
        shared_name->Buffer = i & 2 ? (WCHAR *)0x80100000 : L"\\x\\y";
        VirtualProtect(gone, 0x1000, i & 4 ? PAGE_READONLY : PAGE_READWRITE, &old);
        if (i % 64 == 0) {
            VirtualFree(gone, 0x1000, MEM_DECOMMIT);
            CHECK_EQUAL(failures, 0);
            VirtualAlloc(gone, 0x1000, MEM_COMMIT, PAGE_READWRITE);
        }
        if (i % 16 == 0)
            Sleep(0);
    }
    return 0;
}

/* What was checked is what is used: a size is the one or the other, never a mixture. */
static void changing(void)
{
    static OBJECT_ATTRIBUTES attributes;
    static UNICODE_STRING name;
    HANDLE out;
    shared_name = &name;
    size_cell = cells[12];
    InitializeObjectAttributes(&attributes, &name, 0x40, NULL, NULL);
    HANDLE other = CreateThread(NULL, 0, change, NULL, 0, NULL);
    CHECK(other);
    for (int i = 0; i < 20000; i++) {
        PVOID base = NULL;
        ULONG status = call(SERVICE_NtAllocateVirtualMemory,
                            (ULONG[MOST]){~0u, (ULONG)&base, 0, C(12), 0x2000, 4});
        if ((LONG)status >= 0) {
            MEMORY_BASIC_INFORMATION info;
            CHECK(VirtualQuery(base, &info, sizeof info) && info.RegionSize == 0x1000);
            CHECK(VirtualFree(base, 0, MEM_RELEASE));
        }
        status = call(SERVICE_NtOpenEvent,
                      (ULONG[MOST]){(ULONG)&out, 0x1F0003, (ULONG)&attributes});
        CHECK((LONG)status < 0);
        status = call(SERVICE_NtQuerySystemInformation,
                      (ULONG[MOST]){0, (ULONG)gone, 44, (ULONG)gone + 64});
        CHECK(status == 0 || is_memory_error(status));
    }
    stop = 1;
    CHECK_EQUAL(WaitForSingleObject(other, 20000), WAIT_OBJECT_0);
    CloseHandle(other);
}

static HANDLE pipe_in;
static DWORD WINAPI read_pipe(void *buffer)
{
    DWORD n = 0;
    return ReadFile(pipe_in, buffer, 64, &n, NULL) ? 0 : GetLastError();
}

/* The buffer of a read that waits is freed meanwhile. */
static void freed_under_the_reader(void)
{
    HANDLE out, reader;
    DWORD n, code = 0;
    char *buffer = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(CreatePipe(&pipe_in, &out, NULL, 0));
    reader = CreateThread(NULL, 0, read_pipe, buffer, 0, NULL);
    Sleep(50);
    CHECK(VirtualFree(buffer, 0, MEM_RELEASE));
    CHECK(WriteFile(out, "now", 3, &n, NULL));
    CHECK_EQUAL(WaitForSingleObject(reader, 20000), WAIT_OBJECT_0);
    GetExitCodeThread(reader, &code);
    CHECK_EQUAL(code, ERROR_NOACCESS);
    CloseHandle(reader);
    CloseHandle(out);
    CloseHandle(pipe_in);
}

/* ---- the same in a port: a message is waited for, or its answer ---- */

static HANDLE listening;
static UNICODE_STRING door = {52, 54, L"\\BaseNamedObjects\\the door"};
static struct {
    PORT_MESSAGE header;
    char text[256];
} heard;

static DWORD WINAPI receive_into(void *buffer)
{
    return call(SERVICE_NtReplyWaitReceivePort,
                (ULONG[MOST]){H(listening), 0, 0, H(buffer)});
}

/* Connects, and asks; the answer goes to buffer. */
static DWORD WINAPI ask_into(void *buffer)
{
    static PORT_MESSAGE question;
    HANDLE mine;
    question.TotalLength = sizeof question;
    ULONG status =
        call(SERVICE_NtConnectPort, (ULONG[MOST]){H(&mine), H(&door), 0, 0, 0, 0, 0, 0});
    if (status)
        return status;
    status = call(SERVICE_NtRequestWaitReplyPort,
                  (ULONG[MOST]){H(mine), H(&question), H(buffer)});
    CloseHandle(mine);
    return status;
}

static ULONG end_of(HANDLE thread)
{
    DWORD code = 0;
    CHECK_EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void next_is(SHORT type)
{
    CHECK_EQUAL(receive_into(&heard), 0);
    CHECK_EQUAL(heard.header.Type, type);
}

static ULONG accept_it(HANDLE *made, BOOLEAN accept)
{
    return call(SERVICE_NtAcceptConnectPort,
                (ULONG[MOST]){H(made), 0, H(&heard), accept, 0, 0});
}

static void freed_under_a_port(void)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE made = NULL, thread, client;
    door.Length = wcslen(door.Buffer) * 2;
    InitializeObjectAttributes(&attributes, &door, 0x40, NULL, NULL);
    CHECK_EQUAL(call(SERVICE_NtCreatePort,
                     (ULONG[MOST]){H(&listening), H(&attributes), 64, 256, 0}),
                0);
    char *first = pages(0), *buffer = pages(0);
    thread = CreateThread(NULL, 0, receive_into, first, 0, NULL);
    Sleep(50);
    CHECK(VirtualFree(first, 0, MEM_RELEASE));
    client = CreateThread(NULL, 0, ask_into, buffer, 0, NULL);
    CHECK_EQUAL(end_of(thread), STATUS_ACCESS_VIOLATION);
    next_is(LPC_CONNECTION_REQUEST); /* what the freed buffer missed is not lost */
    CHECK_EQUAL(accept_it(&made, FALSE), 0);
    CHECK_EQUAL(end_of(client), STATUS_PORT_CONNECTION_REFUSED);
    client = CreateThread(NULL, 0, ask_into, buffer, 0, NULL);
    next_is(LPC_CONNECTION_REQUEST);
    CHECK_EQUAL(accept_it(&made, TRUE), 0);
    CHECK_EQUAL(call(SERVICE_NtCompleteConnectPort, (ULONG[MOST]){H(made)}), 0);
    next_is(LPC_REQUEST);
    CHECK(VirtualFree(buffer, 0, MEM_RELEASE));
    CHECK_EQUAL(call(SERVICE_NtReplyPort, (ULONG[MOST]){H(made), H(&heard)}), 0);
    CHECK_EQUAL(end_of(client), STATUS_ACCESS_VIOLATION);
    CHECK(CloseHandle(made) && CloseHandle(listening));
}

int main(void)
{
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    make_objects();
    make_rows();
    every_service();
    readonly = pages(PAGE_READONLY);
    noaccess = pages(PAGE_NOACCESS);
    guard = pages(0);
    gone = pages(0);
    VirtualFree(gone, 0x2000, MEM_DECOMMIT);
    astride = pages(0);
    VirtualFree(astride + 0x1000, 0x1000, MEM_DECOMMIT);
    astride += 0x1000 - 2; /* astride even for the smallest */
    for (unsigned i = 0; i < row_count; i++)
        each_pointer(&rows[i]);
    for (unsigned i = 0; i < SERVICES; i++)
        for (unsigned j = 0; j < row_count; j++)
            if (rows[j].number == services[i].number)
                each_length(&rows[j], services[i].arguments);
    CHECK_EQUAL(failures, 0);
    VirtualAlloc(gone, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    changing();
    freed_under_the_reader();
    freed_under_a_port();
    return 0;
}
