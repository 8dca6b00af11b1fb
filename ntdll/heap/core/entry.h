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
#define CODE_SIZE(Code)  ((Code)&0xFFFFu)
#define CODE_FLAGS(Code) (((Code) >> 16) & 0xFFu)

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

static inline bool RtlpSlackIsWhole(const HEAP_ENTRY *Entry, ULONG Code)
{
    const UCHAR *End = (const UCHAR *)Entry + ((SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT);
    for (ULONG Left = RtlpSlack(Entry, Code); Left; Left--)
        if (*--End != SLACK_FILL)
            return false;
    return true;
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

#endif
