/* forks.c - each process starts two more and ends; the first one, when there are many, with 7. */
#include <windows.h>

int main(int argc, char **argv)
{
    char self[MAX_PATH];
    (void)argv;
    GetModuleFileNameA(NULL, self, sizeof self);
    for (int i = 0; i < 2; i++) {
        char line[] = "forks again";
        STARTUPINFOA startup = {.cb = sizeof startup};
        PROCESS_INFORMATION child;
        if (CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                           &child)) {
            CloseHandle(child.hThread);
            CloseHandle(child.hProcess);
        }
    }
    if (argc > 1)
        return 0;
    SetPriorityClass(GetCurrentProcess(), HIGH_PRIORITY_CLASS);
    Sleep(200);
    return 7;
}
