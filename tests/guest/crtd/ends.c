/* ends.c - how a program of the debug runtime ends: leaks told at exit with file and
 * line; damage, unasked, is said on the standard error and is exit code 3. */
#define _CRTDBG_MAP_ALLOC
#include <windows.h>
#include <crtdbg.h>
#include <string.h>
#include "check.h"

enum { LEAK_LINE = __LINE__ + 4 };

static void leak(void)
{
    strcpy(malloc(33), "lost");
}

static int crime(int kind)
{
    char *block = NULL;
    switch (kind) {
    case 0:
        _CrtSetDbgFlag(_CRTDBG_ALLOC_MEM_DF | _CRTDBG_LEAK_CHECK_DF);
        _CrtSetReportMode(_CRT_WARN, _CRTDBG_MODE_FILE);
        _CrtSetReportFile(_CRT_WARN, _CRTDBG_FILE_STDOUT);
        printf("%.3f, and some text in a buffer of the runtime's\n", 1.5);
        leak();
        return 0;
    case 1:
        block = malloc(8);
        strcpy(block, "12345678");
        free(block);
        return 0;
    case 2:
        block = malloc(8);
        free(block);
        free(block);
        return 0;
    case 3: /* every allocation is checked */
        _CrtSetDbgFlag(_CRTDBG_ALLOC_MEM_DF | _CRTDBG_CHECK_ALWAYS_DF);
        block = malloc(8);
        block[8] = 0;
        free(malloc(1));
        return 0;
    case 4:
        _ASSERTE(kind == 5);
        return 0;
    default:
        free(malloc(100));
        return 0;
    }
}

/* Runs itself for `kind`; its output goes to `text`, standard error too. */
static DWORD run(int kind, char *text, DWORD room)
{
    char line[MAX_PATH + 8];
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    STARTUPINFOA start = {.cb = sizeof(start), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    HANDLE from, to;
    DWORD code = 99, got, used = 0;
    CHECK(CreatePipe(&from, &to, &inherit, 0));
    start.hStdOutput = start.hStdError = to;
    GetModuleFileNameA(NULL, line, MAX_PATH);
    sprintf(line + strlen(line), " %d", kind);
    CHECK(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process));
    CloseHandle(to);
    while (used < room - 1 && ReadFile(from, text + used, room - 1 - used, &got, NULL) &&
           got != 0)
        used += got;
    text[used] = 0;
    CHECK(WaitForSingleObject(process.hProcess, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process.hProcess, &code));
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    CloseHandle(from);
    return code;
}

int main(int argc, char **argv)
{
    static char text[8192];
    if (argc > 1)
        return crime(argv[1][0] - '0');
    CHECK_EQUAL(run(0, text, sizeof(text)), 0);
    char place[300];
    sprintf(place, "%s(%d) : {", __FILE__, LEAK_LINE);
    if (strstr(text, place) == NULL || strstr(text, "33 bytes long.") == NULL)
        printf("%s", text);
    CHECK(strstr(text, place) && strstr(text, "33 bytes long."));
    CHECK(strstr(text, " Data: <lost ") && strstr(text, "Object dump complete."));
    CHECK(strstr(strstr(text, "bytes long.") + 1, "bytes long.") == NULL);
    CHECK_EQUAL(run(1, text, sizeof(text)), 3);
    CHECK(strstr(text, "Debug Error!") && strstr(text, "DETECTED: after Normal block"));
    CHECK_EQUAL(run(2, text, sizeof(text)), 3);
    CHECK(strstr(text, "_CrtIsValidHeapPointer(pUserData)"));
    CHECK_EQUAL(run(3, text, sizeof(text)), 3);
    CHECK(strstr(text, "DETECTED: after Normal block"));
    CHECK_EQUAL(run(4, text, sizeof(text)), 3);
    CHECK(strstr(text, "Debug Assertion Failed!") && strstr(text, "kind == 5"));
    CHECK_EQUAL(run(5, text, sizeof(text)), 0);
    CHECK(text[0] == 0);
    return 0;
}
