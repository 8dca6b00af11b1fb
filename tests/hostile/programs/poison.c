/* poison.c - does a byte of the kernel's memory reach a program?  For a kernel of POISON=1.
 *
 * That kernel fills its stack before each service with FE or with 01, in turn, and what is
 * freed of its pool with FE.  So each call is made several times, into memory that is the
 * same before each of them:
 *
 *   a byte that is FE after one and 01 after another was never written by the service,
 *   four bytes FE in a row come from the pool.
 *
 * Part 1: each class of each query service, with every length from 0 to 400 and some more.
 * Part 2: each good call of dispatch/calls.h; all that it may write is looked at.
 * Part 3: what the kernel lays on a user stack (exceptions, APCs, a thread's first frame), and a
 * new process: TEB, PEB, parameters, stack.
 * Exit code 0: no such byte, and the poison is there.  1: what was found is printed.
 */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Warray-bounds" /* fs:[18h]; a look up the stack */
#include "dispatch/calls.h"

#define FE        0xFEFEFEFEu
#define BUFFER    0x11000u
#define MOST_SEEN 4

static UCHAR *seen[MOST_SEEN]; /* what the memory held after each call */
static UCHAR *buffer;
static ULONG calls, succeeded, found;

static int is_poison(UCHAR byte)
{
    return byte == 0xFE || byte == 0x01;
}

static int is_leak(ULONG at, ULONG count)
{
    int differ = 0;
    for (ULONG i = 0; i < count; i++) {
        if (!is_poison(seen[i][at]))
            return 0;
        differ |= seen[i][at] != seen[0][at];
    }
    return differ;
}

/* Compares size bytes of the first count of seen; says each run of leaked bytes. */
static void judge(const char *what, ULONG class, ULONG length, ULONG size, ULONG count)
{
    for (ULONG at = 0; at < size; at++) {
        ULONG end = at;
        while (end < size && is_leak(end, count))
            end++;
        if (end == at && at + 4 <= size && *(ULONG *)(seen[0] + at) == FE)
            end = at + 4;
        if (end == at)
            continue;
        if (found++ < 40)
            printf("%s, class %lu, %lu bytes: the kernel's at +%lxh to +%lxh (%02x)\n",
                   what, class, length, at, end - 1, seen[0][at]);
        at = end;
    }
}

/* ---- part 1 ---- */

typedef struct {
    ULONG number;
    int object, class, at, length, returned; /* places of the arguments; -1: none */
    ULONG classes;
    const char *objects; /* e: of any type */
} QUERY;

static const QUERY queries[] = {
    {SERVICE_NtQuerySystemInformation, -1, 0, 1, 2, 3, 140, "0"},
    {SERVICE_NtQueryInformationProcess, 0, 1, 2, 3, 4, 140, "p"},
    {SERVICE_NtQueryInformationThread, 0, 1, 2, 3, 4, 140, "t"},
    {SERVICE_NtQueryObject, 0, 1, 2, 3, 4, 8, "emstxfdcpk"},
    {SERVICE_NtQueryVirtualMemory, 1, 2, 3, 4, 5, 8, "IWP"},
    {SERVICE_NtQuerySection, 0, 1, 2, 3, 4, 8, "xi"},
    {SERVICE_NtQueryEvent, 0, 1, 2, 3, 4, 8, "e"},
    {SERVICE_NtQueryMutant, 0, 1, 2, 3, 4, 8, "m"},
    {SERVICE_NtQuerySemaphore, 0, 1, 2, 3, 4, 8, "s"},
    {SERVICE_NtQueryTimer, 0, 1, 2, 3, 4, 8, "t"},
    {SERVICE_NtQueryInformationFile, 0, 4, 2, 3, -1, 80, "fdcr"},
    {SERVICE_NtQueryVolumeInformationFile, 0, 4, 2, 3, -1, 16, "fdcr"},
    {SERVICE_NtQueryDirectoryFile, 0, 7, 5, 6, -1, 64, "d"},
    {SERVICE_NtFathomQuery, 1, 0, 2, 3, 4, 10, "0IWP"},
};
static HANDLE image, pipe_end;

/* The object (or the address) that a letter of QUERY.objects means. */
static ULONG object_of(const QUERY *query, char letter)
{
    const int of_memory = query->number == SERVICE_NtQueryVirtualMemory ||
                          query->number == SERVICE_NtFathomQuery;
    switch (letter) {
    case 'p':
        return query->number == SERVICE_NtQueryObject ? H(myself) : ~0u;
    case 't':
        return query->number == SERVICE_NtQueryTimer ? H(timer) : ~1u;
    case 'e':
        return H(event);
    case 'm':
        return H(mutant);
    case 's':
        return H(semaphore);
    case 'x':
        return H(section);
    case 'i':
        return H(image);
    case 'f':
        return H(file);
    case 'd':
        return H(folder);
    case 'c':
        return H(console);
    case 'r':
        return H(pipe_end);
    case 'k':
        return H(keyed);
    case 'I':
        return of_memory ? (ULONG)GetModuleHandleA(NULL) : 0;
    case 'W':
        return H(watched);
    case 'P':
        return 0x7FFE0000;
    }
    return 0;
}

