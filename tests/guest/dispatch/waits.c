/* waits.c - the dispatcher: events, semaphores, mutexes, timers, threads; any, all,
 * alertable.
 *
 * Results as the pages of WaitForMultipleObjects, SleepEx, QueueUserAPC, ReleaseMutex,
 * SetWaitableTimer, SuspendThread and TerminateThread state them.
 */
#include <stdio.h>
#include "await.h"
#include <windows.h>

static int failures, apcs;
#define CHECK(e)                                                                         \
    do {                                                                                 \
        if (!(e)) {                                                                      \
            failures++;                                                                  \
            printf("line %d: %s (last error %lu)\n", __LINE__, #e, GetLastError());      \
        }                                                                                \
    } while (0)

static void test_events(void)
{
    HANDLE automatic = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE manual = CreateEventA(NULL, TRUE, TRUE, NULL);
    HANDLE both[2] = {automatic, manual};
    CHECK(WaitForSingleObject(automatic, 0) == WAIT_TIMEOUT);
    CHECK(WaitForMultipleObjects(2, both, FALSE, 0) == WAIT_OBJECT_0 + 1);
    CHECK(WaitForMultipleObjects(2, both, TRUE, 20) == WAIT_TIMEOUT);
    SetEvent(automatic);
    CHECK(WaitForMultipleObjects(2, both, TRUE, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(automatic, 0) == WAIT_TIMEOUT); /* the wait took it */
    CHECK(WaitForSingleObject(manual, 0) == WAIT_OBJECT_0);
    PulseEvent(manual);
    CHECK(WaitForSingleObject(manual, 0) == WAIT_TIMEOUT);
    CloseHandle(automatic);
    CloseHandle(manual);
    CHECK(WaitForSingleObject(automatic, 0) == WAIT_FAILED);
    CHECK(GetLastError() == ERROR_INVALID_HANDLE);
}

static void test_semaphore(void)
{
    LONG before = -1;
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT);
    CHECK(ReleaseSemaphore(semaphore, 2, &before) && before == 0);
    CHECK(!ReleaseSemaphore(semaphore, 1, NULL) &&
          GetLastError() == ERROR_TOO_MANY_POSTS);
    CloseHandle(semaphore);
}

static DWORD WINAPI leave_it_owned(void *mutex)
{
    return WaitForSingleObject(mutex, AWAIT_MS);
}

static DWORD WINAPI try_it(void *mutex)
{
    return ReleaseMutex(mutex) ? 1 : GetLastError();
}

static DWORD result_of(LPTHREAD_START_ROUTINE start, void *argument)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, start, argument, 0, NULL);
    WaitForSingleObject(thread, AWAIT_MS);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void test_mutex(void)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0); /* again: the owner may */
    CHECK(result_of(try_it, mutex) == ERROR_NOT_OWNER);
    CHECK(ReleaseMutex(mutex) && ReleaseMutex(mutex));
    CHECK(!ReleaseMutex(mutex) && GetLastError() == ERROR_NOT_OWNER);
    CHECK(result_of(leave_it_owned, mutex) == WAIT_OBJECT_0);
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_ABANDONED);
    CHECK(ReleaseMutex(mutex));
    CHECK(WaitForSingleObject(mutex, 0) == WAIT_OBJECT_0);
    CloseHandle(mutex);
}

static void CALLBACK count_apc(ULONG_PTR add)
{
    apcs += add;
}

static DWORD WINAPI alertable(void *event)
{
    SetEvent(event);
    const DWORD first = SleepEx(AWAIT_MS, TRUE);
    const DWORD second = SleepEx(1, TRUE);
    return first == WAIT_IO_COMPLETION && second == 0 ? 77 : first;
}

