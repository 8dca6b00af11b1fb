/* child.c - CreateProcess: arguments, environment, handles, exit codes, the ways to fail. */
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#include <windows.h>
#include <string.h>
#include "check.h"

static char self[MAX_PATH];

/* What the child does, by its first argument; the rest of main is the parent's. */
static int child(int count, char **words)
{
    char value[32] = "", text[32];
    DWORD done;
    HANDLE event;

    if (!strcmp(words[1], "code"))
        return atoi(words[2]);
    if (!strcmp(words[1], "words"))
        return count == 5 && !strcmp(words[2], "two words") &&
               !strcmp(words[3], "q\"q") && !strcmp(words[4], "");
    if (!strcmp(words[1], "environment")) {
        GetEnvironmentVariableA("ONLY", value, sizeof value);
        return !strcmp(value, "this") && !getenv("PATH");
    }
    if (!strcmp(words[1], "event")) {
        event = (HANDLE)(ULONG_PTR)strtoul(words[2], NULL, 16);
        return SetEvent(event) ? 1 : 0;
    }
    if (!strcmp(words[1], "echo")) {
        ReadFile(GetStdHandle(STD_INPUT_HANDLE), text, sizeof text, &done, NULL);
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, done, &done, NULL);
        return 7;
    }
    if (!strcmp(words[1], "sleep"))
        Sleep(INFINITE);
    if (!strcmp(words[1], "crash"))
        RaiseException(0xE0000001, 0, 0, NULL);
    return 99;
}

static PROCESS_INFORMATION start(const char *arguments, DWORD flags, BOOL inherit,
                                 void *block, STARTUPINFOA *startup)
{
    STARTUPINFOA plain = {.cb = sizeof plain};
    PROCESS_INFORMATION made;
    char line[MAX_PATH + 64];

    sprintf(line, "\"%s\" %s", self, arguments);
    CHECK(CreateProcessA(NULL, line, NULL, NULL, inherit, flags, block, NULL,
                         startup ? startup : &plain, &made));
    CHECK(made.hProcess && made.hThread && made.dwProcessId && made.dwThreadId);
    CHECK_EQUAL(GetProcessId(made.hProcess), made.dwProcessId);
    return made;
}

static DWORD finish(PROCESS_INFORMATION made)
{
    DWORD code;

    CHECK_EQUAL(WaitForSingleObject(made.hProcess, INFINITE), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CHECK(CloseHandle(made.hThread) && CloseHandle(made.hProcess));
    return code;
}

static void exits(void)
{
    PROCESS_INFORMATION made;
    char image[MAX_PATH];
    DWORD code;

    CHECK_EQUAL(finish(start("code 42", 0, FALSE, NULL, NULL)), 42);
    CHECK_EQUAL(finish(start("words \"two words\" q\\\"q \"\"", 0, FALSE, NULL, NULL)),
                1);
    made = start("code 3", CREATE_SUSPENDED, FALSE, NULL, NULL);
    CHECK_EQUAL(WaitForSingleObject(made.hProcess, 20), WAIT_TIMEOUT);
    CHECK(GetExitCodeProcess(made.hProcess, &code) && code == STILL_ACTIVE);
    CHECK_EQUAL(ResumeThread(made.hThread), 1);
    CHECK_EQUAL(finish(made), 3);
    made = start("sleep", 0, FALSE, NULL, NULL);
    code = sizeof image;
    CHECK(QueryFullProcessImageNameA(made.hProcess, 0, image, &code));
    CHECK(!lstrcmpiA(image, self) && code == strlen(self));
    CHECK(TerminateProcess(made.hProcess, 0x12345678));
    CHECK_EQUAL(finish(made), 0x12345678);
    SetLastError(0);
    CHECK(!OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0xFFFFFFF0));
    CHECK_EQUAL(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void inherits(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE event = CreateEventA(&inherit, TRUE, FALSE, NULL), in[2], out[2];
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    char text[32];
    DWORD done;

    CHECK_EQUAL(finish(start("environment", 0, FALSE, "ONLY=this\0", NULL)), 1);
    sprintf(text, "event %lx", (DWORD)(ULONG_PTR)event);
    CHECK_EQUAL(finish(start(text, 0, TRUE, NULL, NULL)), 1);
    CHECK_EQUAL(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CloseHandle(event);
    CHECK(CreatePipe(&in[0], &in[1], &inherit, 0) &&
          CreatePipe(&out[0], &out[1], &inherit, 0));
    CHECK(SetHandleInformation(in[1], HANDLE_FLAG_INHERIT, 0));
    CHECK(SetHandleInformation(out[0], HANDLE_FLAG_INHERIT, 0));
    startup.hStdInput = in[0];
    startup.hStdOutput = startup.hStdError = out[1];
    made = start("echo", 0, TRUE, NULL, &startup);
    CloseHandle(in[0]);
    CloseHandle(out[1]);
    CHECK(WriteFile(in[1], "down and up", 11, &done, NULL) && done == 11);
    CHECK(ReadFile(out[0], text, sizeof text, &done, NULL) && done == 11);
    CHECK(!memcmp(text, "down and up", 11));
    SetLastError(0);
    CHECK(!ReadFile(out[0], text, sizeof text, &done, NULL));
    CHECK_EQUAL(GetLastError(), ERROR_BROKEN_PIPE);
    CHECK_EQUAL(finish(made), 7);
    CloseHandle(in[1]);
    CloseHandle(out[0]);
}

static void failures(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    char line[] = "no_such_program x";
    HANDLE file;
    DWORD done;

    SetLastError(0);
    CHECK(!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK_EQUAL(GetLastError(), ERROR_FILE_NOT_FOUND);
    file = CreateFileA("plain.exe", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(WriteFile(file, "no program", 10, &done, NULL) && CloseHandle(file));
    SetLastError(0);
    CHECK(!CreateProcessA("plain.exe", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                          &made));
    CHECK_EQUAL(GetLastError(), ERROR_BAD_EXE_FORMAT);
    CHECK(DeleteFileA("plain.exe"));
}

int main(int count, char **words)
{
    if (count > 1)
        return child(count, words);
    CHECK(GetModuleFileNameA(NULL, self, sizeof self));
    exits();
    inherits();
    failures();
    return 0;
}
