/* calls.c - what the defence of lab 7 is about: a few calls of cw3220's malloc. */
#include <windows.h>
#include "defence.h"

#define BLOCKS 8
static char says[DEFENCE_MOST][80], others[DEFENCE_MOST][80];
static struct {
    void *at; /* NULL: none */
    unsigned step;
} block[BLOCKS];
static unsigned step;
static void *(*h_malloc)(size_t), *(*h_realloc)(void *, size_t);
static void (*h_free)(void *);

static void allocates(unsigned i, unsigned size)
{
    const unsigned larger = size * 4 + 100;
    snprintf(says[++step], sizeof *says, "malloc(%u)", size);
    snprintf(others[step], sizeof *others, "malloc(%u)", larger);
    defence_step(step, says[step], others[step], 0);
    block[i].at = h_malloc(step == defence_changed ? larger : size);
    defence_done(step, (unsigned)block[i].at);
    block[i].step = step;
}

static void reallocates(unsigned i, unsigned size)
{
    snprintf(says[++step], sizeof *says, "realloc(block of step %u, %u)", block[i].step,
             size);
    snprintf(others[step], sizeof *others, "realloc(block of step %u, 8)", block[i].step);
    defence_step(step, says[step], others[step], (unsigned)block[i].at);
    block[i].at = h_realloc(block[i].at, step == defence_changed ? 8 : size);
    defence_done(step, (unsigned)block[i].at);
    block[i].step = step;
}

static void frees(unsigned i)
{
    snprintf(says[++step], sizeof *says, "free(block of step %u)", block[i].step);
    defence_step(step, says[step], "", (unsigned)block[i].at);
    h_free(block[i].at);
    defence_done(step, 0);
    block[i].at = NULL;
}

static void any(void)
{
    const unsigned i = defence_random(BLOCKS);
    if (!block[i].at)
        allocates(i, defence_random(8) ? 8 + defence_random(300)
                                       : 20000 + defence_random(60000));
    else if (defence_random(3) == 0)
        reallocates(i, 8 + defence_random(2000));
    else
        frees(i);
}

int main(int count, char **words)
{
    HMODULE dll = LoadLibraryA("cw3220.dll");
    defence_arguments(count, words);
    h_malloc = (void *)GetProcAddress(dll, "malloc");
    h_realloc = (void *)GetProcAddress(dll, "realloc");
    h_free = (void *)GetProcAddress(dll, "free");
    defence_begin();
    for (int i = 0; i < 5; i++)
        allocates((unsigned)i, 30 + 20 * (unsigned)i + defence_random(20));
    for (int i = 0; i < 19; i++)
        any();
    defence_end();
    defence_count = step;
    return defence_report();
}
