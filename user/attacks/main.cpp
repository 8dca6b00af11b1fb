/* main.cpp - what happens when a program damages its heap: each attack, one process each.
 *
 *   attacks            every attack, in a process of its own; one screen: which ends which way
 *   attacks --all      a table: attack, what happened, each report before its row; also where
 *                      standard output is no console
 *   attacks NAME       that one, here
 *   attacks list       the names
 *
 * The same program runs on Windows and in Wine.  docs/attacks.md has what each attack does.
 */
#include "attacks.h"
#include <cstdio>
#include <cstring>

/* All attacks, and once more those that are also on blocks of the front end. */
static std::vector<Outcome> all_attacks()
{
    std::vector<Outcome> all;
    for (const char *front : {"", "lfh-"})
        for (const Room *room : {&frees, &writes, &calls})
            for (size_t i = 0; i < room->count; i++)
                if (room->attacks[i].front || !*front)
                    all.push_back({front, room->attacks[i].name, room->attacks[i].go, 0});
    return all;
}

static int run_here(const char *name)
{
    for (const Outcome &one : all_attacks()) {
        const size_t length = std::strlen(one.front);
        if (!std::strncmp(name, one.front, length) &&
            !std::strcmp(name + length, one.name)) {
            make_heap(length != 0);
            return one.go();
        }
    }
    std::fprintf(stderr, "attacks: no attack %s\n", name);
    return 2;
}

/* Its exit code; ~0: it cannot be started, which is said. */
static DWORD run_apart(const Outcome &one)
{
    char self[MAX_PATH], line[MAX_PATH + 64];
    STARTUPINFOA start = {};
    PROCESS_INFORMATION child;
    DWORD code = 0;
    start.cb = sizeof start;
    GetModuleFileNameA(nullptr, self, sizeof self);
    std::fprintf(stderr, "== %s%s\n", one.front, one.name); /* a reader of the log */
    std::snprintf(line, sizeof line, "\"%s\" %s%s", self, one.front, one.name);
    if (!CreateProcessA(self, line, nullptr, nullptr, TRUE, 0, nullptr, nullptr, &start,
                        &child)) {
        std::printf("%s%s: cannot start (%lu)\n", one.front, one.name, GetLastError());
        return ~0u;
    }
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    return code;
}

static bool on_screen()
{
    DWORD mode;
    return GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode) != 0;
}

static void change_screen(const char *how)
{
    std::printf("\x1b[?1049%s\x1b[0m\x1b[2J\x1b[H", how);
    std::fflush(stdout);
}

/* The reports meanwhile go to a screen of their own, which a terminal then puts away. */
static void try_all(std::vector<Outcome> all, bool brief)
{
    if (brief)
        change_screen("h");
    for (Outcome &one : all) {
        one.code = run_apart(one);
        if (!brief)
            show_row(one);
    }
    if (brief) {
        change_screen("l");
        show_groups(all);
    }
}

int main(int argc, char **argv)
{
    const char *const word = argc > 1 ? argv[1] : "--all";
    if (!std::strcmp(word, "list"))
        for (const Outcome &one : all_attacks())
            std::printf("%s%s\n", one.front, one.name);
    else if (std::strcmp(word, "--all"))
        return run_here(word);
    else
        try_all(all_attacks(), argc == 1 && on_screen());
    return 0;
}
