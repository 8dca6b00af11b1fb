/* heap.h - the heap of ntdll: how it works, its structures, its invariants.
 *
 * A heap is a few segments.  A segment is a stretch of reserved address space, committed
 * only as far as it is needed; blocks lie in it back to back, each after an 8-byte
 * HEAP_ENTRY that says how long it is and how long the one before it is, both in granules
 * of 8 bytes:
 *
 *   another  |first segment
 *   . . . . .+------+. . . . .+------+------+------+------+-----------+. . . . . . . . .
 *   Guard:   | HEAP | 64 KiB: | busy | free | busy | free | busy: UCR | reserved, not
 *   no access|      |no access|      |  |   |      |  ^   |  |        | committed
 *   . . . . .+------+. . . . .+------+--|---+------+--|---+--|--------+. . . . . . . . .
 *                                       '-- FreeLists-'      '--> UCRList: what can be
 *                                  (sorted by size, with hints)        committed
 *
 * The guard is a reservation of its own, so that the heap's AllocationBase is its handle.  The
 * HEAP_SEGMENTs of further segments lie after HEAP; those segments hold blocks alone.
 *
 * Allocate: round up to granules, ask the free lists for the smallest class that surely
 * fits (one list sorted by class, a hint into it and a bit for each class: two bit scans,
 * no search), cut off what is too much.  Nothing fits: commit more of a segment
 * (NtAllocateVirtualMemory), or reserve a new segment, twice as large as the last.  Free:
 * join the free neighbours on both sides, put the sum back; when much is free, give whole
 * pages back to the system.  More than 0xFE00 granules never enter a segment: they are
 * reserved and committed on their own and released whole (large.c).
 *
 * Before that comes the front end (front/front.h).  The default one (front/groups.c) gives
 * a size that is asked for often regions of its own, cut into equal blocks.  Which of them
 * are free is noted in masks, one for each group of 31, in descriptors that lie outside any
 * block, so no overrun can forge them.  Taking and giving back are one locked instruction
 * each, with no lock held.
 *
 * Headers are XORed with a random key of the heap and carry a checksum; every header that
 * is read is checked against it, every pair of links against its neighbours before it is
 * used.  What does not fit is reported by heap, block and kind (RtlpHeapFailure), and the
 * process ends with STATUS_HEAP_CORRUPTION.
 *
 * Under gflags' ust and hpa what is known of each block is in a table outside (record.c,
 * trace.c), and under hpa each block has pages of its own (pageheap.c).
 *
 * The doors out are the functions at the end of heapp.h (os.c) and nothing else, so the
 * same source runs on a 64-bit host, with granule and header 16 as on x64 Windows.
 *
 * Invariants; RtlpCheckHeap (validate.c, front/check.c) tests each and names the one that does
 * not hold, DEBUG=1 after every operation:
 *   H1   the heap and each segment carry their signature and lie where they say; the table
 *        of segments and SegmentList hold the same ones; what RtlCreateHeap set is unchanged.
 *   H2   entries tile each committed run exactly: header, size, next header, up to the
 *        entry that ends the run; each header's checksum holds, and a busy one's unused
 *        bytes are no more than rounding makes them.
 *   H3   PreviousSize is the size of the entry before; 0 for the first of a segment; for the
 *        first of a later run it tells the pages of the uncommitted range before it
 *        (RtlpRangeTag).
 *   H4   no two free entries are neighbours unless their sum would pass 0xFE00 granules
 *        (or coalescing is off).
 *   H5   every free entry is in FreeLists exactly once, and nothing else is.
 *   H6   FreeLists is sorted by class; a class's hint is its first entry, or null; its bit,
 *        and the summary's for its word, say which.
 *   H7   TotalFreeSize is the sum of the free entries, in granules; ItemCount their number.
 *   H8   the entry that ends a run describes the uncommitted range after it: whole pages,
 *        up to the next run or the segment's end; the segment's counts are their sums.
 *   H9   every such range is in its segment's list and in UCRList, which is sorted by
 *        class, with hints and bits as H6 has them.
 *   H10  every large block is in VirtualAllocdBlocks with intact links and header.
 *   H11  of the front end: blocks lie in their region; each has the header that its
 *        address dictates.
 *   H12  a group names its blocks, and its mask has no bit beyond them; after the last
 *        group of a region comes the end, which leads to the next in the ring.
 *   H13  descriptors fill the zone; each is in its bucket's ring if it is in use, in
 *        Released if it has no memory, and in neither, full and with the alarm on, if it is
 *        detached.  The active group is of its bucket.
 *   H14  the counters of reserved and committed bytes are the sums of all that and of OwnCommit.
 *   H15  the bytes after each busy block of the back end, up to its entry's end, hold the pattern
 *        (RtlpFillSlack); with tail checking, those of each block; with free checking, those of
 *        each free entry.
 *   H16  under hpa: what surrounds each block in use is whole (pageheap.c).
 *
 * Lock: Heap->LockVariable, recursive, for everything but the front end's two fast paths.
 * In Windows: ntdll's heap.c, heapdll.c, lfheap; the names below are those that `dt
 * _HEAP` prints for 7601 x86, offsets asserted.
 */
