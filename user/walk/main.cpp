/* main.cpp - the walk: from each door of Windows down to one physical page.
 *
 * Built by the stock compiler like any program; on Windows and in Wine it starts as well,
 * says what cannot be seen there, and runs the rest.  Exit code: 0 if everything captured
 * is as the chain's table says, 1 if a row broke.
 *
 *   walk                all doors and proofs
 *   walk --peek ADDR    the second process of share.cpp
 */
#include "walk.h"
#include <cstdlib>
#include <cstring>
#include <cstdio>

static void prime()
{
    /* Whatever a first call does once (a DLL to load, a heap to make, stdio's buffer) is
     * done here, so that a captured call holds nothing but its own descent. */
    for (size_t i = 0; i < door_count; i++)
        doors[i].release(doors[i].allocate(warm_size));
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--peek"))
        return peek_main(strtoul(argv[2], nullptr, 16));
    show_open();
    bool fathom = capture_open();
    say("The walk: from `new` to one physical page, and back.");
    say(fathom ? "Everything below was captured from the running machine."
               : "This is not Fathom: the kernel's side cannot be seen here. What user "
                 "mode shows follows.");
    if (fathom) {
        prime();
        for (size_t i = 0; i < door_count; i++)
            walk_door(doors[i]);
    }
    show_code();
    show_facts();
    show_sharing();
    show_costs();
    if (failures)
        title("%d of the proofs are BROKEN", failures);
    else
        title(fathom ? "Every row of the chain holds"
                     : "What user mode can show of the chain holds");
    fflush(stdout);
    return failures ? 1 : 0;
}
