/* show.cpp - how the attacks ended: a row for each, or all of them on one screen. */
#include "attacks.h"
#include <cstdio>
#include <cstring>

void show_row(const Outcome &one)
{
    std::printf("%4s%-20s ", one.front, one.name);
    if (one.code == CORRUPTION)
        std::printf("stopped: heap corruption\n");
    else if (one.code == 0)
        std::printf("documented answer\n");
    else if (one.code == HARMLESS)
        std::printf("harmless: the heap is sound\n");
    else if (one.code == UNNOTICED)
        std::printf("UNNOTICED\n");
    else
        std::printf("stopped: %08lX\n", one.code);
    std::fflush(stdout);
}

/* The attacks that ended so, in rows of less than 80 columns. */
static void show_group(const std::vector<Outcome> &outcomes, const char *title,
                       bool (*is)(DWORD))
{
    int count = 0;
    size_t column = 80;
    for (const Outcome &one : outcomes)
        count += is(one.code);
    std::printf("%s: %d", title, count);
    for (const Outcome &one : outcomes) {
        const size_t length = std::strlen(one.front) + std::strlen(one.name) + 1;
        if (!is(one.code))
            continue;
        if (column + length > 78) {
            std::printf("\n ");
            column = 1;
        }
        std::printf(" %s%s", one.front, one.name);
        column += length;
    }
    std::printf("\n");
}

void show_groups(const std::vector<Outcome> &all)
{
    std::printf(
        "%u attacks on a heap, a process each (lfh-: on blocks of the front end)\n",
        (unsigned)all.size());
    show_group(all, "stopped: heap corruption",
               [](DWORD code) { return code == CORRUPTION; });
    show_group(all, "stopped otherwise", [](DWORD code) {
        return code != CORRUPTION && code != 0 && code != HARMLESS && code != UNNOTICED;
    });
    show_group(all, "documented answer", [](DWORD code) { return code == 0; });
    show_group(all, "harmless: the heap is sound",
               [](DWORD code) { return code == HARMLESS; });
    show_group(all, "UNNOTICED", [](DWORD code) { return code == UNNOTICED; });
    std::printf("attacks NAME: that one, with its report; attacks --all: all of them\n");
}
