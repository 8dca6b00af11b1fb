/* chaos.c - processes that attack each other, each with several threads.
 *
 *     chaos [SEED [CALLS [PROCESSES [THREADS]]]]      default 1 20000 3 4
 *
 * Where services.c draws arguments, this draws victims: every thread takes a process or a
 * thread of the family and reads, writes, protects, frees or maps its memory, makes a thread
 * in it, suspends it, sends it elsewhere, queues an APC, closes or plants a handle, takes its
 * priority, or ends it; meanwhile all of them use the same section, files, pipes, mutant and
 * event.  The parent replaces each process that has ended, all when none gets on, and one now
 * and then; it counts.  The kernel must be there afterwards, and the harness's audit must be
 * clean.  Only on Fathom.
 */
#include "services.h"

#define MOST_PROCESSES 4
#define MOST_THREADS   8
#define KEPT           32 /* handles of a process that its threads share */

typedef struct {
    volatile LONG calls, ids[MOST_PROCESSES];
} FAMILY;

static FAMILY *family;
static ULONG first_seed, processes, threads;
static HANDLE kept[KEPT], shared;

static void begin_again(void)
{
    ExitThread(0);
}

static HANDLE any(ULONG *seed)
{
    return kept[draw(seed) % KEPT];
}

static void keep(ULONG *seed, HANDLE handle)
{
    HANDLE *place = &kept[draw(seed) % KEPT];
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return;
    CloseHandle(*place);
    *place = handle;
}

/* Where something may be: in the field that all map into, or at an edge. */
static void *place(ULONG *seed)
{
    return (void *)(one_in(seed, 4) ? wild(seed) : FIELD + draw(seed) % 64 * 0x10000);
}

static DWORD WINAPI pass(void *unused)
{
    (void)unused;
    return 0;
}
static void WINAPI on_apc(ULONG_PTR unused)
{
    (void)unused;
}

/* ---- what is done to others ---- */

static void find_a_victim(ULONG *seed)
{
    const ULONG id = family->ids[draw(seed) % processes];
    keep(seed, one_in(seed, 2)
                   ? OpenProcess(PROCESS_ALL_ACCESS, FALSE, id)
                   : OpenThread(THREAD_ALL_ACCESS, FALSE, id + 4 + draw(seed) % 24 * 4));
}

static void touch_its_memory(ULONG *seed)
{
    UCHAR bytes[512] = {0};
    SIZE_T done;
    const ULONG size = draw(seed) % sizeof bytes;
    if (one_in(seed, 2))
        ReadProcessMemory(any(seed), place(seed), bytes, size, &done);
    else
        WriteProcessMemory(any(seed), place(seed), bytes, size, &done);
}

static void change_its_memory(ULONG *seed)
{
    static const DWORD protections[] = {1, 2, 4, 8, 0x10, 0x20, 0x40, 0x104};
    DWORD old;
    switch (draw(seed) % 4) {
    case 0:
        VirtualAllocEx(any(seed), one_in(seed, 2) ? NULL : place(seed),
                       draw(seed) % 0x40000,
                       one_in(seed, 2) ? MEM_RESERVE : MEM_RESERVE | MEM_COMMIT, 4);
        break;
    case 1:
        VirtualAllocEx(any(seed), place(seed), draw(seed) % 0x8000, MEM_COMMIT, 4);
        break;
    case 2:
        VirtualProtectEx(any(seed), place(seed), draw(seed) % 0x8000,
                         PICK(seed, protections), &old);
        break;
    default:
        if (one_in(seed, 2))
            VirtualFreeEx(any(seed), place(seed), 0, MEM_RELEASE);
        else
            VirtualFreeEx(any(seed), place(seed), draw(seed) % 0x8000, MEM_DECOMMIT);
    }
}

static void map_into_it(ULONG *seed)
{
    ULONG base = one_in(seed, 2) ? 0 : (ULONG)place(seed), size = 0;
    LARGE_INTEGER offset = {.QuadPart = draw(seed) % 3 << 16};
    const ULONG process = one_in(seed, 2) ? ~0u : H(any(seed));
    if (one_in(seed, 3))
        call(SERVICE_NtUnmapViewOfSection, (ULONG[MOST]){process, H(place(seed))});
    else
        call(SERVICE_NtMapViewOfSection,
             (ULONG[MOST]){one_in(seed, 3) ? H(any(seed)) : H(shared), process, H(&base),
                           0, 0, H(&offset), H(&size), 1 + draw(seed) % 2, 0,
                           one_in(seed, 2) ? 4 : 8});
}

