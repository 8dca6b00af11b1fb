/* corrupt_heap.c - what a program can damage, damaged: nothing of it may stay silent and do harm.
 *
 * A heap is brought into some state; then, each time in a process of its own, one byte or one
 * word of its bookkeeping is overwritten, and the program goes on: allocates, frees, resizes,
 * measures, against a shadow model that knows each live block and what it holds.  What may
 * come of it:
 *
 *   no effect   every call answered as if nothing had been, every invariant holds
 *   reported    the heap said what is damaged (in the system the process ends there)
 *   latent      no call has met the damage yet; RtlValidateHeap tells it
 *   unseen      no call has met it, nor does RtlValidateHeap tell (the model is whole)
 *   size        RtlSizeHeap answered another size, within the block: how much of it is
 *               rounding stands in its header, as in Windows, bound to nothing
 *   error       a call failed that should not have, with no report
 *   crash       a fault inside the heap: the process ends, but unnamed
 *
 * and never: SILENT (two live blocks overlap, or what a block holds or its size changed), WILD
 * (memory that is not the heap's was written), HANG.
 *
 * What an overrun, an underrun or a write after free can reach is one class of places, with a
 * line for each kind; behind the line of reach are the heap's own structures, which lie in
 * regions of their own: shown, and judged less sternly (see main).
 *
 *   corrupt_heap SEED TRIALS     (make corrupt SEED=1 TRIALS=100000)
 *   corrupt_heap =STATE TRIAL    that one again, in this process, for a debugger
 */
#include "heap_os.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIVE     300
#define STEPS    250
#define BAIT     0x4000
#define PLACES   60000
#define PER_HEAP 400 /* trials on one state */

typedef enum {
    NoEffect,
    Reported,
    Latent,
    Unseen,
    WrongSize,
    Error,
    Crash,
    Silent,
    Wild,
    Hang,
    Outcomes
} OUTCOME;
static const char *const OutcomeNames[Outcomes] = {
    "no effect", "reported", "latent", "unseen", "size",
    "error",     "crash",    "SILENT", "WILD",   "HANG"};

typedef enum {
    BusyHeader,
    FreeHeader,
    FreeLinks,
    FreeBody,
    RangeHeader,
    RangeBody,
    FrontHeader,
    FrontBody,
    FrontRegion,
    LargeHeader,
    Reach, /* from here on what no overrun reaches without leaving a region */
    SegmentFields = Reach,
    HeapFields,
    FrontFields,
    Kinds
} KIND;
static const char *const KindNames[Kinds] = {
    "header of a busy block",       "header of a free block",
    "links of a free block",        "body of a free block",
    "header that ends a run",       "uncommitted range's entry",
    "header of a front-end block",  "body of a free front-end block",
    "header of a front-end region", "header of a large block",
    "a segment's fields",           "the heap's fields",
    "the front end's fields"};

typedef struct {
    char *At;
    unsigned char Bytes; /* a field's, for whole writes */
    unsigned char Kind;
} PLACE;

static HEAP *Heap;
static struct {
    unsigned char *Block;
    SIZE_T Size;
    unsigned char Fill;
} Live[LIVE];
static PLACE Places[PLACES];
static unsigned PlaceCount, KindStart[Kinds], KindCount[Kinds];
static unsigned char *Bait;
static unsigned Rng;
static SIZE_T Tally[Kinds][Outcomes];

static unsigned Random(unsigned Below)
{
    Rng = Rng * 1664525u + 1013904223u;
    return (unsigned)(((uint64_t)Rng * Below) >> 32);
}

/* ---- the program, and its model ---- */

static bool Whole(unsigned i, SIZE_T Bytes)
{
    for (SIZE_T b = 0; b < Bytes; b++)
        if (Live[i].Block[b] != Live[i].Fill)
            return false;
    return true;
}

