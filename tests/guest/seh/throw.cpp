// throw.cpp - C++ exceptions of the stock compiler: through frames, rethrown, in a
// thread.
#include <windows.h>
#include <stdexcept>
#include <string>
#include "check.h"

static int destroyed;
struct Guard {
    ~Guard()
    {
        destroyed++;
    }
};

__attribute__((noinline)) static void deep(int depth)
{
    Guard guard;
    if (!depth)
        throw std::runtime_error("bottom");
    deep(depth - 1);
}

static int caught()
{
    try {
        try {
            deep(10);
        } catch (const std::exception &) {
            throw;
        }
    } catch (const std::runtime_error &error) {
        return error.what() == std::string("bottom");
    }
    return 0;
}

static DWORD WINAPI in_thread(void *)
{
    return caught() ? 7 : 0;
}

// In what the system calls: an APC, a timer's routine, a fiber slot's callback, a one-time
// initialization, a vectored handler.
static int in_callbacks;
static void CALLBACK in_apc(ULONG_PTR)
{
    in_callbacks += caught();
}
static void CALLBACK in_timer(LPVOID, DWORD, DWORD)
{
    in_callbacks += caught();
}
static VOID WINAPI in_slot(PVOID)
{
    in_callbacks += caught();
}
static WINBOOL CALLBACK in_once(PINIT_ONCE, PVOID, PVOID *)
{
    in_callbacks += caught();
    return TRUE;
}
static LONG CALLBACK in_handler(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode != 0xE0000031)
        return EXCEPTION_CONTINUE_SEARCH; // its own throw
    in_callbacks += caught();
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void callbacks()
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    LARGE_INTEGER due;
    due.QuadPart = -10000;
    CHECK(QueueUserAPC(in_apc, GetCurrentThread(), 0));
    CHECK(SleepEx(1000, TRUE) == WAIT_IO_COMPLETION);
    CHECK_EQUAL(in_callbacks, 1);
    HANDLE timer = CreateWaitableTimerA(nullptr, FALSE, nullptr);
    CHECK(SetWaitableTimer(timer, &due, 0, in_timer, nullptr, FALSE));
    CHECK(SleepEx(1000, TRUE) == WAIT_IO_COMPLETION);
    CHECK(CloseHandle(timer));
    CHECK_EQUAL(in_callbacks, 2);
    DWORD slot = FlsAlloc(in_slot);
    CHECK(FlsSetValue(slot, timer) && FlsFree(slot));
    CHECK_EQUAL(in_callbacks, 3);
    CHECK(InitOnceExecuteOnce(&once, in_once, nullptr, nullptr));
    CHECK_EQUAL(in_callbacks, 4);
    PVOID handler = AddVectoredExceptionHandler(1, in_handler);
    RaiseException(0xE0000031, 0, 0, nullptr);
    CHECK(RemoveVectoredExceptionHandler(handler));
    CHECK_EQUAL(in_callbacks, 5);
}

int main()
{
    CHECK(caught());
    CHECK_EQUAL(destroyed, 11);
    callbacks();
    HANDLE thread = CreateThread(nullptr, 0, in_thread, nullptr, 0, nullptr);
    DWORD code = 0;
    CHECK(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 7);
    return 0;
}
