/* com.c - what the defence of lab 8 is about: a few calls of task memory, some of them spied. */
#include "comops.h"
#include "defence.h"

#define BLOCKS 6
static char says[DEFENCE_MOST][80], others[DEFENCE_MOST][80];
static struct {
    unsigned at, step;
    BOOL live;
} block[BLOCKS];
static unsigned step;

/* One step; size 0 in `changed` means that there is no other. */
static unsigned does(const char *what, const char *otherwise, unsigned op, ASK now,
                     ASK other)
{
    ANSWER answer;
    const BOOL changed = ++step == defence_changed;
    snprintf(says[step], sizeof says[step], "%s", what);
    snprintf(others[step], sizeof others[step], "%s", otherwise);
    const ASK asked = changed ? other : now;
    (void)op;
    defence_step(step, says[step], others[step], 0);
    side_do(&asked, &answer);
    defence_done(step, answer.r);
    return answer.r;
}

static void allocates(unsigned i, unsigned size)
{
    char what[80], other[80];
    const unsigned larger = size * 4 + 100;
    snprintf(what, sizeof what, "CoTaskMemAlloc(%u)", size);
    snprintf(other, sizeof other, "CoTaskMemAlloc(%u)", larger);
    block[i].at =
        does(what, other, ALLOC, (ASK){ALLOC, size, 0}, (ASK){ALLOC, larger, 0});
    block[i].step = step;
    block[i].live = block[i].at != 0;
}

static void reallocates(unsigned i, unsigned size)
{
    char what[80], other[80];
    snprintf(what, sizeof what, "CoTaskMemRealloc(block of step %u, %u)", block[i].step,
             size);
    snprintf(other, sizeof other, "CoTaskMemRealloc(NULL, %u)", size);
    const unsigned at = does(what, other, REALLOC, (ASK){REALLOC, block[i].at, size},
                             (ASK){REALLOC, 0, size});
    block[i].live = at != 0;
    block[i].at = at;
    block[i].step = step;
}

static void frees(unsigned i)
{
    char what[80];
    snprintf(what, sizeof what, "IMalloc::Free(block of step %u)", block[i].step);
    does(what, "", IFREE, (ASK){IFREE, block[i].at, 0}, (ASK){IFREE, block[i].at, 0});
    block[i].live = FALSE;
}

static void sizes(unsigned i)
{
    char what[80];
    snprintf(what, sizeof what, "IMalloc::GetSize(block of step %u)", block[i].step);
    does(what, "IMalloc::GetSize(NULL)", GETSIZE, (ASK){GETSIZE, block[i].at, 0},
         (ASK){GETSIZE, 0, 0});
}

static void any(void)
{
    const unsigned i = defence_random(BLOCKS);
    if (!block[i].live)
        allocates(i, 20 + defence_random(300));
    else if (defence_random(3) == 0)
        reallocates(i, defence_random(4) == 0 ? 0 : 30 + defence_random(2000));
    else if (defence_random(2) == 0)
        sizes(i);
    else
        frees(i);
}

int main(int count_of, char **words)
{
    ASK none = {LOGS, 0, 0};
    ANSWER answer;
    defence_arguments(count_of, words);
    side_do(&none, &answer); /* the DLL is loaded before the stretch begins */
    defence_begin();
    for (int i = 0; i < 7; i++)
        any();
    does("CoRegisterMallocSpy(a spy with a header of 32 bytes)", "", SPY,
         (ASK){SPY, HEADER, 0}, (ASK){SPY, HEADER, 0});
    for (int i = 0; i < 8; i++)
        any();
    does("CoRevokeMallocSpy()", "", REVOKE, (ASK){REVOKE, 0, 0}, (ASK){REVOKE, 0, 0});
    for (int i = 0; i < 4; i++)
        any();
    defence_end();
    defence_count = step;
    return defence_report();
}
