/* walk.h - what the parts of the walk share.
 *
 *   main.cpp     which doors, in which order; the verdict
 *   doors.cpp    the doors: how each allocates, touches and frees
 *   capture.cpp  events of one call, from fathom.dll
 *   judge.cpp    what a staircase must look like: the table of the chain
 *   show.cpp     drawing
 *   code.cpp     the bytes at KiFastSystemCall, decoded
 *   facts.cpp    identities of heaps and exports
 *   share.cpp    GlobalAlloc between two processes
 *   cost.cpp     instructions of pairs
 *
 * Everything shown is read from events, memory or return values; no part prints what it
 * believes.  An expectation that does not hold is reported by fail(), and the walk exits 1.
 */
#ifndef WALK_H
#define WALK_H

#include <windows.h>
#include <string>
#include <vector>
#include "fathom.h"
#include "events_gen.h"

/* ---- capture.cpp ---- */
struct Frame {
    ULONG address, ebp, flags;
    ULONG arguments[FATHOM_FRAME_ARGUMENTS];
    std::string module;   /* "ntdll", lower case; empty: unknown */
    std::string function; /* demangled, without offset; empty: unknown */
    ULONG offset;
    bool kernel() const { return flags & FATHOM_FRAME_KERNEL; }
    bool is(const char *module_name, const char *function_name) const;
};

struct Event {
    ULONG id, sequence;
    ULONGLONG time;
    ULONG fields[8];
    std::vector<Frame> frames; /* innermost first */
};

bool capture_open();           /* false: not Fathom (no fathom.dll) */
bool capture_counts();         /* the clock counts instructions */
void capture_begin();          /* events of this process from here on */
std::vector<Event> capture_end();
std::string name_of(ULONG address, std::string *module = nullptr, ULONG *offset = nullptr);
bool page_of(const void *address, ULONG *pfn);
extern "C" FARPROC fathom_function(const char *name);

/* ---- doors.cpp ---- */
struct Door {
    const char *title;          /* "new", "malloc (msvcrt)" */
    const char *call;           /* how a program writes it */
    void *(*allocate)(size_t);
    void (*release)(void *);
    char (*touch)(void *, size_t);   /* the first access to the untouched middle */
    HANDLE (*heap)();           /* the heap it must come from; NULL result: none */
    const char *path;           /* the chain, outermost first: judge.cpp says how it is read */
    bool warm_stays;            /* a second small call must not cross */
};
extern Door doors[];
extern const size_t door_count;
const size_t cold_size = 96 * 1024; /* more than a heap keeps committed and free, less than 508 KiB */
const size_t warm_size = 40;
HANDLE crt_heap();              /* msvcrt's own, NULL if it does not say */
HANDLE created_heap();          /* one from HeapCreate */
void *replaced_new_calls();     /* see facts.cpp */

/* ---- judge.cpp ---- */
bool check_path(const Door &door, const Event &commit);
bool check_touch(const Event &page, const Event &fault);
void fail(const char *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern int failures;

/* ---- show.cpp ---- */
void show_open(bool colour);
void title(const char *format, ...) __attribute__((format(printf, 1, 2)));
void text(const char *format, ...) __attribute__((format(printf, 1, 2)));
void proof(bool holds, const char *row, const char *format, ...) __attribute__((format(printf, 3, 4)));
void staircase(const char *caption, const Event &event, const std::string &foot);

/* ---- the other parts ---- */
void walk_door(const Door &door);
void show_code();
void show_facts();
void show_sharing();
int peek_main(int argc, char **argv); /* the second process of share.cpp */
void show_costs();

#endif
