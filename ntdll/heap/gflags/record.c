/* record.c - what gflags' ust and hpa know of each block, outside of any block.
 *
 * One table for the process: block address -> its size, its heap, where it was allocated
 * and where it was freed last.  No overrun reaches it, and it still answers when the
 * block's own header is gone.  Open addressing; a record stays when its block is freed
 * (that is when it is asked for), and is used again with its address:
 *
 *   hash(Block) -> [Block, Size, Heap, Allocated, Freed] [..] [..] [0]
 *
 * Three quarters full, the table moves to one of twice the size.
 *
 * Lock: its own (RtlpEnterRecords), taken under a heap's.  In Windows: the heap entry's
 * extra (AllocatorBackTraceIndex) under ust, DPH_HEAP_BLOCK under hpa.
 */
#include "heap/heapp.h"

#define RECORDS_AT_FIRST 1024u

static HEAP_RECORD *RtlpRecords;
static ULONG RtlpRecordRoom, RtlpRecordCount; /* room: a power of two */

static ULONG RtlpRecordSlot(const void *Block, ULONG Room)
{
    return ((ULONG)((ULONG_PTR)Block >> 3) * 2654435761u >> 7) & (Room - 1);
}

/* The record of Block in Table, or the empty one where it belongs. */
static HEAP_RECORD *RtlpSlotFor(HEAP_RECORD *Table, ULONG Room, const void *Block)
{
    ULONG Slot = RtlpRecordSlot(Block, Room);
    while (Table[Slot].Block && Table[Slot].Block != Block)
        Slot = (Slot + 1) & (Room - 1);
    return &Table[Slot];
}

static bool RtlpGrowRecords(void)
{
    ULONG Room = RtlpRecordRoom ? RtlpRecordRoom * 2 : RECORDS_AT_FIRST;
    SIZE_T Bytes = (SIZE_T)Room * sizeof(HEAP_RECORD);
    PVOID Base = NULL;
    if (!NT_SUCCESS(RtlpReserve(&Base, Bytes, PAGE_READWRITE)))
        return false;
    if (!NT_SUCCESS(RtlpCommit(Base, Bytes, PAGE_READWRITE))) {
        RtlpRelease(Base);
        return false;
    }
    for (ULONG i = 0; i < RtlpRecordRoom; i++)
        if (RtlpRecords[i].Block)
            *RtlpSlotFor(Base, Room, RtlpRecords[i].Block) = RtlpRecords[i];
    if (RtlpRecords)
        RtlpRelease(RtlpRecords);
    RtlpRecords = Base;
    RtlpRecordRoom = Room;
    return true;
}

/* The record of a block that begins at Block, or null.  It stays where it is until the
 * next RtlpMakeRecord. */
HEAP_RECORD *RtlpRecordOf(const void *Block)
{
    if (!RtlpRecords || !Block)
        return NULL;
    HEAP_RECORD *Record = RtlpSlotFor(RtlpRecords, RtlpRecordRoom, Block);
    return Record->Block ? Record : NULL;
}

/* The same, made if there is none; null: no memory. */
HEAP_RECORD *RtlpMakeRecord(PVOID Block)
{
    HEAP_RECORD *Record = RtlpRecordOf(Block);
    if (Record)
        return Record;
    if (RtlpRecordCount >= RtlpRecordRoom / 4 * 3 && !RtlpGrowRecords())
        return NULL;
    Record = RtlpSlotFor(RtlpRecords, RtlpRecordRoom, Block);
    *Record = (HEAP_RECORD){.Block = Block};
    RtlpRecordCount++;
    return Record;
}

/* The first record after Before (null: the first of all) that is of Heap (null: of any) and in
 * use. */
HEAP_RECORD *RtlpNextRecord(const HEAP *Heap, const HEAP_RECORD *Before)
{
    ULONG i = Before ? (ULONG)(Before - RtlpRecords) + 1 : 0;
    for (; i < RtlpRecordRoom; i++)
        if ((!Heap || RtlpRecords[i].Heap == Heap) && RtlpRecords[i].Busy)
            return &RtlpRecords[i];
    return NULL;
}

/* The record whose block, or whose pages, hold Address; in use before freed ones. */
HEAP_RECORD *RtlpRecordAround(const void *Address)
{
    HEAP_RECORD *Found = NULL;
    for (ULONG i = 0; i < RtlpRecordRoom; i++) {
        HEAP_RECORD *Record = &RtlpRecords[i];
        ULONG_PTR Start = (ULONG_PTR)Record->Block, End = Start + Record->Size;
        if (Record->Pages) { /* with the page that cannot be touched */
            Start = (ULONG_PTR)Record->Pages;
            End = ALIGN_UP(End, PAGE_SIZE) + PAGE_SIZE;
        }
        if (Record->Block && (ULONG_PTR)Address >= Start && (ULONG_PTR)Address < End &&
            (!Found || Record->Busy))
            Found = Record;
    }
    return Found;
}

/* Notes that Block was allocated by the caller of the heap's caller. */
__attribute__((noinline)) void RtlpNoteAllocation(HEAP *Heap, PVOID Block, SIZE_T Size)
{
    RtlpEnterRecords();
    HEAP_RECORD *Record = RtlpMakeRecord(Block);
    if (Record) {
        Record->Heap = Heap;
        Record->Size = Size;
        Record->Busy = true;
        Record->Allocated = RtlpLogStack();
        Record->Freed = 0;
    }
    RtlpLeaveRecords();
}

/* Notes that Block was freed. */
__attribute__((noinline)) void RtlpNoteFree(PVOID Block)
{
    RtlpEnterRecords();
    HEAP_RECORD *Record = RtlpRecordOf(Block);
    if (Record) {
        Record->Busy = false;
        Record->Freed = RtlpLogStack();
    }
    RtlpLeaveRecords();
}
