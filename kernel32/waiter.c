/* waiter.c - the thread that waits for all items of the pool.
 *
 *   waiter: WaitForMultipleObjects(changed, object, object ..., nearest time)
 *             -> item's callback: to a worker (pool.c), or here with WT_EXECUTEINWAITTHREAD
 *
 * One thread has 63 objects and any number of times; for more objects there are more
 * threads.  Only the waiter takes an item out of its list, so its arrays stay valid without
 * the lock.  An object is not waited for while its callback runs.
 * Windows: ntdll!TppWaiterpThread and TppTimerpTreeTimers.
 */
#include "pool.h"

#define OBJECTS (MAXIMUM_WAIT_OBJECTS - 1u)
#define IDLE    5000u /* ms without an item, then the thread leaves */

typedef struct POOL_WAITER {
    struct POOL_WAITER *Next;
    POOL_ITEM *Items;
    ULONG Objects;
    HANDLE Changed; /* auto-reset */
    DWORD Thread;
} POOL_WAITER;

SRWLOCK BasepPoolLock;
CONDITION_VARIABLE BasepPoolMoved;
static POOL_WAITER *Waiters;

ULONGLONG BasepPoolDue(DWORD milliseconds)
{
    return milliseconds == INFINITE ? POOL_NEVER : GetTickCount64() + milliseconds;
}

void BasepPoolWake(POOL_WAITER *waiter)
{
    if (waiter)
        NtSetEvent(waiter->Changed, NULL);
}

BOOL BasepInWaiter(void)
{
    POOL_WAITER *waiter = Waiters;
    while (waiter && waiter->Thread != GetCurrentThreadId())
        waiter = waiter->Next;
    return waiter != NULL;
}

POOL_ITEM *BasepPoolNext(POOL_ITEM *after)
{
    POOL_WAITER *waiter = after ? after->Waiter : Waiters;
    POOL_ITEM *item = after ? after->Next : waiter ? waiter->Items : NULL;

    while (!item && waiter) {
        waiter = waiter->Next;
        item = waiter ? waiter->Items : NULL;
    }
    return item;
}

void BasepPoolForgetQueue(POOL_QUEUE *queue)
{
    if (--queue->References)
        return;
    if (queue->Completion)
        NtSetEvent(queue->Completion, NULL);
    RtlFreeHeap(BaseHeap(), 0, queue);
}

static void Forget(POOL_ITEM *item)
{
    if (--item->References)
        return;
    if (item->Completion)
        NtSetEvent(item->Completion, NULL);
    if (item->Object)
        NtClose(item->Object);
    if (item->Queue)
        BasepPoolForgetQueue(item->Queue);
    RtlFreeHeap(BaseHeap(), 0, item);
}

static DWORD WINAPI Call(LPVOID parameter)
{
    POOL_ITEM *item = parameter;

    item->Routine(item->Context, item->TimedOut);
    RtlAcquireSRWLockExclusive(&BasepPoolLock);
    item->Running--;
    if (item->Object && !item->Spent) {
        item->Due = BasepPoolDue(item->Period);
        BasepPoolWake(item->Waiter);
    }
    RtlWakeAllConditionVariable(&BasepPoolMoved);
    Forget(item);
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    return 0;
}

/* The lock is held, but not while a callback runs here. */
static void Fire(POOL_ITEM *item, BOOLEAN timedOut)
{
    const BOOL here = item->Flags & (WT_EXECUTEINWAITTHREAD | WT_EXECUTEINTIMERTHREAD);
    const ULONGLONG now = GetTickCount64();

    item->TimedOut = timedOut;
    item->Running++;
    item->References++;
    if ((item->Flags & WT_EXECUTEONLYONCE) || (!item->Object && !item->Period))
        item->Spent = TRUE;
    if (item->Object || item->Spent)
        item->Due = POOL_NEVER;
    else
        item->Due = item->Due + item->Period > now ? item->Due + item->Period : now + 1;
    if (!here && QueueUserWorkItem(Call, item, item->Flags))
        return;
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    Call(item);
    RtlAcquireSRWLockExclusive(&BasepPoolLock);
}

static void TakeOut(POOL_WAITER *waiter, POOL_ITEM **link)
{
    POOL_ITEM *item = *link;

    *link = item->Next;
    item->Waiter = NULL;
    if (item->Object)
        waiter->Objects--;
    if (item->Queue)
        item->Queue->Linked--;
    RtlWakeAllConditionVariable(&BasepPoolMoved);
    Forget(item);
}

