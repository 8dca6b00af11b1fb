/* wait.c - dispatcher objects: wait and signal.
 *
 * A thread that waits hangs one KWAIT_BLOCK in each object's WaitListHead.  Who
 * signals an object walks its list and ends the waits it can satisfy, taking the object's
 * state on behalf of the thread it wakes: when a wait returns, what it waited for is
 * already the thread's own.
 *
 *   signalled         SignalState > 0, or a mutant whose owner asks again
 *   taken by a wait   synchronization event and timer: SignalState becomes 0
 *                     semaphore and mutant (then owned): SignalState decreases by 1
 *
 * A wait for all takes nothing until all are signalled at once.  A thread that is suspended
 * in a wait on behalf of its program leaves it (STATUS_KERNEL_APC), waits to be resumed, and
 * then waits anew until the same time; not with KE_ONCE, who may have missed a signal.
 * Lock: interrupts off.  Windows: dt nt!_KWAIT_BLOCK, !object.
 */
#include "ke/ki.h"

static BOOLEAN KiIsSignalled(const DISPATCHER_HEADER *object, PKTHREAD thread)
{
    if (object->Type == MutantObject && ((const KMUTANT *)object)->OwnerThread == thread)
        return TRUE;
    return object->SignalState > 0;
}

/* Take the object for the thread; TRUE: it was an abandoned mutant. */
static BOOLEAN KiSatisfy(DISPATCHER_HEADER *object, PKTHREAD thread)
{
    switch (object->Type) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
        object->SignalState = 0;
        return FALSE;
    case SemaphoreObject:
        object->SignalState--;
        return FALSE;
    case MutantObject: {
        KMUTANT *mutant = (KMUTANT *)object;
        if (--object->SignalState == 0) {
            mutant->OwnerThread = thread;
            InsertTailList(&thread->MutantListHead, &mutant->MutantListEntry);
            if (mutant->Abandoned) {
                mutant->Abandoned = FALSE;
                return TRUE;
            }
        }
        return FALSE;
    }
    default:
        return FALSE;
    }
}

static BOOLEAN KiAllSignalled(PKTHREAD thread)
{
    for (ULONG i = 0; i < thread->WaitCount; i++) {
        if (!KiIsSignalled(thread->WaitBlocks[i].Object, thread))
            return FALSE;
    }
    return TRUE;
}

static NTSTATUS KiSatisfyAll(PKTHREAD thread)
{
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG i = 0; i < thread->WaitCount; i++) {
        if (KiSatisfy(thread->WaitBlocks[i].Object, thread))
            status = STATUS_ABANDONED_WAIT_0;
    }
    return status;
}

void KiUnwaitThread(PKTHREAD thread, NTSTATUS status)
{
    for (ULONG i = 0; i < thread->WaitCount; i++)
        RemoveEntryList(&thread->WaitBlocks[i].WaitListEntry);
    thread->WaitCount = 0;
    KiRemoveTimer(&thread->WaitTimer);
    thread->WaitStatus = status;
    KeReadyThread(thread);
}