static bool Apart(const unsigned char *Block, SIZE_T Size, unsigned Except)
{
    for (unsigned i = 0; i < LIVE; i++)
        if (i != Except && Live[i].Block && Block < Live[i].Block + Live[i].Size + 1 &&
            Live[i].Block < Block + Size + 1)
            return false;
    return true;
}

static HEAP_ENTRY *EntryOf(unsigned i)
{
    return (HEAP_ENTRY *)Live[i].Block - 1;
}

static OUTCOME Take(unsigned i, void *Block, SIZE_T Size)
{
    if (!Block)
        return Error;
    if (!Apart(Block, Size, i))
        return Silent;
    Live[i].Block = Block;
    Live[i].Size = Size;
    Live[i].Fill = (unsigned char)Random(256);
    memset(Block, Live[i].Fill, Size);
    return NoEffect;
}

static SIZE_T SomeSize(void)
{
    switch (Random(16)) {
    case 0:
        return 33000 + Random(30000);
    case 1:
    case 2:
        return Random(30000);
    case 3:
    case 4:
    case 5:
        return Random(3000);
    default:
        return 16 * Random(12);
    }
}

/* One step of the program; what it noticed. */
static OUTCOME Step(void)
{
    unsigned i = Random(LIVE);
    SIZE_T Size = SomeSize();
    if (!Live[i].Block)
        return Take(i, RtlAllocateHeap(Heap, 0, Size), Size);
    if (!Whole(i, Live[i].Size))
        return Silent;
    SIZE_T Told = RtlSizeHeap(Heap, 0, Live[i].Block);
    if (Told != Live[i].Size)
        return Told <= Live[i].Size + 2 * GRANULE && Live[i].Size <= Told + 2 * GRANULE
                   ? WrongSize
               : EntryOf(i)->UnusedBytes & HEAP_UNUSED_LFH ? WrongSize
                                                           : Silent;
    if (Random(3) == 0) {
        unsigned char Fill = Live[i].Fill;
        SIZE_T Same = Size < Live[i].Size ? Size : Live[i].Size;
        void *Moved = RtlReAllocateHeap(Heap, 0, Live[i].Block, Size);
        if (!Moved)
            return Error;
        for (SIZE_T b = 0; b < Same; b++)
            if (((unsigned char *)Moved)[b] != Fill)
                return Silent;
        return Take(i, Moved, Size);
    }
    if (!RtlFreeHeap(Heap, 0, Live[i].Block))
        return Error;
    Live[i].Block = NULL;
    return NoEffect;
}

static OUTCOME Run(unsigned Steps)
{
    for (unsigned s = 0; s < Steps; s++) {
        OUTCOME Outcome = Step();
        if (Outcome != NoEffect)
            return Outcome;
    }
    return NoEffect;
}

/* What holds at the end. */
static OUTCOME Judge(bool Changed)
{
    for (unsigned b = 0; b < BAIT; b++)
        if (Bait[b] != (unsigned char)(b * 7))
            return Wild;
    for (unsigned i = 0; i < LIVE; i++)
        if (Live[i].Block && !Whole(i, Live[i].Size))
            return Silent;
    RTL_HEAP_WALK_ENTRY Walk = {0};
    while (RtlWalkHeap(Heap, &Walk) == STATUS_SUCCESS)
        continue;
    if (!RtlValidateHeap(Heap, 0, NULL))
        return Latent;
    return Changed ? Unseen : NoEffect;
}

/* ---- states ---- */

static void Build(unsigned State)
{
    static const ULONG Flags[] = {
        HEAP_GROWABLE, HEAP_GROWABLE | HEAP_NO_SERIALIZE, HEAP_GROWABLE,
        HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED,
        HEAP_GROWABLE | HEAP_DISABLE_COALESCE_ON_FREE};
    /* all is large from 32 KiB on, so that a process of a trial is soon made */
    RTL_HEAP_PARAMETERS Parameters = {.Length = sizeof(Parameters),
                                      .VirtualMemoryThreshold = 0x8000};
    Heap = RtlCreateHeap(Flags[State % 5], NULL, 0, 0, NULL, &Parameters);
    if (!Heap || Run(2000 + Random(3000)) != NoEffect || Judge(false) != NoEffect) {
        fprintf(stderr, "corrupt_heap: a state without damage does not hold\n");
        exit(2);
    }
}

