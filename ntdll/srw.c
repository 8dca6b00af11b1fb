/* srw.c - slim reader/writer locks, condition variables, one-time initialisation.
 *
 * Each is one pointer, all zero when new, and allocates nothing: a thread that must wait
 * puts a block on its own stack into a queue and sleeps on a keyed event whose key is
 * that block.
 *
 *   SRW lock, no waiters:    0 free | 1 exclusive | n<<4 | 1 held n times shared
 *   SRW lock, with a queue:  first block | 2, | 8 while somebody changes the queue
 *   condition variable:      first block (0 none), | 8 while somebody changes the queue
 *   one-time:                0 new | block | 1 under way | context | 2 done
 *                            | 3 under way, asynchronous
 *
 * The lock is handed over: the thread that releases it makes the first of the queue the owner
 * (neighbouring readers together) before it wakes it, so no thread starves and a woken one
 * never competes.  The holders are counted in the first block while there is a queue.  A
 * queue is changed within a few instructions; a thread that finds bit 8 set yields.
 *
 * Documented: Slim Reader/Writer Locks, Condition Variables, One-Time Initialization. The
 * encodings are ours; Windows' are its own affair too.
 */
#include "ntdllp.h"

#define WAITING   2u
#define BUSY      8u
#define BITS      15u
#define EXCLUSIVE (-1)

/* A caller's stack is aligned to 4 bytes, a block's address leaves BITS free. */
#define ON_ALIGNED_STACK __attribute__((force_align_arg_pointer))

typedef struct _WAIT_BLOCK {
    struct _WAIT_BLOCK *Next;
    struct _WAIT_BLOCK *Last; /* in the first block: the end of the queue */
    LONG Holders;             /* in the first block: readers, or EXCLUSIVE */
    BOOLEAN Exclusive, Queued;
} DECLSPEC_ALIGN(16) WAIT_BLOCK;

static ULONG_PTR Swap(PVOID *word, ULONG_PTR new, ULONG_PTR old)
{
    return (ULONG_PTR)__sync_val_compare_and_swap(word, (PVOID)old, (PVOID) new);
}

static ULONG_PTR Read(PVOID *word)
{
    return (ULONG_PTR) * (PVOID volatile *)word;
}

static void Write(PVOID *word, ULONG_PTR value)
{
    (void)__sync_lock_test_and_set(word, (PVOID)value);
}

/* ---- SRW locks ---- */

/* Join the queue and sleep until the lock is ours; value is what the word held. FALSE:
 * look again. */
static ON_ALIGNED_STACK BOOLEAN JoinQueue(PVOID *word, ULONG_PTR value, BOOLEAN exclusive)
{
    WAIT_BLOCK self = {.Exclusive = exclusive};
    self.Last = &self;
    if (!(value & WAITING)) {
        self.Holders = value >> 4 ? (LONG)(value >> 4) : EXCLUSIVE;
        if (Swap(word, (ULONG_PTR)&self | WAITING, value) != value)
            return FALSE;
    } else {
        if ((value & BUSY) || Swap(word, value | BUSY, value) != value) {
            RtlpYield();
            return FALSE;
        }
        WAIT_BLOCK *first = (WAIT_BLOCK *)(value & ~BITS);
        first->Last->Next = &self;
        first->Last = &self;
        Write(word, value);
    }
    RtlpWait(&self);
    return TRUE;
}

/* One holder less while there is a queue; the last one hands over. */
static void ReleaseQueued(PVOID *word)
{
    ULONG_PTR value;
    for (;;) {
        value = Read(word);
        if (!(value & BUSY) && Swap(word, value | BUSY, value) == value)
            break;
        RtlpYield();
    }
    WAIT_BLOCK *first = (WAIT_BLOCK *)(value & ~BITS);
    if (first->Holders > 1) {
        first->Holders--;
        Write(word, value);
        return;
    }
    WAIT_BLOCK *rest = first->Next, *end = first;
    LONG readers = first->Exclusive ? 0 : 1;
    for (; readers && rest && !rest->Exclusive; end = rest, rest = rest->Next)
        readers++;
    if (rest) {
        rest->Last = first->Last;
        rest->Holders = readers ? readers : EXCLUSIVE;
        Write(word, (ULONG_PTR)rest | WAITING);
    } else {
        Write(word, readers ? (ULONG_PTR)readers << 4 | 1 : 1);
    }
    end->Next = NULL;
    for (WAIT_BLOCK *next; first; first = next) {
        next = first->Next; /* the block is gone as soon as its thread wakes */
        RtlpWake(first);
    }
}

VOID NTAPI RtlInitializeSRWLock(PRTL_SRWLOCK Lock)
{
    Lock->Ptr = NULL;
}

BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(PRTL_SRWLOCK Lock)
{
    return Swap(&Lock->Ptr, 1, 0) == 0;
}

VOID NTAPI RtlAcquireSRWLockExclusive(PRTL_SRWLOCK Lock)
{
    while (!RtlTryAcquireSRWLockExclusive(Lock)) {
        ULONG_PTR value = Read(&Lock->Ptr);
        if (value && JoinQueue(&Lock->Ptr, value, TRUE))
            return;
    }
}

BOOLEAN NTAPI RtlTryAcquireSRWLockShared(PRTL_SRWLOCK Lock)
{
    for (;;) {
        ULONG_PTR value = Read(&Lock->Ptr);
        if ((value & WAITING) || value == 1)
            return FALSE;
        if (Swap(&Lock->Ptr, (value | 1) + 16, value) == value)
            return TRUE;
    }
}

