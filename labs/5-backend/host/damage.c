/* damage.c - the cases of lab 5 for F7: programs write over free entries. */
#define LAB_MORE
#include "segment.h"

#define SIZES 24 /* 12 of them free */
static const ULONG Sizes[SIZES] = {3, 20, 3, 20,  3, 40, 3, 7, 3, 900,  3, 20,
                                   3, 40, 3, 200, 3, 20, 3, 5, 3, 5000, 3, 60};
static ULONG_PTR Decoy[64]; /* what forged links lead to */
static char *Kept;

static SIZE_T Bytes(void)
{
    return (SIZE_T)(7000 + 4) << GRANULE_SHIFT;
}

static void BeginDamage(void)
{
    Begin(0, 7000);
    Tile(Sizes, SIZES);
    for (ULONG Where = 0, i = 0; i < SIZES; Where += Sizes[i++])
        if (i % 2)
            MakeFree(At(Where));
    Check();
    for (unsigned i = 0; i < 64; i++)
        Decoy[i] = (ULONG_PTR)&Decoy[i ^ 8];
    HostHeap.AtFailure = NULL;
    HostHeap.Expected = true;
    HostHeap.Failures = 0;
}

/* Writes over the two words of Entry; false: they held that before. */
#define WAYS 6
static bool Forge(HEAP_ENTRY *Entry, unsigned Way)
{
    LIST_ENTRY *Link = &FREE_OF(Entry)->FreeList, Old = *Link;
    static const ULONG_PTR Words[] = {0, ~(ULONG_PTR)0,
                                      0x4141414141414141u & ~(ULONG_PTR)15};
    if (Way < 3)
        Link->Flink = Link->Blink = (LIST_ENTRY *)Words[Way];
    else if (Way == 3)
        *Link = (LIST_ENTRY){Link->Blink, Link->Flink};
    else
        Link->Flink = (LIST_ENTRY *)&Decoy[16];
    if (Way == 5)
        Link->Blink = (LIST_ENTRY *)&Decoy[16];
    return memcmp(&Old, Link, sizeof Old) != 0;
}

static void DecoyIsWhole(void)
{
    for (unsigned i = 0; i < 64; i++)
        LAB_EXPECT(Decoy[i] == (ULONG_PTR)&Decoy[i ^ 8], Last,
                   "nothing written where a forged link leads (F7)",
                   "word %u of it is changed", i);
}

/* Takes Entry out; one that cannot be is reported and nothing changed. */
static void TryRemove(HEAP_ENTRY *Entry)
{
    SIZE_T Failures = HostHeap.Failures, Free = Heap.TotalFreeSize;
    Last = "RtlpRemoveFree";
    memcpy(Kept, Memory, Bytes());
    if (RtlpRemoveFree(&Heap, Entry, SizeOf(Entry)))
        return;
    LAB_EXPECT(HostHeap.Failures > Failures, Last, "a report, as it returned false",
               "none");
    LAB_EXPECT(Heap.TotalFreeSize == Free && !memcmp(Kept, Memory, Bytes()), Last,
               "nothing changed, as it returned false", "TotalFreeSize or an entry is");
}

/* The links of one entry are written over: the check sees it and says nothing; taking all of them
 * out reports it. */
static void IsSeen(void)
{
    Kept = malloc(Bytes());
    for (unsigned Which = 1; Which < SIZES; Which += 2)
        for (unsigned Way = 0; Way < WAYS; Way++) {
            ULONG Where = 0, From = 0;
            PVOID Spot;
            BeginDamage();
            for (unsigned i = 0; i < Which; i++)
                Where += Sizes[i];
            if (!Forge(At(Where), Way))
                continue;
            Last = "RtlpCheckFreeIndex";
            ULONG Rule = RtlpCheckFreeIndex(&Heap, SIZES / 2, Heap.TotalFreeSize, &Spot);
            LAB_EXPECT(Rule != 0, Last,
                       "not 0: the links of the entry of %u granules are damaged", "0",
                       Sizes[Which]);
            LAB_EXPECT(HostHeap.Failures == 0, Last, "no report: it only looks", "%u",
                       (ULONG)HostHeap.Failures);
            for (unsigned i = 0; i < SIZES; From += Sizes[i++])
                if (i % 2)
                    TryRemove(At(From));
            LAB_EXPECT(HostHeap.Failures > 0, "RtlpRemoveFree",
                       "a report: the links of the entry of %u granules are damaged",
                       "none", Sizes[Which]);
            DecoyIsWhole();
        }
}

/* One call on the free entry at Where, which lies after a busy one of 3 granules. */
static void Use(ULONG Where, ULONG Size, unsigned Call)
{
    SIZE_T Total = 3, Free = Heap.TotalFreeSize;
    ULONG Off = Call == 1 ? 2 : Size - 2;
    bool Done = true;
    if (Call == 0) {
        Last = "RtlpJoinFree";
        RtlpJoinFree(&Heap, At(Where - 3), &Total);
        Free -= Total - 3;
    } else if (Size > 4) {
        Last = "RtlpCutFree";
        Done = RtlpCutFree(&Heap, At(Where), Size, Off, Off);
        Free -= Done ? Off : 0;
    }
    LAB_EXPECT(Heap.TotalFreeSize == Free, Last, "TotalFreeSize %u", "%u", (ULONG)Free,
               (ULONG)Heap.TotalFreeSize);
    LAB_EXPECT(Done || HostHeap.Failures > 0, Last, "a report, as it returned false",
               "none");
}

/* All of them are: nothing is written where the links lead, whatever is called. */
static void StaysPut(void)
{
    Kept = malloc(Bytes());
    for (unsigned Way = 0; Way < WAYS; Way++)
        for (unsigned Call = 0; Call < SIZES / 2 * 3; Call++) {
            ULONG Where = 0, Used = 0, Size = Sizes[Call / 3 * 2 + 1];
            BeginDamage();
            for (unsigned i = 0; i < SIZES; Where += Sizes[i++])
                if (i % 2) {
                    Forge(At(Where), Way);
                    Used = i / 2 == Call / 3 ? Where : Used;
                }
            Use(Used, Size, Call % 3);
            Last = "RtlpFindFree";
            HEAP_ENTRY *Found = RtlpFindFree(&Heap, 2 + Below(300), Call & 1);
            LAB_EXPECT(!Found || RtlpIsReadable(Found), Last, "null, or what can be read",
                       "neither");
            Last = "RtlpNextFree";
            ULONG Steps = 0;
            for (HEAP_ENTRY *Next = NULL; (Next = RtlpNextFree(&Heap, Next)) != NULL;) {
                LAB_EXPECT(RtlpIsReadable(Next), Last, "null, or what can be read",
                           "neither");
                LAB_EXPECT(++Steps <= SIZES, Last, "an end, though the links are damaged",
                           "more entries than there are");
            }
            DecoyIsWhole();
        }
    /* a neighbour whose header is damaged is reported and left alone */
    BeginDamage();
    SIZE_T Units = 3;
    At(26)->Code1 ^= 0x40; /* the size, not the checksum */
    Last = "RtlpJoinFree";
    HEAP_ENTRY *First = RtlpJoinFree(&Heap, At(23), &Units);
    LAB_EXPECT(Units == (First == At(3) ? 23 : 3), Last,
               "the damaged neighbour left alone", "%u granules from granule %u on",
               (ULONG)Units, GranuleOf(First));
    LAB_EXPECT(HostHeap.Failures > 0, Last, "a report of the damaged neighbour", "none");
}

LAB_CASE(damage)
{
    IsSeen();
    StaysPut();
}
