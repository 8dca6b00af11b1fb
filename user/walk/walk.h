/* walk.h - what the parts of the walk share.
 *
 *   main.cpp     the order of things; the verdict
 *   doors.cpp    the doors: how each allocates and frees; the chain each must show
 *   descent.cpp  one door walked: cold, touch, warm, free
 *   capture.cpp  events of one call, from fathom.dll
 *   judge.cpp    does a captured stack follow the chain? which row broke?
 *   show.cpp     drawing: all that is captured
 *   screen.cpp   one line for each door, on one screen
 *   unwind.cpp   a frame of the compiler's own code, by its .eh_frame
 *   steps.h      one door step by step: lecture.cpp, steps.cpp, reasons.cpp
 *   out.cpp      the rule for COM's [out] parameters
 *   code.cpp     the bytes at KiFastSystemCall, decoded
 *   facts.cpp    identities of heaps and exports, a replaced operator new
 *   share.cpp    GlobalAlloc between two processes
 *   cost.cpp     instructions of pairs
 *
 * Everything shown is read from events, memory or return values; no part prints what it
 * believes.  An expectation that does not hold goes through proof(false, ...) and the
 * walk exits 1.
 */
#ifndef WALK_H
#define WALK_H

#include <windows.h>
#include <string>
#include <vector>
#include "fathom.h"
#include "events_gen.h"

#define NOINLINE __attribute__((noinline, optimize("no-optimize-sibling-calls")))

/* ---- capture.cpp ---- */
struct Frame {
    ULONG address, frame, flags;
    ULONG arguments[FATHOM_FRAME_ARGUMENTS];
    std::string module;   /* "ntdll"; empty: unknown */
    std::string function; /* demangled, without offset and parameters; empty: unknown */
    ULONG offset;
    bool kernel() const
    {
        return flags & FATHOM_FRAME_KERNEL;
    }
};

struct Event {
    ULONG id, sequence;
    ULONGLONG time;
    ULONG fields[8];
    std::vector<Frame> frames; /* innermost first */
};

bool capture_open();   /* false: not Fathom (there is no fathom.dll) */
bool capture_counts(); /* the clock counts instructions */
void capture_begin();  /* events of this process from here on */
std::vector<Event> capture_end();
void name_frame(Frame &frame);                 /* by its address */
bool page_of(const void *address, ULONG *pfn); /* its physical page, if there is one */

/* ---- doors.cpp ---- */
struct Step {
    const char *row;      /* of the chain's table in docs/chain.md */
    const char *module;   /* "" means this program */
    const char *function; /* alternatives are separated by | */
};
struct Door {
    const char *key; /* what is typed after `walk` */
    const char *title;
    void *(*allocate)(size_t);
    void (*release)(void *);
    HANDLE (*heap)(); /* the heap it must come from; NULL: no NT heap at all */
    const Step
        *chain; /* outermost first, the service's part included; ends with row NULL */
    bool constructs; /* the constructor makes the first touch */
    bool warm_stays; /* a second small call must not cross */
};
extern const Door doors[];
extern const size_t door_count;
const size_t cold_size =
    96 * 1024; /* more than a heap keeps free and committed, below 508 KiB */
const size_t warm_size = 40;
HANDLE crt_heap();     /* msvcrt's own, as it says itself; NULL: it does not */
HANDLE created_heap(); /* one from HeapCreate */

/* ---- judge.cpp ---- */
const Frame *find_frame(const Event &event, const char *module, const char *function);
bool follows(const Event &event, const Step *chain, std::string *why, const char **row);
bool same_module(const std::string &module, const char *wanted);

/* ---- show.cpp ---- */
extern int failures;
extern bool whole; /* each capture is printed; else screen.cpp's lines alone */
void show_open();
std::vector<std::string> folded(const std::string &line, size_t columns, size_t margin);
void print(const std::string &line); /* on a console long lines fold at words */
enum Ink { plain, bold, dim, green, red, cyan, yellow };
const char *ink(Ink which); /* empty where there is no colour */
void title(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
void say(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
void proof(bool holds, const char *row, const char *format, ...)
    __attribute__((format(gnu_printf, 3, 4)));
void staircase(const char *caption, const Event &event, const std::string &foot);
std::string one_line(const Event &event, const char *from_function);
std::string format(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));

std::string name_of(const Frame &frame); /* "ntdll!RtlAllocateHeap" */
std::string arguments_of(const Frame &frame);

/* ---- screen.cpp ---- */
void screen_open(bool fathom);
void screen_proof(bool holds, const char *row, const std::string &what);
void screen_rows(const Step *chain); /* rows that a captured stack shows */
void screen_text(const std::string &text);
void screen_line(const char *key); /* what was proved since the last line */
void screen_close(bool fathom);

/* ---- unwind.cpp ---- */
void settle_guesses(std::vector<Frame> &frames);
bool jumps_on(const Frame &caller, const Frame &called, Frame *between);

/* ---- the other parts ---- */
void walk_door(const Door &door);
const char *served_by(const Event *operation); /* a HeapOperation: "the front end" */
void show_code();
void show_facts();
void show_sharing();
void show_out();
int serve_main();             /* the second process of out.cpp */
int peek_main(ULONG address); /* the second process of share.cpp */
void show_costs();

#endif
