/* handles.c - handle values, closing, duplicating, inheriting flags, growth, wrong
 * handles. */
#include <windows.h>
#include "check.h"

static void closed_and_foreign(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    CHECK(event != NULL && (ULONG_PTR)event % 4 == 0);
    CHECK(CloseHandle(event));
    CHECK(!CloseHandle(event));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!SetEvent(event));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!SetEvent((HANDLE)(ULONG_PTR)0x7FFFFFF0));
    CHECK(!SetEvent(NULL));
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_FAILED);
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL);
    CHECK(!SetEvent(mutex)); /* a handle of another type */
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(mutex));
    CHECK(CloseHandle(GetCurrentProcess())); /* no effect, no error */
}

static void duplicates(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), copy, thread;
    HANDLE self = GetCurrentProcess();

    CHECK(DuplicateHandle(self, event, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(copy != event);
    CHECK(SetEvent(copy));
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK(CloseHandle(event));
    CHECK_EQUAL(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
    HANDLE weak; /* an access that does not allow setting */
    CHECK(DuplicateHandle(self, copy, self, &weak, SYNCHRONIZE, FALSE, 0));
    CHECK(!SetEvent(weak));
    CHECK_EQUAL(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK_EQUAL(WaitForSingleObject(weak, 0), WAIT_OBJECT_0);
    HANDLE moved;
    CHECK(DuplicateHandle(self, copy, self, &moved, 0, FALSE,
                          DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS));
    CHECK(moved == copy || !CloseHandle(copy));
    CHECK(CloseHandle(weak) && CloseHandle(moved));
    CHECK(DuplicateHandle(self, GetCurrentThread(), self, &thread, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    CHECK_EQUAL(GetThreadId(thread), GetCurrentThreadId());
    CHECK(CloseHandle(thread));
    CHECK(!DuplicateHandle(self, (HANDLE)0x5550, self, &copy, 0, FALSE,
                           DUPLICATE_SAME_ACCESS));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
}

static void information(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE event = CreateEventA(&inherit, TRUE, FALSE, NULL);
    DWORD flags = 99;

    CHECK(GetHandleInformation(event, &flags));
    CHECK_EQUAL(flags, HANDLE_FLAG_INHERIT);
    CHECK(SetHandleInformation(event, HANDLE_FLAG_INHERIT, 0));
    CHECK(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE,
                               HANDLE_FLAG_PROTECT_FROM_CLOSE));
    CHECK(GetHandleInformation(event, &flags));
    CHECK_EQUAL(flags, HANDLE_FLAG_PROTECT_FROM_CLOSE);
    CHECK(!CloseHandle(event));
    CHECK(SetEvent(event));
    CHECK(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    CHECK(CloseHandle(event));
}

/* The table grows: thousands at once, each distinct, and the count is told. */
static void many(void)
{
    enum { COUNT = 3000 };
    static HANDLE handles[COUNT];
    DWORD before, during, after;

    CHECK(GetProcessHandleCount(GetCurrentProcess(), &before));
    for (int i = 0; i < COUNT; i++) {
        handles[i] = CreateEventA(NULL, TRUE, i & 1, NULL);
        CHECK(handles[i] != NULL);
    }
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &during));
    CHECK_EQUAL(during, before + COUNT);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQUAL(WaitForSingleObject(handles[i], 0),
                    i & 1 ? WAIT_OBJECT_0 : WAIT_TIMEOUT);
    for (int i = 0; i < COUNT; i++)
        CHECK(CloseHandle(handles[i]));
    CHECK(GetProcessHandleCount(GetCurrentProcess(), &after));
    CHECK_EQUAL(after, before);
}

static void names(void)
{
    HANDLE first = CreateEventA(NULL, TRUE, FALSE, "fathom test"), again, opened;

    CHECK(first != NULL);
    SetLastError(0);
    again = CreateEventA(NULL, TRUE, FALSE, "fathom test");
    CHECK(again != NULL);
    CHECK_EQUAL(GetLastError(), ERROR_ALREADY_EXISTS);
    opened = OpenEventA(EVENT_ALL_ACCESS, FALSE, "fathom test");
    CHECK(opened != NULL);
    CHECK(SetEvent(opened));
    CHECK_EQUAL(WaitForSingleObject(first, 0), WAIT_OBJECT_0);
    CHECK(CreateMutexA(NULL, FALSE, "fathom test") ==
          NULL); /* another type of that name */
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(first) && CloseHandle(again) && CloseHandle(opened));
    CHECK(OpenEventA(EVENT_ALL_ACCESS, FALSE, "fathom test") ==
          NULL); /* the name went too */
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
}

int main(void)
{
    closed_and_foreign();
    duplicates();
    information();
    many();
    names();
    return 0;
}
