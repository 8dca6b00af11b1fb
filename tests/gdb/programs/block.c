/* block.c - one block's life: written, resized, freed, written then; its place is another's. */
#include <stdlib.h>
#include <string.h>

#pragma GCC optimize("O0") /* each store is made, where it stands */
#pragma GCC diagnostic ignored "-Wuse-after-free"
char *block, *wall, *other;

__attribute__((noinline)) void given(void)
{
}

int main(void)
{
    block = malloc(100);
    wall = malloc(100); /* block cannot grow where it lies: it moves */
    strcpy(block, "text");
    given();
    block[3] = 'X';
    block = realloc(block, 5000);
    block[1] = 'Y';
    free(wall); /* the free entry begins before block, so its links are not in block */
    free(block);
    block[2] = 'Z';
    other = malloc(5000); /* begins before block, too: its place is inside */
    memset(other, 7, 5000);
    return 0;
}