#ifndef FATHOM_HEAP_H
#define FATHOM_HEAP_H

#ifndef _NTSYSTEM_
#define _NTSYSTEM_ /* this is ntdll: its functions are no imports */
#endif
#include <stdbool.h>
#include "rtlheap.h"

#ifdef _WIN64
#error the guest is 32-bit
#endif
#if UINTPTR_MAX > 0xFFFFFFFFu
#define GRANULE_SHIFT 4
#define HEAP_WIDE     1
#else
#define GRANULE_SHIFT 3
#define HEAP_WIDE     0
#endif
#define GRANULE (1u << GRANULE_SHIFT)

#define HEAP_SIGNATURE          0xEEFFEEFFu
#define HEAP_SEGMENT_SIGNATURE  0xFFEEFFEEu
#define HEAP_USERDATA_SIGNATURE 0xF0E0D0C0u
#define HEAP_MAXIMUM_BLOCK_SIZE 0xFE00u              /* granules, header included */
#define HEAP_MAXIMUM_ALLOCATION ((SIZE_T)0x7FFDEFFF) /* bytes, as on Windows */
#define HEAP_SEGMENT_MAXIMUM    ((SIZE_T)(HEAP_WIDE ? 0x4000000 : 0xFD0000))
#define HEAP_MAXIMUM_SEGMENTS   250 /* SegmentOffset is a byte; FEh and FFh are taken */
#define HEAP_TAIL_SIZE          GRANULE /* bytes of ABh after a block under tail checking */

/* A heap's own structures lie between pages that nothing can touch, those before them in a
 * reservation of their own: no write within 64 KiB of a block reaches them.  The first heaps
 * of a process, which every program has, have more before them: there a write 1 MiB below a
 * block ends, too. */
#define HEAP_GUARD       ALLOCATION_GRANULARITY /* bytes */
#define HEAP_GUARD_WIDE  0x100000u
#define HEAP_GUARDS_WIDE 8u /* heaps */

/* HEAP_SEGMENT.SegmentFlags */
#define HEAP_USER_ALLOCATED 1 /* the memory is the caller's */

/* HEAP_ENTRY.Flags */
#define HEAP_ENTRY_BUSY           0x01
#define HEAP_ENTRY_EXTRA_PRESENT  0x02 /* a HEAP_ENTRY_EXTRA ends the block */
#define HEAP_ENTRY_FILL_PATTERN   0x04
#define HEAP_ENTRY_VIRTUAL_ALLOC  0x08 /* a large block; in a segment: the heap's own */
#define HEAP_ENTRY_LAST_ENTRY     0x10
#define HEAP_ENTRY_SETTABLE_FLAGS 0xE0

/* HEAP_ENTRY.UnusedBytes: the block's length less what was asked for, except */
#define HEAP_UNUSED_VIRTUAL 0x7F /* a large block: its Size field counts them instead */
#define HEAP_UNUSED_LFH     0x80 /* a block of the front end: PreviousSize counts them */

typedef struct _HEAP_ENTRY {
#if HEAP_WIDE
    PVOID Reserved;
#endif
    union {
        struct {
            USHORT Size;         /* granules, header included */
            UCHAR Flags;         /* HEAP_ENTRY_* */
            UCHAR SmallTagIndex; /* XOR of the three bytes before it */
        };
        ULONG Code1;          /* the four, XORed with Heap->Encoding.Code1 */
        ULONG SubSegmentCode; /* front end: which subsegment, which block of it */
    };
    USHORT PreviousSize; /* XORed with Heap->Encoding.PreviousSize */
    UCHAR SegmentOffset; /* index of the segment in Heap->Segments */
    UCHAR UnusedBytes;
} HEAP_ENTRY;

