/* buffers.c - each pointer that a service takes, pointing where it must not.
 *
 * A row is a call that would succeed, and which of its arguments point somewhere.  One at a
 * time each of them is made to point to the kernel, to nothing, across the end of the user's
 * half, to pages that are read-only, no-access, guarded, decommitted, and astride a good page
 * and a bad one.  The call must fail with the status for it (an optional one may be null, an
 * in parameter may be read-only), write nothing that it may not, and leave no handle behind.
 * Then buffers that change while they are used.  Only on Fathom: Windows answers some of
 * these by a different status, or by an exception in ntdll.
 */
#include "check.h"
#include <string.h>
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include "services_gen.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* zeros are meant */

#define MOST 12
enum { In = 1, Out = 2, Maybe = 4, Byte = 8 };
typedef struct {
    ULONG number, a[MOST];
    struct {
        UCHAR index, how;
    } points[3];
} ROW;

static char *good, *readonly, *noaccess, *guard, *gone,
    *astride; /* astride: 4 bytes of each */
static HANDLE event, semaphore, mutant, timer, section, file;
static ULONG cells[16][16], failures;

static ULONG call(ULONG number, const ULONG *a)
{
    ULONG result;
    __asm__ volatile("pushl %%ebp; movl %%esp, %%ebp\n\t"
                     "movl $12, %%ecx\n\t"
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

static ULONG handle_count(void)
{
    DWORD n = 0;
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &n));
    return n;
}

static int is_memory_error(ULONG status)
{
    return status == (ULONG)STATUS_ACCESS_VIOLATION ||
           status == (ULONG)STATUS_DATATYPE_MISALIGNMENT ||
           status == (ULONG)STATUS_GUARD_PAGE_VIOLATION ||
           status == (ULONG)STATUS_PARTIAL_COPY; /* Nt*VirtualMemory's own word for it */
}

static void one(const ROW *row, int which, void *where, int may_work)
{
    ULONG a[MOST];
    memcpy(a, row->a, sizeof a);
    a[row->points[which].index] = (ULONG)where;
    SetEvent(event); /* a wait without a time ends at once */
    ULONG before = handle_count(), status = call(row->number, a);
    if (!is_memory_error(status) && !may_work)
        printf("service %lx, argument %u at %p: %08lx\n", row->number,
               row->points[which].index, where, status),
            fflush(stdout);
    failures += !is_memory_error(status) && !may_work;
    CHECK(handle_count() == before || ((LONG)status >= 0 && may_work));
}

static void each_place(const ROW *row, int which)
{
    static const ULONG kernel[] = {0x7FFF0000, 0x80000000, 0x80100000, 0xA0000000,
                                   0xC0000000, 0xC0600000, 0xFFFFF000, 0xFFFFFFFC,
                                   0xFFFFFFFF, 0x7FFEFFFF, 4};
    int how = row->points[which].how;
    for (unsigned i = 0; i < sizeof kernel / sizeof *kernel; i++)
        one(row, which, (void *)kernel[i], 0);
    one(row, which, NULL, how & Maybe);
    one(row, which, noaccess, 0);
    one(row, which, gone, 0);
    one(row, which, astride, how & Byte);
    arm_guard();
    one(row, which, guard, 0);
    if (how & Out) {
        one(row, which, readonly, 0);
        one(row, which, (void *)0x7FFE0000, 0); /* SharedUserData */
        for (int i = 0; i < 0x2000; i++)
            CHECK(readonly[i] == 0);
    }
}

