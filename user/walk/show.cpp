/* show.cpp - drawing: titles, staircases, proofs.
 *
 * A staircase is one captured stack, unedited, the caller above the called, each a step
 * to the right; the ring boundary is drawn where the frames change from user to kernel.
 * On a console that takes escape sequences there is colour, otherwise plain text.
 * NO_COLOR (any value) turns it off (no-color.org), FATHOM_COLOR turns it on.  Long lines
 * fold at words where the output has a width: a console's, or COLUMNS.
 */
#include "walk.h"
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

int failures;
bool whole = true;
static bool colour;
static size_t width; /* of the console; 0: none, nothing folds */

const char *ink(Ink which)
{
    static const char *const codes[] = {"\x1b[0m",  "\x1b[1m",  "\x1b[2m", "\x1b[32m",
                                        "\x1b[31m", "\x1b[36m", "\x1b[33m"};
    return colour ? codes[which] : "";
}

void show_open()
{
    DWORD mode;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO screen;
    colour = GetConsoleMode(out, &mode) != 0;
    if (GetConsoleScreenBufferInfo(out, &screen))
        width = screen.dwSize.X;
    else if (getenv("COLUMNS"))
        width = strtoul(getenv("COLUMNS"), nullptr, 10);
    if (getenv("FATHOM_COLOR"))
        colour = true;
    if (getenv("NO_COLOR"))
        colour = false;
}

static std::string vformat(const char *pattern, va_list arguments)
{
    char line[1024];
    __mingw_vsnprintf(line, sizeof line, pattern, arguments);
    return line;
}

std::string format(const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    std::string line = vformat(pattern, arguments);
    va_end(arguments);
    return line;
}

/* How many of the first bytes of text fill this many columns; escape sequences fill none. */
static size_t bytes_of(const std::string &text, size_t columns)
{
    size_t at = 0;
    for (size_t used = 0; at < text.size(); at++) {
        if (text[at] == '\x1b')
            at = text.find('m', at);
        else if (used++ == columns)
            return at;
    }
    return at;
}

std::vector<std::string> folded(const std::string &line, size_t columns, size_t margin)
{
    std::vector<std::string> lines;
    std::string rest = line;
    for (size_t fits; columns && (fits = bytes_of(rest, columns)) < rest.size();) {
        size_t blank = rest.rfind(' ', fits);
        if (blank == std::string::npos || blank <= margin)
            break; /* one long word: the console breaks it */
        lines.push_back(rest.substr(0, blank));
        rest = std::string(margin, ' ') + rest.substr(blank + 1);
    }
    lines.push_back(rest);
    return lines;
}

void print(const std::string &line)
{
    for (const std::string &part :
         folded(line, width, line.find_first_not_of(' ') % 60 + 4))
        printf("%s\n", part.c_str());
}

void title(const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    std::string line = vformat(pattern, arguments);
    va_end(arguments);
    if (whole)
        printf("\n%s%s%s\n%s\n", ink(bold), line.c_str(), ink(plain),
               std::string(line.size(), '=').c_str());
}

void say(const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    if (whole)
        print(vformat(pattern, arguments));
    va_end(arguments);
}

void proof(bool holds, const char *row, const char *pattern, ...)
{
    va_list arguments;
    va_start(arguments, pattern);
    std::string line = vformat(pattern, arguments);
    va_end(arguments);
    if (!holds)
        failures++;
    screen_proof(holds, row, line);
    if (whole)
        print(format("  %s%s%s  row %-3s %s", ink(holds ? green : red),
                     holds ? "holds" : "BROKEN", ink(plain), row, line.c_str()));
    if (!holds)
        fflush(stdout); /* a broken layer may end the program at its next step */
}