static ULONG query_once(const QUERY *query, ULONG object, ULONG class, ULONG length)
{
    static ULONG returned, iosb[2];
    ULONG a[MOST] = {0};
    memset(buffer, 0xA5, length + 64);
    if (query->number == SERVICE_NtQueryVirtualMemory)
        a[0] = ~0u;
    if (query->object >= 0)
        a[query->object] = object;
    a[query->class] = class;
    a[query->at] = (ULONG)buffer;
    a[query->length] = length;
    if (query->returned >= 0)
        a[query->returned] = (ULONG)&returned;
    else
        a[query->number == SERVICE_NtQueryDirectoryFile ? 4 : 1] = (ULONG)iosb;
    if (query->number == SERVICE_NtQueryDirectoryFile)
        a[10] = 1; /* from the start again */
    calls++;
    return call(query->number, a);
}

static void query_twice(const QUERY *query, ULONG object, ULONG class, ULONG length)
{
    const ULONG size = length + 64;
    for (int i = 0; i < 2; i++) {
        if ((LONG)query_once(query, object, class, length) >= 0)
            succeeded++;
        memcpy(seen[i], buffer, size);
    }
    for (ULONG i = length; i < size; i++)
        CHECK_EQUAL(buffer[i], 0xA5); /* nothing beyond what was given */
    for (unsigned i = 0; i < SERVICES; i++)
        if (services[i].number == query->number)
            judge(services[i].name, class, length, size, 2);
}

static int is_no_class(const QUERY *query, ULONG object, ULONG class)
{
    static const ULONG lengths[] = {0, 4, 8, 24, 64, 4096};
    int none = 1;
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const ULONG status = query_once(query, object, class, lengths[i]);
        none &= status == (ULONG)STATUS_INVALID_INFO_CLASS ||
                status == (ULONG)STATUS_OBJECT_TYPE_MISMATCH ||
                status == (ULONG)STATUS_INVALID_PARAMETER;
    }
    return none;
}

static void every_query(const QUERY *query)
{
    static const ULONG more[] = {512, 1024, 2048, 4096, 0x10000};
    for (const char *letter = query->objects; *letter; letter++) {
        const ULONG object = object_of(query, *letter);
        for (ULONG class = 0; class < query->classes; class ++) {
            if (is_no_class(query, object, class))
                continue;
            for (ULONG length = 0; length <= 400; length++)
                query_twice(query, object, class, length);
            for (unsigned i = 0; i < sizeof more / sizeof *more; i++)
                query_twice(query, object, class, more[i]);
        }
    }
}

/* ---- part 2 ---- */

static struct {
    void *start;
    ULONG size;
} places[] = {{cells, sizeof cells}, {big, sizeof big}, {&message, sizeof message},
              {NULL, 0x2000},        {NULL, 0x2000},    {NULL, 0x2000}};

static void take(ULONG number)
{
    UCHAR *to = seen[number];
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        if (!ReadProcessMemory(GetCurrentProcess(), places[i].start, to, places[i].size,
                               NULL))
            memset(to, 0, places[i].size);
        to += places[i].size;
    }
}

static void every_call(const ROW *row)
{
    ULONG size = 0;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        size += places[i].size;
    for (ULONG i = 0; i < MOST_SEEN && row->arguments[0] != '!'; i++) {
        reset();
        for (ULONG j = 0; j < i; j++) /* so that the poison is not always the same */
            call(SERVICE_NtFathomNull, row->a);
        const ULONG status = call(row->number, row->a);
        calls++;
        succeeded += (LONG)status >= 0;
        take(i);
        clean(row, status);
    }
    if (row->arguments[0] != '!')
        judge(name_of(row), 0, 0, size, MOST_SEEN);
}

/* ---- part 3 ---- */

static ULONG laid; /* bytes of the frame that are in seen[turn] */
static ULONG turn;

static void lay(const void *from, ULONG size)
{
    laid = size;
    memcpy(seen[turn], from, size);
}