typedef struct _HEAP_FREE_ENTRY {
    HEAP_ENTRY Header;
    LIST_ENTRY FreeList;
} HEAP_FREE_ENTRY;

/* The last granules of a block that was allocated with HEAP_SETTABLE_USER_VALUE. */
typedef struct _HEAP_ENTRY_EXTRA {
    USHORT AllocatorBackTraceIndex;
    USHORT TagIndex;
    SIZE_T Settable;
} HEAP_ENTRY_EXTRA;

typedef struct _HEAP_VIRTUAL_ALLOC_ENTRY {
    LIST_ENTRY Entry;
    HEAP_ENTRY_EXTRA ExtraStuff;
    SIZE_T CommitSize; /* bytes, this header included */
    SIZE_T ReserveSize;
    HEAP_ENTRY BusyBlock;
} HEAP_VIRTUAL_ALLOC_ENTRY;

/* In the busy entry that ends a committed run: the uncommitted range after it. */
typedef struct _HEAP_UCR_DESCRIPTOR {
    LIST_ENTRY ListEntry;    /* Heap->UCRList, sorted by class; empty range: itself */
    LIST_ENTRY SegmentEntry; /* Segment->UCRSegmentList; empty range: itself */
    PVOID Address;
    SIZE_T Size; /* bytes; 0 at the end of a segment that is committed to its end */
} HEAP_UCR_DESCRIPTOR;
#define UCR_ENTRY_BYTES (sizeof(HEAP_ENTRY) + sizeof(HEAP_UCR_DESCRIPTOR))
#define UCR_ENTRY_UNITS ((ULONG)(UCR_ENTRY_BYTES >> GRANULE_SHIFT))

#define HEAP_SEGMENT_FIELDS                                                              \
    HEAP_ENTRY Entry; /* covers the structure itself */                                  \
    ULONG SegmentSignature;                                                              \
    ULONG SegmentFlags;                                                                  \
    LIST_ENTRY SegmentListEntry;                                                         \
    struct _HEAP *Heap;                                                                  \
    PVOID BaseAddress;                                                                   \
    ULONG NumberOfPages;                                                                 \
    HEAP_ENTRY *FirstEntry;                                                              \
    HEAP_ENTRY *LastValidEntry; /* the end of the reserved range */                      \
    ULONG NumberOfUnCommittedPages;                                                      \
    ULONG NumberOfUnCommittedRanges;                                                     \
    USHORT SegmentAllocatorBackTraceIndex;                                               \
    USHORT Reserved;                                                                     \
    LIST_ENTRY UCRSegmentList

typedef struct _HEAP_SEGMENT {
    HEAP_SEGMENT_FIELDS;
} HEAP_SEGMENT;

typedef struct _HEAP_COUNTERS { /* bytes */
    SIZE_T TotalMemoryReserved;
    SIZE_T TotalMemoryCommitted;
    SIZE_T TotalMemoryLargeUCR;
    SIZE_T TotalSizeInVirtualBlocks;
    ULONG TotalSegments;
    ULONG TotalUCRs;
    ULONG CommittOps;
    ULONG DeCommitOps;
    ULONG LockAcquires;
    ULONG LockCollisions;
    ULONG CommitRate;
    ULONG DecommittRate;
    ULONG CommitFailures;
    ULONG InBlockCommitFailures;
    ULONG CompactHeapCalls;
    ULONG CompactedUCRs;
    ULONG AllocAndFreeOps;
    ULONG InBlockDeccommits;
    SIZE_T InBlockDeccomitSize;
    SIZE_T HighWatermarkSize;
    SIZE_T LastPolledSize;
} HEAP_COUNTERS;

typedef struct _HEAP_TUNING_PARAMETERS {
    ULONG CommittThresholdShift;
    SIZE_T MaxPreCommittThreshold;
} HEAP_TUNING_PARAMETERS;

#define HEAP_FREE_INDEX_WORDS 320u /* room for the index of free entries */
#define UCR_CLASSES           32u  /* powers of two of pages */

typedef struct _HEAP_LIST_LOOKUP {
    struct _HEAP_LIST_LOOKUP *ExtendedLookup;
    ULONG ArraySize;
    ULONG ExtraItem;
    ULONG ItemCount;
    ULONG OutOfRangeItems;
    ULONG BaseIndex;
    LIST_ENTRY *ListHead;
    ULONG *ListsInUseUlong;
    LIST_ENTRY **ListHints;
} HEAP_LIST_LOOKUP;

