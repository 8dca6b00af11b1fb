/* threads.c - what a thread's birth and end mean to DLLs and to thread-local data: of the
 * program, and of a DLL that comes while threads run. */
#include "makedll.h"

/* ---- the program's own TLS directory (of the stock start-up code) ---- */

extern ULONG _tls_index;
extern char _tls_start;
__attribute__((section(".tls$M"))) int in_tls = 0x1234;

static PVOID tls_block(DWORD index)
{
    PVOID *array;
    __asm__ volatile("movl %%fs:0x2c, %0" : "=r"(array));
    return array[index];
}

static int *own_value(void)
{
    return (int *)((char *)tls_block(_tls_index) + ((char *)&in_tls - &_tls_start));
}

static LONG attached, detached;
static void WINAPI callback(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    if (reason == DLL_THREAD_ATTACH)
        InterlockedIncrement(&attached);
    if (reason == DLL_THREAD_DETACH)
        InterlockedIncrement(&detached);
}
__attribute__((section(".CRT$XLM"), used)) PIMAGE_TLS_CALLBACK listed =
    (PIMAGE_TLS_CALLBACK)callback;

static DWORD WINAPI own_copy(PVOID argument)
{
    CHECK_EQUAL(*own_value(), 0x1234);
    *own_value() = (int)(ULONG_PTR)argument;
    Sleep(30);
    return *own_value() == (int)(ULONG_PTR)argument;
}

static DWORD wait_for(HANDLE thread)
{
    DWORD code = 0;
    CHECK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
    return code;
}

static void own_data(void)
{
    HANDLE thread[8];
    CHECK_EQUAL(*own_value(), 0x1234);
    *own_value() = 77;
    for (int i = 0; i < 8; i++)
        thread[i] = CreateThread(NULL, 0, own_copy, (PVOID)(ULONG_PTR)(i + 5), 0, NULL);
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(wait_for(thread[i]), 1);
    CHECK_EQUAL(*own_value(), 77);
    CHECK_EQUAL(attached, 8);
    CHECK_EQUAL(detached, 8);
}

/* ---- a DLL with TLS, loaded while another thread runs ---- */

static char order[64];
static LONG calls[4];
static BOOL WINAPI entry(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base;
    if (reason <= 1)
        strcat(order, reason ? "e+" : reserved ? "" : "e-");
    InterlockedIncrement(&calls[reason]);
    return TRUE;
}

static BOOL WINAPI tls_callback(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        strcat(order, "t+");
    return TRUE;
}

static struct dll d;
static DWORD index_rva;
static HANDLE ready, loaded;
static HMODULE module;

static DWORD WINAPI earlier(PVOID argument)
{
    (void)argument;
    SetEvent(ready);
    CHECK(WaitForSingleObject(loaded, 10000) == WAIT_OBJECT_0);
    DWORD index = *(DWORD *)((char *)module + index_rva);
    CHECK(!memcmp(tls_block(index), "initial", 8));
    memcpy(tls_block(index), "changed", 8);
    return 1;
}

static DWORD WINAPI later(PVOID argument)
{
    (void)argument;
    DWORD index = *(DWORD *)((char *)module + index_rva);
    return !memcmp(tls_block(index), "initial", 8);
}

static void late_dll(void)
{
    dll_begin(&d, 0x21000000);
    dll_entry(&d, entry);
    index_rva = dll_tls(&d, "initial", 8, tls_callback);
    dll_write(&d, "late.dll");
    ready = CreateEventA(NULL, FALSE, FALSE, NULL);
    loaded = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, earlier, NULL, 0, NULL);
    CHECK(WaitForSingleObject(ready, 10000) == WAIT_OBJECT_0);
    module = LoadLibraryA("late.dll");
    CHECK(module && !strcmp(order, "t+e+"));
    DWORD index = *(DWORD *)((char *)module + index_rva);
    CHECK(index != _tls_index && !memcmp(tls_block(index), "initial", 8));
    for (int i = 8; i < 24; i++)
        CHECK(((char *)tls_block(index))[i] == 0);
    SetEvent(loaded);
    CHECK_EQUAL(wait_for(thread), 1);
    CHECK(!memcmp(tls_block(index), "initial", 8));
    CHECK_EQUAL(wait_for(CreateThread(NULL, 0, later, NULL, 0, NULL)), 1);
    CHECK_EQUAL(calls[DLL_THREAD_ATTACH], 1);
    CHECK_EQUAL(calls[DLL_THREAD_DETACH], 2);
    CHECK(FreeLibrary(module) && !strcmp(order, "t+e+e-"));
}

static void no_callouts(void)
{
    dll_begin(&d, 0x22000000);
    dll_entry(&d, entry);
    dll_write(&d, "quiet.dll");
    module = LoadLibraryA("quiet.dll");
    CHECK(module && DisableThreadLibraryCalls(module));
    LONG before = calls[DLL_THREAD_ATTACH];
    wait_for(CreateThread(NULL, 0, own_copy, (PVOID)9, 0, NULL));
    CHECK_EQUAL(calls[DLL_THREAD_ATTACH], before);
    CHECK(FreeLibrary(module));
}

int main(void)
{
    own_data();
    late_dll();
    no_callouts();
    return 0;
}
