/* fuzz_heap.c - programs of heap operations, written by libFuzzer, against a shadow model.
 *
 * Each input is a program.  Its first byte chooses the heap's kind, and whether every
 * invariant is checked after each operation; then four bytes make one operation: what, on
 * which slot, two of size.  The model knows each live block's address, size and fill: blocks
 * stay whole and apart, what was asked for as zero is zero, a pointer that is no block any
 * more is refused, and where memory is refused nothing else changes.  After the last
 * operation the walk sees exactly the live blocks, and nothing is left.
 *
 * Built by `make fuzz`; with FUZZ_MAIN it is a plain program of pseudo-random programs.
 */
#include "heap_os.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 64
#ifndef FUZZ_RUNS
#define FUZZ_RUNS 300
#endif

typedef struct {
    unsigned char *Block; /* null: none; Stale: what it was before */
    unsigned char *Stale;
    SIZE_T Size;
    unsigned char Fill;
    bool HasValue;
} SLOT;

typedef struct {
    HEAP *Heap;
    bool Scarce, Audit; /* allocations may fail; check after each operation */
    SLOT Slots[SLOTS];
} MODEL;

static const struct {
    ULONG Flags, GlobalFlag;
} Kinds[] = {
    {HEAP_GROWABLE, 0},
    {HEAP_GROWABLE | HEAP_NO_SERIALIZE, 0},
    {HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 0},
    {HEAP_GROWABLE | HEAP_DISABLE_COALESCE_ON_FREE, 0},
    {0, 0}, /* of a fixed size */
    {HEAP_GROWABLE, FLG_USER_STACK_TRACE_DB},
#ifdef FUZZ_MAIN /* its freed addresses wait long: the millionth program would be slow */
    {HEAP_GROWABLE, FLG_HEAP_PAGE_ALLOCS},
#endif
};
#define FIXED   4
#define TRACKED 5 /* from here on records stay, whose memory is not the heap's */

static void Must(bool Holds, const char *What)
{
    if (!Holds) {
        fprintf(stderr, "fuzz_heap: %s\n", What);
        abort();
    }
}

/* Whether Size bytes are all Byte. */
static bool IsAll(const unsigned char *Data, SIZE_T Size, unsigned char Byte)
{
    return Size == 0 || (Data[0] == Byte && memcmp(Data, Data + 1, Size - 1) == 0);
}

static void Check(const SLOT *Slot)
{
    if (Slot->Block)
        Must(IsAll(Slot->Block, Slot->Size, Slot->Fill), "a block changed");
}

static void Put(SLOT *Slot, unsigned char *Block, SIZE_T Size, unsigned char Fill)
{
    Slot->Block = Block;
    Slot->Size = Size;
    Slot->Fill = Fill;
    memset(Block, Fill, Size);
}

static void Allocate(MODEL *Model, SLOT *Slot, ULONG Flags, SIZE_T Size,
                     unsigned char Fill)
{
    if (Slot->Block)
        return;
    unsigned char *Block = RtlAllocateHeap(Model->Heap, Flags, Size);
    Must(Block || Model->Scarce, "no memory");
    if (!Block)
        return;
    Must((ULONG_PTR)Block % GRANULE == 0, "not aligned");
    if (Flags & HEAP_ZERO_MEMORY)
        Must(IsAll(Block, Size, 0), "not zero");
    Slot->HasValue = Flags & HEAP_SETTABLE_USER_VALUE &&
                     !(Model->Heap->Flags & HEAP_FLAG_PAGE_ALLOCS); /* which keeps none */
    Put(Slot, Block, Size, Fill);
}

static void Free(MODEL *Model, SLOT *Slot)
{
    if (!Slot->Block)
        return;
    Check(Slot);
    Must(RtlFreeHeap(Model->Heap, 0, Slot->Block), "not freed");
    Slot->Stale = Slot->Block;
    Slot->Block = NULL;
}

