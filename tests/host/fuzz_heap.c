/* fuzz_heap.c - programs of heap operations, written by libFuzzer, against a shadow model.
 *
 * Each input byte stream is a program: allocate, free, resize, measure, validate, walk, on a
 * heap whose flags the first byte chooses.  The model knows each live block's address, size and
 * fill; after each operation blocks must be whole and apart, after the last every invariant
 * must hold and nothing be left.  Built by `make fuzz`; FUZZ_MAIN makes it a plain program that
 * runs the files it is given, or pseudo-random programs from a seed.
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
    unsigned char *Block;
    SIZE_T Size;
    unsigned char Fill;
} SLOT;

static void Must(bool Holds, const char *What)
{
    if (!Holds) {
        fprintf(stderr, "fuzz_heap: %s\n", What);
        abort();
    }
}

static void Check(const SLOT *Slot, SIZE_T Size)
{
    for (SIZE_T i = 0; i < Size && i < Slot->Size; i++)
        Must(Slot->Block[i] == Slot->Fill, "a block changed");
}

static void Put(SLOT *Slot, unsigned char *Block, SIZE_T Size, unsigned char Fill)
{
    Slot->Block = Block;
    Slot->Size = Size;
    Slot->Fill = Fill;
    memset(Block, Fill, Size);
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Length);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Length)
{
    static const ULONG Flags[] = {0, HEAP_NO_SERIALIZE, HEAP_NO_SERIALIZE | HEAP_CREATE_ALIGN_16,
                                  HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED,
                                  HEAP_DISABLE_COALESCE_ON_FREE};
    SLOT Slots[SLOTS] = {0};
    if (Length < 1)
        return 0;
    HostHeap.CommitsLeft = -1;
    HEAP *Heap = RtlCreateHeap(HEAP_GROWABLE | Flags[Data[0] % 5], NULL, 0, 0, NULL, NULL);
    Must(Heap != NULL, "no heap");
    for (size_t i = 1; i + 3 < Length; i += 4) {
        SLOT *Slot = &Slots[Data[i + 1] % SLOTS];
        SIZE_T Size = Data[i + 2] | (SIZE_T)Data[i + 3] << 8;
        if (Data[i] & 0x80)
            Size *= 17; /* up to 1.1 MB: past the edge of large blocks */
        else if (Data[i] & 0x40)
            Size %= 128;
        switch (Data[i] % 6) {
        case 0:
        case 1:
            if (!Slot->Block) {
                void *Block = RtlAllocateHeap(Heap, 0, Size);
                Must(Block != NULL, "no memory");
                Put(Slot, Block, Size, Data[i + 3]);
            }
            break;
        case 2:
            if (Slot->Block) {
                Check(Slot, Slot->Size);
                Must(RtlFreeHeap(Heap, 0, Slot->Block), "not freed");
                Slot->Block = NULL;
            }
            break;
        case 3:
            if (Slot->Block) {
                unsigned char *Block = RtlReAllocateHeap(Heap, 0, Slot->Block, Size);
                Must(Block != NULL, "not resized");
                Slot->Block = Block;
                Check(Slot, Size);
                Put(Slot, Block, Size, Data[i + 2]);
            }
            break;
        case 4:
            if (Slot->Block)
                Must(RtlSizeHeap(Heap, 0, Slot->Block) == Slot->Size, "another size");
            break;
        case 5:
            Must(RtlValidateHeap(Heap, 0, NULL), "not valid");
            break;
        }
    }
    Must(RtlpCheckHeap(Heap, false), "an invariant");
    RTL_HEAP_WALK_ENTRY Walk = {0};
    unsigned Busy = 0, Live = 0;
    while (RtlWalkHeap(Heap, &Walk) == STATUS_SUCCESS)
        Busy += (Walk.Flags & RTL_HEAP_BUSY) != 0;
    for (unsigned i = 0; i < SLOTS; i++)
        if (Slots[i].Block) {
            Live++;
            Check(&Slots[i], Slots[i].Size);
            Must(RtlFreeHeap(Heap, 0, Slots[i].Block), "not freed at the end");
        }
    Must(Busy == Live, "the walk saw other blocks");
    Must(RtlpCheckHeap(Heap, false), "an invariant at the end");
    Must(RtlDestroyHeap(Heap) == NULL, "not destroyed");
    Must(HostHeap.Reserved == 0, "address space left");
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
