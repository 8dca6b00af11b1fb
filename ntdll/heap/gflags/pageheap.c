/* pageheap.c - gflags' hpa: each block ends where a page begins that cannot be touched.
 *
 *   page                 page                   page
 *   +-------------------+----------------------+- - - - - - - - - - - -+
 *   |  ... | DPH header | the block ...    |D0D0|  never committed     |
 *   +-------------------+----------------------+- - - - - - - - - - - -+
 *                        ^ multiple of 8 (16)   ^ the instruction that reads or writes
 *                                                 here faults, and its stack names it
 *
 * A freed block's pages are given back but their addresses are not, until 256 MiB of them
 * wait: a use of it faults, too.  What a block cannot catch at once (the up to 7
 * bytes of D0 after it, the stamps before it) is checked when it is freed and by
 * HeapValidate.  What is known of a block is in its record (record.c).
 *
 * Invariants: a busy record with Pages has its stamps and its D0; a free one's pages are
 * not committed.  Lock: that of the records.  In Windows: RtlpDphXxx; the header is
 * DPH_BLOCK_INFORMATION and its stamps are those that `!heap -p -a` looks for.
 */
#include "heap/heapp.h"

#define DPH_START  0xABCDBBBBu
#define DPH_END    0xDCBABBBBu
#define DPH_FRESH  0xC0
#define DPH_SUFFIX 0xD0
#define DPH_ARENA  0x400000u   /* bytes reserved at a time */
#define DPH_WAIT   0x10000000u /* bytes of freed addresses that wait before any is reused */
#define DPH_QUEUE  65536u      /* ranges; a power of two */

typedef struct _DPH_BLOCK_INFORMATION {
    ULONG StartStamp;
    PVOID Heap;
    SIZE_T RequestedSize;
    SIZE_T ActualSize; /* of the pages, in bytes */
    LIST_ENTRY FreeQueue;
    PVOID StackTrace;
    ULONG EndStamp;
} DPH_BLOCK_INFORMATION;
#ifdef _WIN32
C_ASSERT(sizeof(DPH_BLOCK_INFORMATION) == 0x20);
#endif

typedef struct _DPH_RANGE {
    char *Base;
    SIZE_T Bytes;
} DPH_RANGE;

static DPH_RANGE RtlpArena;  /* what is left of the latest one */
static DPH_RANGE *RtlpQueue; /* freed ranges, oldest first */
static ULONG RtlpQueueHead, RtlpQueueTail;
static SIZE_T RtlpWaiting; /* bytes */

/* Appends a freed range; if it cannot be kept its addresses are lost to the process. */
static void RtlpQueueRange(char *Base, SIZE_T Bytes)
{
    PVOID Room = NULL;
    if (!RtlpQueue) {
        if (!NT_SUCCESS(
                RtlpReserve(&Room, DPH_QUEUE * sizeof(DPH_RANGE), PAGE_READWRITE)) ||
            !NT_SUCCESS(RtlpCommit(Room, DPH_QUEUE * sizeof(DPH_RANGE), PAGE_READWRITE)))
            return;
        RtlpQueue = Room;
    }
    if (RtlpQueueTail - RtlpQueueHead == DPH_QUEUE)
        RtlpWaiting -= RtlpQueue[RtlpQueueHead++ % DPH_QUEUE].Bytes;
    RtlpQueue[RtlpQueueTail++ % DPH_QUEUE] = (DPH_RANGE){Base, Bytes};
    RtlpWaiting += Bytes;
}

/* Addresses of exactly Bytes from the oldest freed ranges, or null. */
static char *RtlpReuseRange(SIZE_T Bytes)
{
    for (ULONG At = RtlpQueueHead; At != RtlpQueueTail; At++) {
        DPH_RANGE *Range = &RtlpQueue[At % DPH_QUEUE];
        if (Range->Bytes < Bytes)
            continue;
        char *Base = Range->Base;
        Range->Base += Bytes;
        Range->Bytes -= Bytes;
        RtlpWaiting -= Bytes;
        return Base;
    }
    return NULL;
}

/* Addresses for Bytes, a multiple of the page, none of it committed; null: no memory. */
static char *RtlpTakeRange(SIZE_T Bytes)
{
    char *Base = RtlpWaiting > DPH_WAIT ? RtlpReuseRange(Bytes) : NULL;
    if (Base)
        return Base;
    if (RtlpArena.Bytes < Bytes) {
        PVOID More = NULL;
        SIZE_T Size =
            Bytes > DPH_ARENA ? ALIGN_UP(Bytes, ALLOCATION_GRANULARITY) : DPH_ARENA;
        if (!NT_SUCCESS(RtlpReserve(&More, Size, PAGE_READWRITE)))
            return RtlpReuseRange(Bytes);
        if (RtlpArena.Bytes)
            RtlpQueueRange(RtlpArena.Base, RtlpArena.Bytes);
        RtlpArena = (DPH_RANGE){More, Size};
    }
    Base = RtlpArena.Base;
    RtlpArena.Base += Bytes;
    RtlpArena.Bytes -= Bytes;
    return Base;
}

/* Bytes from the block's start to the page that cannot be touched. */
static SIZE_T RtlpPageRoom(const HEAP *Heap, SIZE_T Size)
{
    return ALIGN_UP(Size ? Size : 1, Heap->Pad ? 16 : GRANULE);
}

