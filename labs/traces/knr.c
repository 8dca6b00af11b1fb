/* knr.c - a malloc as the book on C has it, to be measured beside others (make score N=7): one ring
 * of free blocks by address, searched from where the last search ended.
 *
 * Kernighan and Ritchie, The C Programming Language, 8.7, has the idea; the text is ours.  It keeps
 * what the recordings need of crt/borland/heap.h, and none of M2, M5, M6, M7 and M9.
 */
#include "borland/heap.h"

enum { UNIT = 8, CHUNK = 0x10000, MOST = 0x7FFF0000 };

struct head {
    struct head *next; /* in the ring, while free */
    uint32_t units;    /* of 8 bytes, this head included */
};

static struct head ring, *rover;

void heap_start(uint32_t key)
{
    (void)key;
    ring.next = rover = &ring;
}

void heap_end(void)
{
}

/* Into the ring by address, joined with what lies beside it; the lock is held. */
static void put(struct head *block)
{
    struct head *at = rover;
    while (!(block > at && block < at->next) &&
           !(at >= at->next && (block > at || block < at->next)))
        at = at->next;
    block->next = at->next;
    if (block + block->units == at->next) {
        block->units += at->next->units;
        block->next = at->next->next;
    }
    if (at + at->units == block) {
        at->units += block->units;
        at->next = block->next;
    } else {
        at->next = block;
    }
    rover = at;
}

/* Memory of the system, in the ring.  0: there is none. */
static int more(uint32_t units)
{
    const uint32_t bytes = (units * UNIT + CHUNK - 1) & -CHUNK;
    struct head *block =
        VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!block)
        return 0;
    block->units = bytes / UNIT;
    put(block);
    return 1;
}

static struct head *take(uint32_t units)
{
    struct head *before = rover, *at = before->next;
    for (;; before = at, at = at->next) {
        if (at->units >= units) {
            if (at->units == units) {
                before->next = at->next;
            } else {
                at->units -= units;
                at += at->units;
                at->units = units;
            }
            rover = before;
            return at;
        }
        if (at == rover) { /* once round */
            if (!more(units))
                return NULL;
            at = rover;
        }
    }
}

void *__cdecl malloc(size_t size)
{
    struct head *block = NULL;
    heap_enter();
    if (size && size <= MOST)
        block = take((uint32_t)(size + UNIT - 1) / UNIT + 1);
    heap_leave();
    if (size && !block)
        *errno_place() = BORLAND_ENOMEM;
    return block ? block + 1 : NULL;
}

void __cdecl free(void *block)
{
    heap_enter();
    if (block)
        put((struct head *)block - 1);
    heap_leave();
}

size_t __cdecl msize(void *block)
{
    return (((struct head *)block - 1)->units - 1) * UNIT;
}

void *__cdecl calloc(size_t count, size_t size)
{
    void *block = size && count > MOST / size ? NULL : malloc(count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

void *__cdecl realloc(void *block, size_t size)
{
    if (block && size && size <= msize(block))
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
