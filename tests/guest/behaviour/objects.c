/* objects - mutexes, semaphores, events, waitable timers, and their names. */
#include "documented.h"
#include "inthread.h"
#include <string.h>

static BOOL taken(HANDLE object)
{
    return WaitForSingleObject(object, 0) == WAIT_OBJECT_0;
}

static volatile DWORD other_result;
static DWORD WINAPI tries(void *object)
{
    other_result = WaitForSingleObject(object, 0);
    return ReleaseMutex(object);
}
static DWORD WINAPI releases(void *mutex)
{
    return ReleaseMutex(mutex) ? 0 : GetLastError();
}

static void mutexes(void)
{
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL);
    in_thread(tries, mutex);
    documented("CreateMutex", "bInitialOwner TRUE: the creator owns it", SAME,
               mutex && other_result == WAIT_TIMEOUT);
    documented("ReleaseMutex", "another thread's mutex: ERROR_NOT_OWNER", SAME,
               in_thread(releases, mutex) == ERROR_NOT_OWNER);
    documented(
        "Mutex Objects",
        "the owner may wait for it again without blocking; it must release as often",
        SAME,
        taken(mutex) && ReleaseMutex(mutex) &&
            (in_thread(tries, mutex), other_result == WAIT_TIMEOUT) &&
            ReleaseMutex(mutex) &&
            (in_thread(tries, mutex), other_result == WAIT_OBJECT_0));
    documented("ReleaseMutex", "released once too often: ERROR_NOT_OWNER", SAME,
               FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER));
    CloseHandle(mutex);
    mutex = CreateMutexA(NULL, FALSE, "behaviour mutex");
    SetLastError(0);
    HANDLE again = CreateMutexA(NULL, TRUE, "behaviour mutex");
    documented(
        "CreateMutex",
        "a name that exists: a handle to it, ERROR_ALREADY_EXISTS, and bInitialOwner "
        "is ignored",
        SAME,
        again && GetLastError() == ERROR_ALREADY_EXISTS &&
            FAILS(ReleaseMutex(again), ERROR_NOT_OWNER));
    documented("CreateMutex", "the name is case sensitive", SAME,
               FAILS(OpenMutexA(SYNCHRONIZE, FALSE, "Behaviour Mutex") != NULL,
                     ERROR_FILE_NOT_FOUND));
    documented("CreateMutex", "a name that another kind has: ERROR_INVALID_HANDLE", SAME,
               FAILS(CreateEventA(NULL, FALSE, FALSE, "behaviour mutex") != NULL,
                     ERROR_INVALID_HANDLE));
    CloseHandle(again);
    again = OpenMutexA(SYNCHRONIZE, FALSE, "behaviour mutex");
    documented("OpenMutex", "a handle to the named mutex", SAME, again != NULL);
    CloseHandle(again);
    again = OpenMutexA(SYNCHRONIZE, FALSE, "Local\\behaviour mutex");
    documented("CreateMutex", "the prefix Local\\ names the session's own namespace",
               SAME, again != NULL);
    CloseHandle(again);
    CloseHandle(mutex);
    documented("CreateMutex", "the object is gone with its last handle", SAME,
               FAILS(OpenMutexA(SYNCHRONIZE, FALSE, "behaviour mutex") != NULL,
                     ERROR_FILE_NOT_FOUND));
}

static void semaphores(void)
{
    LONG before = 99;
    HANDLE s = CreateSemaphoreA(NULL, 2, 3, NULL);
    documented("CreateSemaphore",
               "signaled while the count is greater than zero; each wait "
               "decreases it by one",
               SAME, s && taken(s) && taken(s) && !taken(s));
    documented("ReleaseSemaphore", "the count grows; the previous one comes back", SAME,
               ReleaseSemaphore(s, 2, &before) && before == 0 &&
                   ReleaseSemaphore(s, 1, &before) && before == 2);
    documented("ReleaseSemaphore",
               "past the maximum: FALSE (ERROR_TOO_MANY_POSTS), the count is not changed",
               SAME,
               FAILS(ReleaseSemaphore(s, 1, NULL), ERROR_TOO_MANY_POSTS) && taken(s) &&
                   taken(s) && taken(s) && !taken(s));
    documented("ReleaseSemaphore", "the amount must be greater than zero", SAME,
               FAILS(ReleaseSemaphore(s, 0, NULL), ERROR_TOO_MANY_POSTS) ||
                   GetLastError() == ERROR_INVALID_PARAMETER);
    documented(
        "CreateSemaphore",
        "an initial count below zero or above the maximum, a maximum of zero: refused",
        SAME,
        FAILS(CreateSemaphoreA(NULL, -1, 3, NULL) != NULL, ERROR_INVALID_PARAMETER) &&
            FAILS(CreateSemaphoreA(NULL, 4, 3, NULL) != NULL, ERROR_INVALID_PARAMETER) &&
            FAILS(CreateSemaphoreA(NULL, 0, 0, NULL) != NULL, ERROR_INVALID_PARAMETER));
    CloseHandle(s);
}

