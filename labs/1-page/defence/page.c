/* page.c - the defence of labs 1 and 4: a program that touches pages and gives them back. */
#include <windows.h>
#include "defence.h"

#define PAGES 12
#define PAGE  4096
static char says[DEFENCE_MOST][80], others[DEFENCE_MOST][80];
static char *region;
static BOOL touched[PAGES];
static unsigned step;

static void write_byte(unsigned page)
{
    ((volatile char *)region)[page * PAGE] = 1;
}

static void give_back(unsigned page)
{
    VirtualFree(region + page * PAGE, PAGE, MEM_DECOMMIT);
}

/* One step about a page: `now`, or `other` where this step is the changed one (NULL: nothing). */
static void does(const char *what, const char *otherwise, unsigned page,
                 void (*now)(unsigned), void (*other)(unsigned))
{
    const BOOL changed = ++step == defence_changed;
    snprintf(says[step], sizeof says[step], what, page);
    snprintf(others[step], sizeof others[step], "%s", otherwise);
    defence_step(step, says[step], others[step], (unsigned)(region + page * PAGE));
    if (!changed)
        now(page);
    else if (other != NULL)
        other(page);
    defence_done(step, 0);
}

static void commit(unsigned page)
{
    VirtualAlloc(region + page * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
}

static void any(void)
{
    const unsigned page = defence_random(PAGES);
    if (!touched[page]) {
        does("the program writes a byte on page %u of its region", "", page, write_byte,
             NULL);
        touched[page] = TRUE;
        return;
    }
    does("VirtualFree(page %u of the region, MEM_DECOMMIT)", "nothing is done", page,
         give_back, NULL);
    does("VirtualAlloc(page %u of the region, MEM_COMMIT)", "", page, commit, NULL);
    touched[page] = FALSE;
}

int main(int count, char **words)
{
    defence_arguments(count, words);
    region = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    write_byte(0); /* the page table is there before the stretch begins */
    touched[0] = TRUE;
    defence_begin();
    while (step < 18)
        any();
    defence_end();
    defence_count = step;
    return defence_report();
}
