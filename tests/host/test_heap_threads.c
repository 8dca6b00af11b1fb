/* sources: HEAP */
/* cflags: -fno-strict-aliasing -fno-sanitize=all -fsanitize=thread */
/* test_heap_threads.c - four threads on one heap under TSan; blocks freed by another thread. */
#include "heap_os.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define SHARED  256

static HEAP *Heap;
static void *Mailbox[SHARED];

static void Must(bool Holds, const char *What)
{
    if (!Holds) {
        printf("not ok 1 - %s\n", What);
        exit(1);
    }
}

static void *Work(void *Argument)
{
    unsigned Seed = (unsigned)(uintptr_t)Argument;
    for (unsigned i = 0; i < 30000; i++) {
        Seed = Seed * 1664525u + 1013904223u;
        SIZE_T Size = 8 + (Seed >> 8) % (i % 50 ? 200 : 30000);
        unsigned char *Block = RtlAllocateHeap(Heap, 0, Size);
        Must(Block != NULL, "no memory");
        memset(Block, (int)Seed, Size);
        *(SIZE_T *)Block = Size;
        /* leave it for whoever comes by, and free what lay there */
        void *Old = __atomic_exchange_n(&Mailbox[(Seed >> 20) % SHARED], Block, __ATOMIC_ACQ_REL);
        if (Old) {
            Must(RtlSizeHeap(Heap, 0, Old) == *(SIZE_T *)Old, "another size");
            Must(RtlFreeHeap(Heap, 0, Old), "not freed");
        }
        if (i % 5000 == 0) {
            Must(RtlLockHeap(Heap), "not locked");
            Must(RtlUnlockHeap(Heap), "not unlocked");
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t Threads[THREADS];
    HostHeap.CommitsLeft = -1;
    Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&Threads[i], NULL, Work, (void *)(i + 1));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(Threads[i], NULL);
    Must(RtlpCheckHeap(Heap, false), "an invariant");
    for (unsigned i = 0; i < SHARED; i++)
        Must(RtlFreeHeap(Heap, 0, Mailbox[i]), "not freed at the end");
    Must(RtlpCheckHeap(Heap, false), "an invariant at the end");
    RtlDestroyHeap(Heap);
    printf("1..1\nok 1 - %u threads\n", THREADS);
    return 0;
}
