/* calls.h - a good call of every service, and what each of its arguments is.
 *
 * A row is SERVICE, how the good call ends, a letter for each argument, the arguments.
 *
 *   how   + it succeeds     ? it refuses, for another reason than its pointers and handles
 *         ! it is not made: it would end or stop the caller, or wait for ever
 *   .     a value           -  a pointer that Windows looks at and Fathom does not
 *   o O   memory that is written; O: NULL is allowed
 *   b     the same, optional, of one byte
 *   i I   memory that is read; I: NULL is allowed
 *   y     the same, of two bytes           n  the same; NULL waits for ever
 *   p t   a process, a thread; P T: 0 has a meaning of its own
 *   h H   a handle of one type; H: 0 is allowed
 *   f     a handle of one type, for which no right is asked (files: by the class)
 *   e     a handle of any type
 *
 * every_service() holds the rows beside include/services.tbl: a service without a row, or
 * with other arguments than its row says, fails the test.
 */
#ifndef DISPATCH_CALLS_H
#define DISPATCH_CALLS_H

#include "check.h"
#include <string.h>
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include "fathom.h"
#include "ntport.h"
#include "services_gen.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* zeros are meant */

#define FSCTL_PIPE_PEEK 0x11400C
#define MOST            14
typedef struct {
    ULONG number;
    const char *arguments; /* how, then a letter for each */
    ULONG a[MOST];
} ROW;
static ROW rows[128];
static unsigned row_count;

static const struct {
    ULONG number;
    const char *name, *arguments;
} services[] = {
#define SERVICE(number, name, arguments) {number, #name, arguments},
#include "services_list.h"
#undef SERVICE
};
#define SERVICES (sizeof services / sizeof *services)

static const char *name_of(const ROW *row)
{
    for (unsigned i = 0; i < SERVICES; i++)
        if (services[i].number == row->number)
            return services[i].name;
    return "?";
}

static ULONG call(ULONG number, const ULONG *a)
{
    ULONG result;
    __asm__ volatile("pushl %%ebp; movl %%esp, %%ebp\n\t"
                     "movl $14, %%ecx\n\t"
                     "1: pushl -4(%%esi,%%ecx,4); decl %%ecx; jnz 1b\n\t"
                     "pushl $0\n\t"
                     "movl $0x7FFE0300, %%edx\n\t"
                     "call *(%%edx)\n\t"
                     "movl %%ebp, %%esp; popl %%ebp"
                     : "=a"(result)
                     : "a"(number), "S"(a)
                     : "ecx", "edx", "memory", "cc");
    return result;
}

/* ---- what the good calls are made with ---- */

static HANDLE event, semaphore, mutant, timer, section, file, folder, console, keyed;
static HANDLE port, conversation, pipe_reader, pipe_writer, sleeper, myself, my_thread;
static ULONG cells[16][16];
static char *good, *scratch, *watched, big[2048];
static OBJECT_ATTRIBUTES named[9]; /* attributes of a name each */
static PORT_MESSAGE message;

static OBJECT_ATTRIBUTES *attributes(int index, const WCHAR *name)
{
    static UNICODE_STRING names[9];
    names[index].Length = wcslen(name) * 2;
    names[index].MaximumLength = names[index].Length;
    names[index].Buffer = (WCHAR *)name;
    InitializeObjectAttributes(&named[index], &names[index], 0x40, NULL, NULL);
    return &named[index];
}

