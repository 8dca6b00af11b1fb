/* doors.c - the two doors of the heap on the way of an allocation: commit, and the lock.
 *
 * The other doors are in os.c.  In the system they are a service of the kernel and a critical
 * section; a host has others (tests/host/heap_os.c).
 */
#include "heap/heapp.h"
#include "ntdll.h"
#include "ntdllp.h"

ULONG *RtlpCommits(void)
{
    return (ULONG *)NtTeb()->SpareBytes;
}

NTSTATUS RtlpCommit(PVOID Base, SIZE_T Size, ULONG Protect)
{
    PVOID Address = Base;
    SIZE_T Bytes = Size;
    ++*RtlpCommits();
    return NtAllocateVirtualMemory(NtCurrentProcess(), &Address, 0, &Bytes, MEM_COMMIT,
                                   Protect);
}

void RtlpEnterLock(HEAP_LOCK *Lock)
{
    RtlEnterCriticalSection(&Lock->CriticalSection);
}

bool RtlpTryLock(HEAP_LOCK *Lock)
{
    return RtlTryEnterCriticalSection(&Lock->CriticalSection);
}

void RtlpLeaveLock(HEAP_LOCK *Lock)
{
    RtlLeaveCriticalSection(&Lock->CriticalSection);
}
