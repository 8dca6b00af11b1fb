/* process.c - all heaps of the process checked: before it ends, and when ntdll has faulted.
 *
 * Damage that no call met would be silent for ever once the process ends.  So its last thread
 * checks every heap that is left, after the DLLs were called, and reports as any call would
 * (RtlpCheckHeapsAtExit).  A fault inside ntdll may come from a damaged heap: then the process ends
 * for that, by name, and not for an access violation (fault.c calls RtlpFindDamage).
 *
 * A heap whose lock another thread holds is passed over: it is being changed, or was when that
 * thread ended.  So is, at exit, a heap without a lock if there ever was a second thread.
 *
 * Lock: each heap's in turn.  In Windows: nothing of the kind at exit; there RtlpAnalyzeHeapFailure
 * is reached from an exception handler around the heap's functions.
 */
#include "heap/check/validate.h"

/* Examines one heap, unless it is in use; false: *Damage says what is wrong. */
static bool RtlpExamineIdle(HEAP *Heap, HEAP_DAMAGE *Damage)
{
    HEAP_CHECK Check = {.Heap = Heap};
    *Damage = (HEAP_DAMAGE){Heap, heap_failure_generic, Heap};
    if (!RtlpIsSigned(Heap) || Heap->Heap != Heap ||
        Heap->HeaderSum != RtlpHeaderSum(Heap)) /* its lock is not to be trusted */
        return false;
    if (Heap->LockVariable ? !RtlpTryLock(Heap->LockVariable)
                           : RtlpThreadsEnded && RtlpHadThreads())
        return true;
    bool Sound = RtlpExamineHeap(&Check);
    RtlpUnlockHeap(Heap);
    Damage->What = Check.What;
    Damage->Where = Check.Where;
    return Sound;
}

/* Whether a heap of the process is damaged, the first such in *Damage. */
bool RtlpFindDamage(HEAP_DAMAGE *Damage)
{
    PPEB Peb = RtlpHeapPeb();
    for (ULONG i = 0; i < Peb->NumberOfHeaps; i++)
        if (!RtlpExamineIdle(Peb->ProcessHeaps[i], Damage))
            return true;
    return false;
}

/* The last thread is about to end the process: reports what is damaged, unless the environment
 * says FATHOM_EXIT_CHECK=0. */
void RtlpCheckHeapsAtExit(void)
{
    HEAP_DAMAGE Damage;
    RtlpThreadsEnded = true;
    if (RtlpFindDamage(&Damage) && !RtlpExitIsUnchecked())
        RtlpHeapFailure(Damage.Heap, Damage.What, Damage.Where, "LdrShutdownProcess");
}