static void make_it_run(ULONG *seed)
{
    CONTEXT to = {.ContextFlags = 0x1003F};
    ULONG made = 0;
    switch (draw(seed) % 6) {
    case 0:
        call(SERVICE_NtCreateThreadEx,
             (ULONG[MOST]){H(&made), 0x1FFFFF, 0, one_in(seed, 2) ? ~0u : H(any(seed)),
                           H(pass), 0, one_in(seed, 4), 0, 0x1000, 0x10000, 0});
        keep(seed, (HANDLE)made);
        break;
    case 1:
        if (one_in(seed, 8) && GetThreadContext(any(seed), &to)) {
            ((ULONG *)&to)[draw(seed) % (sizeof to / 4)] = wild(seed);
            to.Eip = one_in(seed, 2) ? (ULONG)begin_again : wild(seed);
            SetThreadContext(any(seed), &to);
        }
        break;
    case 2:
        QueueUserAPC(on_apc, any(seed), 0);
        break;
    case 3:
        if (one_in(seed, 16))
            SuspendThread(any(seed));
        break;
    case 4:
        if (one_in(seed, 32))
            call(SERVICE_NtSuspendProcess, (ULONG[MOST]){H(any(seed))});
        break;
    default:
        ResumeThread(any(seed));
        call(SERVICE_NtResumeProcess, (ULONG[MOST]){H(any(seed))});
    }
}

static void end_it(ULONG *seed)
{
    if (one_in(seed, 32))
        TerminateThread(any(seed), 1);
    else if (one_in(seed, 64))
        TerminateProcess(any(seed), 2);
    else
        SetThreadPriority(any(seed), (int)(draw(seed) % 5) - 2);
}

/* A handle goes from one to the other; that of the source may be closed by it. */
static void move_a_handle(ULONG *seed)
{
    HANDLE made = NULL;
    const HANDLE source = one_in(seed, 2) ? GetCurrentProcess() : any(seed);
    const HANDLE target = one_in(seed, 2) ? GetCurrentProcess() : any(seed);
    const HANDLE which = one_in(seed, 2) ? any(seed) : (HANDLE)(draw(seed) % 128 * 4);
    DuplicateHandle(source, which, target, &made, 0, one_in(seed, 2),
                    2 | one_in(seed, 8));
    if (target == GetCurrentProcess())
        keep(seed, made);
}

/* ---- what all of them use ---- */

static void use_an_object(ULONG *seed)
{
    HANDLE some[4] = {any(seed), any(seed), any(seed), any(seed)};
    switch (draw(seed) % 8) {
    case 0:
        keep(seed, CreateEventA(NULL, one_in(seed, 2), one_in(seed, 2),
                                one_in(seed, 2) ? NULL : "chaos e"));
        break;
    case 1:
        keep(seed, CreateMutexA(NULL, one_in(seed, 2), "chaos m"));
        break;
    case 2:
        keep(seed, CreateSemaphoreA(NULL, 1, 3, "chaos s"));
        break;
    case 3:
        SetEvent(some[0]);
        PulseEvent(some[1]);
        break;
    case 4:
        ReleaseMutex(some[0]);
        ReleaseSemaphore(some[1], 1, NULL);
        break;
    case 5:
        WaitForMultipleObjectsEx(1 + draw(seed) % 4, some, one_in(seed, 2),
                                 one_in(seed, 16), TRUE);
        break;
    case 6:
        SignalObjectAndWait(some[0], some[1], one_in(seed, 16), TRUE);
        break;
    default:
        CloseHandle(some[0]);
    }
}

static void use_a_file(ULONG *seed)
{
    char from[] = "C:\\chaos0.tmp", to[] = "C:\\chaos0.tmp", bytes[300] = {0};
    DWORD done = 0;
    HANDLE end[2];
    from[8] += draw(seed) % 4, to[8] += draw(seed) % 4;
    switch (draw(seed) % 7) {
    case 0:
        keep(seed, CreateFileA(from, GENERIC_READ | GENERIC_WRITE | DELETE, 7, NULL,
                               1 + draw(seed) % 5,
                               one_in(seed, 4) ? FILE_FLAG_DELETE_ON_CLOSE : 0, NULL));
        break;
    case 1:
        MoveFileExA(from, to, one_in(seed, 2));
        break;
    case 2:
        DeleteFileA(from);
        break;
    case 3:
        keep(seed, CreateFileMappingA(any(seed), NULL, one_in(seed, 2) ? 2 : 4, 0,
                                      draw(seed) % 0x20000, NULL));
        break;
    case 4:
        SetFilePointer(any(seed), draw(seed) % 0x20000, NULL, FILE_BEGIN);
        SetEndOfFile(any(seed));
        break;
    case 5:
        if (CreatePipe(&end[0], &end[1], NULL, 0)) {
            keep(seed, end[0]);
            keep(seed, end[1]);
        }
        break;
    default:
        if (one_in(seed, 2))
            WriteFile(any(seed), bytes, draw(seed) % sizeof bytes, &done, NULL);
        else if (PeekNamedPipe(any(seed), NULL, 0, NULL, &done, NULL) && done)
            ReadFile(any(seed), bytes, draw(seed) % sizeof bytes, &done, NULL);
    }
}

