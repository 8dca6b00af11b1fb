/* leaks.c - which blocks a process still has when it ends, by the stacks that allocated them.
 *
 * Under FLG_FATHOM_LEAKS (tools/fathom run --leaks, which sets ust as well) the process says so
 * after the last DLL has been told of its end: whatever is freed by then is no leak.
 *
 *   records (record.c) --> count and bytes of each stack --> NtFathomReport, a stack at a time
 *
 * The list has every block of every heap, the C library's and the loader's too.  Who allocated
 * for itself and who for the program is decided by who has all the names: the host
 * (tools/host/leaks.py).
 *
 * Lock: none.  All other threads have ended, maybe while they held one (RtlpTellBlocks).
 */
#include "heap/heapp.h"
#include "fathom.h"
#include "ntdll.h"

typedef struct _STACK_BLOCKS {
    ULONG Count, Bytes;
} STACK_BLOCKS;

/* Blocks whose stack is not known are those of stack 0. */
static void RtlpTellStackBlocks(ULONG Index, const STACK_BLOCKS *Blocks)
{
    ULONG Line[2 + HEAP_TRACE_DEPTH] = {Blocks->Count, Blocks->Bytes};
    PVOID const *Frames = NULL;
    ULONG Depth = RtlpStackOf((USHORT)Index, &Frames);
    for (ULONG i = 0; i < Depth; i++)
        Line[2 + i] = (ULONG)(ULONG_PTR)Frames[i];
    NtFathomReport(FathomReportBlocks, Line, (2 + (Depth ? Depth : 1)) * sizeof(ULONG));
}

/* Says which blocks there are.  Without memory for the counts it says only how many. */
void RtlpTellBlocks(void)
{
    ULONG Stacks = RtlpStackCount() + 1;
    STACK_BLOCKS *Of, All = {0, 0};
    PVOID Base = NULL;
    HEAP_RECORD *Record = NULL;
    NTSTATUS Status = RtlpReserveAndCommit(&Base, Stacks * sizeof(*Of),
                                           Stacks * sizeof(*Of), PAGE_READWRITE);
    Of = NT_SUCCESS(Status) ? Base : NULL;
    while ((Record = RtlpNextRecord(NULL, Record)) != NULL) {
        All.Count++;
        All.Bytes += (ULONG)Record->Size;
        if (Of && Record->Allocated < Stacks) {
            Of[Record->Allocated].Count++;
            Of[Record->Allocated].Bytes += (ULONG)Record->Size;
        }
    }
    for (ULONG i = 0; Of && i < Stacks; i++)
        if (Of[i].Count)
            RtlpTellStackBlocks(i, &Of[i]);
    NtFathomReport(FathomReportBlocks, &All, sizeof(All));
}

/* An image goes that may have allocated what stays: the host keeps its place in mind. */
void RtlpTellImage(PVOID Base)
{
    NtFathomReport(FathomReportImages, &Base, sizeof(Base));
}
