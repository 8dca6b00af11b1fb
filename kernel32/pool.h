/* pool.h - an item that waits for an object, for a time, or for both; then a callback runs.  A work
 * object, whose callback runs in a worker each time that it is submitted.
 *
 * A timer of a timer queue is an item without an object; a registered wait has one, and its
 * time is the time-out.  waiter.c waits for both kinds, timerqueue.c has the documented face.
 */
#ifndef FATHOM_POOL_H
#define FATHOM_POOL_H

#include "k32.h"

#define POOL_NEVER (~0ull)

typedef struct {
    LONG References; /* its items, and the program until it deletes it */
    ULONG Linked;    /* items that a waiter still has */
    HANDLE Completion;
} POOL_QUEUE;

typedef struct POOL_ITEM {
    struct POOL_ITEM *Next;
    struct POOL_WAITER *Waiter; /* whose list it is in; NULL when taken out */
    POOL_QUEUE *Queue;          /* a timer's */
    HANDLE Object;              /* our own handle to it; NULL: a timer */
    WAITORTIMERCALLBACK Routine;
    PVOID Context;
    ULONGLONG Due;   /* GetTickCount64, or POOL_NEVER */
    DWORD Period;    /* ms; a timer's 0: once; a wait's time-out */
    ULONG Flags;     /* WT_* */
    LONG References; /* the waiter's list, callbacks, and a thread that deletes it */
    ULONG Running;   /* callbacks queued or begun */
    BOOLEAN Spent, TimedOut, Deleted;
    HANDLE Completion; /* to be set when it is gone */
} POOL_ITEM;

/* Freed when it is closed and no submission of it is left: a larger object may begin with it. */
struct _TP_WORK {
    PTP_WORK_CALLBACK Routine;
    PTP_SIMPLE_CALLBACK Simple; /* in its place: of TrySubmitThreadpoolCallback */
    PVOID Context;
    ULONG Queued, Running,
        Dropped; /* submissions: not begun; begun; of Queued: cancelled */
    BOOLEAN Closed;
};

/* All of this; taken before that of pool.c; no callback runs under it. */
extern SRWLOCK BasepPoolLock;
extern CONDITION_VARIABLE BasepPoolMoved; /* an item was taken out, a callback is over */

/* Due in so many milliseconds; INFINITE is never. */
ULONGLONG BasepPoolDue(DWORD milliseconds);
/* Gives it to a waiter, and *handle its address before a callback can run. On failure the
 * last error is set and the item is the caller's. */
BOOL BasepPoolAdd(POOL_ITEM *, PHANDLE handle);
/* UnregisterWaitEx and DeleteTimerQueueTimer: FALSE and ERROR_IO_PENDING when callbacks are
 * not over; INVALID_HANDLE_VALUE waits for them, another handle is set after them. */
BOOL BasepPoolDelete(POOL_ITEM *, HANDLE completion);
/* With the lock held: */
void BasepPoolMark(POOL_ITEM *);            /* no more callbacks are begun */
void BasepPoolWake(struct POOL_WAITER *);   /* its items changed */
POOL_ITEM *BasepPoolNext(POOL_ITEM *after); /* of all waiters; NULL: the first */
BOOL BasepInWaiter(void);                   /* is this thread one? */
void BasepPoolForgetQueue(POOL_QUEUE *);    /* one reference less */

#endif