/* ---- prototypes: whose arguments are shown, and what they are called ---- */
static const struct {
    const char *module, *function, *names;
} prototypes[] = {
    {"", "operator new", "size"},
    {"msvcrt", "malloc", "size"},
    {"cw3220", "malloc", "size"},
    {"ole32", "IMalloc_Alloc", "this cb"},
    {"ole32", "CoTaskMemAlloc", "cb"},
    {"kernel32", "GlobalAlloc", "uFlags dwBytes"},
    {"kernel32", "LocalAlloc", "uFlags uBytes"},
    {"kernel32", "VirtualAlloc", "lpAddress dwSize flAllocationType flProtect"},
    {"kernel32", "VirtualAllocEx",
     "hProcess lpAddress dwSize flAllocationType flProtect"},
    {"ntdll", "RtlAllocateHeap", "HeapHandle Flags Size"},
    {"ntdll", "NtAllocateVirtualMemory",
     "ProcessHandle *BaseAddress ZeroBits *RegionSize AllocationType Protect"},
    {"nt", "NtAllocateVirtualMemory",
     "ProcessHandle *BaseAddress ZeroBits *RegionSize AllocationType Protect"},
    {"nt", "MmAccessFault", "errorCode address userMode trapFrame"},
    {"nt", "PageAlloc", "use flags address"},
};

std::string arguments_of(const Frame &frame)
{
    if (!(frame.flags & FATHOM_FRAME_ARGS))
        return "";
    for (const auto &prototype : prototypes) {
        if (frame.function != prototype.function ||
            !same_module(frame.module, prototype.module))
            continue;
        std::string line = "(";
        const char *name = prototype.names;
        for (int i = 0; *name && i < FATHOM_FRAME_ARGUMENTS; i++) {
            size_t length = strcspn(name, " ");
            line += (i ? ", " : "") + std::string(name, length) +
                    format(" %lX", frame.arguments[i]);
            name += length + (name[length] == ' ');
        }
        return line + ")";
    }
    return "";
}

std::string name_of(const Frame &frame)
{
    std::string name = frame.module.empty() ? "?" : frame.module;
    if (!frame.function.empty())
        name += "!" + frame.function;
    return name;
}

static void boundary(const Event &event, size_t user)
{
    bool service = event.frames[user].flags & FATHOM_FRAME_STUB;
    bool fast = event.frames[user].function == "KiFastSystemCall";
    print(format("%s  ~~~~~~~~ ring 3 ~~~~~~~~ %s ~~~~~~~~ ring 0 ~~~~~~~~%s",
                 ink(yellow),
                 !service ? "page fault (trap 0Eh)"
                 : fast   ? "sysenter"
                          : "int 2Eh",
                 ink(plain)));
}

void staircase(const char *caption, const Event &event, const std::string &foot)
{
    if (!whole)
        return;
    printf("\n  %s%s%s\n", ink(bold), caption, ink(plain));
    int depth = 0;
    for (size_t i = event.frames.size(); i-- > 0;) {
        const Frame &frame = event.frames[i];
        print(format("  %s%08lX%s %*s%s%s%s%s%s", ink(dim), frame.address, ink(plain),
                     depth++, "", ink(frame.kernel() ? cyan : plain),
                     name_of(frame).c_str(), ink(plain), arguments_of(frame).c_str(),
                     frame.flags & FATHOM_FRAME_GUESSED ? "   (guessed)" : ""));
        if (i > 0 && !frame.kernel() && event.frames[i - 1].kernel())
            boundary(event, i);
    }
    print(format("  %s=> %s%s", ink(green), foot.c_str(), ink(plain)));
}

/* ntdll's functions that tell of a call: no part of it. */
static bool tells(const Frame &frame)
{
    return !frame.function.compare(0, 9, "RtlpTrace") ||
           !frame.function.compare(0, 8, "RtlpTell");
}

/* The user part of a stack on one line, from a function of this program inwards. */
std::string one_line(const Event &event, const char *from_function)
{
    std::string line;
    bool on = false;
    for (size_t i = event.frames.size(); i-- > 0;) {
        const Frame &frame = event.frames[i];
        Frame jump = {};
        if (frame.function == from_function && same_module(frame.module, ""))
            on = true;
        if (!on || frame.kernel() || tells(frame) || (frame.flags & FATHOM_FRAME_STUB))
            continue;
        if (!line.empty() && jumps_on(event.frames[i + 1], frame, &jump)) {
            line += " > " + name_of(jump) + " (jmp)";
        }
        line += (line.empty() ? "" : " > ") + name_of(frame);
    }
    return line;
}