/* Addresses of the cells: an int for a table of constants. */
#define C(n) ((ULONG)cells[n])
static void every_row(void)
{
    static UNICODE_STRING name = {26, 28, L"\\??\\C:\\a.tmp"};
    static OBJECT_ATTRIBUTES attributes;
    static CONTEXT context = {.ContextFlags = CONTEXT_INTEGER};
    InitializeObjectAttributes(&attributes, &name, 0x40, NULL, NULL);
    name.Length = wcslen(name.Buffer) * 2;
    const ULONG self = ~0u, me = ~1u, data = (ULONG)good;
    cells[1][0] = 0x30000000;      /* a base */
    cells[2][0] = 0x1000;          /* a size */
    cells[3][0] = cells[3][1] = 0; /* no time */
    cells[4][0] = (ULONG)event;
    cells[5][0] = GetCurrentProcessId();
    cells[6][0] = 0x1000; /* MaximumSize */
#define S(name) SERVICE_##name
    const ROW rows[] = {
        {S(NtQuerySystemTime), {C(0)}, {{0, Out}}},
        {S(NtQueryPerformanceCounter), {C(0), C(7)}, {{0, Out}, {1, Out | Maybe}}},
        {S(NtQueryTimerResolution), {C(0), C(7), C(8)}, {{0, Out}, {1, Out}, {2, Out}}},
        {S(NtCreateEvent), {C(0), 0x1F0003, 0, 0, 0}, {{0, Out}, {2, In | Maybe}}},
        {S(NtCreateMutant), {C(0), 0x1F0001, 0, 0}, {{0, Out}, {2, In | Maybe}}},
        {S(NtCreateSemaphore), {C(0), 0x1F0003, 0, 1, 2}, {{0, Out}, {2, In | Maybe}}},
        {S(NtCreateTimer), {C(0), 0x1F0003, 0, 0}, {{0, Out}, {2, In | Maybe}}},
        {S(NtCreateSection),
         {C(0), 0xF001F, 0, C(6), 4, 0x8000000, 0},
         {{0, Out}, {2, In | Maybe}, {3, In | Maybe}}},
        {S(NtOpenProcess), {C(0), 0x400, 0, C(5)}, {{0, Out}, {2, In | Maybe}, {3, In}}},
        {S(NtCreateFile),
         {C(0), 0xC0100080, (ULONG)&attributes, C(7), 0, 0x80, 7, 5, 0x60, 0, 0},
         {{0, Out}, {2, In | Maybe}, {3, Out}}},
        {S(NtOpenFile),
         {C(0), 0x80100080, (ULONG)&attributes, C(7), 7, 0x60},
         {{0, Out}, {2, In | Maybe}, {3, Out}}},
        {S(NtQueryAttributesFile),
         {(ULONG)&attributes, C(0)},
         {{0, In | Maybe}, {1, Out}}},
        {S(NtQueryFullAttributesFile),
         {(ULONG)&attributes, C(0)},
         {{0, In | Maybe}, {1, Out}}},
        {S(NtQueryInformationFile),
         {(ULONG)file, C(7), C(0), 24, 5},
         {{1, Out}, {2, Out}}},
        {S(NtWriteFile),
         {(ULONG)file, 0, 0, 0, C(7), data, 64, C(3), 0},
         {{4, Out}, {5, In}, {7, In | Maybe}}},
        {S(NtReadFile),
         {(ULONG)file, 0, 0, 0, C(7), data, 64, C(3), 0},
         {{4, Out}, {5, Out}, {7, In | Maybe}}},
        {S(NtSetEvent), {(ULONG)event, C(0)}, {{1, Out | Maybe}}},
        {S(NtResetEvent), {(ULONG)event, C(0)}, {{1, Out | Maybe}}},
        {S(NtQueryEvent), {(ULONG)event, 0, C(0), 8, C(7)}, {{2, Out}, {4, Out | Maybe}}},
        {S(NtQueryMutant),
         {(ULONG)mutant, 0, C(0), 8, C(7)},
         {{2, Out}, {4, Out | Maybe}}},
        {S(NtQuerySemaphore),
         {(ULONG)semaphore, 0, C(0), 8, C(7)},
         {{2, Out}, {4, Out | Maybe}}},
        {S(NtQueryTimer),
         {(ULONG)timer, 0, C(0), 16, C(7)},
         {{2, Out}, {4, Out | Maybe}}},
        {S(NtQuerySection),
         {(ULONG)section, 0, C(0), 16, C(7)},
         {{2, Out}, {4, Out | Maybe}}},
        {S(NtQueryObject),
         {(ULONG)event, 0, C(0), 56, C(7)},
         {{2, Out}, {4, Out | Maybe}}},
        {S(NtSetTimer),
         {(ULONG)timer, C(3), 0, 0, 0, 0, C(0)},
         {{1, In}, {6, Out | Maybe | Byte}}},
        {S(NtCancelTimer), {(ULONG)timer, C(0)}, {{1, Out | Maybe | Byte}}},
        {S(NtDelayExecution), {0, C(3)}, {{1, In}}},
        {S(NtWaitForSingleObject), {(ULONG)event, 0, C(3)}, {{2, In | Maybe}}},
        {S(NtWaitForMultipleObjects), {1, C(4), 1, 0, C(3)}, {{1, In}, {4, In | Maybe}}},
        {S(NtQueryInformationProcess),
         {self, 0, C(0), 24, C(7)},
         {{2, Out}, {4, Out | Maybe}}},
        {S(NtQueryInformationThread),
         {me, 0, C(0), 28, C(7)},
         {{2, Out}, {4, Out | Maybe}}},
        {S(NtQuerySystemInformation), {0, C(0), 44, C(7)}, {{1, Out}, {3, Out | Maybe}}},
        {S(NtQueryVirtualMemory),
         {self, 0x400000, 0, C(0), 28, C(7)},
         {{3, Out}, {5, Out | Maybe}}},
        {S(NtAllocateVirtualMemory),
         {self, C(1), 0, C(2), 0x2000, 4},
         {{1, Out}, {3, Out}}},
        {S(NtProtectVirtualMemory),
         {self, C(9), C(2), 4, C(0)},
         {{1, Out}, {2, Out}, {4, Out}}},
        {S(NtFreeVirtualMemory), {self, C(9), C(2), 0x4000}, {{1, Out}, {2, Out}}},
        {S(NtLockVirtualMemory), {self, C(9), C(2), 1}, {{1, Out}, {2, Out}}},
        {S(NtReadVirtualMemory),
         {self, data, data + 0x1000, 64, C(0)},
         {{1, In}, {2, Out}, {4, Out | Maybe}}},
        {S(NtWriteVirtualMemory),
         {self, data + 0x1000, data, 64, C(0)},
         {{1, Out}, {2, In}, {4, Out | Maybe}}},
        {S(NtMapViewOfSection),
         {(ULONG)section, self, C(10), 0, 0, C(3), C(11), 2, 0, 4},
         {{2, Out}, {5, In | Maybe}, {6, Out}}},
        {S(NtGetContextThread), {me, (ULONG)&context}, {{1, Out}}},
        {S(NtSetContextThread), {me, (ULONG)&context}, {{1, In}}},
        {S(NtDuplicateObject),
         {self, (ULONG)event, self, C(0), 0, 0, 2},
         {{3, Out | Maybe}}},
        {S(NtFathomSymbol), {self, 0x7C900000, C(0), 64}, {{2, Out}}},
        {S(NtFathomQuery), {0, 0, C(0), 36, C(7)}, {{2, Out}, {4, Out | Maybe}}},
        {S(NtFathomCreatePipe), {C(0), C(7), 0, 0}, {{0, Out}, {1, Out}}},
    };
#undef S
    cells[9][0] = (ULONG)good;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int which = 0; which < 3 && rows[i].points[which].how; which++)
            each_place(&rows[i], which);
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

int main(void)
{
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    good = pages(0);
    readonly = pages(PAGE_READONLY);
    noaccess = pages(PAGE_NOACCESS);
    guard = pages(0);
    gone = pages(0);
    VirtualFree(gone, 0x2000, MEM_DECOMMIT);
    astride = pages(0);
    VirtualFree(astride + 0x1000, 0x1000, MEM_DECOMMIT);
    astride += 0x1000 - 2; /* astride even for the smallest */
    event = CreateEventA(NULL, TRUE, TRUE, NULL);
    semaphore = CreateSemaphoreA(NULL, 1, 10, NULL);
    mutant = CreateMutexA(NULL, FALSE, NULL);
    timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    file = CreateFileA("C:\\buffers.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                       CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    every_row();
    CHECK_EQUAL(failures, 0);
    VirtualAlloc(gone, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    changing();
    freed_under_the_reader();
    return 0;
}
