/* fairness.c - a thread that never waits does not starve those below it for ever, and the
 * local storage of threads.
 *
 * Windows' balance set manager lifts a thread that has been ready for about four seconds;
 * "Priority Boosts" and "Scheduling Priorities" on Microsoft's pages. */
#define _WIN32_WINNT 0x0601
#include <windows.h>
#include "check.h"

static volatile LONG low_ran, stop;

static DWORD WINAPI spin(void *unused)
{
    (void)unused;
    ULONGLONG end = GetTickCount64() + 15000;
    while (!stop && GetTickCount64() < end)
        ;
    return 0;
}

static DWORD WINAPI low(void *unused)
{
    (void)unused;
    low_ran = 1;
    stop = 1;
    return 0;
}

static void starvation(void)
{
    HANDLE under = CreateThread(NULL, 0, low, NULL, CREATE_SUSPENDED, NULL);
    HANDLE over = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
    HANDLE both[2] = {under, over};
    CHECK(SetThreadPriority(under, THREAD_PRIORITY_IDLE));
    CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST));
    ResumeThread(over);
    ResumeThread(under);
    ULONGLONG start = GetTickCount64();
    CHECK_EQUAL(WaitForMultipleObjects(2, both, TRUE, 30000), WAIT_OBJECT_0);
    CHECK(low_ran && GetTickCount64() - start < 10000);
    CHECK_EQUAL(GetThreadPriority(under), THREAD_PRIORITY_IDLE);
    CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
    CHECK(CloseHandle(under) && CloseHandle(over));
}

/* ---- local storage: freeing reaches all threads ---- */

static DWORD tls[80], fls;
static HANDLE filled, cleared;
static volatile LONG freed;

static void WINAPI on_free(void *value)
{
    InterlockedExchangeAdd(&freed, (LONG)(LONG_PTR)value);
}

static DWORD WINAPI holder(void *unused)
{
    (void)unused;
    for (int i = 0; i < 80; i++)
        CHECK(TlsSetValue(tls[i], (void *)7));
    CHECK(FlsSetValue(fls, (void *)100));
    SetEvent(filled);
    CHECK_EQUAL(WaitForSingleObject(cleared, 5000), WAIT_OBJECT_0);
    for (int i = 0; i < 80; i++)
        CHECK(TlsGetValue(tls[i]) == NULL);
    CHECK(FlsGetValue(fls) == NULL);
    return 0;
}

static void storage(void)
{
    DWORD again[80];
    filled = CreateEventA(NULL, FALSE, FALSE, NULL);
    cleared = CreateEventA(NULL, FALSE, FALSE, NULL);
    for (int i = 0; i < 80; i++)
        CHECK((tls[i] = TlsAlloc()) != TLS_OUT_OF_INDEXES);
    CHECK((fls = FlsAlloc(on_free)) != FLS_OUT_OF_INDEXES);
    CHECK(FlsSetValue(fls, (void *)1));
    HANDLE thread = CreateThread(NULL, 0, holder, NULL, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(filled, 5000), WAIT_OBJECT_0);
    CHECK(FlsFree(fls)); /* the callback for every thread that has a value */
    CHECK_EQUAL(freed, 101);
    for (int i = 0; i < 80; i++)
        CHECK(TlsFree(tls[i]));
    CHECK(!TlsFree(tls[0]) && GetLastError() == ERROR_INVALID_PARAMETER);
    for (int i = 0; i < 80; i++) /* the same slots are given again, and are empty */
        CHECK((again[i] = TlsAlloc()) == tls[i]);
    CHECK_EQUAL(FlsAlloc(on_free), fls);
    SetEvent(cleared);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK_EQUAL(freed, 101); /* nothing was left to free when it ended */
    for (int i = 0; i < 80; i++)
        CHECK(TlsFree(again[i]));
    CHECK(FlsFree(fls));
    CHECK(CloseHandle(thread) && CloseHandle(filled) && CloseHandle(cleared));
}

static volatile LONG turns, done_turning;

static DWORD WINAPI other_turn(void *unused)
{
    (void)unused;
    while (!done_turning) {
        turns++;
        Sleep(0);
    }
    return 0;
}

/* Sleep(0): "relinquish the remainder of its time slice to any other thread that is ready
 * to run" (Sleep).  Who asks for 300 such turns gets most of them, not one in a slice. */
static void relinquish(void)
{
    HANDLE thread = CreateThread(NULL, 0, other_turn, NULL, 0, NULL);
    DWORD begin;
    int taken = 0;
    CHECK(thread);
    while (!turns)
        Sleep(1);
    begin = GetTickCount();
    for (int i = 0; i < 300; i++) {
        LONG before = turns;
        Sleep(0);
        taken += turns != before;
    }
    CHECK(taken > 200 || GetProcAddress(GetModuleHandleA("ntdll"), "wine_get_version"));
    CHECK(GetTickCount() - begin < 3000);
    done_turning = 1;
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
}

int main(void)
{
    storage();
    relinquish();
    starvation();
    return 0;
}
