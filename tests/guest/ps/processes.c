/* processes.c - CreateProcess: arguments, environment, handles, suspension, ends of all
 * kinds.
 *
 * The child is this program again; its first argument says what it does. */
#include <windows.h>
#include <string.h>
#include "check.h"

static char self[MAX_PATH];

static PROCESS_INFORMATION start(const char *arguments, DWORD flags, BOOL inherit,
                                 char *environment, STARTUPINFOA *info)
{
    char line[MAX_PATH + 200];
    STARTUPINFOA none = {.cb = sizeof none};
    PROCESS_INFORMATION process;

    snprintf(line, sizeof line, "\"%s\" %s", self, arguments);
    if (!CreateProcessA(self, line, NULL, NULL, inherit, flags, environment, NULL,
                        info ? info : &none, &process)) {
        printf("CreateProcess %s: error %lu\n", arguments, GetLastError());
        exit(1);
    }
    return process;
}

static DWORD finish(PROCESS_INFORMATION *process)
{
    DWORD code;

    CHECK_EQUAL(WaitForSingleObject(process->hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process->hProcess, &code));
    CHECK(CloseHandle(process->hThread) && CloseHandle(process->hProcess));
    return code;
}

static int child(int count, char **words)
{
    if (!strcmp(words[1], "code"))
        return atoi(words[2]);
    if (!strcmp(words[1], "words"))
        return count == 5 && !strcmp(words[2], "a b") && !strcmp(words[3], "") &&
                       !strcmp(words[4], "c\"d")
                   ? 41
                   : 40;
    if (!strcmp(words[1], "environment")) {
        char value[20] = "";
        GetEnvironmentVariableA("FATHOM_CHILD", value, sizeof value);
        return !strcmp(value, "yes") && !GetEnvironmentVariableA("PATH", value, 1) ? 43
                                                                                   : 42;
    }
    if (!strcmp(words[1], "set")) /* an inherited event, by its number */
        return SetEvent((HANDLE)(ULONG_PTR)strtoul(words[2], NULL, 0)) ? 45 : 44;
    if (!strcmp(words[1], "crash"))
        *(volatile int *)(INT_PTR)count = 1;
    if (!strcmp(words[1], "sleep"))
        Sleep(INFINITE);
    if (!strcmp(words[1], "say"))
        return puts("said") < 0;
    if (!strcmp(words[1], "threads")) { /* main returns while others run */
        for (int i = 0; i < 5; i++)
            CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)(void *)Sleep, (void *)INFINITE,
                         0, NULL);
        return 46;
    }
    return 1;
}

static void arguments(void)
{
    PROCESS_INFORMATION p = start("code 12345", 0, FALSE, NULL, NULL);
    CHECK(p.dwProcessId != GetCurrentProcessId());
    CHECK_EQUAL(finish(&p), 12345);
    p = start("words \"a b\" \"\" c\\\"d", 0, FALSE, NULL, NULL);
    CHECK_EQUAL(finish(&p), 41);
    char environment[] = "FATHOM_CHILD=yes\0SystemRoot=C:\\Windows\0";
    p = start("environment", 0, FALSE, environment, NULL);
    CHECK_EQUAL(finish(&p), 43);
    p = start("threads", 0, FALSE, NULL, NULL);
    CHECK_EQUAL(finish(&p), 46);
}

static void inheritance(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE yes = CreateEventA(&inherit, TRUE, FALSE, NULL);
    HANDLE no = CreateEventA(NULL, TRUE, FALSE, NULL);
    char words[40];

    snprintf(words, sizeof words, "set 0x%lx", (unsigned long)(ULONG_PTR)yes);
    PROCESS_INFORMATION p = start(words, 0, TRUE, NULL, NULL);
    CHECK_EQUAL(finish(&p), 45);
    CHECK_EQUAL(WaitForSingleObject(yes, 0), WAIT_OBJECT_0);
    CHECK(ResetEvent(yes));
    p = start(words, 0, FALSE, NULL, NULL); /* nothing is inherited */
    finish(&p);
    CHECK_EQUAL(WaitForSingleObject(yes, 0), WAIT_TIMEOUT);
    snprintf(words, sizeof words, "set 0x%lx", (unsigned long)(ULONG_PTR)no);
    p = start(words, 0, TRUE, NULL, NULL); /* not inheritable */
    finish(&p);
    CHECK_EQUAL(WaitForSingleObject(no, 0), WAIT_TIMEOUT);
    CHECK(CloseHandle(yes) && CloseHandle(no));
}

