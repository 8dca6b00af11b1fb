/* heap.h - the heap of cw3220.dll: its blocks, arenas, bins and invariants.
 *
 * Design: segregated free lists over boundary-tagged blocks, in arenas from VirtualAlloc.
 * Borland's own runtime took its memory from VirtualAlloc too, not from the system's
 * heap; that is what this DLL is here to show.  Why this design: a tag at both ends of a
 * free block makes joining neighbours a matter of two comparisons; bins by size make the
 * common request one look at a bit map; and both together fit on a page of text.  (Knuth,
 * TAOCP 1, 2.5, boundary tags; Lea, "A Memory Allocator", bins.)
 *
 *     arena, from VirtualAlloc, 64 KiB or more:
 *
 *     | ARENA |tags| in use ....... |tags| free .......size|tags| ... |tags|
 *                                                                      ^ end mark: in
 *                                                                        use, size 0
 *     tags: size | flags, check: 8 bytes.  The size counts the tags, a multiple of 8.
 *     free: tags, next, previous, ..., and the size again in the last word.
 *
 * Invariants (heapcheck proves them all):
 *
 *     B1  blocks tile the arena from its first to the end mark, none below BLOCK_LEAST
 *     B2  check == the tags' first word ^ the block's address ^ the process's key, of a
 *         free block ^ its links too: a link nobody has written over may be followed
 *     B3  two neighbours are never both free; PREVIOUS_USED tells the truth
 *     B4  a free block's last word is its size, and it is once in the bin of its size
 *     B5  a bin's bit is set if and only if its list is not empty
 *
 * A block that is given back and is not in order (B2, flags, links) is corruption: the
 * program is told what and where, and ends with HEAP_ABORT_CODE.
 *
 * Lock: one critical section for everything.
 */
#ifndef CRT_BORLAND_HEAP_H
#define CRT_BORLAND_HEAP_H
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_USED    1u
#define PREVIOUS_USED 2u
#define BLOCK_FLAGS   7u
#define BLOCK_TAGS    8u
#define BLOCK_LEAST   24u
#define ARENA_GRAIN   0x10000u
#define ARENA_MOST    0x100000u
#define REQUEST_MOST  0x7FFF0000u
/* Bins 1..63: exactly 8 * n bytes.  Bins 64..95: from 512 * 2^(n/2) up, in half octaves.
 */
#define BIN_SMALL       64u
#define BINS            96u
#define HEAP_ABORT_CODE 3u

struct block {
    uint32_t size_flags;
    uint32_t check;
    /* Only while free: */
    struct block *next;
    struct block *previous;
};

struct arena {
    struct arena *next;
    struct arena *previous;
    uint32_t size;
    uint32_t reserved;
};

struct heap {
    CRITICAL_SECTION lock;
    uint32_t key;
    uint32_t next_arena;
    struct arena *arenas;
    uint32_t map[BINS / 32];
    struct block *bins[BINS];
};
extern struct heap heap;

/* The codes of Borland's <alloc.h>: _HEAPEMPTY 1, _HEAPOK 2, _FREEENTRY 3, _USEDENTRY 4,
 * _HEAPEND 5, _HEAPCORRUPT -1, _BADNODE -2, _BADVALUE -3.  Source: Borland C++ 5 Library
 * Reference, heapcheck, heapwalk, heapchecknode, heapcheckfree, heapfillfree. */
enum heap_result {
    HEAP_EMPTY = 1,
    HEAP_OK = 2,
    HEAP_FREE_ENTRY = 3,
    HEAP_USED_ENTRY = 4,
    HEAP_END = 5,
    HEAP_CORRUPT = -1,
    HEAP_BAD_NODE = -2,
    HEAP_BAD_VALUE = -3,
};

static inline uint32_t block_size(const struct block *block)
{
    return block->size_flags & ~BLOCK_FLAGS;
}

static inline struct block *block_next(struct block *block)
{
    return (struct block *)((char *)block + block_size(block));
}

static inline uint32_t block_check(const struct block *block)
{
    uint32_t check = block->size_flags ^ (uint32_t)(uintptr_t)block ^ heap.key;
    if (!(block->size_flags & BLOCK_USED)) {
        uint32_t previous = (uint32_t)(uintptr_t)block->previous;
        check ^= (uint32_t)(uintptr_t)block->next ^ (previous << 7 | previous >> 25);
    }
    return check;
}

static inline void *block_memory(struct block *block)
{
    return (char *)block + BLOCK_TAGS;
}

static inline struct block *block_of(void *memory)
{
    return (struct block *)((char *)memory - BLOCK_TAGS);
}

static inline struct block *arena_first(struct arena *arena)
{
    return (struct block *)(arena + 1);
}

void heap_start(void);
uint32_t bin_of(uint32_t size);
/* Says what is wrong with the block at `memory`, and ends the program. */
__attribute__((noreturn)) void heap_abort(const char *what, const void *memory);
/* True if `memory` lies where a block of some arena could be. */
int heap_owns(const void *memory);

void *__cdecl malloc(size_t size);
void *__cdecl calloc(size_t count, size_t size);
void *__cdecl realloc(void *memory, size_t size);
void __cdecl free(void *memory);
void *__cdecl expand(void *memory, size_t size);

/* start.c */
int *__cdecl errno_place(void);
#define BORLAND_ENOMEM 8
#define BORLAND_EINVAL 19
#endif
