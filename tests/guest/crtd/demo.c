/* demo.c - user/leaks.c tells what it promises: the leak with its line, the overrun, the
 * number that stops a second run. */
#include <windows.h>
#include <string.h>
#include "check.h"

static char said[16384];

int main(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    HANDLE read;
    DWORD code, got, length = 0;
    CHECK(CreatePipe(&read, &startup.hStdOutput, &inherit, 0));
    startup.hStdError = startup.hStdOutput;
    CHECK(CreateProcessA("C:\\leaks.exe", NULL, NULL, NULL, TRUE, 0, NULL, NULL, &startup,
                         &made));
    CloseHandle(startup.hStdOutput);
    while (ReadFile(read, said + length, sizeof said - 1 - length, &got, NULL) && got)
        length += got;
    WaitForSingleObject(made.hProcess, INFINITE);
    printf("%s", said);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CHECK_EQUAL(code, 0);
    const char *leak = strstr(said, "leaks.c(");
    CHECK(leak && strstr(leak, "normal block at") && strstr(leak, "15 bytes long."));
    CHECK(strstr(said, " Data: <never returned > 6E 65 76"));
    CHECK(strstr(said, "CD CD CD CD FD FD FD FD"));
    CHECK(strstr(said, "HEAP CORRUPTION DETECTED: after Normal block"));
    CHECK(strstr(said, "Detected memory leaks!"));
    CHECK(strstr(said, "it ended with 80000003"));
    return 0;
}
