/* threads - CreateThread to TerminateThread, suspend and resume, contexts. */
#include "documented.h"
#include "self.h"

static volatile LONG ran_once, counter;
static HANDLE go, never;

static DWORD WINAPI give_back(void *argument)
{
    ran_once = 1;
    return (DWORD)(ULONG_PTR)argument;
}
static DWORD WINAPI exit_thread(void *argument)
{
    ExitThread((DWORD)(ULONG_PTR)argument);
}
static DWORD WINAPI counts(void *unused)
{
    (void)unused;
    for (;;)
        counter++;
    return 0;
}
static DWORD WINAPI waits(void *unused)
{
    (void)unused;
    return WaitForSingleObject(go, 20000) == WAIT_OBJECT_0 ? 7 : 8;
}

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0xBAD;
    CHECK(GetExitCodeThread(thread, &code));
    return code;
}
static DWORD joined(HANDLE thread)
{
    CHECK_EQUAL(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    const DWORD code = code_of(thread);
    CHECK(CloseHandle(thread));
    return code;
}
static HANDLE start(LPTHREAD_START_ROUTINE function, void *argument, DWORD flags)
{
    HANDLE thread = CreateThread(NULL, 0, function, argument, flags, NULL);
    CHECK(thread);
    return thread;
}

static void creating(void)
{
    DWORD id = 0;
    HANDLE thread = CreateThread(NULL, 0, give_back, (void *)41, 0, &id);
    documented("CreateThread", "lpThreadId receives the identifier of the thread", SAME,
               id != 0 && GetThreadId(thread) == id && id != GetCurrentThreadId());
    documented("CreateThread",
               "the argument is passed; the function's result is the "
               "thread's exit code",
               SAME, joined(thread) == 41);
    thread = start(give_back, (void *)42, 0);
    documented("CreateThread",
               "lpThreadId may be NULL; the thread object is signaled when the "
               "thread terminates",
               SAME, WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    documented("CreateThread",
               "the thread object remains until the last handle to it is closed", SAME,
               code_of(thread) == 42 && WaitForSingleObject(thread, 0) == WAIT_OBJECT_0);
    CloseHandle(thread);
    ran_once = 0;
    thread = start(give_back, NULL, CREATE_SUSPENDED);
    Sleep(50);
    documented(
        "CreateThread", "CREATE_SUSPENDED: it does not run until ResumeThread", SAME,
        ran_once == 0 && code_of(thread) == STILL_ACTIVE && ResumeThread(thread) == 1 &&
            WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0 && ran_once == 1);
    CloseHandle(thread);
    thread = start(waits, NULL, 0);
    documented("CreateThread", "the new thread's priority is THREAD_PRIORITY_NORMAL",
               SAME, GetThreadPriority(thread) == THREAD_PRIORITY_NORMAL);
    documented("GetExitCodeThread", "STILL_ACTIVE while the thread has not terminated",
               SAME, code_of(thread) == STILL_ACTIVE);
    DWORD flags = 99;
    documented("CreateThread", "security attributes NULL: the handle cannot be inherited",
               SAME,
               GetHandleInformation(thread, &flags) && !(flags & HANDLE_FLAG_INHERIT));
    SetEvent(go);
    joined(thread);
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    thread = CreateThread(&inherit, 0, give_back, NULL, 0, NULL);
    documented("CreateThread", "bInheritHandle: it can be", SAME,
               GetHandleInformation(thread, &flags) && (flags & HANDLE_FLAG_INHERIT));
    joined(thread);
    documented(
        "CreateThread",
        "it may succeed although the start address is invalid: the exception ends the "
        "process when the thread runs",
        SAME, run_self("n") == (DWORD)EXCEPTION_ACCESS_VIOLATION);
    documented("CreateThread", "an unhandled exception in a thread ends the process",
               SAME, run_self("f") == (DWORD)EXCEPTION_INT_DIVIDE_BY_ZERO);
    documented("OpenThread", "a handle to the thread with this identifier", SAME,
               (thread = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId())) != NULL &&
                   CloseHandle(thread));
    documented("OpenThread", "an identifier that no thread has: ERROR_INVALID_PARAMETER",
               SAME,
               FAILS(OpenThread(SYNCHRONIZE, FALSE, 0x7FFFFFF0) != NULL,
                     ERROR_INVALID_PARAMETER));
    documented("GetCurrentThread", "a pseudo handle that means the calling thread", SAME,
               GetThreadId(GetCurrentThread()) == GetCurrentThreadId());
}

static void ending(void)
{
    HANDLE thread = start(exit_thread, (void *)43, 0);
    documented("ExitThread", "ends the calling thread with this exit code", SAME,
               joined(thread) == 43);
    documented("ExitThread", "the last thread of a process: the process ends too", SAME,
               run_self("e") == 44);
    documented("ExitProcess", "all threads end; the process's exit code is the one given",
               SAME, run_self("x") == 45);
    documented("ExitThread",
               "the first thread may end before the others: the process goes on", SAME,
               run_self("o") == 46);
    documented("ExitThread",
               "returning from main ends the process with its other threads", SAME,
               run_self("m") == 47);
    thread = start(counts, NULL, 0);
    Sleep(30);
    documented(
        "TerminateThread", "nonzero; the thread's exit code is the one given", SAME,
        TerminateThread(thread, 48) &&
            WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0 && code_of(thread) == 48);
    LONG stopped = counter;
    Sleep(30);
    documented("TerminateThread", "it executes no more user code", SAME,
               counter == stopped);
    CloseHandle(thread);
    thread = start(waits, NULL, 0);
    Sleep(30);
    documented("TerminateThread", "a thread that waits is ended in its wait", SAME,
               TerminateThread(thread, 49) && joined(thread) == 49);
    thread = start(give_back, NULL, CREATE_SUSPENDED);
    ran_once = 0;
    documented("TerminateThread", "a suspended thread is ended without ever running",
               SAME,
               TerminateThread(thread, 50) && joined(thread) == 50 && ran_once == 0);
    HANDLE closed = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId());
    documented("TerminateThread", "the handle needs THREAD_TERMINATE", SAME,
               FAILS(TerminateThread(closed, 1), ERROR_ACCESS_DENIED));
    CloseHandle(closed);
    documented("TerminateThread", "the last thread's process ends as well", SAME,
               run_self("t") == 51);
}

