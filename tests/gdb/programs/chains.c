/* link: -lole32 */
/* chains.c - allocations of all kinds after given(), and a free after damage, for `chain`. */
#include <objbase.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) void given(void)
{
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    static char *volatile kept[8];
    for (int i = 0; i < 200; i++)
        kept[0] = malloc(40); /* often enough for the front end */
    given();
    kept[0] = malloc(40);
    kept[1] = malloc(700000);
    kept[2] = CoTaskMemAlloc(50);
    kept[3] = LocalAlloc(LMEM_FIXED, 60);
    kept[4] = realloc(kept[0], 5000);
    kept[5] = HeapAlloc(GetProcessHeap(), 0, 3000);
    memset(kept[5] - 8, 'x', 8); /* its header */
    HeapFree(GetProcessHeap(), 0, kept[5]);
    return 0;
}