/* ---- places ---- */

static void Place(void *At, unsigned Bytes, KIND Kind)
{
    if (PlaceCount < PLACES)
        Places[PlaceCount++] = (PLACE){At, (unsigned char)Bytes, (unsigned char)Kind};
}

static void PlaceWords(void *From, SIZE_T Bytes, KIND Kind)
{
    for (SIZE_T b = 0; b + sizeof(void *) <= Bytes; b += sizeof(void *))
        Place((char *)From + b, sizeof(void *), Kind);
}

static void PlaceHeader(HEAP_ENTRY *Entry, KIND Kind)
{
    Place(&Entry->Code1, 4, Kind);
    Place(&Entry->PreviousSize, 2, Kind);
    Place(&Entry->SegmentOffset, 1, Kind);
    Place(&Entry->UnusedBytes, 1, Kind);
}

static void PlaceRuns(HEAP_SEGMENT *Segment)
{
    for (HEAP_ENTRY *Entry = Segment->FirstEntry; Entry;) {
        ULONG Code = RtlpDecode(Heap, Entry);
        if (CODE_FLAGS(Code) & HEAP_ENTRY_LAST_ENTRY) {
            PlaceHeader(Entry, RangeHeader);
            PlaceWords(UCR_OF(Entry), sizeof(HEAP_UCR_DESCRIPTOR), RangeBody);
            Entry = RtlpAfterRange(Heap, Entry);
            continue;
        }
        if (CODE_FLAGS(Code) & HEAP_ENTRY_BUSY) {
            PlaceHeader(Entry, BusyHeader);
        } else {
            SIZE_T Bytes =
                ((SIZE_T)CODE_SIZE(Code) << GRANULE_SHIFT) - sizeof(HEAP_FREE_ENTRY);
            PlaceHeader(Entry, FreeHeader);
            PlaceWords(&FREE_OF(Entry)->FreeList, sizeof(LIST_ENTRY), FreeLinks);
            PlaceWords(FREE_OF(Entry) + 1, Bytes < 64 ? Bytes : 64, FreeBody);
        }
        Entry = RtlpAhead(Entry, CODE_SIZE(Code));
    }
}

static void PlaceFrontEnd(void)
{
    HEAP_SUBSEGMENT *Sub;
    if (!Heap->FrontEndHeap)
        return;
    for (ULONG N = 0; (Sub = RtlpLfhSubSegment(Heap, N)) != NULL; N++) {
        if (Sub->State == SubSegmentUnused)
            continue;
        PlaceWords(Sub->UserBlocks, sizeof(HEAP_USERDATA_HEADER), FrontRegion);
        for (ULONG i = 0; i < Sub->BlockCount; i++) {
            char *Block = Sub->First + i * (SIZE_T)Sub->BlockSize;
            PlaceHeader((HEAP_ENTRY *)Block - 1, FrontHeader);
            if (!RtlValidateHeap(Heap, 0, Block))
                PlaceWords(Block, 16, FrontBody);
        }
        PlaceWords(Sub, sizeof(*Sub), FrontFields);
    }
    PlaceWords(Heap->FrontEndHeap, sizeof(LFH_HEAP), FrontFields);
}

static int ByKind(const void *A, const void *B)
{
    return ((const PLACE *)A)->Kind - ((const PLACE *)B)->Kind;
}