/* Answers whoever connects to the port, and every request with the request itself. */
static DWORD WINAPI answer_all(void *server)
{
    static struct {
        PORT_MESSAGE header;
        char text[256];
    } m;
    ULONG context;
    PORT_MESSAGE *reply = NULL;
    HANDLE made;
    while (
        !call(SERVICE_NtReplyWaitReceivePort,
              (ULONG[MOST]){(ULONG)server, (ULONG)&context, (ULONG)reply, (ULONG)&m})) {
        if (m.header.Type == LPC_PORT_CLOSED)
            CloseHandle((HANDLE)context);
        reply = m.header.Type == LPC_REQUEST ? &m.header : NULL;
        if (m.header.Type == LPC_CONNECTION_REQUEST &&
            !call(SERVICE_NtAcceptConnectPort,
                  (ULONG[MOST]){(ULONG)&made, 0, (ULONG)&m, 1, 0, 0}))
            call(SERVICE_NtCompleteConnectPort, (ULONG[MOST]){(ULONG)made});
    }
    return 0;
}

static DWORD WINAPI sleep_on(void *unused)
{
    (void)unused;
    Sleep(INFINITE);
    return 0;
}

static void make_ports(void)
{
    HANDLE server = NULL;
    static UNICODE_STRING *name;
    name = attributes(6, L"\\BaseNamedObjects\\served")->ObjectName;
    CHECK_EQUAL(call(SERVICE_NtCreatePort,
                     (ULONG[MOST]){(ULONG)&server, (ULONG)&named[6], 64, 256, 0}),
                0);
    CHECK(CreateThread(NULL, 0, answer_all, server, 0, NULL));
    CHECK_EQUAL(call(SERVICE_NtConnectPort,
                     (ULONG[MOST]){(ULONG)&conversation, (ULONG)name, 0, 0, 0, 0, 0, 0}),
                0);
    CHECK_EQUAL(call(SERVICE_NtCreatePort, (ULONG[MOST]){(ULONG)&port, 0, 64, 256, 0}),
                0);
}

static void make_objects(void)
{
    good = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    scratch = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    watched = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                           PAGE_READWRITE);
    event = CreateEventA(NULL, TRUE, TRUE, "named e");
    semaphore = CreateSemaphoreA(NULL, 1, 1000, "named s");
    mutant = CreateMutexA(NULL, FALSE, "named m");
    timer = CreateWaitableTimerA(NULL, TRUE, "named t");
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000,
                                 "named section");
    file = CreateFileA("C:\\buffers.tmp", GENERIC_READ | GENERIC_WRITE, 7, NULL,
                       CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    folder = CreateFileA("C:\\", GENERIC_READ, 7, NULL, OPEN_EXISTING,
                         FILE_FLAG_BACKUP_SEMANTICS, NULL);
    console = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, 3, NULL, OPEN_EXISTING,
                          0, NULL);
    attributes(5, L"\\BaseNamedObjects\\named k");
    call(SERVICE_NtCreateKeyedEvent,
         (ULONG[MOST]){(ULONG)&keyed, 0xF0003, (ULONG)&named[5], 0});
    sleeper = CreateThread(NULL, 0, sleep_on, NULL, 0, NULL);
    myself = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    my_thread = OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId());
    CHECK(good && scratch && watched && event && semaphore && mutant && timer);
    CHECK(CreatePipe(&pipe_reader, &pipe_writer, NULL, 0));
    CHECK(section && file != INVALID_HANDLE_VALUE && folder != INVALID_HANDLE_VALUE);
    CHECK(console != INVALID_HANDLE_VALUE && keyed && sleeper && myself && my_thread);
    DWORD n;
    CHECK(WriteFile(file, good, 64, &n, NULL));
    make_ports();
}

/* Before every call: the cells have what the rows count on, the objects are as they were. */
static void reset(void)
{
    memset(cells, 0, sizeof cells);
    cells[1][0] = 0x30000000; /* a base */
    cells[2][0] = 0x1000;     /* a size */
    cells[4][0] = (ULONG)event;
    cells[5][0] = GetCurrentProcessId();
    cells[6][0] = 0x1000; /* MaximumSize */
    cells[9][0] = (ULONG)scratch;
    cells[12][0] = 4; /* a count */
    cells[13][0] = 64;
    cells[14][1] = GetCurrentThreadId(); /* a CLIENT_ID */
    cells[15][0] = 0x2000;               /* a section's new size */
    message = (PORT_MESSAGE){.TotalLength = sizeof message};
    VirtualAlloc(scratch, 0x2000, MEM_COMMIT, PAGE_READWRITE);
    watched[0] = 1;
    SetEvent(event); /* a wait without a time ends at once */
    while (WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0)
        ;
    WaitForSingleObject(mutant, 0);
}

