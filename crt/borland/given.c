/* given.c - what cw3220's heap is given (heap.h): its lock, errno, the report of damage, the new
 * handler.
 *
 * errno is one for each thread: a small table by thread number, since the address of a TLS
 * word cannot be had from TlsAlloc.
 */
#include "borland/given.h"

#define ERRNO_SLOTS       64
#define HEAP_ABORT_CODE   3u
#define BORLAND_EXCEPTION 0x0EEFFACEu

static CRITICAL_SECTION lock;
static struct {
    volatile LONG thread; /* 0: free */
    int value;
} errno_table[ERRNO_SLOTS];
static int errno_shared;
typedef void(__cdecl *new_handler)(void);
static new_handler at_no_memory;

void given_start(void)
{
    InitializeCriticalSection(&lock);
}

void given_end(void)
{
    DeleteCriticalSection(&lock);
}

void heap_enter(void)
{
    EnterCriticalSection(&lock);
}

void heap_leave(void)
{
    LeaveCriticalSection(&lock);
}

/* Past sixty-four threads the rest share one. */
int *__cdecl errno_place(void)
{
    LONG own = (LONG)GetCurrentThreadId();
    for (int i = 0; i < ERRNO_SLOTS; i++) {
        LONG owner = errno_table[i].thread;
        if (owner == own || (owner == 0 && InterlockedCompareExchange(
                                               &errno_table[i].thread, own, 0) == 0))
            return &errno_table[i].value;
    }
    return &errno_shared;
}

void errno_detach(void)
{
    LONG own = (LONG)GetCurrentThreadId();
    for (int i = 0; i < ERRNO_SLOTS; i++) {
        if (errno_table[i].thread == own) {
            errno_table[i].value = 0;
            errno_table[i].thread = 0;
        }
    }
}

int heap_new_handler(void)
{
    const new_handler handler = at_no_memory;
    if (handler != NULL)
        handler();
    return handler != NULL;
}

/* set_new_handler: `handler` from now on; result: the one before. */
new_handler __cdecl heap_set_new_handler(new_handler handler)
{
    const new_handler before = at_no_memory;
    at_no_memory = handler;
    return before;
}

static void say_error(const char *text, size_t length)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)length, &written, NULL);
}

DECLSPEC_NORETURN void __cdecl abort(void)
{
    static const char text[] = "Abnormal program termination\r\n";
    say_error(text, sizeof(text) - 1);
    ExitProcess(HEAP_ABORT_CODE);
}

void heap_throw(void)
{
    RaiseException(BORLAND_EXCEPTION, EXCEPTION_NONCONTINUABLE, 0, NULL);
    abort();
}

static char *append(char *at, char *end, const char *text)
{
    while (*text != 0 && at < end)
        *at++ = *text++;
    return at;
}

void heap_abort(const char *what, const void *block)
{
    static const char digits[] = "0123456789ABCDEF";
    char line[160], *const end = line + sizeof(line) - 12;
    char *at = append(line, end - 16, "Heap error: ");
    at = append(append(at, end - 16, what), end, " (block ");
    for (int shift = 28; shift >= 0; shift -= 4)
        *at++ = digits[(uintptr_t)block >> shift & 15];
    at = append(at, line + sizeof(line), ")\r\n");
    say_error(line, (size_t)(at - line));
    abort();
}
