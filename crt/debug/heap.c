/* heap.c - msvcrtd's malloc family.
 *
 *     the program's   malloc, calloc, ...   msvcrtd.def binds the names to debug_malloc ...
 *     with a place    _malloc_dbg, ...      file and line of <crtdbg.h>
 *     the CRT's own   malloc, calloc, ...   the C names: what the other files of the CRT
 *                                           call, and what libmingwex calls
 *
 * So the objects of msvcrt serve msvcrtd unchanged: what they take for themselves is a
 * _CRT_BLOCK and no leak; DEBUG_FOR makes it the program's where they take it for the
 * program.  Lock: the layer's.  Source: Microsoft C runtime reference, _malloc_dbg ...
 */
#include "debug/debug.h"

struct debug_origin debug_origin = {_CRT_BLOCK, NULL, 0};

int crt_heap_start(void)
{
    debug_start();
    crt_heap = HeapCreate(0, 0x1000, 0);
    crt_at_end = debug_end;
    return crt_heap != NULL;
}

intptr_t __cdecl _get_heap_handle(void)
{
    return (intptr_t)crt_heap;
}

void *__cdecl _malloc_dbg(size_t size, int use, const char *file, int line)
{
    for (;;) {
        void *block = debug_allocate(size, use, file, line);
        if (block != NULL || !crt_no_memory(size))
            return block;
    }
}

void *__cdecl _calloc_dbg(size_t count, size_t size, int use, const char *file, int line)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        *_errno() = ENOMEM;
        return NULL;
    }
    void *block = _malloc_dbg(bytes, use, file, line);
    return block != NULL ? memset(block, 0, bytes) : NULL;
}

/* As realloc: null is _malloc_dbg, size 0 is _free_dbg. */
void *__cdecl _realloc_dbg(void *memory, size_t size, int use, const char *file, int line)
{
    if (memory == NULL)
        return _malloc_dbg(size, use, file, line);
    if (size == 0) {
        debug_release(memory, use);
        return NULL;
    }
    for (;;) {
        void *block = debug_resize(memory, size, 0, use, file, line);
        if (block != NULL || !crt_no_memory(size))
            return block;
    }
}

void *__cdecl _recalloc_dbg(void *memory, size_t count, size_t size, int use,
                            const char *file, int line)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        *_errno() = ENOMEM;
        return NULL;
    }
    size_t old = memory != NULL ? _msize_dbg(memory, use) : 0;
    char *block = _realloc_dbg(memory, bytes, use, file, line);
    if (block != NULL && bytes > old)
        memset(block + old, 0, bytes - old);
    return block;
}

void *__cdecl _expand_dbg(void *memory, size_t size, int use, const char *file, int line)
{
    void *block = NULL;
    if (memory == NULL)
        *_errno() = EINVAL;
    else if ((block = debug_resize(memory, size, 1, use, file, line)) == NULL)
        *_errno() = ENOMEM;
    return block;
}

void __cdecl _free_dbg(void *memory, int use)
{
    debug_release(memory, use);
}

/* What was asked for; what is no block is (size_t)-1 and an assertion. */
size_t __cdecl _msize_dbg(void *memory, int use)
{
    (void)use;
    if (memory == NULL) {
        *_errno() = EINVAL;
        return (size_t)-1;
    }
    if (!_CrtIsValidHeapPointer(memory)) {
        debug_assertion("_CrtIsValidHeapPointer(pUserData)");
        return (size_t)-1;
    }
    return debug_header(memory)->size;
}

/* The program's plain names: blocks without a place. */
void *__cdecl debug_malloc(size_t size)
{
    return _malloc_dbg(size, _NORMAL_BLOCK, NULL, 0);
}

void *__cdecl debug_calloc(size_t count, size_t size)
{
    return _calloc_dbg(count, size, _NORMAL_BLOCK, NULL, 0);
}

void *__cdecl debug_realloc(void *memory, size_t size)
{
    return _realloc_dbg(memory, size, _NORMAL_BLOCK, NULL, 0);
}

void *__cdecl _recalloc(void *memory, size_t count, size_t size)
{
    return _recalloc_dbg(memory, count, size, _NORMAL_BLOCK, NULL, 0);
}

void *__cdecl _expand(void *memory, size_t size)
{
    return _expand_dbg(memory, size, _NORMAL_BLOCK, NULL, 0);
}

void __cdecl free(void *memory)
{
    debug_release(memory, _NORMAL_BLOCK);
}

size_t __cdecl _msize(void *memory)
{
    return _msize_dbg(memory, _NORMAL_BLOCK);
}

/* The inside's names.  Only the lock's owner may see another origin than the CRT
 * itself, so they are read under the lock. */
void *__cdecl malloc(size_t size)
{
    debug_lock();
    struct debug_origin from = debug_origin;
    void *block = _malloc_dbg(size, from.use, from.file, from.line);
    debug_unlock();
    return block;
}

void *__cdecl calloc(size_t count, size_t size)
{
    debug_lock();
    struct debug_origin from = debug_origin;
    void *block = _calloc_dbg(count, size, from.use, from.file, from.line);
    debug_unlock();
    return block;
}

void *__cdecl realloc(void *memory, size_t size)
{
    debug_lock();
    struct debug_origin from = debug_origin;
    int use = memory != NULL ? _NORMAL_BLOCK : from.use;
    void *block = _realloc_dbg(memory, size, use, from.file, from.line);
    debug_unlock();
    return block;
}
