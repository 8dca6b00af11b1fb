/* comside.c - the process that holds the student's ole32.dll: it does what the pipe asks for, and
 * knows no verdict.  The judge is com.exe. */
#include "comops.h"

int main(void)
{
    const HANDLE in = GetStdHandle(STD_INPUT_HANDLE),
                 out = GetStdHandle(STD_OUTPUT_HANDLE);
    ASK asked;
    ANSWER answer;
    DWORD done;
    while (ReadFile(in, &asked, sizeof asked, &done, NULL) && done == sizeof asked) {
        side_do(&asked, &answer);
        if (!WriteFile(out, &answer, sizeof answer, &done, NULL))
            break;
    }
    return 0;
}
