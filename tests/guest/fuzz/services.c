/* services.c - every service number, with good, typed and wild arguments, from several threads.
 *
 *     services [SEED [CALLS]]      default seed 1, 50000 calls
 *
 * The calls are made by children, which may well free what they stand on, end or stop
 * themselves: two threads call, a third serves a port for them, a fourth replaces one that no
 * longer does, and this process replaces the child.  A call is drawn by its arguments'
 * names, or it is a good one of dispatch/calls.h with some arguments changed, or one of a
 * sequence (stories.h).  The kernel must be there afterwards, and the harness audits regions,
 * pages, charges and references after the run.  This program fails if a kernel of POISON=1
 * shows it its stack, or if a service that is not excused never did what it was asked: a run of
 * CALLS_FOR_ALL calls goes on for as many again to meet the last ones.  Only on Fathom.
 */
#include "stories.h"

#define CALLERS       3 /* the last one serves */
#define CALLS_FOR_ALL 50000
#define CALLS_A_CHILD 12000 /* then it is worn out, and a new one is made */
#define POISON        0xFEFEFEFEu

static volatile ULONG
    made[CALLERS]; /* calls; the parent reads it here, at the same address */
static volatile UCHAR succeeded[SERVICES];
/* Words of the kernel's stack that were seen, and ~Words.  A call that wrote over the count itself
 * (a wild context, a buffer at random) shows no leak. */
static volatile struct {
    ULONG Words, Not;
} leaked = {0, ~0u};
static ULONG seeds[CALLERS];
static char *stacks[CALLERS]; /* where each caller's loop begins */

static void note_leak(ULONG word)
{
    if (word == POISON) {
        leaked.Words++;
        leaked.Not--;
    }
}

/* Services that cannot succeed here, and why. */
static const struct {
    const char *name, *why;
} excused[] = {
    {"NtShutdownSystem",
     "the machine stays on while a list runs: STATUS_PRIVILEGE_NOT_HELD"},
};

/* Services that end, stop or hold up the caller, or only make noise: one in `rarity` goes through;
 * more where a run has gone on for those that did nothing yet. */
static ULONG rarity = 64;
static int is_rare(const char *name)
{
    static const char *const rare[] = {
        "NtTerminateProcess",  "NtTerminateThread",   "NtSuspendProcess",
        "NtSuspendThread",     "NtRaiseException",    "NtRaiseHardError",
        "NtDisplayString",     "NtCreateUserProcess", "NtCreateThreadEx",
        "NtContinue",          "NtFathomTrace",       "NtSetContextThread",
        "NtFathomSendControl", "NtFathomReport"};
    for (unsigned i = 0; i < sizeof rare / sizeof *rare; i++)
        if (!strcmp(name, rare[i]))
            return 1;
    return 0;
}

/* By the stub's way, or by int 2Eh. */
static ULONG raw_call(ULONG number, const ULONG *a, int door)
{
    ULONG result;
    __asm__ volatile("pushl %%ebp; movl %%esp, %%ebp\n\t"
                     "movl $14, %%ecx\n\t"
                     "1: pushl -4(%%esi,%%ecx,4); decl %%ecx; jnz 1b\n\t"
                     "testl %%edi, %%edi; jnz 2f\n\t"
                     "pushl $0\n\t" /* return into the stub's caller */
                     "movl $0x7FFE0300, %%edx\n\t"
                     "call *(%%edx); jmp 3f\n\t"
                     "2: movl %%esp, %%edx; int $0x2E\n\t"
                     "3: movl %%ebp, %%esp; popl %%ebp"
                     : "=a"(result), "+D"(door)
                     : "a"(number), "S"(a)
                     : "ecx", "edx", "memory", "cc");
    return result;
}

