/* threads.c - threads, TLS and FLS, waits, locks, APCs. */
#include <windows.h>
#include "check.h"

static DWORD slot, fiber_slot;
static LONG callbacks, ran;
static CRITICAL_SECTION section;
static LONG counter;

static void WINAPI slot_ends(void *value)
{
    if (value == (void *)0x77)
        InterlockedIncrement(&callbacks);
}

static DWORD WINAPI worker(void *argument)
{
    int i;

    CHECK(TlsGetValue(slot) == NULL);
    CHECK_EQUAL(GetLastError(), NO_ERROR);
    CHECK(TlsSetValue(slot, argument) && TlsGetValue(slot) == argument);
    CHECK(FlsSetValue(fiber_slot, (void *)0x77));
    for (i = 0; i < 1000; i++) {
        EnterCriticalSection(&section);
        counter++;
        LeaveCriticalSection(&section);
    }
    return 5;
}

static void run_threads(void)
{
    HANDLE threads[4];
    DWORD code, id;
    int i;

    slot = TlsAlloc();
    fiber_slot = FlsAlloc(slot_ends);
    CHECK(slot != TLS_OUT_OF_INDEXES && fiber_slot != FLS_OUT_OF_INDEXES);
    InitializeCriticalSection(&section);
    for (i = 0; i < 4; i++) {
        threads[i] = CreateThread(NULL, 0, worker, (void *)(ULONG_PTR)(i + 1), 0, &id);
        CHECK(threads[i] && id);
        CHECK_EQUAL(GetThreadId(threads[i]), id);
    }
    CHECK_EQUAL(WaitForMultipleObjects(4, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    CHECK_EQUAL(counter, 4000);
    CHECK_EQUAL(callbacks, 4);
    for (i = 0; i < 4; i++) {
        CHECK(GetExitCodeThread(threads[i], &code) && code == 5);
        CHECK(CloseHandle(threads[i]));
    }
    DeleteCriticalSection(&section);
    CHECK(TlsFree(slot));
    CHECK(FlsFree(fiber_slot));
    SetLastError(0);
    CHECK(!CloseHandle((HANDLE)0xDEADBEEC));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
}

static void many_slots(void)
{
    static DWORD slots[1100];
    int count = 0, i;

    while (count < 1100 && (slots[count] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        count++;
    CHECK(count > 1024 && count <= 1088);
    CHECK_EQUAL(GetLastError(), ERROR_NO_MORE_ITEMS);
    for (i = 0; i < count; i++)
        CHECK(TlsSetValue(slots[i], &slots[i]));
    for (i = 0; i < count; i++) {
        CHECK(TlsGetValue(slots[i]) == &slots[i]);
        CHECK(TlsFree(slots[i]));
    }
    SetLastError(0);
    CHECK(!TlsSetValue(5000, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void objects(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "depth"), again, semaphore, mutex;
    HANDLE both[2];
    LONG previous;

    CHECK(event != NULL);
    CHECK_EQUAL(GetLastError(), NO_ERROR);
    again = CreateEventA(NULL, FALSE, FALSE, "depth");
    CHECK(again && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK(SetEvent(again));
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(event, 20), WAIT_TIMEOUT);
    CHECK(CloseHandle(again));
    SetLastError(0);
    CHECK(CreateMutexA(NULL, FALSE, "depth") == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(0);
    CHECK(OpenEventA(EVENT_ALL_ACCESS, FALSE, "not there") == NULL);
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
    semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    CHECK_EQUAL(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    CHECK_EQUAL(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    CHECK(ReleaseSemaphore(semaphore, 2, &previous) && previous == 0);
    SetLastError(0);
    CHECK(!ReleaseSemaphore(semaphore, 1, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_TOO_MANY_POSTS);
    mutex = CreateMutexA(NULL, TRUE, NULL);
    CHECK_EQUAL(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    CHECK(ReleaseMutex(mutex) && ReleaseMutex(mutex));
    SetLastError(0);
    CHECK(!ReleaseMutex(mutex));
    CHECK_EQUAL(GetLastError(), ERROR_NOT_OWNER);
    both[0] = event;
    both[1] = semaphore;
    CHECK_EQUAL(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_OBJECT_0 + 1);
    SetLastError(0);
    CHECK_EQUAL(WaitForMultipleObjects(65, both, FALSE, 0), WAIT_FAILED);
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CloseHandle(mutex);
    CloseHandle(semaphore);
    CloseHandle(event);
}

static void WINAPI apc(ULONG_PTR data)
{
    ran += (LONG)data;
}

static DWORD WINAPI nothing(void *argument)
{
    return (DWORD)(ULONG_PTR)argument;
}

static void apcs_and_suspension(void)
{
    HANDLE thread, copy;
    DWORD code;

    CHECK(QueueUserAPC(apc, GetCurrentThread(), 3));
    CHECK_EQUAL(SleepEx(0, FALSE), 0);
    CHECK_EQUAL(ran, 0);
    CHECK_EQUAL(SleepEx(1000, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQUAL(ran, 3);
    thread = CreateThread(NULL, 0, nothing, (void *)9, CREATE_SUSPENDED, NULL);
    CHECK(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE);
    CHECK_EQUAL(SuspendThread(thread), 1);
    CHECK_EQUAL(ResumeThread(thread), 2);
    CHECK_EQUAL(WaitForSingleObject(thread, 10), WAIT_TIMEOUT);
    CHECK(SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST));
    CHECK_EQUAL(GetThreadPriority(thread), THREAD_PRIORITY_HIGHEST);
    CHECK(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &copy, 0,
                          FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQUAL(ResumeThread(copy), 1);
    CHECK_EQUAL(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(copy, &code) && code == 9);
    CloseHandle(copy);
    CloseHandle(thread);
}

static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static SRWLOCK lock = SRWLOCK_INIT;
static volatile LONG turn;

static DWORD WINAPI other_side(void *argument)
{
    (void)argument;
    AcquireSRWLockExclusive(&lock);
    while (turn != 1)
        CHECK(SleepConditionVariableSRW(&changed, &lock, 20000, 0));
    turn = 2;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&changed);
    return 0;
}

static BOOL CALLBACK once_only(PINIT_ONCE once, void *parameter, void **context)
{
    (void)once, (void)context;
    ++*(LONG *)parameter;
    return TRUE;
}

static void condition(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    HANDLE thread = CreateThread(NULL, 0, other_side, NULL, 0, NULL);
    LONG times = 0;

    Sleep(1);
    AcquireSRWLockExclusive(&lock);
    turn = 1;
    WakeConditionVariable(&changed);
    while (turn != 2)
        CHECK(SleepConditionVariableSRW(&changed, &lock, 20000, 0));
    SetLastError(0);
    CHECK(!SleepConditionVariableSRW(&changed, &lock, 5, 0));
    CHECK_EQUAL(GetLastError(), ERROR_TIMEOUT);
    ReleaseSRWLockExclusive(&lock);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CHECK(InitOnceExecuteOnce(&once, once_only, &times, NULL));
    CHECK(InitOnceExecuteOnce(&once, once_only, &times, NULL));
    CHECK_EQUAL(times, 1);
}

/* The segments of user mode: flat, and the TEB's. */
static void selectors(void)
{
    LDT_ENTRY entry;
    DWORD fs, ds, cs, teb;

    __asm__("movl %%fs, %0" : "=r"(fs));
    __asm__("movl %%ds, %0" : "=r"(ds));
    __asm__("movl %%cs, %0" : "=r"(cs));
    __asm__ volatile("movl %%fs:0x18, %0" : "=r"(teb));
    CHECK(GetThreadSelectorEntry(GetCurrentThread(), fs & 0xFFFF, &entry));
    CHECK_EQUAL(entry.BaseLow | entry.HighWord.Bits.BaseMid << 16 |
                    (DWORD)entry.HighWord.Bits.BaseHi << 24,
                teb);
    CHECK(entry.LimitLow == 0xFFF && !entry.HighWord.Bits.Granularity);
    CHECK(GetThreadSelectorEntry(GetCurrentThread(), ds & 0xFFFF, &entry));
    CHECK(!entry.BaseLow && !entry.HighWord.Bits.BaseMid && !entry.HighWord.Bits.BaseHi);
    CHECK(entry.LimitLow == 0xFFFF && entry.HighWord.Bits.LimitHi == 0xF &&
          entry.HighWord.Bits.Granularity && entry.HighWord.Bits.Type == 0x13);
    CHECK(GetThreadSelectorEntry(GetCurrentThread(), cs & 0xFFFF, &entry));
    CHECK(entry.HighWord.Bits.Type == 0x1B && entry.HighWord.Bits.Dpl == 3 &&
          entry.HighWord.Bits.Pres);
    SetLastError(0);
    CHECK(!GetThreadSelectorEntry(GetCurrentThread(), 0x1000, &entry));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!GetThreadSelectorEntry(NULL, fs & 0xFFFF, &entry));
}

int main(void)
{
    run_threads();
    many_slots();
    objects();
    apcs_and_suspension();
    condition();
    selectors();
    return 0;
}
