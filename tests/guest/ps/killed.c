/* killed.c - processes ended from outside at any moment: while they make threads, wait,
 * touch memory, map sections, hold mutexes, read pipes; and threads ended likewise.
 *
 *     killed [ROUNDS [SEED]]      default 40 rounds, seed 1
 *
 * Nothing is looked at here but exit codes: that every page, handle and region came back is
 * what the harness audits after each test. */
#include <windows.h>
#include <string.h>
#include "check.h"

static ULONG state = 1;
static ULONG draw(ULONG below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static DWORD WINAPI short_life(void *unused)
{
    (void)unused;
    volatile char *page = VirtualAlloc(NULL, 0x4000, MEM_COMMIT, PAGE_READWRITE);
    for (int i = 0; page && i < 0x4000; i += 4096)
        page[i] = 1;
    Sleep(0);
    VirtualFree((void *)page, 0, MEM_RELEASE);
    return 0;
}

static DWORD WINAPI make_threads(void *unused)
{
    (void)unused;
    for (;;) {
        HANDLE thread = CreateThread(NULL, 0x10000, short_life, NULL, 0, NULL);
        if (thread)
            CloseHandle(thread);
        Sleep(0);
    }
    return 0;
}

static DWORD WINAPI use_pipe(void *unused)
{
    HANDLE read, write;
    char c;
    DWORD n;
    (void)unused;
    CHECK(CreatePipe(&read, &write, NULL, 0));
    for (int i = 0; i < 3; i++) {
        WriteFile(write, "x", 1, &n, NULL);
        ReadFile(read, &c, 1, &n, NULL);
    }
    ReadFile(read, &c, 1, &n, NULL); /* for ever */
    return 0;
}

static DWORD WINAPI use_objects(void *unused)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, "fathom killed");
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = {.QuadPart = -1};
    (void)unused;
    SetWaitableTimer(timer, &due, 1, (PTIMERAPCROUTINE)(void *)GetLastError, NULL, FALSE);
    for (;;) {
        HANDLE both[2] = {mutex, timer};
        WaitForMultipleObjectsEx(2, both, TRUE, 5, FALSE);
        HANDLE map = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                        65536, NULL);
        volatile char *view = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, 0);
        if (view)
            view[5000] = 1;
        CloseHandle(map); /* the view stays until its process goes */
        UnmapViewOfFile(draw(2) ? (void *)view : NULL);
    }
    return 0;
}

static int life(ULONG seed)
{
    state = seed;
    CreateThread(NULL, 0, make_threads, NULL, 0, NULL);
    CreateThread(NULL, 0, make_threads, NULL, 0, NULL);
    CreateThread(NULL, 0, use_pipe, NULL, 0, NULL);
    CreateThread(NULL, 0, use_objects, NULL, 0, NULL);
    for (;;) {
        void *block = malloc(draw(100000));
        Sleep(0);
        free(block);
    }
    return 0;
}

static void pause_a_while(void)
{
    ULONG ms = draw(40);
    if (ms < 25)
        Sleep(ms);
    for (volatile ULONG i = draw(300000); i > 0; i--)
        ;
}

static void processes(int rounds)
{
    char line[MAX_PATH + 40], self[MAX_PATH];
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    DWORD code;

    GetModuleFileNameA(NULL, self, sizeof self);
    for (int i = 0; i < rounds; i++) {
        snprintf(line, sizeof line, "\"%s\" live %lu", self, draw(1000000));
        CHECK(CreateProcessA(self, line, NULL, NULL, FALSE,
                             draw(8) ? 0 : CREATE_SUSPENDED, NULL, NULL, &info,
                             &process));
        pause_a_while();
        if (draw(4) == 0)
            SuspendThread(process.hThread);
        CHECK(TerminateProcess(process.hProcess, 1000 + i));
        CHECK_EQUAL(WaitForSingleObject(process.hProcess, 20000), WAIT_OBJECT_0);
        CHECK(GetExitCodeProcess(process.hProcess, &code));
        CHECK_EQUAL(code, 1000 + i);
        CHECK(GetExitCodeThread(process.hThread, &code));
        CHECK_EQUAL(code, 1000 + i);
        CHECK(!TerminateProcess(process.hProcess, 1));
        CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
        CHECK(CloseHandle(process.hThread) && CloseHandle(process.hProcess));
    }
}

/* No locks of the heap or the C library: a killed thread would keep them. */
static DWORD WINAPI system_calls(void *unused)
{
    (void)unused;
    for (;;) {
        void *page = VirtualAlloc(NULL, 0x3000, MEM_COMMIT, PAGE_READWRITE);
        if (page)
            *(volatile char *)page = 1;
        VirtualFree(page, 0, MEM_RELEASE);
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
        WaitForSingleObject(event, 1);
        CloseHandle(event);
    }
    return 0;
}

static void threads(int rounds)
{
    DWORD code;
    for (int i = 0; i < rounds; i++) {
        HANDLE thread = CreateThread(NULL, 0, system_calls, NULL,
                                     draw(8) ? 0 : CREATE_SUSPENDED, NULL);
        CHECK(thread != NULL);
        pause_a_while();
        if (draw(4) == 0)
            SuspendThread(thread);
        CHECK(TerminateThread(thread, 2000 + i));
        CHECK_EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
        CHECK(GetExitCodeThread(thread, &code));
        CHECK_EQUAL(code, 2000 + i);
        CHECK(CloseHandle(thread));
    }
}

/* A reader stopped inside its wait does not come back before it is resumed. */
static HANDLE pipe_read, pipe_write;
static volatile LONG was_read;

static DWORD WINAPI read_one(void *unused)
{
    char c = 0;
    DWORD n;
    (void)unused;
    CHECK(ReadFile(pipe_read, &c, 1, &n, NULL) && n == 1 && c == 'y');
    was_read = 1;
    return 12;
}

static void stopped_in_a_pipe(void)
{
    DWORD n, code;
    CHECK(CreatePipe(&pipe_read, &pipe_write, NULL, 0));
    HANDLE thread = CreateThread(NULL, 0, read_one, NULL, 0, NULL);
    Sleep(30);
    CHECK_EQUAL(SuspendThread(thread), 0);
    CHECK(WriteFile(pipe_write, "y", 1, &n, NULL));
    Sleep(60);
    CHECK_EQUAL(was_read, 0);
    CHECK_EQUAL(ResumeThread(thread), 1);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQUAL(code, 12);
    CHECK(CloseHandle(thread));
    thread = CreateThread(NULL, 0, read_one, NULL, 0, NULL);
    Sleep(30);
    CHECK(TerminateThread(thread, 13)); /* inside the wait */
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
    CHECK(CloseHandle(pipe_read) && CloseHandle(pipe_write));
}

int main(int count, char **words)
{
    if (count > 2 && !strcmp(words[1], "live"))
        return life(strtoul(words[2], NULL, 0));
    int rounds = count > 1 ? atoi(words[1]) : 40;
    state = count > 2 ? strtoul(words[2], NULL, 0) : 1;
    stopped_in_a_pipe();
    threads(rounds);
    processes(rounds);
    return 0;
}
