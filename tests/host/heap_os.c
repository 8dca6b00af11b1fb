/* heap_os.c - the heap's doors out on a 64-bit host: mmap, pthread; failures are counted. */
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

/* For tests what is not committed cannot be touched.  Under preload.c what is reserved can:
 * a page that nobody touched costs nothing on Linux, and a call for each one would. */
#ifndef HEAP_LAZY
#define HEAP_LAZY 0
#endif
#define RESERVED_IS (HEAP_LAZY ? PROT_READ | PROT_WRITE : PROT_NONE)

/* Sizes of what was reserved, by base: open addressing, removed entries marked. */
#define REGIONS  65536
#define HOST_FEW 4 /* those of the records may stay */
static struct {
    void *Base;
    SIZE_T Size;
} Regions[REGIONS];
static ULONG RegionCount;

static ULONG HostSlot(void *Base)
{
    return (ULONG)(((ULONG_PTR)Base >> 16) * 2654435761u) % REGIONS;
}

#define HOST_MAP (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

/* Size bytes of address space at a multiple of 64 KiB, as the system has it: below the last
 * ones, where there is room as a rule; else more than is needed, and what is too much goes.
 * MAP_FAILED: there is none. */
static char *Last; /* what HostMap gave last; null: start anew from the top */

static char *HostMap(SIZE_T Size)
{
    SIZE_T Room = ALIGN_UP(Size, ALLOCATION_GRANULARITY);
    char *Hint = __atomic_load_n(&Last, __ATOMIC_RELAXED);
    char *At = mmap(Hint ? Hint - Room : NULL, Size, RESERVED_IS, HOST_MAP, -1, 0);
    if (At != MAP_FAILED && (ULONG_PTR)At % ALLOCATION_GRANULARITY) {
        munmap(At, Size);
        char *Raw =
            mmap(NULL, Room + ALLOCATION_GRANULARITY, RESERVED_IS, HOST_MAP, -1, 0);
        if (Raw == MAP_FAILED)
            return Raw;
        At = (char *)ALIGN_UP(Raw + 1, ALLOCATION_GRANULARITY);
        munmap(Raw, (SIZE_T)(At - Raw));
        munmap(At + Size, (SIZE_T)(Raw + Room + ALLOCATION_GRANULARITY - (At + Size)));
    }
    if (At != MAP_FAILED)
        __atomic_store_n(&Last, At, __ATOMIC_RELAXED);
    return At;
}

