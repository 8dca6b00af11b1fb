/* pair.c - two processes, one address, two pages: session 5 of docs/debugging.
 *
 *   parent                       child (the same program)
 *   &shared ---.        &shared ---.
 *                       |                            |      before a write: one page
 *                       '-----> page <---------------'
 *                                                           after it: two
 */
#include <windows.h>

/* A page of its own: the runtime's variables, which it writes at the start, lie elsewhere. */
__attribute__((aligned(4096))) static struct {
    int number;
    char rest[4092];
} shared = {1, ""};

static void child(void)
{
    int seen = shared.number;
    shared.number = seen + 1;
}

int main(int count, char **words)
{
    (void)words;
    PROCESS_INFORMATION made;
    STARTUPINFOA start = {.cb = sizeof start};
    if (count > 1) {
        child();
        return 0;
    }
    char line[] = "pair.exe child";
    int before = shared.number; /* a read: the page is here, and it is the file's */
    CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made);
    WaitForSingleObject(made.hProcess, INFINITE);
    return shared.number - before;
}
