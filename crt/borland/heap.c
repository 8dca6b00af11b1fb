/* heap.c - cw3220's malloc and free by boundary tags.  heap.h is the contract, blocks.h has
 * the picture and the invariants.
 *
 *     malloc, cold:  no free block is large enough ──> kernel32.VirtualAlloc: an arena
 *     malloc, warm:  a bin's first block, cut to size; nothing leaves this DLL
 *     free:          joined with its free neighbours and put into its bin
 *
 * An arena that is wholly free goes back by VirtualFree, unless it is the only one.
 * Lock: heap_enter, for everything in `heap`.
 */
#include "borland/blocks.h"

static struct {
    uint32_t key;
    uint32_t next_arena; /* bytes */
    struct arena *arenas;
    uint32_t map[BINS / 32];
    struct block *bins[BINS];
} heap;

void heap_start(uint32_t key)
{
    heap.key = key;
    heap.next_arena = ARENA_GRAIN;
}

void heap_end(void)
{
    while (heap.arenas != NULL) {
        struct arena *arena = heap.arenas;
        heap.arenas = arena->next;
        VirtualFree(arena, 0, MEM_RELEASE);
    }
}

static int is_intact(const struct block *block)
{
    return block->check == block_check(block, heap.key);
}

static void set_tags(struct block *block, uint32_t size_flags)
{
    block->size_flags = size_flags;
    block->check = block_check(block, heap.key);
}

/* Follows a link only when the block it is taken from, or leads to, is sound. */
static void must_be_sound(struct block *block)
{
    if (!is_intact(block))
        heap_abort("a free block was written to", block_memory(block));
}

static void set_links(struct block *block, struct block *next, struct block *previous)
{
    block->next = next;
    block->previous = previous;
    block->check = block_check(block, heap.key);
}

static void bin_insert(struct block *block)
{
    uint32_t size = block_size(block), bin = bin_of(size);
    struct block *head = heap.bins[bin];
    *block_last_word(block) = size;
    set_links(block, head, NULL);
    if (head != NULL) {
        must_be_sound(head);
        set_links(head, head->next, block);
    }
    heap.bins[bin] = block;
    heap.map[bin / 32] |= 1u << bin % 32;
}

static void bin_remove(struct block *block)
{
    must_be_sound(block);
    struct block *next = block->next, *previous = block->previous;
    uint32_t bin = bin_of(block_size(block));
    if (next != NULL) {
        must_be_sound(next);
        set_links(next, next->next, previous);
    }
    if (previous != NULL) {
        must_be_sound(previous);
        set_links(previous, next, previous->previous);
        return;
    }
    heap.bins[bin] = next;
    if (next == NULL)
        heap.map[bin / 32] &= ~(1u << bin % 32);
}

/* A free block of at least `size` bytes, taken out of its bin, or null.  Every block of a
 * higher bin is large enough; in its own bin the first that is. */
static struct block *take(uint32_t size)
{
    uint32_t bin = bin_of(size);
    for (struct block *block = heap.bins[bin]; block != NULL; block = block->next) {
        must_be_sound(block);
        if (block_size(block) >= size) {
            bin_remove(block);
            return block;
        }
    }
    for (bin++; bin < BINS; bin = (bin | 31) + 1) {
        uint32_t bits = heap.map[bin / 32] & ~0u << bin % 32;
        if (bits != 0) {
            struct block *block = heap.bins[(bin & ~31u) + (uint32_t)__builtin_ctz(bits)];
            bin_remove(block);
            return block;
        }
    }
    return NULL;
}

/* Makes fresh memory of `bytes` an arena: one free block (in no bin) and the end mark. */
static struct block *arena_make(void *memory, uint32_t bytes)
{
    struct arena *arena = memory;
    arena->size = bytes;
    arena->previous = NULL;
    arena->next = heap.arenas;
    if (arena->next != NULL)
        arena->next->previous = arena;
    heap.arenas = arena;
    struct block *block = arena_first(arena);
    set_tags(block, (bytes - sizeof(*arena) - BLOCK_TAGS) | PREVIOUS_USED);
    set_tags(block_next(block), BLOCK_USED);
    return block;
}

/* Gives the front `size` bytes of a free block to the caller; the rest stays free. */
static void *cut(struct block *block, uint32_t size)
{
    uint32_t whole = block_size(block);
    if (whole - size >= BLOCK_LEAST) {
        set_tags(block, size | BLOCK_USED | PREVIOUS_USED);
        struct block *rest = block_next(block);
        set_tags(rest, (whole - size) | PREVIOUS_USED);
        bin_insert(rest);
    } else {
        struct block *next = block_next(block);
        set_tags(block, whole | BLOCK_USED | PREVIOUS_USED);
        set_tags(next, next->size_flags | PREVIOUS_USED);
    }
    return block_memory(block);
}

static uint32_t rounded(size_t size)
{
    uint32_t whole = ((uint32_t)size + BLOCK_TAGS + 7) & ~7u;
    return whole < BLOCK_LEAST ? BLOCK_LEAST : whole;
}