static DWORD WINAPI attack(void *number)
{
    static void (*const ways[])(ULONG *) = {
        find_a_victim, touch_its_memory, change_its_memory, map_into_it, make_it_run,
        end_it,        move_a_handle,    use_an_object,     use_a_file,  find_a_victim};
    ULONG seed = first_seed * MOST_THREADS + (ULONG)number;
    for (;;) {
        PICK(&seed, ways)(&seed);
        InterlockedIncrement(&family->calls);
    }
    return 0;
}

static LONG CALLBACK give_up(EXCEPTION_POINTERS *e)
{
    (void)e;
    call(SERVICE_NtTerminateThread, (ULONG[MOST]){~1u, 0});
    return EXCEPTION_CONTINUE_SEARCH;
}

/* In a child: as many attackers as wanted, for as long as it lives. */
static void child(void)
{
    HANDLE attackers[MOST_THREADS] = {0};
    AddVectoredExceptionHandler(1, give_up);
    for (ULONG number = 0;; Sleep(20))
        for (ULONG i = 0; i < threads; i++)
            if (!attackers[i] || WaitForSingleObject(attackers[i], 0) != WAIT_TIMEOUT) {
                CloseHandle(attackers[i]);
                attackers[i] =
                    CreateThread(NULL, 0x10000, attack, (void *)number++, 0, NULL);
            }
}

static HANDLE begin(const char *program, ULONG seed, ULONG place_of)
{
    char line[256];
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    sprintf(line, "\"%s\" %lu 0 %lu %lu child", program, seed, processes, threads);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL,
                        &startup, &made))
        return NULL;
    family->ids[place_of] = made.dwProcessId;
    CloseHandle(made.hThread);
    return made.hProcess;
}

static void end(HANDLE process)
{
    if (!process)
        return;
    TerminateProcess(process, 0xDEAD);
    WaitForSingleObject(process, INFINITE);
    CloseHandle(process);
}

int main(int argc, char **argv)
{
    HANDLE members[MOST_PROCESSES] = {0};
    ULONG born = 0, wanted = argc > 2 ? strtoul(argv[2], NULL, 0) : 20000, dice;
    LONG before = -1, still = 0;
    first_seed = dice = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
    processes = argc > 3 ? strtoul(argv[3], NULL, 0) : 3;
    threads = argc > 4 ? strtoul(argv[4], NULL, 0) : 4;
    if (!LoadLibraryA("fathom.dll"))
        return 0;
    CHECK(processes <= MOST_PROCESSES && threads <= MOST_THREADS);
    shared = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x30000,
                                "chaos");
    HANDLE counted =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *family,
                           "chaos family"); /* nobody maps it to attack */
    CHECK(shared && counted);
    CHECK(family = MapViewOfFile(counted, FILE_MAP_WRITE, 0, 0, 0));
    if (argc > 5)
        child();
    SetPriorityClass(GetCurrentProcess(), REALTIME_PRIORITY_CLASS);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
    while ((ULONG)family->calls < wanted) {
        still = family->calls == before ? still + 1 : 0;
        before = family->calls;
        for (ULONG i = 0; i < processes; i++) {
            if (members[i] && still < 8 && !one_in(&dice, 64) &&
                WaitForSingleObject(members[i], 0) == WAIT_TIMEOUT)
                continue;
            end(members[i]);
            CHECK(members[i] = begin(argv[0], first_seed * 1000 + born++, i));
        }
        Sleep(20);
    }
    for (ULONG i = 0; i < processes; i++)
        end(members[i]);
    printf("seed %lu: %ld calls, %lu processes\n", first_seed, family->calls, born);
    return 0;
}
