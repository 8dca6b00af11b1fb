/* readers.c - two that read one standard input, and one that ends while it waits for it.
 *
 * readers.t is the host's side: it sends a line at each line of ours.  A byte that it did not
 * send was the kernel's.
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static HANDLE input;

static DWORD WINAPI read_little(void *count)
{
    char some[16];
    DWORD got = 1, all = 0;
    while (ReadFile(input, some, sizeof some, &got, NULL) && got)
        all += got;
    *(DWORD *)count = all;
    return 0;
}

static void say(const char *text)
{
    puts(text);
    fflush(stdout);
}

/* The answer to what a thread asked comes when it is gone. */
static int read_for_the_dead(void)
{
    static char buffer[0x10000];
    DWORD got = 0, none;
    HANDLE thread = CreateThread(NULL, 0, read_little, &none, 0, NULL);
    Sleep(100);
    TerminateThread(thread, 0);
    WaitForSingleObject(thread, INFINITE);
    say("gone");
    Sleep(700);
    return ReadFile(input, buffer, sizeof buffer, &got, NULL) && got == 3 &&
           memcmp(buffer, "hi\n", 3) == 0;
}

/* Both come to the end of the input, whoever of them asked for it. */
static int read_by_two(void)
{
    DWORD counts[2] = {0};
    HANDLE threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, read_little, &counts[i], 0, NULL);
    Sleep(100);
    say("two");
    return WaitForMultipleObjects(2, threads, TRUE, 10000) == WAIT_OBJECT_0 &&
           counts[0] + counts[1] == 100;
}

int main(void)
{
    char first[200];
    DWORD got = 0;
    input = GetStdHandle(STD_INPUT_HANDLE);
    say("ready");
    if (!ReadFile(input, first, sizeof first, &got, NULL) || got != 100)
        return 1;
    if (!read_for_the_dead())
        return 2;
    return read_by_two() ? 0 : 3;
}
