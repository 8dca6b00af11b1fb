/* lacks - imports a function that our kernel32 does not have; calls it when it gets an
 * argument. */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv)
{
    (void)argv;
    printf("started\n");
    fflush(stdout);
    if (argc > 1)
        CreateJobObjectA(NULL, NULL);
    return 0;
}
