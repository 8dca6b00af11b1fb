/* bins.c - a malloc with boundary tags and bins, to be measured beside others (make score): best
 * fit, as in Doug Lea's allocator, at the price of 4 bytes a block.
 *
 *     | before | size,bits | payload ...            | before | size,bits | ...
 *                          ^ what malloc returns    ^ the next chunk's; payload while this is used
 *
 * D. Lea, "A Memory Allocator" (1996), has the ideas: the size of a free chunk is at its end, too,
 * so both neighbours are found at once; a bin for each small size, four for each power of two
 * above, those sorted; the chunk at the end (top) is cut last.  The text is ours.  It keeps what
 * the recordings need of crt/borland/heap.h, checks nothing (M7), gives no memory back (M6).
 */
#include "borland/heap.h"

enum { USED = 1, BEFORE_USED = 2, LEAST = 16, SMALL = 512, BINS = 128 };
enum { RESERVED = 64 << 20, PAGE = 4096, MOST = RESERVED / 2 };

struct chunk {
    uint32_t before, size; /* before: bytes of the chunk before, while that is free */
    struct chunk *next, *earlier; /* in the bin, while this is free */
};

static struct chunk bins[BINS], *top;
static uint32_t there[BINS / 32]; /* a bit for each bin that is not empty */
static char *committed_end, *reserved_end;

static uint32_t size_of(const struct chunk *chunk)
{
    return chunk->size & ~7u;
}

static struct chunk *after(struct chunk *chunk)
{
    return (struct chunk *)((char *)chunk + size_of(chunk));
}

static uint32_t bin_of(uint32_t size)
{
    if (size < SMALL)
        return size / 8;
    const uint32_t power = 31 - (uint32_t)__builtin_clz(size);
    const uint32_t bin = 64 + (power - 9) * 4 + (size >> (power - 2) & 3);
    return bin < BINS ? bin : BINS - 1;
}

void heap_start(uint32_t key)
{
    (void)key;
    for (uint32_t i = 0; i < BINS; i++)
        bins[i].next = bins[i].earlier = &bins[i];
}

void heap_end(void)
{
}

static void unlink(struct chunk *chunk)
{
    struct chunk *next = chunk->next, *earlier = chunk->earlier;
    earlier->next = next;
    next->earlier = earlier;
    if (next == earlier) { /* the bin's own head: it is empty */
        const uint32_t bin = bin_of(size_of(chunk));
        if (next == &bins[bin])
            there[bin / 32] &= ~(1u << bin % 32);
    }
}

/* A free chunk of `size` bytes into its bin; what lies before it is in use. */
static void put(struct chunk *chunk, uint32_t size)
{
    const uint32_t bin = bin_of(size);
    struct chunk *at = bins[bin].next;
    while (size >= SMALL && at != &bins[bin] && size_of(at) < size)
        at = at->next;
    chunk->size = size | BEFORE_USED;
    chunk->next = at;
    chunk->earlier = at->earlier;
    at->earlier = at->earlier->next = chunk;
    there[bin / 32] |= 1u << bin % 32;
    after(chunk)->before = size;
    after(chunk)->size &= ~(uint32_t)BEFORE_USED;
}

/* The first bin from `bin` on that is not empty; BINS: there is none. */
static uint32_t next_bin(uint32_t bin)
{
    uint32_t word = bin < BINS ? there[bin / 32] & ~0u << bin % 32 : 0;
    for (bin /= 32; !word && ++bin < BINS / 32;)
        word = there[bin];
    return word ? bin * 32 + (uint32_t)__builtin_ctz(word) : BINS;
}

/* The smallest free chunk of at least `size` bytes, out of its bin.  NULL: none. */
static struct chunk *best(uint32_t size)
{
    for (uint32_t bin = next_bin(bin_of(size)); bin < BINS; bin = next_bin(bin + 1))
        for (struct chunk *at = bins[bin].next; at != &bins[bin]; at = at->next)
            if (size_of(at) >= size) {
                unlink(at);
                return at;
            }
    return NULL;
}

