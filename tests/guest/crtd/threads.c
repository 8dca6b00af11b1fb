/* threads.c - threads of C in a program of the debug runtime: what the runtime takes for a
 * thread is given back at its end, past the debug layer. */
#include <windows.h>
#include <crtdbg.h>
#include <errno.h>
#include <process.h>
#include "check.h"

static unsigned __stdcall returns(void *argument)
{
    errno = ERANGE; /* a record of the thread's own */
    return (unsigned)(size_t)argument;
}
static void __cdecl signals(void *event)
{
    SetEvent(event);
}

int main(void)
{
    _CrtMemState before, after, difference;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    DWORD code;
    errno = 0;
    _CrtMemCheckpoint(&before);
    for (unsigned i = 0; i < 20; i++) {
        HANDLE thread =
            (HANDLE)_beginthreadex(NULL, 0, returns, (void *)(size_t)i, 0, NULL);
        CHECK(thread != NULL);
        CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
        CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
        CHECK_EQUAL(code, i);
        CHECK(_beginthread(signals, 0, event) != (uintptr_t)-1);
        CHECK_EQUAL(WaitForSingleObject(event, 10000), WAIT_OBJECT_0);
    }
    CHECK_EQUAL(errno, 0);
    _CrtMemCheckpoint(&after);
    CHECK(!_CrtMemDifference(&difference, &before, &after));
    CHECK(_CrtCheckMemory());
    return 0;
}