static void Resize(MODEL *Model, SLOT *Slot, ULONG Flags, SIZE_T Size, unsigned char Fill)
{
    if (!Slot->Block)
        return;
    Check(Slot);
    unsigned char *Block = RtlReAllocateHeap(Model->Heap, Flags, Slot->Block, Size);
    Must(Block || Model->Scarce || Flags & HEAP_REALLOC_IN_PLACE_ONLY, "not resized");
    if (!Block) {
        Check(Slot);
        return;
    }
    if (Flags & HEAP_REALLOC_IN_PLACE_ONLY)
        Must(Block == Slot->Block, "moved");
    Must(IsAll(Block, Size < Slot->Size ? Size : Slot->Size, Slot->Fill), "not kept");
    if (Flags & HEAP_ZERO_MEMORY && Size > Slot->Size)
        Must(IsAll(Block + Slot->Size, Size - Slot->Size, 0),
             "what was added is not zero");
    if (Block != Slot->Block)
        Slot->Stale = Slot->Block;
    Put(Slot, Block, Size, Fill);
}

/* A pointer that was a block and is none now: refused, named, and nothing changes. */
static void FreeStale(MODEL *Model, const SLOT *Slot)
{
    if (!Slot->Stale)
        return;
    for (unsigned i = 0; i < SLOTS; i++)
        if (Model->Slots[i].Block == Slot->Stale)
            return;
    SIZE_T Failures = HostHeap.Failures;
    HostHeap.Expected = true;
    Must(!RtlpFreeHeap(Model->Heap, 0, Slot->Stale), "freed twice");
    Must(HostHeap.Failures > Failures, "freed twice, not reported");
    HostHeap.Expected = false;
}

static void UserValue(MODEL *Model, const SLOT *Slot)
{
    PVOID Value = NULL;
    ULONG Flags;
    if (!Slot->Block || !Slot->HasValue)
        return;
    Must(RtlSetUserValueHeap(Model->Heap, 0, Slot->Block, (PVOID)Slot), "no user value");
    Must(RtlGetUserInfoHeap(Model->Heap, 0, Slot->Block, &Value, &Flags) && Value == Slot,
         "another user value");
}

/* From now on so many commits succeed, and reserve or decommit may fail. */
static void Refuse(MODEL *Model, SIZE_T How)
{
    HostHeap.CommitsLeft = How & 0x400 ? -1 : (long)(How & 15);
    HostHeap.RefuseDecommit = (How & 0x100) != 0;
    HostHeap.RefuseReserve = (How & 0x200) != 0;
    Model->Scarce = HostHeap.CommitsLeft >= 0 || HostHeap.RefuseReserve;
}

static void Step(MODEL *Model, const uint8_t *Word)
{
    SLOT *Slot = &Model->Slots[Word[1] % SLOTS];
    SLOT *End = &Model->Slots[SLOTS];
    SIZE_T Size = Word[2] | (SIZE_T)Word[3] << 8;
    if (Word[0] & 0x80)
        Size *= 17; /* up to 1.1 MB: past the edge of large blocks */
    else if (Word[0] & 0x40)
        Size %= 128;
    switch (Word[0] & 15) {
    case 0:
    case 1:
        Allocate(Model, Slot, 0, Size, Word[3]);
        break;
    case 2:
        Allocate(Model, Slot, HEAP_ZERO_MEMORY, Size, Word[3]);
        break;
    case 3:
        Allocate(Model, Slot, HEAP_SETTABLE_USER_VALUE, Size, Word[3]);
        break;
    case 4:
        Free(Model, Slot);
        break;
    case 5:
        Resize(Model, Slot, 0, Size, Word[2]);
        break;
    case 6:
        Resize(Model, Slot, HEAP_REALLOC_IN_PLACE_ONLY, Size, Word[2]);
        break;
    case 7:
        Resize(Model, Slot, HEAP_ZERO_MEMORY, Size, Word[2]);
        break;
    case 8:
        if (Slot->Block)
            Must(RtlSizeHeap(Model->Heap, 0, Slot->Block) == Slot->Size, "another size");
        break;
    case 9:
        Must(RtlValidateHeap(Model->Heap, 0, Slot->Block), "not valid");
        break;
    case 10: /* so many of a size that the front end takes it */
        for (; Slot < End; Slot++)
            Allocate(Model, Slot, 0, Size, Word[3]);
        break;
    case 11: /* every so-many-th goes */
        for (; Slot < End; Slot += 1 + Word[2] % 4)
            Free(Model, Slot);
        break;
    case 12:
        RtlCompactHeap(Model->Heap, 0);
        break;
    case 13:
        FreeStale(Model, Slot);
        break;
    case 14:
        UserValue(Model, Slot);
        break;
    case 15:
        Refuse(Model, Size);
        break;
    }
}

