/* waits - WaitForSingle/MultipleObjects(Ex), SignalObjectAndWait, SleepEx, QueueUserAPC. */
#include "documented.h"
#include "guarded.h"
#include <string.h>

static HANDLE event(BOOL manual, BOOL set)
{
    HANDLE made = CreateEventA(NULL, manual, set, NULL);
    CHECK(made);
    return made;
}
static BOOL is_set(HANDLE object) /* takes it if a wait does */
{
    return WaitForSingleObject(object, 0) == WAIT_OBJECT_0;
}

static HANDLE held; /* a mutex that a thread leaves behind */
static DWORD WINAPI abandons(void *mutex)
{
    return WaitForSingleObject(mutex, 1000);
}
static HANDLE abandoned(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, abandons, mutex, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
    CloseHandle(thread);
    return mutex;
}

static void single(void)
{
    HANDLE e = event(FALSE, TRUE), manual = event(TRUE, TRUE);
    documented("WaitForSingleObject", "WAIT_OBJECT_0: the object is signaled", SAME,
               WaitForSingleObject(e, INFINITE) == WAIT_OBJECT_0);
    documented("WaitForSingleObject",
               "the state of an auto-reset event is modified by the wait", SAME,
               WaitForSingleObject(e, 0) == WAIT_TIMEOUT);
    documented("WaitForSingleObject", "that of a manual-reset event is not", SAME,
               is_set(manual) && is_set(manual));
    DWORD before = GetTickCount();
    documented("WaitForSingleObject", "WAIT_TIMEOUT when the interval elapses", SAME,
               WaitForSingleObject(e, 100) == WAIT_TIMEOUT &&
                   GetTickCount() - before >= 90);
    documented("WaitForSingleObject", "0 milliseconds: it returns at once", SAME,
               WaitForSingleObject(e, 0) == WAIT_TIMEOUT);
    documented("WaitForSingleObject",
               "an invalid handle: WAIT_FAILED, ERROR_INVALID_HANDLE", SAME,
               FAILS(WaitForSingleObject((HANDLE)0x5554, 0) != WAIT_FAILED,
                     ERROR_INVALID_HANDLE));
    HANDLE other;
    CHECK(DuplicateHandle(SELF, e, SELF, &other, EVENT_MODIFY_STATE, FALSE, 0));
    documented("WaitForSingleObject", "the handle must have SYNCHRONIZE", SAME,
               FAILS(WaitForSingleObject(other, 0) != WAIT_FAILED, ERROR_ACCESS_DENIED));
    held = abandoned();
    documented(
        "WaitForSingleObject",
        "WAIT_ABANDONED: a mutex whose owner ended without releasing it; ownership is "
        "granted",
        SAME,
        WaitForSingleObject(held, 0) == WAIT_ABANDONED && ReleaseMutex(held) &&
            WaitForSingleObject(held, 0) == WAIT_OBJECT_0 && ReleaseMutex(held));
    documented("WaitForSingleObject", "a process, a thread: while they run, not signaled",
               SAME,
               WaitForSingleObject(GetCurrentProcess(), 0) == WAIT_TIMEOUT &&
                   WaitForSingleObject(GetCurrentThread(), 0) == WAIT_TIMEOUT);
    CloseHandle(held);
    CloseHandle(e);
    CloseHandle(other);
    CloseHandle(manual);
}

