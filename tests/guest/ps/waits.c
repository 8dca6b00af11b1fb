/* waits.c - events, mutexes, semaphores, timers and waits for one and for many. */
#include <windows.h>
#include "check.h"

static void events(void)
{
    HANDLE manual = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE automatic = CreateEventA(NULL, FALSE, TRUE, NULL);

    CHECK_EQUAL(WaitForSingleObject(manual, 0), WAIT_TIMEOUT);
    CHECK(SetEvent(manual));
    CHECK_EQUAL(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0);
    CHECK(ResetEvent(manual));
    CHECK_EQUAL(WaitForSingleObject(automatic, 0), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT); /* one wait took it */
    HANDLE both[2] = {manual, automatic};
    CHECK_EQUAL(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_TIMEOUT);
    CHECK(SetEvent(automatic));
    CHECK_EQUAL(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_TIMEOUT);
    CHECK_EQUAL(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_OBJECT_0 + 1);
    CHECK(SetEvent(manual) && SetEvent(automatic));
    CHECK_EQUAL(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT);
    HANDLE twice[2] = {manual, manual};
    CHECK_EQUAL(WaitForMultipleObjects(2, twice, TRUE, 0), WAIT_FAILED);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQUAL(WaitForMultipleObjects(0, both, FALSE, 0), WAIT_FAILED);
    CHECK_EQUAL(WaitForMultipleObjects(65, both, FALSE, 0), WAIT_FAILED);
    CHECK(CloseHandle(manual) && CloseHandle(automatic));
}

static DWORD WINAPI take_and_leave(void *mutex)
{
    CHECK_EQUAL(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
    return 0; /* without releasing it */
}

static void mutexes(void)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);

    CHECK_EQUAL(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0); /* recursive */
    CHECK(ReleaseMutex(mutex) && ReleaseMutex(mutex));
    CHECK(!ReleaseMutex(mutex));
    CHECK_EQUAL(GetLastError(), ERROR_NOT_OWNER);
    HANDLE thread = CreateThread(NULL, 0, take_and_leave, mutex, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    CHECK(ReleaseMutex(mutex));
    CHECK_EQUAL(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0); /* told once */
    CHECK(ReleaseMutex(mutex));
    CHECK(CloseHandle(thread) && CloseHandle(mutex));
}

static void semaphores(void)
{
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
    LONG previous = -1;

    CHECK_EQUAL(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    CHECK(ReleaseSemaphore(semaphore, 2, &previous));
    CHECK_EQUAL(previous, 0);
    CHECK(!ReleaseSemaphore(semaphore, 2, &previous));
    CHECK_EQUAL(GetLastError(), ERROR_TOO_MANY_POSTS);
    CHECK(ReleaseSemaphore(semaphore, 1, &previous));
    CHECK_EQUAL(previous, 2);
    CHECK(CloseHandle(semaphore));
    CHECK(CreateSemaphoreA(NULL, 4, 3, NULL) == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

static int apcs;

static void CALLBACK timer_apc(void *argument, DWORD low, DWORD high)
{
    (void)low;
    (void)high;
    apcs += (int)(INT_PTR)argument;
}

static void timers(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = {.QuadPart = -200000}; /* 20 ms */

    CHECK_EQUAL(WaitForSingleObject(timer, 0), WAIT_TIMEOUT);
    CHECK(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
    CHECK_EQUAL(WaitForSingleObject(timer, 5000), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(timer, 0), WAIT_TIMEOUT);
    CHECK(
        SetWaitableTimer(timer, &due, 20, NULL, NULL, FALSE)); /* and again every 20 ms */
    for (int i = 0; i < 3; i++)
        CHECK_EQUAL(WaitForSingleObject(timer, 5000), WAIT_OBJECT_0);
    CHECK(CancelWaitableTimer(timer));
    WaitForSingleObject(timer, 0);
    CHECK_EQUAL(WaitForSingleObject(timer, 60), WAIT_TIMEOUT);
    CHECK(SetWaitableTimer(timer, &due, 0, timer_apc, (void *)5, FALSE));
    CHECK_EQUAL(SleepEx(5000, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQUAL(apcs, 5);
    CHECK(SetWaitableTimer(timer, &due, 0, timer_apc, (void *)5, FALSE));
    CHECK(CancelWaitableTimer(timer));
    CHECK_EQUAL(SleepEx(60, TRUE), 0);
    CHECK_EQUAL(apcs, 5);
    CHECK(CloseHandle(timer));
}

static void timeouts(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD start = GetTickCount();

    CHECK_EQUAL(WaitForSingleObject(event, 100), WAIT_TIMEOUT);
    DWORD passed = GetTickCount() - start;
    CHECK(passed >= 80 && passed < 1000);
    start = GetTickCount();
    Sleep(50);
    CHECK(GetTickCount() - start >= 30);
    CHECK(CloseHandle(event));
}

static DWORD WINAPI answer(void *pair)
{
    HANDLE *events = pair;

    CHECK_EQUAL(WaitForSingleObject(events[0], 5000), WAIT_OBJECT_0);
    CHECK(SetEvent(events[1]));
    return 0;
}

static void signal_and_wait(void)
{
    HANDLE events[2] = {CreateEventA(NULL, FALSE, FALSE, NULL),
                        CreateEventA(NULL, FALSE, FALSE, NULL)};
    HANDLE thread = CreateThread(NULL, 0, answer, events, 0, NULL);

    CHECK_EQUAL(SignalObjectAndWait(events[0], events[1], 5000, FALSE), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread) && CloseHandle(events[0]) && CloseHandle(events[1]));
}

int main(void)
{
    events();
    mutexes();
    semaphores();
    timers();
    timeouts();
    signal_and_wait();
    return 0;
}
