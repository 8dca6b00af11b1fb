/* spins.c - goes on for ever: it reads, or computes, or waits for Ctrl-C.  spins later writes half
 * a line, the other half later, and ends; spins many holds every other one of 200 blocks; spins
 * twice waits for two presses; spins writes a text of 64 MiB at once; spins fills some cells with
 * control characters. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static volatile LONG handled = -1, presses;
static BOOL WINAPI handler(DWORD event)
{
    handled = (LONG)event;
    InterlockedIncrement(&presses);
    return TRUE;
}

static DWORD WINAPI one_line(void *unused)
{
    char line[80];
    DWORD done = 0;
    (void)unused;
    ReadFile(GetStdHandle(STD_INPUT_HANDLE), line, sizeof line, &done, NULL);
    printf("<%.*s>\n", (int)done - 2, line);
    fflush(stdout);
    return 0;
}

/* Two threads read: a line is one reader's alone. */
static int pair(void)
{
    HANDLE readers[] = {CreateThread(NULL, 0, one_line, NULL, 0, NULL),
                        CreateThread(NULL, 0, one_line, NULL, 0, NULL)};
    return WaitForMultipleObjects(2, readers, TRUE, INFINITE) != WAIT_OBJECT_0;
}

/* 200 blocks of 40 bytes, of which every other one is freed. */
static void hold_every_other(void)
{
    void *blocks[200];
    for (int i = 0; i < 200; i++)
        blocks[i] = HeapAlloc(GetProcessHeap(), 0, 40);
    for (int i = 1; i < 200; i += 2)
        HeapFree(GetProcessHeap(), 0, blocks[i]);
}

static int write_long(void)
{
    const DWORD size = 0x4000000;
    char *text = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD done;
    memset(text, '.', size);
    return !WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, size, &done, NULL);
}

/* Each is one cell, which shows nothing, and none moves the cursor or begins a sequence. */
static int fill(void)
{
    static const WCHAR controls[] = {0, 7, '\n', 0x1B, 0x7F, 0x9B, 'x'};
    DWORD done, all = 0;
    SetConsoleOutputCP(CP_UTF8);
    for (int i = 0; i < 7; i++) {
        FillConsoleOutputCharacterW(GetStdHandle(STD_OUTPUT_HANDLE), controls[i], 2,
                                    (COORD){(SHORT)(2 * i), 0}, &done);
        all += done;
    }
    return (int)all;
}

static int later(void)
{
    Sleep(2000);
    printf("half a line");
    fflush(stdout);
    Sleep(1000);
    printf(" and the rest\n");
    return 3;
}

int main(int count, char **words)
{
    const char *how = count > 1 ? words[1] : "";
    char line[80];
    if (!strcmp(how, "handler") || !strcmp(how, "twice"))
        SetConsoleCtrlHandler(handler, TRUE);
    printf("for ever\n");
    fflush(stdout);
    if (!strcmp(how, "pair"))
        return pair();
    if (!strcmp(how, "later"))
        return later();
    if (!strcmp(how, "writes"))
        return write_long();
    if (!strcmp(how, "fills"))
        return fill();
    if (!strcmp(how, "many"))
        hold_every_other();
    if (!strcmp(how, "computing"))
        for (;;)
            handled--;
    if (!strcmp(how, "handler")) {
        while (handled < 0)
            Sleep(10);
        printf("handled %ld\n", handled);
        return 9;
    }
    if (!strcmp(how, "twice")) {
        while (presses < 2)
            Sleep(10);
        printf("handled twice\n");
        return 10;
    }
    while (fgets(line, sizeof line, stdin))
        ;
    Sleep(
        10000); /* the read has ended with no bytes; the default handler ends the rest */
    return 0;
}
