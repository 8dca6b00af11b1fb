/* windows7p.h - what the files of this front end share: reads that survive a fault, codes, lists.
 *
 * A block's user blocks may go back to the back end, and their pages to the system, while a late
 * reader still looks at them; and a damaged pointer may lead anywhere.  So take.c and give.c read
 * by probes (entry.h) until they know what they have.  In Windows an exception handler around
 * RtlpLowFragHeapAllocFromContext serves for the first; nothing for the second.
 *
 * Lock: the heap's, unless it says else.
 */
#ifndef FATHOM_WINDOWS7P_H
#define FATHOM_WINDOWS7P_H

#include "heap/front/front.h"

/* The value at At, or 0 where it cannot be read.  No lock. */
RTLP_PROBING ULONG RtlpPeekLong(const ULONG *At)
{
    ULONG Value = 0;
    __asm__ volatile("1: movl %1, %0\n2:\n" RTLP_PROBE(0) : "+r"(Value) : "m"(*At));
    return Value;
}
RTLP_PROBING ULONG RtlpPeekShort(const USHORT *At)
{
    ULONG Value = 0;
    __asm__ volatile("1: movzwl %1, %0\n2:\n" RTLP_PROBE(0) : "+r"(Value) : "m"(*At));
    return Value;
}
RTLP_PROBING ULONG_PTR RtlpPeekPointer(const void *At)
{
    ULONG_PTR Value = 0;
    __asm__ volatile("1: mov %1, %0\n2:\n" RTLP_PROBE(0)
                     : "+r"(Value)
                     : "m"(*(const ULONG_PTR *)At));
    return Value;
}
/* Whether the byte at At is HEAP_UNUSED_LFH. */
RTLP_PROBING bool RtlpPeekFree(const UCHAR *At)
{
    bool Free;
    __asm__ volatile("1: cmpb $0x80, %1\n2:\n" RTLP_PROBE(0) : "=@ccz"(Free) : "m"(*At));
    return Free;
}
/* Whether the pointer at At, which may lie anywhere, is Value. */
RTLP_PROBING bool RtlpPeekIs(const void *At, ULONG_PTR Value)
{
    bool Same;
    __asm__ volatile("1: " RTLP_COMPARE " %1, %2\n2:\n" RTLP_PROBE(0)
                     : "=@ccz"(Same)
                     : "r"(Value), "m"(*(const ULONG_PTR *)At));
    return Same;
}

/* What a block's header holds: its subsegment, bound to its address, to the heap and to a key.
 * Valasek: SubSegmentCode is these four, XORed.  (Key has the heap's address in it already.)  A
 * 64-bit host has it whole in Reserved. */
static inline ULONG_PTR RtlpLfhMask(const FRONT_HEAP *Front, const HEAP_ENTRY *Entry)
{
    return ((ULONG_PTR)Entry >> GRANULE_SHIFT) ^ Front->Key;
}
#if HEAP_WIDE
#define LFH_CODE(Entry) (&(Entry)->Reserved)
#else
#define LFH_CODE(Entry) (&(Entry)->SubSegmentCode)
#endif

/* Whether Entry carries the header of a block of SubSegment.  No lock. */
static inline bool RtlpIsLfhHeader(ULONG_PTR Key, const HEAP_ENTRY *Entry,
                                   const HEAP_SUBSEGMENT *SubSegment)
{
    ULONG_PTR Code = (ULONG_PTR)SubSegment ^ Key ^ ((ULONG_PTR)Entry >> GRANULE_SHIFT);
    return RtlpPeekIs(LFH_CODE(Entry), Code)
#if HEAP_WIDE
           && RtlpPeekLong(&Entry->SubSegmentCode) == (ULONG)Code
#endif
        ;
}

/* Where a descriptor's UserBlocks is, as an address: it may be any.  (SubSegment is the first
 * field of a HEAP_USERDATA_HEADER.) */
#define LFH_USER_BLOCKS(Owner)                                                           \
    ((const void *)((ULONG_PTR)(Owner) + offsetof(HEAP_SUBSEGMENT, UserBlocks)))

static inline HEAP_ENTRY *RtlpLfhEntry(const HEAP_USERDATA_HEADER *UserBlocks,
                                       ULONG Offset)
{
    return (HEAP_ENTRY *)((char *)UserBlocks + ((SIZE_T)Offset << GRANULE_SHIFT));
}
#define LFH_FIRST ((ULONG)(sizeof(HEAP_USERDATA_HEADER) >> GRANULE_SHIFT)) /* granules */

static inline HEAP_ENTRY *RtlpLfhBlock(const HEAP_SUBSEGMENT *SubSegment, ULONG i)
{
    return RtlpLfhEntry(SubSegment->UserBlocks, LFH_FIRST + i * SubSegment->BlockSize);
}

/* Whether a block of SubSegment can lie Offset granules from its user blocks. */
static inline bool RtlpIsLfhOffset(const HEAP_SUBSEGMENT *SubSegment, ULONG Offset)
{
    ULONG Units = RTLP_READ(SubSegment->BlockSize), Place = Offset - LFH_FIRST;
    return Units && Place % Units == 0 &&
           Place / Units < RTLP_READ(SubSegment->BlockCount);
}

/* AggregateExchg, read.  It is of one moment if the exchange that follows succeeds: every change
 * steps Sequence, which is read first.  No lock.  Peek: of a descriptor that may lie anywhere;
 * Depth is 0 where it cannot be read. */
