/* around.c - which blocks lie around an address of a heap whose entries may be damaged.
 *
 * From the start of the run (or of the user blocks) that the address lies in, as far as
 * headers are sound: the block that holds the address, and the one before it, which is the
 * one that an overrun most likely came from.
 *
 * Lock: the heap's, or none when there is nothing left to lose.  In Windows: what `!heap
 * -x` answers.
 */
#include "heap/heapp.h"
#include "heap/front/front.h"

static void RtlpSetNeighbour(HEAP_NEIGHBOUR *To, PVOID Data, SIZE_T Bytes, bool Busy)
{
    *To = (HEAP_NEIGHBOUR){.Data = Data, .Bytes = Bytes, .Busy = Busy};
}

/* In the front end; false: the address lies in none of its blocks. */
static bool RtlpAroundFrontEnd(const HEAP *Heap, PVOID Address, HEAP_NEIGHBOUR *Inside,
                               HEAP_NEIGHBOUR *Before)
{
    FRONT_ITEM Item = {0}, Last = {0}; /* Last: the block before Item */
    while (RtlpFrontNext(Heap, &Item)) {
        char *Start = (char *)Item.Data - sizeof(HEAP_ENTRY);
        if (Item.Index && (char *)Address >= Start &&
            (char *)Address < Start + Item.Bytes) {
            RtlpSetNeighbour(Inside, Item.Data, Item.Bytes - sizeof(HEAP_ENTRY),
                             Item.Busy);
            if (Last.Index)
                RtlpSetNeighbour(Before, Last.Data, Last.Bytes - sizeof(HEAP_ENTRY),
                                 Last.Busy);
            return true;
        }
        Last = Item;
    }
    return false;
}

/* In one committed run from First on; result: where the next run begins, or null. */
static HEAP_ENTRY *RtlpAroundRun(const HEAP *Heap, const HEAP_SEGMENT *Segment,
                                 HEAP_ENTRY *First, PVOID Address, HEAP_NEIGHBOUR *Inside,
                                 HEAP_NEIGHBOUR *Before)
{
    HEAP_NEIGHBOUR Last = {0};
    for (HEAP_ENTRY *Entry = First; Entry < Segment->LastValidEntry;) {
        ULONG Code = RtlpIsReadable(Entry) ? RtlpDecode(Heap, Entry) : 0;
        HEAP_ENTRY *Next = RtlpEntryAfter(Entry, CODE_SIZE(Code));
        bool Sound = RtlpCodeIsGood(Code) && Next <= Segment->LastValidEntry &&
                     Entry->SegmentOffset < Heap->SegmentCount &&
                     Heap->Segments[Entry->SegmentOffset] == Segment;
        if (!Sound || (PVOID)Next > Address) {
            *Before = Last;
            if (Sound && !(CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY))
                RtlpSetNeighbour(Inside, Entry + 1, RtlpUserSize(Entry, Code),
                                 CODE_FLAGS(Code) & HEAP_ENTRY_BUSY);
            return NULL;
        }
        if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY)
            return RtlpRangeIsSound(Heap, Entry) ? RtlpAfterRange(Heap, Entry) : NULL;
        RtlpSetNeighbour(&Last, Entry + 1, RtlpUserSize(Entry, Code),
                         CODE_FLAGS(Code) & HEAP_ENTRY_BUSY);
        Entry = Next;
    }
    return NULL;
}

/* Fills in the block that holds Address and the one before it; Data null: not known. */
void RtlpFindAround(const HEAP *Heap, PVOID Address, HEAP_NEIGHBOUR *Inside,
                    HEAP_NEIGHBOUR *Before)
{
    *Inside = *Before = (HEAP_NEIGHBOUR){0};
    if (RtlpAroundFrontEnd(Heap, Address, Inside, Before))
        return;
    for (ULONG i = 0; i < Heap->SegmentCount; i++) {
        const HEAP_SEGMENT *Segment = Heap->Segments[i];
        if (!Segment || (PVOID)Segment->FirstEntry > Address ||
            (PVOID)Segment->LastValidEntry <= Address)
            continue;
        for (HEAP_ENTRY *Run = Segment->FirstEntry; Run;)
            Run = RtlpAroundRun(Heap, Segment, Run, Address, Inside, Before);
    }
}
