/* parent.c - a program that starts child.exe, which lies at the same addresses, and works beside
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

volatile int mine = 5;
void *volatile block;

__attribute__((noinline)) void parent_work(int n)
{
    mine = n;
    block = malloc(1000 + n);
    free(block);
}

__attribute__((noipa)) double half(double of)
{
    return of / 2;
}

int main(void)
{
    STARTUPINFOA startup = {0};
    PROCESS_INFORMATION child;
    char command[] = "child.exe";
    startup.cb = sizeof startup;
    if (!CreateProcessA("C:\\child.exe", command, NULL, NULL, FALSE, 0, NULL, NULL,
                        &startup, &child))
        return 1;
    for (int i = 0; i < 6; i++) {
        parent_work(i);
        if (i == 2)
            WaitForSingleObject(child.hProcess, INFINITE); /* the rest comes after it */
        Sleep(1);
    }
    printf("half of %s is %.1f\n", command, half(13));
    return 0;
}