typedef struct _HEAP_LOCK {
    union {
#ifdef _WIN32
        RTL_CRITICAL_SECTION CriticalSection;
#else
        ULONGLONG Space[8];
#endif
    };
} HEAP_LOCK;

typedef struct _HEAP {
    HEAP_SEGMENT_FIELDS; /* the first segment is the one that this lies in */
    ULONG Flags;
    ULONG ForceFlags; /* those that send every call down the long path */
    ULONG CompatibilityFlags;
    ULONG EncodeFlagMask;
    HEAP_ENTRY Encoding; /* the keys */
    ULONG_PTR PointerKey;
    ULONG Interceptor;
    ULONG VirtualMemoryThreshold; /* granules */
    ULONG Signature;
    SIZE_T SegmentReserve;
    SIZE_T SegmentCommit;
    SIZE_T DeCommitFreeBlockThreshold; /* granules */
    SIZE_T DeCommitTotalFreeThreshold; /* granules */
    SIZE_T TotalFreeSize;              /* granules */
    SIZE_T MaximumAllocationSize;      /* bytes */
    USHORT ProcessHeapsListIndex;      /* 1 is PEB.ProcessHeaps[0] */
    USHORT HeaderValidateLength;
    PVOID HeaderValidateCopy;
    USHORT NextAvailableTagIndex;
    USHORT MaximumTagIndex;
    PVOID TagEntries;
    LIST_ENTRY UCRList;
    ULONG_PTR AlignRound;
    ULONG_PTR AlignMask;
    LIST_ENTRY VirtualAllocdBlocks;
    LIST_ENTRY SegmentList;
    USHORT AllocatorBackTraceIndex;
    ULONG NonDedicatedListLength;
    HEAP_LIST_LOOKUP *BlocksIndex;
    PVOID UCRIndex; /* LIST_ENTRY *[UCR_CLASSES]: first range of each class in UCRList */
    PVOID PseudoTagEntries;
    LIST_ENTRY FreeLists;
    HEAP_LOCK *LockVariable; /* null: HEAP_NO_SERIALIZE, no lock at all */
    PRTL_HEAP_COMMIT_ROUTINE CommitRoutine;
    PVOID FrontEndHeap; /* FRONT_HEAP; null: none yet */
    USHORT FrontHeapLockCount;
    UCHAR FrontEndHeapType; /* 0 none, 2 Low Fragmentation Heap */
    UCHAR Reported;         /* ours: a failure, since a call cleared this (realloc.c) */
    HEAP_COUNTERS Counters;
    HEAP_TUNING_PARAMETERS TuningParameters;
    /* From here on Fathom's own. */
    PVOID Front; /* FrontEndHeap; RtlpNoFront: none, or HeapLock keeps it shut */
    ULONG Pad;   /* bytes before the first entry of a run: HEAP_CREATE_ALIGN_16 */
    ULONG SegmentCount;
    SIZE_T Guard;     /* bytes reserved before this, not counted; 0: a caller's memory */
    SIZE_T OwnCommit; /* bytes committed from here on that hold no block */
    SIZE_T NextReserve;   /* bytes that the next segment reserves */
    SIZE_T InitialCommit; /* bytes from here on that stay committed */
    SIZE_T Trimmed;       /* what was in use when RtlpTrimHeap had last been here */
    ULONG_PTR HeaderSum;  /* RtlpHeaderSum: of what never changes */
    ULONG Protect;        /* PAGE_READWRITE or PAGE_EXECUTE_READWRITE */
    ULONG UcrInUse;       /* bit: class has a range */
    ULONG_PTR FreeIndex[HEAP_FREE_INDEX_WORDS]; /* freelist.c's own */
    LIST_ENTRY *UcrHints[UCR_CLASSES];
    HEAP_SEGMENT *Segments[HEAP_MAXIMUM_SEGMENTS];
    UCHAR FrontUse[132]; /* allocations of each bucket's size, until it is the front end's
                          */
    HEAP_LOCK Lock;
} HEAP;

