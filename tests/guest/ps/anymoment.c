/* anymoment.c - a process ended from outside at every kind of moment; nothing of it stays.
 *
 *     anymoment [ROUNDS [SEED]]      default 5 rounds of each life, seed 1
 *
 * Each life is this program again, doing one thing for ever; its parent waits a random time
 * (from nothing to 60 ms) and ends it by one of five ways.  What must hold: the exit code is
 * the one given, the parent's own figures (handles, commit) come back, and after the test
 * the harness finds every page, region and handle of the machine where it was. */
#include <windows.h>
#include <psapi.h>
#include <string.h>
#include "check.h"

static ULONG state = 1;
static ULONG draw(ULONG below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

/* ---- lives ---- */

static void in_a_service(void)
{
    SYSTEM_INFO info;
    for (;;) {
        void *p = VirtualAlloc(NULL, 0x40000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        DWORD old;
        VirtualProtect(p, 0x10000, PAGE_READONLY, &old);
        VirtualFree(p, 0, MEM_RELEASE);
        GetSystemInfo(&info);
    }
}
static void in_a_fault(void)
{
    for (;;) {
        volatile char *p = VirtualAlloc(NULL, 0x100000, MEM_COMMIT, PAGE_READWRITE);
        for (ULONG i = 0; p && i < 0x100000; i += 4096)
            p[i] = 1;
        VirtualFree((void *)p, 0, MEM_RELEASE);
    }
}
static void in_copy_on_write(void)
{
    for (;;) {
        HANDLE map = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                                        0x80000, NULL);
        volatile char *view = MapViewOfFile(map, FILE_MAP_COPY, 0, 0, 0);
        for (ULONG i = 0; view && i < 0x80000; i += 4096)
            view[i] = 1;
        if (draw(2))
            UnmapViewOfFile((void *)view);
        CloseHandle(map);
    }
}
static void in_a_wait(void)
{
    HANDLE e[3] = {CreateEventA(NULL, FALSE, FALSE, NULL), CreateMutexA(NULL, TRUE, NULL),
                   CreateWaitableTimerA(NULL, FALSE, NULL)};
    LARGE_INTEGER due = {.QuadPart = -10000};
    for (;;) {
        SetWaitableTimer(e[2], &due, 1, NULL, NULL, FALSE);
        WaitForMultipleObjectsEx(3, e, TRUE, draw(5), TRUE);
        Sleep(draw(3));
    }
}
static DWORD WINAPI short_life(void *unused)
{
    (void)unused;
    return 0;
}
static void in_thread_creation(void)
{
    for (;;) {
        HANDLE thread = CreateThread(NULL, 0x20000, short_life, NULL, 0, NULL);
        if (thread && draw(2))
            WaitForSingleObject(thread, 2);
        if (thread)
            CloseHandle(thread);
    }
}
static void in_the_loader(void)
{
    static const char *const names[] = {"ole32.dll", "oleaut32.dll", "cw3220.dll"};
    for (;;) {
        HMODULE module = LoadLibraryA(names[draw(3)]);
        if (module)
            FreeLibrary(module);
    }
}
static LONG CALLBACK step_over(EXCEPTION_POINTERS *p)
{
    p->ContextRecord->Eip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}
static void in_an_exception(void)
{
    AddVectoredExceptionHandler(1, step_over);
    for (;;)
        __asm__ volatile("ud2");
}
static void in_io(void)
{
    HANDLE read, write;
    char bytes[3000] = {0};
    DWORD n;
    CHECK(CreatePipe(&read, &write, NULL, 0));
    for (;;) {
        WriteFile(write, bytes, sizeof bytes, &n, NULL);
        ReadFile(read, bytes, sizeof bytes, &n, NULL);
        HANDLE file = CreateFileA("anymoment.tmp", GENERIC_WRITE, FILE_SHARE_WRITE, NULL,
                                  CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
        if (file != INVALID_HANDLE_VALUE) {
            WriteFile(file, bytes, sizeof bytes, &n, NULL);
            CloseHandle(file);
        }
    }
}
static void in_a_family(void);
static void in_an_apc(void);

static void (*const lives[])(void) = {
    in_a_service,       in_a_fault,    in_copy_on_write, in_a_wait,   in_io,
    in_thread_creation, in_the_loader, in_an_exception,  in_a_family, in_an_apc};
#define LIVES (sizeof lives / sizeof *lives)

static BOOL start(int life, DWORD flags, PROCESS_INFORMATION *process)
{
    char line[MAX_PATH + 40], self[MAX_PATH];
    STARTUPINFOA info = {.cb = sizeof info};
    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" live %d %lu", self, life, draw(1000000));
    return CreateProcessA(self, line, NULL, NULL, FALSE, flags, NULL, NULL, &info,
                          process);
}

/* It makes processes that end at once (an unknown life), and does not wait for them. */
static void in_a_family(void)
{
    for (;;) {
        PROCESS_INFORMATION process;
        if (start(99, 0, &process)) {
            if (draw(2))
                TerminateProcess(process.hProcess, 1);
            CloseHandle(process.hProcess);
            CloseHandle(process.hThread);
        }
    }
}
static void CALLBACK again(ULONG_PTR thread)
{
    QueueUserAPC(again, (HANDLE)thread, thread);
}
static void in_an_apc(void)
{
    QueueUserAPC(again, GetCurrentThread(), (ULONG_PTR)GetCurrentThread());
    for (;;)
        SleepEx(draw(3), TRUE);
}

/* ---- deaths ---- */

static void pause_a_while(void)
{
    const ULONG kind = draw(4);
    if (kind == 0)
        return; /* before its first instruction, or in its loader */
    if (kind == 1)
        for (volatile ULONG i = draw(400000); i > 0; i--)
            ;
    else
        Sleep(draw(kind == 2 ? 8 : 60));
}

static void end_it(PROCESS_INFORMATION *process, DWORD code)
{
    char bytes[64];
    SIZE_T got;
    switch (draw(5)) {
    case 0: /* while its memory is read and written, its threads stopped and told */
        for (ULONG at = 0x400000; at < 0x410000; at += 0x1000)
            ReadProcessMemory(process->hProcess, (void *)(ULONG_PTR)at, bytes, 64, &got);
        WriteProcessMemory(process->hProcess, (void *)(ULONG_PTR)0x400000, bytes, 4,
                           &got);
        break;
    case 1: {
        CONTEXT context = {.ContextFlags = CONTEXT_FULL};
        SuspendThread(process->hThread);
        GetThreadContext(process->hThread, &context);
        SetThreadContext(process->hThread, &context);
        if (draw(2))
            ResumeThread(process->hThread);
        break;
    }
    case 2: { /* it ends by itself, in a thread of ours that starts there */
        HANDLE thread = CreateRemoteThread(process->hProcess, NULL, 0,
                                           (LPTHREAD_START_ROUTINE)(void *)ExitProcess,
                                           (void *)(ULONG_PTR)code, 0, NULL);
        if (thread) {
            WaitForSingleObject(process->hProcess, draw(40));
            CloseHandle(thread);
        }
        break;
    }
    case 3: /* every thread on its own; the last takes the process along */
        TerminateThread(process->hThread, code);
        WaitForSingleObject(process->hProcess, draw(20));
        break;
    }
    TerminateProcess(process->hProcess, code);
}

int main(int count, char **words)
{
    if (count > 3 && !strcmp(words[1], "live")) {
        const ULONG life = strtoul(words[2], NULL, 0);
        state = strtoul(words[3], NULL, 0);
        if (life < LIVES)
            lives[life]();
        return 0;
    }
    const int rounds = count > 1 ? atoi(words[1]) : 5;
    PROCESS_INFORMATION process;
    DWORD code, handles = 0, now;
    state = count > 2 ? strtoul(words[2], NULL, 0) : 1;
    for (int i = 0; i < rounds * (int)LIVES; i++) {
        CHECK(start(i % (int)LIVES, draw(10) ? 0 : CREATE_SUSPENDED, &process));
        pause_a_while();
        end_it(&process, 5000 + (DWORD)i);
        CHECK_EQUAL(WaitForSingleObject(process.hProcess, 20000), WAIT_OBJECT_0);
        CHECK(GetExitCodeProcess(process.hProcess, &code));
        if (code != 5000 + (DWORD)i)
            printf("round %d, life %d: exit code %lx\n", i, i % (int)LIVES, code);
        CHECK_EQUAL(code, 5000 + i);
        CHECK(CloseHandle(process.hThread) && CloseHandle(process.hProcess));
        CHECK(GetProcessHandleCount(GetCurrentProcess(), &now));
        if (i == (int)LIVES)
            handles = now;
        CHECK(handles == 0 || now <= handles);
    }
    return 0;
}
