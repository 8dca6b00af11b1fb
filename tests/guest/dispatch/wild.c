/* wild.c - every service number with arguments that make no sense, from two threads at once.
 *
 *     wild [CALLS [SEED]]      default 20000 calls a thread, seed 1
 *
 * Arguments are drawn from what hurts: small numbers, pseudo-handles and real ones, addresses
 * at the edges of every range, sizes that wrap, pointers to memory that another thread
 * protects and frees meanwhile.  Nothing is expected of the results; the kernel must be there
 * afterwards, and the harness audits what is left.  Left out are calls that end or stop the
 * caller by design.  Only on Fathom.
 */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static ULONG calls = 20000, first_seed = 1;
static char *arena; /* 16 pages of changing state */
static HANDLE handles[8];

typedef struct {
    ULONG state;
} RANDOM;

static ULONG draw(RANDOM *r)
{
    r->state = r->state * 1664525u + 1013904223u;
    return r->state >> 8 ^ r->state << 20;
}

/* NtContinue, NtRaiseException, NtTerminateProcess, NtTerminateThread, NtSuspendProcess,
 * NtSuspendThread, NtSetContextThread, NtShutdownSystem, NtDelayExecution, the waits,
 * NtSignalAndWaitForSingleObject, keyed events, NtReadFile, NtClose (it would take away the
 * standard handles), NtRaiseHardError and NtDisplayString (only noise), NtTestAlert (a timer
 * may have queued a wild APC). */
static int left_out(ULONG number)
{
    static const USHORT list[] = {0x3C,  0x10F, 0x172, 0x173, 0x16E, 0x16F, 0x13C,
                                  0x168, 0x62,  0x185, 0x187, 0x16A, 0x11B, 0x184,
                                  0x111, 0x32,  0x110, 0x174, 0x6D,  0x10D, 0x18C};
    for (unsigned i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i] == number)
            return 1;
    return 0;
}

static ULONG argument(RANDOM *r)
{
    static const ULONG edges[] = {
        0,          1,          4,          8,          0x18,       0xFFFF,
        0x10000,    0x7FFDF000, 0x7FFE0000, 0x7FFEFFFF, 0x7FFEFFFC, 0x7FFF0000,
        0x7FFFFFFF, 0x80000000, 0x80100000, 0xA0000000, 0xC0000000, 0xC0600000,
        0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFF000, 0x1000,     0x2000,
        0x3000,     0x8000,     0x40,       0x104,      0x20,       0x7C900000};
    switch (draw(r) % 6) {
    case 0:
        return edges[draw(r) % (sizeof edges / sizeof *edges)];
    case 1:
        return (ULONG)handles[draw(r) % 8];
    case 2:
        return draw(r) % 64;
    case 3:
        return 1u << draw(r) % 32;
    case 4:
        return draw(r);
    default:
        return (ULONG)arena + draw(r) % 0x10000;
    }
}

static ULONG raw_call(ULONG number, const ULONG *a)
{
    ULONG result;
    __asm__ volatile("pushl %%ebp; movl %%esp, %%ebp\n\t"
                     "movl $12, %%ecx\n\t"
                     "1: pushl -4(%%esi,%%ecx,4); decl %%ecx; jnz 1b\n\t"
                     "pushl $0\n\t" /* return into the stub's caller */
                     "movl $0x7FFE0300, %%edx\n\t"
                     "call *(%%edx)\n\t"
                     "movl %%ebp, %%esp; popl %%ebp"
                     : "=a"(result)
                     : "a"(number), "S"(a)
                     : "ecx", "edx", "memory", "cc");
    return result;
}

static void shake(RANDOM *r)
{
    DWORD old;
    static const DWORD protections[] = {PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
                                        PAGE_READWRITE | PAGE_GUARD, PAGE_EXECUTE_READ};
    char *at = arena + (draw(r) % 16) * 4096;
    switch (draw(r) % 3) {
    case 0:
        VirtualProtect(at, 4096, protections[draw(r) % 5], &old);
        break;
    case 1:
        VirtualFree(at, 4096, MEM_DECOMMIT);
        break;
    default:
        VirtualAlloc(at, 4096, MEM_COMMIT, PAGE_READWRITE);
    }
}

static DWORD WINAPI body(void *seed)
{
    RANDOM r = {(ULONG)(ULONG_PTR)seed};
    for (ULONG i = 0; i < calls; i++) {
        ULONG a[12];
        ULONG number = draw(&r) % 8 == 0 ? draw(&r) & 0x1FFF : draw(&r) % 0x191;
        if (draw(&r) % 4 == 0)
            number = 0x1000 + draw(&r) % 16;
        for (int j = 0; j < 12; j++)
            a[j] = argument(&r);
        if (left_out(number) || (number >= 0x1001 && number <= 0x1003))
            continue;
        raw_call(number, a);
        if (draw(&r) % 4 == 0)
            shake(&r);
    }
    return 0;
}

static void child(void)
{
    arena = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    handles[0] = CreateEventA(NULL, FALSE, FALSE, NULL);
    handles[1] = CreateMutexA(NULL, FALSE, NULL);
    handles[2] = CreateSemaphoreA(NULL, 1, 10, NULL);
    handles[3] =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
    handles[4] = CreateWaitableTimerA(NULL, FALSE, NULL);
    handles[5] =
        CreateFileA("C:\\hello.exe", GENERIC_READ, 1, NULL, OPEN_EXISTING, 0, NULL);
    handles[6] = (HANDLE)0x44;
    handles[7] = (HANDLE)0xDEADBEEC;
    HANDLE threads[2];
    for (ULONG_PTR i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, body, (void *)(first_seed + i), 0, NULL);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    ExitProcess(0);
}

/* The calls are made by a child: it may well free what it stands on. */
int main(int argc, char **argv)
{
    char line[128];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = 0;
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    if (argc > 1)
        calls = strtoul(argv[1], NULL, 0);
    if (argc > 2)
        first_seed = strtoul(argv[2], NULL, 0);
    if (argc > 3)
        child();
    sprintf(line, "\"%s\" %lu %lu child", argv[0], calls, first_seed);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return 1;
    if (WaitForSingleObject(process.hProcess, 60000) != WAIT_OBJECT_0)
        TerminateProcess(process.hProcess, 0xDEAD);
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    printf("%lu calls a thread, seed %lu: the child ended with %08lx\n", calls,
           first_seed, code);
    return 0;
}
