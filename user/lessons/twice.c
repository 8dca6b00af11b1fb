/* twice.c - one block, freed twice: session 4 of docs/debugging.
 *
 * Two owners believe that the name is theirs.  The first free is right, the second is the mistake,
 * and the heap sees it: the block is free already.
 */
#include <stdlib.h>
#include <string.h>

struct user {
    char *name;
};

static struct user alice, copy;

static void release(struct user *user)
{
    free(user->name);
}

int main(void)
{
    alice.name = malloc(3000);
    strcpy(alice.name, "Alice");
    copy = alice; /* the pointer is copied, the block is not */
    release(&alice);
    release(&copy);
    return 0;
}
