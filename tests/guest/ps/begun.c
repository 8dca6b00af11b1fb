/* begun.c - what a creator sets is in place before the first instruction of the child.
 *
 * The creator has the lowest priority of all, so a child of a higher one runs as soon as it is
 * ready: whatever the creator still does after that comes too late.  The child looks in a TLS
 * callback, before its entry point; the thread looks in its first statement.
 *
 * Sources: CreateProcess, Process Creation Flags, CreateThread on Microsoft's pages;
 * _beginthreadex in the CRT's reference. */
#include <windows.h>
#include <process.h>
#include <string.h>
#include "check.h"
#include "self.h"

#define ROUNDS 20

/* What the child saw, before its entry point. */
static struct {
    DWORD class, mode;
    int priority;
    HANDLE output;
    STARTUPINFOA startup;
    char directory[MAX_PATH], variable[20];
} first;

static void NTAPI looks(PVOID base, DWORD reason, PVOID reserved)
{
    (void)base, (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return;
    first.class = GetPriorityClass(GetCurrentProcess());
    first.mode = GetErrorMode();
    first.priority = GetThreadPriority(GetCurrentThread());
    first.output = GetStdHandle(STD_OUTPUT_HANDLE);
    GetStartupInfoA(&first.startup);
    GetCurrentDirectoryA(sizeof first.directory, first.directory);
    GetEnvironmentVariableA("FATHOM_BEGUN", first.variable, sizeof first.variable);
}
__attribute__((section(".CRT$XLE"), used)) static PIMAGE_TLS_CALLBACK callback = looks;

static int child(char **words)
{
    if (!strcmp(words[1], "class"))
        return (int)first.class;
    if (!strcmp(words[1], "mode"))
        return (int)first.mode + 1000;
    CHECK_EQUAL(first.class, HIGH_PRIORITY_CLASS);
    CHECK_EQUAL(first.mode, 0);
    CHECK_EQUAL(first.priority, THREAD_PRIORITY_NORMAL);
    CHECK(first.output == first.startup.hStdOutput);
    CHECK(first.startup.dwFlags == (STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW));
    CHECK_EQUAL(first.startup.wShowWindow, SW_MINIMIZE);
    CHECK(!strcmp(first.startup.lpTitle, "a title"));
    CHECK(!strcmp(first.startup.lpDesktop, "a desktop"));
    CHECK(!strcmp(first.variable, "yes"));
    CHECK(!lstrcmpiA(first.directory, words[2]));
    return 77;
}

static DWORD class_of_child(DWORD flags)
{
    return ended(start_self("class", flags, NULL, NULL));
}

static void priority_class(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQUAL(class_of_child(HIGH_PRIORITY_CLASS), HIGH_PRIORITY_CLASS);
        CHECK_EQUAL(class_of_child(ABOVE_NORMAL_PRIORITY_CLASS),
                    ABOVE_NORMAL_PRIORITY_CLASS);
        CHECK_EQUAL(class_of_child(IDLE_PRIORITY_CLASS), IDLE_PRIORITY_CLASS);
    }
    CHECK_EQUAL(class_of_child(0), NORMAL_PRIORITY_CLASS);
    CHECK_EQUAL(class_of_child(BELOW_NORMAL_PRIORITY_CLASS), BELOW_NORMAL_PRIORITY_CLASS);
}

/* "In this case, the child process receives the default priority class of the calling
 * process": of one that is idle or below normal, no other. */
static void priority_class_by_default(void)
{
    static const DWORD given[][2] = {
        {IDLE_PRIORITY_CLASS, IDLE_PRIORITY_CLASS},
        {BELOW_NORMAL_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS},
        {ABOVE_NORMAL_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS},
        {HIGH_PRIORITY_CLASS, NORMAL_PRIORITY_CLASS},
    };

    for (unsigned i = 0; i < ARRAYSIZE(given); i++) {
        CHECK(SetPriorityClass(GetCurrentProcess(), given[i][0]));
        CHECK_EQUAL(class_of_child(0), given[i][1]);
        CHECK_EQUAL(class_of_child(NORMAL_PRIORITY_CLASS), NORMAL_PRIORITY_CLASS);
    }
    CHECK(SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS));
}

static void error_mode(void)
{
    const UINT mode = SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX;

    SetErrorMode(mode);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQUAL(run_self("mode"), 1000 + mode);
        CHECK_EQUAL(ended(start_self("mode", CREATE_DEFAULT_ERROR_MODE, NULL, NULL)),
                    1000);
    }
}

/* Flags, attributes and parameters together. */
static void all_at_once(void)
{
    char self[MAX_PATH], line[2 * MAX_PATH], windows[MAX_PATH];
    char environment[] = "FATHOM_BEGUN=yes\0SystemRoot=C:\\Windows\0";
    STARTUPINFOA info = {.cb = sizeof info,
                         .lpTitle = "a title",
                         .lpDesktop = "a desktop",
                         .dwFlags = STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW,
                         .wShowWindow = SW_MINIMIZE,
                         .hStdInput = GetStdHandle(STD_INPUT_HANDLE),
                         .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
                         .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    PROCESS_INFORMATION process;

    GetModuleFileNameA(NULL, self, sizeof self);
    GetWindowsDirectoryA(windows, sizeof windows);
    snprintf(line, sizeof line, "\"%s\" all %s", self, windows);
    CHECK(CreateProcessA(self, line, NULL, NULL, TRUE,
                         HIGH_PRIORITY_CLASS | CREATE_DEFAULT_ERROR_MODE, environment,
                         windows, &info, &process));
    CHECK(CloseHandle(process.hThread));
    CHECK_EQUAL(ended(process.hProcess), 77);
}

/* ---- threads ---- */

static volatile DWORD id;
static volatile DWORD seen;

static DWORD WINAPI reads_id(void *unused)
{
    (void)unused;
    seen = id;
    return GetCurrentThreadId();
}
static unsigned __stdcall reads_id_too(void *unused)
{
    (void)unused;
    seen = id;
    return GetCurrentThreadId();
}

static void thread_id(void)
{
    for (int i = 0; i < 2 * ROUNDS; i++) {
        id = seen = 0;
        HANDLE thread = i % 2 ? CreateThread(NULL, 0, reads_id, NULL, 0, (DWORD *)&id)
                              : (HANDLE)_beginthreadex(NULL, 0, reads_id_too, NULL, 0,
                                                       (unsigned *)&id);
        CHECK(thread != NULL);
        DWORD code;
        CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
        CHECK(GetExitCodeThread(thread, &code) && CloseHandle(thread));
        CHECK_EQUAL(code, id);
        CHECK_EQUAL(seen, id);
    }
    HANDLE thread = CreateThread(NULL, 0, reads_id, NULL, CREATE_SUSPENDED, (DWORD *)&id);
    CHECK_EQUAL(WaitForSingleObject(thread, 40), WAIT_TIMEOUT); /* it stays suspended */
    CHECK_EQUAL(ResumeThread(thread), 1);
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
}

int main(int count, char **words)
{
    if (count > 1)
        return child(words);
    CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_IDLE));
    priority_class();
    priority_class_by_default();
    error_mode();
    all_at_once();
    thread_id();
    return 0;
}
