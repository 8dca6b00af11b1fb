/* preload.c - the heap core as malloc for any program of the host: make preload, then
 * LD_PRELOAD=build/host/libfathomheap.so python3 ...
 *
 * One growable heap.  A block of a greater alignment than the granule lies inside a larger
 * one, after an entry of its own that names it:
 *
 *   | HEAP_ENTRY | ...  pad  ... | {Reserved: the block, UnusedBytes: ALIGNED} | data ...
 *   ^ of the block                                                            ^ aligned
 *
 * No block's UnusedBytes is ever ALIGNED (heap.h: 0x7F large, 0x80 and above front end, the
 * rest less than two granules and an entry).
 *
 * When the process exits the heap is checked, as in the system (FATHOM_EXIT_CHECK=0: not).
 *
 * Lock: the heap's; held over fork, so that the child's is whole.
 */
#define _GNU_SOURCE
#include "heap_os.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNED 0x7D
#define VISIBLE __attribute__((visibility("default")))

static HEAP *Heap;
static pthread_once_t Once = PTHREAD_ONCE_INIT;

static void Lock(void)
{
    RtlpEnterLock(Heap->LockVariable);
}

static void Unlock(void)
{
    RtlpLeaveLock(Heap->LockVariable);
}

/* The child's thread has another number: the lock that its parent took is not its own. */
static void Renew(void)
{
    RtlpCreateLock(Heap->LockVariable);
}

static void Create(void)
{
    /* A call of Linux's for each 4 KiB that are free would be most of a program's time. */
    RTL_HEAP_PARAMETERS Wide = {.Length = sizeof(Wide),
                                .SegmentReserve = 0x4000000,
                                .SegmentCommit = 0x10000,
                                .DeCommitFreeBlockThreshold = 0x20000,
                                .DeCommitTotalFreeThreshold = 0x400000};
    Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, &Wide);
    if (!Heap)
        abort();
    pthread_atfork(Lock, Unlock, Renew);
    HostCatchProbes(); /* unless the program has a handler of its own, later */
}

/* What the program has not written yet shall not be lost for it. */
static void Flush(void)
{
    fflush(NULL);
}

static __attribute__((destructor)) void CheckAtExit(void)
{
    HostHeap.AtFailure = Flush;
    RtlpCheckHeapsAtExit();
}

static inline HEAP *Get(void)
{
    HEAP *Made = __atomic_load_n(&Heap, __ATOMIC_ACQUIRE);
    if (__builtin_expect(Made == NULL, 0)) {
        pthread_once(&Once, Create);
        Made = Heap;
    }
    return Made;
}

/* The block that a pointer of ours lies in. */
static inline void *Whole(void *Block)
{
    HEAP_ENTRY *Entry = (HEAP_ENTRY *)Block - 1;
    return RtlpIsReadable(Entry) && Entry->UnusedBytes == ALIGNED ? Entry->Reserved
                                                                  : Block;
}

static void *OrError(void *Block)
{
    if (!Block)
        errno = ENOMEM;
    return Block;
}

VISIBLE void *malloc(size_t Size)
{
    return OrError(RtlAllocateHeap(Get(), 0, Size));
}

VISIBLE void free(void *Block)
{
    if (Block)
        RtlFreeHeap(Get(), 0, Whole(Block));
}

VISIBLE void *calloc(size_t Count, size_t Size)
{
    size_t Bytes;
    if (__builtin_mul_overflow(Count, Size, &Bytes))
        return OrError(NULL);
    return OrError(RtlAllocateHeap(Get(), HEAP_ZERO_MEMORY, Bytes));
}

VISIBLE size_t malloc_usable_size(void *Block)
{
    if (!Block)
        return 0;
    char *Start = Whole(Block);
    return RtlSizeHeap(Get(), 0, Start) - (size_t)((char *)Block - Start);
}

VISIBLE void *realloc(void *Block, size_t Size)
{
    if (!Block)
        return malloc(Size);
    if (!Size) {
        free(Block);
        return NULL;
    }
    if (Whole(Block) == Block)
        return OrError(RtlReAllocateHeap(Get(), 0, Block, Size));
    size_t Old = malloc_usable_size(Block);
    void *Moved = malloc(Size);
    if (Moved) {
        memcpy(Moved, Block, Old < Size ? Old : Size);
        free(Block);
    }
    return Moved;
}

VISIBLE void *reallocarray(void *Block, size_t Count, size_t Size)
{
    size_t Bytes;
    if (__builtin_mul_overflow(Count, Size, &Bytes))
        return OrError(NULL);
    return realloc(Block, Bytes);
}

VISIBLE void *memalign(size_t Align, size_t Size)
{
    if (Align & (Align - 1)) {
        errno = EINVAL;
        return NULL;
    }
    if (Align <= GRANULE)
        return malloc(Size);
    if (Size > HEAP_MAXIMUM_ALLOCATION || Align > HEAP_MAXIMUM_ALLOCATION)
        return OrError(NULL);
    char *Start = malloc(Size + Align);
    char *At = (char *)(((size_t)Start + Align - 1) & ~(Align - 1));
    if (!Start || At == Start)
        return Start;
    ((HEAP_ENTRY *)At)[-1] = (HEAP_ENTRY){.Reserved = Start, .UnusedBytes = ALIGNED};
    return At;
}

VISIBLE void *aligned_alloc(size_t Align, size_t Size)
{
    return memalign(Align, Size);
}

VISIBLE int posix_memalign(void **Block, size_t Align, size_t Size)
{
    if (Align < sizeof(void *) || Align & (Align - 1))
        return EINVAL;
    int Saved = errno;
    void *Made = memalign(Align, Size);
    errno = Saved;
    if (!Made)
        return ENOMEM;
    *Block = Made;
    return 0;
}

VISIBLE void *valloc(size_t Size)
{
    return memalign(PAGE_SIZE, Size);
}

VISIBLE void *pvalloc(size_t Size)
{
    if (Size > HEAP_MAXIMUM_ALLOCATION)
        return OrError(NULL);
    return memalign(PAGE_SIZE, ALIGN_UP(Size, PAGE_SIZE));
}
