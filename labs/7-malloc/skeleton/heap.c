/* heap.c - cw3220's malloc and free: yours.  heap.h is the contract, labs/7-malloc/README.md the
 * task.
 *
 * It builds as it is, and each call ends the program with the name of the function that is not
 * written yet.  Write heap_start, malloc and free first, then heap_sound: it finds your mistakes
 * for you.
 */
#include "borland/heap.h"

#define NOT_WRITTEN(function) heap_abort("not written yet: " function, NULL)

void heap_start(uint32_t key)
{
    (void)key; /* keep it: what you hash with it no program can forge */
}

void heap_end(void)
{
}

void *__cdecl malloc(size_t size)
{
    (void)size;
    NOT_WRITTEN("malloc");
}

void __cdecl free(void *block)
{
    (void)block;
    NOT_WRITTEN("free");
}

void *__cdecl calloc(size_t count, size_t size)
{
    (void)count, (void)size;
    NOT_WRITTEN("calloc");
}

void *__cdecl realloc(void *block, size_t size)
{
    (void)block, (void)size;
    NOT_WRITTEN("realloc");
}

void *__cdecl expand(void *block, size_t size)
{
    (void)block, (void)size;
    NOT_WRITTEN("expand");
}

size_t __cdecl msize(void *block)
{
    (void)block;
    NOT_WRITTEN("msize");
}

void *__cdecl heap_new(size_t size)
{
    (void)size;
    NOT_WRITTEN("heap_new");
}

int heap_next(struct heap_node *node)
{
    (void)node;
    NOT_WRITTEN("heap_next");
}

int heap_sound(void)
{
    NOT_WRITTEN("heap_sound");
}
