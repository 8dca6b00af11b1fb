/* locks - critical sections, SRW locks, condition variables, one-time initialization. */
#include "await.h"
#include "documented.h"
#include "inthread.h"

/* ---- critical sections ---- */

static CRITICAL_SECTION section;
static DWORD WINAPI tries_section(void *unused)
{
    (void)unused;
    if (!TryEnterCriticalSection(&section))
        return 0;
    LeaveCriticalSection(&section);
    return 1;
}
static volatile LONG inside, most;
static DWORD WINAPI hammers(void *unused)
{
    (void)unused;
    for (int i = 0; i < 300; i++) {
        EnterCriticalSection(&section);
        if (++inside > most)
            most = inside;
        if (i % 50 == 0)
            Sleep(0);
        inside--;
        LeaveCriticalSection(&section);
    }
    return 0;
}

static DWORD processors(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors;
}

static void sections(void)
{
    documented("InitializeCriticalSectionAndSpinCount", "it succeeds and returns nonzero",
               SAME, InitializeCriticalSectionAndSpinCount(&section, 400));
    documented("SetCriticalSectionSpinCount",
               "the previous spin count; on one processor it is ignored: 0", SAME,
               SetCriticalSectionSpinCount(&section, 100) == 0 || processors() > 1);
    EnterCriticalSection(&section);
    documented("EnterCriticalSection", "the owner may enter again without blocking", SAME,
               (EnterCriticalSection(&section), TRUE) &&
                   TryEnterCriticalSection(&section));
    LeaveCriticalSection(&section);
    LeaveCriticalSection(&section);
    documented("LeaveCriticalSection",
               "it must be left once for each time it was entered", SAME,
               in_thread(tries_section, NULL) == 0 &&
                   (LeaveCriticalSection(&section), in_thread(tries_section, NULL) == 1));
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, hammers, NULL, 0, NULL);
    WaitForMultipleObjects(4, threads, TRUE, 30000);
    for (int i = 0; i < 4; i++)
        CloseHandle(threads[i]);
    documented("Critical Section Objects", "only one thread at a time owns it", SAME,
               most == 1);
    DeleteCriticalSection(&section);
}

/* ---- slim reader/writer locks ---- */

static SRWLOCK srw = SRWLOCK_INIT;
static DWORD WINAPI tries_shared(void *unused)
{
    (void)unused;
    if (!TryAcquireSRWLockShared(&srw))
        return 0;
    ReleaseSRWLockShared(&srw);
    return 1;
}
static DWORD WINAPI tries_exclusive(void *unused)
{
    (void)unused;
    if (!TryAcquireSRWLockExclusive(&srw))
        return 0;
    ReleaseSRWLockExclusive(&srw);
    return 1;
}

static void readers_and_writers(void)
{
    documented("Slim Reader/Writer (SRW) Locks", "the size of a pointer", SAME,
               sizeof srw == sizeof(void *));
    AcquireSRWLockShared(&srw);
    documented("AcquireSRWLockShared", "several threads at once, and no writer", SAME,
               in_thread(tries_shared, NULL) == 1 &&
                   in_thread(tries_exclusive, NULL) == 0);
    ReleaseSRWLockShared(&srw);
    AcquireSRWLockExclusive(&srw);
    documented("AcquireSRWLockExclusive", "one thread, and no reader", SAME,
               in_thread(tries_shared, NULL) == 0 &&
                   in_thread(tries_exclusive, NULL) == 0);
    documented("Slim Reader/Writer (SRW) Locks", "cannot be acquired recursively", SAME,
               !TryAcquireSRWLockExclusive(&srw) && !TryAcquireSRWLockShared(&srw));
    ReleaseSRWLockExclusive(&srw);
    documented("TryAcquireSRWLockExclusive", "nonzero when it acquires the lock", SAME,
               in_thread(tries_exclusive, NULL) == 1);
}

/* ---- condition variables ---- */

static CONDITION_VARIABLE ready = CONDITION_VARIABLE_INIT;
static volatile LONG stock, sleepers, awake;

static DWORD WINAPI consumer(void *unused)
{
    (void)unused;
    EnterCriticalSection(&section);
    sleepers++;
    while (stock == 0)
        SleepConditionVariableCS(&ready, &section, INFINITE);
    stock--;
    awake++;
    LeaveCriticalSection(&section);
    return 0;
}
static DWORD WINAPI reader(void *unused)
{
    (void)unused;
    AcquireSRWLockShared(&srw);
    sleepers++;
    BOOL woken = SleepConditionVariableSRW(&ready, &srw, 10000,
                                           CONDITION_VARIABLE_LOCKMODE_SHARED);
    ReleaseSRWLockShared(&srw);
    return (DWORD)woken;
}

