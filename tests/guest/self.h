/* self.h - a test that runs itself again as a child, for what ends a process. */
#ifndef GUEST_SELF_H
#define GUEST_SELF_H

#include <windows.h>
#include "check.h"

/* Start `this program` WORD with the flags; the process, its first thread in *thread if
 * not NULL. */
static inline HANDLE start_self(const char *word, DWORD flags, HANDLE *thread, DWORD *id)
{
    char line[MAX_PATH + 40], self[MAX_PATH];
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION process;
    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" %s", self, word);
    CHECK(
        CreateProcessA(self, line, NULL, NULL, TRUE, flags, NULL, NULL, &info, &process));
    if (thread)
        *thread = process.hThread;
    else
        CHECK(CloseHandle(process.hThread));
    if (id)
        *id = process.dwProcessId;
    return process.hProcess;
}

/* How it ended; the handle is closed. */
static inline DWORD ended(HANDLE process)
{
    DWORD code;
    CHECK_EQUAL(WaitForSingleObject(process, 30000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process, &code));
    CHECK(CloseHandle(process));
    NOTE("a child's exit code", code);
    return code;
}

static inline DWORD run_self(const char *word)
{
    return ended(start_self(word, 0, NULL, NULL));
}

#endif
