/* thread.c - how threads of C start and end: _beginthread, _beginthreadex.
 *
 *     _beginthread ──> a record (record.c) ──> kernel32.CreateThread(thread_main, record)
 *
 * The creator fills the record; the thread adopts it before the function of C runs.
 */
#include "crt.h"
#include <process.h>

unsigned long __cdecl __threadid(void)
{
    return GetCurrentThreadId();
}

uintptr_t __cdecl __threadhandle(void)
{
    return (uintptr_t)GetCurrentThread();
}

/* Where threads of _beginthread start: adopt the record that the parent filled, run, end. */
static DWORD WINAPI thread_main(void *record)
{
    struct crt_thread *own = record;
    crt_thread_adopt(own);
    if (own->start != NULL) {
        own->start(own->argument);
        _endthread();
    } else {
        _endthreadex(own->start_ex(own->argument));
    }
    return 0;
}

/* NULL and ENOMEM: no memory. */
static struct crt_thread *new_record(void *argument)
{
    struct crt_thread *own = crt_thread_new();
    if (own != NULL)
        own->argument = argument;
    else
        *_errno() = ENOMEM;
    return own;
}

/* A thread that closes its own handle at its end.  Returns the handle, which the caller
 * must not close; -1 and errno (EAGAIN, EINVAL) on failure.  `stack` in bytes, 0 = the
 * image's default. Source: _beginthread. */
uintptr_t __cdecl _beginthread(void(__cdecl *start)(void *), unsigned int stack,
                               void *argument)
{
    if (start == NULL) {
        *_errno() = EINVAL;
        return (uintptr_t)-1;
    }
    struct crt_thread *own = new_record(argument);
    if (own == NULL)
        return (uintptr_t)-1;
    own->start = start;
    /* Suspended, so that the record holds the handle before the thread can end. */
    HANDLE thread = CreateThread(NULL, stack, thread_main, own, CREATE_SUSPENDED, NULL);
    if (thread == NULL) {
        crt_thread_delete(own);
        crt_fail_last();
        *_errno() = EAGAIN;
        return (uintptr_t)-1;
    }
    own->handle = thread;
    ResumeThread(thread);
    return (uintptr_t)thread;
}

void __cdecl _endthread(void)
{
    HANDLE thread = crt_thread()->handle;
    if (thread != NULL)
        CloseHandle(thread);
    ExitThread(0);
}

/* As CreateThread, for a function of C; the caller closes the handle.  0 and errno on
 * failure. Source: _beginthreadex. */
uintptr_t __cdecl _beginthreadex(void *security, unsigned int stack,
                                 unsigned(__stdcall *start)(void *), void *argument,
                                 unsigned int flags, unsigned int *id)
{
    if (start == NULL) {
        *_errno() = EINVAL;
        return 0;
    }
    struct crt_thread *own = new_record(argument);
    if (own == NULL)
        return 0;
    own->start_ex = start;
    HANDLE thread = CreateThread(security, stack, thread_main, own, flags, (DWORD *)id);
    if (thread == NULL) {
        crt_thread_delete(own);
        crt_fail_last();
        return 0;
    }
    return (uintptr_t)thread;
}

void __cdecl _endthreadex(unsigned int code)
{
    ExitThread(code);
}
