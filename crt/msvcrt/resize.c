/* resize.c - the CRT's other calls on its heap: calloc, realloc, _recalloc, _expand, _msize.
 *
 * Each is one call of Win32's heap on crt_heap (heap.c), and the C library's rules for sizes
 * and errno around it.
 *
 * Lock: the heap's own.
 */
#include "crt.h"

/* `count` elements of `size` bytes, zeroed.  A product past 2^32 is ENOMEM, never a small
 * block.  Source: calloc. */
void *__cdecl calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > _HEAP_MAXREQ) {
        *_errno() = ENOMEM;
        return NULL;
    }
    for (;;) {
        void *block = HeapAlloc(crt_heap, HEAP_ZERO_MEMORY, bytes);
        if (block != NULL || !crt_no_memory(bytes))
            return block;
    }
}

/* The block at `size` bytes, perhaps elsewhere, its contents kept up to the smaller size.
 * Null block: malloc.  Size 0: free, and null.  No memory: null, ENOMEM, and the old
 * block is as it was.  Source: realloc. */
void *__cdecl realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    for (;;) {
        void *moved = size <= _HEAP_MAXREQ ? HeapReAlloc(crt_heap, 0, block, size) : NULL;
        if (moved != NULL || !crt_no_memory(size))
            return moved;
    }
}

/* realloc of `count` elements of `size` bytes; what is new is zero.  Source: _recalloc. */
void *__cdecl _recalloc(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        *_errno() = ENOMEM;
        return NULL;
    }
    size_t old = block != NULL ? _msize(block) : 0;
    void *moved = realloc(block, bytes);
    if (moved != NULL && bytes > old)
        memset((char *)moved + old, 0, bytes - old);
    return moved;
}

/* The block at `size` bytes where it lies, or null and the block as it was.
 * Source: _expand. */
void *__cdecl _expand(void *block, size_t size)
{
    if (block == NULL) {
        *_errno() = EINVAL;
        return NULL;
    }
    void *same = HeapReAlloc(crt_heap, HEAP_REALLOC_IN_PLACE_ONLY, block, size);
    if (same == NULL)
        *_errno() = ENOMEM;
    return same;
}

/* The bytes that were requested; null is EINVAL and (size_t)-1.  Source: _msize. */
size_t __cdecl _msize(void *block)
{
    if (block == NULL) {
        *_errno() = EINVAL;
        return (size_t)-1;
    }
    return HeapSize(crt_heap, 0, block);
}
