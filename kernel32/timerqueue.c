/* timerqueue.c - timer queues and registered waits: the documented face of waiter.c.
 *
 * A handle of these is an address, as on Windows.  NULL is the process's own queue, which is
 * never deleted.
 */
#include "pool.h"

static POOL_QUEUE DefaultQueue = {.References = 1};

static POOL_ITEM *NewItem(WAITORTIMERCALLBACK routine, PVOID context, DWORD period,
                          ULONG flags)
{
    POOL_ITEM *item = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, sizeof *item);

    if (!item) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    item->Routine = routine;
    item->Context = context;
    item->Period = period;
    item->Flags = flags;
    return item;
}

/* The object is ours by a handle of our own: ERROR_INVALID_HANDLE here, not in the waiter.
 * milliseconds: a time-out, after which the callback gets TRUE. */
BOOL WINAPI RegisterWaitForSingleObject(PHANDLE wait, HANDLE object,
                                        WAITORTIMERCALLBACK routine, PVOID context,
                                        ULONG milliseconds, ULONG flags)
{
    POOL_ITEM *item = NewItem(routine, context, milliseconds, flags);

    if (!item)
        return FALSE;
    if (DuplicateHandle(NtCurrentProcess(), BasepResolve(object), NtCurrentProcess(),
                        &item->Object, SYNCHRONIZE, FALSE, 0)) {
        item->Due = BasepPoolDue(milliseconds);
        if (BasepPoolAdd(item, wait))
            return TRUE;
        NtClose(item->Object);
    }
    RtlFreeHeap(BaseHeap(), 0, item);
    return FALSE;
}

/* ERROR_IO_PENDING: it is unregistered, but a callback is not over. */
BOOL WINAPI UnregisterWaitEx(HANDLE wait, HANDLE completion)
{
    if (!wait || wait == INVALID_HANDLE_VALUE)
        return BasepFail(ERROR_INVALID_HANDLE);
    return BasepPoolDelete(wait, completion);
}

BOOL WINAPI UnregisterWait(HANDLE wait)
{
    return UnregisterWaitEx(wait, NULL);
}

HANDLE WINAPI CreateTimerQueue(void)
{
    POOL_QUEUE *queue = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, sizeof *queue);

    if (queue)
        queue->References = 1;
    else
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return queue;
}

/* due, period: milliseconds; period 0: once. */
WINBOOL WINAPI CreateTimerQueueTimer(PHANDLE timer, HANDLE queue,
                                     WAITORTIMERCALLBACK routine, PVOID context,
                                     DWORD due, DWORD period, ULONG flags)
{
    POOL_ITEM *item = NewItem(routine, context, period, flags);

    if (!item)
        return FALSE;
    item->Queue = queue ? queue : &DefaultQueue;
    item->Due = BasepPoolDue(due);
    if (BasepPoolAdd(item, timer))
        return TRUE;
    RtlFreeHeap(BaseHeap(), 0, item);
    return FALSE;
}

/* A one-shot timer that has expired stays as it is, as documented. */
WINBOOL WINAPI ChangeTimerQueueTimer(HANDLE queue, HANDLE timer, ULONG due, ULONG period)
{
    POOL_ITEM *item = timer;

    (void)queue;
    if (!item || timer == INVALID_HANDLE_VALUE)
        return BasepFail(ERROR_INVALID_PARAMETER);
    RtlAcquireSRWLockExclusive(&BasepPoolLock);
    if (!item->Spent) {
        item->Due = BasepPoolDue(due);
        item->Period = period;
        BasepPoolWake(item->Waiter);
    }
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    return TRUE;
}

/* ERROR_IO_PENDING: it is cancelled, but a callback is not over. */
WINBOOL WINAPI DeleteTimerQueueTimer(HANDLE queue, HANDLE timer, HANDLE completion)
{
    (void)queue;
    if (!timer || timer == INVALID_HANDLE_VALUE)
        return BasepFail(ERROR_INVALID_PARAMETER);
    return BasepPoolDelete(timer, completion);
}

/* All its timers are cancelled and gone; the rest as for one of them. */
WINBOOL WINAPI DeleteTimerQueueEx(HANDLE handle, HANDLE completion)
{
    const BOOL block = completion == INVALID_HANDLE_VALUE;
    POOL_QUEUE *queue = handle;
    POOL_ITEM *item = NULL;
    BOOL pending;

    if (!handle || handle == INVALID_HANDLE_VALUE)
        return BasepFail(ERROR_INVALID_HANDLE);
    RtlAcquireSRWLockExclusive(&BasepPoolLock);
    queue->Completion = block ? NULL : completion;
    while ((item = BasepPoolNext(item)))
        if (item->Queue == queue)
            BasepPoolMark(item);
    while ((queue->Linked && !BasepInWaiter()) || (block && queue->References > 1))
        SleepConditionVariableSRW(&BasepPoolMoved, &BasepPoolLock, INFINITE, 0);
    pending = queue->References > 1;
    BasepPoolForgetQueue(queue);
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    return !pending || BasepFail(ERROR_IO_PENDING);
}

WINBOOL WINAPI DeleteTimerQueue(HANDLE queue)
{
    return DeleteTimerQueueEx(queue, NULL);
}
