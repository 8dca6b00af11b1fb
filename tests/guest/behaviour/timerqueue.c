/* timerqueue - timer queues, registered waits and work items. */
#include "documented.h"

static volatile LONG calls;
static volatile BOOL timed_out;
static volatile DWORD thread;
static HANDLE begun, go_on;

static VOID CALLBACK counts(PVOID parameter, BOOLEAN by_time)
{
    timed_out = by_time;
    thread = GetCurrentThreadId();
    InterlockedExchangeAdd(&calls, (LONG)(LONG_PTR)parameter);
}
/* Is in the middle of executing until it is let go. */
static VOID CALLBACK lasts(PVOID parameter, BOOLEAN by_time)
{
    SetEvent(begun);
    WaitForSingleObject(go_on, 10000);
    counts(parameter, by_time);
}
static DWORD WINAPI lets_go(void *unused)
{
    (void)unused;
    Sleep(100);
    SetEvent(go_on);
    return 0;
}
static void let_go_soon(void)
{
    CloseHandle(CreateThread(NULL, 0, lets_go, NULL, 0, NULL));
}
static BOOL become(LONG wanted)
{
    for (int i = 0; i < 500 && calls < wanted; i++)
        Sleep(10);
    return calls >= wanted;
}
static BOOL is_set(HANDLE event, DWORD milliseconds)
{
    return WaitForSingleObject(event, milliseconds) == WAIT_OBJECT_0;
}

static void timers(HANDLE queue)
{
    HANDLE timer, done = CreateEvent(NULL, FALSE, FALSE, NULL);
    const DWORD start = GetTickCount();
    calls = 0;
    documented("CreateTimerQueueTimer",
               "the callback is called when the time is over, "
               "with its parameter and TRUE, in another thread",
               SAME,
               CreateTimerQueueTimer(&timer, queue, counts, (PVOID)1, 60, 0, 0) &&
                   become(1) && GetTickCount() - start >= 60 && timed_out == TRUE &&
                   thread != GetCurrentThreadId());
    Sleep(100);
    documented("CreateTimerQueueTimer", "period 0: it is signaled once", SAME,
               calls == 1);
    documented("ChangeTimerQueueTimer",
               "a one-shot timer that has expired is not updated", SAME,
               ChangeTimerQueueTimer(queue, timer, 10, 0) && (Sleep(100), calls == 1));
    documented("DeleteTimerQueueTimer", "no callback is outstanding: nonzero", SAME,
               DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    calls = 0;
    CHECK(CreateTimerQueueTimer(&timer, queue, counts, (PVOID)1, 0, 20,
                                WT_EXECUTEINTIMERTHREAD));
    documented("CreateTimerQueueTimer", "a period: it is signaled again and again", SAME,
               become(4));
    documented("ChangeTimerQueueTimer", "a new due time and period", SAME,
               ChangeTimerQueueTimer(queue, timer, 100000, 0) &&
                   (Sleep(30), calls = 0, Sleep(100), calls == 0) &&
                   ChangeTimerQueueTimer(queue, timer, 10, 0) && become(1));
    DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE);
    calls = 0;
    CHECK(CreateTimerQueueTimer(&timer, queue, counts, (PVOID)1, 200, 0, 0));
    documented("DeleteTimerQueueTimer", "cancels it; the event is set", SAME,
               DeleteTimerQueueTimer(queue, timer, done) && is_set(done, 5000) &&
                   (Sleep(300), calls == 0));
    CHECK(CreateTimerQueueTimer(&timer, queue, lasts, (PVOID)1, 0, 0, 0));
    CHECK(is_set(begun, 5000));
    documented("DeleteTimerQueueTimer",
               "a callback is outstanding: it fails with ERROR_IO_PENDING", SAME,
               FAILS(DeleteTimerQueueTimer(queue, timer, done), ERROR_IO_PENDING));
    documented("DeleteTimerQueueTimer",
               "the event is set when all callbacks have completed", SAME,
               !is_set(done, 50) && SetEvent(go_on) && is_set(done, 5000) && calls == 1);
    CHECK(CreateTimerQueueTimer(&timer, queue, lasts, (PVOID)1, 0, 0,
                                WT_EXECUTELONGFUNCTION));
    CHECK(is_set(begun, 5000));
    let_go_soon();
    documented("DeleteTimerQueueTimer",
               "INVALID_HANDLE_VALUE: waits for the callbacks to complete", SAME,
               DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE) && calls == 2);
    CloseHandle(done);
}

