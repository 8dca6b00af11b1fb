/* main.cpp - the walk: from each door of Windows down to one physical page.
 *
 * Built by the stock compiler like any program; on Windows and in Wine it starts as well,
 * says what cannot be seen there, and runs the rest.  Exit code: 0 if everything captured
 * is as the chain's table says, 1 if a row broke.
 *
 *   walk                on a console: one screen, a line a door; else as --all
 *   walk --all          all that is captured at each door, and proofs
 *   walk DOOR           one door, step by step (steps.h); its word is first on the screen
 *   walk --peek ADDR    the second process of share.cpp
 *   walk --serve        the second process of out.cpp
 */
#include "steps.h"
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

/* What is shown besides the doors of doors.cpp. */
static const struct {
    const char *key;
    void (*show)();
} facts[] = {{"out", show_out},
             {"crossing", show_code},
             {"forwarder", show_facts},
             {"processes", show_sharing}};

static void walk_all(bool fathom)
{
    if (fathom) {
        prime();
        for (size_t i = 0; i < door_count; i++) {
            walk_door(doors[i]);
            screen_line(doors[i].key);
        }
    }
    for (const auto &fact : facts) {
        fact.show();
        screen_line(fact.key);
    }
    if (whole)
        show_costs();
}

/* The last line: what a person and a test look for. */
static void conclude(bool fathom)
{
    const std::string text = failures ? format("%d of the proofs are BROKEN", failures)
                             : fathom ? "Every row of the chain holds"
                                      : "What user mode can show of the chain holds";
    if (whole)
        title("%s", text.c_str());
    else
        print(ink(bold) + text + "." + ink(plain));
    fflush(stdout);
}

static bool at_console()
{
    DWORD mode;
    return GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode) != 0;
}

static int usage(const char *word)
{
    printf("walk: there is no door \"%s\". walk [--all | DOOR], DOOR one of\n ", word);
    for (size_t i = 0; i < door_count; i++)
        printf(" %s", doors[i].key);
    for (const auto &fact : facts)
        printf(" %s", fact.key);
    printf("\nAn allocation of another program: tools/fathom walk PROGRAM.exe, on the "
           "host\n");
    return 2;
}

/* One door alone. */
static int walk_one(const char *word)
{
    for (const auto &fact : facts)
        if (!strcmp(word, fact.key)) {
            capture_open();
            fact.show();
            return failures ? 1 : 0;
        }
    for (size_t i = 0; i < door_count; i++)
        if (!strcmp(word, doors[i].key))
            return capture_open() ? lecture(doors[i]) : 1;
    return usage(word);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "--peek"))
        return peek_main(strtoul(argv[2], nullptr, 16));
    if (argc == 2 && !strcmp(argv[1], "--serve"))
        return serve_main();
    show_open();
    whole = argc > 1 || !at_console();
    if (argc > 1 && strcmp(argv[1], "--all"))
        return walk_one(argv[1]);
    bool fathom = capture_open();
    say("The walk: from `new` to one physical page, and back.");
    say(fathom ? "Everything below was captured from the running machine."
               : "This is not Fathom: the kernel's side cannot be seen here. What user "
                 "mode shows follows.");
    screen_open(fathom);
    walk_all(fathom);
    screen_close(fathom);
    conclude(fathom);
    return failures ? 1 : 0;
}
