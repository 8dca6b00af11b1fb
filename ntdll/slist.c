/* slist.c - lists that several threads push to and pop from without a lock.
 *
 * SLIST_HEADER is first entry, depth and a sequence number in one 8-byte word, changed as
 * a whole by cmpxchg8b.  The sequence number goes up with every push, so that a pop which
 * read `next` of an entry that meanwhile was popped and pushed again finds the header
 * changed. An entry must stay readable while others may pop it: memory of a list is not
 * decommitted.
 *
 * Documented: Interlocked Singly Linked Lists.
 */
#include "ntdllp.h"

static BOOLEAN Change(PSLIST_HEADER head, SLIST_HEADER old, SLIST_HEADER new)
{
    return __sync_bool_compare_and_swap((ULONGLONG *)&head->Alignment, old.Alignment,
                                        new.Alignment);
}

static SLIST_HEADER Look(PSLIST_HEADER head)
{
    /* A torn read is harmless: the exchange then fails. */
    return (SLIST_HEADER){.Alignment = *(volatile ULONGLONG *)&head->Alignment};
}

VOID NTAPI RtlInitializeSListHead(PSLIST_HEADER Head)
{
    Head->Alignment = 0;
}

PSLIST_ENTRY NTAPI RtlFirstEntrySList(const SLIST_HEADER *Head)
{
    return Head->Next.Next;
}

USHORT NTAPI RtlQueryDepthSList(PSLIST_HEADER Head)
{
    return Head->Depth;
}

/* Push Count entries that are linked from List to ListEnd; the former first entry. */
PSLIST_ENTRY NTAPI RtlInterlockedPushListSListEx(PSLIST_HEADER Head, PSLIST_ENTRY List,
                                                 PSLIST_ENTRY ListEnd, DWORD Count)
{
    SLIST_HEADER old, new;
    do {
        old = new = Look(Head);
        ListEnd->Next = old.Next.Next;
        new.Next.Next = List;
        new.Depth = (USHORT)(old.Depth + Count);
        new.Sequence++;
    } while (!Change(Head, old, new));
    return old.Next.Next;
}

PSLIST_ENTRY NTAPI RtlInterlockedPushEntrySList(PSLIST_HEADER Head, PSLIST_ENTRY Entry)
{
    return RtlInterlockedPushListSListEx(Head, Entry, Entry, 1);
}

PSLIST_ENTRY NTAPI RtlInterlockedPopEntrySList(PSLIST_HEADER Head)
{
    SLIST_HEADER old, new;
    do {
        old = new = Look(Head);
        if (!old.Next.Next)
            return NULL;
        new.Next.Next = old.Next.Next->Next;
        new.Depth--;
    } while (!Change(Head, old, new));
    return old.Next.Next;
}

PSLIST_ENTRY NTAPI RtlInterlockedFlushSList(PSLIST_HEADER Head)
{
    SLIST_HEADER old, new;
    do {
        old = new = Look(Head);
        if (!old.Next.Next)
            return NULL;
        new.Next.Next = NULL;
        new.Depth = 0;
    } while (!Change(Head, old, new));
    return old.Next.Next;
}
