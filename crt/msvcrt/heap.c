/* heap.c - malloc is HeapAlloc on a heap of the CRT's own.
 *
 *     malloc ──> kernel32.HeapAlloc (= ntdll.RtlAllocateHeap) on crt_heap
 *
 * The heap is made by HeapCreate when the DLL starts, before any code of the program
 * runs, and is not the process's default heap: a block of malloc given to LocalFree or
 * CoTaskMemFree is a block of another heap.  There is no header of ours before a
 * block and no list beside it; what malloc returns is what the heap returned.
 *
 * Zeroed, resized and measured blocks: resize.c.
 *
 * Lock: the heap's own.  Windows keeps the same in _crtheap (`dd msvcrt!_crtheap L1`, then
 * `!heap -a`).
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

/* malloc where there was no memory: as long as the program's handler asks for it. */
static __attribute__((noinline)) void *try_again(size_t size)
{
    void *block = NULL;
    while (block == NULL && crt_no_memory(size))
        block = size <= _HEAP_MAXREQ ? HeapAlloc(crt_heap, 0, size) : NULL;
    return block;
}

/* `size` bytes, 8-byte aligned, contents undefined; size 0 gives a block of its own. Null
 * and ENOMEM when there is no memory.  Source: malloc. */
void *__cdecl malloc(size_t size)
{
    void *block = size <= _HEAP_MAXREQ ? HeapAlloc(crt_heap, 0, size) : NULL;
    return block != NULL ? block : try_again(size);
}

/* Frees a block; a null pointer is ignored.  errno and the last error stay as they were unless
 * the heap finds the block damaged (EINVAL).  Source: free. */
void __cdecl free(void *block)
{
    if (block != NULL && !HeapFree(crt_heap, 0, block))
        *_errno() = EINVAL;
}
