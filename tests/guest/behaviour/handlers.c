/* handlers - vectored handlers, the top-level filter, UnhandledExceptionFilter, error mode. */
#include "documented.h"
#include "guarded.h"
#include "order.h"
#include "self.h"
#include <string.h>

WINBASEAPI DWORD WINAPI GetThreadErrorMode(void);
WINBASEAPI BOOL WINAPI SetThreadErrorMode(DWORD, LPDWORD);

#define CODE 0xE0000055

#define PASSES(letter)                                                                   \
    static LONG CALLBACK pass_##letter(EXCEPTION_POINTERS *p)                            \
    {                                                                                    \
        (void)p;                                                                         \
        say(#letter[0]);                                                                 \
        return EXCEPTION_CONTINUE_SEARCH;                                                \
    }
PASSES(a)
PASSES(b)
PASSES(c)
PASSES(x)
PASSES(y)
PASSES(z)

static LONG CALLBACK goes_on(EXCEPTION_POINTERS *p)
{
    (void)p;
    say('!');
    return EXCEPTION_CONTINUE_EXECUTION;
}
static LONG framed_goes_on(EXCEPTION_POINTERS *p)
{
    (void)p;
    say('g');
    return EXCEPTION_CONTINUE_EXECUTION;
}
static LONG framed_takes(EXCEPTION_POINTERS *p)
{
    (void)p;
    say('t');
    return EXCEPTION_EXECUTE_HANDLER;
}
static void raise_it(void)
{
    RaiseException(CODE, 0, 0, NULL);
}

static PVOID own_handle;
static LONG CALLBACK removes_itself(EXCEPTION_POINTERS *p)
{
    (void)p;
    say('s');
    RemoveVectoredExceptionHandler(own_handle);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Raises another one while it handles the first: it is asked for that as well. */
static LONG CALLBACK raises(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != CODE) {
        say('n');
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    say('r');
    RaiseException(CODE + 1, 0, 0, NULL);
    say('R');
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD handler_thread;
static LONG CALLBACK whose(EXCEPTION_POINTERS *p)
{
    (void)p;
    handler_thread = GetCurrentThreadId();
    return EXCEPTION_CONTINUE_EXECUTION;
}
static DWORD WINAPI raise_in_thread(void *unused)
{
    (void)unused;
    raise_it();
    return GetCurrentThreadId();
}

static void vectored(void)
{
    PVOID a = AddVectoredExceptionHandler(0, pass_a);
    PVOID b = AddVectoredExceptionHandler(0, pass_b);
    PVOID c = AddVectoredExceptionHandler(1, pass_c);
    documented("AddVectoredExceptionHandler",
               "the return value is a handle to the handler", SAME, a && b && c);
    guarded(framed_takes, raise_it);
    documented("AddVectoredExceptionHandler",
               "First nonzero: the first handler to be called; zero: the last", SAME,
               ran("cabt"));
    documented("Vectored Exception Handling",
               "vectored handlers are called before the frame-based ones", SAME,
               guarded(framed_takes, raise_it) == CODE && ran("cabt"));
    PVOID x = AddVectoredExceptionHandler(1, pass_x);
    guarded(framed_takes, raise_it);
    documented("AddVectoredExceptionHandler",
               "it stays the first until another is added as the first", SAME,
               ran("xcabt"));
    PVOID last = AddVectoredExceptionHandler(0, goes_on);
    raise_it();
    documented("PVECTORED_EXCEPTION_HANDLER",
               "EXCEPTION_CONTINUE_EXECUTION returns control to where the exception "
               "occurred; no frame is asked",
               SAME, ran("xcab!"));
    PVOID later = AddVectoredExceptionHandler(0, pass_y);
    raise_it();
    documented("PVECTORED_EXCEPTION_HANDLER", "nor a handler after it", SAME,
               ran("xcab!"));
    documented("RemoveVectoredExceptionHandler", "nonzero on success", SAME,
               RemoveVectoredExceptionHandler(x) &&
                   RemoveVectoredExceptionHandler(last) &&
                   RemoveVectoredExceptionHandler(later));
    documented("RemoveVectoredExceptionHandler", "zero for what is not registered", SAME,
               !RemoveVectoredExceptionHandler(x) &&
                   !RemoveVectoredExceptionHandler(NULL));
    guarded(framed_takes, raise_it);
    documented("RemoveVectoredExceptionHandler", "the others stay in their order", SAME,
               ran("cabt"));
    PVOID twice = AddVectoredExceptionHandler(0, pass_a);
    guarded(framed_takes, raise_it);
    documented("AddVectoredExceptionHandler", "a function added twice is called twice",
               SAME, ran("cabat"));
    RemoveVectoredExceptionHandler(twice);
    own_handle = AddVectoredExceptionHandler(0, removes_itself);
    guarded(framed_takes, raise_it);
    guarded(framed_takes, raise_it);
    documented("RemoveVectoredExceptionHandler", "a handler may remove itself", SAME,
               ran("cabstcabt"));
    RemoveVectoredExceptionHandler(a);
    RemoveVectoredExceptionHandler(b);
    RemoveVectoredExceptionHandler(c);
    a = AddVectoredExceptionHandler(0, raises);
    guarded(framed_takes, raise_it);
    documented("Vectored Exception Handling",
               "an exception in a vectored handler is dispatched like any other", SAME,
               ran("rnRt"));
    RemoveVectoredExceptionHandler(a);
    a = AddVectoredExceptionHandler(0, whose);
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, raise_in_thread, NULL, 0, NULL);
    WaitForSingleObject(thread, 10000);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    documented("Vectored Exception Handling",
               "they watch all the process's exceptions, in the thread that has it", SAME,
               code && code == handler_thread);
    RemoveVectoredExceptionHandler(a);
}

static void continuing(void)
{
    PVOID x = AddVectoredContinueHandler(0, pass_x);
    PVOID y = AddVectoredContinueHandler(0, pass_y);
    PVOID z = AddVectoredContinueHandler(1, pass_z);
    PVOID a = AddVectoredExceptionHandler(0, pass_a);
    documented("AddVectoredContinueHandler",
               "the return value is a handle to the handler", SAME, x && y && z);
    guarded(framed_goes_on, raise_it);
    documented(
        "AddVectoredContinueHandler",
        "called when execution is to be continued, after the frame-based handlers; "
        "First nonzero is first, zero last",
        SAME, ran("agzxy"));
    guarded(framed_takes, raise_it);
    documented("AddVectoredContinueHandler",
               "not called when a frame's handler takes control", SAME, ran("at"));
    PVOID b = AddVectoredExceptionHandler(0, goes_on);
    raise_it();
    documented("AddVectoredContinueHandler",
               "called as well when a vectored exception handler continues", SAME,
               ran("a!zxy"));
    RemoveVectoredExceptionHandler(b);
    RemoveVectoredContinueHandler(x);
    x = AddVectoredContinueHandler(1, goes_on);
    guarded(framed_goes_on, raise_it);
    documented("AddVectoredContinueHandler",
               "EXCEPTION_CONTINUE_EXECUTION: those after it are not asked", SAME,
               ran("ag!"));
    documented("RemoveVectoredContinueHandler", "nonzero, then zero", SAME,
               RemoveVectoredContinueHandler(x) && !RemoveVectoredContinueHandler(x));
    documented("RemoveVectoredContinueHandler",
               "an exception handler's handle is none of a continue handler", SAME,
               !RemoveVectoredContinueHandler(a) && RemoveVectoredExceptionHandler(a));
    RemoveVectoredContinueHandler(y);
    RemoveVectoredContinueHandler(z);
}

/* ---- the last resort ---- */

static LONG WINAPI top_executes(EXCEPTION_POINTERS *p)
{
    (void)p;
    return EXCEPTION_EXECUTE_HANDLER;
}
static LONG WINAPI top_searches(EXCEPTION_POINTERS *p)
{
    (void)p;
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG WINAPI top_skips(EXCEPTION_POINTERS *p)
{
    handler_thread = GetCurrentThreadId();
    if (p->ExceptionRecord->ExceptionCode == (DWORD)EXCEPTION_ILLEGAL_INSTRUCTION)
        p->ContextRecord->Eip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}
static LONG WINAPI top_faults(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionFlags & 0x10)
        ExitProcess(33); /* nobody is asked about an exception of the filter's own */
    *(volatile int *volatile)0x30 = 1;
    return 0;
}
static DWORD WINAPI faulting_thread(void *unused)
{
    (void)unused;
    __asm__ volatile("ud2");
    return GetCurrentThreadId();
}
static LONG default_filter(EXCEPTION_POINTERS *p)
{
    return UnhandledExceptionFilter(p);
}
static LONG last_words(EXCEPTION_POINTERS *p)
{
    (void)p;
    return EXCEPTION_CONTINUE_SEARCH;
}
static void exit_in_finally(BOOL abnormal)
{
    ExitProcess(abnormal ? 44 : 45);
}

static int child(const char *word)
{
    switch (word[0]) {
    case 'd': /* default */
        raise_it();
        break;
    case 'e':
        SetUnhandledExceptionFilter(top_executes);
        raise_it();
        break;
    case 's':
        SetUnhandledExceptionFilter(top_searches);
        raise_it();
        break;
    case 'f':
        SetUnhandledExceptionFilter(top_faults);
        raise_it();
        break;
    case 't': /* NULL again: the default */
        SetUnhandledExceptionFilter(top_skips);
        SetUnhandledExceptionFilter(NULL);
        __asm__ volatile("ud2");
        break;
    case 'u': /* no termination handler runs when nobody takes the exception */
        finally_around(exit_in_finally, raise_it);
        break;
    case 'h': /* the system's own last filter, in the program's frame */
        if (guarded(default_filter, raise_it) == CODE)
            return 66;
        break;
    case 'm':
        return (int)GetErrorMode();
    case 'c': /* an exception that no frame takes, though it passes many */
        guarded(last_words, raise_it);
        break;
    case 'v':
        AddVectoredContinueHandler(1, goes_on);
        raise_it();
        break;
    }
    return 5;
}

static void last_resort(void)
{
    LPTOP_LEVEL_EXCEPTION_FILTER first = SetUnhandledExceptionFilter(top_executes);
    documented("SetUnhandledExceptionFilter",
               "the return value is the address of the previous filter", SAME,
               SetUnhandledExceptionFilter(top_skips) == top_executes);
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, faulting_thread, NULL, 0, NULL);
    WaitForSingleObject(thread, 10000);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    documented(
        "SetUnhandledExceptionFilter",
        "EXCEPTION_CONTINUE_EXECUTION: execution goes on, with what the filter wrote "
        "into the context",
        SAME, code != 0);
    documented("SetUnhandledExceptionFilter",
               "it is of all threads and runs in the one that faulted", SAME,
               code == handler_thread);
    SetUnhandledExceptionFilter(NULL);
    documented("SetUnhandledExceptionFilter",
               "NULL: there is no current top-level filter", SAME,
               SetUnhandledExceptionFilter(first) == NULL);
    documented("SetUnhandledExceptionFilter",
               "EXCEPTION_EXECUTE_HANDLER usually results in process termination", SAME,
               run_self("e") == CODE);
    documented("SetUnhandledExceptionFilter",
               "EXCEPTION_CONTINUE_SEARCH: UnhandledExceptionFilter goes on as usual",
               SAME, run_self("s") == CODE);
    documented("SetUnhandledExceptionFilter", "NULL specifies default handling", SAME,
               run_self("t") == (DWORD)EXCEPTION_ILLEGAL_INSTRUCTION);
    documented("SetUnhandledExceptionFilter",
               "an exception of the filter's own ends the process", SAME,
               run_self("f") == (DWORD)EXCEPTION_ACCESS_VIOLATION);
    documented(
        "RaiseException",
        "if no handler is found the default action is to end the process; the exit "
        "code is the exception's",
        SAME, run_self("d") == CODE && run_self("c") == CODE);
    documented("Termination-Handler Syntax",
               "no block runs when the exception is unhandled: nothing was unwound", SAME,
               run_self("u") == CODE);
    documented("UnhandledExceptionFilter",
               "in a filter of the program it returns EXCEPTION_EXECUTE_HANDLER: the "
               "program's handler runs",
               SAME, run_self("h") == 66);
    documented("AddVectoredContinueHandler",
               "not called for an exception that nobody handled", SAME,
               run_self("v") == CODE);
}

/* ---- SetErrorMode ---- */

static DWORD WINAPI thread_mode(void *unused)
{
    DWORD old = 99;
    (void)unused;
    documented("SetThreadErrorMode", "the old mode comes back through lpOldMode", SAME,
               SetThreadErrorMode(SEM_FAILCRITICALERRORS, &old) && old == 0);
    documented("GetThreadErrorMode", "the calling thread's error mode", SAME,
               GetThreadErrorMode() == SEM_FAILCRITICALERRORS);
    documented("SetThreadErrorMode", "SEM_NOALIGNMENTFAULTEXCEPT is none of a thread",
               SAME,
               FAILS(SetThreadErrorMode(SEM_NOALIGNMENTFAULTEXCEPT, &old),
                     ERROR_INVALID_PARAMETER));
    documented("SetThreadErrorMode", "lpOldMode may be NULL", SAME,
               SetThreadErrorMode(0, NULL));
    return 1;
}

static void error_mode(void)
{
    const UINT before = SetErrorMode(SEM_NOGPFAULTERRORBOX);
    documented("SetErrorMode", "0, the system's default, at first", SAME, before == 0);
    documented("SetErrorMode", "the return value is the previous state", SAME,
               SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX) ==
                   SEM_NOGPFAULTERRORBOX);
    documented("GetErrorMode", "the process's error mode", SAME,
               GetErrorMode() == (SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX));
    documented("SetErrorMode", "a child process inherits the error mode of its parent",
               SAME, run_self("m") == (SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX));
    documented("CreateProcess (process creation flags)",
               "CREATE_DEFAULT_ERROR_MODE: the new process gets the default error mode",
               SAME, ended(start_self("m", CREATE_DEFAULT_ERROR_MODE, NULL, NULL)) == 0);
    SetErrorMode(SEM_NOALIGNMENTFAULTEXCEPT | SEM_NOGPFAULTERRORBOX);
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    documented("SetErrorMode",
               "SEM_NOALIGNMENTFAULTEXCEPT: attempts to clear it are ignored", SAME,
               GetErrorMode() == (SEM_NOGPFAULTERRORBOX | SEM_NOALIGNMENTFAULTEXCEPT));
    HANDLE thread = CreateThread(NULL, 0, thread_mode, NULL, 0, NULL);
    WaitForSingleObject(thread, 10000);
    CloseHandle(thread);
    documented("SetThreadErrorMode", "other threads' and the process's mode stay", SAME,
               GetThreadErrorMode() == 0 &&
                   GetErrorMode() ==
                       (SEM_NOGPFAULTERRORBOX | SEM_NOALIGNMENTFAULTEXCEPT));
}

int main(int count, char **words)
{
    if (count > 1)
        return child(words[1]);
    error_mode();
    vectored();
    continuing();
    last_resort();
    return undocumented();
}
