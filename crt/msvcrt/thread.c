/* thread.c - what each thread has of its own, and how threads start and end.
 *
 *     TLS slot ──> struct crt_thread: errno, _doserrno, rand's state, strtok's place,
 * texts
 *
 * The record is made at a thread's first use of it, so threads of CreateThread have one
 * too, and goes when the thread tells the DLL good-bye.  Reading it keeps the thread's
 * last error. Lock: none; a record belongs to its thread.  Windows keeps the same in
 * _tiddata (mtdll.h).
 */
#include "crt.h"
#include <process.h>

static DWORD slot = TLS_OUT_OF_INDEXES;
/* Shared by all threads for which there is no memory: errno still has an address. */
static struct crt_thread last_resort = {.random = 1};

int crt_thread_start(void)
{
    slot = TlsAlloc();
    return slot != TLS_OUT_OF_INDEXES;
}

struct crt_thread *crt_thread(void)
{
    DWORD error = GetLastError();
    struct crt_thread *own = TlsGetValue(slot);
    if (own == NULL) {
        own = HeapAlloc(crt_heap, HEAP_ZERO_MEMORY, sizeof(*own));
        if (own != NULL) {
            own->random = 1;
            own->id = GetCurrentThreadId();
            TlsSetValue(slot, own);
        } else {
            own = &last_resort;
        }
    }
    SetLastError(error);
    return own;
}

void crt_thread_detach(void)
{
    struct crt_thread *own = TlsGetValue(slot);
    if (own == NULL)
        return;
    TlsSetValue(slot, NULL);
    HeapFree(crt_heap, 0, own);
}

int *__cdecl _errno(void)
{
    return &crt_thread()->error;
}

unsigned long *__cdecl __doserrno(void)
{
    return &crt_thread()->dos_error;
}

errno_t __cdecl _set_errno(int value)
{
    *_errno() = value;
    return 0;
}

errno_t __cdecl _get_errno(int *value)
{
    if (value == NULL)
        return EINVAL;
    *value = *_errno();
    return 0;
}

unsigned long __cdecl __threadid(void)
{
    return GetCurrentThreadId();
}

uintptr_t __cdecl __threadhandle(void)
{
    return (uintptr_t)GetCurrentThread();
}

/* Where threads of _beginthread start: adopt the record that the parent filled, run, end.
 */
static DWORD WINAPI thread_main(void *record)
{
    struct crt_thread *own = record;
    own->id = GetCurrentThreadId();
    TlsSetValue(slot, own);
    if (own->start != NULL) {
        own->start(own->argument);
        _endthread();
    } else {
        _endthreadex(own->start_ex(own->argument));
    }
    return 0;
}

static struct crt_thread *new_record(void *argument)
{
    struct crt_thread *own = calloc(1, sizeof(*own));
    if (own != NULL) {
        own->random = 1;
        own->argument = argument;
    }
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
        free(own);
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
        free(own);
        crt_fail_last();
        return 0;
    }
    return (uintptr_t)thread;
}

void __cdecl _endthreadex(unsigned int code)
{
    ExitThread(code);
}
