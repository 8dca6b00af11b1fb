/* blocks.h - the blocks, arenas and bins of crt/borland/heap.c, which alone includes it.
 *
 * Segregated free lists over boundary-tagged blocks, in arenas from VirtualAlloc.  Borland's
 * own runtime took its memory from VirtualAlloc too, not from the system's heap; that is what
 * this DLL shows.  A tag at both ends of a free block makes joining neighbours two
 * comparisons; bins by size make the common request one look at a bit map.  (Knuth, TAOCP 1,
 * 2.5, boundary tags; Lea, "A Memory Allocator", bins.)
 *
 *     arena, from VirtualAlloc, 64 KiB or more:
 *
 *     | ARENA |tags| in use ....... |tags| free .......size|tags| ... |tags|
 *                                                                      ^ end mark: in
 *                                                                        use, size 0
 *     tags: size | flags, check: 8 bytes.  The size counts the tags, a multiple of 8.
 *     free: tags, next, previous, ..., and the size again in the last word.
 *
 * Invariants (heap_sound proves them all):
 *
 *     B1  blocks tile the arena from its first to the end mark, none below BLOCK_LEAST
 *     B2  check == the tags' first word ^ the block's address ^ the process's key, of a
 *         free block ^ its links too: a link with a good check may be followed
 *     B3  two neighbours are never both free; PREVIOUS_USED is set if and only if the block
 *         before is in use
 *     B4  a free block's last word is its size, and it is once in the bin of its size
 *     B5  a bin's bit is set if and only if its list is not empty
 */
#ifndef CRT_BORLAND_BLOCKS_H
#define CRT_BORLAND_BLOCKS_H
#include "borland/heap.h"

#define BLOCK_USED    1u
#define PREVIOUS_USED 2u
#define BLOCK_FLAGS   7u
#define BLOCK_TAGS    8u
#define BLOCK_LEAST   24u
#define ARENA_GRAIN   0x10000u
#define ARENA_MOST    0x100000u
#define REQUEST_MOST  0x7FFF0000u
/* Bins 1..63: exactly 8 * n bytes.  Bins 64..95: from 512 * 2^(n/2) up, in half octaves. */
#define BIN_SMALL 64u
#define BINS      96u

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
    uint32_t size; /* bytes, this header and the end mark included */
    uint32_t reserved;
};

static inline uint32_t block_size(const struct block *block)
{
    return block->size_flags & ~BLOCK_FLAGS;
}

static inline int block_used(const struct block *block)
{
    return (block->size_flags & BLOCK_USED) != 0;
}

static inline struct block *block_next(const struct block *block)
{
    return (struct block *)((char *)block + block_size(block));
}

static inline void *block_memory(struct block *block)
{
    return (char *)block + BLOCK_TAGS;
}

static inline struct block *block_of(const void *memory)
{
    return (struct block *)((char *)memory - BLOCK_TAGS);
}

/* The copy of a free block's size in its last word. */
static inline uint32_t *block_last_word(struct block *block)
{
    return (uint32_t *)block_next(block) - 1;
}

static inline uint32_t block_check(const struct block *block, uint32_t key)
{
    uint32_t check = block->size_flags ^ (uint32_t)(uintptr_t)block ^ key;
    if (!block_used(block)) {
        uint32_t previous = (uint32_t)(uintptr_t)block->previous;
        check ^= (uint32_t)(uintptr_t)block->next ^ (previous << 7 | previous >> 25);
    }
    return check;
}

static inline struct block *arena_first(struct arena *arena)
{
    return (struct block *)(arena + 1);
}

static inline struct block *arena_end_mark(struct arena *arena)
{
    return (struct block *)((char *)arena + arena->size - BLOCK_TAGS);
}

/* Bins 8 bytes apart up to 511 bytes, then two for each power of two. */
static inline uint32_t bin_of(uint32_t size)
{
    if (size < BIN_SMALL * 8)
        return size / 8;
    uint32_t octave = 31 - (uint32_t)__builtin_clz(size);
    uint32_t bin = BIN_SMALL + (octave - 9) * 2 + (size >> (octave - 1) & 1);
    return bin < BINS ? bin : BINS - 1;
}
#endif