static void test_apc(void)
{
    DWORD code = 0;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    QueueUserAPC(count_apc, GetCurrentThread(), 1);
    QueueUserAPC(count_apc, GetCurrentThread(), 2);
    Sleep(1);
    CHECK(apcs == 0);
    CHECK(SleepEx(AWAIT_MS, TRUE) == WAIT_IO_COMPLETION);
    CHECK(apcs == 3); /* one alertable wait delivers all */
    CHECK(SleepEx(0, TRUE) == 0);
    HANDLE thread = CreateThread(NULL, 0, alertable, event, 0, NULL);
    WaitForSingleObject(event, AWAIT_MS);
    CHECK(QueueUserAPC(count_apc, thread, 10));
    WaitForSingleObject(thread, AWAIT_MS);
    GetExitCodeThread(thread, &code);
    CHECK(code == 77 && apcs == 13);
    CHECK(!QueueUserAPC(count_apc, thread, 10)); /* it has ended */
    CloseHandle(thread);
    /* Queued before a thread starts, it runs first of all. */
    thread = CreateThread(NULL, 0, alertable, event, CREATE_SUSPENDED, NULL);
    QueueUserAPC(count_apc, thread, 100);
    ResumeThread(thread);
    WaitForSingleObject(event, AWAIT_MS);
    CHECK(apcs == 113);
    QueueUserAPC(count_apc, thread, 0);
    WaitForSingleObject(thread, AWAIT_MS);
    CloseHandle(thread);
    CloseHandle(event);
}

static void test_timer(void)
{
    LARGE_INTEGER due = {.QuadPart = -200000};
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    CHECK(WaitForSingleObject(timer, 0) == WAIT_TIMEOUT);
    CHECK(SetWaitableTimer(timer, &due, 20, NULL, NULL, FALSE));
    const DWORD start = GetTickCount();
    for (int i = 0; i < 3; i++)
        CHECK(WaitForSingleObject(timer, 1000) == WAIT_OBJECT_0);
    const DWORD took = GetTickCount() - start;
    CHECK(took >= 30 && took <= 200);
    CHECK(CancelWaitableTimer(timer));
    CHECK(WaitForSingleObject(timer, 60) == WAIT_TIMEOUT);
    CloseHandle(timer);
}

static volatile LONG counter;
static DWORD WINAPI spin(void *unused)
{
    (void)unused;
    for (;;)
        counter++;
    return 0;
}

static void test_suspend(void)
{
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, 0, NULL);
    AWAIT(counter != 0);
    CHECK(SuspendThread(thread) == 0);
    CHECK(SuspendThread(thread) == 1);
    const LONG stopped = counter;
    Sleep(50);
    CHECK(counter == stopped);
    CHECK(ResumeThread(thread) == 2);
    Sleep(20);
    CHECK(counter == stopped);
    CHECK(ResumeThread(thread) == 1);
    Sleep(50);
    CHECK(counter != stopped);
    CHECK(ResumeThread(thread) == 0);
    CHECK(WaitForSingleObject(thread, 0) == WAIT_TIMEOUT);
    CHECK(TerminateThread(thread, 99));
    CHECK(WaitForSingleObject(thread, 1000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 99);
    CloseHandle(thread);
    /* One that waits, and one that is suspended, can be ended too. */
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, leave_it_owned, event, 0, NULL);
    Sleep(20);
    CHECK(TerminateThread(thread, 98));
    CHECK(WaitForSingleObject(thread, 1000) == WAIT_OBJECT_0);
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
    CHECK(TerminateThread(thread, 97));
    CHECK(WaitForSingleObject(thread, 1000) == WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(event);
}

static void test_priority(void)
{
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
    CHECK(SetThreadPriority(thread, THREAD_PRIORITY_LOWEST));
    CHECK(GetThreadPriority(thread) == THREAD_PRIORITY_LOWEST);
    ResumeThread(thread);
    const DWORD start = GetTickCount();
    for (int i = 0; i < 10; i++)
        Sleep(1); /* the one above is never kept waiting by the one below */
    CHECK(GetTickCount() - start < 400);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, AWAIT_MS);
    CloseHandle(thread);
}

int main(void)
{
    test_events();
    test_semaphore();
    test_mutex();
    test_apc();
    test_timer();
    test_suspend();
    test_priority();
    printf("%d failures\n", failures);
    return failures != 0;
}