/* The stack of a thread that TerminateThread ended is freed (since Windows Vista). */
static DWORD WINAPI tells_its_stack(void *where)
{
    *(void *volatile *)where = &where;
    SetEvent(never);
    Sleep(INFINITE);
    return 0;
}

static void stack_freed(void)
{
    void *volatile where = NULL;
    HANDLE thread = start(tells_its_stack, (void *)&where, 0);
    WaitForSingleObject(never, 10000);
    CHECK(query(where).State == MEM_COMMIT);
    TerminateThread(thread, 0);
    joined(thread);
    documented("TerminateThread", "the system frees the thread's initial stack", SAME,
               query(where).State == MEM_FREE);
}

static void suspending(void)
{
    HANDLE thread = start(counts, NULL, 0);
    Sleep(30);
    documented("SuspendThread", "the return value is the previous suspend count", SAME,
               SuspendThread(thread) == 0 && SuspendThread(thread) == 1);
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL};
    GetThreadContext(thread, &context); /* the suspension has taken effect after this */
    LONG stopped = counter;
    Sleep(50);
    documented("SuspendThread", "while the count is greater than zero it does not run",
               SAME, counter == stopped);
    documented("ResumeThread",
               "the previous count; greater than 1: the thread is still suspended", SAME,
               ResumeThread(thread) == 2 && (Sleep(50), counter == stopped));
    documented("ResumeThread", "1: it was suspended and is restarted", SAME,
               ResumeThread(thread) == 1 && (Sleep(50), counter != stopped));
    documented("ResumeThread", "0: it was not suspended", SAME,
               ResumeThread(thread) == 0);
    for (int i = 0; i < MAXIMUM_SUSPEND_COUNT; i++)
        SuspendThread(thread);
    documented("SuspendThread",
               "the count goes to MAXIMUM_SUSPEND_COUNT (127); beyond it "
               "ERROR_SIGNAL_REFUSED",
               SAME,
               FAILS(SuspendThread(thread) != (DWORD)-1, ERROR_SIGNAL_REFUSED) &&
                   ResumeThread(thread) == MAXIMUM_SUSPEND_COUNT);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, 10000);
    documented("SuspendThread", "-1 for a thread that has ended", SAME,
               FAILS(SuspendThread(thread) != (DWORD)-1, ERROR_ACCESS_DENIED));
    CloseHandle(thread);
}