#ifdef _WIN32
C_ASSERT(sizeof(HEAP_ENTRY) == 8 && sizeof(HEAP_SEGMENT) == 0x40);
C_ASSERT(sizeof(HEAP_VIRTUAL_ALLOC_ENTRY) == 0x20 && UCR_ENTRY_BYTES == 0x20);
OFFSET_IS(HEAP_SEGMENT, SegmentSignature, 0x08);
OFFSET_IS(HEAP_SEGMENT, SegmentFlags, 0x0C);
OFFSET_IS(HEAP_SEGMENT, SegmentListEntry, 0x10);
OFFSET_IS(HEAP_SEGMENT, Heap, 0x18);
OFFSET_IS(HEAP_SEGMENT, BaseAddress, 0x1C);
OFFSET_IS(HEAP_SEGMENT, NumberOfPages, 0x20);
OFFSET_IS(HEAP_SEGMENT, FirstEntry, 0x24);
OFFSET_IS(HEAP_SEGMENT, LastValidEntry, 0x28);
OFFSET_IS(HEAP_SEGMENT, NumberOfUnCommittedPages, 0x2C);
OFFSET_IS(HEAP_SEGMENT, NumberOfUnCommittedRanges, 0x30);
OFFSET_IS(HEAP_SEGMENT, SegmentAllocatorBackTraceIndex, 0x34);
OFFSET_IS(HEAP_SEGMENT, Reserved, 0x36);
OFFSET_IS(HEAP_SEGMENT, UCRSegmentList, 0x38);
OFFSET_IS(HEAP, Flags, 0x40);
OFFSET_IS(HEAP, ForceFlags, 0x44);
OFFSET_IS(HEAP, CompatibilityFlags, 0x48);
OFFSET_IS(HEAP, EncodeFlagMask, 0x4C);
OFFSET_IS(HEAP, Encoding, 0x50);
OFFSET_IS(HEAP, PointerKey, 0x58);
OFFSET_IS(HEAP, Interceptor, 0x5C);
OFFSET_IS(HEAP, VirtualMemoryThreshold, 0x60);
OFFSET_IS(HEAP, Signature, 0x64);
OFFSET_IS(HEAP, SegmentReserve, 0x68);
OFFSET_IS(HEAP, SegmentCommit, 0x6C);
OFFSET_IS(HEAP, DeCommitFreeBlockThreshold, 0x70);
OFFSET_IS(HEAP, DeCommitTotalFreeThreshold, 0x74);
OFFSET_IS(HEAP, TotalFreeSize, 0x78);
OFFSET_IS(HEAP, MaximumAllocationSize, 0x7C);
OFFSET_IS(HEAP, ProcessHeapsListIndex, 0x80);
OFFSET_IS(HEAP, HeaderValidateLength, 0x82);
OFFSET_IS(HEAP, HeaderValidateCopy, 0x84);
OFFSET_IS(HEAP, NextAvailableTagIndex, 0x88);
OFFSET_IS(HEAP, MaximumTagIndex, 0x8A);
OFFSET_IS(HEAP, TagEntries, 0x8C);
OFFSET_IS(HEAP, UCRList, 0x90);
OFFSET_IS(HEAP, AlignRound, 0x98);
OFFSET_IS(HEAP, AlignMask, 0x9C);
OFFSET_IS(HEAP, VirtualAllocdBlocks, 0xA0);
OFFSET_IS(HEAP, SegmentList, 0xA8);
OFFSET_IS(HEAP, AllocatorBackTraceIndex, 0xB0);
OFFSET_IS(HEAP, NonDedicatedListLength, 0xB4);
OFFSET_IS(HEAP, BlocksIndex, 0xB8);
OFFSET_IS(HEAP, UCRIndex, 0xBC);
OFFSET_IS(HEAP, PseudoTagEntries, 0xC0);
OFFSET_IS(HEAP, FreeLists, 0xC4);
OFFSET_IS(HEAP, LockVariable, 0xCC);
OFFSET_IS(HEAP, CommitRoutine, 0xD0);
OFFSET_IS(HEAP, FrontEndHeap, 0xD4);
OFFSET_IS(HEAP, FrontHeapLockCount, 0xD8);
OFFSET_IS(HEAP, FrontEndHeapType, 0xDA);
OFFSET_IS(HEAP, Counters, 0xDC);
OFFSET_IS(HEAP, TuningParameters, 0x130);
OFFSET_IS(HEAP, Front, 0x138);
OFFSET_IS(HEAP_LIST_LOOKUP, ListHints, 0x20);
#endif

#endif
