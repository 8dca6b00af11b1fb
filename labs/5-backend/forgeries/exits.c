/* exits.c - the first call ends the program with success.
 *
 * refused: it uses exit
 */
#include "heap/core/freelist.h"

void exit(int Code);

typedef struct _INDEX {
    ULONG_PTR Yours;
} INDEX;
C_ASSERT(sizeof(INDEX) <= sizeof(((HEAP *)0)->FreeIndex));

void RtlpOpenFreeIndex(HEAP *Heap)
{
    (void)Heap;
    exit(0);
}

void RtlpInsertFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    (void)Heap, (void)Entry, (void)Units;
}

bool RtlpRemoveFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    (void)Heap, (void)Entry, (void)Units;
    return false;
}

HEAP_ENTRY *RtlpFindFree(HEAP *Heap, ULONG Units, bool Every)
{
    (void)Heap, (void)Units, (void)Every;
    return NULL;
}

HEAP_ENTRY *RtlpNextFree(HEAP *Heap, HEAP_ENTRY *Entry)
{
    (void)Heap, (void)Entry;
    return NULL;
}

HEAP_ENTRY *RtlpJoinFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T *Units)
{
    (void)Heap, (void)Units;
    return Entry;
}

void RtlpFormFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units)
{
    (void)Heap, (void)Entry, (void)Units;
}

bool RtlpCutFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Cut,
                 ULONG PreviousSize)
{
    (void)Heap, (void)Entry, (void)Units, (void)Cut, (void)PreviousSize;
    return false;
}

ULONG RtlpCheckFreeIndex(HEAP *Heap, SIZE_T Entries, SIZE_T Units, PVOID *Where)
{
    (void)Entries, (void)Units;
    *Where = Heap;
    return 5;
}