/* After every call: what it made is gone again. */
static void clean(const ROW *row, ULONG status)
{
    if ((LONG)status >= 0 && strstr(row->arguments, "o") == row->arguments + 1) {
        if (row->number == SERVICE_NtCreateThreadEx)
            TerminateThread((HANDLE)cells[0][0], 0);
        if (row->number == SERVICE_NtCreateUserProcess)
            TerminateProcess((HANDLE)cells[0][0], 0);
        if (cells[0][0] && cells[0][0] < 0x10000)
            CloseHandle((HANDLE)cells[0][0]);
    }
    if ((LONG)status >= 0 && row->number == SERVICE_NtCreateUserProcess)
        CloseHandle((HANDLE)cells[7][0]);
    if (row->number == SERVICE_NtDuplicateObject && cells[0][0])
        CloseHandle((HANDLE)cells[0][0]);
    VirtualFree((void *)0x30000000, 0, MEM_RELEASE);
    if (cells[10][0])
        UnmapViewOfFile((void *)cells[10][0]);
    if (row->number == SERVICE_NtLockVirtualMemory)
        VirtualUnlock(scratch, 0x1000);
}

static void add(ULONG number, const char *letters, const ULONG *a)
{
    ROW *row = &rows[row_count++];
    CHECK(row_count <= sizeof rows / sizeof *rows);
    row->number = number;
    row->arguments = letters;
    memcpy(row->a, a, sizeof row->a);
}

