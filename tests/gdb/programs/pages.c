/* pages.c - data, constants and code in pages of their own, shown by a parent and by its child:
 * what a debugger writes in one of the two must not be seen by the other. */
#include <stdio.h>
#include <windows.h>

__attribute__((aligned(4096))) volatile int data[1024] = {1111};
__attribute__((aligned(4096))) const volatile int constant[1024] = {2222};
__attribute__((aligned(4096))) volatile int zeros[2048];

__attribute__((noipa, aligned(4096))) int code(void)
{
    return 3333;
}

__attribute__((noinline)) void show(const char *who)
{
    printf("%s: %d %d %d %d\n", who, data[0], constant[0], zeros[1024], code());
    fflush(stdout);
}

int main(int argc, char **argv)
{
    STARTUPINFOA startup = {0};
    PROCESS_INFORMATION child;
    char command[300];
    startup.cb = sizeof startup;
    char *view = MapViewOfFile(
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "pages"),
        FILE_MAP_WRITE, 0, 0, 0);
    if (argc == 1) {
        snprintf(command, sizeof command, "\"%s\" child", argv[0]);
        if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                            &child))
            return 1;
        WaitForSingleObject(child.hProcess, INFINITE);
    }
    show(argc == 1 ? "parent" : "child");
    return view == NULL;
}
