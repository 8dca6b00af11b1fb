/* ends - ends in the way that its first argument names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int *volatile nowhere = (int *)0x10;

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    if (!strcmp(way, "status"))
        ExitProcess(strtoul(argc > 2 ? argv[2] : "0", NULL, 0));
    if (!strcmp(way, "crash"))
        *nowhere = 1;
    if (!strcmp(way, "divide")) {
        volatile int zero = 0;
        return (argc + 100) / zero;
    }
    if (!strcmp(way, "loop"))
        for (volatile int i = 0;; i++)
            ;
    if (!strcmp(way, "wait"))
        WaitForSingleObject(CreateEventA(NULL, TRUE, FALSE, NULL), INFINITE);
    if (!strcmp(way, "port"))
        __asm__ volatile("outb %b0, %w1" : : "a"('X'), "d"(0xE9));
    printf("ends status N | crash | divide | loop | wait | port\n");
    return 99;
}
