/* heapp.h - what the files of the heap share: headers' code, each file's functions, the doors.
 *
 * heap.h tells how the whole works.  Lock: every function here wants the heap's held, unless it
 * says otherwise.
 */
#ifndef FATHOM_HEAPP_H
#define FATHOM_HEAPP_H

#include "heap/heap.h"
#include "heap/core/entry.h"

/* One read of a word that other threads may write meanwhile, and one write of what they read. */
#ifdef __SANITIZE_THREAD__
#define RTLP_READ(Value)       __atomic_load_n(&(Value), __ATOMIC_ACQUIRE)
#define RTLP_WRITE(Value, New) __atomic_store_n(&(Value), New, __ATOMIC_RELAXED)
#else
#define RTLP_READ(Value)       (*(const volatile __typeof__(Value) *)&(Value))
#define RTLP_WRITE(Value, New) (*(volatile __typeof__(Value) *)&(Value) = (New))
#endif
#define RTLP_RARELY(Truth) __builtin_expect((Truth), false)
#define RTLP_MOSTLY(Truth) __builtin_expect((Truth) != 0, true)

/* What can be wrong; the names are those of Windows' HEAP_FAILURE_TYPE. */
typedef enum _HEAP_FAILURE_TYPE {
    heap_failure_internal,
    heap_failure_unknown,
    heap_failure_generic,
    heap_failure_entry_corruption,
    heap_failure_multiple_entries_corruption,
    heap_failure_virtual_block_corruption,
    heap_failure_buffer_overrun,
    heap_failure_buffer_underrun,
    heap_failure_block_not_busy,
    heap_failure_invalid_argument,
    heap_failure_invalid_allocation_type,
    heap_failure_usage_after_free,
    heap_failure_cross_heap_operation,
    heap_failure_freelists_corruption,
    heap_failure_listentry_corruption,
    heap_failure_lfh_bitmap_mismatch,
} HEAP_FAILURE_TYPE;

/* Call flags that the front end's fast paths do not serve. */
#define LONG_PATH_FLAGS (~(ULONG)(HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS))

/* encode.c */
ULONG RtlpProbeEntry(HEAP *Heap, HEAP_ENTRY *Entry); /* RtlpProbe, out of line */
void RtlpInitializeEncoding(HEAP *Heap);
ULONG RtlpUnitsFor(const HEAP *Heap, ULONG Flags, SIZE_T Size);
/* The entry after the range that Last describes; null: the segment ends there. */
HEAP_ENTRY *RtlpAfterRange(const HEAP *Heap, const HEAP_ENTRY *Last);
bool RtlpCheckBefore(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Before);
/* Takes Entry out of its list if both neighbours point at it; false: reported, untouched.
 */
bool RtlpSafeUnlink(HEAP *Heap, LIST_ENTRY *Entry);

/* header.c: over the fields of HEAP that never change; HEAP.HeaderSum is what it was at first. */
ULONG_PTR RtlpHeaderSum(const HEAP *Heap);

/* segment.c */
void RtlpInitializeSegment(HEAP *Heap, HEAP_SEGMENT *Segment, char *Base,
                           SIZE_T Committed, SIZE_T Reserved, ULONG Index);
HEAP_ENTRY *RtlpAddSegment(HEAP *Heap, ULONG Units);
/* Where segment Index of the heap has its HEAP_SEGMENT after HEAP; null: at its own start. */
HEAP_SEGMENT *RtlpSegmentPlace(const HEAP *Heap, ULONG Index);
/* Bytes from the start of segment Index to its first run. */
SIZE_T RtlpSegmentHead(SIZE_T Guard, ULONG Index);

/* extend.c */
HEAP_ENTRY *RtlpExtendHeap(HEAP *Heap, ULONG Units, ULONG *Got);
ULONG RtlpFreeBefore(const HEAP *Heap, const HEAP_ENTRY *Last);
SIZE_T RtlpCommitBytes(const HEAP *Heap, const HEAP_UCR_DESCRIPTOR *Ucr, ULONG Units);
HEAP_ENTRY *RtlpCommitUcr(HEAP *Heap, HEAP_UCR_DESCRIPTOR *Ucr, SIZE_T Size,
                          SIZE_T *Units);

/* ranges.c */
NTSTATUS RtlpCommitPages(HEAP *Heap, PVOID Base, SIZE_T Size);
ULONG RtlpUcrClass(SIZE_T Bytes);
bool RtlpCheckUcr(HEAP *Heap,
                  const HEAP_UCR_DESCRIPTOR *Ucr); /* links; false: reported */
