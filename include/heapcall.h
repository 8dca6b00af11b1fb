/* heapcall.h - what ntdll says of a call of a heap: the record that NtFathomHeapEvent takes.
 *
 *     ntdll/heap/gflags/events.c --FATHOM_HEAP_CALL--> NtFathomHeapEvent --> HeapOperation
 *
 * Its first words are the fields of the event, in the order of include/events.tbl.  Times are the
 * low halves of the events' clock, which a program reads as rdtsc less the ULONG at
 * FATHOM_TRACE_OVERHEAD.  A file that includes this has ULONG.
 */
#ifndef FATHOM_HEAPCALL_H
#define FATHOM_HEAPCALL_H

#define FATHOM_TRACE_OVERHEAD 0x7FFE0FFC /* the end of SharedUserData's page */

/* Operation. */
#define HEAP_EVENT_ALLOCATE   1 /* Block, Size: the result and what was asked for */
#define HEAP_EVENT_FREE       2 /* Block */
#define HEAP_EVENT_REALLOCATE 3 /* Old; Block, Size: the result and what was asked for */
#define HEAP_EVENT_CREATE     4 /* Size: bytes reserved */
#define HEAP_EVENT_DESTROY    5

/* Served: where the block came from, or went to. */
#define HEAP_SERVED_FAILED    0
#define HEAP_SERVED_FRONT     1
#define HEAP_SERVED_FREE_LIST 2
#define HEAP_SERVED_COMMIT    3 /* the kernel committed memory for it */
#define HEAP_SERVED_LARGE     4 /* a region of its own */
#define HEAP_SERVED_PAGE_HEAP 5
#define HEAP_SERVED_IN_PLACE  6
#define HEAP_SERVED_HEAP      7 /* a create, a destroy: a heap of its own */

#define HEAP_CALL_FIELDS 8
#define HEAP_CALL_FRAMES 48

typedef struct _FATHOM_HEAP_CALL {
    ULONG Operation, Heap, Block, Size, Granted, Old, Served,
        Began; /* the event's fields */
    ULONG Ended;
    ULONG FrameCount;               /* 0: no stack was asked for */
    ULONG Frames[HEAP_CALL_FRAMES]; /* return addresses, innermost first */
} FATHOM_HEAP_CALL;

/* Calls that a thread keeps in TEB.GdiTebBatch until the kernel takes them: before it records
 * anything else of this thread, at a switch to another, and by NtFathomHeapEvent (Operation 0) when
 * HEAP_BATCH_MOST are there.  The thread alone writes, Tail last; how many were taken the kernel
 * keeps itself. */
#define HEAP_BATCH_MOST 32u
typedef struct _HEAP_BATCHED {
    struct _HEAP_CALL_WORDS {
        ULONG Word[HEAP_CALL_FIELDS];
    } Fields; /* the event's */
    ULONG Ended;
} HEAP_BATCHED;
typedef struct _HEAP_BATCH {
    volatile ULONG Tail; /* calls so far; the next one's place modulo HEAP_BATCH_MOST */
    ULONG Asked;         /* Tail when the kernel was last asked to take them */
    HEAP_BATCHED Calls[HEAP_BATCH_MOST];
} HEAP_BATCH;

#endif
