/* check.c - looking at cw3220's heap: heapcheck, heapwalk, and the voice of corruption.
 *
 * heap_check proves the invariants B1..B5 of heap.h.  Both families of names are
 * Borland's: that of <alloc.h> (heapcheck, heapwalk, heapchecknode, heapcheckfree,
 * heapfillfree) and that of <malloc.h> (_heapchk, _heapwalk, _heapmin, _heapset, _msize,
 * _expand), each with its own codes. Lock: the heap's, during each call.
 */
#include "borland/heap.h"

/* Borland's struct heapinfo. */
struct heapinfo {
    void *ptr;
    unsigned int size;
    int in_use;
};

/* Borland's _HEAPINFO of <malloc.h>. */
struct heap_info {
    int *entry;
    int *reserved;
    size_t size;
    int use;
};

int heap_owns(const void *memory)
{
    const char *at = memory;
    for (struct arena *arena = heap.arenas; arena != NULL; arena = arena->next) {
        const char *start = (const char *)arena;
        if (at >= start + sizeof(*arena) + BLOCK_TAGS &&
            at < start + arena->size - BLOCK_TAGS)
            return 1;
    }
    return 0;
}

static int in_bin(const struct block *block)
{
    const struct block *at = heap.bins[bin_of(block_size(block))];
    while (at != NULL && at != block)
        at = at->check == block_check(at) ? at->next : NULL;
    return at != NULL;
}

/* One block and what it says of its neighbour; HEAP_OK or HEAP_CORRUPT. */
static int block_sound(struct arena *arena, struct block *block, int previous_used)
{
    uint32_t left = (uint32_t)((char *)arena + arena->size - (char *)block);
    uint32_t size = block_size(block);
    int says_used = (block->size_flags & PREVIOUS_USED) != 0;
    if (block->check != block_check(block) || says_used != previous_used)
        return HEAP_CORRUPT;
    if (size < BLOCK_LEAST || size > left - BLOCK_TAGS)
        return HEAP_CORRUPT;
    if (block->size_flags & BLOCK_USED)
        return HEAP_OK;
    if (!previous_used || *(uint32_t *)((char *)block + size - 4) != size ||
        !in_bin(block))
        return HEAP_CORRUPT;
    return HEAP_OK;
}

static int arena_check(struct arena *arena)
{
    struct block *block = arena_first(arena);
    int used = 1;
    for (; block_size(block) != 0; block = block_next(block)) {
        if (block_sound(arena, block, used) != HEAP_OK)
            return HEAP_CORRUPT;
        used = (block->size_flags & BLOCK_USED) != 0;
    }
    int at_end = (char *)block == (char *)arena + arena->size - BLOCK_TAGS;
    return at_end && block->check == block_check(block) ? HEAP_OK : HEAP_CORRUPT;
}

/* HEAP_EMPTY, HEAP_OK or HEAP_CORRUPT. */
int __cdecl heapcheck(void)
{
    EnterCriticalSection(&heap.lock);
    int result = heap.arenas == NULL ? HEAP_EMPTY : HEAP_OK;
    for (struct arena *arena = heap.arenas; arena != NULL && result > 0;
         arena = arena->next)
        result = arena_check(arena);
    for (uint32_t bin = 0; bin < BINS && result > 0; bin++)
        if ((heap.bins[bin] != NULL) != (heap.map[bin / 32] >> bin % 32 & 1))
            result = HEAP_CORRUPT;
    LeaveCriticalSection(&heap.lock);
    return result;
}

static struct arena *arena_of(const void *memory)
{
    struct arena *arena = heap.arenas;
    for (; arena != NULL; arena = arena->next)
        if ((const char *)memory > (char *)arena &&
            (const char *)memory < (char *)arena + arena->size)
            break;
    return arena;
}

/* The block behind `memory` (null: the first of all), or null at the end; under the lock.
 */
static struct block *step(void *memory)
{
    struct arena *arena = memory != NULL ? arena_of(memory) : heap.arenas;
    if (arena == NULL)
        return NULL;
    struct block *block =
        memory != NULL ? block_next(block_of(memory)) : arena_first(arena);
    if (block_size(block) == 0)
        block = arena->next != NULL ? arena_first(arena->next) : NULL;
    return block;
}

/* The next block of the heap: info->ptr null starts.  HEAP_OK, HEAP_END, HEAP_EMPTY or
 * HEAP_CORRUPT. */
