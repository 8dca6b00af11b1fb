/* show - its arguments, one a line, and the variable COLOUR. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *colour = getenv("COLOUR");
    for (int i = 1; i < argc; i++)
        printf("[%s]\n", argv[i]);
    printf("COLOUR=%s\n", colour ? colour : "(none)");
    return 0;
}