static void conditions(void)
{
    HANDLE threads[3];
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    documented(
        "SleepConditionVariableCS",
        "the time-out elapses: FALSE, ERROR_TIMEOUT, and the section is owned again",
        SAME,
        FAILS(SleepConditionVariableCS(&ready, &section, 30), ERROR_TIMEOUT) &&
            in_thread(tries_section, NULL) == 0);
    LeaveCriticalSection(&section);
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, consumer, NULL, 0, NULL);
    AWAIT(sleepers >= 3);
    EnterCriticalSection(&section);
    documented("SleepConditionVariableCS",
               "while it sleeps the section is free for others", SAME, awake == 0);
    stock = 1;
    LeaveCriticalSection(&section);
    WakeConditionVariable(&ready);
    Sleep(60);
    documented("WakeConditionVariable", "wakes a single thread", SAME, awake == 1);
    EnterCriticalSection(&section);
    stock = 2;
    LeaveCriticalSection(&section);
    WakeAllConditionVariable(&ready);
    documented("WakeAllConditionVariable", "wakes all", SAME,
               WaitForMultipleObjects(3, threads, TRUE, 10000) == WAIT_OBJECT_0 &&
                   awake == 3);
    for (int i = 0; i < 3; i++)
        CloseHandle(threads[i]);
    DeleteCriticalSection(&section);
    sleepers = 0;
    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    AWAIT(sleepers >= 2);
    Sleep(20);
    WakeAllConditionVariable(&ready);
    DWORD codes[2] = {0};
    WaitForMultipleObjects(2, threads, TRUE, 10000);
    for (int i = 0; i < 2; i++) {
        GetExitCodeThread(threads[i], &codes[i]);
        CloseHandle(threads[i]);
    }
    documented("SleepConditionVariableSRW",
               "CONDITION_VARIABLE_LOCKMODE_SHARED: with the lock held shared", SAME,
               codes[0] && codes[1] && in_thread(tries_exclusive, NULL) == 1);
    documented("WakeConditionVariable", "nothing is kept for a thread that sleeps later",
               SAME,
               (WakeConditionVariable(&ready), AcquireSRWLockExclusive(&srw),
                !SleepConditionVariableSRW(&ready, &srw, 20, 0)));
    ReleaseSRWLockExclusive(&srw);
}

/* ---- one-time initialization ---- */

static volatile LONG initialized;
static BOOL succeeds;
static WINBOOL CALLBACK initialize(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    Sleep(30);
    initialized++;
    if (!succeeds)
        SetLastError(77);
    if (context)
        *context = parameter;
    return succeeds;
}
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static DWORD WINAPI executes(void *parameter)
{
    void *context = NULL;
    return InitOnceExecuteOnce(&once, initialize, parameter, &context) &&
           context == (void *)8;
}

static void once_only(void)
{
    HANDLE threads[3];
    void *context = NULL;
    documented(
        "InitOnceExecuteOnce",
        "the callback fails: so does the function, and the block stays uninitialized",
        SAME,
        !InitOnceExecuteOnce(&once, initialize, (void *)4, &context) && initialized == 1);
    succeeds = TRUE;
    DWORD all = 1;
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, executes, (void *)8, 0, NULL);
    for (int i = 0; i < 3; i++) {
        DWORD code = 0;
        WaitForSingleObject(threads[i], 10000);
        GetExitCodeThread(threads[i], &code);
        CloseHandle(threads[i]);
        all &= code;
    }
    documented("InitOnceExecuteOnce",
               "only one callback runs at a time; the others wait and get its context",
               SAME, all && initialized == 2);
    documented("InitOnceExecuteOnce", "afterwards no callback is called", SAME,
               InitOnceExecuteOnce(&once, initialize, (void *)12, &context) &&
                   initialized == 2 && context == (void *)8);
    INIT_ONCE block = INIT_ONCE_STATIC_INIT;
    BOOL pending = FALSE;
    documented(
        "InitOnceBeginInitialize",
        "INIT_ONCE_CHECK_ONLY fails while initialization is not complete", SAME,
        !InitOnceBeginInitialize(&block, INIT_ONCE_CHECK_ONLY, &pending, &context));
    documented("InitOnceBeginInitialize", "fPending TRUE: the caller has to initialize",
               SAME, InitOnceBeginInitialize(&block, 0, &pending, &context) && pending);
    documented("InitOnceComplete",
               "a context whose low INIT_ONCE_CTX_RESERVED_BITS are set is refused", SAME,
               !InitOnceComplete(&block, 0, (void *)5));
    documented("InitOnceComplete", "INIT_ONCE_INIT_FAILED: it may be tried again", SAME,
               InitOnceComplete(&block, INIT_ONCE_INIT_FAILED, NULL) &&
                   InitOnceBeginInitialize(&block, 0, &pending, NULL) && pending);
    documented("InitOnceComplete", "done: others get the context and fPending FALSE",
               SAME,
               InitOnceComplete(&block, 0, (void *)16) &&
                   InitOnceBeginInitialize(&block, 0, &pending, &context) && !pending &&
                   context == (void *)16);
    INIT_ONCE many = INIT_ONCE_STATIC_INIT;
    BOOL second = FALSE;
    documented(
        "InitOnceBeginInitialize", "INIT_ONCE_ASYNC: several may initialize at once",
        SAME,
        InitOnceBeginInitialize(&many, INIT_ONCE_ASYNC, &pending, NULL) && pending &&
            InitOnceBeginInitialize(&many, INIT_ONCE_ASYNC, &second, NULL) && second);
    documented(
        "InitOnceComplete", "INIT_ONCE_ASYNC: the first succeeds, the second fails", SAME,
        InitOnceComplete(&many, INIT_ONCE_ASYNC, (void *)20) &&
            !InitOnceComplete(&many, INIT_ONCE_ASYNC, (void *)24) &&
            InitOnceBeginInitialize(&many, INIT_ONCE_CHECK_ONLY, &pending, &context) &&
            context == (void *)20);
}

int main(void)
{
    sections();
    readers_and_writers();
    conditions();
    once_only();
    return undocumented();
}
