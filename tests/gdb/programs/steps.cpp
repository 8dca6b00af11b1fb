/* steps.cpp - one line for each thing that a debugger steps over; a word at its end names it. */
#include <setjmp.h>
#include <stdlib.h>
#include <windows.h>

static jmp_buf back;
static volatile LONG flag;

static int thrower(int x)
{
    if (x > 0)
        throw x;
    return x;
}

static void jumper(void)
{
    longjmp(back, 1);
}

static DWORD WINAPI setter(void *)
{
    flag = 1;
    return 0;
}

static void touch(char *page)
{
    *page = 1; /* the touch */
}

int main()
{
    int caught = 0;
    char *big = (char *)malloc(98304); /* import */
    big[50000] = 1;                    /* fault */
    touch(big + 80000);                /* fault inside */
    try {
        thrower(1); /* throw */
    } catch (int x) { /* catch */
        caught = x; /* caught */
    }
    if (!setjmp(back)) /* setjmp */
        jumper();      /* longjmp */
    CreateThread(NULL, 0, setter, NULL, 0, NULL);
    while (!flag) /* spin */
        ;
    free(big); /* after */
    return caught;
}
