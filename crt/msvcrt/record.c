/* record.c - what each thread has of its own: errno and its kin.
 *
 *     TLS slot ──> struct crt_thread: errno, _doserrno, rand's state, strtok's place, texts
 *
 * The record is made at a thread's first use of it, so threads of CreateThread have one too,
 * and goes when the thread detaches.  Reading it keeps the thread's last error.  The files
 * above set errno, so the record lies below the heap: it takes its memory from the CRT's heap
 * by HeapAlloc, past malloc and the debug layer.  That of the first thread that asks is no block:
 * it would be made in the first printf and take the place of what was just freed.
 *
 * Lock: none; a record belongs to its thread.  Windows keeps the same in _tiddata (mtdll.h).
 */
#include "crt.h"

static HANDLE heap; /* the CRT's */
static DWORD slot = TLS_OUT_OF_INDEXES;
/* Shared by all threads for which there is no memory: errno still has an address. */
static struct crt_thread last_resort = {.random = 1};
static struct crt_thread first = {.random = 1};
static LONG first_is_taken;

int crt_thread_start(HANDLE of_records)
{
    heap = of_records;
    slot = TlsAlloc();
    return slot != TLS_OUT_OF_INDEXES;
}

struct crt_thread *crt_thread_new(void)
{
    struct crt_thread *own = HeapAlloc(heap, HEAP_ZERO_MEMORY, sizeof(*own));
    if (own != NULL)
        own->random = 1;
    return own;
}

void crt_thread_delete(struct crt_thread *own)
{
    if (own != &first)
        HeapFree(heap, 0, own);
}

void crt_thread_adopt(struct crt_thread *own)
{
    own->id = GetCurrentThreadId();
    TlsSetValue(slot, own);
}

struct crt_thread *crt_thread(void)
{
    DWORD error = GetLastError();
    struct crt_thread *own = TlsGetValue(slot);
    if (own == NULL) {
        own = InterlockedExchange(&first_is_taken, TRUE) ? crt_thread_new() : &first;
        if (own != NULL)
            crt_thread_adopt(own);
        else
            own = &last_resort;
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
    crt_thread_delete(own);
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