/* The object may have become signalled: end what waits can end. */
static void KiWaitTest(DISPATCHER_HEADER *object)
{
    LIST_ENTRY *entry = object->WaitListHead.Flink;
    while (entry != &object->WaitListHead && object->SignalState > 0) {
        KWAIT_BLOCK *block = CONTAINING_RECORD(entry, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD thread = block->Thread;
        NTSTATUS status = block->WaitKey;
        KiLooks += thread->WaitCount; /* a tick may do so much: many wait for many */
        do /* past all blocks of this thread: it hung them here one after the other */
            entry = entry->Flink;
        while (entry != &object->WaitListHead &&
               CONTAINING_RECORD(entry, KWAIT_BLOCK, WaitListEntry)->Thread == thread);
        if (thread->WaitAll) {
            if (!KiAllSignalled(thread))
                continue;
            status = KiSatisfyAll(thread);
        } else if (KiSatisfy(object, thread)) {
            status += STATUS_ABANDONED_WAIT_0;
        }
        KiUnwaitThread(thread, status);
    }
}

void KeSignalObject(DISPATCHER_HEADER *object)
{
    const ULONG flags = KeDisable();
    object->SignalState = 1;
    KiWaitTest(object);
    KeRestore(flags);
}

/* ---- events, semaphores, mutants ---- */

static void KiInitializeHeader(DISPATCHER_HEADER *header, int type, ULONG size,
                               LONG state)
{
    header->Type = type;
    header->Size = size / sizeof(ULONG);
    header->SignalState = state;
    InitializeListHead(&header->WaitListHead);
}

void KeInitializeEvent(KEVENT *event, int type, BOOLEAN signalled)
{
    KiInitializeHeader(&event->Header, type, sizeof *event, signalled != 0);
}

LONG KeSetEvent(KEVENT *event)
{
    const ULONG flags = KeDisable();
    const LONG old = event->Header.SignalState;
    KeSignalObject(&event->Header);
    KeRestore(flags);
    return old;
}

LONG KeResetEvent(KEVENT *event)
{
    const ULONG flags = KeDisable();
    const LONG old = event->Header.SignalState;
    event->Header.SignalState = 0;
    KeRestore(flags);
    return old;
}

LONG KePulseEvent(KEVENT *event)
{
    const ULONG flags = KeDisable();
    const LONG old = KeSetEvent(event);
    event->Header.SignalState = 0;
    KeRestore(flags);
    return old;
}

void KeInitializeSemaphore(KSEMAPHORE *semaphore, LONG count, LONG limit)
{
    KiInitializeHeader(&semaphore->Header, SemaphoreObject, sizeof *semaphore, count);
    semaphore->Limit = limit;
}

NTSTATUS KeReleaseSemaphore(KSEMAPHORE *semaphore, LONG add, LONG *previous)
{
    const ULONG flags = KeDisable();
    const LONG old = semaphore->Header.SignalState;
    if (add <= 0 || add > semaphore->Limit - old) {
        KeRestore(flags);
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    }
    semaphore->Header.SignalState = old + add;
    KiWaitTest(&semaphore->Header);
    KeRestore(flags);
    if (previous)
        *previous = old;
    return STATUS_SUCCESS;
}

void KeInitializeMutant(KMUTANT *mutant, BOOLEAN owned)
{
    KiInitializeHeader(&mutant->Header, MutantObject, sizeof *mutant, 1);
    mutant->OwnerThread = NULL;
    mutant->Abandoned = FALSE;
    InitializeListHead(&mutant->MutantListEntry);
    const ULONG flags = KeDisable();
    if (owned)
        KiSatisfy(&mutant->Header, KeGetCurrentThread());
    KeRestore(flags);
}

static void KiFreeMutant(KMUTANT *mutant)
{
    RemoveEntryList(&mutant->MutantListEntry);
    mutant->OwnerThread = NULL;
    mutant->Header.SignalState = 1;
    KiWaitTest(&mutant->Header);
}

NTSTATUS KeReleaseMutant(KMUTANT *mutant, LONG *previous)
{
    const ULONG flags = KeDisable();
    const LONG old = mutant->Header.SignalState;
    if (mutant->OwnerThread != KeGetCurrentThread()) {
        KeRestore(flags);
        return STATUS_MUTANT_NOT_OWNED;
    }
    if (old == 0)
        KiFreeMutant(mutant);
    else
        mutant->Header.SignalState = old + 1;
    KeRestore(flags);
    if (previous)
        *previous = old;
    return STATUS_SUCCESS;
}

void KiAbandonMutants(PKTHREAD thread)
{
    while (!IsListEmpty(&thread->MutantListHead)) {
        KMUTANT *mutant =
            CONTAINING_RECORD(thread->MutantListHead.Flink, KMUTANT, MutantListEntry);
        mutant->Abandoned = TRUE;
        KiFreeMutant(mutant);
    }
}

void KeInitializeTimer(KTIMER *timer, int type)
{
    memset(timer, 0, sizeof *timer);
    KiInitializeHeader(&timer->Header, type, sizeof *timer, 0);
}

/* ---- waiting ---- */

/* Why a wait ends early: termination or a user APC.  STATUS_SUCCESS: it does
 * not. */
NTSTATUS KiInterruption(PKTHREAD thread)
{
    if (thread->WaitUser && thread->TerminatePending)
        return STATUS_THREAD_IS_TERMINATING;
    if (thread->Alertable && thread->WaitUser && !IsListEmpty(&thread->ApcListHead)) {
        thread->UserApcPending = TRUE;
        KeRequestExitWork(thread);
        return STATUS_USER_APC;
    }
    return STATUS_SUCCESS;
}

/* TRUE: the wait is over before it began, with *status. */
static BOOLEAN KiSatisfiedNow(PKTHREAD thread, NTSTATUS *status)
{
    if (thread->WaitAll) {
        if (thread->WaitCount == 0 || !KiAllSignalled(thread))
            return FALSE;
        *status = KiSatisfyAll(thread);
        return TRUE;
    }
    for (ULONG i = 0; i < thread->WaitCount; i++) {
        if (KiIsSignalled(thread->WaitBlocks[i].Object, thread)) {
            *status = i + (KiSatisfy(thread->WaitBlocks[i].Object, thread)
                               ? STATUS_ABANDONED_WAIT_0
                               : STATUS_WAIT_0);
            return TRUE;
        }
    }
    return FALSE;
}

/* thread->WaitBlocks[0 .. WaitCount) name the objects; interrupts are off.  due: NULL for
 * ever. */
static NTSTATUS KiWait(PKTHREAD thread, BOOLEAN alertable, BOOLEAN user,
                       const ULONGLONG *due)
{
    NTSTATUS status;
    thread->Alertable = alertable;
    thread->WaitUser = user;
    if (KiSatisfiedNow(thread, &status)) {
        thread->WaitCount = 0;
        return status;
    }
    status = KiInterruption(thread);
    if (status == STATUS_SUCCESS && due && *due <= KeQueryInterruptTime())
        status = STATUS_TIMEOUT;
    if (status != STATUS_SUCCESS) {
        thread->WaitCount = 0;
        thread->Alertable = FALSE;
        return status;
    }
    for (ULONG i = 0; i < thread->WaitCount; i++) {
        KWAIT_BLOCK *block = &thread->WaitBlocks[i];
        InsertTailList(&block->Object->WaitListHead, &block->WaitListEntry);
    }
    if (due)
        KiInsertTimer(&thread->WaitTimer, *due);
    thread->State = KthreadWaiting;
    KiSwapThread();
    thread->Alertable = FALSE;
    return thread->WaitStatus;
}

NTSTATUS KeWaitForMultipleObjects(ULONG count, void **objects, BOOLEAN all,
                                  BOOLEAN alertable, BOOLEAN user, LARGE_INTEGER *timeout,
                                  KWAIT_BLOCK *blocks)
{
    PKTHREAD thread = KeGetCurrentThread();
    const ULONG flags = KeDisable();
    const ULONGLONG due = timeout ? KiDueTime(timeout) : 0;
    for (;;) {
        thread->WaitBlocks = blocks ? blocks : thread->WaitBlock;
        thread->WaitCount = count;
        thread->WaitAll = all;
        for (ULONG i = 0; i < count; i++) {
            KWAIT_BLOCK *block = &thread->WaitBlocks[i];
            InitializeListHead(&block->WaitListEntry);
            block->Thread = thread;
            block->Object = objects[i];
            block->WaitKey = i;
        }
        const NTSTATUS status = KiWait(thread, alertable, user, timeout ? &due : NULL);
        if (status != STATUS_KERNEL_APC || user == KE_ONCE) {
            KeRestore(flags);
            return status;
        }
        /* Suspended: it is in no queue meanwhile, and begins anew when resumed, if it
         * was not suspended again before it ran. */
        while (thread->SuspendCount != 0 && !thread->TerminatePending)
            KeWaitForSingleObject(&thread->ResumeEvent, FALSE, TRUE, NULL);
    }
}

NTSTATUS KeWaitForSingleObject(void *object, BOOLEAN alertable, BOOLEAN user,
                               LARGE_INTEGER *timeout)
{
    return KeWaitForMultipleObjects(1, &object, FALSE, alertable, user, timeout, NULL);
}

NTSTATUS KeDelayExecutionThread(BOOLEAN alertable, BOOLEAN user, LARGE_INTEGER *interval)
{
    const NTSTATUS status =
        KeWaitForMultipleObjects(0, NULL, FALSE, alertable, user, interval, NULL);
    if (status != STATUS_TIMEOUT)
        return status;
    if (interval->QuadPart == 0) /* Sleep(0) gives the rest of its time slice away */
        KeYield();
    return STATUS_SUCCESS;
}
