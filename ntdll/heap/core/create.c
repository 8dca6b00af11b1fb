/* create.c - RtlCreateHeap, RtlDestroyHeap, and the process's list of heaps.
 *
 * A heap lies at the start of its own first segment: HEAP begins with a HEAP_SEGMENT, so
 * the handle is the segment's base, and as in Windows where its reservation begins.  Before a heap
 * in memory of its own there is another reservation that nothing can touch, its guard, and between
 * HEAP and the first block lie such pages, too (HEAP_GUARD); in a caller's memory the blocks follow
 * at once and there is no guard.  PEB.ProcessHeaps lists the heaps in the order they were made.
 *
 * Lock: the list has its own (os.c).  In Windows: the same functions; the first list is a
 * static one of 16 there too (RtlpProcessHeapsListBuffer).
 */
#include "heap/core/freelist.h"
#include "heap/front/front.h"

#define DEFAULT_SEGMENT_RESERVE 0x100000u
#define DEFAULT_SEGMENT_COMMIT  (2 * PAGE_SIZE)
#define DEFAULT_RESERVE         (64 * PAGE_SIZE) /* HeapCreate(0, 0, 0) */
#define DEFAULT_DECOMMIT_FREE   PAGE_SIZE
#define DEFAULT_DECOMMIT_TOTAL  0x10000u
#define DEBUG_HEAP_FLAGS                                                                 \
    (HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED |                           \
     HEAP_VALIDATE_PARAMETERS_ENABLED | HEAP_VALIDATE_ALL_ENABLED | HEAP_TRACKING)
#define HEAP_FLAGS_KEPT                                                                  \
    (HEAP_NO_SERIALIZE | HEAP_GROWABLE | HEAP_GENERATE_EXCEPTIONS | DEBUG_HEAP_FLAGS |   \
     HEAP_DISABLE_COALESCE_ON_FREE | HEAP_CREATE_ALIGN_16 | HEAP_CREATE_ENABLE_EXECUTE | \
     0xF000 /* HEAP_CLASS_MASK */)

static PVOID RtlpProcessHeapsListBuffer[16];
static PVOID *RtlpProcessHeapsWider; /* the list, once it is a block of the heap */

void RtlpAddProcessHeap(HEAP *Heap)
{
    PPEB Peb = RtlpHeapPeb();
    RtlpEnterHeapList();
    if (!Peb->ProcessHeaps) {
        Peb->ProcessHeaps = RtlpProcessHeapsListBuffer;
        Peb->MaximumNumberOfHeaps = 16;
    }
    if (Peb->NumberOfHeaps == Peb->MaximumNumberOfHeaps && Peb->ProcessHeap) {
        SIZE_T Bytes = Peb->NumberOfHeaps * sizeof(PVOID);
        PVOID *Wider = RtlAllocateHeap(Peb->ProcessHeap, 0, 2 * Bytes);
        if (Wider) {
            __builtin_memcpy(Wider, Peb->ProcessHeaps, Bytes);
            Peb->ProcessHeaps = Wider;
            Peb->MaximumNumberOfHeaps *= 2;
            if (RtlpProcessHeapsWider)
                RtlFreeHeap(Peb->ProcessHeap, 0, RtlpProcessHeapsWider);
            RtlpProcessHeapsWider = Wider;
        }
    }
    if (Peb->NumberOfHeaps < Peb->MaximumNumberOfHeaps) {
        ULONG Index = Peb->NumberOfHeaps;
        Peb->ProcessHeaps[Index] = Heap;
        Heap->ProcessHeapsListIndex = (USHORT)(Index + 1);
        __atomic_store_n(&Peb->NumberOfHeaps, Index + 1, __ATOMIC_RELAXED);
    }
    RtlpLeaveHeapList();
}

