/* two.c - two processes of one program: the second writes to a page of the image that both
 * have, and gets a copy of its own.  A recording goes from ready() to done() in the first:
 * over to the second, and back.
 */
#include <windows.h>

#define PAGE 4096

__attribute__((aligned(PAGE))) static volatile char data[PAGE] = {1};
static volatile char seen;

__attribute__((noinline)) void ready(void)
{
    __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) void done(void)
{
    __asm__ volatile("" ::: "memory");
}

static int second(HANDLE go, HANDLE answer)
{
    seen = data[0];
    SetEvent(answer);
    WaitForSingleObject(go, INFINITE);
    data[0] = 2;
    SetEvent(answer);
    return 0;
}

int main(int argc, char **argv)
{
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    char line[] = "two.exe second";
    HANDLE go = CreateEventA(NULL, FALSE, FALSE, "two-go");
    HANDLE answer = CreateEventA(NULL, FALSE, FALSE, "two-answer");
    (void)argv;
    if (argc > 1)
        return second(go, answer);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process))
        return 1;
    WaitForSingleObject(answer, INFINITE);
    seen = data[0];
    ready();
    SetEvent(go);
    WaitForSingleObject(answer, INFINITE);
    done();
    WaitForSingleObject(process.hProcess, INFINITE);
    return data[0] != 1;
}
