/* lecture.cpp - `walk malloc`: one door, a step at a time, forward and back.
 *
 *     walk malloc   malloc (msvcrt.dll): the commit              step 3 of 27
 *
 *     walk!door_malloc
 *      msvcrt!malloc
 *     > ntdll!RtlAllocateHeap        the functions so far; > is where it is now
 *
 *     why       what this layer is for
 *     changed   what the capture has of this step
 *     evidence  which event, which bytes, which answer
 *
 * What is shown depends on the step's number alone: forward and back is the same picture.
 * The machine is not stopped meanwhile; the door was captured before the first step.
 */
#include "steps.h"
#include <cstdio>

static const size_t heads = 2, feet = 2; /* rows above and below */

enum Key { forward, back, home, end, leave, other };

static int typed_byte()
{
    unsigned char value;
    DWORD moved = 0;
    return ReadFile(GetStdHandle(STD_INPUT_HANDLE), &value, 1, &moved, nullptr) && moved
               ? value
               : -1;
}

static Key key()
{
    int typed = typed_byte();
    if (typed == 0x1B && ((typed = typed_byte()) == '[' || typed == 'O')) {
        typed = typed_byte();
        while (typed >= '0' && typed <= '9' && typed_byte() == ';')
            typed = typed_byte();
        return typed == 'C' || typed == 'B'   ? forward
               : typed == 'D' || typed == 'A' ? back
               : typed == 'H' || typed == '1' ? home
               : typed == 'F' || typed == '4' ? end
                                              : other;
    }
    switch (typed) {
    case ' ':
    case '\r':
    case '\n':
    case 'n':
        return forward;
    case 'b':
    case '\b':
    case 0x7F:
        return back;
    case 'g':
        return home;
    case 'G':
        return end;
    case 'q':
    case 3:
    case 0x1B:
    case -1:
        return leave;
    default:
        return other;
    }
}

static void add(std::vector<std::string> &lines, const char *name,
                const std::string &text, size_t width)
{
    for (const std::string &line : folded(
             format("%s%-9s%s %s", ink(bold), name, ink(plain), text.c_str()), width, 10))
        lines.push_back(line);
}

/* The stairs that fit, the last ones. */
static std::vector<std::string> stairs(const Page &page, size_t room, size_t width)
{
    std::vector<std::string> lines;
    int depth = 0;
    for (size_t i = 0; i < page.stair.size(); i++) {
        const bool now = i + 1 == page.stair.size();
        const bool ring = page.stair[i][0] == '~';
        std::string line =
            ring ? format("  %s%s%s", ink(yellow), page.stair[i].c_str(), ink(plain))
                 : format("%s%s%*s%s%s", now ? ink(bold) : "", now ? "> " : "  ", depth++,
                          "", page.stair[i].c_str(), ink(plain));
        for (const std::string &part : folded(line, width, 4))
            lines.push_back(part);
    }
    if (lines.size() > room)
        lines.erase(lines.begin(), lines.end() - room);
    return lines;
}

static void draw(const Door &door, const std::vector<Page> &pages, size_t at,
                 size_t width, size_t rows)
{
    const Page &page = pages[at];
    std::vector<std::string> below;
    add(below, "why", page.why, width);
    add(below, "changed", page.changed, width);
    for (size_t i = 0; i < page.evidence.size(); i++)
        add(below, i ? "" : "evidence", page.evidence[i], width);
    const size_t room = rows > heads + feet + below.size() + 1
                            ? rows - heads - feet - below.size() - 1
                            : 1;
    std::string text =
        format("\x1b[H%swalk %s   %s: %s   step %u of %u%s\x1b[K\n\x1b[K\n", ink(bold),
               door.key, door.title, page.part.c_str(), (unsigned)at + 1,
               (unsigned)pages.size(), ink(plain));
    for (const std::string &line : stairs(page, room, width))
        text += line + "\x1b[K\n";
    text += "\x1b[K\n";
    for (const std::string &line : below)
        text += line + "\x1b[K\n";
    text += format("\x1b[J%sspace, right: on   left, b: back   Home, End   q: leave%s",
                   ink(dim), ink(plain));
    fputs(text.c_str(), stdout);
    fflush(stdout);
}

static void show_by_keys(const Door &door, const std::vector<Page> &pages)
{
    CONSOLE_SCREEN_BUFFER_INFO screen = {};
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    DWORD mode;
    size_t at = 0;
    screen.dwSize = {80, 25};
    GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &screen);
    GetConsoleMode(in, &mode);
    SetConsoleMode(in, 0);
    printf("\x1b[2J");
    for (Key typed = other; typed != leave;) {
        draw(door, pages, at, screen.dwSize.X, screen.dwSize.Y);
        typed = key();
        at = typed == forward && at + 1 < pages.size() ? at + 1
             : typed == back && at > 0                 ? at - 1
             : typed == home                           ? 0
             : typed == end                            ? pages.size() - 1
                                                       : at;
    }
    SetConsoleMode(in, mode);
    printf("\n");
}

static void show_all(const Door &door, const std::vector<Page> &pages)
{
    for (size_t i = 0; i < pages.size(); i++) {
        const Page &page = pages[i];
        print(format("\n%s%s: %s, step %u of %u%s", ink(bold), door.title,
                     page.part.c_str(), (unsigned)i + 1, (unsigned)pages.size(),
                     ink(plain)));
        print(page.stair.empty() ? "  -" : "  " + page.stair.back());
        print("  why       " + page.why);
        print("  changed   " + page.changed);
        for (const std::string &line : page.evidence)
            print("  evidence  " + line);
    }
}

int lecture(const Door &door)
{
    DWORD mode;
    const std::vector<Page> pages = steps_of(door);
    if (pages.empty()) {
        printf("walk: %s gave no memory, or nothing was captured\n", door.title);
        return 1;
    }
    if (GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) &&
        GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode))
        show_by_keys(door, pages);
    else
        show_all(door, pages);
    return 0;
}