static SIZE_T RtlpPageBytes(const HEAP *Heap, SIZE_T Size)
{
    return ALIGN_UP(RtlpPageRoom(Heap, Size) + sizeof(DPH_BLOCK_INFORMATION), PAGE_SIZE);
}

/* A block of Size bytes at the end of its own pages; null: no memory. */
PVOID RtlpAllocatePages(HEAP *Heap, SIZE_T Size)
{
    SIZE_T Bytes = RtlpPageBytes(Heap, Size);
    PVOID Block = NULL;
    RtlpEnterRecords();
    char *Base = RtlpTakeRange(Bytes + PAGE_SIZE);
    if (Base) {
        Block = Base + Bytes - RtlpPageRoom(Heap, Size);
        HEAP_RECORD *Record = NULL;
        if (NT_SUCCESS(RtlpCommit(Base, Bytes, Heap->Protect)))
            Record = RtlpMakeRecord(Block);
        if (Record) {
            DPH_BLOCK_INFORMATION *Header = (DPH_BLOCK_INFORMATION *)Block - 1;
            *Header = (DPH_BLOCK_INFORMATION){.StartStamp = DPH_START,
                                              .Heap = Heap,
                                              .RequestedSize = Size,
                                              .ActualSize = Bytes,
                                              .EndStamp = DPH_END};
            __builtin_memset(Block, DPH_FRESH, Size);
            __builtin_memset((char *)Block + Size, DPH_SUFFIX,
                             RtlpPageRoom(Heap, Size) - Size);
            *Record = (HEAP_RECORD){
                .Block = Block, .Size = Size, .Heap = Heap, .Pages = Base, .Busy = true};
        } else {
            RtlpDecommit(Base, Bytes);
            RtlpQueueRange(Base, Bytes + PAGE_SIZE);
            Block = NULL;
        }
    }
    RtlpLeaveRecords();
    return Block;
}

/* Whether Block is in use of Heap and has pages of its own; *Size: what was asked for. */
bool RtlpFindPages(const HEAP *Heap, const void *Block, SIZE_T *Size)
{
    RtlpEnterRecords();
    HEAP_RECORD *Record = RtlpRecordOf(Block);
    bool Found = Record && Record->Pages && Record->Busy && Record->Heap == Heap;
    if (Found)
        *Size = Record->Size;
    RtlpLeaveRecords();
    return Found;
}

/* What is wrong with a block's surroundings; heap_failure_internal: nothing. */
static HEAP_FAILURE_TYPE RtlpJudgePages(const HEAP_RECORD *Record)
{
    const DPH_BLOCK_INFORMATION *Header = (DPH_BLOCK_INFORMATION *)Record->Block - 1;
    const UCHAR *Suffix = (UCHAR *)Record->Block + Record->Size;
    if (Header->StartStamp != DPH_START || Header->EndStamp != DPH_END ||
        Header->Heap != Record->Heap || Header->RequestedSize != Record->Size ||
        Header->ActualSize != RtlpPageBytes(Record->Heap, Record->Size) ||
        Header->FreeQueue.Flink || Header->FreeQueue.Blink || Header->StackTrace)
        return heap_failure_buffer_underrun;
    for (SIZE_T i = RtlpPageRoom(Record->Heap, Record->Size) - Record->Size; i-- > 0;)
        if (Suffix[i] != DPH_SUFFIX)
            return heap_failure_buffer_overrun;
    return heap_failure_internal;
}

/* The first block of Heap whose surroundings are damaged, or null; *What: how. */
PVOID RtlpCheckPages(const HEAP *Heap, HEAP_FAILURE_TYPE *What)
{
    HEAP_RECORD *Record = NULL;
    PVOID Block = NULL;
    RtlpEnterRecords();
    while (!Block && (Record = RtlpNextRecord(Heap, Record)) != NULL)
        if (Record->Pages && (*What = RtlpJudgePages(Record)) != heap_failure_internal)
            Block = Record->Block;
    RtlpLeaveRecords();
    return Block;
}

/* Gives the pages of a sound block back; their addresses wait. */
static void RtlpFreePages(HEAP_RECORD *Record)
{
    SIZE_T Bytes = RtlpPageBytes(Record->Heap, Record->Size);
    Record->Busy = false;
    RtlpDecommit(Record->Pages, Bytes);
    RtlpQueueRange(Record->Pages, Bytes + PAGE_SIZE);
}

/* Frees a block that RtlpFindPages knows; false: its surroundings are damaged (reported).
 */
bool RtlpFreePageBlock(HEAP *Heap, PVOID Block)
{
    RtlpEnterRecords();
    HEAP_RECORD *Record = RtlpRecordOf(Block);
    HEAP_FAILURE_TYPE What = RtlpJudgePages(Record);
    if (What == heap_failure_internal)
        RtlpFreePages(Record);
    RtlpLeaveRecords();
    if (What != heap_failure_internal)
        RtlpHeapFailure(Heap, What, Block, "RtlFreeHeap");
    return What == heap_failure_internal;
}

/* Forgets the blocks of a heap that is no more. */
void RtlpForgetRecords(HEAP *Heap)
{
    RtlpEnterRecords();
    HEAP_RECORD *Record = NULL;
    while ((Record = RtlpNextRecord(Heap, Record)) != NULL) {
        if (Record->Pages)
            RtlpFreePages(Record);
        Record->Busy = false;
    }
    RtlpLeaveRecords();
}
