/* free.c - RtlpFreeHeap: a block goes back to where it came from.
 *
 * What RtlFreeHeap (call.c) does not do comes here: it finds out what the pointer is
 * (find.c), and joins a block of the back end with its free neighbours.  When more than
 * 64 KiB are free, whole pages of what arises go back to the system, unless the next block of
 * that size would have to commit them again (RtlpPagesGo).
 *
 * Lock: taken by RtlpFreeHeap.  In Windows: RtlpFreeHeap, RtlpCoalesceFreeBlocks; there the pages
 * go without a look at what else is free.
 */
#include "heap/core/freelist.h"
#include "heap/front/front.h"

/* Whether the pages of Total granules, which arise from a block of Units, go back to the system.
 *
 * One entry that such a block fits stays committed: a program that frees and allocates blocks of
 * like size then commits rarely.  What stays is always a sixteenth larger than all that waits, and
 * no more than the threshold: together less than 16 times that.
 *
 *   blocks of 17 to 21 KB (make bench), instructions    10 live    10^4 live
 *   each goes                                             3,518        4,640
 *   one stays, an eighth larger                           2,731        3,038
 *   a sixteenth                                           2,399        2,569
 *   as large (then as many stay as there are sizes)       2,219        2,408 */
static bool RtlpPagesGo(HEAP *Heap, SIZE_T Total, ULONG Units)
{
    SIZE_T Threshold = Heap->DeCommitTotalFreeThreshold;
    if (Total + UCR_ENTRY_UNITS < Heap->DeCommitFreeBlockThreshold || /* a page's run */
        Heap->TotalFreeSize + Total < Threshold)
        return false;
    return Total > Threshold || RtlpFindFree(Heap, Units - Units / 16, false);
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
    if (RtlpPagesGo(Heap, Total, Units))
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
    if (Found->Kind == BlockBackEnd && Found->Unused > sizeof(HEAP_ENTRY) &&
        !RtlpCheckSlack(Heap, Found->Entry))
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
    HEAP_CALL Call = RtlpCallBegins();
    bool Locked = RtlpEnterHeap(Heap, Flags);
    bool Done = RtlpFindBlock(Heap, Block, &Found, false, "RtlFreeHeap") &&
                RtlpFreeFound(Heap, &Found);
    if (Done && Heap->Flags & HEAP_TRACKING)
        RtlpNoteFree(Block);
    RTLP_AUDIT(Heap);
    RtlpLeaveHeap(Heap, Locked);
    if (!Done)
        RtlpHeapSetStatus(STATUS_INVALID_PARAMETER);
    if (Call.Traced)
        RtlpTraceFree(&Call, Heap, Block, Done ? &Found : NULL);
    return Done;
}
