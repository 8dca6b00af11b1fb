/* heap_os.c - the heap's doors out on a 64-bit host: mmap, pthread; failures are counted.
 */
#define _GNU_SOURCE
#include "heap_os.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static PEB HostPeb;
static pthread_mutex_t ListLock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t RegionLock = PTHREAD_MUTEX_INITIALIZER;
static ULONG Seed = 12345;

HEAP_HOST HostHeap = {.CommitsLeft = -1};

/* Sizes of what was reserved, by base: open addressing, removed entries marked. */
#define REGIONS 65536
static struct {
    void *Base;
    SIZE_T Size;
} Regions[REGIONS];

static ULONG HostSlot(void *Base)
{
    return (ULONG)(((ULONG_PTR)Base >> 16) * 2654435761u) % REGIONS;
}

NTSTATUS RtlpReserve(PVOID *Base, SIZE_T Size, ULONG Protect)
{
    (void)Protect;
    if (HostHeap.RefuseReserve)
        return STATUS_NO_MEMORY;
    /* 64 KiB granularity, as the system has it */
    char *Raw = mmap(NULL, Size + ALLOCATION_GRANULARITY, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (Raw == MAP_FAILED)
        return STATUS_NO_MEMORY;
    char *At = (char *)ALIGN_UP(Raw, ALLOCATION_GRANULARITY);
    SIZE_T Whole = ALIGN_UP(Size, PAGE_SIZE);
    if (At != Raw)
        munmap(Raw, (SIZE_T)(At - Raw));
    munmap(At + Whole,
           (SIZE_T)(Raw + Size + ALLOCATION_GRANULARITY - (At + Whole)) & ~(SIZE_T)4095);
    pthread_mutex_lock(&RegionLock);
    ULONG Slot = HostSlot(At);
    while (Regions[Slot].Size)
        Slot = (Slot + 1) % REGIONS;
    Regions[Slot].Base = At;
    Regions[Slot].Size = Whole;
    HostHeap.Reserved += Whole;
    pthread_mutex_unlock(&RegionLock);
    *Base = At;
    return STATUS_SUCCESS;
}

NTSTATUS RtlpCommit(PVOID Base, SIZE_T Size, ULONG Protect)
{
    (void)Protect;
    if (HostHeap.CommitsLeft == 0)
        return STATUS_NO_MEMORY;
    if (HostHeap.CommitsLeft > 0)
        HostHeap.CommitsLeft--;
    if (mprotect(Base, Size, PROT_READ | PROT_WRITE) != 0)
        return STATUS_NO_MEMORY;
    __atomic_fetch_add(&HostHeap.Committed, Size, __ATOMIC_RELAXED);
    __atomic_fetch_add(&HostHeap.Commits, 1, __ATOMIC_RELAXED);
    return STATUS_SUCCESS;
}

NTSTATUS RtlpDecommit(PVOID Base, SIZE_T Size)
{
    if (HostHeap.RefuseDecommit)
        return STATUS_NO_MEMORY;
    if (mmap(Base, Size, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0) == MAP_FAILED)
        return STATUS_NO_MEMORY;
    __atomic_fetch_sub(&HostHeap.Committed, Size, __ATOMIC_RELAXED);
    return STATUS_SUCCESS;
}

NTSTATUS RtlpRelease(PVOID Base)
{
    pthread_mutex_lock(&RegionLock);
    ULONG Slot = HostSlot(Base), Probe = 0;
    while (!(Regions[Slot].Base == Base && Regions[Slot].Size) && Probe++ < REGIONS)
        Slot = (Slot + 1) % REGIONS;
    SIZE_T Size = Regions[Slot].Base == Base ? Regions[Slot].Size : 0;
    Regions[Slot].Base = NULL;
    Regions[Slot].Size = 0;
    HostHeap.Reserved -= Size;
    pthread_mutex_unlock(&RegionLock);
    if (!Size || munmap(Base, Size) != 0) {
        fprintf(stderr, "heap_os: release of %p, which was not reserved\n", Base);
        abort();
    }
    return STATUS_SUCCESS;
}

/* A fault at a probe (heapp.h) counts as done, with the answer no. */
extern const struct {
    ULONG_PTR From, To, Zero;
} __start_rtlp_probes[], __stop_rtlp_probes[];

static struct sigaction OldSegv;

static void HostFault(int Signal, siginfo_t *Info, void *Where)
{
    greg_t *Registers = ((ucontext_t *)Where)->uc_mcontext.gregs;
    for (size_t i = 0; &__start_rtlp_probes[i] < __stop_rtlp_probes; i++)
        if ((ULONG_PTR)Registers[REG_RIP] == __start_rtlp_probes[i].From) {
            Registers[REG_RIP] = (greg_t)__start_rtlp_probes[i].To;
            Registers[REG_EFL] =
                (Registers[REG_EFL] & ~0x40ll) | (__start_rtlp_probes[i].Zero ? 0x40 : 0);
            return;
        }
    if (OldSegv.sa_flags & SA_SIGINFO)
        OldSegv.sa_sigaction(Signal, Info, Where);
    else
        signal(Signal, SIG_DFL);
}

void HostCatchProbes(void)
{
    struct sigaction Action = {.sa_sigaction = HostFault,
                               .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    struct sigaction Old;
    sigaction(SIGSEGV, &Action, &Old);
    if (!(Old.sa_flags & SA_SIGINFO) || Old.sa_sigaction != HostFault)
        OldSegv = Old;
}

static pthread_mutex_t RecordsLock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void RtlpEnterRecords(void)
{
    pthread_mutex_lock(&RecordsLock);
}

void RtlpLeaveRecords(void)
{
    pthread_mutex_unlock(&RecordsLock);
}

/* Stacks are numbers that the test makes up. */
ULONG RtlpCaptureStack(ULONG Skip, ULONG Count, PVOID *Frames)
{
    (void)Skip, (void)Count;
    Frames[0] = HostHeap.Caller;
    return HostHeap.Caller != NULL;
}

void RtlpCreateLock(HEAP_LOCK *Lock)
{
    pthread_mutexattr_t Attributes;
    C_ASSERT(sizeof(pthread_mutex_t) <= sizeof(HEAP_LOCK));
    pthread_mutexattr_init(&Attributes);
    pthread_mutexattr_settype(&Attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init((pthread_mutex_t *)Lock, &Attributes);
}

void RtlpDeleteLock(HEAP_LOCK *Lock)
{
    pthread_mutex_destroy((pthread_mutex_t *)Lock);
}

void RtlpPause(void)
{
    usleep(50);
}

void RtlpEnterLock(HEAP_LOCK *Lock)
{
    pthread_mutex_lock((pthread_mutex_t *)Lock);
}

void RtlpLeaveLock(HEAP_LOCK *Lock)
{
    pthread_mutex_unlock((pthread_mutex_t *)Lock);
}

void RtlpEnterHeapList(void)
{
    pthread_mutex_lock(&ListLock);
}

void RtlpLeaveHeapList(void)
{
    pthread_mutex_unlock(&ListLock);
}

PPEB RtlpHeapPeb(void)
{
    return &HostPeb;
}

ULONG HostHeapTracing;
void RtlpTraceHeap(ULONG Operation, HEAP *Heap, PVOID Block, SIZE_T Size)
{
    (void)Heap;
    HostHeap.Events++;
    HostHeap.LastOperation = Operation;
    HostHeap.LastBlock = Block;
    HostHeap.LastSize = Size;
}

void RtlpHeapSetStatus(NTSTATUS Status)
{
    HostHeap.LastStatus = Status;
}

void RtlpHeapRaise(NTSTATUS Status)
{
    HostHeap.Raised = Status;
}

ULONG RtlpHeapRandom(void)
{
    Seed = Seed * 1664525u + 1013904223u;
    return Seed ^ (Seed >> 16) * 0x85EBCA6Bu;
}

bool RtlpHeapSurvives(void)
{
    return true;
}

void RtlpHeapNotice(HEAP *Heap, HEAP_FAILURE_TYPE Type, PVOID Block, PCSTR Call)
{
    (void)Heap;
    HostHeap.LastCall = Call;
    HostHeap.LastFailure = Type;
    HostHeap.LastFailureBlock = Block;
}

void RtlpHeapFailure(HEAP *Heap, HEAP_FAILURE_TYPE Type, PVOID Block, PCSTR Call)
{
    HostHeap.Failures++;
    HostHeap.LastCall = Call;
    HostHeap.LastFailure = Type;
    if (HostHeap.FirstFailure == heap_failure_unknown)
        HostHeap.FirstFailure = Type;
    HostHeap.LastFailureBlock = Block;
    if (HostHeap.Expected)
        return;
    fprintf(stderr, "heap failure: kind %d heap %p block %p by %s\n", Type, (void *)Heap,
            Block, Call);
    abort();
}
