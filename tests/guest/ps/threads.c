/* threads.c - exit codes, suspension, contexts, APCs, priorities, TLS, termination. */
#include <windows.h>
#include "check.h"

static DWORD WINAPI give_back(void *argument)
{
    return (DWORD)(DWORD_PTR)argument;
}

static void exit_codes(void)
{
    DWORD id, code;
    HANDLE thread = CreateThread(NULL, 0, give_back, (void *)77, 0, &id);

    CHECK(thread != NULL && id != 0 && id != GetCurrentThreadId());
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQUAL(code, 77);
    CHECK_EQUAL(GetThreadId(thread), id);
    CHECK(CloseHandle(thread));
    CHECK(GetExitCodeThread(GetCurrentThread(), &code));
    CHECK_EQUAL(code, STILL_ACTIVE);
}

static volatile LONG counter;

static DWORD WINAPI count_up(void *argument)
{
    while (argument == NULL)
        counter++;
    return 0;
}

static void suspension(void)
{
    HANDLE thread = CreateThread(NULL, 0, count_up, NULL, CREATE_SUSPENDED, NULL);
    DWORD code;

    Sleep(40);
    CHECK_EQUAL(counter, 0);
    CHECK_EQUAL(SuspendThread(thread), 1);
    CHECK_EQUAL(ResumeThread(thread), 2);
    CHECK_EQUAL(ResumeThread(thread), 1);
    Sleep(60); /* preemptive: both run */
    CHECK(counter != 0);
    CHECK_EQUAL(SuspendThread(thread), 0);
    LONG seen = counter;
    Sleep(40);
    CHECK_EQUAL(counter, seen);
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    CHECK(GetThreadContext(thread, &context));
    CHECK(context.Eip != 0 && context.Esp != 0);
    CHECK(context.SegCs != 0);
    CHECK_EQUAL(ResumeThread(thread), 1);
    CHECK(TerminateThread(thread, 9));
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQUAL(code, 9);
    CHECK(CloseHandle(thread));
}

static DWORD WINAPI wait_for(void *event)
{
    return WaitForSingleObject(event, INFINITE);
}

/* Suspended again before it could run, it takes nothing all the same. */
static void suspended_again(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, wait_for, event, 0, NULL);

    CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL));
    Sleep(40);
    CHECK_EQUAL(SuspendThread(thread), 0);
    Sleep(40);
    CHECK_EQUAL(ResumeThread(thread), 1);
    CHECK_EQUAL(SuspendThread(thread), 0);
    Sleep(40);
    CHECK(SetEvent(event));
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK(SetEvent(event));
    CHECK_EQUAL(ResumeThread(thread), 1);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
    CHECK(CloseHandle(thread) && CloseHandle(event));
}

static volatile LONG jumped;

static void __attribute__((noreturn)) landing(void)
{
    jumped = 1;
    ExitThread(5);
}

/* A running thread is stopped and sent elsewhere. */
static void contexts(void)
{
    HANDLE thread = CreateThread(NULL, 0, count_up, NULL, 0, NULL);
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL};
    DWORD code;

    Sleep(40);
    CHECK_EQUAL(SuspendThread(thread), 0);
    CHECK(GetThreadContext(thread, &context));
    context.Eip = (DWORD)(DWORD_PTR)landing;
    context.Esp = (context.Esp & ~15u) - 4;
    CHECK(SetThreadContext(thread, &context));
    CHECK_EQUAL(ResumeThread(thread), 1);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQUAL(code, 5);
    CHECK_EQUAL(jumped, 1);
    CHECK(CloseHandle(thread));
}

static int apc_sum;

static void CALLBACK add(ULONG_PTR value)
{
    apc_sum = apc_sum * 10 + (int)value;
}

static DWORD WINAPI sleep_alertably(void *argument)
{
    (void)argument;
    return SleepEx(INFINITE, TRUE);
}

static void apcs(void)
{
    DWORD code;

    CHECK(QueueUserAPC(add, GetCurrentThread(), 1));
    CHECK(QueueUserAPC(add, GetCurrentThread(), 2));
    Sleep(1); /* not alertable */
    CHECK_EQUAL(apc_sum, 0);
    CHECK_EQUAL(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQUAL(apc_sum, 12);
    HANDLE thread = CreateThread(NULL, 0, sleep_alertably, NULL, 0, NULL);
    Sleep(40);
    CHECK(QueueUserAPC(add, thread, 3));
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK_EQUAL(apc_sum, 123);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQUAL(code, WAIT_IO_COMPLETION);
    CHECK(!QueueUserAPC(add, thread, 4));
    CHECK(CloseHandle(thread));
}

static void priorities(void)
{
    HANDLE self = GetCurrentThread();

    CHECK_EQUAL(GetThreadPriority(self), THREAD_PRIORITY_NORMAL);
    CHECK(SetThreadPriority(self, THREAD_PRIORITY_ABOVE_NORMAL));
    CHECK_EQUAL(GetThreadPriority(self), THREAD_PRIORITY_ABOVE_NORMAL);
    CHECK(SetThreadPriority(self, THREAD_PRIORITY_TIME_CRITICAL));
    CHECK_EQUAL(GetThreadPriority(self), THREAD_PRIORITY_TIME_CRITICAL);
    CHECK(!SetThreadPriority(self, 11));
    CHECK(SetThreadPriority(self, THREAD_PRIORITY_NORMAL));
    CHECK_EQUAL(GetPriorityClass(GetCurrentProcess()), NORMAL_PRIORITY_CLASS);
    CHECK(SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS));
    CHECK_EQUAL(GetPriorityClass(GetCurrentProcess()), BELOW_NORMAL_PRIORITY_CLASS);
    CHECK(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
}

static DWORD slot;

static DWORD WINAPI use_slot(void *argument)
{
    CHECK(TlsGetValue(slot) == NULL);
    CHECK(TlsSetValue(slot, argument));
    Sleep(1);
    return TlsGetValue(slot) == argument;
}

static void many_threads(void)
{
    HANDLE threads[40];
    DWORD code;

    slot = TlsAlloc();
    CHECK(slot != TLS_OUT_OF_INDEXES);
    CHECK(TlsSetValue(slot, &slot));
    for (int i = 0; i < 40; i++) {
        threads[i] = CreateThread(NULL, 0, use_slot, (void *)(INT_PTR)(i + 1), 0, NULL);
        CHECK(threads[i] != NULL);
    }
    CHECK_EQUAL(WaitForMultipleObjects(40, threads, TRUE, 20000), WAIT_OBJECT_0);
    for (int i = 0; i < 40; i++) {
        CHECK(GetExitCodeThread(threads[i], &code));
        CHECK_EQUAL(code, 1);
        CHECK(CloseHandle(threads[i]));
    }
    CHECK(TlsGetValue(slot) == &slot);
    CHECK(TlsFree(slot));
}

int main(void)
{
    exit_codes();
    suspension();
    suspended_again();
    contexts();
    apcs();
    priorities();
    many_threads();
    return 0;
}
