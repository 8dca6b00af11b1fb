/* take.c - RtlpLowFragHeapAllocFromContext: the first free block of a subsegment.
 *
 *   AggregateExchg  Depth 3  FreeEntryOffset 6          the first free block's header
 *   | header |busy|  entry  |  8 .. |busy| ...          its first two bytes: the next one's offset
 *                   ^ 6
 *   becomes         Depth 2  FreeEntryOffset 8          by one locked compare of 8 bytes
 *
 * What is checked before that compare, and Windows 7 checks none of it:
 *   - UserBlocks names this subsegment as its own;
 *   - the block's header has the code that its address dictates, and says free;
 *   - where the next offset leads is a header of this subsegment; after the last it is FFFFh.
 * A check that fails means damage only if AggregateExchg is still what it was: else another thread
 * took the block meanwhile, and its program wrote there.
 *
 * Lock: none.  In Windows: the same name.  (Hint before ActiveSubsegment: Valasek, Allocation.)
 */
#include "heap/front/windows7/windows7p.h"

/* Whether the way from Entry, the first of Old's free blocks, leads on: *Next is the offset that it
 * holds. */
static inline __attribute__((always_inline)) bool
RtlpIsWaySound(ULONG_PTR Key, const HEAP_SUBSEGMENT *SubSegment,
               const HEAP_USERDATA_HEADER *UserBlocks, const HEAP_ENTRY *Entry,
               ULONG Depth, ULONG *Next)
{
    if (RTLP_RARELY(!RtlpPeekIs(UserBlocks, (ULONG_PTR)SubSegment) ||
                    !RtlpIsLfhHeader(Key, Entry, SubSegment) ||
                    !RtlpPeekFree(&Entry->UnusedBytes)))
        return false;
    *Next = RtlpPeekShort((const USHORT *)(Entry + 1));
    if (RTLP_RARELY(Depth == 1))
        return *Next == LFH_NO_ENTRY;
    return RtlpIsLfhHeader(Key, RtlpLfhEntry(UserBlocks, *Next), SubSegment);
}

/* Takes the first free block of SubSegment; null: none, damage (*Damaged: where), or the
 * subsegment became another bucket's and its blocks are too small. */
static inline __attribute__((always_inline)) PVOID
RtlpPopBlock(FRONT_HEAP *Front, HEAP_SUBSEGMENT *SubSegment, SIZE_T Size, PVOID *Damaged)
{
    for (;;) {
        LFH_STATE Old = RtlpPeekExchg(SubSegment);
        if (RTLP_RARELY(!LFH_DEPTH(Old)))
            return NULL;
        HEAP_USERDATA_HEADER *UserBlocks = RTLP_READ(SubSegment->UserBlocks);
        HEAP_ENTRY *Entry = RtlpLfhEntry(UserBlocks, LFH_OFFSET(Old));
        ULONG Next;
        if (RTLP_RARELY(!RtlpIsWaySound(Front->Key, SubSegment, UserBlocks, Entry,
                                        LFH_DEPTH(Old), &Next))) {
            if (!RtlpIsStill(SubSegment, Old))
                continue;
            if (Damaged)
                *Damaged = Entry + 1;
            return NULL;
        }
        if (RTLP_RARELY(!RtlpExchange(SubSegment, Old, LFH_DEPTH(Old) - 1, Next)))
            continue;
        LONG Unused = (LONG)(((SIZE_T)SubSegment->BlockSize << GRANULE_SHIFT) - Size);
        if (RTLP_RARELY(Unused < (LONG)sizeof(HEAP_ENTRY))) {
            RtlpPushBlock(SubSegment, Entry); /* it may have looked full meanwhile */
            RtlpSubSegmentFreed(Front, SubSegment);
            return NULL;
        }
        RtlpNoteLfhUnused(Entry, (ULONG)Unused);
        return Entry + 1;
    }
}

__attribute__((noinline)) PVOID RtlpTakeFromSubSegment(FRONT_HEAP *Front,
                                                       HEAP_SUBSEGMENT *SubSegment,
                                                       SIZE_T Size, PVOID *Damaged)
{
    return RtlpPopBlock(Front, SubSegment, Size, Damaged);
}

/* From Hint; null: it has none (any more), or there is no Hint.  Before Hint is cleared, Info must
 * say whose it is: a wild HEAP.Front would have this write into somebody's block. */
static __attribute__((noinline)) PVOID
RtlpTakeFromHint(FRONT_HEAP *Front, HEAP_LOCAL_SEGMENT_INFO *Info, SIZE_T Size)
{
    HEAP_SUBSEGMENT *Hint = RTLP_READ(Info->Hint);
    PVOID Block = Hint ? RtlpPopBlock(Front, Hint, Size, NULL) : NULL;
    if (!Block && RtlpPeekIs(&Info->LocalData, (ULONG_PTR)Front->LocalData))
        RTLP_WRITE(Info->Hint, NULL);
    return Block;
}

/* See front.h.  Null: RtlpFrontAllocate has to look, and reports what is damaged. */
PVOID LFH_CALL RtlpLowFragHeapAllocFromContext(FRONT_HEAP *Front, ULONG Bucket,
                                               SIZE_T Size)
{
    HEAP_LOCAL_SEGMENT_INFO *Info = &Front->LocalData[0].SegmentInfo[Bucket];
    if (RTLP_RARELY(RTLP_READ(Info->Hint) != NULL)) {
        PVOID Block = RtlpTakeFromHint(Front, Info, Size);
        if (Block)
            return Block;
    }
    HEAP_SUBSEGMENT *Active = RTLP_READ(Info->ActiveSubsegment);
    return RTLP_MOSTLY(Active) ? RtlpPopBlock(Front, Active, Size, NULL) : NULL;
}
