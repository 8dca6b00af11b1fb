/* entry.h - a block's header and a list's links: read, written, checked in place.
 *
 *     Code1         size, flags and checksum, XORed with Heap->Encoding.Code1
 *     PreviousSize  granules of the entry before, XORed with Heap->Encoding.PreviousSize
 *
 * All is inline: a cold malloc passes through these functions some forty times.
 * Lock: the heap's.
 */
#ifndef FATHOM_HEAP_ENTRY_H
#define FATHOM_HEAP_ENTRY_H

#include "heap/heap.h"

/* A header decoded: the low 16 bits the size, then the flags, then the checksum. */
#define CODE_SIZE(Code)       ((Code)&0xFFFFu)
#define CODE_FLAGS(Code)      (((Code) >> 16) & 0xFFu)
#define CODE_OF(Units, Flags) ((Units) | (ULONG)(Flags) << 16)

static inline ULONG RtlpDecode(const HEAP *Heap, const HEAP_ENTRY *Entry)
{
    return Entry->Code1 ^ Heap->Encoding.Code1;
}

static inline bool RtlpCodeIsGood(ULONG Code)
{
    ULONG Fold = Code ^ (Code >> 16);
    return ((Fold ^ (Fold >> 8)) & 0xFF) == 0 && CODE_SIZE(Code) != 0;
}

static inline ULONG RtlpPreviousSize(const HEAP *Heap, const HEAP_ENTRY *Entry)
{
    return Entry->PreviousSize ^ Heap->Encoding.PreviousSize;
}

static inline void RtlpSetPreviousSize(const HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units)
{
    Entry->PreviousSize = (USHORT)(Units ^ Heap->Encoding.PreviousSize);
}

#if HEAP_WIDE
/* What the eight bytes before the rest of a header hold: an overrun of one byte hits them. */
static inline PVOID RtlpReserved(const HEAP *Heap, const HEAP_ENTRY *Entry)
{
    return (PVOID)((ULONG_PTR)Entry ^ Heap->PointerKey * 0x100000001ull);
}
#endif

static inline void RtlpSetCode(const HEAP *Heap, HEAP_ENTRY *Entry, ULONG Units,
                               ULONG Flags)
{
    ULONG Low = Units | (Flags << 16);
    ULONG Fold = Low ^ (Low >> 16);
    Entry->Code1 = (Low | ((Fold ^ (Low >> 8)) & 0xFF) << 24) ^ Heap->Encoding.Code1;
#if HEAP_WIDE
    Entry->Reserved = RtlpReserved(Heap, Entry);
#endif
}

/* Bytes of Entry, whose decoded header is Code, that a program asked for; of a free one, all after
 * the header. */
