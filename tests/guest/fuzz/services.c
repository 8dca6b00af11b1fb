/* services.c - every service number, with typed and with wild arguments, from two threads.
 *
 *     services [SEED [CALLS]]      default seed 1, 50000 calls
 *
 * The calls are made by children, which may well free what they stand on, end or stop
 * themselves: two threads call, a third replaces one that no longer does, and this process
 * replaces the child.  Nothing is expected of the results: the kernel must be there
 * afterwards, and the harness audits regions, pages, charges and references after the run.
 * What would end most children at once is only called now and then.  Only on Fathom.
 */
#include "services.h"
#include <stdio.h>

static volatile ULONG made[2]; /* calls; the parent reads it here, at the same address */
static volatile UCHAR succeeded[SERVICES];
static ULONG seeds[2];
static char *stacks[2]; /* where each caller's loop begins */

/* Services that end, stop or hold up the caller, or only make noise: one in 64 goes through. */
static int is_rare(const char *name)
{
    static const char *const rare[] = {
        "NtTerminateProcess", "NtTerminateThread",   "NtSuspendProcess",
        "NtSuspendThread",    "NtRaiseException",    "NtRaiseHardError",
        "NtDisplayString",    "NtCreateUserProcess", "NtCreateThreadEx",
        "NtContinue",         "NtFathomTrace",       "NtSetContextThread",
        "NtFathomHeapEvent",  "NtFathomSendControl", "NtFathomReport"};
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
                     "movl $12, %%ecx\n\t"
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

static void one_call(ULONG *seed)
{
    ULONG a[MOST], number;
    const SERVICE_ROW *row = &services[draw(seed) % SERVICES];
    if (is_rare(row->name) && !one_in(seed, 64))
        return;
    number = row->number;
    if (one_in(seed, 16)) {
        row = NULL;
        number = one_in(seed, 2) ? draw(seed) % 0x191 : draw(seed) & 0x1FFF;
        if (one_in(seed, 4))
            number = draw(seed);
        for (ULONG i = 0; i < SERVICES; i++) /* only those that are none */
            row = services[i].number == number ? &services[i] : row;
        if (row)
            return;
    }
    arguments_of(seed, row, a);
    if ((LONG)raw_call(number, a, one_in(seed, 4)) >= 0 && row)
        succeeded[row - services] = 1;
    if (row && !strcmp(row->name, "NtFathomTrace"))
        raw_call(number, (ULONG[MOST]){0}, 0);
}

static DWORD WINAPI __attribute__((noreturn)) call_on(void *index)
{
    ULONG i = (ULONG)(ULONG_PTR)index;
    char here;
    stacks[i] = &here;
    my_teb()->Reserved1[5] = (PVOID)(i + 1); /* ArbitraryUserPointer: a caller */
    for (;;) {
        one_call(&seeds[i]);
        made[i]++;
        if (one_in(&seeds[i], 4))
            shake(&seeds[i]);
    }
}

static void __attribute__((noinline)) begin_again(void)
{
    call_on((PVOID)((ULONG_PTR)my_teb()->Reserved1[5] - 1));
}

/* Whatever a call did to its caller: it begins again, on a stack that is still there. */
static LONG CALLBACK recover(EXCEPTION_POINTERS *e)
{
    ULONG i = (ULONG)my_teb()->Reserved1[5] - 1;
    if (i > 1)
        ExitThread(0);
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

/* In the child: two callers, and a new one for each that stands still. */
static void child(ULONG seed)
{
    HANDLE callers[2];
    ULONG before[2] = {~0u, ~0u};
    arena = VirtualAlloc(NULL, ARENA_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    steady = VirtualAlloc(NULL, STEADY_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    make_handles();
    make_regions();
    AddVectoredExceptionHandler(1, recover);
    for (ULONG_PTR i = 0; i < 2; i++) {
        seeds[i] = seed * 2 + i;
        callers[i] = CreateThread(NULL, 0, call_on, (void *)i, 0, NULL);
    }
    for (ULONG tick = 1;; tick++) {
        Sleep(30);
        if (tick % 4 == 0) { /* the first ones are closed by now */
            make_handles();
            make_regions();
        }
        for (ULONG_PTR i = 0; i < 2; i++) {
            if (made[i] == before[i]) {
                TerminateThread(callers[i], 0);
                seeds[i] += 0x9E3779B9;
                callers[i] = CreateThread(NULL, 0, call_on, (void *)i, 0, NULL);
            }
            before[i] = made[i];
        }
    }
}

/* One child, until wanted calls are made, or it has ended, or stands still: the calls made. */
static ULONG run_child(const char *program, ULONG seed, ULONG wanted)
{
    char line[128];
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    ULONG now[2] = {0, 0}, calls = 0, still = 0;
    UCHAR good[SERVICES] = {0};
    sprintf(line, "\"%s\" %lu 0 child", program, seed);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL,
                        &startup, &process)) /* Ctrl-C of its making stays there */
        return 0;
    while (calls < wanted && still < 8 &&
           WaitForSingleObject(process.hProcess, 50) == WAIT_TIMEOUT) {
        ReadProcessMemory(process.hProcess, (void *)made, now, sizeof now, NULL);
        ReadProcessMemory(process.hProcess, (void *)succeeded, good, sizeof good, NULL);
        still = now[0] + now[1] == calls ? still + 1 : 0;
        calls = now[0] + now[1];
    }
    TerminateProcess(process.hProcess, 0xDEAD);
    WaitForSingleObject(process.hProcess, INFINITE);
    CloseHandle(process.hProcess);
    CloseHandle(process.hThread);
    for (ULONG i = 0; i < SERVICES; i++)
        succeeded[i] |= good[i];
    return calls;
}

int main(int argc, char **argv)
{
    ULONG seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    ULONG calls = argc > 2 ? strtoul(argv[2], NULL, 0) : 50000;
    ULONG done = 0, children = 0;
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    if (argc > 3)
        child(seed);
    for (; done < calls && children < 10 + calls / 50; children++)
        done += run_child(argv[0], seed * 100003 + children, calls - done);
    printf("seed %lu: %lu calls by %lu children\n", seed, done, children);
    printf("never did what they were asked:");
    for (ULONG i = 0; i < SERVICES; i++)
        if (!succeeded[i])
            printf(" %s", services[i].name);
    printf("\n");
    return done >= calls ? 0 : 1;
}