/* Addresses of the cells: an int for a table of constants. */
#define C(n) ((ULONG)cells[n])
#define H(h) ((ULONG)(h))
static void make_rows(void)
{
    static CONTEXT context = {.ContextFlags = 0x10000};
    static UNICODE_STRING nothing;
    static LARGE_INTEGER second = {.QuadPart = -10000000};
    static WCHAR image[] = L"\\??\\C:\\hello.exe";
    static ULONG list[5] = {20, 0x20005, sizeof image - 2, 0, 0};
    const ULONG self = ~0u, me = ~1u, data = H(good), all = 0x1F0FFF;
    const ULONG parameters =
        H(NtCurrentTeb()->ProcessEnvironmentBlock->ProcessParameters);
    list[3] = H(image);
#define R(name, letters, ...) add(SERVICE_##name, letters, (ULONG[MOST]){__VA_ARGS__})
    R(NtAcceptConnectPort, "?o.i.--", C(0), 0, H(&message), TRUE, 0, 0);
    R(NtAllocateVirtualMemory, "+po.o..", self, C(1), 0, C(2), 0x2000, 4);
    R(NtCancelTimer, "+hb", H(timer), C(0));
    R(NtClearEvent, "+h", H(event));
    R(NtClose, "!e", 0);
    R(NtCompleteConnectPort, "!f", H(port));
    R(NtConnectPort, "+oi---OII", C(0), H(named[6].ObjectName), 0, 0, 0, C(7), C(8),
      C(13));
    R(NtContinue, "!i.", H(&context), 0);
    R(NtCreateEvent, "+o.I..", C(0), 0x1F0003, 0, 0, 0);
    R(NtCreateFile, "+o.Io-....-.", C(0), 0xC0100080,
      H(attributes(7, L"\\??\\C:\\a.tmp")), C(7), 0, 0x80, 7, 5, 0x60, 0, 0);
    R(NtCreateKeyedEvent, "+o.I.", C(0), 0xF0003, 0, 0);
    R(NtCreateMutant, "+o.I.", C(0), 0x1F0001, 0, 0);
    R(NtCreateNamedPipeFile, "+o.Io.........I", C(0), 0xC0100000,
      H(attributes(8, L"\\??\\pipe\\calls")), C(7), 3, 3, 0x20, 1, 1, 0, 64, 0, 0,
      H(&second));
    R(NtCreatePort, "+oI...", C(0), 0, 64, 256, 0);
    R(NtCreateSection, "+o.II..H", C(0), 0xF001F, 0, C(6), 4, 0x8000000, 0);
    R(NtCreateSemaphore, "+o.I..", C(0), 0x1F0003, 0, 1, 2);
    R(NtCreateThreadEx, "+o.Ip......I", C(0), 0x1FFFFF, 0, self, H(sleep_on), 0, 1, 0, 0,
      0, 0);
    R(NtCreateTimer, "+o.I.", C(0), 0x1F0003, 0, 0);
    R(NtCreateUserProcess, "+oo..II..i-I", C(0), C(7), 0x1FFFFF, 0x1FFFFF, 0, 0, 0, 1,
      parameters, 0, H(list));
    R(NtDelayExecution, "+.i", 0, C(3));
    R(NtDeviceIoControlFile, "+f-..o.-.o.", H(console), 0, 0, 0, C(7),
      IOCTL_CONSOLE_GET_MODE, 0, 0, C(0), 4);
    R(NtDisplayString, "+i", H(&nothing));
    R(NtDuplicateObject, "+pepO...", self, H(event), self, C(0), 0, 0, 2);
    R(NtExtendSection, "?ho", H(section), C(15));
    R(NtFlushBuffersFile, "+ho", H(file), C(7));
    R(NtFlushInstructionCache, "+p..", self, data, 0x1000);
    R(NtFlushVirtualMemory, "?pooo", self, C(9), C(2), C(7));
    R(NtFreeVirtualMemory, "+poo.", self, C(9), C(2), 0x4000);
    R(NtFsControlFile, "+hH..o.-.o.", H(pipe_reader), 0, 0, 0, C(7), FSCTL_PIPE_PEEK, 0,
      0, C(0), 16);
    R(NtGetContextThread, "+to", me, H(&context));
    R(NtGetCurrentProcessorNumber, "+", 0);
    R(NtGetWriteWatch, "+p...ooo", self, 0, H(watched), 0x2000, C(0), C(12), C(7));
    R(NtListenPort, "!fo", H(port), C(0));
    R(NtLockFile, "+fH..oii...", H(file), 0, 0, 0, C(7), C(3), C(12), 0, 1, 1);
    R(NtLockVirtualMemory, "+poo.", self, C(9), C(2), 1);
    R(NtMapViewOfSection, "+hpo..Io...", H(section), self, C(10), 0, 0, C(3), C(11), 2, 0,
      4);
    R(NtOpenEvent, "+o.I", C(0), all, H(attributes(0, L"\\BaseNamedObjects\\named e")));
    R(NtOpenFile, "+o.Io..", C(0), 0x80100080, H(&named[7]), C(7), 7, 0x60);
    R(NtOpenKeyedEvent, "+o.I", C(0), 3, H(&named[5]));
    R(NtOpenMutant, "+o.I", C(0), 1, H(attributes(1, L"\\BaseNamedObjects\\named m")));
    R(NtOpenProcess, "+o.Ii", C(0), 0x400, 0, C(5));
    R(NtOpenSection, "+o.I", C(0), 4,
      H(attributes(2, L"\\BaseNamedObjects\\named section")));
    R(NtOpenSemaphore, "+o.I", C(0), 2, H(attributes(3, L"\\BaseNamedObjects\\named s")));
    R(NtOpenThread, "+o.Ii", C(0), 0x40, 0, C(14));
    R(NtOpenTimer, "+o.I", C(0), 2, H(attributes(4, L"\\BaseNamedObjects\\named t")));
    R(NtProtectVirtualMemory, "+poo.o", self, C(9), C(2), 4, C(0));
    R(NtPulseEvent, "+hO", H(event), C(0));
    R(NtQueryAttributesFile, "+Io", H(attributes(7, L"\\??\\C:\\a.tmp")), C(0));
    R(NtQueryDirectoryFile, "+h-..oo...I.", H(folder), 0, 0, 0, C(7), H(big), sizeof big,
      1, 1, 0, 1);
    R(NtQueryEvent, "+h.o.O", H(event), 0, C(0), 8, C(7));
    R(NtQueryFullAttributesFile, "+Io", H(&named[7]), C(0));
    R(NtQueryInformationFile, "+foo..", H(file), C(7), C(0), 24, 5);
    R(NtQueryInformationProcess, "+p.o.O", self, 0, C(0), 24, C(7));
    R(NtQueryInformationThread, "+t.o.O", me, 0, C(0), 28, C(7));
    R(NtQueryMutant, "+h.o.O", H(mutant), 0, C(0), 8, C(7));
    R(NtQueryObject, "+e.o.O", H(event), 0, C(0), 56, C(7));
    R(NtQueryPerformanceCounter, "+oO", C(0), C(7));
    R(NtQuerySection, "+h.o.O", H(section), 0, C(0), 16, C(7));
    R(NtQuerySemaphore, "+h.o.O", H(semaphore), 0, C(0), 8, C(7));
    R(NtQuerySystemInformation, "+.o.O", 0, C(0), 44, C(7));
    R(NtQuerySystemTime, "+o", C(0));
    R(NtQueryTimer, "+h.o.O", H(timer), 0, C(0), 16, C(7));
    R(NtQueryTimerResolution, "+ooo", C(0), C(7), C(8));
    R(NtQueryVirtualMemory, "+p..o.O", self, 0x400000, 0, C(0), 28, C(7));
    R(NtQueryVolumeInformationFile, "+foo..", H(file), C(7), C(0), 24, 3);
    R(NtQueueApcThread, "!t....", me, 0, 0, 0, 0);
    R(NtRaiseException, "!ii.", C(0), H(&context), 1);
    R(NtRaiseHardError, "!...i.o", STATUS_HEAP_CORRUPTION, 1, 0, C(0), 1, C(7));
    R(NtReadFile, "+hH..oo.I-", H(file), 0, 0, 0, C(7), data, 64, C(3), 0);
    R(NtReadVirtualMemory, "+pio.O", self, data, data + 0x1000, 64, C(0));
    R(NtReleaseKeyedEvent, "+H..n", H(keyed), 4, 0, C(3));
    R(NtReleaseMutant, "+fO", H(mutant), C(0));
    R(NtReleaseSemaphore, "+h.O", H(semaphore), 1, C(0));
    R(NtReplyPort, "?fi", H(port), H(&message));
    R(NtReplyWaitReceivePort, "!fOIo", H(port), C(0), 0, C(7));
    R(NtRequestWaitReplyPort, "+fio", H(conversation), H(&message), C(7));
    R(NtResetEvent, "+hO", H(event), C(0));
    R(NtResetWriteWatch, "+p..", self, H(watched), 0x1000);
    R(NtResumeProcess, "+p", self);
    R(NtResumeThread, "+tO", H(sleeper), C(0));
    R(NtSetContextThread, "+ti", me, H(&context));
    R(NtSetEvent, "+hO", H(event), C(0));
    R(NtSetInformationFile, "+foi..", H(file), C(7), C(3), 8, 14);
    R(NtSetInformationObject, "+e.y.", H(event), 4, C(3), 2);
    R(NtSetInformationProcess, "+p.i.", self, 12, C(3), 4);
    R(NtSetInformationThread, "+t.i.", me, 3, C(3), 4);
    R(NtSetTimer, "+hi....b", H(timer), C(3), 0, 0, 0, 0, C(0));
    R(NtSetTimerResolution, "?..o", 10000, 0, C(0));
    R(NtShutdownSystem, "?.", 99);
    R(NtSignalAndWaitForSingleObject, "+ee.I", H(event), H(event), 0, C(3));
    R(NtSuspendProcess, "!p", H(myself));
    R(NtSuspendThread, "+tO", H(sleeper), C(0));
    R(NtTerminateProcess, "!P.", self, 0);
    R(NtTerminateThread, "!T.", me, 0);
    R(NtTestAlert, "+", 0);
    R(NtUnlockFile, "+foii.", H(file), C(7), C(3), C(12), 0);
    R(NtUnlockVirtualMemory, "?poo.", self, C(9), C(2), 1);
    R(NtUnmapViewOfSection, "?p.", self, data);
    R(NtWaitForKeyedEvent, "+H..n", H(keyed), 4, 0, C(3));
    R(NtWaitForMultipleObjects, "+.i..I", 1, C(4), 1, 0, C(3));
    R(NtWaitForSingleObject, "+e.I", H(event), 0, C(3));
    R(NtWriteFile, "+hH..oi.I-", H(file), 0, 0, 0, C(7), data, 64, C(3), 0);
    R(NtWriteVirtualMemory, "+poi.O", self, data + 0x1000, data, 64, C(0));
    R(NtYieldExecution, "+", 0);
    R(NtFathomNull, "+", 0);
    R(NtFathomTrace, "+..", 0, 0);
    R(NtFathomReadEvents, "+o.o", C(0), 64, C(7));
    R(NtFathomHeapEvent, "+i.", data, 40);
    R(NtFathomSymbol, "+p.o.", self, 0x7C900000, C(0), 64);
    R(NtFathomQuery, "+..o.O", 0, 0, C(0), 36, C(7));
    R(NtFathomSetControlRoutine, "+.", 0);
    R(NtFathomSendControl, "?..", 2, 0);
    R(NtFathomReport, "+.i.", 1, data, 8);
#undef R
}

