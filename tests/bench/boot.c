/* boot - the instructions from the reset of the processor to a first program's main: the TSC, which
 * starts at 0, when the machine counts them (tools/fathom run --icount, Multiboot). */
#include <stdio.h>

int main(void)
{
    unsigned low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    printf("boot %llu\n", (unsigned long long)high << 32 | low);
    return 0;
}
