/* fault.c - a fault inside ntdll that may come from a damaged heap.
 *
 * RtlDispatchException asks here before any handler, through a pointer, because what follows calls
 * much of ntdll.  If a heap is damaged the process ends for that, by name, with the stack of the
 * fault.  If none is, the fault is the program's.
 *
 * Lock: of each heap in turn, if no other thread has it (process.c).  In Windows: the handler
 * around the heap's functions that calls RtlpAnalyzeHeapFailure.
 */
#include "heap/heapp.h"
#include "ntdll.h"

/* Whether Address lies in ntdll. */
static bool RtlpIsOwnCode(ULONG Address)
{
    extern const char __ImageBase[];
    const IMAGE_NT_HEADERS *Headers = RtlImageNtHeader((PVOID)__ImageBase);
    return Address - (ULONG)__ImageBase < Headers->OptionalHeader.SizeOfImage;
}

/* A fault that is no probe's.  If it is ntdll's own and a heap is damaged, reports that and, unless
 * the process asked to survive, does not return.  A fault of the check itself is damage, too. */
void RtlpJudgeFault(const EXCEPTION_RECORD *Record, CONTEXT *Context)
{
    static HEAP_DAMAGE Damage; /* of a check that goes on: Heap is not null */
    static CONTEXT First;
    if (!RtlpIsFault(Record->ExceptionCode) || !RtlpIsOwnCode(Context->Eip))
        return;
    bool Again = Damage.Heap != NULL;
    if (!Again)
        First = *Context;
    if (!Again && !RtlpFindDamage(&Damage)) {
        Damage.Heap = NULL;
        return;
    }
    HEAP_DAMAGE Found = Damage;
    RtlpHeapNotice(Found.Heap, Found.What, Found.Where, "RtlDispatchException");
    Damage.Heap = NULL;
    if (!RtlpHeapSurvives())
        RtlpEndCorrupt(&First, (PVOID)First.Eip, Found.Heap, Found.What, Found.Where);
}