static void several(void)
{
    HANDLE e[65];
    for (int i = 0; i < 65; i++)
        e[i] = event(FALSE, FALSE);
    SetEvent(e[5]);
    SetEvent(e[3]);
    documented("WaitForMultipleObjects",
               "bWaitAll FALSE: the result is the smallest index of the signaled objects",
               SAME, WaitForMultipleObjects(64, e, FALSE, 0) == WAIT_OBJECT_0 + 3);
    documented("WaitForMultipleObjects",
               "only the object whose state ended the wait is modified", SAME,
               !is_set(e[3]) && is_set(e[5]));
    documented("WaitForMultipleObjects", "WAIT_TIMEOUT", SAME,
               WaitForMultipleObjects(3, e, FALSE, 20) == WAIT_TIMEOUT);
    documented("WaitForMultipleObjects",
               "more than MAXIMUM_WAIT_OBJECTS (64), or none: ERROR_INVALID_PARAMETER",
               SAME,
               FAILS(WaitForMultipleObjects(65, e, FALSE, 0) != WAIT_FAILED,
                     ERROR_INVALID_PARAMETER) &&
                   FAILS(WaitForMultipleObjects(0, e, FALSE, 0) != WAIT_FAILED,
                         ERROR_INVALID_PARAMETER));
    SetEvent(e[0]);
    documented("WaitForMultipleObjects",
               "bWaitAll TRUE: no object is modified until all are signaled", SAME,
               WaitForMultipleObjects(2, e, TRUE, 20) == WAIT_TIMEOUT && is_set(e[0]));
    SetEvent(e[0]);
    SetEvent(e[1]);
    documented("WaitForMultipleObjects", "bWaitAll TRUE: it returns when all are", SAME,
               WaitForMultipleObjects(2, e, TRUE, 20) == WAIT_OBJECT_0 && !is_set(e[0]) &&
                   !is_set(e[1]));
    HANDLE twice[2] = {e[0], e[0]};
    documented("WaitForMultipleObjects",
               "the array cannot hold one handle twice when all are waited for", SAME,
               FAILS(WaitForMultipleObjects(2, twice, TRUE, 0) != WAIT_FAILED,
                     ERROR_INVALID_PARAMETER));
    HANDLE with_bad[2] = {e[0], (HANDLE)0x5554};
    documented("WaitForMultipleObjects", "an invalid handle among them: WAIT_FAILED",
               SAME,
               FAILS(WaitForMultipleObjects(2, with_bad, FALSE, 0) != WAIT_FAILED,
                     ERROR_INVALID_HANDLE));
    HANDLE mixed[4] = {e[0], CreateMutexA(NULL, FALSE, NULL),
                       CreateSemaphoreA(NULL, 1, 1, NULL), abandoned()};
    SetEvent(e[0]);
    documented(
        "WaitForMultipleObjects",
        "objects of different kinds; WAIT_ABANDONED_0 when all are signaled and one is "
        "an abandoned mutex",
        SAME,
        WaitForMultipleObjects(4, mixed, TRUE, 0) - WAIT_ABANDONED_0 < 4 &&
            ReleaseMutex(mixed[1]) && ReleaseMutex(mixed[3]) && !is_set(mixed[2]));
    CloseHandle(mixed[3]);
    mixed[3] = abandoned();
    documented("WaitForMultipleObjects", "any of them: WAIT_ABANDONED_0 and its index",
               SAME,
               WaitForMultipleObjects(2, mixed + 2, FALSE, 0) == WAIT_ABANDONED_0 + 1);
    ReleaseMutex(mixed[3]);
    for (int i = 1; i < 4; i++)
        CloseHandle(mixed[i]);
    for (int i = 0; i < 65; i++)
        CloseHandle(e[i]);
}

/* ---- SignalObjectAndWait ---- */

static DWORD WINAPI answers(void *pair)
{
    HANDLE *e = pair;
    WaitForSingleObject(e[0], 10000);
    return SetEvent(e[1]);
}

static void signal_and_wait(void)
{
    HANDLE e[2] = {event(FALSE, FALSE), event(FALSE, FALSE)};
    HANDLE thread = CreateThread(NULL, 0, answers, e, 0, NULL);
    documented("SignalObjectAndWait", "signals the first, waits for the second", SAME,
               SignalObjectAndWait(e[0], e[1], 10000, FALSE) == WAIT_OBJECT_0);
    WaitForSingleObject(thread, 10000);
    CloseHandle(thread);
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL),
           count = CreateSemaphoreA(NULL, 1, 1, NULL);
    documented("SignalObjectAndWait",
               "the object to signal may be a mutex: it is released", SAME,
               SignalObjectAndWait(mutex, e[1], 0, FALSE) == WAIT_TIMEOUT &&
                   FAILS(ReleaseMutex(mutex), ERROR_NOT_OWNER));
    documented("SignalObjectAndWait", "a semaphore at its maximum: ERROR_TOO_MANY_POSTS",
               SAME,
               FAILS(SignalObjectAndWait(count, e[1], 0, FALSE) != WAIT_FAILED,
                     ERROR_TOO_MANY_POSTS));
    documented("SignalObjectAndWait", "a mutex that is not the caller's: ERROR_NOT_OWNER",
               SAME,
               FAILS(SignalObjectAndWait(mutex, e[1], 0, FALSE) != WAIT_FAILED,
                     ERROR_NOT_OWNER));
    documented(
        "SignalObjectAndWait", "nothing else can be signaled: ERROR_INVALID_HANDLE", SAME,
        FAILS(SignalObjectAndWait(GetCurrentThread(), e[1], 0, FALSE) != WAIT_FAILED,
              ERROR_INVALID_HANDLE));
    CloseHandle(mutex);
    CloseHandle(count);
    CloseHandle(e[0]);
    CloseHandle(e[1]);
}

/* ---- APCs ---- */

static char order[32];
static volatile DWORD apc_thread;
static void CALLBACK apc(ULONG_PTR letter)
{
    size_t n = strlen(order);
    order[n] = (char)letter;
    order[n + 1] = 0;
    apc_thread = GetCurrentThreadId();
}
static void CALLBACK nested_apc(ULONG_PTR unused)
{
    (void)unused;
    apc('(');
    QueueUserAPC(apc, GetCurrentThread(), 'i');
    SleepEx(0, TRUE);
    apc(')');
}
static BOOL ran(const char *expected)
{
    const BOOL same = !strcmp(order, expected);
    if (!same)
        printf("order %s, not %s\n", order, expected);
    memset(order, 0, sizeof order);
    return same;
}
static DWORD WINAPI runs_apcs(void *ready)
{
    SetEvent(ready);
    return SleepEx(10000, TRUE);
}
static DWORD WINAPI tells_order(void *unused)
{
    (void)unused;
    apc('t');
    return 0;
}
static DWORD WINAPI ends_at_once(void *unused)
{
    (void)unused;
    return 0;
}
static void CALLBACK raising_apc(ULONG_PTR code)
{
    RaiseException((DWORD)code, 0, 0, NULL);
}
static LONG take(EXCEPTION_POINTERS *p)
{
    (void)p;
    return EXCEPTION_EXECUTE_HANDLER;
}
static void sleep_alertably(void)
{
    SleepEx(1000, TRUE);
}

