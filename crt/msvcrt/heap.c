/* heap.c - malloc is HeapAlloc on a heap of the CRT's own.
 *
 *     malloc ──> kernel32.HeapAlloc (= ntdll.RtlAllocateHeap) on crt_heap
 *
 * The heap is made by HeapCreate when the DLL starts, before any code of the program
 * runs, and is not the process's default heap: a block of malloc given to LocalFree or
 * CoTaskMemFree is a block of another heap.  There is no header of ours before a
 * block and no list beside it; what malloc returns is what the heap returned.
 *
 * Lock: the heap's own.  Windows keeps the same in _crtheap (`dd msvcrt!_crtheap L1`,
 * then `!heap -a`).
 */
#include "crt.h"

HANDLE crt_heap;

/* Makes the CRT's heap; 0 if the system has no memory for it (the program then cannot
 * start). */
int crt_heap_start(void)
{
    crt_heap = HeapCreate(0, 0x1000, 0);
    return crt_heap != NULL;
}

/* The handle of the CRT's heap, for HeapValidate and its like.
 * Source: Microsoft C runtime reference, _get_heap_handle. */
intptr_t __cdecl _get_heap_handle(void)
{
    return (intptr_t)crt_heap;
}

/* `size` bytes, 8-byte aligned, contents undefined; size 0 gives a block of its own. Null
 * and ENOMEM when there is no memory.  Source: malloc. */
void *__cdecl malloc(size_t size)
{
    for (;;) {
        void *block = size <= _HEAP_MAXREQ ? HeapAlloc(crt_heap, 0, size) : NULL;
        if (block != NULL || !crt_no_memory(size))
            return block;
    }
}

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

/* Frees a block; a null pointer is ignored.  errno and the last error stay as they were unless
 * the heap finds the block damaged (EINVAL).  Source: free. */
void __cdecl free(void *block)
{
    if (block != NULL && !HeapFree(crt_heap, 0, block))
        *_errno() = EINVAL;
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