/* A page of the arena changes under whoever uses it. */
static void shake(ULONG *seed)
{
    static const DWORD protections[] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
                                        PAGE_READWRITE | PAGE_GUARD, PAGE_EXECUTE_READ};
    DWORD old;
    char *at = arena + draw(seed) % ARENA_PAGES * 0x1000;
    switch (draw(seed) % 4) {
    case 0:
        VirtualProtect(at, 0x1000, PICK(seed, protections), &old);
        break;
    case 1:
        VirtualFree(at, 0x1000, MEM_DECOMMIT);
        break;
    default:
        VirtualAlloc(at, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    }
}

static void note_success(ULONG number)
{
    for (unsigned i = 0; i < SERVICES; i++)
        if (services[i].number == number)
            succeeded[i] = 1;
}

static ULONG caller(void)
{
    return (ULONG)my_teb()->Reserved1[5] - 1;
}

static ULONG do_call(ULONG number, const ULONG *a)
{
    const ULONG status = raw_call(number, a, 0);
    if ((LONG)status >= 0)
        note_success(number);
    made[caller()]++;
    return status;
}

/* A good call, more or less.  Those that calls.h does not make belong to a story. */
static void good_call(ULONG *seed)
{
    const ROW *row = &rows[draw(seed) % row_count];
    ULONG a[MOST], which = 0;
    while (services[which].number != row->number)
        which++;
    if (row->arguments[0] == '!' || (is_rare(services[which].name) && !one_in(seed, 8)))
        return;
    if (one_in(seed, 2))
        reset();
    good_arguments(seed, row, services[which].name, services[which].arguments, a);
    const ULONG status = do_call(row->number, a);
    for (ULONG i = 0; i < sizeof cells / 4; i++)
        note_leak(((ULONG *)cells)[i]);
    clean(row, status);
    if (row->number == SERVICE_NtFathomTrace)
        raw_call(row->number, (ULONG[MOST]){0}, 0);
}

/* A number that is a service's, or none's. */
static void any_call(ULONG *seed)
{
    ULONG a[MOST], which = draw(seed) % SERVICES, number = services[which].number;
    if (is_rare(services[which].name) && !one_in(seed, rarity))
        return;
    if (one_in(seed, 16)) {
        number = one_in(seed, 2) ? draw(seed) % 0x191 : draw(seed) & 0x1FFF;
        if (one_in(seed, 4))
            number = draw(seed);
        for (which = 0; which < SERVICES; which++) /* only those that are none */
            if (services[which].number == number)
                return;
        arguments_of(seed, "", "", a);
    } else {
        arguments_of(seed, services[which].name, services[which].arguments, a);
    }
    if ((LONG)raw_call(number, a, one_in(seed, 4)) >= 0)
        note_success(number);
    made[caller()]++;
    if (number == SERVICE_NtFathomTrace)
        raw_call(number, (ULONG[MOST]){0}, 0);
}

static DWORD WINAPI __attribute__((noreturn)) call_on(void *index)
{
    ULONG i = (ULONG)(ULONG_PTR)index;
    static ULONG served; /* the port */
    char here;
    stacks[i] = &here;
    my_teb()->Reserved1[5] = (PVOID)(i + 1); /* ArbitraryUserPointer: a caller */
    for (ULONG *seed = &seeds[i];;) {
        if (i == CALLERS - 1)
            serve(seed, &served);
        else if (one_in(seed, 24))
            story(seed);
        else if (one_in(seed, 3))
            good_call(seed);
        else
            any_call(seed);
        if (i < CALLERS - 1 && one_in(seed, 4))
            shake(seed);
    }
}

static void __attribute__((noinline)) begin_again(void)
{
    call_on((PVOID)((ULONG_PTR)my_teb()->Reserved1[5] - 1));
}

/* NtContinue came here. */
static void went_on(void)
{
    note_success(SERVICE_NtContinue);
    begin_again();
}

