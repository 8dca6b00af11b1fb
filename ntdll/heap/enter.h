/* enter.h - how a call of a heap begins and ends: is it a heap, are events wanted, its lock; and
 * the check of an entry's header that every path makes.
 *
 * heapp.h includes it, after all that is declared there.
 */
#ifndef FATHOM_HEAP_ENTER_H
#define FATHOM_HEAP_ENTER_H

#ifndef _WIN32
extern ULONG HostHeapTracing;
#endif
/* Whether heap events are wanted; asked on every call's way, so in two instructions. */
static inline bool RtlpHeapTracing(void)
{
#ifdef _WIN32
    return (*(const ULONG *)(MM_PEB_VA + offsetof(PEB, TracingFlags)) &
            PEB_HEAP_TRACING_ENABLED) != 0; /* the PEB's fixed place */
#else
    return (HostHeapTracing & PEB_HEAP_TRACING_ENABLED) != 0;
#endif
}

static inline HEAP_CALL RtlpCallBegins(void)
{
    HEAP_CALL Call = {.Traced = RtlpHeapTracing()};
    if (Call.Traced) {
        Call.Commits = *RtlpCommits();
        Call.Began = RtlpTraceClock();
    }
    return Call;
}

static inline void RtlpLockHeap(HEAP *Heap)
{
    if (Heap->LockVariable)
        RtlpEnterLock(Heap->LockVariable);
}

static inline void RtlpUnlockHeap(HEAP *Heap)
{
    if (Heap->LockVariable)
        RtlpLeaveLock(Heap->LockVariable);
}

/* Takes the heap's lock unless Flags of the call or of the heap forbid it; result: whether it
 * did, for RtlpLeaveHeap. */
static inline bool RtlpEnterHeap(HEAP *Heap, ULONG Flags)
{
    bool Locked = !((Flags | Heap->Flags) & HEAP_NO_SERIALIZE);
    if (Locked)
        RtlpLockHeap(Heap);
    return Locked;
}

static inline void RtlpLeaveHeap(HEAP *Heap, bool Locked)
{
    if (Locked)
        RtlpUnlockHeap(Heap);
}

static inline void RtlpAuditUnlocked(HEAP *Heap)
{
    RtlpLockHeap(Heap);
    RTLP_AUDIT(Heap);
    RtlpUnlockHeap(Heap);
}

/* The decoded header of Entry; 0 (reported): checksum, segment or the entry after it is wrong. */
static inline ULONG RtlpCheckEntry(HEAP *Heap, HEAP_ENTRY *Entry)
{
    ULONG Code = RtlpProbeEntry(Heap, Entry);
    if (!Code)
        RtlpHeapFailure(Heap, heap_failure_entry_corruption, Entry + 1, "RtlpCheckEntry");
    return Code;
}

/* Whether Heap is a heap; false: reported. */
static inline bool RtlpIsHeap(HEAP *Heap)
{
    return (Heap && RtlpIsSigned(Heap) && Heap->Heap == Heap) || RtlpNoHeap(Heap);
}

#endif