int __cdecl heapwalk(struct heapinfo *info)
{
    if (heapcheck() < 0)
        return HEAP_CORRUPT;
    int result = HEAP_END;
    EnterCriticalSection(&heap.lock);
    struct block *block = step(info->ptr);
    if (heap.arenas == NULL) {
        result = HEAP_EMPTY;
    } else if (block != NULL) {
        info->ptr = block_memory(block);
        info->size = block_size(block) - BLOCK_TAGS;
        info->in_use = (int)(block->size_flags & BLOCK_USED);
        result = HEAP_OK;
    }
    LeaveCriticalSection(&heap.lock);
    return result;
}

/* What `memory` is: HEAP_USED_ENTRY, HEAP_FREE_ENTRY, HEAP_BAD_NODE, HEAP_CORRUPT,
 * HEAP_EMPTY. */
int __cdecl heapchecknode(void *memory)
{
    int result = heapcheck();
    if (result != HEAP_OK)
        return result;
    result = HEAP_BAD_NODE;
    EnterCriticalSection(&heap.lock);
    struct arena *arena = arena_of(memory);
    struct block *block = arena != NULL ? arena_first(arena) : NULL;
    for (; block != NULL && block_size(block) != 0; block = block_next(block))
        if (block_memory(block) == memory)
            result = block->size_flags & BLOCK_USED ? HEAP_USED_ENTRY : HEAP_FREE_ENTRY;
    LeaveCriticalSection(&heap.lock);
    return result;
}

/* Each word of free memory that the heap itself does not use: set, or compared; 0 if one
 * differs. */
static int free_words(uint32_t value, int set)
{
    int same = 1;
    EnterCriticalSection(&heap.lock);
    for (uint32_t bin = 0; bin < BINS; bin++) {
        for (struct block *block = heap.bins[bin]; block != NULL; block = block->next) {
            uint32_t *at = (uint32_t *)(block + 1);
            uint32_t *end = (uint32_t *)((char *)block + block_size(block) - 4);
            for (; at < end; at++) {
                if (set)
                    *at = value;
                else if (*at != value)
                    same = 0;
            }
        }
    }
    LeaveCriticalSection(&heap.lock);
    return same;
}

/* Fills free memory with `value`, so that heapcheckfree tells whether someone wrote
 * there. */
int __cdecl heapfillfree(unsigned int value)
{
    int result = heapcheck();
    if (result == HEAP_OK)
        free_words(value, 1);
    return result;
}

int __cdecl heapcheckfree(unsigned int value)
{
    int result = heapcheck();
    return result == HEAP_OK && !free_words(value, 0) ? HEAP_BAD_VALUE : result;
}

/* The family of <malloc.h>.  Its codes there: _HEAPEMPTY 1, _HEAPOK 2, _HEAPEND 5, bad
 * node -2. */
int __cdecl heapchk(void)
{
    int result = heapcheck();
    return result == HEAP_CORRUPT ? HEAP_BAD_NODE : result;
}

int __cdecl heapset(unsigned int value)
{
    int result = heapfillfree(value);
    return result == HEAP_CORRUPT ? HEAP_BAD_NODE : result;
}

int __cdecl heapmin(void)
{
    /* Whole arenas go back as they become free; there is nothing left to give. */
    return 0;
}

int __cdecl rtl_heapwalk(struct heap_info *info)
{
    struct heapinfo at = {info->entry, 0, 0};
    int result = heapwalk(&at);
    if (result == HEAP_OK) {
        info->entry = at.ptr;
        info->size = at.size;
        info->use = at.in_use;
    }
    return result == HEAP_CORRUPT ? HEAP_BAD_NODE : result;
}

/* The bytes that the block has room for. */
size_t __cdecl msize(void *memory)
{
    if (memory == NULL || !heap_owns(memory))
        return (size_t)-1;
    return block_size(block_of(memory)) - BLOCK_TAGS;
}

/* Writes "Heap error: WHAT (block HEXADDRESS)" to the standard error, ends with code 3.
 */
void heap_abort(const char *what, const void *memory)
{
    static const char digits[] = "0123456789ABCDEF";
    char line[160] = "Heap error: ";
    int used = 12;
    for (; *what && used < 120; what++)
        line[used++] = *what;
    for (const char *text = " (block "; *text; text++)
        line[used++] = *text;
    for (int shift = 28; shift >= 0; shift -= 4)
        line[used++] = digits[(uintptr_t)memory >> shift & 15];
    for (const char *text = ")\r\nAbnormal program termination\r\n"; *text; text++)
        line[used++] = *text;
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, (DWORD)used, &written, NULL);
    ExitProcess(HEAP_ABORT_CODE);
}