static void FindPlaces(void)
{
    PlaceCount = 0;
    for (ULONG i = 0; i < Heap->SegmentCount; i++)
        if (Heap->Segments[i]) {
            PlaceRuns(Heap->Segments[i]);
            PlaceWords(Heap->Segments[i], sizeof(HEAP_SEGMENT), SegmentFields);
        }
    PlaceFrontEnd();
    for (LIST_ENTRY *Link = Heap->VirtualAllocdBlocks.Flink;
         Link != &Heap->VirtualAllocdBlocks; Link = Link->Flink)
        PlaceWords(Link, sizeof(HEAP_VIRTUAL_ALLOC_ENTRY), LargeHeader);
    PlaceWords((HEAP_SEGMENT *)Heap + 1, offsetof(HEAP, Lock) - sizeof(HEAP_SEGMENT),
               HeapFields);
    qsort(Places, PlaceCount, sizeof(PLACE), ByKind);
    memset(KindCount, 0, sizeof(KindCount));
    for (unsigned p = PlaceCount; p-- > 0; KindStart[Places[p].Kind] = p)
        KindCount[Places[p].Kind]++;
}

/* ---- damage ---- */

/* A pointer that an attacker may think of. */
static void *Plausible(void)
{
    const PLACE *Other;
    switch (Random(7)) {
    case 0: /* another free block's links */
        if (KindCount[FreeLinks]) {
            Other = &Places[KindStart[FreeLinks] + Random(KindCount[FreeLinks])];
            return Other->At;
        }
        return NULL;
    case 1: /* a live block */
        for (unsigned i = Random(LIVE); i < LIVE; i++)
            if (Live[i].Block)
                return Live[i].Block;
        return NULL;
    case 2:
        return Bait + 8 * Random(BAIT / 8 - 4);
    case 3:
        return &Heap->FreeLists;
    case 4:
        return &Heap->FreeHints[Random(FREE_CLASSES)];
    case 5: /* nowhere */
        return (void *)(ULONG_PTR)(0x4141414141414141u >> Random(64));
    default:
        return Places[Random(PlaceCount)].At;
    }
}

/* Damages one place; false: what was written is what stood there. */
static bool Damage(PLACE *Target)
{
    unsigned char Old[8], New[8];
    unsigned Bytes = Target->Bytes;
    memcpy(Old, Target->At, Bytes);
    memcpy(New, Old, Bytes);
    void *Pointer = Plausible();
    switch (Random(9)) {
    case 0:
        New[Random(Bytes)] ^= (unsigned char)(1u << Random(8));
        break;
    case 1:
        New[Random(Bytes)] = (unsigned char)Random(256);
        break;
    case 2:
        memset(New, 0, Bytes);
        break;
    case 3:
        memset(New, 0xFF, Bytes);
        break;
    case 4:
        memset(New, 0x41, Bytes);
        break;
    case 5:
        for (unsigned b = 0; b < Bytes; b++)
            New[b] = (unsigned char)Random(256);
        break;
    case 6: /* what stands at the same place of another */
        memcpy(New, Places[KindStart[Target->Kind] + Random(KindCount[Target->Kind])].At,
               Bytes);
        break;
    case 7: { /* a number nearby */
        uint64_t Value = 0;
        memcpy(&Value, New, Bytes);
        Value += (uint64_t)Random(9) - 4;
        Value += Random(2) ? (uint64_t)(Random(9) - 4) * PAGE_SIZE : 0;
        memcpy(New, &Value, Bytes);
        break;
    }
    default:
        memcpy(New, &Pointer, Bytes);
    }
    memcpy(Target->At, New, Bytes);
    return memcmp(Old, New, Bytes) != 0;
}

static void Report(void)
{
    _exit(Reported);
}

/* Damages Target and goes on; the process that does so is lost. */
static OUTCOME Suffer(PLACE *Target)
{
    bool Changed = Damage(Target);
    OUTCOME Outcome = Run(STEPS);
    if (Outcome != NoEffect && Outcome != Error)
        return Outcome;
    /* nobody reads what a free block holds */
    bool Matters = Changed && Target->Kind != FreeBody && Target->Kind != FrontBody;
    OUTCOME Last = Judge(Matters);
    return Outcome == Error && (Last == NoEffect || Last == Unseen) ? Error : Last;
}

