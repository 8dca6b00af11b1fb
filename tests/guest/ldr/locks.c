/* locks.c - critical sections, SRW locks, condition variables, one-time initialisation
 * and interlocked lists, each with threads that fight for it. */
#include <windows.h>
#include "check.h"

#define THREADS 6
#define ROUNDS  400

static volatile LONG shared, inside, readers;

static void run(LPTHREAD_START_ROUTINE routine)
{
    HANDLE thread[THREADS];
    for (ULONG_PTR i = 0; i < THREADS; i++) {
        thread[i] = CreateThread(NULL, 0, routine, (PVOID)i, 0, NULL);
        CHECK(thread[i]);
    }
    CHECK(WaitForMultipleObjects(THREADS, thread, TRUE, 60000) == WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(thread[i]);
}

/* ---- critical sections ---- */

static CRITICAL_SECTION section;

static DWORD WINAPI in_section(PVOID argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        CHECK(InterlockedIncrement(&inside) == 1);
        if (i % 3 == 0) {
            EnterCriticalSection(&section);
            CHECK_EQUAL(section.RecursionCount, 2);
            LeaveCriticalSection(&section);
        }
        LONG seen = shared;
        if (i % 5 == 0)
            Sleep(0);
        shared = seen + 1;
        InterlockedDecrement(&inside);
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD WINAPI try_section(PVOID argument)
{
    (void)argument;
    return TryEnterCriticalSection(&section);
}

static void sections(void)
{
    InitializeCriticalSection(&section);
    CHECK_EQUAL(section.LockCount, -1);
    EnterCriticalSection(&section);
    CHECK_EQUAL(section.LockCount, -2); /* bit 0 clear: held */
    CHECK_EQUAL(section.OwningThread, GetCurrentThreadId());
    CHECK(TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    DWORD code;
    HANDLE thread = CreateThread(NULL, 0, try_section, NULL, 0, NULL);
    CHECK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 0);
    CloseHandle(thread);
    LeaveCriticalSection(&section);
    CHECK_EQUAL(section.LockCount, -1);
    shared = 0;
    run(in_section);
    CHECK_EQUAL(shared, THREADS * ROUNDS);
    CHECK_EQUAL(section.LockCount, -1);
    DeleteCriticalSection(&section);
}

/* ---- SRW locks ---- */

static SRWLOCK srw = SRWLOCK_INIT;

static DWORD WINAPI in_srw(PVOID argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        if ((i + (ULONG_PTR)argument) % 4) {
            AcquireSRWLockShared(&srw);
            InterlockedIncrement(&readers);
            CHECK(inside == 0);
            if (i % 7 == 0)
                Sleep(0);
            CHECK(inside == 0);
            InterlockedDecrement(&readers);
            ReleaseSRWLockShared(&srw);
        } else {
            AcquireSRWLockExclusive(&srw);
            CHECK(InterlockedIncrement(&inside) == 1 && readers == 0);
            LONG seen = shared;
            if (i % 5 == 0)
                Sleep(0);
            shared = seen + 1;
            InterlockedDecrement(&inside);
            ReleaseSRWLockExclusive(&srw);
        }
    }
    return 0;
}

static void srw_locks(void)
{
    CHECK(TryAcquireSRWLockShared(&srw) && TryAcquireSRWLockShared(&srw));
    CHECK(!TryAcquireSRWLockExclusive(&srw));
    ReleaseSRWLockShared(&srw);
    ReleaseSRWLockShared(&srw);
    CHECK(TryAcquireSRWLockExclusive(&srw));
    CHECK(!TryAcquireSRWLockShared(&srw) && !TryAcquireSRWLockExclusive(&srw));
    ReleaseSRWLockExclusive(&srw);
    shared = 0;
    run(in_srw);
    CHECK_EQUAL(shared, THREADS * ROUNDS / 4);
    CHECK(srw.Ptr == NULL);
}

/* ---- condition variables: a bounded buffer ---- */

static CONDITION_VARIABLE not_empty = CONDITION_VARIABLE_INIT,
                          not_full = CONDITION_VARIABLE_INIT;
static int queue[4], queued, taken, sum;

static DWORD WINAPI produce_or_consume(PVOID argument)
{
    BOOL producer = (ULONG_PTR)argument % 2;
    for (int i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        if (producer) {
            while (queued == 4)
                CHECK(SleepConditionVariableCS(&not_full, &section, 20000));
            queue[queued++] = i;
            WakeConditionVariable(&not_empty);
        } else {
            while (!queued)
                CHECK(SleepConditionVariableCS(&not_empty, &section, 20000));
            sum += queue[--queued];
            taken++;
            WakeAllConditionVariable(&not_full);
        }
        LeaveCriticalSection(&section);
    }
    return 0;
}

static void condition_variables(void)
{
    InitializeCriticalSection(&section);
    run(produce_or_consume);
    CHECK_EQUAL(taken, THREADS / 2 * ROUNDS);
    CHECK_EQUAL(sum, THREADS / 2 * ROUNDS * (ROUNDS - 1) / 2);
    CHECK(queued == 0);
    EnterCriticalSection(&section);
    CHECK(!SleepConditionVariableCS(&not_empty, &section, 30));
    CHECK_EQUAL(GetLastError(), ERROR_TIMEOUT);
    LeaveCriticalSection(&section);
    AcquireSRWLockShared(&srw);
    CHECK(!SleepConditionVariableSRW(&not_empty, &srw, 30,
                                     CONDITION_VARIABLE_LOCKMODE_SHARED));
    ReleaseSRWLockShared(&srw);
    CHECK(srw.Ptr == NULL && not_empty.Ptr == NULL);
}

/* ---- one-time initialisation ---- */

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static LONG initialised;

static BOOL WINAPI initialise(PINIT_ONCE o, PVOID parameter, PVOID *context)
{
    (void)o;
    Sleep(20);
    InterlockedIncrement(&initialised);
    *context = parameter;
    return TRUE;
}

static BOOL WINAPI fails(PINIT_ONCE o, PVOID parameter, PVOID *context)
{
    (void)o, (void)parameter, (void)context;
    return FALSE;
}

static DWORD WINAPI in_once(PVOID argument)
{
    PVOID context = NULL;
    (void)argument;
    CHECK(InitOnceExecuteOnce(&once, initialise, (PVOID)0x1230, &context));
    CHECK(context == (PVOID)0x1230);
    return 0;
}

static void one_time(void)
{
    CHECK(!InitOnceExecuteOnce(&once, fails, NULL, NULL));
    run(in_once);
    CHECK_EQUAL(initialised, 1);
    INIT_ONCE async = INIT_ONCE_STATIC_INIT;
    BOOL pending;
    PVOID context;
    CHECK(InitOnceBeginInitialize(&async, INIT_ONCE_ASYNC, &pending, &context) &&
          pending);
    CHECK(InitOnceBeginInitialize(&async, INIT_ONCE_ASYNC, &pending, &context) &&
          pending);
    CHECK(InitOnceComplete(&async, INIT_ONCE_ASYNC, (PVOID)0x40));
    CHECK(!InitOnceComplete(&async, INIT_ONCE_ASYNC, (PVOID)0x80));
    CHECK(InitOnceBeginInitialize(&async, INIT_ONCE_CHECK_ONLY, &pending, &context));
    CHECK(!pending && context == (PVOID)0x40);
}

/* ---- interlocked lists ---- */

static SLIST_HEADER head;
static SLIST_ENTRY entry[THREADS];

static DWORD WINAPI in_list(PVOID argument)
{
    PSLIST_ENTRY mine = &entry[(ULONG_PTR)argument];
    for (int i = 0; i < ROUNDS * 10; i++) {
        InterlockedPushEntrySList(&head, mine);
        do
            mine = InterlockedPopEntrySList(&head);
        while (!mine);
    }
    InterlockedPushEntrySList(&head, mine);
    return 0;
}

static void lists(void)
{
    InitializeSListHead(&head);
    CHECK(!InterlockedPopEntrySList(&head));
    run(in_list);
    CHECK_EQUAL(QueryDepthSList(&head), THREADS);
    int count = 0;
    for (PSLIST_ENTRY at = InterlockedFlushSList(&head); at; at = at->Next)
        count++;
    CHECK_EQUAL(count, THREADS);
    CHECK_EQUAL(QueryDepthSList(&head), 0);
}

int main(void)
{
    sections();
    srw_locks();
    condition_variables();
    one_time();
    lists();
    return 0;
}
