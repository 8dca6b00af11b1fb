/* free.c - RtlpFreeHeap: a block goes back to where it came from.
 *
 * What RtlFreeHeap (call.c) does not do comes here: it finds out what the pointer is
 * (find.c), and joins a block of the back end with its free neighbours.  When more than
 * 64 KiB are free, whole pages of what arises go back to the system.
 *
 * Lock: taken by RtlpFreeHeap.  In Windows: RtlpFreeHeap, RtlpCoalesceFreeBlocks.
 */
#include "heap/core/freelist.h"
#include "heap/front/front.h"

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
    PVOID Block = Found->Entry + 1;
    if (Found->Kind == BlockFrontEnd)
        return RtlpFrontFree(Heap, Block);
    if (Found->Kind == BlockPages)
        return RtlpFreePageBlock(Heap, Block);
    if ((Found->Flags & HEAP_ENTRY_FILL_PATTERN) &&
        !RtlpCheckTail(Heap, Block, Found->Bytes - Found->Unused))
        return false;
    if (Found->Kind == BlockBackEnd && !RtlpCheckSlack(Heap, Found->Entry))
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