void RtlpRemoveProcessHeap(HEAP *Heap)
{
    PPEB Peb = RtlpHeapPeb();
    RtlpEnterHeapList();
    ULONG Index = Heap->ProcessHeapsListIndex;
    if (Index) {
        __atomic_store_n(&Peb->NumberOfHeaps, Peb->NumberOfHeaps - 1, __ATOMIC_RELAXED);
        for (ULONG i = Index - 1; i < Peb->NumberOfHeaps; i++) {
            Peb->ProcessHeaps[i] = Peb->ProcessHeaps[i + 1];
            ((HEAP *)Peb->ProcessHeaps[i])->ProcessHeapsListIndex = (USHORT)(i + 1);
        }
    }
    RtlpLeaveHeapList();
}

/* The flags a heap gets from gflags' settings for the process. */
static ULONG RtlpGlobalFlags(ULONG NtGlobalFlag)
{
    ULONG Flags = 0;
    if (NtGlobalFlag & FLG_HEAP_ENABLE_TAIL_CHECK)
        Flags |= HEAP_TAIL_CHECKING_ENABLED;
    if (NtGlobalFlag & FLG_HEAP_ENABLE_FREE_CHECK)
        Flags |= HEAP_FREE_CHECKING_ENABLED;
    if (NtGlobalFlag & FLG_HEAP_VALIDATE_PARAMETERS)
        Flags |= HEAP_VALIDATE_PARAMETERS_ENABLED;
    if (NtGlobalFlag & FLG_HEAP_VALIDATE_ALL)
        Flags |= HEAP_VALIDATE_ALL_ENABLED;
    if (NtGlobalFlag & FLG_HEAP_DISABLE_COALESCING)
        Flags |= HEAP_DISABLE_COALESCE_ON_FREE;
    if (NtGlobalFlag & FLG_USER_STACK_TRACE_DB)
        Flags |= HEAP_CAPTURE_STACK_BACKTRACES;
    if (NtGlobalFlag & FLG_HEAP_PAGE_ALLOCS)
        Flags |= HEAP_TRACKING;
    return Flags;
}

static SIZE_T RtlpValueOr(SIZE_T Value, SIZE_T Default)
{
    return Value ? Value : Default;
}

