/* dispatch.h - the public face of dispatch: the ways in from user mode, and the way back.
 *
 * Traps and system calls arrive here and are handed to ke, mm or a service; a thread on its
 * way to user mode passes KeServicePendingUserMode.  What dispatch needs of processes is
 * handed to it: the entry points of ntdll, and how a thread or a process ends.
 */
#ifndef FATHOM_DISPATCH_H
#define FATHOM_DISPATCH_H

#include "ke/ke.h"

void KeInitializeTraps(
    void); /* vectors, fault tasks, sysenter; after KeInitializeThreads */

/* ---- handed over when ps has found ntdll ---- */
extern ULONG_PTR KeUserCallReturn;          /* KiFastSystemCallRet */
extern ULONG_PTR KeUserExceptionDispatcher; /* KiUserExceptionDispatcher */
extern ULONG_PTR KeUserApcDispatcher;       /* KiUserApcDispatcher */
/* The current thread has TerminatePending: end it.  It does not return. */
extern void (*KePsTerminateHook)(void);
/* The program has no handler for this exception: say so and end the process. */
extern void (*KePsCrashHook)(EXCEPTION_RECORD *, KTRAP_FRAME *);

/* ---- the way to user mode ---- */
/* Do what the current thread has to do before it returns to user mode by frame: end, stay
 * suspended, give way, take a user APC.  With TerminatePending it does not return. */
void KeServicePendingUserMode(KTRAP_FRAME *frame);
/* Enter user mode for the first time, by the current thread's frame: at eip, on the stack esp. */
DECLSPEC_NORETURN void KeReturnToUser(KTRAP_FRAME *frame, ULONG esp, ULONG_PTR eip);

/* From now on each service is an event before and after it (ServiceEnter, ServiceExit), or
 * is no longer. */
void KeTraceServices(BOOLEAN on);

#endif