/* Whatever a call did to its caller: it begins again, on a stack that is still there. */
static LONG CALLBACK recover(EXCEPTION_POINTERS *e)
{
    const EXCEPTION_RECORD *record = e->ExceptionRecord;
    ULONG i = caller();
    if (i >= CALLERS)
        ExitThread(0);
    if (record->ExceptionCode == (RAISED & ~0x10000000u))
        note_success(SERVICE_NtRaiseException);
    for (ULONG n = 0; n < EXCEPTION_MAXIMUM_PARAMETERS; n++)
        note_leak(record->ExceptionInformation[n]);
    made[i]++;
    e->ContextRecord->Eip = (DWORD)begin_again;
    e->ContextRecord->Esp = ((DWORD)stacks[i] & ~15u) - 0x100;
    e->ContextRecord->EFlags = 0x202;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void make_handles(void)
{
    handles[0] = CreateEventA(NULL, FALSE, FALSE, NULL);
    handles[1] = CreateEventA(NULL, TRUE, TRUE, "fuzz");
    handles[2] = CreateMutexA(NULL, FALSE, NULL);
    handles[3] = CreateSemaphoreA(NULL, 1, 10, NULL);
    handles[4] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0,
                                    0x40000, "s");
    handles[5] = CreateWaitableTimerA(NULL, FALSE, NULL);
    handles[6] =
        CreateFileA("C:\\hello.exe", GENERIC_READ, 1, NULL, OPEN_EXISTING, 0, NULL);
    handles[7] = CreateFileA("C:\\fuzz.tmp", GENERIC_READ | GENERIC_WRITE, 7, NULL,
                             CREATE_ALWAYS, 0, NULL);
    handles[8] = CreateFileA("C:\\", GENERIC_READ, 7, NULL, OPEN_EXISTING,
                             FILE_FLAG_BACKUP_SEMANTICS, NULL);
    handles[9] = CreateFileMappingA(handles[6], NULL, PAGE_READONLY, 0, 0, NULL);
    handles[10] =
        CreateFileMappingA(handles[6], NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    handles[11] = CreateFileMappingA(handles[7], NULL, PAGE_READWRITE, 0, 0x8000, NULL);
    CreatePipe(&handles[12], &handles[13], NULL, 0);
    handles[14] = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
    handles[15] = OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId());
}

/* Something to free, protect, lock, watch, flush and unmap. */
static void make_regions(void)
{
    for (ULONG i = 0; i < 8; i++) {
        VirtualAlloc((char *)FIELD + i * 0x20000, 0x10000,
                     MEM_RESERVE | MEM_COMMIT | (i % 3 ? 0 : MEM_WRITE_WATCH),
                     PAGE_READWRITE);
        MapViewOfFileEx(handles[i % 2 ? 4 : 11], FILE_MAP_WRITE, 0, 0, 0x8000,
                        (char *)FIELD + i * 0x20000 + 0x10000);
    }
}

/* A name that a matcher may try long. */
static void make_long_name(void)
{
    char name[130] = "C:\\";
    memset(name + 3, 'a', 120);
    CloseHandle(CreateFileA(name, GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL));
}