static inline SIZE_T RtlpUserSize(const HEAP_ENTRY *Entry, ULONG Code)
{
    SIZE_T Busy = CODE_FLAGS(Code) & HEAP_ENTRY_BUSY;
    return ((SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT) -
           (Busy ? Entry->UnusedBytes : sizeof(HEAP_ENTRY));
}

#define LEAST_UNITS(Bytes) (((Bytes) + sizeof(HEAP_ENTRY) + GRANULE - 1) >> GRANULE_SHIFT)
#define ROUNDED            2u /* granules, at most: alignment to 16 and a tail */

/* Granules of a block for Bytes; 0: what HEAP says of rounding is damaged.  No two blocks shall
 * overlap, and no header shall count more unused bytes than it can. */
static inline SIZE_T RtlpRound(const HEAP *Heap, SIZE_T Bytes)
{
    SIZE_T Units = ((Bytes + Heap->AlignRound) & Heap->AlignMask) >> GRANULE_SHIFT;
    return Units - LEAST_UNITS(Bytes) > ROUNDED ? 0 : Units; /* or less than the least */
}

/* The bytes after those that were asked for, up to the entry's end, hold a pattern: an overrun that
 * ends there is seen when the block is freed or checked.  Not where a HEAP_ENTRY_EXTRA ends the
 * block, nor under tail checking, which has a pattern of its own.  Code: Entry's decoded header. */
#define SLACK_FILL 0xABu

static inline ULONG RtlpSlack(const HEAP_ENTRY *Entry, ULONG Code)
{
    bool Other = CODE_FLAGS(Code) & (HEAP_ENTRY_EXTRA_PRESENT | HEAP_ENTRY_FILL_PATTERN);
    return Other ? 0 : Entry->UnusedBytes - (ULONG)sizeof(HEAP_ENTRY);
}

static inline void RtlpFillSlack(HEAP_ENTRY *Entry, ULONG Code)
{
    UCHAR *End = (UCHAR *)Entry + ((SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT);
    for (ULONG Left = RtlpSlack(Entry, Code); Left; Left--)
        *--End = SLACK_FILL;
}

/* PreviousSize of an entry that starts a run after an uncommitted range: above the size of any
 * entry, how many pages the range has (the last: that many or more). */
#define RANGE_TAG_MOST 0xFFFFu

static inline ULONG RtlpRangeTag(SIZE_T Bytes)
{
    SIZE_T Tag = HEAP_MAXIMUM_BLOCK_SIZE + (Bytes >> PAGE_SHIFT);
    return Tag < RANGE_TAG_MOST ? (ULONG)Tag : RANGE_TAG_MOST;
}

static inline HEAP_ENTRY *RtlpEntryAfter(const HEAP_ENTRY *Entry, ULONG Units)
{
    return (HEAP_ENTRY *)((char *)Entry + ((SIZE_T)Units << GRANULE_SHIFT));
}

static inline HEAP_ENTRY *RtlpEntryBefore(const HEAP_ENTRY *Entry, ULONG Units)
{
    return (HEAP_ENTRY *)((char *)Entry - ((SIZE_T)Units << GRANULE_SHIFT));
}

/* Where the entry that ends a run lies when the committed pages end at End. */
static inline HEAP_ENTRY *RtlpRunEnd(const HEAP *Heap, const char *End)
{
    return (HEAP_ENTRY *)(End - Heap->Pad - UCR_ENTRY_BYTES);
}

static inline void RtlpInitializeList(LIST_ENTRY *Head)
{
    Head->Flink = Head->Blink = Head;
}

static inline void RtlpInsertBefore(LIST_ENTRY *Next, LIST_ENTRY *Entry)
{
    LIST_ENTRY *Previous = Next->Blink;
    Entry->Flink = Next;
    Entry->Blink = Previous;
    Previous->Flink = Entry;
    Next->Blink = Entry;
}

/* Bytes committed of Segment for its runs. */
static inline SIZE_T RtlpSegmentCommit(const HEAP_SEGMENT *Segment)
{
    char *First = (char *)ALIGN_DOWN(Segment->FirstEntry, PAGE_SIZE);
    return (SIZE_T)((char *)Segment->LastValidEntry - First) -
           ((SIZE_T)Segment->NumberOfUnCommittedPages << PAGE_SHIFT);
}

/* Flags of the entry that ends a run. */
#define OWN_ENTRY          (HEAP_ENTRY_BUSY | HEAP_ENTRY_VIRTUAL_ALLOC | HEAP_ENTRY_LAST_ENTRY)
#define UCR_OF(HeapEntry)  ((HEAP_UCR_DESCRIPTOR *)((HEAP_ENTRY *)(HeapEntry) + 1))
#define UCR_ENTRY(Ucr)     ((HEAP_ENTRY *)(Ucr)-1)
#define FREE_OF(HeapEntry) ((HEAP_FREE_ENTRY *)(HeapEntry))

/* An instruction that reads where a program's pointer points, label 1 to label 2: should
 * it fault, it counts as done, with the zero flag as given (probe.c; on a host,
 * heap_os.c). */
#ifdef _WIN32
#define RTLP_PROBE(Zero)                                                                 \
    ".section .rdata$hpm, \"dr\"\n.p2align 4\n.long 1b, 2b, " #Zero ", 0\n.text"
#define RTLP_COMPARE "cmpl"
#else
#define RTLP_PROBE(Zero)                                                                 \
    ".pushsection rtlp_probes, \"aw\"\n.quad 1b, 2b, " #Zero "\n.popsection"
#define RTLP_COMPARE "cmpq"
#endif
#define RTLP_PROBING __attribute__((no_sanitize("undefined", "address"))) static inline

/* Whether Heap, which may be anything, carries a heap's signature. */
RTLP_PROBING bool RtlpIsSigned(const HEAP *Heap)
{
    bool Signed;
    __asm__ volatile("1: cmpl %1, %2\n2:\n" RTLP_PROBE(0)
                     : "=@ccz"(Signed)
                     : "i"(HEAP_SIGNATURE), "m"(Heap->Signature));
    return Signed;
}

/* Whether *Field, which may lie anywhere, is Entry. */
RTLP_PROBING bool RtlpPointsAt(LIST_ENTRY *const *Field, const LIST_ENTRY *Entry)
{
    bool Same;
    __asm__ volatile("1: " RTLP_COMPARE " %1, %2\n2:\n" RTLP_PROBE(0)
                     : "=@ccz"(Same)
                     : "r"(Entry), "m"(*Field));
    return Same;
}

/* Whether a header can be read at Entry, which is a multiple of the granule. */
RTLP_PROBING bool RtlpIsReadable(const HEAP_ENTRY *Entry)
{
    bool Readable;
    __asm__ volatile("1: testb $0, (%1)\n2:\n" RTLP_PROBE(0)
                     : "=@ccz"(Readable)
                     : "r"(Entry));
    return Readable;
}

/* Whether both neighbours of Link, which a program may have written over, point at it. */
RTLP_PROBING bool RtlpIsLinked(const LIST_ENTRY *Link)
{
    return RtlpPointsAt(&Link->Flink->Blink, Link) &&
           RtlpPointsAt(&Link->Blink->Flink, Link);
}

/* The neighbours' links to Link, as addresses: what Link holds may be anything, null too. */
#define LINK_BEFORE(Link) ((LIST_ENTRY *const *)(ULONG_PTR)(Link)->Blink) /* its Flink */
#define LINK_AFTER(Link)                                                                 \
    ((LIST_ENTRY *const *)((ULONG_PTR)(Link)->Flink + offsetof(LIST_ENTRY, Blink)))

/* encode.c: whether the range that Last describes is one; not reported. */
bool RtlpRangeIsSound(const HEAP *Heap, HEAP_ENTRY *Last);

/* The header of Entry, which may be anything that lies in readable memory.
 *
 * Result: the decoded header; 0 if it is not one of this heap's: bad checksum, not inside
 * the segment it names, or an entry after it with another PreviousSize.  Not reported here.
 */
static inline ULONG RtlpProbe(const HEAP *Heap, HEAP_ENTRY *Entry)
{
    ULONG Code = RtlpDecode(Heap, Entry);
    if (!RtlpCodeIsGood(Code) || Entry->SegmentOffset >= Heap->SegmentCount)
        return 0;
#if HEAP_WIDE
    if (Entry->Reserved != RtlpReserved(Heap, Entry))
        return 0;
#endif
    HEAP_SEGMENT *Segment = Heap->Segments[Entry->SegmentOffset];
    HEAP_ENTRY *Next = RtlpEntryAfter(Entry, CODE_SIZE(Code));
    if (!Segment || Entry < Segment->FirstEntry || Next > Segment->LastValidEntry)
        return 0;
    if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY) /* its range must be sound, too */
        return RtlpRangeIsSound(Heap, Entry) ? Code : 0;
    if (!RtlpIsReadable(Next) || RtlpPreviousSize(Heap, Next) != CODE_SIZE(Code))
        return 0;
    return Code;
}

#endif
