/* ps.h - processes and threads.
 *
 * A process is an address space, a handle table and threads.  It ends when its last
 * thread has ended, and everything of it but the object itself is given back by that
 * thread; the object goes with its last reference.  `!process`, `!thread` on Windows. */
#ifndef FATHOM_PS_H
#define FATHOM_PS_H

#include "mm/mm.h"
#include "section/section.h"
#include "ob/ob.h"

#define PROCESS_HARDERROR_DEFAULT 1

typedef struct _EPROCESS {
    DISPATCHER_HEADER Header; /* signalled when it has ended */
    MMSPACE *Space;
    OBHANDLE_TABLE *Handles; /* NULL once it has ended */
    ULONG Id, ParentId;
    LIST_ENTRY ThreadListHead; /* ETHREAD.ThreadListEntry, until the thread object goes */
    LIST_ENTRY AllListEntry;   /* PsAllProcesses */
    ULONG ActiveThreads;       /* that have not ended */
    NTSTATUS ExitStatus;       /* STATUS_PENDING while it runs */
    BOOLEAN Exiting, Crashed;  /* Crashed: an unhandled exception was told */
    BOOLEAN Begun;             /* so was a thread that has ended (KTHREAD) */
    NTSTATUS StartFailure; /* the loader said that it could not start, and why; or 0 */
    ULONG CrashCode;
    ULONG_PTR CrashAddress;
    char CrashPlace[64]; /* "prog.exe+1234" */
    PVOID Peb;
    MMSECTION *Image;
    ULONG_PTR ImageBase;
    char Name[32];    /* base name of the image */
    WCHAR *ImagePath; /* pool; NT path, as ProcessImageFileName gives it */
    LONGLONG CreateTime, ExitTime;
    ULONGLONG KernelTime, UserTime; /* ticks, of the threads that have ended */
    ULONG BasePriority, PriorityClass;
    ULONG ErrorMode;     /* ProcessDefaultHardErrorMode; bit 0: hard errors are told */
    ULONG ExecuteFlags;  /* ProcessExecuteFlags */
    BOOLEAN HostStreams; /* standard handles lead to the host port */
    BOOLEAN BoostDisabled;
    ULONG HostIndex;          /* of the run list's program that it belongs to */
    ULONG ConsoleId, GroupId; /* control.c */
    ULONG_PTR ControlRoutine; /* kernel32!CtrlRoutine there, or 0 */
    PVOID TraceBuffer;
} EPROCESS;

typedef struct _ETHREAD {
    KTHREAD Tcb;       /* first: a KTHREAD of ps is an ETHREAD */
    EPROCESS *Process; /* NULL: a system thread */
    LIST_ENTRY ThreadListEntry;
    ULONG Id;
    ULONG_PTR StartAddress, Win32StartAddress;
    PVOID
    StackAllocation; /* the user stack that the kernel made and takes back; or NULL */
    LONGLONG CreateTime, ExitTime;
    LONG Increment; /* of the base priority: -2..2; 16 and -16: saturated */
    BOOLEAN HideFromDebugger, BoostDisabled, IsTerminated;
    ULONG HeapEvents; /* taken from its TEB: observe/batch.c */
    void (*SystemRoutine)(void *);
    void *SystemContext;
} ETHREAD;

extern const OBTYPE PsProcessType, PsThreadType;
extern LIST_ENTRY PsAllProcesses;
EPROCESS *PsCurrentProcess(void); /* NULL on a system thread */
ETHREAD *PsCurrentThread(void);
ULONG PsIdOfSpace(
    const MMSPACE *);          /* of the process that has it; 0: none, it has ended */
ETHREAD *PsThreadOf(PKTHREAD); /* NULL: a thread of the kernel's own */

void PsInitialize(void); /* hooks of mm, ob, ke; ntdll's section and entry points */

/* All strings are kernel memory. */
typedef struct _PSCREATE {
    const WCHAR *ImagePath; /* "C:\\walk.exe" */
    const WCHAR *CommandLine;
    const WCHAR *Environment; /* block, double NUL; NULL: the default one */
    const WCHAR *CurrentDirectory;
    BOOLEAN HostStreams; /* else the console */
    ULONG HostIndex;     /* of the run list */
    ULONG GlobalFlag;    /* NtGlobalFlag */
} PSCREATE;
extern const WCHAR PsDefaultEnvironment[];
/* From kernel (init, batch): a process whose first thread runs. Referenced. */
NTSTATUS PsCreateInitialProcess(const PSCREATE *, EPROCESS **);
/* The thread is referenced when result is not NULL. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS PsCreateSystemThread(void (*start)(void *), void *context, ETHREAD **result);
/* From now on what is typed as Ctrl-C or Ctrl-Break reaches the console's processes. */
void PsListenToConsole(void);
NTSTATUS PsTerminateProcess(EPROCESS *, NTSTATUS);
/* The unhandled exception of the current thread: print code, module+offset, stack; end
 * the process. */
DECLSPEC_NORETURN void PsCrash(EXCEPTION_RECORD *, KTRAP_FRAME *);
/* The printing alone; the process is taken for crashed if it ends with this code. */
void PsReportException(const EXCEPTION_RECORD *, const KTRAP_FRAME *);
typedef struct _PSVMCOUNTERS { /* VM_COUNTERS of x86, bytes */
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, QuotaPeakPagedPoolUsage,
        QuotaPagedPoolUsage, QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage,
        PagefileUsage, PeakPagefileUsage, PrivateUsage; /* the last: VM_COUNTERS_EX */
} PSVMCOUNTERS;
void PsCountMemory(const EPROCESS *, PSVMCOUNTERS *);
/* Referenced, or NULL. */
EPROCESS *PsLookupProcess(ULONG id);
ETHREAD *PsLookupThread(ULONG id);
extern void (*PsDeleteTrace)(
    EPROCESS *); /* ex: a process's trace goes with it; may be NULL */
/* Objects of this folder that exist: what an audit compares. */
extern ULONG PsThreadCount;
/* ntdll's entry points in user space, by their exported names; dispatch.h has the others. */
typedef struct _PSENTRIES {
    ULONG_PTR LdrInitializeThunk, RtlUserThreadStart, KiFastSystemCall, KiIntSystemCall;
} PSENTRIES;
extern PSENTRIES PsEntries;

#endif