/* Into both lists, out of both; false: damaged links (reported). */
bool RtlpInsertUcr(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_UCR_DESCRIPTOR *Ucr);
bool RtlpRemoveUcr(HEAP *Heap, HEAP_SEGMENT *Segment, HEAP_UCR_DESCRIPTOR *Ucr);
HEAP_UCR_DESCRIPTOR *RtlpFindUcr(HEAP *Heap, SIZE_T Pages);
bool RtlpCheckRange(HEAP *Heap, HEAP_ENTRY *Last);
void RtlpEndRun(HEAP *Heap, ULONG Index, ULONG PreviousSize, char *Address, SIZE_T Size,
                HEAP_UCR_DESCRIPTOR *From);

/* decommit.c */
HEAP_ENTRY *RtlpDecommitFree(HEAP *Heap, HEAP_ENTRY *Entry, SIZE_T Units);
void RtlpReleaseSegment(HEAP *Heap, ULONG Index); /* damaged: reported, and it stays */
void RtlpCompactFree(HEAP *Heap); /* gives the pages of all free entries back */

/* gflags/: freefill.c (RtlpWriteFree, RtlpCheckFree), debug.c */
/* Writes the whole header of a free entry, and the pattern that the heap's flags ask for. */
void RtlpWriteFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG PreviousSize,
                   UCHAR SegmentIndex);
bool RtlpCheckFree(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Flags);
void RtlpFillBusy(const HEAP *Heap, PVOID Block, SIZE_T Size);
void RtlpFillTail(const HEAP *Heap, PVOID Block, SIZE_T Size);
bool RtlpCheckTail(HEAP *Heap, PVOID Block, SIZE_T Size);
bool RtlpCheckSlack(HEAP *Heap, HEAP_ENTRY *Entry); /* busy and sound; false: reported */

/* What a heap of gflags' ust or hpa keeps about each of its blocks. */
#define HEAP_TRACKING    (HEAP_CAPTURE_STACK_BACKTRACES | HEAP_FLAG_PAGE_ALLOCS)
#define HEAP_TRACE_DEPTH 16 /* return addresses of a stack that are kept */

typedef struct _HEAP_RECORD {
    PVOID Block;
    SIZE_T Size; /* bytes, as asked for */
    HEAP *Heap;
    char *Pages;      /* hpa: the first of its own pages; else null */
    USHORT Allocated; /* stack numbers; 0: not known */
    USHORT Freed;
    bool Busy;
} HEAP_RECORD;

/* trace.c */
USHORT RtlpLogStack(void);
ULONG RtlpStackOf(USHORT Index, PVOID const **Frames);
ULONG RtlpStackCount(void);

/* record.c; those without Note want the records' lock */
void RtlpNoteAllocation(HEAP *Heap, PVOID Block, SIZE_T Size);
void RtlpNoteFree(PVOID Block);
HEAP_RECORD *RtlpRecordOf(const void *Block);
HEAP_RECORD *RtlpMakeRecord(PVOID Block);
HEAP_RECORD *RtlpNextRecord(const HEAP *Heap, const HEAP_RECORD *Before);
HEAP_RECORD *RtlpRecordAround(const void *Address);

/* pageheap.c */
PVOID RtlpAllocatePages(HEAP *Heap, SIZE_T Size);
bool RtlpFindPages(const HEAP *Heap, const void *Block, SIZE_T *Size);
PVOID RtlpCheckPages(const HEAP *Heap, HEAP_FAILURE_TYPE *What);
bool RtlpFreePageBlock(HEAP *Heap, PVOID Block);
void RtlpForgetRecords(HEAP *Heap);

/* create.c */
void RtlpAddProcessHeap(HEAP *Heap);
void RtlpRemoveProcessHeap(HEAP *Heap);

/* validate.c: every invariant; false: reported; Quiet: printed only. */
bool RtlpCheckHeap(HEAP *Heap, bool Quiet);
bool RtlpIsSegmentSound(const HEAP *Heap, ULONG Index); /* H1; not reported */
/* process.c: the heaps of the process, before it ends and when ntdll has faulted. */
void RtlpCheckHeapsAtExit(void);
typedef struct _HEAP_DAMAGE {
    HEAP *Heap;
    HEAP_FAILURE_TYPE What;
    PVOID Where;
} HEAP_DAMAGE;
bool RtlpFindDamage(HEAP_DAMAGE *Damage);
extern bool RtlpThreadsEnded; /* other threads ended wherever they were */
/* After each operation: DEBUG=1 on every heap, gflags' hvc on those of a process.  A pointer,
 * because those who audit are checked by calls into what they call (encode.c defines it,
 * RtlCreateHeap sets it). */
extern bool (*RtlpAudit)(HEAP *Heap, bool Quiet);
#if DEBUG
#define RTLP_AUDIT(Heap) (void)RtlpAudit(Heap, false)
#else
#define RTLP_AUDIT(Heap)                                                                 \
    (void)(!((Heap)->Flags & HEAP_VALIDATE_ALL_ENABLED) || RtlpAudit(Heap, false))
