/* sources: HEAP */
/* cflags: -fno-strict-aliasing -fno-sanitize=all -fsanitize=thread */
/* test_heap_threads.c - four threads on one heap under TSan, the front end's paths without
 * lock among them.
 *
 * Blocks are freed by another thread than asked for them; buckets fill and empty, so that
 * subsegments are made, forgotten, found again and given back while others take from them;
 * the heap is locked, walked, validated and compacted meanwhile; other heaps come and go.
 * What the front end shares is read and written by atomics (front/groups.h): nothing is suppressed.
 */
#include "heap_os.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define SHARED  256
#define BURST   1500 /* more than a subsegment has */

typedef struct _TASK {
    const char *Name;
    void (*Work)(unsigned Number);
    ULONG Flags, GlobalFlag;
} TASK;

static HEAP *Heap;
static void *Mailbox[SHARED];
static unsigned Test;
static unsigned Working, Walked; /* threads that use the heap; their blocks in walks */

static void Must(bool Holds, const char *What)
{
    if (!Holds) {
        printf("not ok %u - %s\n", Test + 1, What);
        exit(1);
    }
}

static unsigned Next(unsigned *Seed)
{
    return *Seed = *Seed * 1664525u + 1013904223u;
}

/* Leaves Block, whose first word is its size, for whoever comes by; frees what lay there. */
static void Pass(void *Block, unsigned Slot)
{
    void *Old = __atomic_exchange_n(&Mailbox[Slot % SHARED], Block, __ATOMIC_ACQ_REL);
    if (!Old)
        return;
    Must(RtlSizeHeap(Heap, 0, Old) == *(SIZE_T *)Old, "another size");
    Must(RtlFreeHeap(Heap, 0, Old), "not freed");
}

static void HandOver(unsigned Number)
{
    unsigned Seed = Number;
    for (unsigned i = 0; i < 15000; i++) {
        SIZE_T Size = 8 + (Next(&Seed) >> 8) % (i % 50 ? 200 : 30000);
        unsigned char *Block = RtlAllocateHeap(Heap, 0, Size);
        Must(Block != NULL, "no memory");
        memset(Block, (int)Seed, Size);
        if (i % 7 == 0) {
            Size = Size * 3 / 2;
            Block = RtlReAllocateHeap(Heap, 0, Block, Size);
            Must(Block != NULL, "not resized");
        }
        *(SIZE_T *)Block = Size;
        Pass(Block, Seed >> 20);
    }
}

/* Whole subsegments fill, empty and go, all threads in the same few buckets. */
static void Bursts(unsigned Number)
{
    void **Blocks = malloc(BURST * sizeof(*Blocks));
    for (unsigned Round = 0; Round < 12; Round++) {
        SIZE_T Size = 24 + 16 * ((Round + Number) % 3);
        for (unsigned i = 0; i < BURST; i++) {
            Blocks[i] = RtlAllocateHeap(Heap, 0, Size);
            *(SIZE_T *)Blocks[i] = Size;
        }
        for (unsigned i = 0; i < BURST; i++) {
            Must(*(SIZE_T *)Blocks[i] == Size, "a block of two threads");
            if (i % 100 == Round)
                Pass(Blocks[i], i * 7 + Number);
            else
                Must(RtlFreeHeap(Heap, 0, Blocks[i]), "not freed");
        }
    }
    free(Blocks);
}

/* Looks at the heap as a whole while others use it. */
static void Watch(void)
{
    RTL_HEAP_WALK_ENTRY Walk = {0};
    NTSTATUS Status;
    Must(RtlValidateHeap(Heap, 0, NULL), "not valid");
    Must(RtlLockHeap(Heap), "not locked");
    while ((Status = RtlWalkHeap(Heap, &Walk)) == STATUS_SUCCESS)
        Walked += Walk.SegmentIndex == FRONT_INDEX && Walk.Flags & RTL_HEAP_BUSY;
    Must(Status == STATUS_NO_MORE_ENTRIES, "the walk does not reach the end");
    Must(RtlpCheckHeap(Heap, false), "an invariant under the lock");
    Must(RtlUnlockHeap(Heap), "not unlocked");
    RtlCompactHeap(Heap, 0);
}

/* The last one watches as long as the others work, so that each look is at a heap in use. */
static void Watched(unsigned Number)
{
    if (Number < THREADS) {
        HandOver(Number);
        Bursts(Number);
        __atomic_fetch_sub(&Working, 1, __ATOMIC_RELAXED);
        return;
    }
    while (__atomic_load_n(&Working, __ATOMIC_RELAXED))
        Watch();
    Must(Walked > 0, "no walk met a block of the front end");
}

static void ComeAndGo(unsigned Number)
{
    PVOID Heaps[64];
    for (unsigned i = 0; i < 60; i++) {
        HEAP *Mine = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
        Must(Mine != NULL, "no heap");
        for (unsigned j = 0; j < 50; j++)
            Must(RtlAllocateHeap(Mine, 0, 40 + Number) != NULL, "no memory");
        Must(RtlGetProcessHeaps(64, Heaps) >= 2, "not listed");
        if (i % 10 == 0)
            Must(RtlValidateProcessHeaps(), "a heap is not valid");
        Must(RtlDestroyHeap(Mine) == NULL, "not destroyed");
    }
}

static const TASK Tasks[] = {
    {"blocks freed by another thread", HandOver, HEAP_GROWABLE, 0},
    {"subsegments come and go", Bursts, HEAP_GROWABLE, 0},
    {"the whole is looked at meanwhile", Watched, HEAP_GROWABLE, 0},
    {"without a front end", HandOver, HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED, 0},
    {"with a stack for each block", HandOver, HEAP_GROWABLE, FLG_USER_STACK_TRACE_DB},
    {"heaps come and go", ComeAndGo, HEAP_GROWABLE, 0},
};
#define TASKS (sizeof(Tasks) / sizeof(*Tasks))

static void *Thread(void *Number)
{
    Tasks[Test].Work((unsigned)(uintptr_t)Number);
    return NULL;
}

static void Run(const TASK *Task)
{
    pthread_t Threads[THREADS];
    HostHeap.CommitsLeft = -1;
    RtlpHeapPeb()->NtGlobalFlag = Task->GlobalFlag;
    Heap = RtlCreateHeap(Task->Flags, NULL, 0, 0, NULL, NULL);
    RtlpHeapPeb()->NtGlobalFlag = 0;
    Working = THREADS - 1;
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&Threads[i], NULL, Thread, (void *)(i + 1));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(Threads[i], NULL);
    Must(RtlpCheckHeap(Heap, false), "an invariant");
    for (unsigned i = 0; i < SHARED; i++) {
        Must(!Mailbox[i] || RtlFreeHeap(Heap, 0, Mailbox[i]), "not freed at the end");
        Mailbox[i] = NULL;
    }
    Must(RtlpCheckHeap(Heap, false), "an invariant at the end");
    Must(RtlDestroyHeap(Heap) == NULL, "not destroyed");
    printf("ok %u - %s\n", Test + 1, Task->Name);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    HostCatchProbes();
    printf("1..%zu\n", TASKS);
    for (Test = 0; Test < TASKS; Test++)
        Run(&Tasks[Test]);
    return 0;
}
