/* calls.c - what the defence of lab 2 is about: a program that executes sysenter itself, with
 * numbers, flags and blocks of its choice. */
#define main lab_main /* of lab.h, not used here */
#include "raw.h"
#undef main
#include "defence.h"

static char says[DEFENCE_MOST][80], others[DEFENCE_MOST][80];
static unsigned step;
static const DWORD bad = 0xDEAD;

/* One call from a block at `at`; number other where this step is the changed one. */
static void calls(DWORD *at, DWORD number, DWORD other, DWORD flags, DWORD count)
{
    const DWORD arguments[9] = {bad, 0, 0, 0, 0, 0, 4, 0, 0};
    step++;
    snprintf(others[step], sizeof *others, "the same with the number %X", other);
    defence_step(step, says[step], others[step], (unsigned)at);
    defence_done(step, call_at(at, step == defence_changed ? other : number, flags,
                               arguments, count));
}

static void closes(DWORD flags)
{
    snprintf(says[step + 1], sizeof *says, "NtClose(DEADh), EFLAGS %X", flags);
    calls(BLOCK, number_of("NtClose"), 0x300 + defence_random(0x100), flags, 1);
}

static void reads(void)
{
    snprintf(says[step + 1], sizeof *says, "NtReadFile(DEADh, ..), 9 arguments");
    calls(BLOCK, number_of("NtReadFile"), FATHOM_NULL, 0x202, 9);
}

static void unknown(void)
{
    const DWORD number = 0x300 + defence_random(0x100);
    snprintf(says[step + 1], sizeof *says, "the number %X", number);
    calls(BLOCK, number, FATHOM_NULL, 0x202, 0);
}

/* `there` arguments of nine lie on the page; the next page is not there. */
static void at_end(char *pages)
{
    const unsigned there = defence_random(9);
    DWORD *at = (DWORD *)(pages + 0x1000) - 2 - there;
    snprintf(says[step + 1], sizeof *says, "NtReadFile, its page ends after %u arguments",
             there);
    calls(at, number_of("NtReadFile"), FATHOM_NULL, 0, there);
}

int main(int count, char **words)
{
    static const DWORD flags[] = {0x202, 0x602, 0x4202, 0x40202};
    char *pages = VirtualAlloc(NULL, 0x2000, MEM_RESERVE, PAGE_READWRITE);
    defence_arguments(count, words);
    VirtualAlloc(pages, 0x1000, MEM_COMMIT, PAGE_READWRITE);
    pages[0xFFF] = 1;
    defence_begin();
    for (unsigned i = 0; i < 3; i++) {
        closes(flags[defence_random(2)]);
        reads();
        unknown();
        closes(flags[1 + defence_random(3)]);
        at_end(pages);
    }
    defence_end();
    defence_count = step;
    return defence_report();
}
