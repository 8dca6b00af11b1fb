/* borland_abort.c - corruption of cw3220's heap ends the program with its code, 3. */
#include <windows.h>
#include <string.h>
#include "check.h"

/* Each kind runs in a process of its own: this program again, with the kind's number. */
static int commit_crime(int kind)
{
    HMODULE dll = LoadLibraryA("cw3220.dll");
    void *(*take)(size_t) = (void *)GetProcAddress(dll, "malloc");
    void (*give)(void *) = (void *)GetProcAddress(dll, "free");
    void *(*resize)(void *, size_t) = (void *)GetProcAddress(dll, "realloc");
    void *(*expand)(void *, size_t) = (void *)GetProcAddress(dll, "_expand");
    char *first = take(40), *volatile second = take(40), *third = take(40);
    static char image[64];
    switch (kind) {
    case 0: /* double free */
        give(second);
        give(second);
        break;
    case 1: /* double free, with a neighbour freed between */
        give(second);
        give(first);
        give(second);
        break;
    case 2: /* inside a block */
        memset(second, 0, 40);
        give(second + 8);
        break;
    case 3: /* not of this heap */
        give(image + 16);
        break;
    case 4: /* written past the end */
        memset(first, 'x', 48);
        give(first);
        break;
    case 5: /* written after the free, into the links */
        give(second);
        memset(second, 'x', 8);
        take(40);
        break;
    case 6: /* into the 8 bytes after a block: seen when it is resized */
        second[40] ^= 1;
        resize(second, 80);
        break;
    case 7: /* their last one, at the room's end */
        second[47] ^= 1;
        give(second);
        break;
    case 8: /* a freed block is resized */
        give(second);
        resize(second, 80);
        break;
    case 9: /* and by expand */
        give(second);
        expand(second, 8);
        break;
    default: /* no crime */
        give(third);
        return 0;
    }
    return 1;
}

static DWORD run(int kind)
{
    char line[MAX_PATH + 8];
    STARTUPINFOA start = {.cb = sizeof(start)};
    PROCESS_INFORMATION process;
    DWORD code = 99;
    GetModuleFileNameA(NULL, line, MAX_PATH);
    size_t used = strlen(line);
    line[used++] = ' ';
    line[used++] = (char)('0' + kind);
    line[used] = 0;
    CHECK(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process));
    CHECK(WaitForSingleObject(process.hProcess, 20000) == WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(process.hProcess, &code));
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return code;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return commit_crime(argv[1][0] - '0');
    for (int kind = 0; kind < 10; kind++)
        CHECK_EQUAL(run(kind), 3);
    CHECK_EQUAL(run(10), 0);
    return 0;
}