/* Takes out what was deleted, fires what is due; what to wait for next, and how long. */
static DWORD Prepare(POOL_WAITER *waiter, POOL_ITEM **items, HANDLE *handles, DWORD *wait)
{
    POOL_ITEM **link = &waiter->Items, *item;
    ULONGLONG next = POOL_NEVER, now;
    DWORD count = 1;

    handles[0] = waiter->Changed;
    while ((item = *link)) {
        if (item->Deleted) {
            TakeOut(waiter, link);
            continue;
        }
        if (item->Due <= GetTickCount64())
            Fire(item, TRUE);
        if (item->Due < next)
            next = item->Due;
        if (item->Object && !item->Spent && !item->Running) {
            items[count] = item;
            handles[count++] = item->Object;
        }
        /* A callback that ran here may have put new items before this one. */
        while (*link != item)
            link = &(*link)->Next;
        link = &item->Next;
    }
    now = GetTickCount64();
    *wait = INFINITE;
    if (!waiter->Items)
        *wait = IDLE;
    else if (next != POOL_NEVER)
        *wait = next > now ? (DWORD)(next - now) : 0;
    return count;
}

/* One of the objects is of a kind that cannot be waited for: it alone is given up. */
static void FindBad(POOL_ITEM **items, HANDLE *handles, DWORD count)
{
    DWORD i, result;

    for (i = 1; i < count; i++) {
        result = WaitForSingleObject(handles[i], 0);
        if (result == WAIT_FAILED)
            items[i]->Spent = TRUE;
        else if (result != WAIT_TIMEOUT)
            Fire(items[i], FALSE);
    }
}

static DWORD WINAPI Waiter(LPVOID parameter)
{
    POOL_WAITER *waiter = parameter, **link = &Waiters;
    POOL_ITEM *items[MAXIMUM_WAIT_OBJECTS];
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    DWORD count, wait, result, index;

    RtlAcquireSRWLockExclusive(&BasepPoolLock);
    do {
        count = Prepare(waiter, items, handles, &wait);
        RtlReleaseSRWLockExclusive(&BasepPoolLock);
        result = WaitForMultipleObjects(count, handles, FALSE, wait);
        RtlAcquireSRWLockExclusive(&BasepPoolLock);
        index = result >= WAIT_ABANDONED_0 ? result - WAIT_ABANDONED_0 : result;
        if (index && index < count)
            Fire(items[index], FALSE);
        else if (result == WAIT_FAILED)
            FindBad(items, handles, count);
    } while (waiter->Items || result != WAIT_TIMEOUT);
    while (*link != waiter)
        link = &(*link)->Next;
    *link = waiter->Next;
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    NtClose(waiter->Changed);
    RtlFreeHeap(BaseHeap(), 0, waiter);
    return 0;
}

static POOL_WAITER *NewWaiter(void)
{
    POOL_WAITER *waiter = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, sizeof *waiter);
    HANDLE thread = NULL;

    if (!waiter) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    waiter->Changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (waiter->Changed)
        thread = CreateThread(NULL, 0, Waiter, waiter, 0, &waiter->Thread);
    if (!thread) {
        if (waiter->Changed)
            NtClose(waiter->Changed);
        RtlFreeHeap(BaseHeap(), 0, waiter);
        return NULL;
    }
    NtClose(thread);
    waiter->Next = Waiters;
    Waiters = waiter;
    return waiter;
}

BOOL BasepPoolAdd(POOL_ITEM *item, PHANDLE handle)
{
    POOL_WAITER *waiter;

    RtlAcquireSRWLockExclusive(&BasepPoolLock);
    waiter = Waiters;
    while (waiter && item->Object && waiter->Objects >= OBJECTS)
        waiter = waiter->Next;
    if (!waiter)
        waiter = NewWaiter();
    if (waiter) {
        *handle = item;
        item->References = 1;
        item->Waiter = waiter;
        item->Next = waiter->Items;
        waiter->Items = item;
        if (item->Object)
            waiter->Objects++;
        if (item->Queue) {
            item->Queue->References++;
            item->Queue->Linked++;
        }
        BasepPoolWake(waiter);
    }
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    return waiter != NULL;
}

void BasepPoolMark(POOL_ITEM *item)
{
    item->Deleted = TRUE;
    BasepPoolWake(item->Waiter);
}

BOOL BasepPoolDelete(POOL_ITEM *item, HANDLE completion)
{
    const BOOL block = completion == INVALID_HANDLE_VALUE;
    BOOL pending;

    RtlAcquireSRWLockExclusive(&BasepPoolLock);
    item->References++;
    item->Completion = block ? NULL : completion;
    BasepPoolMark(item);
    while ((item->Waiter && !BasepInWaiter()) || (block && item->Running))
        SleepConditionVariableSRW(&BasepPoolMoved, &BasepPoolLock, INFINITE, 0);
    pending = item->Running != 0;
    Forget(item);
    RtlReleaseSRWLockExclusive(&BasepPoolLock);
    return !pending || BasepFail(ERROR_IO_PENDING);
}