static const char *find_row(ULONG number)
{
    for (unsigned i = 0; i < row_count; i++)
        if (rows[i].number == number)
            return rows[i].arguments + 1;
    return NULL;
}

static int names_handle(const char *name, unsigned length)
{
    static const char *const handles[] = {
        "Event",   "Signal", "Wait",   "Mutant",        "Semaphore",
        "Section", "Timer",  "File",   "Port",          "Thread",
        "Process", "Source", "Handle", "SourceProcess", "TargetProcess"};
    for (unsigned i = 0; i < sizeof handles / sizeof *handles; i++)
        if (strlen(handles[i]) == length && !memcmp(name, handles[i], length))
            return 1;
    return 0;
}

/* Each service of the table has a row, and its letters fit the names of its arguments. */
static void every_service(void)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        const char *letter = find_row(services[i].number), *name = services[i].arguments;
        int fits = letter != NULL;
        for (unsigned length; fits && *name; name += length + (name[length] == ' ')) {
            length = strcspn(name, " ");
            fits = *letter && (name[length - 1] != '*' || strchr("oObiIyn-", *letter)) &&
                   (!names_handle(name, length) || strchr("ptPThHfe-", *letter));
            letter++;
        }
        if (!fits || *letter)
            printf("calls.h has no row that fits %s %s\n", services[i].name,
                   services[i].arguments);
        CHECK(fits && !*letter);
    }
}

static ULONG handle_count(void)
{
    DWORD n = 0;
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &n));
    return n;
}

/* As many handles as before, soon: the other end of a connection is closed by its thread. */
static int settles(ULONG before)
{
    for (int i = 0; i < 100 && handle_count() != before; i++)
        Sleep(1);
    return handle_count() == before;
}

#endif
