/* poolobjects - timer and wait objects of the newer thread pool. */
#include "documented.h"

static volatile LONG calls;
static volatile TP_WAIT_RESULT last;
static volatile DWORD thread;
static void *volatile seen;

static VOID CALLBACK ticks(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance, (void)context;
    seen = timer;
    thread = GetCurrentThreadId();
    InterlockedIncrement(&calls);
}
/* Sets itself again, from its own callback, until it was called 5 times; for later: what sets it
 * first, in a thread that every other one is before, may not be back. */
static VOID CALLBACK again(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    LARGE_INTEGER soon = {.QuadPart = -10000 * 20};
    (void)instance, (void)context;
    if (InterlockedIncrement(&calls) < 5)
        SetThreadpoolTimer(timer, (FILETIME *)&soon, 0, 0);
}
static VOID CALLBACK slow(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance, (void)context, (void)timer;
    Sleep(100);
    InterlockedIncrement(&calls);
}
static VOID CALLBACK waited(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait,
                            TP_WAIT_RESULT result)
{
    (void)instance;
    seen = wait;
    last = result;
    InterlockedExchangeAdd(&calls, (LONG)(LONG_PTR)context);
}

static BOOL become(LONG wanted)
{
    for (int i = 0; i < 500 && calls < wanted; i++)
        Sleep(10);
    return calls >= wanted;
}
static FILETIME *in(LONG milliseconds)
{
    static LARGE_INTEGER due;
    due.QuadPart = -10000ll * milliseconds;
    return (FILETIME *)&due;
}
static FILETIME *absolute(LONG milliseconds)
{
    static LARGE_INTEGER due;
    GetSystemTimeAsFileTime((FILETIME *)&due);
    due.QuadPart += 10000ll * milliseconds;
    return (FILETIME *)&due;
}

static void timers(void)
{
    PTP_TIMER timer = CreateThreadpoolTimer(ticks, NULL, NULL);
    DWORD start;
    documented("CreateThreadpoolTimer", "a timer object, which is not set", SAME,
               timer && !IsThreadpoolTimerSet(timer) && (Sleep(50), calls == 0));
    start = GetTickCount();
    SetThreadpoolTimer(timer, in(60), 0, 0);
    documented("SetThreadpoolTimer",
               "a negative due time counts from now; the callback gets the timer, "
               "in another thread, once",
               SAME,
               IsThreadpoolTimerSet(timer) && become(1) && GetTickCount() - start >= 60 &&
                   seen == timer && thread != GetCurrentThreadId() &&
                   (Sleep(150), calls == 1));
    calls = 0;
    start = GetTickCount();
    SetThreadpoolTimer(timer, absolute(60), 0, 0);
    documented("SetThreadpoolTimer", "a positive due time is absolute", SAME,
               become(1) && GetTickCount() - start >= 45 &&
                   GetTickCount() - start < 3000);
    calls = 0;
    SetThreadpoolTimer(timer, in(0), 20, 0);
    documented("SetThreadpoolTimer", "0: at once; a period: again and again", SAME,
               become(4));
    SetThreadpoolTimer(timer, NULL, 0, 0);
    WaitForThreadpoolTimerCallbacks(timer, FALSE);
    calls = 0;
    documented("SetThreadpoolTimer", "NULL: no new callbacks are queued", SAME,
               !IsThreadpoolTimerSet(timer) && (Sleep(100), calls == 0));
    SetThreadpoolTimer(timer, in(100000), 0, 0);
    SetThreadpoolTimer(timer, in(10), 0, 0);
    documented("SetThreadpoolTimer", "a new due time replaces the one before", SAME,
               become(1) && (Sleep(50), calls == 1));
    SetThreadpoolTimer(timer, in(0), 1, 0);
    CloseThreadpoolTimer(timer);
    Sleep(50);
    calls = 0;
    documented("CloseThreadpoolTimer", "a timer that is closed ticks no more", SAME,
               (Sleep(100), calls == 0));
}

static void callbacks(void)
{
    PTP_TIMER timer = CreateThreadpoolTimer(again, NULL, NULL);
    calls = 0;
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_LOWEST);
    SetThreadpoolTimer(timer, in(0), 0, 0);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);
    documented("SetThreadpoolTimer", "a callback can set its own timer", SAME,
               become(5) && (Sleep(50), calls == 5));
    CloseThreadpoolTimer(timer);
    timer = CreateThreadpoolTimer(slow, NULL, NULL);
    calls = 0;
    SetThreadpoolTimer(timer, in(0), 0, 0);
    Sleep(50);
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    documented("WaitForThreadpoolTimerCallbacks",
               "waits for the callback that runs; nothing is called after it", SAME,
               calls <= 1 && ((calls = 0), Sleep(200), calls == 0));
    CloseThreadpoolTimer(timer);
}

static void waits(void)
{
    HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
    PTP_WAIT wait = CreateThreadpoolWait(waited, (PVOID)1, NULL);
    calls = 0;
    SetThreadpoolWait(wait, event, NULL);
    documented("SetThreadpoolWait", "nothing is called before the object is signaled",
               SAME, (Sleep(50), calls == 0));
    SetEvent(event);
    documented("SetThreadpoolWait",
               "when it is, the callback gets its context, the wait and WAIT_OBJECT_0",
               SAME, become(1) && last == WAIT_OBJECT_0 && seen == wait);
    SetEvent(event);
    documented(
        "SetThreadpoolWait",
        "it must be set again for each callback; then a signal that is there counts",
        SAME,
        (Sleep(100), calls == 1) && (SetThreadpoolWait(wait, event, NULL), become(2)));
    calls = 0;
    SetThreadpoolWait(wait, event, in(40));
    documented("SetThreadpoolWait", "the timeout is over: the callback gets WAIT_TIMEOUT",
               SAME, become(1) && last == WAIT_TIMEOUT);
    calls = 0;
    SetThreadpoolWait(wait, event, in(0));
    documented("SetThreadpoolWait", "a timeout of 0: at once", SAME,
               become(1) && last == WAIT_TIMEOUT);
    SetThreadpoolWait(wait, event, NULL);
    SetThreadpoolWait(wait, NULL, NULL);
    SetEvent(event);
    calls = 0;
    documented("SetThreadpoolWait", "a null handle: no new callbacks are queued", SAME,
               (Sleep(100), calls == 0));
    SetThreadpoolWait(wait, event, NULL);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    become(1);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    CloseThreadpoolWait(wait);
    documented("CloseThreadpoolWait", "the object is the program's, and stays", SAME,
               calls == 1 && SetEvent(event) && CloseHandle(event));
}

int main(void)
{
    timers();
    callbacks();
    waits();
    return undocumented();
}
