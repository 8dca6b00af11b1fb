/* pool.c - the old thread pool: work items, and the threads that take them.
 *
 * A worker is made when an item arrives and none is idle, up to MOST_WORKERS; one that has
 * been idle for a while leaves.  Items are taken in the order they came.
 * Lock: Lock, a leaf; no callback runs under it.
 * Windows: ntdll!TppWorkerThread, of RtlQueueWorkItem.
 */
#include "pool.h"

#define MOST_WORKERS 64u
#define IDLE         5000u /* ms */

typedef struct WORK {
    struct WORK *Next;
    LPTHREAD_START_ROUTINE Routine;
    PVOID Context;
} WORK;

static SRWLOCK Lock;
static CONDITION_VARIABLE Arrived;
static WORK *First, **Last = &First;
static ULONG Waiting, Workers, Idle; /* items; threads; those of them without an item */

static DWORD WINAPI Worker(LPVOID unused)
{
    WORK *work;
    BOOL late = FALSE;

    (void)unused;
    RtlAcquireSRWLockExclusive(&Lock);
    for (;;) {
        while (!First && !late)
            late = !SleepConditionVariableSRW(&Arrived, &Lock, IDLE, 0);
        Idle--;
        if (!First)
            break;
        work = First;
        First = work->Next;
        if (!First)
            Last = &First;
        Waiting--;
        RtlReleaseSRWLockExclusive(&Lock);
        work->Routine(work->Context);
        RtlFreeHeap(BaseHeap(), 0, work);
        RtlAcquireSRWLockExclusive(&Lock);
        Idle++;
        late = FALSE;
    }
    Workers--;
    RtlReleaseSRWLockExclusive(&Lock);
    return 0;
}

/* ERROR_NOT_ENOUGH_MEMORY, or why no thread could be made. The flags name threads that wait
 * for input, keep their state or may be held long: any worker here is all of these. */
BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE routine, PVOID context, ULONG flags)
{
    WORK *work = RtlAllocateHeap(BaseHeap(), 0, sizeof *work);
    HANDLE thread = NULL;
    BOOL taken;

    (void)flags;
    if (!work)
        return BasepFail(ERROR_NOT_ENOUGH_MEMORY);
    *work = (WORK){NULL, routine, context};
    RtlAcquireSRWLockExclusive(&Lock);
    if (Waiting >= Idle && Workers < MOST_WORKERS) {
        thread = CreateThread(NULL, 0, Worker, NULL, 0, NULL);
        if (thread) {
            Workers++;
            Idle++;
        }
    }
    taken = Workers != 0; /* without a thread more it waits for one of those there are */
    if (taken) {
        *Last = work;
        Last = &work->Next;
        Waiting++;
    }
    RtlReleaseSRWLockExclusive(&Lock);
    if (thread)
        NtClose(thread);
    if (taken)
        RtlWakeConditionVariable(&Arrived);
    else
        RtlFreeHeap(BaseHeap(), 0, work);
    return taken;
}