/* From the record up to the end of the CONTEXT, as they lie on the stack. */
static void *after_raising[5]; /* __builtin_setjmp's */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *e)
{
    const UCHAR *low = (const UCHAR *)e->ExceptionRecord;
    lay(low, (const UCHAR *)(e->ContextRecord + 1) - low);
    if (e->ExceptionRecord->ExceptionCode != (ULONG)STATUS_ILLEGAL_INSTRUCTION)
        __builtin_longjmp(after_raising, 1);
    e->ContextRecord->Eip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static ULONG parameter_count;
static void raise_it(void)
{
    static EXCEPTION_RECORD record;
    static CONTEXT context;
    char here;
    context = (CONTEXT){.ContextFlags = 0x10007,
                        .Esp = (ULONG)&here - 0x400,
                        .EFlags = 0x202,
                        .SegCs = 0x1B,
                        .SegDs = 0x23,
                        .SegEs = 0x23,
                        .SegSs = 0x23,
                        .SegFs = 0x3B};
    record = (EXCEPTION_RECORD){.ExceptionCode = 0xE0001234,
                                .NumberParameters = parameter_count};
    if (!__builtin_setjmp(after_raising))
        CHECK_EQUAL(
            call(SERVICE_NtRaiseException, (ULONG[MOST]){H(&record), H(&context), 1}), 0);
}

static void WINAPI on_apc(ULONG_PTR unused)
{
    ULONG ebp;
    (void)unused;
    __asm__("movl %%ebp, %0" : "=r"(ebp));
    lay((void *)(ebp & ~3u), 0x400); /* the dispatcher's frame and the CONTEXT */
}

static DWORD WINAPI on_start(void *unused)
{
    const TEB *teb = NtCurrentTeb();
    const UCHAR *end = ((NT_TIB *)teb)->StackBase;
    (void)unused;
    memcpy(seen[turn], teb, 0x1000);
    memcpy(seen[turn] + 0x1000, end - 0x400, 0x400); /* above this function's frames */
    laid = 0x1400;
    return 0;
}

static void thread_starts(void)
{
    HANDLE thread = CreateThread(NULL, 0, on_start, NULL, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CloseHandle(thread);
}

static ULONG read_from(HANDLE process, ULONG address, ULONG to, ULONG size)
{
    SIZE_T got = 0;
    memset(seen[turn] + to, 0, size);
    ReadProcessMemory(process, (void *)address, seen[turn] + to, size, &got);
    return to + size;
}

/* A process that has not run: what the kernel alone put there. */
static void process_starts(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    static CONTEXT context = {.ContextFlags = 0x1003F};
    char line[] = "C:\\hello.exe";
    ULONG peb = 0, parameters = 0, at;
    CHECK(CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL,
                         &startup, &child));
    CHECK(GetThreadContext(child.hThread, &context));
    memcpy(seen[turn], &context, sizeof context);
    at = sizeof context;
    PROCESS_BASIC_INFORMATION basic;
    CHECK_EQUAL(call(SERVICE_NtQueryInformationProcess,
                     (ULONG[MOST]){H(child.hProcess), 0, H(&basic), sizeof basic, 0}),
                0);
    peb = (ULONG)basic.PebBaseAddress;
    at = read_from(child.hProcess, peb, at, 0x1000);
    ReadProcessMemory(child.hProcess, (void *)(peb + 0x10), &parameters, 4, NULL);
    at = read_from(child.hProcess, parameters, at, 0x1000);
    at = read_from(child.hProcess, context.Esp, at, 0x200);
    laid = read_from(child.hProcess, peb - 0x1000, at, 0x1000); /* the TEB */
    TerminateProcess(child.hProcess, 0);
    CHECK_EQUAL(WaitForSingleObject(child.hProcess, 20000), WAIT_OBJECT_0);
    CloseHandle(child.hProcess);
    CloseHandle(child.hThread);
}

static void illegal(void)
{
    __asm__ volatile("ud2");
}
static void apc(void)
{
    QueueUserAPC(on_apc, GetCurrentThread(), 0);
    SleepEx(0, TRUE);
}
static void several(const char *what, void (*act)(void))
{
    for (turn = 0; turn < MOST_SEEN; turn++) {
        for (ULONG i = 0; i < turn; i++)
            call(SERVICE_NtFathomNull, (ULONG[MOST]){0});
        laid = 0;
        act();
        calls++;
    }
    if (!laid)
        printf("%s: nothing was laid down\n", what);
    CHECK(laid);
    judge(what, parameter_count, 0, laid, MOST_SEEN);
}

int main(void)
{
    HANDLE other;
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    for (int i = 0; i < MOST_SEEN; i++)
        seen[i] = VirtualAlloc(NULL, BUFFER, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    buffer = VirtualAlloc(NULL, BUFFER, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    make_objects();
    make_rows();
    places[3].start = good, places[4].start = scratch, places[5].start = watched;
    HANDLE program =
        CreateFileA("C:\\hello.exe", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    image = CreateFileMappingA(program, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    CHECK(CreatePipe(&pipe_end, &other, NULL, 0));
    for (unsigned i = 0; i < sizeof queries / sizeof *queries; i++)
        every_query(&queries[i]);
    for (unsigned i = 0; i < row_count; i++)
        every_call(&rows[i]);
    AddVectoredExceptionHandler(1, on_exception);
    several("illegal instruction", illegal);
    for (parameter_count = 0; parameter_count <= 15; parameter_count++)
        several("NtRaiseException", raise_it);
    parameter_count = 0;
    several("user APC", apc);
    several("a thread's first stack and TEB", thread_starts);
    several("a process before it runs", process_starts);
    printf("%lu calls, %lu succeeded, %lu findings\n", calls, succeeded, found);
    CHECK(succeeded > 10000);
    return found != 0;
}
