/* leaks.c - blocks that are never freed, found by the debug runtime: which, where, and when.
 *
 *   leaks       runs the two below, with the number that the first found
 *   leaks 0     makes three mistakes, each of which is told; ends with the leak's number
 *   leaks N     stops as allocation N is made, with the stack
 *
 * Built as `gcc -D_DEBUG -I crt/include -L build/lib/debug leaks.c`: the C library is then
 * msvcrtd.dll, and <crtdbg.h> gives each malloc its file and line.
 */
#define _CRTDBG_MAP_ALLOC
#include <windows.h>
#include <crtdbg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *__attribute__((noinline)) copy(const char *text)
{
    char *block = malloc(strlen(text) + 1);
    return block ? strcpy(block, text) : NULL;
}

static void __attribute__((noinline)) forgets(void)
{
    char *first = copy("returned in time"), *second = copy("never returned");
    free(first);
    (void)second; /* and lost */
}

static void show_fills(void)
{
    unsigned char *block = malloc(4);
    printf("\n2. What memory looks like\n   fresh, and the four bytes after it: ");
    for (int i = 0; block && i < 8; i++)
        printf("%02X ", block[i]);
    printf("\n   (CD: not written yet; FD: no man's land, not yours)\n\n");
    free(block);
}

/* The number of an allocation that has just been made. */
static long number_of(const void *block, unsigned size)
{
    long number = 0;
    _CrtIsMemoryBlock(block, size, &number, NULL, NULL);
    return number;
}

/* Returns the number of what was leaked: the second of two. */
static long show_leak(void)
{
    _CrtMemState before, after, difference;
    void *marker = malloc(1);
    const long number = number_of(marker, 1) + 2;
    free(marker);
    _CrtMemCheckpoint(&before);
    forgets();
    _CrtMemCheckpoint(&after);
    printf("1. What was not freed between two points\n");
    if (_CrtMemDifference(&difference, &before, &after)) {
        _CrtMemDumpAllObjectsSince(&before);
        _CrtMemDumpStatistics(&difference);
    }
    return number;
}

static void show_overrun(void)
{
    printf("3. A write past the end of a block, found when it is freed\n");
    char *block = malloc(5);
    strcpy(block, "fives");
    free(block);
}

static int mistakes(long stop)
{
    setvbuf(stdout, NULL, _IONBF, 0); /* in order with the reports */
    for (int kind = _CRT_WARN; kind <= _CRT_ASSERT; kind++) {
        _CrtSetReportMode(kind, _CRTDBG_MODE_FILE);
        _CrtSetReportFile(kind, _CRTDBG_FILE_STDOUT);
    }
    if (stop != 0)
        _CrtSetBreakAlloc(stop);
    const long number = show_leak();
    show_fills();
    show_overrun();
    printf("\n4. At the end of the program, since _CRTDBG_LEAK_CHECK_DF is set\n");
    _CrtSetDbgFlag(_CrtSetDbgFlag(_CRTDBG_REPORT_FLAG) | _CRTDBG_LEAK_CHECK_DF);
    return (int)number;
}

static DWORD run(DWORD number)
{
    char path[MAX_PATH], line[MAX_PATH + 20];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    DWORD code = 0;
    fflush(stdout);
    GetModuleFileNameA(NULL, path, sizeof path);
    sprintf(line, "\"%s\" %lu", path, number);
    if (!CreateProcessA(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made))
        return 0;
    WaitForSingleObject(made.hProcess, INFINITE);
    GetExitCodeProcess(made.hProcess, &code);
    return code;
}

int main(int count, char **words)
{
    if (count > 1)
        return mistakes(atol(words[1]));
    const DWORD number = run(0);
    printf(
        "\n5. Who allocated it: a second run, with _CrtSetBreakAlloc(%lu), the number in "
        "braces\n",
        number);
    const DWORD code = run(number);
    printf(
        "   it ended with %08lX; the stack in the report names who asked for the block\n",
        code);
    return code == (DWORD)EXCEPTION_BREAKPOINT ? 0 : 1;
}
