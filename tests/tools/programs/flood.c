/* flood.c - lines without end, from two threads. */
#include <string.h>
#include <windows.h>

static DWORD CALLBACK __attribute__((noreturn)) flood(void *unused)
{
    static char text[0x80];
    DWORD done;
    (void)unused;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\n';
    for (;;)
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, sizeof text, &done, NULL);
}

int main(void)
{
    CreateThread(NULL, 0, flood, NULL, 0, NULL);
    flood(NULL);
}
