/* trace.c - the stack trace database: who called, kept once for each different stack.
 *
 * Under gflags' ust (and hpa) every allocation and free notes its caller's stack.  A stack
 * is an entry of at most 16 return addresses; equal ones are the same entry, found by
 * hash, and its number fits the 16 bits that Windows' structures have for it.  The first
 * address is that of RtlAllocateHeap's or RtlFreeHeap's own frame, as `!heap -p -a` shows
 * it.
 *
 *   Heads[hash] -> entry -> entry (Next: the number of one with the same hash, 0 ends)
 *
 * 65,535 stacks; any further ones get number 0 (none).  The region is reserved
 * whole at the first stack and committed as it fills.
 *
 * Lock: that of the records (record.c).  In Windows: RtlpStackTraceDataBase,
 * RtlLogStackBackTrace.
 */
#include "heap/heapp.h"

#define TRACE_HEADS   4096u
#define TRACE_MOST    65535u
#define TRACE_COMMIT  0x10000u
#define TRACE_SKIPPED 2 /* frames of the heap's own: RtlpLogStack, who notes */

typedef struct _TRACE_ENTRY {
    ULONG Hash;
    USHORT Next;
    USHORT Depth;
    PVOID BackTrace[HEAP_TRACE_DEPTH];
} TRACE_ENTRY;

typedef struct _TRACE_DATABASE {
    SIZE_T Committed; /* bytes */
    ULONG Count;
    USHORT Heads[TRACE_HEADS];
    TRACE_ENTRY Entries[TRACE_MOST + 1]; /* the first is not used */
} TRACE_DATABASE;

static TRACE_DATABASE *RtlpTraces;

/* Sees to it that entry Index is committed; false: no memory. */
static bool RtlpReachTrace(ULONG Index)
{
    if (!RtlpTraces) {
        PVOID Base = NULL;
        if (!NT_SUCCESS(RtlpReserve(&Base, sizeof(TRACE_DATABASE), PAGE_READWRITE)))
            return false;
        if (!NT_SUCCESS(RtlpCommit(Base, TRACE_COMMIT, PAGE_READWRITE))) {
            RtlpRelease(Base);
            return false;
        }
        RtlpTraces = Base;
        RtlpTraces->Committed = TRACE_COMMIT;
    }
    SIZE_T End = (SIZE_T)((char *)&RtlpTraces->Entries[Index + 1] - (char *)RtlpTraces);
    if (End <= RtlpTraces->Committed)
        return true;
    if (!NT_SUCCESS(RtlpCommit((char *)RtlpTraces + RtlpTraces->Committed, TRACE_COMMIT,
                               PAGE_READWRITE)))
        return false;
    RtlpTraces->Committed += TRACE_COMMIT;
    return true;
}

static bool RtlpSameTrace(const TRACE_ENTRY *Entry, PVOID const *Frames, ULONG Depth)
{
    for (ULONG i = 0; i < Depth; i++)
        if (Entry->BackTrace[i] != Frames[i])
            return false;
    return Entry->Depth == Depth;
}

/* The number of the calling stack; 0: there is none, or no room for it. */
__attribute__((noinline)) USHORT RtlpLogStack(void)
{
    PVOID Frames[HEAP_TRACE_DEPTH];
    ULONG Depth = RtlpCaptureStack(TRACE_SKIPPED, HEAP_TRACE_DEPTH, Frames);
    ULONG Hash = 0;
    for (ULONG i = 0; i < Depth; i++)
        Hash = Hash * 31 + (ULONG)(ULONG_PTR)Frames[i];
    if (!Depth || !RtlpReachTrace(0))
        return 0;
    USHORT *Head = &RtlpTraces->Heads[(Hash ^ Hash >> 12) % TRACE_HEADS];
    for (ULONG At = *Head; At; At = RtlpTraces->Entries[At].Next)
        if (RtlpTraces->Entries[At].Hash == Hash &&
            RtlpSameTrace(&RtlpTraces->Entries[At], Frames, Depth))
            return (USHORT)At;
    ULONG Index = RtlpTraces->Count + 1;
    if (Index > TRACE_MOST || !RtlpReachTrace(Index))
        return 0;
    TRACE_ENTRY *Entry = &RtlpTraces->Entries[Index];
    *Entry = (TRACE_ENTRY){.Hash = Hash, .Next = *Head, .Depth = (USHORT)Depth};
    for (ULONG i = 0; i < Depth; i++)
        Entry->BackTrace[i] = Frames[i];
    RtlpTraces->Count = Index;
    *Head = (USHORT)Index;
    return (USHORT)Index;
}

/* How many stacks there are: the number of the last one. */
ULONG RtlpStackCount(void)
{
    return RtlpTraces ? RtlpTraces->Count : 0;
}

/* The return addresses of stack Index, innermost first; result: how many. */
ULONG RtlpStackOf(USHORT Index, PVOID const **Frames)
{
    if (!RtlpTraces || Index == 0 || Index > RtlpTraces->Count)
        return 0;
    *Frames = RtlpTraces->Entries[Index].BackTrace;
    return RtlpTraces->Entries[Index].Depth;
}
