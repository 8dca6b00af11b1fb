/* pairs - what a pair of HeapAlloc and HeapFree of the front end costs, in TSC ticks: `COST`; with
 * a command line as arguments: what the machine spent on that program, and it ends as it did. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static inline unsigned long long ticks(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (unsigned long long)high << 32 | low;
}

static int another(char *line)
{
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION child;
    DWORD code = 1;
    unsigned long long before = ticks();
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &child))
        return 99;
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    fprintf(stderr, "%llu\n", ticks() - before);
    return (int)code;
}

int main(int count, char **words)
{
    HANDLE heap = GetProcessHeap();
    unsigned long long least = ~0ull;
    if (count > 1)
        return another(words[1]);
    for (int i = 0; i < 100; i++)
        HeapAlloc(heap, 0, 64);
    for (int round = 0; round < 10; round++) {
        unsigned long long before = ticks();
        for (int i = 0; i < 320; i++)
            HeapFree(heap, 0, HeapAlloc(heap, 0, 64));
        least = min(least, ticks() - before);
    }
    printf("%llu\n", least / 320);
    return 0;
}
