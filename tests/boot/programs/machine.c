/* machine.c - what a program sees of the machine: the date, how fast the clock ticks, colours. */
#include <stdio.h>
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

int main(void)
{
    SYSTEMTIME now;
    GetSystemTime(&now);
    printf("date %04d-%02d-%02d %02d:%02d:%02d\n", now.wYear, now.wMonth, now.wDay,
           now.wHour, now.wMinute, now.wSecond);
    printf("8 ticks in %lu cycles\n", (unsigned long)eight_ticks());
    printf("\033[2J\033[H\033[41m    \033[42m    \033[44m    \033[0mcolours\n");
    fflush(stdout);
    return 0;
}
