/* free.c - RtlFreeHeap: a block goes back to where it came from.
 *
 * The common call gives a block back to the front end with one locked instruction.  The
 * long way finds out what the pointer is (find.c), and for a block of the back end joins
 * it with its free neighbours; when more than 64 KiB are free, whole pages of what arises
 * go back to the system.
 *
 * Lock: taken by RtlpFreeHeap.  In Windows: RtlFreeHeap, RtlpFreeHeap,
 * RtlpCoalesceFreeBlocks.
 */
#include "heap/core/freelist.h"
#include "heap/front/lfh.h"

/* Whether the header before Block says front end.  Block may be anything: where it cannot
 * be read the answer is no (probe.c). */
static inline bool RtlpIsMarked(const void *Block)
{
    bool Marked;
#ifndef _WIN32
    if (!Block) /* a fault each time would be dear there */
        return false;
#endif
    __asm__ volatile("1: testb $0x80, -1(%1)\n2:\n" RTLP_PROBE(1)
                     : "=@ccnz"(Marked)
                     : "r"(Block));
    return Marked;
}

/* Frees Block; null is freed already.
 *
 * Flags: HEAP_NO_SERIALIZE.  Result: TRUE; FALSE with ERROR_INVALID_PARAMETER if it is no
 * block in use of this heap and the process asked to survive that (else it ends with
 * STATUS_HEAP_CORRUPTION).  (Microsoft: HeapFree.) */
BOOLEAN NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID Block)
{
    HEAP *Heap = HeapHandle;
    RTLP_READ_AGAIN(HeapHandle);
    if (RTLP_MOSTLY(RtlpIsSigned(Heap) && !(Flags & LONG_PATH_FLAGS) &&
                    !RtlpHeapTracing() && RtlpIsMarked(Block) &&
                    RtlpLfhGive(&HeapHandle, RTLP_READ(Heap->Front), &Block))) {
        RTLP_AUDIT_SHORT(HeapHandle);
        return TRUE;
    }
    RTLP_READ_AGAIN(HeapHandle);
    RTLP_READ_AGAIN(Flags);
    RTLP_READ_AGAIN(Block);
    return RtlpFreeHeap(HeapHandle, Flags, Block);
}

/* Makes Entry, busy, Units granules and checked, free. */
void RtlpFreeBlock(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    SIZE_T Total = Units;
    if (!RtlpCheckBefore(Heap, Entry, RtlpPreviousSize(Heap, Entry)))
        return;
    /* Its own header says free before it melts into a larger one: a second free sees
     * that. */
    RtlpSetCode(Heap, Entry, Units, 0);
    HEAP_ENTRY *Free = RtlpJoinFree(Heap, Entry, &Total);
    if (Free != Entry && !RtlpCheckBefore(Heap, Free, RtlpPreviousSize(Heap, Free)))
        return;
    if (Total + UCR_ENTRY_UNITS >= Heap->DeCommitFreeBlockThreshold && /* a page's run */
        Heap->TotalFreeSize + Total >= Heap->DeCommitTotalFreeThreshold)
        RtlpDecommitFree(Heap, Free, Total);
    else
        RtlpFormFree(Heap, Free, Total);
}

/* Frees what RtlpFindBlock found; false: damaged (reported). */
bool RtlpFreeFound(HEAP *Heap, const HEAP_BLOCK *Found)
{
    PVOID Block = Found->Entry + 1, Mine = Heap;
    if (Found->Kind == BlockFrontEnd)
        return RtlpLfhGive(&Mine, Heap->FrontEndHeap, &Block);
    if (Found->Kind == BlockPages)
        return RtlpFreePageBlock(Heap, Block);
    if ((Found->Flags & HEAP_ENTRY_FILL_PATTERN) &&
        !RtlpCheckTail(Heap, Block, Found->Bytes - Found->Unused))
        return false;
    if (Found->Kind == BlockLarge)
        RtlpFreeLarge(Heap, Block);
    else
        RtlpFreeBlock(Heap, Found->Entry, (ULONG)(Found->Bytes >> GRANULE_SHIFT));
    return true;
}

/* The long way: every block, every flag, the lock. */
BOOLEAN RtlpFreeHeap(HEAP *Heap, ULONG Flags, PVOID Block)
{
    if (!Block)
        return TRUE;
    if (!RtlpIsHeap(Heap)) {
        RtlpHeapSetStatus(STATUS_INVALID_PARAMETER);
        return FALSE;
    }
    HEAP_BLOCK Found;
    bool Locked = RtlpEnterHeap(Heap, Flags);
    bool Done = RtlpFindBlock(Heap, Block, &Found, false, "RtlFreeHeap") &&
                RtlpFreeFound(Heap, &Found);
    if (Done && Heap->Flags & HEAP_TRACKING)
        RtlpNoteFree(Block);
    RTLP_AUDIT(Heap);
    RtlpLeaveHeap(Heap, Locked);
    if (!Done)
        RtlpHeapSetStatus(STATUS_INVALID_PARAMETER);
    else if (RtlpHeapTracing())
        RtlpTraceHeap(HEAP_EVENT_FREE, Heap, Block, 0);
    return Done;
}
