/* manywaits.c - waits for 64 objects, time-outs, order of APCs, timers with periods, and
 * mutexes whose owner is gone. */
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include <string.h>
#include "check.h"

static HANDLE objects[64];
static char order[64];
static BOOL on_fathom;

static DWORD WINAPI set_one_by_one(void *unused)
{
    (void)unused;
    for (int i = 63; i >= 0; i--)
        CHECK(SetEvent(objects[i]));
    return 0;
}

static DWORD WINAPI wait_for_all(void *unused)
{
    (void)unused;
    return WaitForMultipleObjects(64, objects, TRUE, 20000);
}

static void sixty_four(void)
{
    DWORD code;
    for (int i = 0; i < 64; i++)
        objects[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
    CHECK_EQUAL(WaitForMultipleObjects(64, objects, TRUE, 30), WAIT_TIMEOUT);
    CHECK(SetEvent(objects[63]));
    CHECK_EQUAL(WaitForMultipleObjects(64, objects, FALSE, INFINITE), 63);
    HANDLE waiter = CreateThread(NULL, 0, wait_for_all, NULL, 0, NULL);
    Sleep(30);
    HANDLE setter = CreateThread(NULL, 0, set_one_by_one, NULL, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(waiter, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(waiter, &code));
    CHECK_EQUAL(code, WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForMultipleObjects(64, objects, FALSE, 0), WAIT_TIMEOUT); /* taken */
    CHECK_EQUAL(WaitForSingleObject(setter, 20000), WAIT_OBJECT_0);
    CHECK(CloseHandle(waiter) && CloseHandle(setter));
    for (int i = 0; i < 64; i++)
        CHECK(CloseHandle(objects[i]));
}

static void timeouts(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    ULONGLONG start = GetTickCount64();
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK(GetTickCount64() - start < 100);
    start = GetTickCount64();
    CHECK_EQUAL(WaitForSingleObjectEx(event, 200, TRUE), WAIT_TIMEOUT);
    CHECK(GetTickCount64() - start >= 180 && GetTickCount64() - start < 2000);
    CHECK_EQUAL(WaitForSingleObject((HANDLE)0x7FFFFFF0, 0), WAIT_FAILED);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(event));
}

static void CALLBACK note(ULONG_PTR what)
{
    order[strlen(order)] = (char)what;
    if (what == 'a') /* queued by an APC: it comes in the same wait, after the others */
        QueueUserAPC(note, GetCurrentThread(), 'z');
}

static void apc_order(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
    memset(order, 0, sizeof order);
    for (int i = 'a'; i <= 'e'; i++)
        CHECK(QueueUserAPC(note, GetCurrentThread(), i));
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK(!strcmp(order, ""));
    CHECK_EQUAL(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK(!strcmp(order, "abcdez"));
    CHECK_EQUAL(SleepEx(0, TRUE), 0);
    CHECK(CloseHandle(event));
}

static volatile LONG rings;
static ULONGLONG rung;

static void CALLBACK ring(void *argument, DWORD low, DWORD high)
{
    CHECK(argument == &rings);
    rung = (ULONGLONG)high << 32 | low;
    rings++;
}

static DWORD WINAPI set_and_leave(void *timer)
{
    LARGE_INTEGER due = {.QuadPart = -500000};
    CHECK(SetWaitableTimer(timer, &due, 0, ring, (void *)&rings, FALSE));
    return 0;
}

static void timers(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = {.QuadPart = -200000};
    FILETIME now;
    ULONGLONG begin;

    GetSystemTimeAsFileTime(&now);
    begin = (ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime;
    CHECK(SetWaitableTimer(timer, &due, 20, ring, (void *)&rings, FALSE));
    for (int i = 1; i <= 4; i++) {
        while (rings < i)
            CHECK_EQUAL(SleepEx(5000, TRUE), WAIT_IO_COMPLETION);
        if (on_fathom) /* Wine hands over another clock's time */
            CHECK(rung >= begin && rung < begin + 20 * 10000000ull);
    }
    CHECK(CancelWaitableTimer(timer));
    SleepEx(0, TRUE);
    rings = 0;
    CHECK_EQUAL(SleepEx(80, TRUE), 0);
    CHECK_EQUAL(rings, 0);
    /* An absolute time that has passed: at once.  One to come: then. */
    due.QuadPart = begin;
    CHECK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    CHECK_EQUAL(WaitForSingleObject(timer, 1000), WAIT_OBJECT_0);
    GetSystemTimeAsFileTime(&now);
    due.QuadPart = ((ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime) + 1000000;
    CHECK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    CHECK_EQUAL(WaitForSingleObject(timer, 5000), WAIT_OBJECT_0);
    /* A timer with a routine goes with the thread that set it: it is cancelled. */
    HANDLE thread = CreateThread(NULL, 0, set_and_leave, timer, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
    if (on_fathom) /* Wine lets it go off; the page says that it is cancelled */
        CHECK_EQUAL(WaitForSingleObject(timer, 200), WAIT_TIMEOUT);
    CHECK(CloseHandle(timer));
}

/* More timers than a tick can serve: they are late, but the machine goes on. */
static void very_many_timers(void)
{
    static HANDLE timers[20000];
    const int count = on_fathom ? sizeof timers / sizeof *timers : 100;
    LARGE_INTEGER due = {.QuadPart = -10000};

    for (int i = 0; i < count; i++) {
        timers[i] = CreateWaitableTimerA(NULL, FALSE, NULL);
        CHECK(timers[i] && SetWaitableTimer(timers[i], &due, 1, NULL, NULL, FALSE));
    }
    for (int i = 0; i < 3; i++)
        Sleep(1);
    for (int i = 0; i < count; i++)
        CHECK_EQUAL(WaitForSingleObject(timers[i], 10000), WAIT_OBJECT_0);
    for (int i = 0; i < count; i++)
        CHECK(CloseHandle(timers[i]));
}

/* ---- abandoned mutexes ---- */

static DWORD WINAPI own_and_sleep(void *mutex)
{
    CHECK_EQUAL(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    SetEvent(objects[0]);
    Sleep(INFINITE);
    return 0;
}

static void killed_owner(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    objects[0] = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE both[2] = {CreateEventA(NULL, TRUE, TRUE, NULL), mutex};
    HANDLE thread = CreateThread(NULL, 0, own_and_sleep, mutex, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(objects[0], 5000), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(mutex, 0), WAIT_TIMEOUT);
    CHECK(TerminateThread(thread, 1));
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    DWORD result = WaitForMultipleObjects(2, both, TRUE, 1000);
    CHECK(result >= WAIT_ABANDONED_0 && result < WAIT_ABANDONED_0 + 2);
    CHECK(ReleaseMutex(mutex));
    CHECK(CloseHandle(mutex) && CloseHandle(thread) && CloseHandle(both[0]) &&
          CloseHandle(objects[0]));
}

static void killed_process(void)
{
    char line[MAX_PATH + 20], self[MAX_PATH];
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    HANDLE mutex = CreateMutexA(NULL, FALSE, "fathom abandoned");
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "fathom owned");

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" own", self);
    for (int kill = 0; kill < 2; kill++) {
        CHECK(CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &info,
                             &process));
        CHECK_EQUAL(WaitForSingleObject(event, 20000), WAIT_OBJECT_0);
        if (kill)
            CHECK(TerminateProcess(process.hProcess, 3));
        else
            CHECK(QueueUserAPC((PAPCFUNC)(void *)ExitProcess, process.hThread, 4));
        CHECK_EQUAL(WaitForSingleObject(mutex, 20000), WAIT_ABANDONED);
        CHECK(ReleaseMutex(mutex));
        CHECK_EQUAL(WaitForSingleObject(process.hProcess, 20000), WAIT_OBJECT_0);
        CHECK(CloseHandle(process.hProcess) && CloseHandle(process.hThread));
    }
    CHECK(CloseHandle(mutex) && CloseHandle(event));
}

static int own(void)
{
    HANDLE mutex =
        OpenMutexA(SYNCHRONIZE | MUTEX_MODIFY_STATE, FALSE, "fathom abandoned");
    HANDLE event = OpenEventA(EVENT_MODIFY_STATE, FALSE, "fathom owned");
    CHECK_EQUAL(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    CHECK(SetEvent(event));
    SleepEx(INFINITE, TRUE);
    return 1;
}

int main(int count, char **words)
{
    (void)words;
    if (count > 1)
        return own();
    on_fathom = LoadLibraryA("fathom.dll") != NULL;
    sixty_four();
    timeouts();
    apc_order();
    timers();
    very_many_timers();
    killed_owner();
    killed_process();
    return 0;
}