/* Fills in a HEAP of zeroes at Heap: everything but its first segment. */
static void RtlpInitializeHeap(HEAP *Heap, ULONG Flags, PVOID Lock,
                               const RTL_HEAP_PARAMETERS *Parameters)
{
    PPEB Peb = RtlpHeapPeb();
    Heap->Signature = HEAP_SIGNATURE;
    Heap->Flags = Flags;
    Heap->ForceFlags = Flags & DEBUG_HEAP_FLAGS;
    Heap->Protect =
        Flags & HEAP_CREATE_ENABLE_EXECUTE ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    RtlpInitializeEncoding(Heap);
    SIZE_T Align = Flags & HEAP_CREATE_ALIGN_16 ? 16 : GRANULE;
    SIZE_T Tail = Flags & HEAP_TAIL_CHECKING_ENABLED ? HEAP_TAIL_SIZE : 0;
    Heap->Pad = Align > GRANULE ? (ULONG)sizeof(HEAP_ENTRY) : 0;
    Heap->AlignRound = sizeof(HEAP_ENTRY) + Align - 1 + Tail;
    Heap->AlignMask = ~(ULONG_PTR)(Align - 1);
    RtlpInitializeList(&Heap->UCRList);
    RtlpInitializeList(&Heap->VirtualAllocdBlocks);
    RtlpInitializeList(&Heap->SegmentList);
    Heap->SegmentReserve =
        RtlpValueOr(Parameters->SegmentReserve,
                    RtlpValueOr(Peb->HeapSegmentReserve, DEFAULT_SEGMENT_RESERVE));
    Heap->SegmentCommit =
        RtlpValueOr(Parameters->SegmentCommit,
                    RtlpValueOr(Peb->HeapSegmentCommit, DEFAULT_SEGMENT_COMMIT));
    Heap->SegmentReserve = ALIGN_UP(Heap->SegmentReserve, ALLOCATION_GRANULARITY);
    Heap->SegmentCommit = ALIGN_UP(Heap->SegmentCommit, PAGE_SIZE);
    Heap->NextReserve = Heap->SegmentReserve;
    Heap->DeCommitFreeBlockThreshold =
        RtlpValueOr(
            Parameters->DeCommitFreeBlockThreshold,
            RtlpValueOr(Peb->HeapDeCommitFreeBlockThreshold, DEFAULT_DECOMMIT_FREE)) >>
        GRANULE_SHIFT;
    Heap->DeCommitTotalFreeThreshold =
        RtlpValueOr(
            Parameters->DeCommitTotalFreeThreshold,
            RtlpValueOr(Peb->HeapDeCommitTotalFreeThreshold, DEFAULT_DECOMMIT_TOTAL)) >>
        GRANULE_SHIFT;
    Heap->MaximumAllocationSize = HEAP_MAXIMUM_ALLOCATION;
    if (Parameters->MaximumAllocationSize &&
        Parameters->MaximumAllocationSize < HEAP_MAXIMUM_ALLOCATION)
        Heap->MaximumAllocationSize = Parameters->MaximumAllocationSize;
    Heap->VirtualMemoryThreshold = HEAP_MAXIMUM_BLOCK_SIZE;
    SIZE_T Threshold = Parameters->VirtualMemoryThreshold >> GRANULE_SHIFT;
    if (Threshold && Threshold < HEAP_MAXIMUM_BLOCK_SIZE)
        Heap->VirtualMemoryThreshold = (ULONG)Threshold;
    Heap->CommitRoutine = Parameters->CommitRoutine;
    RtlpOpenFreeIndex(Heap);
    Heap->UCRIndex = Heap->UcrHints;
    Heap->Front = &RtlpNoFront;
    Heap->HeaderValidateLength = (USHORT)sizeof(HEAP);
    if (Flags & HEAP_NO_SERIALIZE)
        return;
    Heap->LockVariable = Lock ? Lock : &Heap->Lock;
    if (!Lock)
        RtlpCreateLock(&Heap->Lock);
}

/* The memory of a heap to be: its first segment. */
typedef struct _HEAP_ROOM_FOR {
    char *Base; /* of HEAP; given or null at first */
    ULONG Protect;
    SIZE_T Guard, OwnCommit; /* as in HEAP */
    SIZE_T BlockCommit;      /* bytes committed for blocks */
    SIZE_T Committed;        /* bytes from Base to where they end */
    SIZE_T Reserve;          /* bytes from Base */
} HEAP_ROOM_FOR;

/* In a caller's memory: HEAP and the blocks after it. */
static bool RtlpUseRoom(HEAP_ROOM_FOR *Room, SIZE_T Commit, SIZE_T Reserve)
{
    SIZE_T Least = ALIGN_UP(sizeof(HEAP) + UCR_ENTRY_BYTES + 64, PAGE_SIZE);
    Room->Committed = Commit < Least ? Least : Commit;
    Room->Reserve = Reserve < Room->Committed ? Room->Committed : Reserve;
    Room->OwnCommit = ALIGN_DOWN(ALIGN_UP(sizeof(HEAP), 16), PAGE_SIZE);
    Room->BlockCommit = Room->Committed - Room->OwnCommit;
    return NT_SUCCESS(RtlpCommit(Room->Base, Room->Committed, Room->Protect));
}

#define GUARD_TRIES 8 /* other threads may take the place meanwhile */

/* Reserves the guard at Guard (null: in the lowest room) and the heap right after it.  False: one
 * of the two places is taken. */
static bool RtlpReserveAt(HEAP_ROOM_FOR *Room, PVOID Guard)
{
    if (!NT_SUCCESS(RtlpReserve(&Guard, Room->Guard, PAGE_NOACCESS)))
        return false;
    PVOID Base = (char *)Guard + Room->Guard;
    Room->Base = Base;
    if (NT_SUCCESS(RtlpReserve(&Base, Room->Reserve, Room->Protect)))
        return true;
    RtlpRelease(Guard);
    return false;
}

