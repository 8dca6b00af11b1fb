/* lacks - imports a function that our kernel32 does not have; calls it when it gets an
 * argument, after it asked for no message boxes. */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv)
{
    (void)argv;
    printf("started\n");
    fflush(stdout);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    if (argc > 1)
        CreateJobObjectA(NULL, NULL);
    return 0;
}
