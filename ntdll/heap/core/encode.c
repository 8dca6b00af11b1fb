/* encode.c - the keys, and what every header and link must satisfy before it is believed.
 *
 * A header's first four bytes are XORed with a random key and hold their own XOR in the
 * last of them; PreviousSize has a key of its own.  So a header that a program wrote over
 * is known by the checksum (255 times of 256) and by disagreeing with its neighbour about
 * sizes (the rest); one that was forged needs the key.  A link is followed only if what
 * it points at points back.
 *
 * Lock: the heap's.  In Windows: the same scheme since Vista ("header encoding", "safe
 * unlinking"); there it is EncodeFlagMask that turns it on, here it is always on.
 */
#include "heap/heapp.h"

bool (*RtlpAudit)(HEAP *Heap, bool Quiet); /* RtlpCheckHeap, once there is a heap */
bool RtlpThreadsEnded;                     /* process.c sets it, front/check.c asks */

/* Draws the heap's keys. */
void RtlpInitializeEncoding(HEAP *Heap)
{
    Heap->EncodeFlagMask = 0x100000;
    Heap->Encoding.Code1 = RtlpHeapRandom();
    Heap->Encoding.PreviousSize = (USHORT)RtlpHeapRandom();
    Heap->PointerKey = RtlpHeapRandom();
}

/* The entry that starts the run after Last's range; null: the segment ends there. */
HEAP_ENTRY *RtlpAfterRange(const HEAP *Heap, const HEAP_ENTRY *Last)
{
    char *End = (char *)UCR_OF(Last)->Address + UCR_OF(Last)->Size;
    if (End >= (char *)Heap->Segments[Last->SegmentOffset]->LastValidEntry)
        return NULL;
    return (HEAP_ENTRY *)(End + Heap->Pad);
}

/* Whether the range that Last, whose header is sound, describes is one: it starts where
 * Last ends, and ends with the segment or where a run starts. */
bool RtlpRangeIsSound(const HEAP *Heap, HEAP_ENTRY *Last)
{
    ULONG Code = RtlpDecode(Heap, Last);
    char *End = (char *)Heap->Segments[Last->SegmentOffset]->LastValidEntry;
    const HEAP_UCR_DESCRIPTOR *Ucr = UCR_OF(Last);
    if ((CODE_FLAGS(Code) & OWN_ENTRY) != OWN_ENTRY ||
        !RtlpIsReadable(RtlpEntryAfter(Last, UCR_ENTRY_UNITS) - 1) ||
        (char *)Ucr->Address !=
            (char *)RtlpEntryAfter(Last, CODE_SIZE(Code)) + Heap->Pad ||
        ((ULONG_PTR)Ucr->Address | Ucr->Size) & (PAGE_SIZE - 1) ||
        Ucr->Size > (SIZE_T)(End - (char *)Ucr->Address))
        return false;
    HEAP_ENTRY *Next = RtlpAfterRange(Heap, Last);
    return !Next ||
           (Ucr->Size && RtlpIsReadable(Next) && RtlpCodeIsGood(RtlpDecode(Heap, Next)) &&
            Next->SegmentOffset == Last->SegmentOffset &&
            RtlpPreviousSize(Heap, Next) == RtlpRangeTag(Ucr->Size));
}

ULONG RtlpProbeEntry(HEAP *Heap, HEAP_ENTRY *Entry)
{
    return RtlpProbe(Heap, Entry);
}

/* Granules of a block for Size bytes; Size is at most HEAP_MAXIMUM_ALLOCATION.  What HEAP says of
 * rounding is reported if it is damaged. */
ULONG RtlpUnitsFor(const HEAP *Heap, ULONG Flags, SIZE_T Size)
{
    SIZE_T Bytes = Size;
    if (Flags & (HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAGS))
        Bytes += ALIGN_UP(sizeof(HEAP_ENTRY_EXTRA), Heap->Pad ? 16 : GRANULE);
    SIZE_T Units = RtlpRound(Heap, Bytes);
    if (!Units) {
        RtlpHeapFailure((HEAP *)Heap, heap_failure_generic, (PVOID)Heap, "RtlpUnitsFor");
        Units = LEAST_UNITS(Bytes);
    }
    return Units < 2 ? 2 : (ULONG)Units;
}

/* Whether the entry before Entry is there and Before granules long (0: the segment starts with
 * Entry; a tag: a run does); reported if not. */
bool RtlpCheckBefore(HEAP *Heap, HEAP_ENTRY *Entry, ULONG Before)
{
    HEAP_SEGMENT *Segment = Heap->Segments[Entry->SegmentOffset];
    HEAP_ENTRY *Previous = Entry;
    bool Sound;
    if (Before == 0) {
        Sound = Entry == Segment->FirstEntry;
    } else if (Before > HEAP_MAXIMUM_BLOCK_SIZE) {
        Sound = Entry > Segment->FirstEntry &&
                (((ULONG_PTR)Entry - Heap->Pad) & (PAGE_SIZE - 1)) == 0;
    } else {
        Previous = RtlpEntryBefore(Entry, Before);
        Sound = Previous >= Segment->FirstEntry && RtlpIsReadable(Previous) &&
                CODE_SIZE(RtlpDecode(Heap, Previous)) == Before;
    }
    if (!Sound)
        RtlpHeapFailure(Heap, heap_failure_entry_corruption, Previous + 1,
                        "RtlpCheckBefore");
    return Sound;
}

bool RtlpSafeUnlink(HEAP *Heap, LIST_ENTRY *Entry)
{
    LIST_ENTRY *Next = Entry->Flink;
    LIST_ENTRY *Previous = Entry->Blink;
    if (!RtlpIsLinked(Entry)) {
        RtlpHeapFailure(Heap, heap_failure_listentry_corruption, Entry, "RtlpSafeUnlink");
        return false;
    }
    Previous->Flink = Next;
    Next->Blink = Previous;
    return true;
}
