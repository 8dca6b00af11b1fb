/* realtime.c - the highest priority that there is, and a loop without end.
 * With an argument: a child does it, and this process waits for the child. */
#include <windows.h>

int main(int argc, char **argv)
{
    char self[MAX_PATH], line[] = "realtime";
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    (void)argv;
    if (argc > 1) {
        GetModuleFileNameA(NULL, self, sizeof self);
        if (!CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                            &child))
            return 1;
        WaitForSingleObject(child.hProcess, INFINITE);
        return 2;
    }
    SetPriorityClass(GetCurrentProcess(), REALTIME_PRIORITY_CLASS);
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
    for (;;)
        ;
}
