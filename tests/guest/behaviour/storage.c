/* storage - thread local and fiber local storage. */
#include "documented.h"
#include "inthread.h"

static DWORD tls, fls;

static DWORD WINAPI sees_zero(void *unused)
{
    (void)unused;
    const BOOL zero = TlsGetValue(tls) == NULL && GetLastError() == ERROR_SUCCESS;
    TlsSetValue(tls, (void *)99);
    return zero;
}

static void thread_local_storage(void)
{
    static DWORD many[2000];
    DWORD count = 0;
    tls = TlsAlloc();
    SetLastError(5);
    documented("TlsAlloc", "the slots of a new index are zero", SAME,
               tls != TLS_OUT_OF_INDEXES && TlsGetValue(tls) == NULL);
    documented("TlsGetValue", "on success it clears the last error", SAME,
               GetLastError() == ERROR_SUCCESS);
    documented("TlsSetValue", "each thread has a value of its own", SAME,
               TlsSetValue(tls, (void *)7) && in_thread(sees_zero, NULL) == 1 &&
                   TlsGetValue(tls) == (void *)7);
    documented("TlsFree",
               "nonzero; the index can be allocated again, and its slots are zero", SAME,
               TlsFree(tls) && TlsAlloc() == tls && TlsGetValue(tls) == NULL);
    while (count < 2000 && (many[count] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        count++;
    documented("TlsAlloc", "at least TLS_MINIMUM_AVAILABLE (64), at most 1,088 indexes",
               SAME, count >= 64 && count < 1088);
    documented("TlsAlloc", "TLS_OUT_OF_INDEXES when there is none left", SAME,
               many[count] == TLS_OUT_OF_INDEXES);
    documented("TlsSetValue", "the last of them holds a value", SAME,
               TlsSetValue(many[count - 1], (void *)5) &&
                   TlsGetValue(many[count - 1]) == (void *)5);
    while (count > 0)
        TlsFree(many[--count]);
    documented("TlsFree", "an index that cannot be: ERROR_INVALID_PARAMETER", SAME,
               FAILS(TlsFree(5000), ERROR_INVALID_PARAMETER));
    documented("TlsSetValue", "an index that cannot be: ERROR_INVALID_PARAMETER", SAME,
               FAILS(TlsSetValue(5000, NULL), ERROR_INVALID_PARAMETER));
    TlsFree(tls);
}

static volatile LONG called;
static volatile DWORD callback_thread;
static void *volatile callback_value;
static VOID WINAPI callback(PVOID value)
{
    called++;
    callback_value = value;
    callback_thread = GetCurrentThreadId();
}
static DWORD WINAPI sets(void *unused)
{
    (void)unused;
    FlsSetValue(fls, (void *)0x30);
    return GetCurrentThreadId();
}
static DWORD WINAPI sets_nothing(void *unused)
{
    (void)unused;
    return 0;
}

static void fiber_local_storage(void)
{
    fls = FlsAlloc(callback);
    documented("FlsAlloc", "the slots of a new index are zero", SAME,
               fls != FLS_OUT_OF_INDEXES && FlsGetValue(fls) == NULL);
    const DWORD id = in_thread(sets, NULL);
    documented("FlsCallback", "called when a thread ends, in it, with the slot's value",
               SAME,
               called == 1 && callback_value == (void *)0x30 && callback_thread == id);
    in_thread(sets_nothing, NULL);
    documented("FlsCallback", "not called for a slot whose value is zero", SAME,
               called == 1);
    FlsSetValue(fls, (void *)0x40);
    documented("FlsFree", "the callback is called for the values that are left", SAME,
               FlsFree(fls) && called == 2 && callback_value == (void *)0x40);
    documented("FlsGetValue", "an index that cannot be: ERROR_INVALID_PARAMETER", SAME,
               FAILS(FlsGetValue(5000) != NULL, ERROR_INVALID_PARAMETER));
    documented("FlsFree", "an index that is not allocated: ERROR_INVALID_PARAMETER", SAME,
               FAILS(FlsFree(5000), ERROR_INVALID_PARAMETER));
    DWORD count = 0, many[400];
    while (count < 400 && (many[count] = FlsAlloc(NULL)) != FLS_OUT_OF_INDEXES)
        count++;
    documented("FlsAlloc",
               "at most 128 indexes, one of which is no program's (Windows 7)", SAME,
               count >= 100 && count < 128);
    while (count > 0)
        FlsFree(many[--count]);
}

int main(void)
{
    thread_local_storage();
    fiber_local_storage();
    return undocumented();
}
