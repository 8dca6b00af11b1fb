/* hello.c - the smallest program: does a process start, print and end? */
#include <stdio.h>

int main(void)
{
    printf("Hello from a stock program.\n");
    return 0;
}
