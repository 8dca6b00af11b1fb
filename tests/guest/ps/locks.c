/* locks.c - critical sections, SRW locks, condition variables and one-time initialisation
 * when many threads want them at once. */
#define _WIN32_WINNT 0x0601
#include "await.h"
#include <windows.h>
#include "check.h"

#define THREADS 6
#define ROUNDS  400

static CRITICAL_SECTION section;
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE not_empty = CONDITION_VARIABLE_INIT;
static CONDITION_VARIABLE not_full = CONDITION_VARIABLE_INIT;
static volatile LONG shared, inside, readers, all_readers, taken, sum;
static int queue[4], queued;

static void lose_the_processor(int round)
{
    if (round % 16 == 0)
        Sleep(0);
}

static DWORD WINAPI in_section(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % 5 != 0)
            EnterCriticalSection(&section);
        else
            while (!TryEnterCriticalSection(&section))
                Sleep(0);
        EnterCriticalSection(&section); /* recursive */
        CHECK_EQUAL(++inside, 1);
        LONG value = shared;
        lose_the_processor(i);
        shared = value + 1;
        inside--;
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD WINAPI in_lock(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        if ((INT_PTR)argument % 2) {
            AcquireSRWLockShared(&lock);
            InterlockedIncrement(&readers);
            CHECK_EQUAL(inside, 0);
            lose_the_processor(i);
            InterlockedDecrement(&readers);
            ReleaseSRWLockShared(&lock);
        } else {
            AcquireSRWLockExclusive(&lock);
            CHECK_EQUAL(++inside, 1);
            CHECK_EQUAL(readers, 0);
            lose_the_processor(i);
            inside--;
            ReleaseSRWLockExclusive(&lock);
        }
    }
    return 0;
}

/* All hold it at once, or this never ends. */
static DWORD WINAPI share(void *unused)
{
    (void)unused;
    AcquireSRWLockShared(&lock);
    InterlockedIncrement(&all_readers);
    AWAIT(all_readers >= THREADS);
    ReleaseSRWLockShared(&lock);
    return 0;
}

/* A bounded queue: half the threads put, half take. */
static DWORD WINAPI putter(void *unused)
{
    (void)unused;
    for (int i = 1; i <= ROUNDS; i++) {
        AcquireSRWLockExclusive(&lock);
        while (queued == 4)
            CHECK(SleepConditionVariableSRW(&not_full, &lock, AWAIT_MS, 0));
        queue[queued++] = i;
        ReleaseSRWLockExclusive(&lock);
        WakeConditionVariable(&not_empty);
    }
    return 0;
}

static DWORD WINAPI taker(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        AcquireSRWLockExclusive(&lock);
        while (queued == 0)
            CHECK(SleepConditionVariableSRW(&not_empty, &lock, AWAIT_MS, 0));
        sum += queue[--queued];
        taken++;
        ReleaseSRWLockExclusive(&lock);
        WakeConditionVariable(&not_full);
    }
    return 0;
}

static volatile LONG ready, woken, go;
static CONDITION_VARIABLE all = CONDITION_VARIABLE_INIT;

static DWORD WINAPI wait_for_all(void *unused)
{
    (void)unused;
    EnterCriticalSection(&section);
    ready++;
    while (!go)
        CHECK(SleepConditionVariableCS(&all, &section, AWAIT_MS));
    woken++;
    LeaveCriticalSection(&section);
    return 0;
}

static INIT_ONCE once = INIT_ONCE_STATIC_INIT, failing = INIT_ONCE_STATIC_INIT;
static volatile LONG made, tries;

static BOOL CALLBACK make(PINIT_ONCE o, void *parameter, void **context)
{
    (void)o;
    CHECK(parameter == &made);
    Sleep(20); /* the others come meanwhile */
    InterlockedIncrement(&made);
    *context = (void *)0x1230;
    return TRUE;
}

static BOOL CALLBACK fail_twice(PINIT_ONCE o, void *parameter, void **context)
{
    (void)o, (void)parameter, (void)context;
    return InterlockedIncrement(&tries) > 2;
}

static DWORD WINAPI want_it(void *unused)
{
    void *context = NULL;
    (void)unused;
    CHECK(InitOnceExecuteOnce(&once, make, (void *)&made, &context));
    CHECK(context == (void *)0x1230);
    CHECK_EQUAL(made, 1);
    while (!InitOnceExecuteOnce(&failing, fail_twice, NULL, NULL))
        Sleep(0);
    return 0;
}

static void together(LPTHREAD_START_ROUTINE even, LPTHREAD_START_ROUTINE odd)
{
    HANDLE threads[THREADS];
    for (INT_PTR i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, i % 2 ? odd : even, (void *)i, 0, NULL);
        CHECK(threads[i] != NULL);
    }
    if (even == wait_for_all) {
        AWAIT(ready >= THREADS);
        EnterCriticalSection(&section);
        go = 1;
        LeaveCriticalSection(&section);
        WakeAllConditionVariable(&all);
    }
    CHECK_EQUAL(WaitForMultipleObjects(THREADS, threads, TRUE, 60000), WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++)
        CHECK(CloseHandle(threads[i]));
}

static DWORD WINAPI not_mine(void *unused)
{
    (void)unused;
    CHECK(!TryEnterCriticalSection(&section));
    CHECK(!TryAcquireSRWLockExclusive(&lock));
    CHECK(!TryAcquireSRWLockShared(&lock));
    return 0;
}

int main(void)
{
    InitializeCriticalSectionAndSpinCount(&section, 100);
    together(in_section, in_section);
    CHECK_EQUAL(shared, THREADS * ROUNDS);
    together(in_lock, in_lock);
    together(share, share);
    together(putter, taker);
    CHECK_EQUAL(taken, THREADS / 2 * ROUNDS);
    CHECK_EQUAL(sum, THREADS / 2 * (ROUNDS * (ROUNDS + 1) / 2));
    together(wait_for_all, wait_for_all);
    CHECK_EQUAL(woken, THREADS);
    together(want_it, want_it);
    CHECK_EQUAL(tries, 3);
    EnterCriticalSection(&section);
    AcquireSRWLockExclusive(&lock);
    HANDLE thread = CreateThread(NULL, 0, not_mine, NULL, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
    CHECK(!SleepConditionVariableSRW(&not_full, &lock, 30, 0));
    CHECK_EQUAL(GetLastError(), ERROR_TIMEOUT);
    CHECK(!SleepConditionVariableCS(&not_full, &section, 0));
    CHECK_EQUAL(GetLastError(), ERROR_TIMEOUT);
    ReleaseSRWLockExclusive(&lock);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
    return 0;
}
