/* child.c - what parent.exe starts: other code and data at the parent's addresses. */
#include <stdlib.h>
#include <windows.h>

void *volatile block;
volatile int theirs[64] = {1};

__attribute__((noinline)) void child_work(int n)
{
    for (int i = 0; i < 64; i++)
        theirs[i] = n; /* one of them lies where the parent's variable does */
    block = malloc(3000 + n);
    free(block);
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        child_work(i);
        Sleep(1);
    }
    return 0;
}