/* The size of the arena that a request of `size` bytes (tags included) opens: arenas
 * double from 64 KiB to 1 MiB, larger requests get what they need. */
static uint32_t arena_bytes(uint32_t size)
{
    uint32_t least = size + sizeof(struct arena) + BLOCK_TAGS;
    uint32_t bytes = heap.next_arena > least ? heap.next_arena : least;
    if (heap.next_arena < ARENA_MOST)
        heap.next_arena *= 2;
    return (bytes + ARENA_GRAIN - 1) & ~(ARENA_GRAIN - 1);
}

static void *out_of_memory(void)
{
    *errno_place() = BORLAND_ENOMEM;
    return NULL;
}

void *__cdecl malloc(size_t size)
{
    if (size == 0)
        return NULL;
    if (size > REQUEST_MOST)
        return out_of_memory();
    uint32_t whole = rounded(size);
    void *result = NULL;
    heap_enter();
    struct block *block = take(whole);
    if (block == NULL) {
        uint32_t bytes = arena_bytes(whole);
        void *memory =
            VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (memory != NULL)
            block = arena_make(memory, bytes);
    }
    if (block != NULL)
        result = cut(block, whole);
    heap_leave();
    return result != NULL ? result : out_of_memory();
}

/* The arena in which a block could lie at `memory`, or NULL. */
static struct arena *arena_of(const void *memory)
{
    const char *at = memory;
    struct arena *arena = heap.arenas;
    for (; arena != NULL; arena = arena->next)
        if (at >= (char *)arena_first(arena) + BLOCK_TAGS &&
            at < (char *)arena_end_mark(arena))
            break;
    return arena;
}

/* Refuses what is no block in use; under the lock. */
static struct block *checked(void *memory)
{
    struct block *block = block_of(memory);
    if (((uintptr_t)memory & 7) != 0 || arena_of(memory) == NULL)
        heap_abort("not a block of this heap", memory);
    if (!is_intact(block))
        heap_abort("the block's tags were overwritten, or it is no block", memory);
    if (!block_used(block))
        heap_abort("the block is free already", memory);
    if (!is_intact(block_next(block)))
        heap_abort("written past the end of the block", memory);
    return block;
}

/* Returns a wholly free arena to the system, but not the last one.  1: it is gone. */
static int arena_release(struct block *block)
{
    if (block_size(block_next(block)) != 0)
        return 0;
    struct arena *arena = heap.arenas;
    while (arena != NULL && arena_first(arena) != block)
        arena = arena->next;
    if (arena == NULL || (arena->next == NULL && arena->previous == NULL))
        return 0;
    if (arena->previous != NULL)
        arena->previous->next = arena->next;
    else
        heap.arenas = arena->next;
    if (arena->next != NULL)
        arena->next->previous = arena->previous;
    VirtualFree(arena, 0, MEM_RELEASE);
    /* As malloc doubled it: work that comes again takes no larger arenas than the first time. */
    if (heap.next_arena > ARENA_GRAIN)
        heap.next_arena /= 2;
    return 1;
}

/* Marks a block as free, joined with its neighbours, and puts it into its bin. */
static void release(struct block *block)
{
    uint32_t size = block_size(block), flags = block->size_flags & PREVIOUS_USED;
    struct block *start = block, *next = block_next(block);
    if (!block_used(next)) {
        bin_remove(next);
        size += block_size(next);
        set_tags(next, 0);
    }
    if (!flags) {
        start = (struct block *)((char *)block - ((uint32_t *)block)[-1]);
        bin_remove(start);
        size += block_size(start);
        flags = start->size_flags & PREVIOUS_USED;
        /* A second free of the inner block must not find good tags of a block in use. */
        set_tags(block, 0);
    }
    set_tags(start, size | flags);
    next = block_next(start);
    set_tags(next, next->size_flags & ~PREVIOUS_USED);
    if (!arena_release(start))
        bin_insert(start);
}

void __cdecl free(void *memory)
{
    if (memory == NULL)
        return;
    heap_enter();
    release(checked(memory));
    heap_leave();
}

void *__cdecl heap_new(size_t size)
{
    void *memory;
    while ((memory = malloc(size != 0 ? size : 1)) == NULL)
        if (!heap_new_handler())
            heap_throw();
    return memory;
}

void *__cdecl calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return out_of_memory();
    void *memory = malloc(bytes);
    return memory != NULL ? memset(memory, 0, bytes) : NULL;
}

/* Makes the block `size` bytes (tags included) where it lies; 0 if it cannot. */
static int resize(struct block *block, uint32_t size)
{
    uint32_t have = block_size(block), flags = block->size_flags & BLOCK_FLAGS;
    struct block *next = block_next(block);
    if (have < size && !block_used(next) && have + block_size(next) >= size) {
        bin_remove(next);
        have += block_size(next);
        set_tags(next, 0);
        set_tags(block, have | flags);
        next = block_next(block);
        set_tags(next, next->size_flags | PREVIOUS_USED);
    }
    if (have < size)
        return 0;
    if (have - size >= BLOCK_LEAST) {
        set_tags(block, size | flags);
        struct block *rest = block_next(block);
        set_tags(rest, (have - size) | BLOCK_USED | PREVIOUS_USED);
        release(rest);
    }
    return 1;
}

