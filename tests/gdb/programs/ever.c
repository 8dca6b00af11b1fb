/* ever.c - a program that waits for a flag that nobody sets. */
static volatile int flag;

int main(void)
{
    while (!flag) /* for ever */
        ;
    return 0;
}
