/* attacks.h - what an attack is, and the heap that it damages.
 *
 * An attack prints what the last call answered.  It returns 0 when the answer was the documented
 * error, UNNOTICED when the damage went unnoticed, HARMLESS when there was none.  A heap that
 * notices ends the process (STATUS_HEAP_CORRUPTION).
 */
#pragma once
#include <windows.h>
#include <vector>

#define UNNOTICED  1
#define HARMLESS   3
#define CORRUPTION 0xC0000374u

struct Attack {
    const char *name;
    int (*go)();
    bool front; /* also on blocks of the front end, as lfh-NAME */
};

struct Room { /* the attacks of one file */
    const Attack *attacks;
    size_t count;
};
extern const Room frees, writes, calls;

/* heap.cpp */
extern HANDLE heap;
void make_heap(bool front_end);
int answer(const char *call, bool refused);
int give(void *block);
int use_and_ask();

static inline void *take(size_t size)
{
    return HeapAlloc(heap, 0, size);
}

struct Outcome {
    const char *front, *name; /* the front is "lfh-" or "" */
    int (*go)();
    DWORD code; /* the process ended with it */
};

/* show.cpp */
void show_row(const Outcome &one);
void show_groups(const std::vector<Outcome> &all);
