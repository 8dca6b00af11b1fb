/* vectored.c - handlers that see every exception of the process before (and after) the frames.
 *
 * Two lists, one of exception handlers and one of continue handlers, under one lock.  The
 * lock is not held while a handler runs: a handler may add and remove handlers, itself
 * included.  So Users counts the walks at an entry, and one that is removed meanwhile stays
 * linked, Dead, until the last walk has gone past it.
 *
 * The dispatcher (exception.c) lies below the locks and the heap and calls neither: the first
 * handler that is added puts CallHandlers into RtlpVectoredHandlers.
 *
 * Documented: AddVectoredExceptionHandler and its family.
 */
#include "ntdllp.h"

typedef struct _VECTORED_ENTRY {
    LIST_ENTRY Links;
    ULONG Users; /* 1 for being registered, 1 for each walk that is at it */
    BOOLEAN Dead;
    PVECTORED_HANDLER Handler;
} VECTORED_ENTRY;

static LIST_ENTRY Lists[2] = {{&Lists[0], &Lists[0]}, {&Lists[1], &Lists[1]}};
static RTL_CRITICAL_SECTION Lock = {.LockCount = -1};

static void Release(VECTORED_ENTRY *entry) /* with the lock held */
{
    if (--entry->Users)
        return;
    RemoveEntryList(&entry->Links);
    RtlFreeHeap(NtPeb()->ProcessHeap, 0, entry);
}

/* TRUE: a handler said EXCEPTION_CONTINUE_EXECUTION, and none after it was asked. */
static BOOLEAN CallHandlers(PEXCEPTION_RECORD record, PCONTEXT context,
                            BOOLEAN continuing)
{
    PLIST_ENTRY head = &Lists[continuing];
    if (head->Flink == head)
        return FALSE;
    EXCEPTION_POINTERS pointers = {record, context};
    BOOLEAN handled = FALSE;
    RtlEnterCriticalSection(&Lock);
    for (PLIST_ENTRY at = head->Flink; at != head && !handled;) {
        VECTORED_ENTRY *entry = CONTAINER(at, VECTORED_ENTRY, Links);
        entry->Users++;
        if (!entry->Dead) {
            RtlLeaveCriticalSection(&Lock);
            handled = entry->Handler(&pointers) == EXCEPTION_CONTINUE_EXECUTION;
            RtlEnterCriticalSection(&Lock);
        }
        at = at->Flink;
        Release(entry);
    }
    RtlLeaveCriticalSection(&Lock);
    return handled;
}

static PVOID Add(ULONG list, ULONG first, PVECTORED_HANDLER handler)
{
    VECTORED_ENTRY *entry = RtlAllocateHeap(NtPeb()->ProcessHeap, 0, sizeof *entry);
    if (!entry)
        return NULL;
    *entry = (VECTORED_ENTRY){.Users = 1, .Handler = handler};
    RtlEnterCriticalSection(&Lock);
    RtlpVectoredHandlers = CallHandlers;
    if (first)
        InsertHeadList(&Lists[list], &entry->Links);
    else
        InsertTailList(&Lists[list], &entry->Links);
    RtlLeaveCriticalSection(&Lock);
    return entry;
}

static ULONG Remove(ULONG list, PVOID handle)
{
    ULONG found = 0;
    RtlEnterCriticalSection(&Lock);
    for (PLIST_ENTRY at = Lists[list].Flink; at != &Lists[list] && !found;
         at = at->Flink) {
        VECTORED_ENTRY *entry = CONTAINER(at, VECTORED_ENTRY, Links);
        if (entry != handle || entry->Dead)
            continue;
        entry->Dead = TRUE;
        found = 1;
        Release(entry);
        break;
    }
    RtlLeaveCriticalSection(&Lock);
    return found;
}

PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG First, PVECTORED_HANDLER Handler)
{
    return Add(0, First, Handler);
}

ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID Handle)
{
    return Remove(0, Handle);
}

PVOID NTAPI RtlAddVectoredContinueHandler(ULONG First, PVECTORED_HANDLER Handler)
{
    return Add(1, First, Handler);
}

ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID Handle)
{
    return Remove(1, Handle);
}
