/* heap.c - cw3220's malloc and free.  heap.h has the picture and the invariants.
 *
 *     malloc, cold:  no free block is large enough ──> kernel32.VirtualAlloc: an arena
 *     malloc, warm:  a bin's first block, cut to size; nothing leaves this DLL
 *     free:          joined with its free neighbours and put into its bin
 *
 * An arena that is wholly free goes back by VirtualFree, unless it is the only one.
 */
#include "borland/heap.h"

struct heap heap;

static void set_tags(struct block *block, uint32_t size_flags)
{
    block->size_flags = size_flags;
    block->check = block_check(block);
}

/* Bins 8 bytes apart up to 511 bytes, then two for each power of two. */
uint32_t bin_of(uint32_t size)
{
    if (size < BIN_SMALL * 8)
        return size / 8;
    uint32_t octave = 31 - (uint32_t)__builtin_clz(size);
    uint32_t bin = BIN_SMALL + (octave - 9) * 2 + (size >> (octave - 1) & 1);
    return bin < BINS ? bin : BINS - 1;
}

/* Follows a link only when the block it is taken from, or leads to, is sound. */
static void must_be_sound(struct block *block)
{
    if (block->check != block_check(block))
        heap_abort("a free block was written to", block_memory(block));
}

static void set_links(struct block *block, struct block *next, struct block *previous)
{
    block->next = next;
    block->previous = previous;
    block->check = block_check(block);
}

static void bin_insert(struct block *block)
{
    uint32_t size = block_size(block), bin = bin_of(size);
    struct block *head = heap.bins[bin];
    *(uint32_t *)((char *)block + size - 4) = size;
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

/* `size` bytes, 8-byte aligned; 0 gives null, as Borland documents.  Null and ENOMEM when
 * there is no memory. */
void *__cdecl malloc(size_t size)
{
    if (size == 0)
        return NULL;
    if (size > REQUEST_MOST) {
        *errno_place() = BORLAND_ENOMEM;
        return NULL;
    }
    uint32_t whole = rounded(size);
    void *result = NULL;
    EnterCriticalSection(&heap.lock);
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
    LeaveCriticalSection(&heap.lock);
    if (result == NULL)
        *errno_place() = BORLAND_ENOMEM;
    return result;
}

/* Refuses what is no block in use; under the lock. */
static struct block *checked(void *memory)
{
    struct block *block = block_of(memory);
    if (((uintptr_t)memory & 7) != 0 || !heap_owns(memory))
        heap_abort("not a block of this heap", memory);
    if (block->check != block_check(block))
        heap_abort("the block's tags were overwritten, or it is no block", memory);
    if (!(block->size_flags & BLOCK_USED))
        heap_abort("the block is free already", memory);
    struct block *next = block_next(block);
    if (next->check != block_check(next))
        heap_abort("written past the end of the block", memory);
    return block;
}

/* Returns a wholly free arena to the system, but for the last one. */
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
    return 1;
}

/* Marks a block as free, joined with its neighbours, and puts it into its bin. */
static void release(struct block *block)
{
    uint32_t size = block_size(block), flags = block->size_flags & PREVIOUS_USED;
    struct block *start = block, *next = block_next(block);
    if (!(next->size_flags & BLOCK_USED)) {
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

/* Gives a block back; null is nothing.  What is no block in use ends the program. */
void __cdecl free(void *memory)
{
    if (memory == NULL)
        return;
    EnterCriticalSection(&heap.lock);
    release(checked(memory));
    LeaveCriticalSection(&heap.lock);
}

void *__cdecl calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        *errno_place() = BORLAND_ENOMEM;
        return NULL;
    }
    char *memory = malloc(bytes);
    if (memory != NULL)
        for (size_t i = 0; i < bytes; i++)
            ((volatile char *)memory)[i] = 0;
    return memory;
}

/* Makes the block `size` bytes (tags included) where it stands; 0 if it cannot. */
static int resize(struct block *block, uint32_t size)
{
    uint32_t have = block_size(block), flags = block->size_flags & BLOCK_FLAGS;
    struct block *next = block_next(block);
    if (have < size && !(next->size_flags & BLOCK_USED) &&
        have + block_size(next) >= size) {
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

/* As the standard says; size 0 frees and gives null. */
void *__cdecl realloc(void *memory, size_t size)
{
    if (memory == NULL)
        return malloc(size);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    if (size > REQUEST_MOST) {
        *errno_place() = BORLAND_ENOMEM;
        return NULL;
    }
    EnterCriticalSection(&heap.lock);
    struct block *block = checked(memory);
    int stays = resize(block, rounded(size));
    size_t old = block_size(block) - BLOCK_TAGS;
    LeaveCriticalSection(&heap.lock);
    if (stays)
        return memory;
    char *moved = malloc(size);
    if (moved == NULL)
        return NULL;
    for (size_t i = 0; i < old && i < size; i++)
        ((volatile char *)moved)[i] = ((char *)memory)[i];
    free(memory);
    return moved;
}

/* The block at `size` bytes where it stands, or null and the block as it was.
 * Source: Borland's _expand. */
void *__cdecl expand(void *memory, size_t size)
{
    if (memory == NULL || size > REQUEST_MOST) {
        *errno_place() = memory == NULL ? BORLAND_EINVAL : BORLAND_ENOMEM;
        return NULL;
    }
    EnterCriticalSection(&heap.lock);
    int stays = resize(checked(memory), rounded(size));
    LeaveCriticalSection(&heap.lock);
    if (!stays)
        *errno_place() = BORLAND_ENOMEM;
    return stays ? memory : NULL;
}
