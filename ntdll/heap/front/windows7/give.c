/* give.c - RtlpLowFragHeapFree: a block becomes the first free one of its subsegment.
 *
 * Its header names the subsegment (windows7p.h).  What is checked before anything is written:
 * the subsegment can be read, its user blocks name it, a block begins at this address, and
 * LocalInfo is one of this heap's.  UnusedBytes, exchanged at once, then says whether the block
 * was busy: of two frees of one block, in two threads too, one finds it free.  (Windows 7 tests
 * UnusedBytes & 3Fh: Valasek, Freeing.)
 *
 * Lock: none.  In Windows: the same name.
 */
#include "heap/front/windows7/windows7p.h"

static inline __attribute__((always_inline)) HEAP_SUBSEGMENT *
RtlpNamed(const FRONT_HEAP *Front, const void *Block)
{
    const HEAP_ENTRY *Entry = (const HEAP_ENTRY *)Block - 1;
    if (RTLP_RARELY((ULONG_PTR)Block % GRANULE))
        return NULL;
    HEAP_SUBSEGMENT *Owner =
        (HEAP_SUBSEGMENT *)(RtlpPeekPointer(LFH_CODE(Entry)) ^ RtlpLfhMask(Front, Entry));
    if (RTLP_RARELY((ULONG_PTR)Owner % 8))
        return NULL;
#if HEAP_WIDE /* the code is there twice */
    if (!RtlpIsLfhHeader(Front->Key, Entry, Owner))
        return NULL;
#endif
    ULONG_PTR UserBlocks = RtlpPeekPointer(LFH_USER_BLOCKS(Owner));
    if (RTLP_RARELY(!RtlpPeekIs((const void *)UserBlocks, (ULONG_PTR)Owner)))
        return NULL;
    ULONG_PTR Units = Owner->BlockSize;
    ULONG_PTR Place = (((ULONG_PTR)Entry - UserBlocks) >> GRANULE_SHIFT) - LFH_FIRST;
    if (RTLP_RARELY(!Units || Place % Units || Place / Units >= Owner->BlockCount ||
                    Owner->LocalInfo !=
                        &Front->LocalData[0].SegmentInfo[Owner->SizeIndex]))
        return NULL;
    return Owner;
}

HEAP_SUBSEGMENT *LFH_CALL RtlpNamedSubSegment(const FRONT_HEAP *Front, const void *Block)
{
    return RtlpNamed(Front, Block);
}

/* A block's first two bytes, once it is free, are the next one's offset. */
static inline __attribute__((always_inline)) LFH_STATE
RtlpPush(HEAP_SUBSEGMENT *SubSegment, HEAP_ENTRY *Entry)
{
    ULONG Offset =
        (ULONG)(((char *)Entry - (char *)SubSegment->UserBlocks) >> GRANULE_SHIFT);
    LFH_STATE Old;
    do {
        Old = RtlpReadExchg(SubSegment);
        RTLP_WRITE(*(USHORT *)(Entry + 1), (USHORT)LFH_OFFSET(Old));
    } while (RTLP_RARELY(!RtlpExchange(SubSegment, Old, LFH_DEPTH(Old) + 1, Offset)));
    return Old;
}

LFH_STATE RtlpPushBlock(HEAP_SUBSEGMENT *SubSegment, HEAP_ENTRY *Entry)
{
    return RtlpPush(SubSegment, Entry);
}

/* See front.h. */
bool LFH_CALL RtlpLowFragHeapFree(FRONT_HEAP *Front, PVOID Block)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
    HEAP_SUBSEGMENT *Owner = RtlpNamed(Front, Block);
    if (RTLP_RARELY(!Owner))
        return false;
    UCHAR Was =
        __atomic_exchange_n(&Entry->UnusedBytes, HEAP_UNUSED_LFH, __ATOMIC_SEQ_CST);
    if (RTLP_RARELY(!(Was & LFH_MANY)))
        return false;
    HEAP_LOCAL_SEGMENT_INFO *Info = Owner->LocalInfo;
    ULONG Count = Owner->BlockCount;
    LFH_STATE Old = RtlpPush(Owner, Entry);
    if (RTLP_RARELY(RTLP_READ(Info->ActiveSubsegment) != Owner)) {
        __atomic_store_n(&Info->Hint, Owner, __ATOMIC_RELEASE);
        if (!LFH_DEPTH(Old) || LFH_DEPTH(Old) + 1 == Count)
            RtlpSubSegmentFreed(Front, Owner);
    }
    return true;
}
