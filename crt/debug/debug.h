/* debug.h - what the files of msvcrtd.dll's debug layer share.
 *
 * msvcrtd.dll is msvcrt.dll, object by object, but for two files: the malloc family
 * (debug/heap.c instead of msvcrt/heap.c) and operator new.  Each block of the program
 * lies between a header, which the layer keeps in a list, and two strips that no program may
 * write to:
 *
 *     ├── debug_block, 28 bytes ──┤FD FD FD FD│ the program's `size` bytes │FD FD FD FD┤
 *     ^ what HeapAlloc returned               ^ what malloc returned
 *
 * The bytes say what happened: CD fresh, DD freed, FD no man's land, BD before an
 * aligned block.  Header, list order and fill bytes are those of the real thing
 * (_CrtMemBlockHeader), so that a debugger's memory window reads as on Windows.
 *
 * Invariants (debug_damage names the first that does not hold):
 *     D1  the list runs from the newest block to the oldest; next and previous agree
 *     D2  both strips of every block are FD
 *     D3  a block whose release is delayed is DD throughout
 *     D4  an ignored block (request 0) is in no list
 *
 * Lock: one, over list, counters and settings; it is taken twice by one thread where a
 * hook or a report allocates.  Windows: dbgheap.c, dbgint.h; `dt _CrtMemBlockHeader`.
 */
#ifndef CRT_DEBUG_DEBUG_H
#define CRT_DEBUG_DEBUG_H
#include "msvcrt/crt.h"
#define _DEBUG
#include "include/crtdbg.h"

#define DEBUG_GAP         4
#define DEBUG_FRESH       0xCD
#define DEBUG_FREED       0xDD
#define DEBUG_NOMAN       0xFD
#define DEBUG_ALIGNED     0xBD
#define DEBUG_IGNORE_LINE ((int)0xFEDCBABC)

struct debug_block {
    struct debug_block *next; /* the one allocated before */
    struct debug_block *previous;
    const char *file;
    int line;
    size_t size;
    int use;
    long request;
    unsigned char gap[DEBUG_GAP];
};
C_ASSERT(sizeof(struct debug_block) == 32);

#define DEBUG_MOST ((size_t)_HEAP_MAXREQ - sizeof(struct debug_block) - DEBUG_GAP)

/* block.c */
struct debug_totals {
    size_t now, most, ever;
};
extern struct debug_block *debug_newest;
extern struct debug_totals debug_totals;
extern int debug_flags;
void debug_start(void);
void debug_lock(void);
void debug_unlock(void);
void *debug_allocate(size_t size, int use, const char *file, int line);
void debug_release(void *memory, int use);
void *debug_resize(void *memory, size_t size, int in_place, int use, const char *file,
                   int line);

static inline struct debug_block *debug_header(const void *memory)
{
    return (struct debug_block *)memory - 1;
}

static inline void *debug_memory(const struct debug_block *block)
{
    return (void *)(block + 1);
}

static inline int debug_type_valid(int use)
{
    return _BLOCK_TYPE(use) > _FREE_BLOCK && _BLOCK_TYPE(use) < _MAX_BLOCKS;
}

/* check.c */
int debug_all(const void *memory, int byte, size_t size);
const char *debug_type_name(int use);
/* Reports what is damaged at the two ends of a block; true if nothing is. */
int debug_ends_whole(const struct debug_block *block);
/* _CrtCheckMemory as often as the flags ask for it; under the lock. */
void debug_check_at_times(void);

/* report.c */
/* An assertion of the layer's own has failed; comes back when the report was ignored. */
void debug_assertion(const char *expression);
void debug_say(int type, const char *format, ...);

/* state.c */
void debug_end(void);

/* heap.c: for whom the CRT's inside allocates just now; of the lock's owner. */
struct debug_origin {
    int use;
    const char *file;
    int line;
};
extern struct debug_origin debug_origin;
/* CALL, which allocates by the inside's malloc, on behalf of the program. */
#define DEBUG_FOR(USE, FILE_NAME, LINE, CALL)                                            \
    ({                                                                                   \
        debug_lock();                                                                    \
        struct debug_origin saved_ = debug_origin;                                       \
        debug_origin = (struct debug_origin){USE, FILE_NAME, LINE};                      \
        __auto_type result_ = CALL;                                                      \
        debug_origin = saved_;                                                           \
        debug_unlock();                                                                  \
        result_;                                                                         \
    })
#endif
