/* ps.h - processes and threads. */
#ifndef FATHOM_PS_H
#define FATHOM_PS_H

#include "mm/mm.h"
#include "ob/ob.h"

typedef struct _EPROCESS {
    DISPATCHER_HEADER Header; /* signalled when it has ended */
    MMSPACE *Space;
    OBHANDLE_TABLE *Handles;
    ULONG Id, ParentId;
    LIST_ENTRY ThreadListHead; /* ETHREAD.ThreadListEntry */
    LIST_ENTRY AllListEntry;   /* PsAllProcesses */
    ULONG ActiveThreads;
    NTSTATUS ExitStatus;       /* STATUS_PENDING while it runs */
    BOOLEAN Exiting, Crashed;  /* Crashed: an unhandled exception ended it */
    ULONG CrashCode;
    ULONG_PTR CrashAddress;
    PVOID Peb;
    MMSECTION *Image;
    ULONG_PTR ImageBase;
    char Name[32]; /* base name of the image */
    LONGLONG CreateTime, ExitTime;
    ULONG BasePriority;
    BOOLEAN HostStreams; /* standard handles lead to the host port */
    ULONG TraceMask, TraceFlags; /* kd's */
    PVOID TraceBuffer;
} EPROCESS;

typedef struct _ETHREAD {
    KTHREAD Tcb; /* first: a KTHREAD of ps is an ETHREAD */
    EPROCESS *Process;
    LIST_ENTRY ThreadListEntry;
    ULONG Id;
    ULONG_PTR StartAddress;
    LONGLONG CreateTime, ExitTime;
} ETHREAD;

extern const OBTYPE PsProcessType, PsThreadType;
extern LIST_ENTRY PsAllProcesses;
EPROCESS *PsCurrentProcess(void); /* NULL on a system thread */
ETHREAD *PsCurrentThread(void);

void PsInitialize(void); /* hooks of mm, ob, ke; ntdll's section and entry points */

/* All strings are kernel memory. */
typedef struct _PSCREATE {
    const WCHAR *ImagePath;   /* "C:\\walk.exe" */
    const WCHAR *CommandLine;
    const WCHAR *Environment; /* block, double NUL; NULL: the default one */
    const WCHAR *CurrentDirectory;
    BOOLEAN HostStreams;      /* else the console */
    ULONG GlobalFlag;         /* NtGlobalFlag */
} PSCREATE;
/* From kernel (init, batch): a process whose first thread runs. Referenced. */
NTSTATUS PsCreateInitialProcess(const PSCREATE *, EPROCESS **);
NTSTATUS PsCreateSystemThread(void (*start)(void *), void *context, ETHREAD **);
NTSTATUS PsTerminateProcess(EPROCESS *, NTSTATUS);
/* The unhandled exception of the current thread: print code, module+offset, stack; end the process. */
DECLSPEC_NORETURN void PsCrash(EXCEPTION_RECORD *, KTRAP_FRAME *);

#endif