VOID NTAPI RtlAcquireSRWLockShared(PRTL_SRWLOCK Lock)
{
    while (!RtlTryAcquireSRWLockShared(Lock)) {
        ULONG_PTR value = Read(&Lock->Ptr);
        if (((value & WAITING) || value == 1) && JoinQueue(&Lock->Ptr, value, FALSE))
            return;
    }
}

VOID NTAPI RtlReleaseSRWLockExclusive(PRTL_SRWLOCK Lock)
{
    ULONG_PTR value = Swap(&Lock->Ptr, 0, 1);
    if (value == 1)
        return;
    if (!(value & WAITING)) /* not held exclusively: the caller's mistake */
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    ReleaseQueued(&Lock->Ptr);
}

VOID NTAPI RtlReleaseSRWLockShared(PRTL_SRWLOCK Lock)
{
    for (;;) {
        ULONG_PTR value = Read(&Lock->Ptr);
        if (value & WAITING) {
            ReleaseQueued(&Lock->Ptr);
            return;
        }
        if (value < 16)
            RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
        if (Swap(&Lock->Ptr, value == 17 ? 0 : value - 16, value) == value)
            return;
    }
}

/* ---- condition variables ---- */

static WAIT_BLOCK *TakeQueue(PVOID *word)
{
    for (;;) {
        ULONG_PTR value = Read(word);
        if (!(value & BUSY) && Swap(word, value | BUSY, value) == value)
            return (WAIT_BLOCK *)value;
        RtlpYield();
    }
}

static void Enqueue(PVOID *word, WAIT_BLOCK *self)
{
    WAIT_BLOCK *first = TakeQueue(word);
    self->Queued = TRUE;
    if (first) {
        first->Last->Next = self;
        first->Last = self;
    } else {
        self->Last = self;
        first = self;
    }
    Write(word, (ULONG_PTR)first);
}

/* After a time-out: out of the queue.  FALSE: somebody has taken us out and is waking us. */
static BOOLEAN LeaveQueue(PVOID *word, WAIT_BLOCK *self)
{
    WAIT_BLOCK *first = TakeQueue(word), *before = NULL;
    BOOLEAN queued = self->Queued;
    if (queued && first == self) {
        first = self->Next;
        if (first)
            first->Last = self->Last;
    } else if (queued) {
        for (before = first; before->Next != self; before = before->Next)
            ;
        before->Next = self->Next;
        if (first->Last == self)
            first->Last = before;
    }
    Write(word, (ULONG_PTR)first);
    return queued;
}

static NTSTATUS SleepOn(PVOID *word, WAIT_BLOCK *self, PLARGE_INTEGER timeout)
{
    NTSTATUS status = RtlpWaitUntil(self, timeout);
    if (status == STATUS_TIMEOUT && !LeaveQueue(word, self)) {
        RtlpWait(
            self); /* the wake-up is on its way: take it, or the waker waits for ever */
        status = STATUS_SUCCESS;
    }
    return status;
}

VOID NTAPI RtlInitializeConditionVariable(PRTL_CONDITION_VARIABLE Variable)
{
    Variable->Ptr = NULL;
}

NTSTATUS NTAPI ON_ALIGNED_STACK
RtlSleepConditionVariableCS(PRTL_CONDITION_VARIABLE Variable,
                            PRTL_CRITICAL_SECTION Section, PLARGE_INTEGER Timeout)
{
    WAIT_BLOCK self = {0};
    Enqueue(&Variable->Ptr, &self);
    RtlLeaveCriticalSection(Section);
    NTSTATUS status = SleepOn(&Variable->Ptr, &self, Timeout);
    RtlEnterCriticalSection(Section);
    return status;
}

NTSTATUS NTAPI ON_ALIGNED_STACK
RtlSleepConditionVariableSRW(PRTL_CONDITION_VARIABLE Variable, PRTL_SRWLOCK Lock,
                             PLARGE_INTEGER Timeout, ULONG Flags)
{
    if (Flags & ~(ULONG)RTL_CONDITION_VARIABLE_LOCKMODE_SHARED)
        return STATUS_INVALID_PARAMETER;
    WAIT_BLOCK self = {0};
    Enqueue(&Variable->Ptr, &self);
    if (Flags)
        RtlReleaseSRWLockShared(Lock);
    else
        RtlReleaseSRWLockExclusive(Lock);
    NTSTATUS status = SleepOn(&Variable->Ptr, &self, Timeout);
    if (Flags)
        RtlAcquireSRWLockShared(Lock);
    else
        RtlAcquireSRWLockExclusive(Lock);
    return status;
}

static void WakeSome(PVOID *word, BOOLEAN all)
{
    if (!Read(word))
        return;
    WAIT_BLOCK *first = TakeQueue(word), *rest = NULL;
    if (first && !all && (rest = first->Next)) {
        rest->Last = first->Last;
        first->Next = NULL;
    }
    for (WAIT_BLOCK *at = first; at; at = at->Next)
        at->Queued = FALSE;
    Write(word, (ULONG_PTR)rest);
    for (WAIT_BLOCK *next; first; first = next) {
        next = first->Next;
        RtlpWake(first);
    }
}

VOID NTAPI RtlWakeConditionVariable(PRTL_CONDITION_VARIABLE Variable)
{
    WakeSome(&Variable->Ptr, FALSE);
}

VOID NTAPI RtlWakeAllConditionVariable(PRTL_CONDITION_VARIABLE Variable)
{
    WakeSome(&Variable->Ptr, TRUE);
}