NTSTATUS RtlpReserve(PVOID *Base, SIZE_T Size, ULONG Protect)
{
    (void)Protect;
    SIZE_T Whole = ALIGN_UP(Size, PAGE_SIZE);
    char *At =
        HostHeap.RefuseReserve ? MAP_FAILED
        : *Base ? mmap(*Base, Whole, RESERVED_IS, HOST_MAP | MAP_FIXED_NOREPLACE, -1, 0)
                : HostMap(Whole);
    if (At == MAP_FAILED)
        return STATUS_NO_MEMORY;
    pthread_mutex_lock(&RegionLock);
    bool Full = ++RegionCount >= REGIONS;
    if (!Full) {
        ULONG Slot = HostSlot(At);
        while (Regions[Slot].Size)
            Slot = (Slot + 1) % REGIONS;
        Regions[Slot].Base = At;
        Regions[Slot].Size = Whole;
        HostHeap.Reserved += Whole;
    } else {
        RegionCount--;
        munmap(At, Whole);
    }
    pthread_mutex_unlock(&RegionLock);
    *Base = At;
    return Full ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

NTSTATUS RtlpCommit(PVOID Base, SIZE_T Size, ULONG Protect)
{
    (void)Protect;
    if (HostHeap.CommitsLeft == 0)
        return STATUS_NO_MEMORY;
    if (HostHeap.CommitsLeft > 0)
        HostHeap.CommitsLeft--;
    if (!HEAP_LAZY && mprotect(Base, Size, PROT_READ | PROT_WRITE) != 0)
        return STATUS_NO_MEMORY;
    __atomic_fetch_add(&HostHeap.Committed, Size, __ATOMIC_RELAXED);
    __atomic_fetch_add(&HostHeap.Commits, 1, __ATOMIC_RELAXED);
    ++*RtlpCommits();
    return STATUS_SUCCESS;
}

NTSTATUS RtlpReserveAndCommit(PVOID *Base, SIZE_T Reserve, SIZE_T Commit, ULONG Protect)
{
    /* what follows up to 64 KiB is no one's there, so here it is mapped, too */
    if (!NT_SUCCESS(
            RtlpReserve(Base, ALIGN_UP(Reserve, ALLOCATION_GRANULARITY), Protect)))
        return STATUS_NO_MEMORY;
    NTSTATUS Status = RtlpCommit(*Base, Commit, Protect);
    if (!NT_SUCCESS(Status))
        RtlpRelease(*Base);
    return Status;
}

NTSTATUS RtlpDecommit(PVOID Base, SIZE_T Size)
{
    if (HostHeap.RefuseDecommit)
        return STATUS_NO_MEMORY;
    if (HEAP_LAZY ? madvise(Base, Size, MADV_DONTNEED) != 0
                  : mmap(Base, Size, PROT_NONE,
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
    RegionCount -= Size != 0;
    if (RegionCount <=
        HOST_FEW) /* else each program of a fuzzer has addresses of its own, */
        __atomic_store_n(&Last, NULL,
                         __ATOMIC_RELAXED); /* and ASan's shadow grows with them */
    pthread_mutex_unlock(&RegionLock);
    if (!Size || munmap(Base, Size) != 0) {
        fprintf(stderr, "heap_os: release of %p, which was not reserved\n", Base);
        abort();
    }
    return STATUS_SUCCESS;
}

bool HostOwns(const void *Address)
{
    for (ULONG i = 0; i < REGIONS; i++)
        if ((ULONG_PTR)Address - (ULONG_PTR)Regions[i].Base < Regions[i].Size)
            return true;
    return false;
}

/* A fault at a probe (heapp.h) counts as done, with the answer no. */
extern const struct {
    ULONG_PTR From, To, Zero;
} __start_rtlp_probes[], __stop_rtlp_probes[];

/* SIGBUS: an address that is none, read through the stack's registers. */
static const int Faults[] = {SIGSEGV, SIGBUS};
static struct sigaction OldFaults[2];

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
    if (HostHeap.AtFault)
        HostHeap.AtFault();
    const struct sigaction *Old = &OldFaults[Signal == SIGBUS];
    if (Old->sa_flags & SA_SIGINFO)
        Old->sa_sigaction(Signal, Info, Where);
    else
        signal(Signal, SIG_DFL);
}

void HostCatchProbes(void)
{
    struct sigaction Action = {.sa_sigaction = HostFault,
                               .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    struct sigaction Old;
    for (int i = 0; i < 2; i++) {
        sigaction(Faults[i], &Action, &Old);
        if (!(Old.sa_flags & SA_SIGINFO) || Old.sa_sigaction != HostFault)
            OldFaults[i] = Old;
    }
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

static ULONG Waiting; /* threads, for any lock */

void RtlpEnterLock(HEAP_LOCK *Lock)
{
    if (pthread_mutex_trylock((pthread_mutex_t *)Lock) == 0)
        return;
    __atomic_fetch_add(&Waiting, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock((pthread_mutex_t *)Lock);
    __atomic_fetch_sub(&Waiting, 1, __ATOMIC_SEQ_CST);
}

bool RtlpTryLock(HEAP_LOCK *Lock)
{
    return pthread_mutex_trylock((pthread_mutex_t *)Lock) == 0;
}

bool RtlpIsAwaited(const HEAP_LOCK *Lock)
{
    (void)Lock;
    return __atomic_load_n(&Waiting, __ATOMIC_SEQ_CST) != 0;
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
void RtlpTellCall(FATHOM_HEAP_CALL *Call)
{
    HostHeap.Events++;
    HostHeap.Told = *Call;
}

PVOID RtlpTakeBatched(HEAP *Heap, SIZE_T Size)
{
    (void)Heap, (void)Size;
    return NULL;
}

bool RtlpGiveBatched(HEAP *Heap, PVOID Block)
{
    (void)Heap, (void)Block;
    return false;
}

ULONG RtlpTraceClock(void)
{
    static ULONG Clock;
    return ++Clock;
}

ULONG *RtlpCommits(void)
{
    static __thread ULONG Commits;
    return &Commits;
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
    ULONG Number = __atomic_add_fetch(&Seed, 0x9E3779B9u, __ATOMIC_RELAXED);
    Number = (Number ^ Number >> 16) * 0x85EBCA6Bu;
    return Number ^ Number >> 13;
}

void RtlpOpenReports(void)
{
}

bool RtlpExitIsUnchecked(void)
{
    const char *Setting = getenv("FATHOM_EXIT_CHECK");
    return Setting && !strcmp(Setting, "0");
}

bool RtlpHadThreads(void)
{
    return true; /* not known */
}

bool RtlpAskedToTerminate;

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
    if (Heap && RtlpIsSigned(Heap))
        Heap->Reported = true;
    HostHeap.LastCall = Call;
    HostHeap.LastFailure = Type;
    if (HostHeap.FirstFailure == heap_failure_unknown)
        HostHeap.FirstFailure = Type;
    HostHeap.LastFailureBlock = Block;
    if (HostHeap.AtFailure)
        HostHeap.AtFailure();
    if (HostHeap.Expected)
        return;
    fprintf(stderr, "heap failure: kind %d heap %p block %p by %s\n", Type, (void *)Heap,
            Block, Call);
    abort();
}