/* In the child: the callers, and a new one for each that stops calling (the server: is gone). */
static void child(ULONG seed)
{
    HANDLE callers[CALLERS];
    ULONG before[CALLERS] = {~0u, ~0u, ~0u};
    arena = VirtualAlloc(NULL, ARENA_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    steady = VirtualAlloc(NULL, STEADY_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    make_objects();
    make_rows();
    make_long_name();
    make_handles();
    make_regions();
    AddVectoredExceptionHandler(1, recover);
    for (ULONG_PTR i = 0; i < CALLERS; i++) {
        seeds[i] = seed * CALLERS + i;
        callers[i] = CreateThread(NULL, 0, call_on, (void *)i, 0, NULL);
    }
    for (ULONG tick = 1;; tick++) {
        Sleep(30);
        if (tick % 4 == 0) { /* the first ones are closed by now */
            make_handles();
            make_regions();
        }
        for (ULONG_PTR i = 0; i < CALLERS; i++) {
            const BOOL serves = i == CALLERS - 1;
            if (serves ? WaitForSingleObject(callers[i], 0) != WAIT_TIMEOUT
                       : made[i] == before[i]) {
                TerminateThread(callers[i], 0);
                seeds[i] += 0x9E3779B9;
                callers[i] = CreateThread(NULL, 0, call_on, (void *)i, 0, NULL);
            }
            before[i] = made[i];
        }
    }
}

static ULONG not_begun; /* why the last child that did not begin did not */

/* One child, until wanted calls are made, or it has ended, or stands still: the calls made. */
static ULONG run_child(const char *program, ULONG seed, ULONG wanted, const char *how)
{
    char line[128];
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    ULONG now[CALLERS] = {0}, calls = 0, still = 0, words[2] = {0, ~0u};
    UCHAR did[SERVICES] = {0};
    sprintf(line, "\"%s\" %lu 0 %s", program, seed, how);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL,
                        &startup, &process)) { /* Ctrl-C of its making stays there */
        not_begun = GetLastError();
        return 0;
    }
    while (calls < wanted && still < 8 &&
           WaitForSingleObject(process.hProcess, 50) == WAIT_TIMEOUT) {
        ReadProcessMemory(process.hProcess, (void *)made, now, sizeof now, NULL);
        ReadProcessMemory(process.hProcess, (void *)succeeded, did, sizeof did, NULL);
        ReadProcessMemory(process.hProcess, (void *)&leaked, words, sizeof words, NULL);
        still = now[0] + now[1] == calls ? still + 1 : 0;
        calls = now[0] +
                now[1]; /* the server's are not counted: alone it makes no progress */
    }
    TerminateProcess(process.hProcess, 0xDEAD);
    WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    for (ULONG i = 0; i < SERVICES; i++)
        succeeded[i] |= did[i];
    if (words[0] + words[1] == ~0u)
        leaked.Words += words[0];
    return calls;
}

static int is_excused(const char *name)
{
    for (unsigned i = 0; i < sizeof excused / sizeof *excused; i++)
        if (!strcmp(name, excused[i].name))
            return 1;
    return 0;
}

static int never_did(unsigned service)
{
    return !succeeded[service] && !is_excused(services[service].name);
}

/* How many services never did what they were asked, although they could have. */
static ULONG count_others(void)
{
    ULONG others = 0;
    for (unsigned i = 0; i < SERVICES; i++)
        others += never_did(i);
    return others;
}

static void name_others(void)
{
    printf("never did what they were asked:");
    for (unsigned i = 0; i < SERVICES; i++)
        if (never_did(i))
            printf(" %s", services[i].name);
    printf("\n");
}

int main(int argc, char **argv)
{
    ULONG seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    ULONG calls = argc > 2 ? strtoul(argv[2], NULL, 0) : 50000;
    ULONG done = 0, children = 0, most;
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    if (argc > 3) {
        rarity = strcmp(argv[3], "late") ? rarity : 16;
        child(seed);
    }
    /* No thread of a child outranks the one that counts its calls and ends it. */
    SetPriorityClass(GetCurrentProcess(), REALTIME_PRIORITY_CLASS);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
    most = calls < CALLS_FOR_ALL ? calls : 2 * calls;
    for (; done < (count_others() ? most : calls) && children < 10 + calls / 50;
         children++)
        done += done < calls ? run_child(argv[0], seed * 100003 + children,
                                         min(calls - done, CALLS_A_CHILD), "child")
                             : run_child(argv[0], seed * 100003 + children,
                                         min(most - done, CALLS_A_CHILD), "late");
    printf("seed %lu: %lu calls by %lu children\n", seed, done, children);
    if (not_begun)
        printf("a child did not begin: error %lu\n", not_begun);
    if (calls >= CALLS_FOR_ALL && count_others())
        name_others();
    if (leaked.Words)
        printf("%lu words of the kernel's stack reached the program\n", leaked.Words);
    return done < calls || leaked.Words || (calls >= CALLS_FOR_ALL && count_others());
}