#endif
/* The same after a short path, lock not held; not beside threads that TSan watches. */
#if DEBUG && !defined(__SANITIZE_THREAD__)
#define RTLP_AUDIT_SHORT(Heap) RtlpAuditUnlocked(Heap)
#else
#define RTLP_AUDIT_SHORT(Heap) (void)0
#endif

/* allocate.c, free.c: the back end; lock held */
PVOID RtlpAllocateHeap(HEAP *Heap, ULONG Flags, SIZE_T Size);
PVOID RtlpAllocateAny(HEAP *Heap, ULONG Flags, SIZE_T Size);
HEAP_ENTRY *RtlpAllocateBlock(HEAP *Heap, ULONG Units, ULONG EntryFlags);
void RtlpFreeBlock(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units);
BOOLEAN RtlpFreeHeap(HEAP *Heap, ULONG Flags, PVOID Block);
void RtlpSplit(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units, ULONG Keep, ULONG EntryFlags);
bool RtlpNoHeap(HEAP *Heap); /* reports it; false */

/* large.c */
#define HEAP_ROOM                                                                        \
    HEAP_REALLOC_IN_PLACE_ONLY /* Flags of RtlpAllocateAny: it will grow again */
PVOID RtlpAllocateLarge(HEAP *Heap, ULONG Flags, SIZE_T Size);
void RtlpFreeLarge(HEAP *Heap, PVOID Block);
HEAP_VIRTUAL_ALLOC_ENTRY *RtlpFindLarge(HEAP *Heap, PVOID Block); /* null: it is none */
bool RtlpResizeLarge(HEAP *Heap, PVOID Block, SIZE_T Size);
SIZE_T RtlpLargeUnused(const HEAP *Heap, const HEAP_VIRTUAL_ALLOC_ENTRY *Large);

#ifdef _WIN32 /* probe.c */
bool RtlpResumeHeapProbe(const EXCEPTION_RECORD *Record, CONTEXT *Context);
static inline bool RtlpIsFault(ULONG Code)
{
    return Code == (ULONG)STATUS_ACCESS_VIOLATION ||
           Code == (ULONG)STATUS_GUARD_PAGE_VIOLATION ||
           Code == (ULONG)STATUS_IN_PAGE_ERROR;
}
/* fault.c; exception.c calls it through the pointer, once there is a heap */
void RtlpJudgeFault(const EXCEPTION_RECORD *Record, CONTEXT *Context);
extern void (*RtlpFaultJudge)(const EXCEPTION_RECORD *Record, CONTEXT *Context);
#endif

/* find.c: what a user pointer turned out to be. */
typedef struct _HEAP_BLOCK {
    enum { BlockBackEnd, BlockFrontEnd, BlockLarge, BlockPages } Kind;
    HEAP_ENTRY *Entry;
    ULONG Flags;   /* of the entry */
    SIZE_T Bytes;  /* of the whole block, header included */
    SIZE_T Unused; /* Bytes less the size that was asked for */
} HEAP_BLOCK;
/* Fills in *Found for a block in use; false if it is none: reported, unless Quiet. */
bool RtlpFindBlock(HEAP *Heap, PVOID Block, HEAP_BLOCK *Found, bool Quiet, PCSTR Call);
bool RtlpFreeFound(HEAP *Heap, const HEAP_BLOCK *Found); /* free.c */
/* around.c */
typedef struct _HEAP_NEIGHBOUR {
    PVOID Data; /* null: not known */
    SIZE_T Bytes;
    bool Busy;
} HEAP_NEIGHBOUR;
void RtlpFindAround(const HEAP *Heap, PVOID Address, HEAP_NEIGHBOUR *Inside,
                    HEAP_NEIGHBOUR *Before);

HEAP_ENTRY_EXTRA *RtlpExtraOf(const HEAP_BLOCK *Found); /* null: it has none */

/* The doors out: os.c in the system, tests/host/heap_os.c on a host. */
NTSTATUS RtlpReserve(PVOID *Base, SIZE_T Size,
                     ULONG Protect); /* *Base: there; null: anywhere */
/* Reserve bytes, the first Commit of them committed: one call if that is all. */
NTSTATUS RtlpReserveAndCommit(PVOID *Base, SIZE_T Reserve, SIZE_T Commit, ULONG Protect);
NTSTATUS RtlpCommit(PVOID Base, SIZE_T Size, ULONG Protect);
NTSTATUS RtlpDecommit(PVOID Base, SIZE_T Size);
NTSTATUS RtlpRelease(PVOID Base);
void RtlpPause(void); /* lets other threads run, for a tick */
void RtlpCreateLock(HEAP_LOCK *Lock);
void RtlpDeleteLock(HEAP_LOCK *Lock);
void RtlpEnterLock(HEAP_LOCK *Lock);
void RtlpLeaveLock(HEAP_LOCK *Lock);
bool RtlpTryLock(HEAP_LOCK *Lock);         /* false: another thread's */
bool RtlpIsAwaited(const HEAP_LOCK *Lock); /* held: another thread waits for it */
/* report.c in the system: reports and, unless the process asked for the older behaviour,
 * does not return. */