static void queues(void)
{
    HANDLE timer, queue = CreateTimerQueue(), done = CreateEvent(NULL, TRUE, FALSE, NULL);
    documented("CreateTimerQueue", "a handle to the queue", SAME, queue != NULL);
    timers(queue);
    timers(NULL); /* the default queue */
    calls = 0;
    CHECK(CreateTimerQueueTimer(&timer, queue, counts, (PVOID)100, 150, 0, 0));
    CHECK(CreateTimerQueueTimer(&timer, queue, lasts, (PVOID)1, 0, 0, 0));
    CHECK(is_set(begun, 5000));
    let_go_soon();
    documented("DeleteTimerQueueEx",
               "INVALID_HANDLE_VALUE: pending timers are cancelled, "
               "and it waits for the callbacks to complete",
               SAME,
               DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE) && calls == 1 &&
                   (Sleep(200), calls == 1));
    queue = CreateTimerQueue();
    CHECK(CreateTimerQueueTimer(&timer, queue, lasts, (PVOID)1, 0, 0, 0));
    CHECK(is_set(begun, 5000));
    DeleteTimerQueueEx(queue, done);
    documented("DeleteTimerQueueEx", "the event is set when all callbacks have completed",
               SAME, !is_set(done, 50) && SetEvent(go_on) && is_set(done, 5000));
    CloseHandle(done);
}

static void waits(void)
{
    HANDLE wait, object = CreateEvent(NULL, FALSE, FALSE, NULL),
                 done = CreateEvent(NULL, FALSE, FALSE, NULL);
    calls = 0;
    CHECK(RegisterWaitForSingleObject(&wait, object, counts, (PVOID)1, INFINITE, 0));
    SetEvent(object);
    documented("RegisterWaitForSingleObject",
               "the object is signaled: the callback is called with FALSE", SAME,
               become(1) && timed_out == FALSE);
    SetEvent(object);
    documented("RegisterWaitForSingleObject",
               "the wait is reset each time, until it is unregistered", SAME, become(2));
    documented("UnregisterWaitEx", "no callback is called any more", SAME,
               UnregisterWaitEx(wait, INVALID_HANDLE_VALUE) && SetEvent(object) &&
                   (Sleep(50), calls == 2) && is_set(object, 0));
    calls = 0;
    CHECK(RegisterWaitForSingleObject(&wait, object, counts, (PVOID)1, 30,
                                      WT_EXECUTEINWAITTHREAD));
    documented("RegisterWaitForSingleObject",
               "the time-out interval elapses: TRUE, each time", SAME,
               become(3) && timed_out == TRUE);
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
    calls = 0;
    CHECK(RegisterWaitForSingleObject(&wait, object, counts, (PVOID)1, 20,
                                      WT_EXECUTEONLYONCE));
    documented("RegisterWaitForSingleObject",
               "WT_EXECUTEONLYONCE: the object is not waited on after the callback", SAME,
               become(1) && SetEvent(object) && (Sleep(100), calls == 1) &&
                   is_set(object, 0));
    UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
    CHECK(RegisterWaitForSingleObject(&wait, object, lasts, (PVOID)1, INFINITE, 0));
    SetEvent(object);
    CHECK(is_set(begun, 5000));
    documented("UnregisterWaitEx",
               "a callback has not completed: it fails with ERROR_IO_PENDING", SAME,
               FAILS(UnregisterWaitEx(wait, done), ERROR_IO_PENDING));
    documented("UnregisterWaitEx", "the event is set when all callbacks have completed",
               SAME, !is_set(done, 50) && SetEvent(go_on) && is_set(done, 5000));
    static HANDLE many[200], each[200];
    calls = 0;
    for (int i = 0; i < 200; i++) {
        each[i] = CreateEvent(NULL, FALSE, FALSE, NULL);
        CHECK(RegisterWaitForSingleObject(&many[i], each[i], counts, (PVOID)1, INFINITE,
                                          WT_EXECUTEONLYONCE));
    }
    for (int i = 0; i < 200; i++)
        SetEvent(each[i]);
    documented("RegisterWaitForSingleObject",
               "more objects than one thread can wait for: there are more threads", SAME,
               become(200));
    for (int i = 0; i < 200; i++) {
        CHECK(UnregisterWaitEx(many[i], INVALID_HANDLE_VALUE));
        CloseHandle(each[i]);
    }
    CloseHandle(object);
    CloseHandle(done);
}

