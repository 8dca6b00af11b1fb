/* os.c - the heap's doors out, in the system: ntdll's service stubs and locks.
 *
 * The two that an allocation may pass through, commit and the lock, are doors.c.  No other file
 * of the heap names a service, a lock or an exception; a host links its own file in place of
 * these two (tests/host/heap_os.c).
 */
#include "heap/heapp.h"
#include "ntdll.h"
#include "fathom.h"
#include "ntdllp.h"

static PTEB RtlpTeb(void)
{
    PTEB Teb;
    __asm__("movl %%fs:0x18, %0" : "=r"(Teb));
    return Teb;
}

NTSTATUS RtlpReserve(PVOID *Base, SIZE_T Size, ULONG Protect)
{
    SIZE_T Bytes = Size;
    return NtAllocateVirtualMemory(NtCurrentProcess(), Base, 0, &Bytes, MEM_RESERVE,
                                   Protect);
}

NTSTATUS RtlpReserveAndCommit(PVOID *Base, SIZE_T Reserve, SIZE_T Commit, ULONG Protect)
{
    if (Reserve == Commit)
        return NtAllocateVirtualMemory(NtCurrentProcess(), Base, 0, &Commit,
                                       MEM_RESERVE | MEM_COMMIT, Protect);
    NTSTATUS Status = RtlpReserve(Base, Reserve, Protect);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RtlpCommit(*Base, Commit, Protect);
    if (!NT_SUCCESS(Status))
        RtlpRelease(*Base);
    return Status;
}

NTSTATUS RtlpDecommit(PVOID Base, SIZE_T Size)
{
    PVOID Address = Base;
    SIZE_T Bytes = Size;
    return NtFreeVirtualMemory(NtCurrentProcess(), &Address, &Bytes, MEM_DECOMMIT);
}

NTSTATUS RtlpRelease(PVOID Base)
{
    PVOID Address = Base;
    SIZE_T Bytes = 0;
    return NtFreeVirtualMemory(NtCurrentProcess(), &Address, &Bytes, MEM_RELEASE);
}

void RtlpCreateLock(HEAP_LOCK *Lock)
{
    RtlInitializeCriticalSection(&Lock->CriticalSection);
}

void RtlpDeleteLock(HEAP_LOCK *Lock)
{
    RtlDeleteCriticalSection(&Lock->CriticalSection);
}

bool RtlpHadThreads(void)
{
    return RtlpThreadsCame;
}

void RtlpPause(void)
{
    LARGE_INTEGER Tick = {.QuadPart = -10000}; /* 1 ms, which becomes a tick */
    NtDelayExecution(FALSE, &Tick);
}

bool RtlpIsAwaited(const HEAP_LOCK *Lock)
{
    return *(volatile const LONG *)&Lock->CriticalSection.LockCount !=
           -2; /* held, none waits */
}

/* Set up at its first use: the default heap is made by the first thread, before any
 * other. */
static RTL_CRITICAL_SECTION RtlpProcessHeapsListLock;

void RtlpEnterHeapList(void)
{
    if (!RtlpProcessHeapsListLock.LockSemaphore && !RtlpProcessHeapsListLock.SpinCount) {
        RtlInitializeCriticalSection(&RtlpProcessHeapsListLock);
        RtlpProcessHeapsListLock.SpinCount = 1;
    }
    RtlEnterCriticalSection(&RtlpProcessHeapsListLock);
}

void RtlpLeaveHeapList(void)
{
    RtlLeaveCriticalSection(&RtlpProcessHeapsListLock);
}

static HEAP_LOCK RtlpRecordsLock;

void RtlpEnterRecords(void)
{
    if (!RtlpRecordsLock.CriticalSection.SpinCount) { /* as above */
        RtlInitializeCriticalSection(&RtlpRecordsLock.CriticalSection);
        RtlpRecordsLock.CriticalSection.SpinCount = 1;
    }
    RtlEnterCriticalSection(&RtlpRecordsLock.CriticalSection);
}

void RtlpLeaveRecords(void)
{
    RtlLeaveCriticalSection(&RtlpRecordsLock.CriticalSection);
}

/* noinline: it counts as one frame. */
__attribute__((noinline)) ULONG RtlpCaptureStack(ULONG Skip, ULONG Count, PVOID *Frames)
{
    return RtlpUnwindStack(Skip + 1, Count, Frames);
}

PPEB RtlpHeapPeb(void)
{
    return RtlpTeb()->ProcessEnvironmentBlock;
}

ULONG RtlpTraceClock(void)
{
    return (ULONG)__builtin_ia32_rdtsc() - *(volatile const ULONG *)FATHOM_TRACE_OVERHEAD;
}

void RtlpTellCall(FATHOM_HEAP_CALL *Call)
{
    Call->FrameCount = 0;
    if (RtlpHeapPeb()->TracingFlags & PEB_FATHOM_HEAP_STACKS) {
        NtFathomHeapEvent((PVOID)(ULONG_PTR)Call->Ended,
                          0); /* the rest is tracing's work */
        RtlpEnterRecords();   /* the unwinder's lock */
        Call->FrameCount = RtlpCaptureStack(1, HEAP_CALL_FRAMES, (PVOID *)Call->Frames);
        RtlpLeaveRecords();
    }
    NtFathomHeapEvent(Call, offsetof(FATHOM_HEAP_CALL, Frames) +
                                Call->FrameCount * sizeof *Call->Frames);
}

void RtlpHeapSetStatus(NTSTATUS Status)
{
    RtlpTeb()->LastStatusValue = (ULONG)Status;
    RtlSetLastWin32Error(RtlNtStatusToDosError(Status));
}

void RtlpHeapRaise(NTSTATUS Status)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = (ULONG)Status,
                               .ExceptionAddress = __builtin_return_address(0)};
    RtlRaiseException(&Record);
}

/* Keys differ from heap to heap: a seed of the process, stepped by a multiplier that has
 * full period and mixed (the finaliser of MurmurHash3, Appleby 2011). */
ULONG RtlpHeapRandom(void)
{
    static ULONG State;
    if (!State) {
        LARGE_INTEGER Counter = {0};
        ULONG Returned;
        if (!NT_SUCCESS(
                NtFathomQuery(FathomQuerySeed, 0, &State, sizeof(State), &Returned)) ||
            !State) {
            NtQueryPerformanceCounter(&Counter, NULL);
            State = Counter.LowPart | 1;
        }
    }
    State = State * 1664525u + 1013904223u; /* Numerical Recipes, ch. 7 */
    ULONG Mixed = State;
    Mixed = (Mixed ^ (Mixed >> 16)) * 0x85EBCA6Bu;
    Mixed = (Mixed ^ (Mixed >> 13)) * 0xC2B2AE35u;
    return Mixed ^ (Mixed >> 16);
}