static void standard_handles(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE out, in;
    char text[20] = "";
    DWORD length = 0, got;

    CHECK(CreatePipe(&out, &in, &inherit, 0));
    STARTUPINFOA info = {.cb = sizeof info};
    info.dwFlags = STARTF_USESTDHANDLES;
    info.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    info.hStdOutput = in;
    info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    PROCESS_INFORMATION p = start("say", 0, TRUE, NULL, &info);
    CHECK(CloseHandle(in));
    while (length < sizeof text - 1 && ReadFile(out, text + length, 1, &got, NULL) && got)
        length += got;
    CHECK_EQUAL(GetLastError(), ERROR_BROKEN_PIPE);
    CHECK(!strcmp(text, "said\r\n"));
    CHECK_EQUAL(finish(&p), 0);
    CHECK(CloseHandle(out));
}

static void ends(void)
{
    DWORD code;
    PROCESS_INFORMATION p = start("code 3", CREATE_SUSPENDED, FALSE, NULL, NULL);

    CHECK_EQUAL(WaitForSingleObject(p.hProcess, 40), WAIT_TIMEOUT);
    CHECK(GetExitCodeProcess(p.hProcess, &code));
    CHECK_EQUAL(code, STILL_ACTIVE);
    CHECK_EQUAL(ResumeThread(p.hThread), 1);
    CHECK_EQUAL(finish(&p), 3);
    p = start("code 3", CREATE_SUSPENDED, FALSE, NULL, NULL); /* ended before it ran */
    CHECK(TerminateProcess(p.hProcess, 99));
    CHECK_EQUAL(finish(&p), 99);
    p = start("sleep", 0, FALSE, NULL, NULL); /* ended while it waits */
    Sleep(60);
    HANDLE opened = OpenProcess(PROCESS_TERMINATE, FALSE, p.dwProcessId);
    CHECK(opened != NULL);
    CHECK(TerminateProcess(opened, 98));
    CHECK(CloseHandle(opened));
    CHECK_EQUAL(finish(&p), 98);
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    p = start("crash", 0, FALSE, NULL, NULL);
    CHECK_EQUAL(finish(&p), EXCEPTION_ACCESS_VIOLATION);
    CHECK(!OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7FFFFFF0));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
    STARTUPINFOA info = {.cb = sizeof info};
    CHECK(!CreateProcessA("C:\\no such.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL,
                          &info, &p));
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static void other_memory(void)
{
    PROCESS_INFORMATION p = start("sleep", 0, FALSE, NULL, NULL);
    SIZE_T done = 0;
    int value = 0x1234, back = 0;
    void *there = VirtualAllocEx(p.hProcess, NULL, 4096, MEM_COMMIT, PAGE_READWRITE);

    CHECK(there != NULL);
    CHECK(WriteProcessMemory(p.hProcess, there, &value, sizeof value, &done));
    CHECK_EQUAL(done, sizeof value);
    CHECK(ReadProcessMemory(p.hProcess, there, &back, sizeof back, &done));
    CHECK_EQUAL(back, value);
    CHECK(!ReadProcessMemory(p.hProcess, (void *)0x10, &back, sizeof back, &done));
    CHECK(TerminateProcess(p.hProcess, 0));
    CHECK_EQUAL(finish(&p), 0);
}

int main(int count, char **words)
{
    if (count > 1)
        return child(count, words);
    CHECK(GetModuleFileNameA(NULL, self, sizeof self));
    arguments();
    inheritance();
    standard_handles();
    ends();
    other_memory();
    return 0;
}
