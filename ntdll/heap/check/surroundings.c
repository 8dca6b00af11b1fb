/* surroundings.c - what a report of damage says after its first line.
 *
 * Which block holds the damaged address, which one lies before it (an overrun most likely
 * came from there), and under gflags' ust and hpa who allocated and who freed them.  report.c
 * calls it through RtlpReportSurroundings: everything here calls down into the heap, and
 * everything there calls report.c.
 *
 * Lock: as the caller of RtlpHeapFailure; the heap may be damaged.  In Windows: what
 * `!heap -p -a` and `!heap -x` print.
 */
#include "heap/heapp.h"
#include "fathom.h"
#include "ntdll.h"
#include "rtl.h"

extern void (*RtlpReportSurroundings)(HEAP *Heap, PVOID Block); /* report.c */

static void RtlpTellStack(PCSTR What, PVOID Block, USHORT Stack)
{
    PVOID const *Frames;
    ULONG Depth = RtlpStackOf(Stack, &Frames);
    if (!Depth)
        return;
    DbgPrint("  %p was %s by\n", Block, What);
    NtFathomReport(FathomReportCallers, (PVOID)Frames, Depth * sizeof(PVOID));
}

/* What ust and hpa know of the block at or around Address, after a headline for it. */
static void RtlpTellRecord(PVOID Address, PCSTR Headline)
{
    RtlpEnterRecords();
    HEAP_RECORD *Record = RtlpRecordOf(Address);
    if (!Record)
        Record = RtlpRecordAround(Address);
    if (Record) {
        DbgPrint(Headline, Address);
        DbgPrint("  block %p, %lu bytes, %s\n", Record->Block, (ULONG)Record->Size,
                 Record->Busy ? "in use" : "freed");
        RtlpTellStack("allocated", Record->Block, Record->Allocated);
        RtlpTellStack("freed", Record->Block, Record->Freed);
    }
    RtlpLeaveRecords();
}

static void RtlpTellBlock(PCSTR Where, const HEAP_NEIGHBOUR *Block)
{
    if (Block->Data)
        DbgPrint("  %s block %p, %lu bytes, %s\n", Where, Block->Data,
                 (ULONG)Block->Bytes, Block->Busy ? "in use" : "free");
}

/* The blocks around the damage, and what is known of them. */
static void RtlpTellSurroundings(HEAP *Heap, PVOID Block)
{
    HEAP_NEIGHBOUR Inside, Before;
    RtlpFindAround(Heap, Block, &Inside, &Before);
    if (Inside.Data != Block)
        RtlpTellBlock("inside", &Inside);
    RtlpTellBlock("before it:", &Before);
    if (!(Heap->Flags & HEAP_TRACKING))
        return;
    RtlpTellRecord(Block, "");
    if (Before.Data && Before.Busy)
        RtlpTellRecord(Before.Data, "");
}

/* An unhandled fault: under hpa, whose block the address is or was. */
void RtlpTellFault(const EXCEPTION_RECORD *Record)
{
    if (RtlpHeapPeb()->NtGlobalFlag & FLG_HEAP_PAGE_ALLOCS &&
        Record->ExceptionCode == (ULONG)STATUS_ACCESS_VIOLATION &&
        Record->NumberParameters == 2)
        RtlpTellRecord((PVOID)Record->ExceptionInformation[1],
                       "fathom: page heap: the address %p belongs to\n");
}

void RtlpOpenReports(void)
{
    RtlpReportSurroundings = RtlpTellSurroundings;
    RtlpFaultJudge = RtlpJudgeFault;
}