/* A suspended thread is in no wait: what it waited for is anybody's until it goes on. */
static void suspended_in_a_wait(void)
{
    HANDLE thread = start(waits, NULL, 0);
    Sleep(50);
    SuspendThread(thread);
    SetEvent(go);
    Sleep(50);
    documented(
        "Synchronization (suspended threads)",
        "an auto-reset event set while the waiting thread is suspended stays signaled "
        "for another",
        SAME, WaitForSingleObject(go, 0) == WAIT_OBJECT_0);
    ResumeThread(thread);
    Sleep(50);
    documented("Synchronization (suspended threads)", "resumed, it waits on", SAME,
               code_of(thread) == STILL_ACTIVE);
    SetEvent(go);
    documented("Synchronization (suspended threads)", "and gets the next signal", SAME,
               joined(thread) == 7);
    thread = start(waits, NULL, 0);
    Sleep(50);
    SuspendThread(thread);
    documented("PulseEvent",
               "a thread that is suspended in its wait is not there to be released", SAME,
               PulseEvent(go) && WaitForSingleObject(go, 0) == WAIT_TIMEOUT);
    SetEvent(go);
    ResumeThread(thread);
    documented("Synchronization (suspended threads)",
               "an event still signaled when it is resumed ends its wait", SAME,
               joined(thread) == 7);
}

static void contexts(void)
{
    HANDLE thread = start(counts, NULL, 0);
    Sleep(30);
    SuspendThread(thread);
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL, .Eax = 0x5A5A5A5A};
    documented("GetThreadContext", "only the parts that ContextFlags names are written",
               SAME, GetThreadContext(thread, &context) && context.Eax == 0x5A5A5A5A);
    documented("GetThreadContext", "of a suspended thread: where it will go on", SAME,
               context.Eip - (ULONG)(ULONG_PTR)counts < 0x100 &&
                   query((void *)(ULONG_PTR)context.Esp).State == MEM_COMMIT);
    context.ContextFlags =
        CONTEXT_FULL | CONTEXT_FLOATING_POINT | CONTEXT_DEBUG_REGISTERS;
    documented(
        "GetThreadContext", "CONTEXT_FULL, floating point and debug registers", SAME,
        GetThreadContext(thread, &context) && context.FloatSave.ControlWord & 0x3F &&
            context.SegCs && context.SegFs);
    context.ContextFlags = CONTEXT_CONTROL;
    context.Eip = (ULONG)(ULONG_PTR)ExitThread;
    context.Esp = (context.Esp & ~15u) - 64;
    ((ULONG *)(ULONG_PTR)context.Esp)[1] = 77; /* its argument */
    documented("SetThreadContext", "the thread goes on with the registers set", SAME,
               SetThreadContext(thread, &context) && ResumeThread(thread) == 1 &&
                   joined(thread) == 77);
    thread = OpenThread(THREAD_QUERY_INFORMATION, FALSE, GetCurrentThreadId());
    documented("GetThreadContext", "the handle needs THREAD_GET_CONTEXT", SAME,
               FAILS(GetThreadContext(thread, &context), ERROR_ACCESS_DENIED));
    documented("SetThreadContext", "the handle needs THREAD_SET_CONTEXT", SAME,
               FAILS(SetThreadContext(thread, &context), ERROR_ACCESS_DENIED));
    CloseHandle(thread);
}

static DWORD WINAPI divides(void *unused)
{
    volatile int zero = 0;
    (void)unused;
    return (DWORD)(1000 / zero);
}
static DWORD WINAPI ends_later(void *unused)
{
    (void)unused;
    Sleep(50);
    ExitProcess(46);
}

static int child(const char *word)
{
    HANDLE self;
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    switch (word[0]) {
    case 'n':
        start((LPTHREAD_START_ROUTINE)(ULONG_PTR)0x1000, NULL, 0);
        Sleep(10000);
        break;
    case 'f':
        start(divides, NULL, 0);
        Sleep(10000);
        break;
    case 'e':
        ExitThread(44);
    case 'x':
        start(counts, NULL, 0);
        ExitProcess(45);
    case 'o':
        start(ends_later, NULL, 0);
        ExitThread(1);
    case 'm':
        start(counts, NULL, 0);
        return 47;
    case 't':
        CHECK(DuplicateHandle(SELF, GetCurrentThread(), SELF, &self, 0, FALSE,
                              DUPLICATE_SAME_ACCESS));
        TerminateThread(self, 51);
        break;
    }
    return 5;
}

int main(int count, char **words)
{
    go = CreateEventA(NULL, FALSE, FALSE, NULL);
    never = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (count > 1)
        return child(words[1]);
    creating();
    ending();
    stack_freed();
    suspending();
    suspended_in_a_wait();
    contexts();
    return undocumented();
}