static DWORD WINAPI works(PVOID parameter)
{
    counts(parameter, FALSE);
    return 0;
}
/* Done only when all five run at one time. */
static DWORD WINAPI meets(PVOID parameter)
{
    InterlockedExchangeAdd(&calls, (LONG)(LONG_PTR)parameter);
    return become(5);
}
static void work_items(void)
{
    calls = 0;
    for (int i = 0; i < 1000; i++)
        CHECK(QueueUserWorkItem(works, (PVOID)1, WT_EXECUTEDEFAULT));
    documented("QueueUserWorkItem", "the function is called once for each item", SAME,
               become(1000) && (Sleep(50), calls == 1000));
    calls = 0;
    for (int i = 0; i < 5; i++)
        CHECK(QueueUserWorkItem(meets, (PVOID)1, WT_EXECUTELONGFUNCTION));
    documented("QueueUserWorkItem", "items that wait for each other run side by side",
               SAME, become(5));
}

static VOID CALLBACK submitted(PTP_CALLBACK_INSTANCE instance, PVOID parameter,
                               PTP_WORK work)
{
    (void)instance, (void)work;
    Sleep(1);
    counts(parameter, FALSE);
}
static VOID CALLBACK simple(PTP_CALLBACK_INSTANCE instance, PVOID parameter)
{
    (void)instance;
    counts(parameter, FALSE);
}
static void work_objects(void)
{
    PTP_WORK work = CreateThreadpoolWork(submitted, (PVOID)1, NULL);
    documented("CreateThreadpoolWork", "a work object; nothing is called yet", SAME,
               work && (calls = 0, Sleep(50), calls == 0));
    for (int i = 0; i < 100; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    documented("SubmitThreadpoolWork",
               "each submission calls the callback once; "
               "WaitForThreadpoolWorkCallbacks waits for all",
               SAME, calls == 100);
    calls = 0;
    for (int i = 0; i < 500; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, TRUE);
    const LONG done = calls;
    documented("WaitForThreadpoolWorkCallbacks",
               "can cancel those that have not begun; "
               "nothing is called after it",
               SAME, (Sleep(100), calls == done) && done < 500);
    calls = 0;
    SubmitThreadpoolWork(work);
    CloseThreadpoolWork(work);
    documented("CloseThreadpoolWork", "it is freed when outstanding callbacks are over",
               SAME, become(1));
    calls = 0;
    documented("TrySubmitThreadpoolCallback", "nonzero; the callback is called", SAME,
               TrySubmitThreadpoolCallback(simple, (PVOID)7, NULL) && become(7));
}

int main(void)
{
    begun = CreateEvent(NULL, FALSE, FALSE, NULL);
    go_on = CreateEvent(NULL, FALSE, FALSE, NULL);
    work_items();
    work_objects();
    queues();
    waits();
    return undocumented();
}