/* Sees that the top has `size` bytes and a header after them.  0: there is no memory. */
static int grown(uint32_t size)
{
    if (!top) {
        char *start = VirtualAlloc(NULL, RESERVED, MEM_RESERVE, PAGE_READWRITE);
        if (!start)
            return 0;
        committed_end = start, reserved_end = start + RESERVED;
        top = (struct chunk *)start;
    }
    char *const wanted = (char *)top + size + sizeof *top;
    if (wanted > committed_end) {
        const uint32_t more = (uint32_t)(wanted - committed_end + PAGE - 1) & -PAGE;
        if (more > (uint32_t)(reserved_end - committed_end) ||
            !VirtualAlloc(committed_end, more, MEM_COMMIT, PAGE_READWRITE))
            return 0;
        if (committed_end == (char *)top)
            top->size = BEFORE_USED;
        committed_end += more;
    }
    return 1;
}

/* The first `size` bytes of a chunk of `whole` bytes are in use; the rest is free. */
static void cut(struct chunk *chunk, uint32_t whole, uint32_t size)
{
    const uint32_t bits = (chunk->size & BEFORE_USED) | USED;
    const uint32_t used = whole - size >= LEAST ? size : whole;
    chunk->size = used | bits;
    if (used < whole)
        put(after(chunk), whole - size);
    else
        after(chunk)->size |= BEFORE_USED;
}

static struct chunk *take(uint32_t size)
{
    struct chunk *chunk = best(size);
    if (chunk) {
        cut(chunk, size_of(chunk), size);
    } else if (grown(size)) {
        chunk = top;
        chunk->size = size | USED | (chunk->size & BEFORE_USED);
        top = after(chunk);
        top->size = BEFORE_USED;
    }
    return chunk;
}

/* Joins a chunk with free neighbours and puts it away. */
static void give(struct chunk *chunk)
{
    uint32_t size = size_of(chunk);
    struct chunk *next = after(chunk);
    if (!(chunk->size & BEFORE_USED)) {
        size += chunk->before;
        chunk = (struct chunk *)((char *)chunk - chunk->before);
        unlink(chunk);
    }
    if (next == top) {
        top = chunk;
        top->size = BEFORE_USED;
        return;
    }
    if (!(next->size & USED)) {
        size += size_of(next);
        unlink(next);
    }
    put(chunk, size);
}

static uint32_t chunk_size(size_t size)
{
    const uint32_t wanted = (uint32_t)(size + 4 + 7) & ~7u;
    return wanted < LEAST ? LEAST : wanted;
}

static struct chunk *of(void *block)
{
    return (struct chunk *)((char *)block - 8);
}

void *__cdecl malloc(size_t size)
{
    struct chunk *chunk = NULL;
    heap_enter();
    if (size && size <= MOST)
        chunk = take(chunk_size(size));
    heap_leave();
    if (size && !chunk)
        *errno_place() = BORLAND_ENOMEM;
    return chunk ? &chunk->next : NULL;
}

void __cdecl free(void *block)
{
    heap_enter();
    if (block)
        give(of(block));
    heap_leave();
}

size_t __cdecl msize(void *block)
{
    return size_of(of(block)) - 4;
}

void *__cdecl calloc(size_t count, size_t size)
{
    void *block = size && count > MOST / size ? NULL : malloc(count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

/* The block where it lies, into a free chunk after it or the top.  0: not so. */
static int widened(struct chunk *chunk, uint32_t size)
{
    struct chunk *next = after(chunk);
    const uint32_t whole = size_of(chunk);
    if (whole >= size)
        return 1;
    if (next == top && grown(size - whole)) {
        chunk->size += size - whole;
        top = after(chunk);
        top->size = BEFORE_USED;
        return 1;
    }
    if (next == top || next->size & USED || whole + size_of(next) < size)
        return 0;
    unlink(next);
    cut(chunk, whole + size_of(next), size);
    return 1;
}

void *__cdecl realloc(void *block, size_t size)
{
    heap_enter();
    const int fits =
        block && size && size <= MOST && widened(of(block), chunk_size(size));
    heap_leave();
    if (fits)
        return block;
    void *moved = malloc(size);
    if (moved && block)
        memcpy(moved, block, msize(block) < size ? msize(block) : size);
    if (moved || !size)
        free(block);
    return moved;
}

void *__cdecl expand(void *block, size_t size)
{
    return block && size <= msize(block) ? block : NULL;
}

void *__cdecl heap_new(size_t size)
{
    void *block;
    while (!(block = malloc(size + !size)))
        if (!heap_new_handler())
            heap_throw();
    return block;
}

int heap_next(struct heap_node *node)
{
    (void)node;
    return HEAP_EMPTY;
}

int heap_sound(void)
{
    return HEAP_OK;
}
