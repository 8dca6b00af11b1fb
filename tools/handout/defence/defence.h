/* defence.h - the steps of a defence's program (tools/handout/defence).
 *
 *     prog SEED            the steps of this seed
 *     prog SEED CHANGED    the same, but step CHANGED is another one: what if ..
 *
 * The recording is from defence_begin to defence_end.  Between defence_step and defence_done the
 * program does one thing; `what` says it in the words of the sheet, `otherwise` what the changed
 * step would be (empty: this step is never changed).  `about` is an address that the step is
 * about, or 0.
 */
#ifndef FATHOM_DEFENCE_H
#define FATHOM_DEFENCE_H
#include <stdio.h>
#include <stdlib.h>

#define DEFENCE_MOST 40
#define DEFENCE_MARK __declspec(noinline) __attribute__((used))

static unsigned defence_results[DEFENCE_MOST], defence_count, defence_state,
    defence_changed;

DEFENCE_MARK void defence_begin(void)
{
    __asm__ volatile("");
}

DEFENCE_MARK void defence_end(void)
{
    __asm__ volatile("");
}

DEFENCE_MARK void defence_step(unsigned n, const char *what, const char *otherwise,
                               unsigned about)
{
    __asm__ volatile("" ::"r"(n), "r"(what), "r"(otherwise), "r"(about));
}

DEFENCE_MARK void defence_done(unsigned n, unsigned result)
{
    defence_results[n] = result;
    __asm__ volatile("" ::"r"(n), "r"(result));
}

static unsigned defence_random(unsigned below)
{
    defence_state = defence_state * 1664525u + 1013904223u;
    return (unsigned)((unsigned long long)defence_state * below >> 32);
}

/* The words of the command line. */
static void defence_arguments(int count, char **words)
{
    defence_state =
        count > 1 ? (unsigned)strtoul(words[1], NULL, 10) * 2654435761u + 1 : 1;
    defence_changed = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 0;
}

static int defence_report(void)
{
    for (unsigned i = 1; i <= defence_count; i++)
        printf("step %u %08x\n", i, defence_results[i]);
    return 0;
}
#endif
