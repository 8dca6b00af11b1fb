/* number.c - a program that asks for a number and ends with it. */
#include <stdio.h>

int main(void)
{
    int number = 0;
    printf("number? ");
    fflush(stdout);
    scanf("%d", &number);
    printf("got %d\n", number);
    return number;
}
