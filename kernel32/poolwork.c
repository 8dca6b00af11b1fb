/* poolwork.c - work objects: one callback that can be submitted often and waited for.
 *
 * Each submission is a work item of pool.c.  An object that is closed lives until its last
 * callback is over.  An environment can only be one without a pool or a cleanup group of its
 * own: there is nothing here that makes these.
 * Windows: ntdll!TpAllocWork, TpPostWork, TpWaitForWork, TpReleaseWork.
 */
#include "pool.h"

struct _TP_CALLBACK_INSTANCE { /* on the stack of the worker */
    PTP_WORK Work;
};

static SRWLOCK Lock;
static CONDITION_VARIABLE Over;

static void FreeIfUnused(PTP_WORK work)
{
    if (work->Closed && !work->Queued && !work->Running)
        RtlFreeHeap(BaseHeap(), 0, work);
}

static DWORD WINAPI Run(LPVOID parameter)
{
    PTP_WORK work = parameter;
    TP_CALLBACK_INSTANCE instance = {work};
    BOOL drop;

    RtlAcquireSRWLockExclusive(&Lock);
    work->Queued--;
    drop = work->Dropped != 0;
    if (drop)
        work->Dropped--;
    else
        work->Running++;
    RtlReleaseSRWLockExclusive(&Lock);
    if (!drop && work->Simple)
        work->Simple(&instance, work->Context);
    else if (!drop)
        work->Routine(&instance, work->Context, work);
    RtlAcquireSRWLockExclusive(&Lock);
    if (!drop)
        work->Running--;
    RtlWakeAllConditionVariable(&Over);
    FreeIfUnused(work);
    RtlReleaseSRWLockExclusive(&Lock);
    return 0;
}

/* NULL: ERROR_NOT_ENOUGH_MEMORY. */
PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK routine, PVOID context,
                                     PTP_CALLBACK_ENVIRON environment)
{
    PTP_WORK work = RtlAllocateHeap(BaseHeap(), HEAP_ZERO_MEMORY, sizeof *work);

    (void)environment;
    if (!work) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    work->Routine = routine;
    work->Context = context;
    return work;
}

static BOOL Submit(PTP_WORK work)
{
    RtlAcquireSRWLockExclusive(&Lock);
    work->Queued++;
    RtlReleaseSRWLockExclusive(&Lock);
    if (QueueUserWorkItem(Run, work, WT_EXECUTEDEFAULT))
        return TRUE;
    RtlAcquireSRWLockExclusive(&Lock);
    work->Queued--;
    RtlReleaseSRWLockExclusive(&Lock);
    return FALSE;
}

/* It has no way to fail: without memory or a thread the callback runs here and now. */
VOID WINAPI SubmitThreadpoolWork(PTP_WORK work)
{
    if (Submit(work))
        return;
    RtlAcquireSRWLockExclusive(&Lock);
    work->Queued++;
    RtlReleaseSRWLockExclusive(&Lock);
    Run(work);
}

/* cancel: submissions that have not begun are dropped. */
VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK work, WINBOOL cancel)
{
    RtlAcquireSRWLockExclusive(&Lock);
    if (cancel)
        work->Dropped = work->Queued;
    while (work->Running || work->Queued)
        SleepConditionVariableSRW(&Over, &Lock, INFINITE, 0);
    RtlReleaseSRWLockExclusive(&Lock);
}

VOID WINAPI CloseThreadpoolWork(PTP_WORK work)
{
    RtlAcquireSRWLockExclusive(&Lock);
    work->Closed = TRUE;
    FreeIfUnused(work);
    RtlReleaseSRWLockExclusive(&Lock);
}

/* FALSE: ERROR_NOT_ENOUGH_MEMORY, or why no thread could be made. */
WINBOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK routine, PVOID context,
                                           PTP_CALLBACK_ENVIRON environment)
{
    PTP_WORK work = CreateThreadpoolWork(NULL, context, environment);
    BOOL submitted;

    if (!work)
        return FALSE;
    work->Simple = routine;
    submitted = Submit(work);
    CloseThreadpoolWork(work);
    return submitted;
}
