/* manynames.c - named objects and set timers by the ten thousand: the last costs no more
 * than a few times what the first did, and each is found.
 *
 * The set clock runs under icount (tests/guest/clock/options): its programs compare times, which
 * are guest instructions there, the same whatever else the host does. */
#include <windows.h>
#include "check.h"

#define COUNT 16000
#define PIECE 1000

static HANDLE handles[COUNT];

static HANDLE event(int i)
{
    char name[32];

    snprintf(name, sizeof name, "many %d", i * 7919 % COUNT); /* in no order */
    return CreateEventA(NULL, FALSE, FALSE, name);
}

static HANDLE timer(int i)
{
    HANDLE made = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = {.QuadPart = -36000000000ll - i * 7919 % COUNT * 10000ll};

    return made && SetWaitableTimer(made, &due, 0, NULL, NULL, FALSE) ? made : NULL;
}

/* The first pieces against the last, each the quicker of two: an interrupt more or less does
 * not count. */
static void grows_slowly(HANDLE (*make)(int))
{
    LONGLONG took[COUNT / PIECE], first, last;
    LARGE_INTEGER before, after;

    for (int piece = 0; piece < COUNT / PIECE; piece++) {
        QueryPerformanceCounter(&before);
        for (int i = piece * PIECE; i < (piece + 1) * PIECE; i++)
            CHECK((handles[i] = make(i)) != NULL);
        QueryPerformanceCounter(&after);
        took[piece] = after.QuadPart - before.QuadPart;
    }
    first = took[1] < took[2] ? took[1] : took[2];
    last = took[COUNT / PIECE - 1] < took[COUNT / PIECE - 2] ? took[COUNT / PIECE - 1]
                                                             : took[COUNT / PIECE - 2];
    NOTE("instructions for 1000 at first", first);
    NOTE("instructions for 1000 at last", last);
    CHECK(last < 4 * first);
}

static void closed(void)
{
    for (int i = 0; i < COUNT; i++)
        CHECK(CloseHandle(handles[i]));
}

int main(void)
{
    char name[32];
    HANDLE other;

    grows_slowly(event);
    for (int i = 0; i < COUNT; i += 97) {
        snprintf(name, sizeof name, "many %d", i);
        CHECK((other = OpenEventA(SYNCHRONIZE, FALSE, name)) != NULL);
        CloseHandle(other);
        snprintf(name, sizeof name, "MANY %d", i);
        CHECK(!OpenEventA(SYNCHRONIZE, FALSE, name) &&
              GetLastError() == ERROR_FILE_NOT_FOUND);
    }
    closed();
    CHECK(!OpenEventA(SYNCHRONIZE, FALSE, "many 0"));
    grows_slowly(timer);
    closed();
    return 0;
}