static HANDLE gate;
static volatile LONG passed;
static DWORD WINAPI passes(void *unused)
{
    (void)unused;
    WaitForSingleObject(gate, 10000);
    return (DWORD)InterlockedIncrement(&passed);
}
static void crowd(HANDLE threads[3])
{
    passed = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, passes, NULL, 0, NULL);
    Sleep(60);
}
static void dismiss(HANDLE threads[3])
{
    SetEvent(gate), Sleep(20), SetEvent(gate), Sleep(20), SetEvent(gate);
    CHECK_EQUAL(WaitForMultipleObjects(3, threads, TRUE, 10000), WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++)
        CloseHandle(threads[i]);
}

static void events(void)
{
    HANDLE threads[3];
    gate = CreateEventA(NULL, FALSE, TRUE, NULL);
    documented("CreateEvent",
               "bInitialState TRUE: signaled; auto-reset: one wait takes it", SAME,
               taken(gate) && !taken(gate));
    documented("SetEvent", "without a waiter an auto-reset event stays signaled", SAME,
               SetEvent(gate) && (Sleep(20), taken(gate)));
    SetEvent(gate), SetEvent(gate);
    documented("SetEvent", "setting an event that is set has no effect", SAME,
               taken(gate) && !taken(gate));
    crowd(threads);
    SetEvent(gate);
    Sleep(40);
    documented("SetEvent", "an auto-reset event releases a single waiting thread", SAME,
               passed == 1);
    PulseEvent(gate);
    Sleep(40);
    documented("PulseEvent", "auto-reset: releases one and is nonsignaled", SAME,
               passed == 2 && !taken(gate));
    dismiss(threads);
    documented("ResetEvent", "the event is nonsignaled afterwards", SAME,
               SetEvent(gate) && ResetEvent(gate) && !taken(gate));
    documented("PulseEvent", "without a waiter it just becomes nonsignaled", SAME,
               PulseEvent(gate) && !taken(gate));
    CloseHandle(gate);
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    crowd(threads);
    PulseEvent(gate);
    Sleep(60);
    documented("PulseEvent", "manual-reset: releases all that wait, then nonsignaled",
               SAME, passed == 3 && !taken(gate));
    SetEvent(gate);
    documented("SetEvent", "a manual-reset event stays signaled until ResetEvent", SAME,
               taken(gate) && taken(gate));
    dismiss(threads);
    CloseHandle(gate);
    HANDLE named = CreateEventA(NULL, TRUE, TRUE, "behaviour event"),
           less = OpenEventA(SYNCHRONIZE, FALSE, "behaviour event");
    documented("OpenEvent", "the access asked for is the access given", SAME,
               less && taken(less) && FAILS(SetEvent(less), ERROR_ACCESS_DENIED));
    documented("OpenEvent", "a name that does not exist: ERROR_FILE_NOT_FOUND", SAME,
               FAILS(OpenEventA(SYNCHRONIZE, FALSE, "behaviour no event") != NULL,
                     ERROR_FILE_NOT_FOUND));
    CloseHandle(less);
    CloseHandle(named);
    char name[300];
    memset(name, 'n', 299);
    name[299] = 0;
    documented("CreateEvent", "a name longer than MAX_PATH fails", SAME,
               CreateEventA(NULL, TRUE, TRUE, name) == NULL);
    documented("CreateEvent", "a backslash in a name that names no namespace fails", SAME,
               FAILS(CreateEventA(NULL, TRUE, TRUE, "no\\namespace") != NULL,
                     ERROR_PATH_NOT_FOUND));
}

/* ---- waitable timers ---- */