typedef struct _LFH_STATE {
    ULONG Sequence, OffsetAndDepth;
} LFH_STATE;
#define LFH_DEPTH(State)  ((State).OffsetAndDepth & 0xFFFFu)
#define LFH_OFFSET(State) ((State).OffsetAndDepth >> 16)

static inline LFH_STATE RtlpReadExchg(const HEAP_SUBSEGMENT *SubSegment)
{
    const INTERLOCK_SEQ *From = &SubSegment->AggregateExchg;
#if HEAP_WIDE
    ULONGLONG Both = __atomic_load_n(&From->Exchg, __ATOMIC_ACQUIRE);
    return (LFH_STATE){(ULONG)(Both >> 32), (ULONG)Both};
#else
    ULONG Sequence = RTLP_READ(From->Sequence);
    return (LFH_STATE){Sequence, RTLP_READ(From->OffsetAndDepth)};
#endif
}
static inline LFH_STATE RtlpPeekExchg(const HEAP_SUBSEGMENT *SubSegment)
{
    const INTERLOCK_SEQ *From = &SubSegment->AggregateExchg;
#if HEAP_WIDE
    ULONGLONG Both = RtlpPeekPointer(From);
    return (LFH_STATE){(ULONG)(Both >> 32), (ULONG)Both};
#else
    ULONG Sequence = RtlpPeekLong(&From->Sequence);
    return (LFH_STATE){Sequence, RtlpPeekLong(&From->OffsetAndDepth)};
#endif
}
static inline bool RtlpIsStill(const HEAP_SUBSEGMENT *SubSegment, LFH_STATE Old)
{
    LFH_STATE Now = RtlpReadExchg(SubSegment);
    return Now.Sequence == Old.Sequence && Now.OffsetAndDepth == Old.OffsetAndDepth;
}
static inline bool RtlpExchange(HEAP_SUBSEGMENT *SubSegment, LFH_STATE Old, ULONG Depth,
                                ULONG Offset)
{
    return __sync_bool_compare_and_swap(
        &SubSegment->AggregateExchg.Exchg,
        (ULONGLONG)Old.Sequence << 32 | Old.OffsetAndDepth,
        (ULONGLONG)(Old.Sequence + 1) << 32 | (Offset << 16 | Depth));
}

/* Writes down that of Entry's block Unused bytes, header included, are not used: it is busy. */
static inline void RtlpNoteLfhUnused(HEAP_ENTRY *Entry, ULONG Unused)
{
    RTLP_WRITE(Entry->PreviousSize, (USHORT)Unused);
    RTLP_WRITE(Entry->UnusedBytes,
               (UCHAR)(HEAP_UNUSED_LFH | (Unused < LFH_MANY ? Unused : LFH_MANY)));
}

/* take.c: a block of SubSegment, or null.  *Damaged: where something is wrong, or null. */
PVOID RtlpTakeFromSubSegment(FRONT_HEAP *Front, HEAP_SUBSEGMENT *SubSegment, SIZE_T Size,
                             PVOID *Damaged);
/* give.c: makes Entry the first free block; result: what was so before.  No lock. */
LFH_STATE RtlpPushBlock(HEAP_SUBSEGMENT *SubSegment, HEAP_ENTRY *Entry);

/* bucket.c */
ULONG RtlpBucketUnits(ULONG Bucket);
bool RtlpListSubSegment(HEAP_SUBSEGMENT *SubSegment);
bool RtlpUnlistSubSegment(HEAP_SUBSEGMENT *SubSegment);
/* After a free that made SubSegment, not active, half full or empty.  Takes the lock. */
void RtlpSubSegmentFreed(FRONT_HEAP *Front, HEAP_SUBSEGMENT *SubSegment);

/* subsegment.c */
bool RtlpIsSubSegment(const FRONT_HEAP *Front, const HEAP_SUBSEGMENT *SubSegment);
/* The zone after Zone (null: the first); null: no more, or damaged links. */
LFH_BLOCK_ZONE *RtlpNextZone(const FRONT_HEAP *Front, const LFH_BLOCK_ZONE *Zone);
HEAP_SUBSEGMENT *RtlpSubSegmentInitialize(FRONT_HEAP *Front, ULONG Bucket);
/* Gives back SubSegment, not active, if every block is free; false: it is not. */
bool RtlpReleaseSubSegment(FRONT_HEAP *Front, HEAP_SUBSEGMENT *SubSegment);

/* userblocks.c */
/* A block of the back end for the front end, zero; null: no memory. */
PVOID RtlpAllocateForFront(HEAP *Heap, SIZE_T Bytes);
SIZE_T RtlpUserBlockBytes(ULONG Class); /* HEAP_USERDATA_HEADER included */
HEAP_USERDATA_HEADER *RtlpAllocateUserBlock(FRONT_HEAP *Front, ULONG Class);
void RtlpFreeUserBlock(FRONT_HEAP *Front, HEAP_USERDATA_HEADER *UserBlocks);
void RtlpEmptyUserBlockCache(FRONT_HEAP *Front, SIZE_T Most); /* bytes that stay */
/* Whether UserBlocks is a block of the back end large enough for its class. */
bool RtlpIsUserBlock(const HEAP *Heap, const HEAP_USERDATA_HEADER *UserBlocks);

#endif
