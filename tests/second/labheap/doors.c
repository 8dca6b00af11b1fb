/* doors.c - what makes a DLL of its own of the heap: labheap.dll.
 *
 * The objects are ntdll's (ntdll/heap), but for the file of a contract that is tried in place of
 * ours.  The loader, the runtimes and the program keep the heap in ntdll: only heaps that are made
 * by LabCreateHeap are this one's, so one that is wrong fails the calls made to it and nothing
 * else.  For that the DLL has a PEB's list of heaps of its own, and catches the faults of its own
 * probes (ntdll/heap/core/probe.c).
 */
#include "heap/heapp.h"
#include "ntdll.h"
#include "rtl.h"

static PEB LabPeb;

/* Linked in place of os.c's (ld --wrap): the process's settings, an empty list of heaps. */
PPEB __wrap_RtlpHeapPeb(void);
PPEB __real_RtlpHeapPeb(void);
PPEB __wrap_RtlpHeapPeb(void)
{
    return &LabPeb;
}

/* What the heap shares with other files of ntdll.  Faults are judged by ntdll's own heap; threads
 * may always have come. */
void (*RtlpFaultJudge)(const EXCEPTION_RECORD *Record, CONTEXT *Context);
BOOLEAN RtlpThreadsCame = TRUE;

/* Stacks are captured by ntdll: its unwinder is no export. */
ULONG RtlpUnwindStack(ULONG Skip, ULONG Count, PVOID *Frames)
{
    return RtlCaptureStackBackTrace(Skip + 1, Count, Frames, NULL);
}

static LONG NTAPI LabFault(PEXCEPTION_POINTERS Fault)
{
    return RtlpResumeHeapProbe(Fault->ExceptionRecord, Fault->ContextRecord)
               ? EXCEPTION_CONTINUE_EXECUTION
               : EXCEPTION_CONTINUE_SEARCH;
}

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    static PVOID Handler;
    (void)Module, (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH) {
        PPEB Peb = __real_RtlpHeapPeb();
        LabPeb.NtGlobalFlag = Peb->NtGlobalFlag;
        LabPeb.ProcessParameters = Peb->ProcessParameters;
        LabPeb.HeapSegmentReserve = Peb->HeapSegmentReserve;
        LabPeb.HeapSegmentCommit = Peb->HeapSegmentCommit;
        LabPeb.HeapDeCommitFreeBlockThreshold = Peb->HeapDeCommitFreeBlockThreshold;
        LabPeb.HeapDeCommitTotalFreeThreshold = Peb->HeapDeCommitTotalFreeThreshold;
        Handler = RtlAddVectoredExceptionHandler(TRUE, LabFault);
    } else if (Reason == DLL_PROCESS_DETACH && Handler) {
        RtlRemoveVectoredExceptionHandler(Handler);
    }
    return TRUE;
}