void RtlpHeapFailure(HEAP *Heap, HEAP_FAILURE_TYPE Type, PVOID Block, PCSTR Call);
void RtlpHeapNotice(HEAP *Heap, HEAP_FAILURE_TYPE Type, PVOID Block, PCSTR Call);
#ifdef _WIN32
void RtlpEndCorrupt(CONTEXT *Context, PVOID Address, HEAP *Heap, HEAP_FAILURE_TYPE Type,
                    PVOID Block);
#endif
bool RtlpHeapSurvives(void);      /* it did ask */
extern bool RtlpAskedToTerminate; /* HeapEnableTerminationOnCorruption was set */
bool RtlpExitIsUnchecked(void);   /* and for this: no check at exit */
bool RtlpHadThreads(void);        /* there was a second thread at some time */
void RtlpOpenReports(void);       /* surroundings.c: reports name the blocks around */
void RtlpTellBlocks(void);        /* leaks.c: which are left, when the process ends */
void RtlpTellImage(PVOID Base);   /* the same: where an image is that goes */
void RtlpHeapSetStatus(NTSTATUS Status); /* the thread's last status and last error */
void RtlpHeapRaise(NTSTATUS Status);     /* HEAP_GENERATE_EXCEPTIONS */
ULONG RtlpHeapRandom(void);
PPEB RtlpHeapPeb(void);
void RtlpEnterHeapList(void); /* the process's list of heaps */
void RtlpLeaveHeapList(void);
void RtlpEnterRecords(void); /* what ust and hpa keep; under a heap's lock */
void RtlpLeaveRecords(void);
ULONG RtlpCaptureStack(ULONG Skip, ULONG Count, PVOID *Frames); /* result: how many */
ULONG RtlpUnwindStack(ULONG Skip, ULONG Count,
                      PVOID *Frames); /* the same: ntdll/unwind.c */
ULONG RtlpTraceClock(void);           /* the events' clock, its low half */
ULONG *RtlpCommits(void);             /* how often this thread called RtlpCommit */
void RtlpTellCall(
    FATHOM_HEAP_CALL *); /* HeapOperation; with the stack, if that is wanted */

/* gflags/events.c: what a call of a heap says of itself.  These take no lock that is held. */
typedef struct _HEAP_CALL {
    bool Traced;
    ULONG Began, Commits;
} HEAP_CALL;
PVOID RtlpTakeTraced(HEAP *Heap, ULONG Flags,
                     SIZE_T Size); /* as untraced, without the lock */
/* An allocation's or (Old: the block as given) a reallocation's end; Block: null if it failed. */
void RtlpTraceBlock(const HEAP_CALL *Call, HEAP *Heap, PVOID Old, PVOID Block,
                    SIZE_T Size);
void RtlpTraceFree(const HEAP_CALL *Call, HEAP *Heap, PVOID Block,
                   const HEAP_BLOCK *Found);
void RtlpTraceHeap(ULONG Operation, HEAP *Heap, SIZE_T Size); /* create, destroy */
/* gflags/batch.c: as RtlpFrontTake and RtlpFrontGive, traced. */
PVOID RtlpTakeBatched(HEAP *Heap, SIZE_T Size);
bool RtlpGiveBatched(HEAP *Heap, PVOID Block);

#include "heap/enter.h"

/* The most bytes of a busy entry that no program asked for. */
static inline ULONG RtlpMostUnused(const HEAP *Heap, ULONG EntryFlags)
{
    ULONG Most = (ULONG)Heap->AlignRound + 1 + GRANULE; /* a granule too small to split */
    if (EntryFlags & HEAP_ENTRY_EXTRA_PRESENT)
        Most += (ULONG)ALIGN_UP(sizeof(HEAP_ENTRY_EXTRA), 16);
    return Most;
}

/* Whether the bytes after what was asked for hold the pattern of RtlpFillSlack. */
static inline bool RtlpSlackIsWhole(const HEAP_ENTRY *Entry, ULONG Code)
{
    const UCHAR *End = (const UCHAR *)Entry + ((SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT);
    for (ULONG Left = RtlpSlack(Entry, Code); Left; Left--)
        if (*--End != SLACK_FILL)
            return false;
    return true;
}

#endif
