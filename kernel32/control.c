/* control.c - Ctrl-C and Ctrl-Break in a process: the handlers, newest first.
 *
 * The kernel makes a thread at CtrlRoutine in every process that an event reaches.  Whether
 * Ctrl-C is ignored is said in the process parameters, which children inherit; the list of
 * handlers is the process's own.  Windows: kernel32!CtrlRoutine.
 */
#include "k32.h"

#define IGNORED       1 /* ConsoleFlags */
#define MOST_HANDLERS 32

static PHANDLER_ROUTINE Handlers[MOST_HANDLERS];
static ULONG HandlerCount;
static RTL_SRWLOCK HandlerLock;

static DWORD WINAPI CtrlRoutine(LPVOID event);

void BasepInitializeControl(void)
{
    NtFathomSetControlRoutine((PVOID)CtrlRoutine);
}

/* NULL handler, add: Ctrl-C is ignored (remove: is not). ERROR_INVALID_PARAMETER for
 * removing what was not added. */
BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE handler, BOOL add)
{
    BOOL done = !handler;
    ULONG i;

    RtlAcquireSRWLockExclusive(&HandlerLock);
    if (!handler)
        BasePeb()->ProcessParameters->ConsoleFlags = add ? IGNORED : 0;
    else if (add && HandlerCount < MOST_HANDLERS) {
        Handlers[HandlerCount++] = handler;
        done = TRUE;
    } else if (!add) {
        for (i = HandlerCount; i-- > 0 && !done;) {
            if (Handlers[i] == handler) {
                memmove(&Handlers[i], &Handlers[i + 1],
                        (--HandlerCount - i) * sizeof Handlers[0]);
                done = TRUE;
            }
        }
    }
    RtlReleaseSRWLockExclusive(&HandlerLock);
    return done || BasepFail(add ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
}

/* The thread's function: the handlers from the newest on, until one says TRUE; else the
 * default one, which ends the process.  A handler may change the list. */
static DWORD WINAPI CtrlRoutine(LPVOID event)
{
    PHANDLER_ROUTINE handlers[MOST_HANDLERS];
    const DWORD type = (DWORD)(ULONG_PTR)event;
    ULONG count;

    if (type == CTRL_C_EVENT && (BasePeb()->ProcessParameters->ConsoleFlags & IGNORED))
        return 0;
    RtlAcquireSRWLockShared(&HandlerLock);
    count = HandlerCount;
    memcpy(handlers, Handlers, count * sizeof handlers[0]);
    RtlReleaseSRWLockShared(&HandlerLock);
    while (count-- > 0) {
        if (handlers[count](type))
            return 0;
    }
    ExitProcess((UINT)STATUS_CONTROL_C_EXIT);
}

/* group 0: every process that shares the console, the caller too; else those of the group
 * (Ctrl-Break alone).  ERROR_INVALID_PARAMETER: another event, no such group. */
BOOL WINAPI GenerateConsoleCtrlEvent(DWORD event, DWORD group)
{
    return BasepResult(NtFathomSendControl(event, group));
}
