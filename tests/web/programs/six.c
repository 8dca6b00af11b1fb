/* six.c - six mallocs: small ones, one that the heap must grow for, one that is large, a page of it
 * touched; then they are freed.  What a page shows of a stretch is tested on it. */
#include <stdlib.h>

static char *volatile kept[6];

int main(void)
{
    static const unsigned sizes[6] = {40, 100, 3000, 24, 96 * 1024, 700000};
    for (int i = 0; i < 6; i++)
        kept[i] = malloc(sizes[i]);
    kept[4][50000] = 1;
    kept[5][0] = 1;
    for (int i = 0; i < 6; i++)
        free(kept[i]);
    return 0;
}
