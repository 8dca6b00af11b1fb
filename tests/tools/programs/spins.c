/* spins.c - a program that goes on for ever: it reads, or computes, or waits for Ctrl-C. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static volatile LONG handled = -1;
static BOOL WINAPI handler(DWORD event)
{
    handled = (LONG)event;
    return TRUE;
}

int main(int count, char **words)
{
    const char *how = count > 1 ? words[1] : "";
    char line[80];
    if (!strcmp(how, "handler"))
        SetConsoleCtrlHandler(handler, TRUE);
    printf("for ever\n");
    fflush(stdout);
    if (!strcmp(how, "computing"))
        for (;;)
            handled--;
    if (!strcmp(how, "handler")) {
        while (handled < 0)
            Sleep(10);
        printf("handled %ld\n", handled);
        return 9;
    }
    while (fgets(line, sizeof line, stdin))
        ;
    Sleep(
        10000); /* the read has ended with no bytes; the default handler ends the rest */
    return 0;
}
