/* freelist.c - where free entries wait: yours.  freelist.h is the contract,
 * labs/5-backend/README.md the task.
 *
 * It builds as it is, and a heap that is made on it serves programs: nothing is ever found, so
 * each block brings fresh pages, and what is freed is lost.  Each call says so in the heap's own
 * check (RtlpCheckFreeIndex: H5).  The system's heap has another file (BACK=standin).  Write
 * Open, Insert, Remove and Next first, then Check: it finds your mistakes for you.  Form, Join
 * and Cut come last.
 *
 * What you keep lies in Heap->FreeIndex (yours to lay out, all zero at first) and in the two words
 * after the header of each free entry.
 */
#include "heap/core/freelist.h"

typedef struct _INDEX {
    ULONG_PTR Yours;
} INDEX;
C_ASSERT(sizeof(INDEX) <= sizeof(((HEAP *)0)->FreeIndex));

void RtlpOpenFreeIndex(HEAP *Heap)
{
    (void)Heap;
}

void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    (void)Heap, (void)Entry, (void)Units; /* not written yet */
}

bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    (void)Heap, (void)Entry, (void)Units;
    return false; /* not written yet */
}

HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every)
{
    (void)Heap, (void)Units, (void)Every;
    return NULL; /* not written yet */
}

HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry)
{
    (void)Heap, (void)Entry;
    return NULL; /* not written yet */
}

HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    (void)Heap, (void)Units;
    return Entry; /* nothing is joined: not written yet */
}

void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    (void)Heap, (void)Entry, (void)Units; /* not written yet */
}

bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize)
{
    (void)Heap, (void)Entry, (void)Units, (void)Cut, (void)PreviousSize;
    return false; /* not written yet */
}

ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where)
{
    (void)Entries, (void)Units;
    *Where = Heap;
    return 5; /* not written yet */
}