static unsigned Walk(HEAP *Heap)
{
    RTL_HEAP_WALK_ENTRY Entry = {0};
    unsigned Busy = 0;
    while (RtlWalkHeap(Heap, &Entry) == STATUS_SUCCESS)
        Busy += (Entry.Flags & RTL_HEAP_BUSY) != 0;
    return Busy;
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Length);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Length)
{
    static SIZE_T Kept; /* by the records of tracked heaps */
    MODEL Model = {0};
    unsigned Live = 0;
    if (Length < 1)
        return 0;
    HostCatchProbes();
    unsigned Kind = Data[0] % 8 % (sizeof(Kinds) / sizeof(*Kinds));
    Refuse(&Model, 0x400);
    RtlpHeapPeb()->NtGlobalFlag = Kinds[Kind].GlobalFlag;
    Model.Heap = RtlCreateHeap(Kinds[Kind].Flags, NULL, Kind == FIXED ? 0x40000 : 0, 0,
                               NULL, NULL);
    Must(Model.Heap != NULL, "no heap");
    for (size_t i = 1; i + 3 < Length; i += 4) {
        Model.Scarce |= Kind == FIXED;
        Step(&Model, Data + i);
        if (Data[0] & 0x80)
            Must(RtlpCheckHeap(Model.Heap, false), "an invariant after an operation");
    }
    Refuse(&Model, 0x400);
    Must(RtlpCheckHeap(Model.Heap, false), "an invariant");
    for (unsigned i = 0; i < SLOTS; i++)
        Live += Model.Slots[i].Block != NULL;
    Must(Walk(Model.Heap) == Live, "the walk saw other blocks");
    Must(Kind >= TRACKED || Model.Heap->Counters.TotalMemoryReserved <= HostHeap.Reserved,
         "more counted than reserved");
    for (unsigned i = 0; i < SLOTS; i++)
        Free(&Model, &Model.Slots[i]);
    Must(RtlpCheckHeap(Model.Heap, false), "an invariant at the end");
    Must(Walk(Model.Heap) == 0, "a block is left");
    Must(RtlDestroyHeap(Model.Heap) == NULL, "not destroyed");
    Must(Kind >= TRACKED || HostHeap.Reserved == Kept, "address space left");
    Kept = HostHeap.Reserved;
    return 0;
}

#ifdef FUZZ_MAIN
int main(int Count, char **Words)
{
    unsigned Seed = Count > 1 ? (unsigned)atoi(Words[1]) : 1;
    unsigned Runs = Count > 2 ? (unsigned)atoi(Words[2]) : FUZZ_RUNS;
    static uint8_t Data[4097];
    for (unsigned Run = 0; Run < Runs; Run++) {
        for (size_t i = 0; i < sizeof(Data); i++) {
            Seed = Seed * 1664525u + 1013904223u;
            Data[i] = (uint8_t)(Seed >> 24);
        }
        LLVMFuzzerTestOneInput(Data, sizeof(Data));
    }
    printf("1..1\nok 1 - %u programs\n", Runs);
    return 0;
}
#endif
