/* timer.c - the timers that are set, in the order in which they are due.
 *
 * They are the nodes of one balanced tree, so a tick (tick.c) looks at the first only, and
 * a program with a hundred thousand of them makes no other wait.
 *
 * Invariant: a timer is in KiTimers if and only if Header.Inserted.
 * Lock: interrupts off.
 */
#include "ke/ki.h"

RTL_AVL_TREE KiTimers;

ULONGLONG KiDueTime(const LARGE_INTEGER *when)
{
    const ULONGLONG now = KeQueryInterruptTime();
    if (when->QuadPart < 0) {
        const ULONGLONG due = now + (0 - (ULONGLONG)when->QuadPart);
        return due < now ? ~0ull : due;
    }
    return (ULONGLONG)when->QuadPart <= KiBootTime ? 0 : when->QuadPart - KiBootTime;
}

void KiRemoveTimer(KTIMER *timer)
{
    if (timer->Header.Inserted) {
        timer->Header.Inserted = FALSE;
        RtlAvlRemove(&KiTimers, &timer->Node);
    }
}

void KiInsertTimer(KTIMER *timer, ULONGLONG due)
{
    RTL_AVL_NODE *parent = NULL, *node = KiTimers.Root;
    BOOLEAN later = FALSE; /* of equal ones the first set comes first */
    timer->DueTime = due;
    while (node) {
        parent = node;
        later = CONTAINING_RECORD(node, KTIMER, Node)->DueTime <= due;
        node = later ? node->Right : node->Left;
    }
    RtlAvlInsert(&KiTimers, &timer->Node, parent, later);
    timer->Header.Inserted = TRUE;
}

BOOLEAN KeCancelTimer(KTIMER *timer)
{
    const ULONG flags = KeDisable();
    const BOOLEAN was = timer->Header.Inserted;
    KiRemoveTimer(timer);
    KeRestore(flags);
    return was;
}
