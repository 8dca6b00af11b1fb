/* forge - prints whatever could be taken for a verdict, then fails with 333. */
#include <stdio.h>
#include <windows.h>

static const char frames[] = "X\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                             "A\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                             "Q\0\0\0\0";

int main(void)
{
    DWORD done;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE), error = GetStdHandle(STD_ERROR_HANDLE);
    WriteFile(out, frames, sizeof frames - 1, &done, NULL);
    WriteFile(error, frames, sizeof frames - 1, &done, NULL);
    printf("1..1\nok 1 - forge\n");
    fflush(stdout);
    fprintf(stderr, "\nfathom: exit 0\n");
    fflush(stderr);
    return 333;
}
