/* check.c - is the heap whole: the strips, the freed blocks, one pointer.
 *
 * Everything here only reads.  A link of the list is followed only to what the system's
 * heap knows as a block, so that a list that was written over ends the check with a
 * report, not with a fault.  Lock: the layer's.
 */
#include "debug/debug.h"

int debug_all(const void *memory, int byte, size_t size)
{
    const unsigned char *at = memory;
    while (size != 0 && *at == byte) {
        at++;
        size--;
    }
    return size == 0;
}

const char *debug_type_name(int use)
{
    static const char *const names[] = {"Free", "Normal", "CRT", "Ignore", "Client"};
    return _BLOCK_TYPE(use) < _MAX_BLOCKS ? names[_BLOCK_TYPE(use)] : "DAMAGED";
}

static void damaged(const struct debug_block *block, const char *where, const char *place)
{
    char owner[MAX_PATH + 40] = "";
    if (block->file != NULL && !IsBadStringPtrA(block->file, MAX_PATH))
        _snprintf(owner, sizeof(owner) - 1, "\nMemory allocated at %s(%d).\n",
                  block->file, block->line);
    debug_say(_CRT_ERROR,
              "HEAP CORRUPTION DETECTED: %s %s block (#%d) at 0x%p.\n"
              "CRT detected that the application wrote to memory %s of heap buffer.\n%s",
              where, debug_type_name(block->use), block->request, debug_memory(block),
              place, owner);
}

int debug_ends_whole(const struct debug_block *block)
{
    int whole = 1;
    if (!debug_all(block->gap, DEBUG_NOMAN, DEBUG_GAP)) {
        damaged(block, "before", "before start");
        whole = 0;
    }
    if (!debug_all((char *)debug_memory(block) + block->size, DEBUG_NOMAN, DEBUG_GAP)) {
        damaged(block, "after", "after end");
        whole = 0;
    }
    return whole;
}

static int block_whole(const struct debug_block *block)
{
    int whole = debug_ends_whole(block);
    if (_BLOCK_TYPE(block->use) == _FREE_BLOCK &&
        !debug_all(debug_memory(block), DEBUG_FREED, block->size)) {
        debug_say(_CRT_ERROR,
                  "HEAP CORRUPTION DETECTED: on top of Free block at 0x%p.\n"
                  "CRT detected that the application wrote to a heap buffer that was "
                  "freed.\n",
                  debug_memory(block));
        whole = 0;
    }
    if (!whole)
        debug_say(_CRT_WARN, "%s located at 0x%p is %u bytes long.\n",
                  debug_type_name(block->use), debug_memory(block),
                  (unsigned int)block->size);
    return whole;
}

static int follows(const struct debug_block *block, const struct debug_block *before)
{
    return HeapValidate(crt_heap, 0, block) && block->previous == before &&
           block->size == HeapSize(crt_heap, 0, block) - sizeof(*block) - DEBUG_GAP;
}

/* True if the system's heap and every block of the list are in order; each damage is
 * reported.  Always true while blocks are not recorded.  Source: _CrtCheckMemory. */
int __cdecl _CrtCheckMemory(void)
{
    if (!(debug_flags & _CRTDBG_ALLOC_MEM_DF))
        return TRUE;
    int whole = 1;
    debug_lock();
    if (!HeapValidate(crt_heap, 0, NULL)) {
        debug_say(_CRT_WARN, "_heapchk fails with _HEAPBADNODE.\n");
        whole = 0;
    }
    struct debug_block *before = NULL;
    for (struct debug_block *at = debug_newest; at != NULL; at = at->next) {
        if (!follows(at, before)) {
            debug_say(_CRT_ERROR,
                      "HEAP CORRUPTION DETECTED: the block list is broken at 0x%p.\n",
                      at);
            whole = 0;
            break;
        }
        whole &= block_whole(at);
        before = at;
    }
    debug_unlock();
    return whole;
}

void debug_check_at_times(void)
{
    static int passed;
    int every = debug_flags >> 16 & 0xFFFF;
    if (debug_flags & _CRTDBG_CHECK_ALWAYS_DF) {
        _CrtCheckMemory();
    } else if (every != 0 && ++passed >= every) {
        passed = 0;
        _CrtCheckMemory();
    }
}

/* True if `memory` is a block of this CRT's heap, by the word of the system's heap. */
int __cdecl _CrtIsValidHeapPointer(const void *memory)
{
    if (memory == NULL || ((uintptr_t)memory & 7) != 0)
        return FALSE;
    return HeapValidate(crt_heap, 0, debug_header(memory));
}

/* As since Visual C++ 2005: any pointer but null passes. */
int __cdecl _CrtIsValidPointer(const void *memory, unsigned int size, int writable)
{
    (void)size;
    (void)writable;
    return memory != NULL;
}

/* True if `memory` is a block of the program's of exactly `size` bytes; then its number,
 * file and line are returned where requested. */
int __cdecl _CrtIsMemoryBlock(const void *memory, unsigned int size, long *request,
                              char **file, int *line)
{
    int is_one = 0;
    if (request != NULL)
        *request = 0;
    if (file != NULL)
        *file = NULL;
    if (line != NULL)
        *line = 0;
    debug_lock();
    if (_CrtIsValidHeapPointer(memory)) {
        const struct debug_block *block = debug_header(memory);
        is_one = debug_type_valid(block->use) && block->size == size;
        if (is_one && request != NULL)
            *request = block->request;
        if (is_one && file != NULL)
            *file = (char *)block->file;
        if (is_one && line != NULL)
            *line = block->line;
    }
    debug_unlock();
    return is_one;
}

/* The block's type and subtype, -1 if it is none. */
int __cdecl _CrtReportBlockType(const void *memory)
{
    debug_lock();
    int type = _CrtIsValidHeapPointer(memory) ? debug_header(memory)->use : -1;
    debug_unlock();
    return type;
}
