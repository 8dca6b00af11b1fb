/* control - SetConsoleCtrlHandler, GenerateConsoleCtrlEvent, process groups. */
#include "documented.h"
#include "self.h"
#include <string.h>

static char order[32];
static volatile DWORD where, what;
static HANDLE arrived;

static BOOL WINAPI first(DWORD event)
{
    where = GetCurrentThreadId();
    what = event;
    strcat(order, "1");
    SetEvent(arrived);
    return TRUE;
}
static BOOL WINAPI second(DWORD event)
{
    (void)event;
    strcat(order, "2");
    return FALSE;
}
static BOOL WINAPI third(DWORD event)
{
    (void)event;
    strcat(order, "3");
    return FALSE;
}
static BOOL ran(const char *expected)
{
    const BOOL same = !strcmp(order, expected);
    if (!same)
        printf("order %s, not %s\n", order, expected);
    memset(order, 0, sizeof order);
    return same;
}
static BOOL comes(DWORD milliseconds)
{
    const BOOL came = WaitForSingleObject(arrived, milliseconds) == WAIT_OBJECT_0;
    Sleep(20); /* the thread ends */
    return came;
}

static void handlers(void)
{
    SetConsoleCtrlHandler(first, TRUE);
    SetConsoleCtrlHandler(second, TRUE);
    SetConsoleCtrlHandler(third, TRUE);
    documented("GenerateConsoleCtrlEvent", "the handlers of the process are called", SAME,
               GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) && comes(5000) &&
                   what == CTRL_C_EVENT);
    documented("HandlerRoutine", "last registered, first called, until one returns TRUE",
               SAME, ran("321"));
    documented("HandlerRoutine", "the system makes a new thread in the process for it",
               SAME, where != 0 && where != GetCurrentThreadId());
    documented("SetConsoleCtrlHandler", "FALSE removes a handler", SAME,
               SetConsoleCtrlHandler(third, FALSE) &&
                   GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0) && comes(5000) &&
                   ran("21") && what == CTRL_BREAK_EVENT);
    documented("SetConsoleCtrlHandler", "a handler that is not registered: an error",
               SAME, FAILS(SetConsoleCtrlHandler(third, FALSE), ERROR_INVALID_PARAMETER));
    documented("SetConsoleCtrlHandler", "NULL and TRUE: the process ignores Ctrl-C", SAME,
               SetConsoleCtrlHandler(NULL, TRUE) &&
                   GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) && !comes(150) && ran(""));
    documented("GenerateConsoleCtrlEvent", "Ctrl-Break reaches the handlers all the same",
               SAME,
               GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0) && comes(5000) && ran("21"));
    documented("SetConsoleCtrlHandler", "the attribute is inherited by child processes",
               SAME, ended(start_self("ignores", 0, NULL, NULL)) == 7);
    documented("SetConsoleCtrlHandler", "NULL and FALSE: normal processing again", SAME,
               SetConsoleCtrlHandler(NULL, FALSE) &&
                   GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) && comes(5000) && ran("21"));
    documented(
        "GenerateConsoleCtrlEvent", "other events: ERROR_INVALID_PARAMETER", SAME,
        FAILS(GenerateConsoleCtrlEvent(CTRL_CLOSE_EVENT, 0), ERROR_INVALID_PARAMETER));
}

static BOOL is_running(HANDLE process)
{
    return WaitForSingleObject(process, 150) == WAIT_TIMEOUT;
}

static void groups(void)
{
    DWORD id;
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, "behaviour control ready");
    HANDLE child = start_self("sleeps", 0, NULL, NULL);
    WaitForSingleObject(ready, 10000);
    documented("GenerateConsoleCtrlEvent",
               "group 0: all processes that share the console; the default handler calls "
               "ExitProcess: the exit code is STATUS_CONTROL_C_EXIT",
               SAME,
               GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) && comes(5000) &&
                   ended(child) == (DWORD)STATUS_CONTROL_C_EXIT);
    ran("21");
    child = start_self("sleeps", CREATE_NEW_PROCESS_GROUP, NULL, &id);
    WaitForSingleObject(ready, 10000);
    documented("CreateProcess (process creation flags)",
               "CREATE_NEW_PROCESS_GROUP: Ctrl-C is disabled in the new group", SAME,
               GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) && comes(5000) &&
                   is_running(child));
    ran("21");
    documented("GenerateConsoleCtrlEvent",
               "Ctrl-C cannot be limited to a group: it succeeds and is not received",
               SAME, GenerateConsoleCtrlEvent(CTRL_C_EVENT, id) && is_running(child));
    documented(
        "GenerateConsoleCtrlEvent",
        "Ctrl-Break to the group, whose id is its first process's: it is received there "
        "and not here",
        SAME,
        GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, id) &&
            ended(child) == (DWORD)STATUS_CONTROL_C_EXIT && !comes(50) && ran(""));
    child = start_self("sleeps", DETACHED_PROCESS, NULL, NULL);
    WaitForSingleObject(ready, 10000);
    documented("GenerateConsoleCtrlEvent",
               "only processes on the same console receive it: a detached one does not",
               SAME,
               GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0) && comes(5000) &&
                   is_running(child));
    TerminateProcess(child, 0);
    ended(child);
    CloseHandle(ready);
}

static int child(const char *word)
{
    if (!strcmp(word, "ignores")) { /* reaches all but those that ignore it */
        GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
        Sleep(150);
        return 7;
    }
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, "behaviour control ready");
    SetEvent(ready);
    Sleep(20000);
    return 5;
}

int main(int count, char **words)
{
    arrived = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (count > 1)
        return child(words[1]);
    handlers();
    groups();
    return undocumented();
}
