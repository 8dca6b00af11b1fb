/* cold.c - one cold malloc with its touch, between two marks that trace.py stops at.
 *
 * The first malloc is for the runtime: its heap and its lock are in use after it.  The
 * second finds no committed memory that is large enough, so it goes down to the kernel; the
 * store then finds a page that was promised and is not there.
 */
#include <stdlib.h>
#include <string.h>

#define MARK(name)                                                                       \
    void __attribute__((noinline)) name(void)                                            \
    {                                                                                    \
        __asm__ volatile("");                                                            \
    }
MARK(cold_begin)
MARK(cold_touch)
MARK(cold_end)

enum { SIZE = 18000, PAGE = 4096 };

int main(void)
{
    free(malloc(40));
    cold_begin();
    volatile char *block = malloc(SIZE);
    cold_touch();
    block[SIZE - PAGE] = 1;
    cold_end();
    return block == NULL;
}
