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
 *   unseen      no call has met it, nor does RtlValidateHeap tell: it stood where nothing is read,
 *               or was written over
 *   size        RtlSizeHeap answered another size, within the block: how much of it is
 *               rounding stands in its header, as in Windows, bound to nothing
 *   error       a call failed that should not have, with no report
 *   stopped     the write itself faults: nothing can be touched there
 *   fault       a fault inside the heap, and the check that follows it (RtlpJudgeFault in the
 *               system) names a damaged heap
 *   crash       a fault inside the heap that is not named
 *
 * and never: SILENT (two live blocks overlap, or what a block holds or its size changed), WILD
 * (memory that is not the heap's was written), HANG.
 *
 * What an overrun, an underrun or a write after free can reach is one class of places, with a
 * line for each kind, and two for any place within 64 KiB of a block.  Beyond the line of reach
 * are the heap's own structures, with 64 KiB before and after them that nothing can touch: shown,
 * and judged less sternly (see main).
 *
 *   corrupt_heap SEED TRIALS     (make corrupt SEED=1 TRIALS=100000)
 *   corrupt_heap =STATE TRIAL    that one again, in this process, for a debugger
 */
#include "corrupt_heap.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS    250
#define PER_HEAP 400 /* trials on one state */

typedef enum {
    NoEffect,
    Reported,
    Latent,
    Unseen,
    WrongSize,
    Error,
    Stopped,
    Fault,
    Crash,
    Silent,
    Wild,
    Hang,
    Outcomes
} OUTCOME;
static const char *const OutcomeNames[Outcomes] = {
    "no effect", "reported", "latent", "unseen", "size", "error",
    "stopped",   "fault",    "crash",  "SILENT", "WILD", "HANG"};

static const char *const KindNames[Kinds] = {
    "header of a busy block",       "header of a free block",
    "links of a free block",        "body of a free block",
    "header that ends a run",       "uncommitted range's entry",
    "header of a front-end block",  "body of a free front-end block",
    "header of a front-end region", "header of a large block",
    "64 KiB before a block",        "64 KiB after a block",
    "a segment's fields",           "the heap's fields",
    "the front end's fields"};

HEAP *Heap;
BLOCK Live[LIVE];
unsigned char *Bait;
static unsigned Rng;
static bool Verbose; /* CORRUPT_VERBOSE: tell of what lies beyond reach, too */
static SIZE_T Tally[Kinds][Outcomes];

unsigned Random(unsigned Below)
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

static void Report(void)
{
    _exit(Reported);
}

/* What RtlpJudgeFault does in the system. */
static void JudgeFault(void)
{
    static bool Judging;
    HEAP_DAMAGE Damage;
    if (Judging)
        _exit(Fault);
    Judging = true;
    if (RtlpFindDamage(&Damage))
        _exit(Fault);
}

/* Damages Target and goes on; the process that does so is lost. */
static OUTCOME Suffer(PLACE *Target)
{
    for (unsigned b = 0; b < Target->Bytes; b++)
        if (!RtlpIsReadable((HEAP_ENTRY *)(Target->At + b)))
            return Stopped;
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
        HostHeap.AtFault = JudgeFault;
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
        PLACE Near, *Target = &Near;
        bool IsNear = Kind == NearBefore || Kind == NearAfter;
        if (IsNear ? !FindNear(Kind, &Near) : !KindCount[Kind])
            continue;
        if (!IsNear)
            Target = &Places[KindStart[Kind] + Random(KindCount[Kind])];
        if (t == Only) { /* here, for a debugger */
            HostHeap.AtFailure = Report;
            HostHeap.AtFault = JudgeFault;
            printf("%s: %s\n", KindNames[Kind], OutcomeNames[Suffer(Target)]);
            exit(0);
        }
        OUTCOME Outcome = Only == ~0u ? Trial(Target) : NoEffect;
        Tally[Kind][Outcome]++;
        if (Outcome >= Crash && (Kind < Reach || Verbose) && Bad++ < 20)
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
    Verbose = getenv("CORRUPT_VERBOSE") != NULL;
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
