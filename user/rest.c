/* rest.c - a program to look at from the prompt: it takes memory in two ways, and waits.
 *
 *     rest &            then ps; vad PID, heap PID, pte PID ADDR
 *     rest SECONDS      not a minute, but so long
 */
#define __USE_MINGW_ANSI_STDIO 0 /* msvcrt's printf: the archive has to fit into 64 MiB */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

enum { BLOCK = 100000, RESERVED = 1 << 20, COMMITTED = 64 * 1024, MINUTE = 60 };

int main(int argc, char **argv)
{
    const unsigned seconds = argc > 1 ? strtoul(argv[1], NULL, 10) : MINUTE;
    void *block = malloc(BLOCK);
    char *pages = VirtualAlloc(NULL, RESERVED, MEM_RESERVE, PAGE_READWRITE);
    if (!block || !pages || !VirtualAlloc(pages, COMMITTED, MEM_COMMIT, PAGE_READWRITE)) {
        fprintf(stderr, "rest: there is no memory for it\n");
        return 1;
    }
    *pages = 1;
    printf("%p  malloc(%d)\n%p  1 MiB reserved, 64 KiB committed, one page touched\n",
           block, BLOCK, (void *)pages);
    fflush(stdout);
    Sleep(seconds * 1000);
    return 0;
}