static void apcs(void)
{
    HANDLE e = event(FALSE, FALSE), me = GetCurrentThread();
    documented("SleepEx", "0 when the interval is over", SAME, SleepEx(1, TRUE) == 0);
    documented("QueueUserAPC",
               "nonzero on success; it does not run before an alertable wait", SAME,
               QueueUserAPC(apc, me, '1') && (Sleep(1), ran("")));
    QueueUserAPC(apc, me, '2');
    QueueUserAPC(apc, me, '3');
    documented("SleepEx", "WAIT_IO_COMPLETION when an APC ran", SAME,
               SleepEx(1000, TRUE) == WAIT_IO_COMPLETION);
    documented("QueueUserAPC", "all queued APCs run, first in, first out", SAME,
               ran("123"));
    QueueUserAPC(apc, me, 'w');
    documented("WaitForSingleObjectEx", "WAIT_IO_COMPLETION, and the object is not taken",
               SAME,
               WaitForSingleObjectEx(e, 1000, TRUE) == WAIT_IO_COMPLETION && ran("w"));
    QueueUserAPC(apc, me, 'n');
    documented("WaitForSingleObjectEx", "not alertable: no APC runs", SAME,
               WaitForSingleObjectEx(e, 10, FALSE) == WAIT_TIMEOUT && ran(""));
    documented("WaitForMultipleObjectsEx", "WAIT_IO_COMPLETION", SAME,
               WaitForMultipleObjectsEx(1, &e, TRUE, 1000, TRUE) == WAIT_IO_COMPLETION &&
                   ran("n"));
    HANDLE f = event(FALSE, FALSE);
    QueueUserAPC(apc, me, 's');
    documented("SignalObjectAndWait", "alertable: WAIT_IO_COMPLETION", SAME,
               SignalObjectAndWait(e, f, 1000, TRUE) == WAIT_IO_COMPLETION && ran("s") &&
                   is_set(e));
    CloseHandle(f);
    QueueUserAPC(nested_apc, me, 0);
    QueueUserAPC(apc, me, 'o');
    SleepEx(1000, TRUE);
    documented("QueueUserAPC",
               "an alertable wait inside an APC dispatches APCs recursively", SAME,
               ran("(oi)"));
    QueueUserAPC(raising_apc, me, 0xE0000099);
    documented("QueueUserAPC",
               "an exception in an APC reaches the frames of the wait's caller", SAME,
               guarded(take, sleep_alertably) == 0xE0000099);
    DWORD id, code = 0;
    HANDLE thread = CreateThread(NULL, 0, runs_apcs, e, 0, &id);
    WaitForSingleObject(e, 10000);
    Sleep(20);
    documented("QueueUserAPC", "the APC runs in the thread it was queued to", SAME,
               QueueUserAPC(apc, thread, 'x') && !WaitForSingleObject(thread, 10000) &&
                   apc_thread == id && GetExitCodeThread(thread, &code) &&
                   code == WAIT_IO_COMPLETION && ran("x"));
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, tells_order, NULL, CREATE_SUSPENDED, NULL);
    QueueUserAPC(apc, thread, 'a');
    QueueUserAPC(apc, thread, 'b');
    ResumeThread(thread);
    WaitForSingleObject(thread, 10000);
    documented("QueueUserAPC",
               "queued before the thread begins: it begins by calling the APCs", SAME,
               ran("abt"));
    documented("QueueUserAPC", "to a thread that has ended: ERROR_GEN_FAILURE", SAME,
               FAILS(QueueUserAPC(apc, thread, 'z'), ERROR_GEN_FAILURE));
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, ends_at_once, NULL, CREATE_SUSPENDED, NULL);
    HANDLE less;
    CHECK(DuplicateHandle(SELF, thread, SELF, &less, SYNCHRONIZE, FALSE, 0));
    documented("QueueUserAPC", "the handle must have THREAD_SET_CONTEXT", SAME,
               FAILS(QueueUserAPC(apc, less, 0), ERROR_ACCESS_DENIED));
    CloseHandle(less);
    ResumeThread(thread);
    WaitForSingleObject(thread, 10000);
    CloseHandle(thread);
    CloseHandle(e);
}

int main(void)
{
    single();
    several();
    signal_and_wait();
    apcs();
    return undocumented();
}