static volatile int fired;
static volatile DWORD fired_thread;
static volatile ULONGLONG fired_time;
static void *volatile fired_argument;
static void CALLBACK on_time(void *argument, DWORD low, DWORD high)
{
    fired++;
    fired_argument = argument;
    fired_thread = GetCurrentThreadId();
    fired_time = (ULONGLONG)high << 32 | low;
}
static ULONGLONG now(void)
{
    FILETIME time;
    GetSystemTimeAsFileTime(&time);
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}
static BOOL set(HANDLE timer, LONGLONG due, LONG period, PTIMERAPCROUTINE routine)
{
    LARGE_INTEGER time = {.QuadPart = due};
    return SetWaitableTimer(timer, &time, period, routine, (void *)&fired, FALSE);
}

static void timers(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL),
           manual = CreateWaitableTimerA(NULL, TRUE, NULL);
    documented("CreateWaitableTimer", "it is nonsignaled at first", SAME,
               timer && manual && !taken(timer));
    DWORD start = GetTickCount();
    documented("SetWaitableTimer", "a negative due time is relative", SAME,
               set(timer, -500000, 0, NULL) && WaitForSingleObject(timer, 5000) == 0 &&
                   GetTickCount() - start >= 40 && GetTickCount() - start < 2000);
    documented("CreateWaitableTimer", "a synchronization timer is taken by one wait",
               SAME, !taken(timer));
    documented("SetWaitableTimer", "period 0: it is signaled once", SAME,
               WaitForSingleObject(timer, 60) == WAIT_TIMEOUT);
    documented("SetWaitableTimer",
               "a positive due time is absolute; a past one is due at once", SAME,
               set(manual, (LONGLONG)(now() - 1000), 0, NULL) &&
                   WaitForSingleObject(manual, 1000) == WAIT_OBJECT_0);
    documented("CreateWaitableTimer",
               "a manual-reset timer stays signaled until it is set", SAME,
               taken(manual) && set(manual, -100000000, 0, NULL) && !taken(manual));
    documented("SetWaitableTimer", "an active timer is stopped and set anew", SAME,
               set(manual, -200000, 0, NULL) && WaitForSingleObject(manual, 5000) == 0);
    documented("CancelWaitableTimer", "it does not change the signaled state", SAME,
               CancelWaitableTimer(manual) && taken(manual));
    set(timer, -300000, 0, NULL);
    documented("CancelWaitableTimer", "a canceled timer is not signaled", SAME,
               CancelWaitableTimer(timer) &&
                   WaitForSingleObject(timer, 100) == WAIT_TIMEOUT);
    set(timer, -100000, 20, NULL);
    documented("SetWaitableTimer", "a period: it is signaled again and again", SAME,
               !WaitForSingleObject(timer, 1000) && !WaitForSingleObject(timer, 1000) &&
                   !WaitForSingleObject(timer, 1000));
    CancelWaitableTimer(timer);
    ULONGLONG before = now();
    set(timer, -200000, 0, on_time);
    documented(
        "SetWaitableTimer",
        "the completion routine runs in the thread that set it, when it waits alertably",
        SAME,
        (Sleep(60), fired == 0) && SleepEx(1000, TRUE) == WAIT_IO_COMPLETION &&
            fired == 1 && fired_thread == GetCurrentThreadId());
    documented("TimerAPCProc",
               "it gets the argument and the time at which it was signaled", SAME,
               fired_argument == &fired && fired_time >= before && fired_time <= now());
    set(timer, -200000, 0, on_time);
    Sleep(60);
    documented("CancelWaitableTimer", "an APC that waits is removed", SAME,
               CancelWaitableTimer(timer) && SleepEx(20, TRUE) == 0 && fired == 1);
    set(timer, -10000, 16, on_time);
    fired = 0;
    for (int i = 0; i < 20 && fired < 3; i++)
        SleepEx(1000, TRUE);
    documented("SetWaitableTimer", "a periodic timer queues its routine each time", SAME,
               fired >= 3);
    CancelWaitableTimer(timer);
    documented("SetWaitableTimer", "a period below zero fails", SAME,
               FAILS(set(timer, -1, -5, NULL), ERROR_INVALID_PARAMETER));
    CloseHandle(timer);
    CloseHandle(manual);
}

int main(void)
{
    mutexes();
    semaphores();
    events();
    timers();
    return undocumented();
}
