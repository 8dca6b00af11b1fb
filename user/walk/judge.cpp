/* judge.cpp - does a captured stack follow the chain, and if not, which row broke?
 *
 * A chain is read outermost first.  Each step must be found in the stack, each further in
 * than the one before, and between two steps only helpers may be: frames of the outer
 * step's own module.  So kernel32!HeapAlloc as a frame of its own between malloc and
 * RtlAllocateHeap, or a malloc that goes around the heap, is seen, and named by its row.
 */
#include "walk.h"
#include <cstring>

static const struct {
    const char *function, *row;
} rows[] = {
    {"operator new", "1"},
    {"malloc", "2"},
    {"IMalloc_Alloc", "3"},
    {"CoTaskMemAlloc", "4"},
    {"GlobalAlloc", "5"},
    {"LocalAlloc", "6"},
    {"HeapAlloc", "7"},
    {"RtlAllocateHeap", "8"},
    {"VirtualAlloc", "9"},
    {"VirtualAllocEx", "9"},
    {"NtAllocateVirtualMemory", "10"},
};

bool same_module(const std::string &module, const char *wanted)
{
    return _stricmp(module.c_str(), *wanted ? wanted : "walk") == 0;
}

static bool is_one_of(const std::string &function, const char *alternatives)
{
    for (const char *at = alternatives; *at;) {
        size_t length = strcspn(at, "|");
        if (function.size() == length && !function.compare(0, length, at, length))
            return true;
        at += length + (at[length] == '|');
    }
    return false;
}

const Frame *find_frame(const Event &event, const char *module, const char *function)
{
    for (const Frame &frame : event.frames)
        if (same_module(frame.module, module) && is_one_of(frame.function, function))
            return &frame;
    return nullptr;
}

static const char *row_of(const Frame &frame, const char *otherwise)
{
    for (const auto &row : rows)
        if (frame.function == row.function)
            return row.row;
    return otherwise;
}

/* *why and *row say what broke. */
bool follows(const Event &event, const Step *chain, std::string *why, const char **row)
{
    int at = (int)event.frames.size() - 1; /* outermost */
    const Step *outer = nullptr;
    for (const Step *step = chain; step->row; outer = step++) {
        int found = at;
        while (found >= 0 && !(same_module(event.frames[found].module, step->module) &&
                               is_one_of(event.frames[found].function, step->function)))
            found--;
        if (found < 0) {
            *row = step->row;
            *why = format("%s!%s is not in the captured stack",
                          *step->module ? step->module : "walk", step->function);
            return false;
        }
        for (int i = at; outer && i > found; i--) {
            const Frame &between = event.frames[i];
            if (same_module(between.module, outer->module))
                continue;
            *row = row_of(between, step->row);
            *why = format("%s!%s stands between %s and %s", between.module.c_str(),
                          between.function.c_str(), outer->function, step->function);
            return false;
        }
        at = found - 1;
    }
    return true;
}
