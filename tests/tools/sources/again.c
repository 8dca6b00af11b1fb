/* again.c - a page is released untouched; its address is given out again, and touched then. */
#include <windows.h>

static char *take(void *where)
{
    return VirtualAlloc(where, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

int main(void)
{
    char *first = take(NULL), *again;

    if (first == NULL || !VirtualFree(first, 0, MEM_RELEASE))
        return 1;
    again = take(first);
    if (again != first)
        return 2;
    *again = 1;
    return 0;
}
