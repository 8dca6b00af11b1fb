/* aligned.c - _aligned_malloc and its seven relatives.
 *
 *     base (malloc)     ┌ base, one word, and BD four times: before the block
 *     v                 v
 *     ├───── slack ─────┤base│BDBDBDBD│ block ........................┤
 *                                     ^ (block + offset) % alignment == 0
 *
 * The block is cut from a larger one of malloc.  The word before it is that block's address,
 * and by the BDs (the CRT's mark) the debug runtime knows what it is.  Alignments are powers of
 * two; one below a pointer's, 0 included, counts as a pointer's.
 *
 * Lock: none of its own.  Source: Microsoft C runtime reference, _aligned_malloc and so on.
 */
#include "crt.h"

static void **base_of(void *block)
{
    return (void **)((uintptr_t)block & ~(sizeof(void *) - 1)) - 2;
}

/* `size` bytes such that the byte at `offset` is aligned.  EINVAL: alignment neither 0 nor a
 * power of two, or offset not inside; ENOMEM. */
void *__cdecl _aligned_offset_malloc(size_t size, size_t alignment, size_t offset)
{
    if ((alignment & (alignment - 1)) != 0 || (offset != 0 && offset >= size)) {
        *_errno() = EINVAL;
        return NULL;
    }
    size_t step = alignment > sizeof(void *) ? alignment : sizeof(void *);
    size_t slack = step - 1 + 3 * sizeof(void *), total;
    if (__builtin_add_overflow(size, slack, &total)) {
        *_errno() = ENOMEM;
        return NULL;
    }
    char *base = malloc(total);
    if (base == NULL)
        return NULL;
    uintptr_t first = (uintptr_t)base + 3 * sizeof(void *) - 1 + offset;
    void *block = (void *)(((first + step - 1) & ~(uintptr_t)(step - 1)) - offset);
    base_of(block)[0] = base;
    base_of(block)[1] = (void *)0xBDBDBDBD;
    return block;
}

void *__cdecl _aligned_malloc(size_t size, size_t alignment)
{
    return _aligned_offset_malloc(size, alignment, 0);
}

void __cdecl _aligned_free(void *block)
{
    if (block != NULL)
        free(*base_of(block));
}

/* Bytes from `block` to the end of the malloc block that holds it: at least what was
 * asked. */
static size_t room(void *block)
{
    char *base = *base_of(block);
    return _msize(base) - (size_t)((char *)block - base);
}

/* What was requested, which is stored nowhere: alignment and offset tell how much slack
 * there is at most.  Source: _aligned_msize. */
size_t __cdecl _aligned_msize(void *block, size_t alignment, size_t offset)
{
    (void)offset;
    if (block == NULL) {
        *_errno() = EINVAL;
        return (size_t)-1;
    }
    size_t step = alignment > sizeof(void *) ? alignment : sizeof(void *);
    return _msize(*base_of(block)) - (step - 1 + 3 * sizeof(void *));
}

void *__cdecl _aligned_offset_realloc(void *block, size_t size, size_t alignment,
                                      size_t offset)
{
    if (block == NULL)
        return _aligned_offset_malloc(size, alignment, offset);
    if (size == 0) {
        _aligned_free(block);
        return NULL;
    }
    void *moved = _aligned_offset_malloc(size, alignment, offset);
    if (moved == NULL)
        return NULL;
    size_t old = room(block);
    memcpy(moved, block, old < size ? old : size);
    _aligned_free(block);
    return moved;
}

void *__cdecl _aligned_realloc(void *block, size_t size, size_t alignment)
{
    return _aligned_offset_realloc(block, size, alignment, 0);
}

void *__cdecl _aligned_offset_recalloc(void *block, size_t count, size_t size,
                                       size_t alignment, size_t offset)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        *_errno() = ENOMEM;
        return NULL;
    }
    size_t old = block != NULL ? _aligned_msize(block, alignment, offset) : 0;
    void *moved = _aligned_offset_realloc(block, bytes, alignment, offset);
    if (moved != NULL && bytes > old)
        memset((char *)moved + old, 0, bytes - old);
    return moved;
}

void *__cdecl _aligned_recalloc(void *block, size_t count, size_t size, size_t alignment)
{
    return _aligned_offset_recalloc(block, count, size, alignment, 0);
}