/* The same wherever both have room.  The lowest room for a guard is tried first if the heap is no
 * larger: as a rule it has that much more.  False: no memory. */
static bool RtlpReserveGuarded(HEAP_ROOM_FOR *Room)
{
    if (Room->Reserve <= Room->Guard && RtlpReserveAt(Room, NULL))
        return true;
    for (ULONG Try = 0; Try < GUARD_TRIES; Try++) {
        PVOID Both = NULL;
        if (!NT_SUCCESS(RtlpReserve(&Both, Room->Guard + Room->Reserve, PAGE_NOACCESS)))
            return false;
        RtlpRelease(Both);
        if (RtlpReserveAt(Room, Both))
            return true;
    }
    return false;
}

/* Reserves room for a heap and commits some: Commit bytes together, or two pages.  Sized: Reserve
 * is what somebody asked for, so what no block can have comes on top of it. */
static bool RtlpMakeRoom(HEAP_ROOM_FOR *Room, SIZE_T Commit, SIZE_T Reserve, bool Sized)
{
    if (Room->Base)
        return RtlpUseRoom(Room, Commit, Reserve);
    SIZE_T Head = RtlpSegmentHead(HEAP_GUARD, 0);
    Room->Guard = RTLP_READ(RtlpHeapPeb()->NumberOfHeaps) < HEAP_GUARDS_WIDE
                      ? HEAP_GUARD_WIDE
                      : HEAP_GUARD;
    Room->OwnCommit = ALIGN_UP(sizeof(HEAP), PAGE_SIZE);
    Room->BlockCommit = Commit > Room->OwnCommit ? Commit - Room->OwnCommit : PAGE_SIZE;
    Room->Committed = Head + Room->BlockCommit;
    Room->Reserve = Sized ? Reserve + Head : Reserve;
    if (Room->Reserve < Room->Committed)
        Room->Reserve = Room->Committed;
    if (!RtlpReserveGuarded(Room))
        return false;
    if (NT_SUCCESS(RtlpCommit(Room->Base, Room->OwnCommit, Room->Protect)) &&
        NT_SUCCESS(RtlpCommit(Room->Base + Head, Room->BlockCommit, Room->Protect)))
        return true;
    RtlpRelease(Room->Base);
    RtlpRelease(Room->Base - Room->Guard);
    return false;
}

/* Makes a heap.
 *
 * Flags: HEAP_NO_SERIALIZE, HEAP_GROWABLE (else ReserveSize is all it will ever have),
 * HEAP_GENERATE_EXCEPTIONS, HEAP_CREATE_ALIGN_16, HEAP_CREATE_ENABLE_EXECUTE, the
 * checking flags.  HeapBase: memory reserved by the caller, or null.  ReserveSize,
 * CommitSize: bytes; 0 is 64 pages and one page.  Lock: a critical section to use instead
 * of its own, or null. Result: the heap; null if there is no memory or ReserveSize has no
 * room for a heap. (Microsoft: RtlCreateHeap.) */
PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize,
                          SIZE_T CommitSize, PVOID Lock, PRTL_HEAP_PARAMETERS Parameters)
{
    RTL_HEAP_PARAMETERS Given = {.Length = sizeof(Given)};
    if (Parameters && Parameters->Length == sizeof(Given))
        Given = *Parameters;
    ULONG Kept = (Flags & HEAP_FLAGS_KEPT) | RtlpGlobalFlags(RtlpHeapPeb()->NtGlobalFlag);
    if (Kept & HEAP_FLAG_PAGE_ALLOCS) /* its blocks have no room for these */
        Kept &= ~(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED);
#if HEAP_WIDE
    Kept &= ~HEAP_CREATE_ALIGN_16; /* every block is so aligned there */
#endif
    if (ReserveSize > HEAP_MAXIMUM_ALLOCATION || CommitSize > HEAP_MAXIMUM_ALLOCATION)
        return NULL;
    SIZE_T Commit = ALIGN_UP(RtlpValueOr(CommitSize, PAGE_SIZE), PAGE_SIZE);
    SIZE_T Reserve = RtlpValueOr(
        ReserveSize, CommitSize ? ALIGN_UP(Commit, 16 * PAGE_SIZE) : DEFAULT_RESERVE);
    HEAP_ROOM_FOR Room = {.Base = HeapBase,
                          .Protect = Kept & HEAP_CREATE_ENABLE_EXECUTE
                                         ? PAGE_EXECUTE_READWRITE
                                         : PAGE_READWRITE};
    if (!RtlpMakeRoom(&Room, Commit, ALIGN_UP(Reserve, PAGE_SIZE),
                      ReserveSize || CommitSize))
        return NULL;
    HEAP *Heap = (HEAP *)Room.Base;
    __atomic_store_n(&RtlpAudit, RtlpCheckHeap, __ATOMIC_RELAXED);
    RtlpOpenReports();
    if (HeapBase) /* what the system has just committed is zero */
        RtlZeroMemory(Heap, sizeof(HEAP));
    RtlpInitializeHeap(Heap, Kept, Lock, &Given);
    Heap->SegmentFlags = HeapBase ? HEAP_USER_ALLOCATED : 0;
    Heap->Guard = Room.Guard;
    Heap->OwnCommit = Room.OwnCommit;
    Heap->Counters.TotalMemoryCommitted = Room.OwnCommit + Room.BlockCommit;
    Heap->InitialCommit = Room.Committed;
    Heap->HeaderSum = RtlpHeaderSum(Heap);
    RtlpInitializeSegment(Heap, (HEAP_SEGMENT *)Heap, Room.Base, Room.Committed,
                          Room.Reserve, 0);
    RtlpAddProcessHeap(Heap);
    if (RtlpHeapTracing())
        RtlpTraceHeap(HEAP_EVENT_CREATE, Heap, Reserve);
    return Heap;
}

/* Releases a heap with all that is in it.  Result: null; the handle itself if it is the
 * process's default heap, which stays, or no heap (reported).  (Microsoft: HeapDestroy.)
 */
PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle)
{
    HEAP *Heap = HeapHandle;
    if (!Heap)
        return NULL;
    if (!RtlpIsHeap(Heap) || Heap == RtlpHeapPeb()->ProcessHeap)
        return HeapHandle;
    RtlpRemoveProcessHeap(Heap);
    if (RtlpHeapTracing())
        RtlpTraceHeap(HEAP_EVENT_DESTROY, Heap, 0);
    if (Heap->Flags & HEAP_TRACKING)
        RtlpForgetRecords(Heap);
    RtlpFrontDestroy(Heap);
    while (Heap->VirtualAllocdBlocks.Flink != &Heap->VirtualAllocdBlocks) {
        LIST_ENTRY *Link = Heap->VirtualAllocdBlocks.Flink;
        if (!RtlpSafeUnlink(Heap, Link))
            break;
        RtlpRelease(CONTAINING_RECORD(Link, HEAP_VIRTUAL_ALLOC_ENTRY, Entry));
    }
    for (ULONG i = Heap->SegmentCount; i-- > 1;)
        if (Heap->Segments[i])
            RtlpReleaseSegment(Heap, i);
    Heap->Signature = 0;
    if (Heap->LockVariable == &Heap->Lock)
        RtlpDeleteLock(&Heap->Lock);
    SIZE_T Guard = Heap->Guard;
    if (Heap->SegmentFlags & HEAP_USER_ALLOCATED) {
        RtlpDecommit(Heap, (SIZE_T)Heap->NumberOfPages << PAGE_SHIFT);
    } else {
        RtlpRelease(Heap);
        RtlpRelease((char *)Heap - Guard);
    }
    return NULL;
}
