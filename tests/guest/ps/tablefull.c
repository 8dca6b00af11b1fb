/* tablefull.c - a handle table grows to its bound, says so, and is whole afterwards; what is
 * closed, or another process's, is no handle.
 *
 * Windows' bound is 16,777,216 handles a process; Fathom's 65,535; Wine's the memory of its
 * server.  So the number is not checked above 70,000. */
#include <windows.h>
#include <string.h>
#include "check.h"

#define MOST 70000

static HANDLE handles[MOST];

static void fill(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD before, after, count = 0;

    CHECK(GetProcessHandleCount(GetCurrentProcess(), &before));
    while (count < MOST &&
           DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(),
                           &handles[count], 0, FALSE, DUPLICATE_SAME_ACCESS))
        count++;
    if (count < MOST) {
        CHECK_EQUAL(GetLastError(), ERROR_NO_SYSTEM_RESOURCES);
        CHECK(count > 65000);
        CHECK(CreateEventA(NULL, TRUE, FALSE, NULL) == NULL);
        CHECK(CloseHandle(handles[100])); /* room for one, and for one only */
        CHECK((handles[100] = CreateEventA(NULL, TRUE, FALSE, NULL)) != NULL);
        CHECK(CreateEventA(NULL, TRUE, FALSE, NULL) == NULL);
    }
    CHECK(SetEvent(handles[count - 1]));
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    for (DWORD i = 0; i < count; i++)
        CHECK(CloseHandle(handles[i]));
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &after));
    CHECK_EQUAL(after, before);
    for (DWORD i = 0; i < count; i += 997) {
        CHECK(!CloseHandle(handles[i]));
        CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    }
    CHECK(CloseHandle(event));
}

static void no_handles(void)
{
    static const ULONG wrong[] = {0,          1,          3,          0x7FFFFFFC,
                                  0x80000000, 0xFFFFFFF8, 0xFFFFFFF0, 0x10000000};
    DWORD flags;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        HANDLE h = (HANDLE)(ULONG_PTR)wrong[i];
        CHECK(!SetEvent(h) && GetLastError() == ERROR_INVALID_HANDLE);
        CHECK(!GetHandleInformation(h, &flags));
        CHECK_EQUAL(WaitForSingleObject(h, 0), WAIT_FAILED);
        CHECK(!TerminateThread(h, 0) && !ReleaseMutex(h));
    }
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL); /* another kind */
    CHECK(!ReleaseSemaphore(event, 1, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!TerminateProcess(event, 0) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!ReadFile(event, &flags, 1, &flags, NULL));
    CHECK(CloseHandle(event));
}

int main(void)
{
    fill();
    no_handles();
    return 0;
}
