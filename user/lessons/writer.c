/* writer.c - a header is overwritten long before anybody notices: session 6 of docs/debugging.
 *
 *   | header | name, 16 bytes | header | next ...
 *                        rename() writes 24 bytes: the last 8 are the next block's header
 */
#include <stdlib.h>
#include <string.h>

static char *name, *next;

static void rename_it(const char *text)
{
    strcpy(name, text);
}

int main(void)
{
    name = malloc(16);
    next = malloc(16);
    strcpy(next, "still fine");
    rename_it("a name of 23 characters");
    next[0] = 'S';
    free(name);
    free(next);
    return 0;
}
