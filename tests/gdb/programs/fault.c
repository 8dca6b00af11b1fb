/* fault.c - a program whose third function reads address 0. */
static volatile int *volatile nothing;

static int deepest(void)
{
    return *nothing; /* the fault */
}

static int deeper(int n)
{
    return deepest() + n;
}

int main(void)
{
    return deeper(1);
}
