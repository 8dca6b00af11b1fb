/* lock.c - critical sections, all but the uncontended enter and leave (critsec.asm); the
 * PEB's lock.
 *
 *   LockCount   bit 0   1 = free
 *               bit 1   1 = no woken waiter is on its way to the lock
 *               rest    -1 - number of waiters
 *
 * A waiter adds -4 and sleeps on a keyed event whose key is the section.  A thread that leaves
 * with waiters and bit 1 set adds 4, clears bit 1 and wakes one.  The woken thread competes
 * like any other: if it wins it sets bit 1 again, if not it queues again.  A keyed event needs
 * no handle of the section's own, so waiting cannot fail for want of one; LockSemaphore
 * therefore stays NULL (Windows 7 fills it in at the first wait).
 *
 * While the process ends (RtlpShutdownInProgress) all other threads are gone, perhaps with the
 * lock in hand.  A wait without a time-out would never end, here, for an SRW lock (srw.c) or for
 * an initialisation (once.c), so the process ends at once, as on Windows.
 *
 * Documented: Critical Section Objects; the bits as in `!cs` of WinDbg since Vista.
 */
#include "ntdllp.h"

#define CS_FREE      1
#define CS_NOT_WOKEN 2
#define CS_WAITER    4

RTL_CRITICAL_SECTION RtlpPebLock = {.LockCount = -1};
BOOLEAN RtlpShutdownInProgress, RtlpThreadsCame;

static LONG Exchange(PRTL_CRITICAL_SECTION section, LONG new, LONG old)
{
    return __sync_val_compare_and_swap(&section->LockCount, old, new);
}

static void EndIfOrphaned(void)
{
    if (RtlpShutdownInProgress)
        NtTerminateProcess(NtCurrentProcess(), STATUS_THREAD_IS_TERMINATING);
}

/* Somebody else is about to change what the caller looks at. */
void RtlpYield(void)
{
    EndIfOrphaned();
    NtYieldExecution();
}

/* Sleep until RtlpWake(key); wake exactly one sleeper of key, waiting for it if need be. */
NTSTATUS RtlpWaitUntil(PVOID key, PLARGE_INTEGER timeout)
{
    if (!timeout)
        EndIfOrphaned();
    return NtWaitForKeyedEvent(NULL, key, FALSE, timeout);
}

void RtlpWait(PVOID key)
{
    NTSTATUS status = RtlpWaitUntil(key, NULL);
    if (!NT_SUCCESS(status))
        RtlRaiseStatus(status);
}

void RtlpWake(PVOID key)
{
    if (!RtlpShutdownInProgress)
        NtReleaseKeyedEvent(NULL, key, FALSE, NULL);
}

static NTSTATUS Own(PRTL_CRITICAL_SECTION section)
{
    section->OwningThread = NtTeb()->ClientId.UniqueThread;
    section->RecursionCount = 1;
    return STATUS_SUCCESS;
}

/* RtlEnterCriticalSection, when another thread has it. */
NTSTATUS NTAPI RtlpEnterContended(PRTL_CRITICAL_SECTION section)
{
    if (section->DebugInfo && section->DebugInfo != (PVOID)-1)
        section->DebugInfo->ContentionCount++;
    LONG woken = 0; /* CS_NOT_WOKEN once we are the one that was woken */
    for (;;) {
        LONG old = *(volatile LONG *)&section->LockCount;
        if (old & CS_FREE) {
            if (Exchange(section, (old & ~CS_FREE) | woken, old) == old)
                return Own(section);
            continue;
        }
        EndIfOrphaned();
        if (Exchange(section, (old - CS_WAITER) | woken, old) != old)
            continue;
        RtlpWait(section);
        woken = CS_NOT_WOKEN;
    }
}

/* RtlLeaveCriticalSection, when the section is free again and somebody may wait for it. */
NTSTATUS NTAPI RtlpWakeCriticalSection(PRTL_CRITICAL_SECTION section)
{
    for (;;) {
        LONG old = *(volatile LONG *)&section->LockCount;
        /* A new owner will wake it when it leaves; one already woken will do the same. */
        if (!(old & CS_FREE) || !(old & CS_NOT_WOKEN) || old == -1)
            return STATUS_SUCCESS;
        if (Exchange(section, (old & ~CS_NOT_WOKEN) + CS_WAITER, old) != old)
            continue;
        RtlpWake(section);
        return STATUS_SUCCESS;
    }
}

/* DebugInfo stays -1 ("none"), as Windows leaves it for
 * RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO: nothing here can fail. */
NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION Section, ULONG Spin,
                                              ULONG Flags)
{
    if (Spin & 0xFF000000)
        return STATUS_INVALID_PARAMETER_2;
    if (Flags & ~0x1F000000u) /* RTL_CRITICAL_SECTION_ALL_FLAG_BITS that exist in 7 */
        return STATUS_INVALID_PARAMETER_3;
    *Section = (RTL_CRITICAL_SECTION){.DebugInfo = (PVOID)-1, .LockCount = -1};
    return STATUS_SUCCESS; /* one processor: spinning would only waste the holder's time
                            */
}

NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION Section,
                                                        ULONG Spin)
{
    return RtlInitializeCriticalSectionEx(Section, Spin & 0x00FFFFFF, 0);
}

NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    return RtlInitializeCriticalSectionEx(Section, 0, 0);
}

ULONG NTAPI RtlSetCriticalSectionSpinCount(PRTL_CRITICAL_SECTION Section, ULONG Spin)
{
    (void)Spin; /* kept 0, as Windows does on one processor */
    return Section->SpinCount;
}

NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION Section)
{
    *Section =
        (RTL_CRITICAL_SECTION){0}; /* LockCount 0: held by no thread, so a user waits */
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlIsCriticalSectionLocked(PRTL_CRITICAL_SECTION Section)
{
    return !(Section->LockCount & CS_FREE);
}

BOOLEAN NTAPI RtlIsCriticalSectionLockedByThread(PRTL_CRITICAL_SECTION Section)
{
    return Section->OwningThread == NtTeb()->ClientId.UniqueThread &&
           Section->RecursionCount != 0;
}

VOID NTAPI RtlAcquirePebLock(VOID)
{
    RtlEnterCriticalSection(&RtlpPebLock);
}

VOID NTAPI RtlReleasePebLock(VOID)
{
    RtlLeaveCriticalSection(&RtlpPebLock);
}
