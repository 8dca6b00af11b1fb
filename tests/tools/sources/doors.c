/* doors.c - for walk.t: pages without a heap, a heap's commit, a warm call. */
#include <stdio.h>
#include <windows.h>

#define APART __attribute__((noinline, noclone))

APART static char *take(void)
{
    const DWORD both = MEM_RESERVE | MEM_COMMIT;
    return VirtualAlloc(NULL, 70000, both, PAGE_READWRITE); /* LINE take */
}

APART static char *more(void)
{
    return HeapAlloc(GetProcessHeap(), 0, 100000);
}

APART static char *warm(void)
{
    return HeapAlloc(GetProcessHeap(), 0, 40);
}

APART static void touch(char *place)
{
    *place = 1;
}

int main(int count, char **words)
{
    char *pages = take();
    touch(pages);
    char *block = more(), *small = warm();
    touch(block + 50000);
    HeapFree(GetProcessHeap(), 0, block);
    printf("%s %d\n", words[count - 1], *pages + (small != NULL));
    VirtualFree(pages, 0, MEM_RELEASE);
    return 3;
}
