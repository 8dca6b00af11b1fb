/* regions.c - the defence of both halves of lab 3: reserve, commit, decommit, query, release. */
#include <windows.h>
#include "defence.h"

#define MOST 8
static char says[DEFENCE_MOST][100], others[DEFENCE_MOST][100];
static char *region[MOST];
static unsigned pages[MOST], step;

/* One step: n pages of region i; `now`, or nothing where this step is the changed one. */
static void does(const char *what, unsigned n, unsigned i,
                 unsigned (*now)(unsigned, unsigned))
{
    const BOOL changed = ++step == defence_changed;
    snprintf(says[step], sizeof says[step], what, n, i);
    snprintf(others[step], sizeof others[step], "nothing is done");
    defence_step(step, says[step], others[step], (unsigned)region[i]);
    defence_done(step, changed ? 0 : now(n, i));
}

static unsigned reserve(unsigned n, unsigned i)
{
    region[i] = VirtualAlloc(NULL, n * 4096, MEM_RESERVE, PAGE_READWRITE);
    pages[i] = n;
    return (unsigned)region[i];
}

static unsigned commit(unsigned n, unsigned i)
{
    return (unsigned)VirtualAlloc(region[i], n * 4096, MEM_COMMIT, PAGE_READWRITE);
}

static unsigned decommit(unsigned n, unsigned i)
{
    return (unsigned)VirtualFree(region[i], n * 4096, MEM_DECOMMIT);
}

static unsigned query(unsigned n, unsigned i)
{
    MEMORY_BASIC_INFORMATION info;
    (void)n;
    VirtualQuery(region[i], &info, sizeof info);
    return info.State;
}

static unsigned release(unsigned n, unsigned i)
{
    (void)n;
    return (unsigned)VirtualFree(region[i], 0, MEM_RELEASE);
}

static void any(void)
{
    const unsigned i = defence_random(MOST), kind = defence_random(5);
    if (!pages[i]) {
        does("VirtualAlloc of %u pages, MEM_RESERVE (region %u)", 1 + defence_random(60),
             i, reserve);
        return;
    }
    unsigned n = 1 + defence_random(pages[i]);
    if (kind < 2)
        does("VirtualAlloc of the first %u pages of region %u, MEM_COMMIT", n, i, commit);
    else if (kind == 2)
        does("VirtualFree of the first %u pages of region %u, MEM_DECOMMIT", n, i,
             decommit);
    else if (kind == 3)
        does("VirtualQuery of the first of %u pages of region %u", pages[i], i, query);
    else {
        does("VirtualFree of all %u pages of region %u, MEM_RELEASE", pages[i], i,
             release);
        pages[i] = 0;
    }
}

int main(int count, char **words)
{
    defence_arguments(count, words);
    defence_begin();
    while (step < 18)
        any();
    defence_end();
    defence_count = step;
    return defence_report();
}
