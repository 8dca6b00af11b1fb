/* machine.c - what a program sees of the machine: the date, how fast the clock ticks, colours.
 *
 *     machine wait    waits until Ctrl-C, and neither reads nor writes meanwhile
 *     machine busy    so does this, and the processor has no rest */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static unsigned long long tsc(void)
{
    unsigned long long value;
    __asm__ volatile("rdtsc" : "=A"(value));
    return value;
}

/* Cycles of eight ticks; 0: none came since the boot. */
static unsigned long long eight_ticks(void)
{
    if (GetTickCount() == 0)
        return 0;
    Sleep(1); /* ends at a tick */
    const unsigned long long first = tsc();
    for (int i = 0; i < 8; i++)
        Sleep(1);
    return tsc() - first;
}

static void until_control_c(BOOL busy)
{
    printf("%s\n", busy ? "it is busy" : "it waits");
    fflush(stdout);
    for (volatile ULONG count = 0;; count++)
        if (!busy)
            Sleep(INFINITE);
}

int main(int argc, char **argv)
{
    SYSTEMTIME now;
    if (argc > 1)
        until_control_c(strcmp(argv[1], "busy") == 0);
    GetSystemTime(&now);
    printf("date %04d-%02d-%02d %02d:%02d:%02d\n", now.wYear, now.wMonth, now.wDay,
           now.wHour, now.wMinute, now.wSecond);
    printf("8 ticks in %lu cycles\n", (unsigned long)eight_ticks());
    printf("\033[2J\033[H\033[41m    \033[42m    \033[44m    \033[0mcolours\n");
    fflush(stdout);
    return 0;
}
