/* poolwait.c - timer and wait objects of the newer pool: a work object and what submits it.
 *
 *   SetThreadpoolTimer, SetThreadpoolWait -> an item of waiter.c
 *   its time comes, its object is set     -> Tick, in the waiter: submits the work (poolwork.c)
 *   a worker                              -> the program's callback
 *
 * The item is replaced at each Set, so the next one need not wait for the callback.  Closing stops
 * the item first; the object lives until its last callback is over.
 * Windows: ntdll!TpAllocTimer, TpSetTimer, TpAllocWait, TpSetWait.
 */
#include "pool.h"

typedef struct {
    TP_WORK Work; /* first: freed with it */
    HANDLE Item;  /* NULL: not set */
    union {
        PTP_TIMER_CALLBACK Timer;
        PTP_WAIT_CALLBACK Wait;
    } Routine;
    PVOID Context;
    TP_WAIT_RESULT Result; /* of a wait: what ended it last */
} TICKER;

static SRWLOCK Setting;

static VOID CALLBACK CallTimer(PTP_CALLBACK_INSTANCE instance, PVOID object,
                               PTP_WORK work)
{
    TICKER *timer = object;
    (void)work;
    timer->Routine.Timer(instance, timer->Context, object);
}

static VOID CALLBACK CallWait(PTP_CALLBACK_INSTANCE instance, PVOID object, PTP_WORK work)
{
    TICKER *wait = object;
    (void)work;
    wait->Routine.Wait(instance, wait->Context, object, wait->Result);
}

static VOID CALLBACK Tick(PVOID object, BOOLEAN timedOut)
{
    TICKER *ticker = object;
    ticker->Result = timedOut ? WAIT_TIMEOUT : WAIT_OBJECT_0;
    SubmitThreadpoolWork(&ticker->Work);
}

/* NULL: ERROR_NOT_ENOUGH_MEMORY. */
static TICKER *NewTicker(PTP_WORK_CALLBACK call, PVOID context)
{
    TICKER *ticker = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, sizeof *ticker);

    if (!ticker) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    ticker->Work.Routine = call;
    ticker->Work.Context = ticker;
    ticker->Context = context;
    return ticker;
}

/* The ticks of before (NULL: none) are over when this returns, unless this is a callback in the
 * waiter itself, which runs there when there is no memory for a worker. */
static void Stop(HANDLE before)
{
    BOOL here;

    if (!before)
        return;
    RtlAcquireSRWLockExclusive(&BasepPoolLock);
    here = BasepInWaiter();
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    BasepPoolDelete(before, here ? NULL : INVALID_HANDLE_VALUE);
}

static HANDLE Take(TICKER *ticker)
{
    return InterlockedExchangePointer(&ticker->Item, NULL);
}

/* Between the two an item is made, which is in ticker->Item before it can tick: its callback may
 * set the ticker anew, or close it, before EndSet, which therefore does not look at it.  Of two
 * threads that set it at once the later finds the other's item, and stops that. */
static HANDLE BeginSet(TICKER *ticker)
{
    Stop(Take(ticker));
    RtlAcquireSRWLockExclusive(&Setting);
    return Take(ticker);
}

static void EndSet(HANDLE before, BOOL done)
{
    const BOOL handle = RtlGetLastWin32Error() == ERROR_INVALID_HANDLE;

    RtlReleaseSRWLockExclusive(&Setting);
    Stop(before);
    if (!done) /* these functions have no result: what cannot be set is an exception */
        RaiseException(handle ? STATUS_INVALID_HANDLE : STATUS_NO_MEMORY, 0, 0, NULL);
}

/* From now, rounded up to a millisecond; negative times are relative. INFINITE is kept free. */
static DWORD Milliseconds(const FILETIME *due)
{
    LARGE_INTEGER when = {.LowPart = due->dwLowDateTime,
                          .HighPart = (LONG)due->dwHighDateTime};
    LARGE_INTEGER now;
    LONGLONG left = -when.QuadPart;

    if (when.QuadPart > 0) {
        GetSystemTimeAsFileTime((FILETIME *)&now);
        left = when.QuadPart - now.QuadPart;
    }
    if (left <= 0)
        return 0;
    left = (left + 9999) / 10000;
    return left < INFINITE ? (DWORD)left : INFINITE - 1;
}

PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK routine, PVOID context,
                                       PTP_CALLBACK_ENVIRON environment)
{
    TICKER *timer = NewTicker(CallTimer, context);

    (void)environment;
    if (timer)
        timer->Routine.Timer = routine;
    return (PTP_TIMER)timer;
}

/* due NULL: no more callbacks are queued; those that are stay.  window: may be late by so much,
 * which it never is by intent. */
VOID WINAPI SetThreadpoolTimer(PTP_TIMER timer, PFILETIME due, DWORD period, DWORD window)
{
    TICKER *ticker = (TICKER *)timer;
    HANDLE before = BeginSet(ticker);

    (void)window;
    EndSet(before, !due || CreateTimerQueueTimer(&ticker->Item, NULL, Tick, timer,
                                                 Milliseconds(due), period,
                                                 WT_EXECUTEINTIMERTHREAD));
}

WINBOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER timer)
{
    return ((TICKER *)timer)->Item != NULL;
}

VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER timer, WINBOOL cancel)
{
    WaitForThreadpoolWorkCallbacks(&((TICKER *)timer)->Work, cancel);
}

VOID WINAPI CloseThreadpoolTimer(PTP_TIMER timer)
{
    Stop(Take((TICKER *)timer));
    CloseThreadpoolWork(&((TICKER *)timer)->Work);
}

PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK routine, PVOID context,
                                     PTP_CALLBACK_ENVIRON environment)
{
    TICKER *wait = NewTicker(CallWait, context);

    (void)environment;
    if (wait)
        wait->Routine.Wait = routine;
    return (PTP_WAIT)wait;
}

/* One callback, when object is set or timeout is over (NULL: never); then it must be set again.
 * object NULL: no more callbacks are queued. */
VOID WINAPI SetThreadpoolWait(PTP_WAIT wait, HANDLE object, PFILETIME timeout)
{
    TICKER *ticker = (TICKER *)wait;
    HANDLE before = BeginSet(ticker);

    EndSet(before, !object || RegisterWaitForSingleObject(
                                  &ticker->Item, object, Tick, wait,
                                  timeout ? Milliseconds(timeout) : INFINITE,
                                  WT_EXECUTEONLYONCE | WT_EXECUTEINWAITTHREAD));
}

VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT wait, WINBOOL cancel)
{
    WaitForThreadpoolWorkCallbacks(&((TICKER *)wait)->Work, cancel);
}

VOID WINAPI CloseThreadpoolWait(PTP_WAIT wait)
{
    Stop(Take((TICKER *)wait));
    CloseThreadpoolWork(&((TICKER *)wait)->Work);
}
