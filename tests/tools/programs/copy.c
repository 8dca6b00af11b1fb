/* copy - standard input to standard output as it is, and backwards to standard error. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static unsigned char all[1 << 20];

static void write_all(HANDLE to, const unsigned char *from, DWORD size)
{
    for (DWORD done = 0; size; from += done, size -= done)
        if (!WriteFile(to, from, size, &done, NULL) || !done)
            ExitProcess(1);
}

int main(void)
{
    DWORD size = 0, got;
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    while (size < sizeof all && ReadFile(in, all + size, sizeof all - size, &got, NULL) &&
           got)
        size += got;
    write_all(GetStdHandle(STD_OUTPUT_HANDLE), all, size);
    for (DWORD i = 0; i < size / 2; i++) {
        unsigned char c = all[i];
        all[i] = all[size - 1 - i];
        all[size - 1 - i] = c;
    }
    write_all(GetStdHandle(STD_ERROR_HANDLE), all, size);
    return 0;
}