void *__cdecl realloc(void *memory, size_t size)
{
    if (memory == NULL)
        return malloc(size);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    if (size > REQUEST_MOST)
        return out_of_memory();
    heap_enter();
    struct block *block = checked(memory);
    int stays = resize(block, rounded(size));
    size_t old = block_size(block) - BLOCK_TAGS;
    heap_leave();
    if (stays)
        return memory;
    void *moved = malloc(size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memory, old < size ? old : size);
    free(memory);
    return moved;
}

void *__cdecl expand(void *memory, size_t size)
{
    if (memory == NULL) {
        *errno_place() = BORLAND_EINVAL;
        return NULL;
    }
    if (size > REQUEST_MOST)
        return out_of_memory();
    heap_enter();
    int stays = resize(checked(memory), rounded(size));
    heap_leave();
    return stays ? memory : out_of_memory();
}

size_t __cdecl msize(void *memory)
{
    heap_enter();
    size_t size = memory != NULL && arena_of(memory) != NULL
                      ? block_size(block_of(memory)) - BLOCK_TAGS
                      : (size_t)-1;
    heap_leave();
    return size;
}

/* ---- the walk and the check ---- */

static void show(struct block *block, struct heap_node *node)
{
    node->block = block_memory(block);
    node->size = block_size(block) - BLOCK_TAGS;
    node->used = block_used(block);
    node->spare = (uint32_t *)(block + 1);
    node->spare_end = node->used ? node->spare : block_last_word(block);
}

int heap_next(struct heap_node *node)
{
    struct arena *arena = node->block != NULL ? arena_of(node->block) : heap.arenas;
    if (arena == NULL)
        return node->block != NULL ? HEAP_CORRUPT : HEAP_EMPTY;
    struct block *block = arena_first(arena);
    if (node->block != NULL) {
        if (!is_intact(block_of(node->block)))
            return HEAP_CORRUPT;
        block = block_next(block_of(node->block));
    }
    if (block == arena_end_mark(arena)) {
        if (arena->next == NULL)
            return HEAP_END;
        arena = arena->next;
        block = arena_first(arena);
    }
    if (block > arena_end_mark(arena) || !is_intact(block))
        return HEAP_CORRUPT;
    show(block, node);
    return HEAP_OK;
}

/* B1..B4 for one block; the bins are compared later. */
static int block_sound(struct arena *arena, struct block *block, int previous_used)
{
    uint32_t left = (uint32_t)((char *)arena_end_mark(arena) - (char *)block);
    uint32_t size = block_size(block);
    int says_used = (block->size_flags & PREVIOUS_USED) != 0;
    if (!is_intact(block) || says_used != previous_used)
        return 0;
    if (size < BLOCK_LEAST || size > left)
        return 0;
    return block_used(block) || (previous_used && *block_last_word(block) == size);
}

/* 1: the arena is in order, and *free_blocks has grown by its free ones. */
static int arena_sound(struct arena *arena, uint32_t *free_blocks)
{
    struct block *block = arena_first(arena), *end = arena_end_mark(arena);
    int used = 1;
    for (; block != end; block = block_next(block)) {
        if (!block_sound(arena, block, used))
            return 0;
        used = block_used(block);
        *free_blocks += !used;
    }
    return is_intact(end) && block_size(end) == 0 &&
           used == ((end->size_flags & PREVIOUS_USED) != 0);
}

/* B4 and B5 for one bin; each of its blocks is taken from *free_blocks. */
static int bin_sound(uint32_t bin, uint32_t *free_blocks)
{
    struct block *previous = NULL;
    for (struct block *at = heap.bins[bin]; at != NULL; at = at->next) {
        if (*free_blocks == 0 || !is_intact(at) || block_used(at))
            return 0;
        if (at->previous != previous || bin_of(block_size(at)) != bin)
            return 0;
        previous = at;
        --*free_blocks;
    }
    return (heap.bins[bin] != NULL) == (heap.map[bin / 32] >> bin % 32 & 1);
}

int heap_sound(void)
{
    uint32_t free_blocks = 0;
    heap_enter();
    int sound = 1, result = HEAP_EMPTY;
    for (struct arena *arena = heap.arenas; arena != NULL && sound; arena = arena->next)
        sound = arena_sound(arena, &free_blocks);
    for (uint32_t bin = 0; bin < BINS && sound; bin++)
        sound = bin_sound(bin, &free_blocks);
    if (!sound || free_blocks != 0)
        result = HEAP_CORRUPT;
    else if (heap.arenas != NULL)
        result = HEAP_OK;
    heap_leave();
    return result;
}