static OUTCOME Trial(PLACE *Target)
{
    pid_t Child = fork();
    if (Child == 0) {
        struct itimerval Limit = {.it_value = {.tv_sec = 3}};
        setitimer(ITIMER_VIRTUAL, &Limit, NULL);
        alarm(60);
        HostHeap.AtFailure = Report;
        _exit(Suffer(Target));
    }
    int Status;
    waitpid(Child, &Status, 0);
    if (WIFEXITED(Status) && WEXITSTATUS(Status) < Outcomes)
        return (OUTCOME)WEXITSTATUS(Status);
    int Signal = WIFSIGNALED(Status) ? WTERMSIG(Status) : 0;
    return Signal == SIGVTALRM || Signal == SIGALRM ? Hang : Crash;
}

/* Trials on one state, each kind of place as often. */
static unsigned TryState(unsigned State, unsigned Trials, unsigned Only)
{
    unsigned Bad = 0;
    Rng = State * 2654435761u + 1;
    memset(Live, 0, sizeof(Live));
    Build(State);
    FindPlaces();
    for (unsigned t = 0; t < Trials; t++) {
        KIND Kind = (KIND)(t % Kinds);
        if (!KindCount[Kind])
            continue;
        PLACE *Target = &Places[KindStart[Kind] + Random(KindCount[Kind])];
        if (t == Only) { /* here, for a debugger */
            HostHeap.AtFailure = Report;
            printf("%s: %s\n", KindNames[Kind], OutcomeNames[Suffer(Target)]);
            exit(0);
        }
        OUTCOME Outcome = Only == ~0u ? Trial(Target) : NoEffect;
        Tally[Kind][Outcome]++;
        if (Outcome >= Crash && Kind < Reach && Bad++ < 20)
            printf("# %u %u: %s: %s\n", State, t, KindNames[Kind], OutcomeNames[Outcome]);
        Random(2);
    }
    RtlDestroyHeap(Heap);
    return Bad;
}

/* The table; result: trials. */
static SIZE_T Tell(void)
{
    SIZE_T All = 0;
    printf("# %-31s", "");
    for (unsigned o = 0; o < Outcomes; o++)
        printf(" %9s", OutcomeNames[o]);
    printf("\n");
    for (unsigned k = 0; k < Kinds; k++) {
        printf("# %-31s", KindNames[k]);
        for (unsigned o = 0; o < Outcomes; o++) {
            printf(" %9zu", Tally[k][o]);
            All += Tally[k][o];
        }
        printf("\n");
    }
    return All;
}

int main(int Count, char **Words)
{
    unsigned Seed = Count > 1 ? (unsigned)strtoul(Words[1], NULL, 0) : 1;
    unsigned Trials = Count > 2 ? (unsigned)strtoul(Words[2], NULL, 0) : CORRUPT_TRIALS;
    unsigned Bad = 0;
    HostCatchProbes();
    HostHeap.CommitsLeft = -1;
    Bait = mmap(NULL, BAIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned b = 0; b < BAIT; b++)
        Bait[b] = (unsigned char)(b * 7);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (Count > 1 && Words[1][0] == '=') /* =STATE TRIAL, as a line of the report says */
        return (int)TryState((unsigned)atoi(Words[1] + 1), PER_HEAP, Trials);
    for (unsigned Done = 0, State = Seed * 1000; Done < Trials; Done += PER_HEAP, State++)
        Bad += TryState(State, Trials - Done < PER_HEAP ? Trials - Done : PER_HEAP, ~0u);
    SIZE_T All = Tell();
    printf("1..1\n%sok 1 - %zu damages: what an overrun reaches is never silent\n",
           Bad ? "not " : "", All);
    return Bad != 0;
}
