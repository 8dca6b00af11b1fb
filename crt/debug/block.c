/* block.c - the debug layer's blocks: made, resized, released.  debug.h has the picture.
 *
 *     malloc ──> debug_allocate ──> kernel32.HeapAlloc
 *
 * Each step may be refused by the program's hook (_CrtSetAllocHook), and each successful
 * allocation counts one on: that number is what {n} in a leak report and
 * _CrtSetBreakAlloc speak of.  Lock: the layer's.
 */
#include "debug/debug.h"

HANDLE crt_heap; /* made by heap.c */
struct debug_block *debug_newest;
struct debug_totals debug_totals;
int debug_flags = _CRTDBG_ALLOC_MEM_DF;
long crt_break_alloc = -1;
static CRITICAL_SECTION lock;
static _CRT_ALLOC_HOOK hook;
static long next_request = 1;
static size_t fill_most = (size_t)-1;

void debug_start(void)
{
    InitializeCriticalSection(&lock);
}

void debug_lock(void)
{
    EnterCriticalSection(&lock);
}

void debug_unlock(void)
{
    LeaveCriticalSection(&lock);
}

static void fill(void *memory, int byte, size_t size)
{
    memset(memory, byte, size < fill_most ? size : fill_most);
}

static void insert(struct debug_block *block)
{
    block->previous = NULL;
    block->next = debug_newest;
    if (debug_newest != NULL)
        debug_newest->previous = block;
    debug_newest = block;
}

static void take_out(const struct debug_block *block)
{
    if (block->next != NULL)
        block->next->previous = block->previous;
    if (block->previous != NULL)
        block->previous->next = block->next;
    else
        debug_newest = block->next;
}

static void count(size_t less, size_t more)
{
    debug_totals.now += more - less;
    debug_totals.ever += more;
    if (debug_totals.now > debug_totals.most)
        debug_totals.most = debug_totals.now;
}

/* What comes before any allocation: the check, the break, the hook.  False: refused. */
static int may_allocate(int what, void *memory, size_t size, int use, const char *file,
                        int line)
{
    debug_check_at_times();
    if (crt_break_alloc == next_request)
        _CrtDbgBreak();
    if (hook != NULL &&
        !hook(what, memory, size, use, next_request, (const unsigned char *)file, line)) {
        if (file != NULL)
            debug_say(_CRT_WARN, "Client hook %sallocation failure at file %s line %d.\n",
                      what == _HOOK_REALLOC ? "re-" : "", file, line);
        else
            debug_say(_CRT_WARN, "Client hook %sallocation failure.\n",
                      what == _HOOK_REALLOC ? "re-" : "");
        return 0;
    }
    if (size > DEBUG_MOST) {
        debug_say(_CRT_ERROR, "Invalid allocation size: %u bytes.\n", (unsigned int)size);
        return 0;
    }
    return 1;
}

/* Puts down who owns the block; it is in no list yet. */
static void describe(struct debug_block *block, size_t size, int use, const char *file,
                     int line)
{
    int ignored = _BLOCK_TYPE(use) != _CRT_BLOCK && !(debug_flags & _CRTDBG_ALLOC_MEM_DF);
    block->next = block->previous = NULL;
    block->size = size;
    block->file = ignored ? NULL : file;
    block->line = ignored ? DEBUG_IGNORE_LINE : line;
    block->use = ignored ? _IGNORE_BLOCK : use;
    block->request = ignored ? 0 : next_request;
    memset(block->gap, DEBUG_NOMAN, DEBUG_GAP);
    memset((char *)debug_memory(block) + size, DEBUG_NOMAN, DEBUG_GAP);
    if (!ignored)
        insert(block);
    next_request++;
}

/* `size` bytes of CD, or null: no memory, or the hook refused. */
void *debug_allocate(size_t size, int use, const char *file, int line)
{
    struct debug_block *block = NULL;
    debug_lock();
    if (may_allocate(_HOOK_ALLOC, NULL, size, use, file, line)) {
        if (!debug_type_valid(use))
            debug_say(_CRT_ERROR, "Error: memory allocation: bad memory block type.\n");
        block = HeapAlloc(crt_heap, 0, sizeof(*block) + size + DEBUG_GAP);
    }
    if (block != NULL) {
        describe(block, size, use, file, line);
        count(0, size);
        fill(debug_memory(block), DEBUG_FRESH, size);
    }
    debug_unlock();
    return block != NULL ? debug_memory(block) : NULL;
}

/* True if `memory` is a block that may be given back or resized as one of `use`; says
 * why not. */
static int acceptable(void *memory, int use)
{
    void *mark = (void *)(((uintptr_t)memory & ~3u) - 4);
    if (!IsBadReadPtr(mark, 4) && debug_all(mark, DEBUG_ALIGNED, 4)) {
        debug_say(_CRT_ERROR,
                  "The Block at 0x%p was allocated by aligned routines, use "
                  "_aligned_free()\n",
                  memory);
        return 0;
    }
    if (!_CrtIsValidHeapPointer(memory)) {
        debug_assertion("_CrtIsValidHeapPointer(pUserData)");
        return 0;
    }
    struct debug_block *block = debug_header(memory);
    if (!debug_type_valid(block->use)) {
        debug_assertion("_BLOCK_TYPE_IS_VALID(pHead->nBlockUse)");
        return 0;
    }
    /* The CRT's own blocks may be given back as the program's; ignored ones as any. */
    int type = _BLOCK_TYPE(block->use);
    if (type != _BLOCK_TYPE(use) && type != _IGNORE_BLOCK &&
        !(type == _CRT_BLOCK && _BLOCK_TYPE(use) == _NORMAL_BLOCK))
        debug_assertion("pHead->nBlockUse == nBlockUse");
    return 1;
}

static void bury(struct debug_block *block)
{
    int ignored = block->use == _IGNORE_BLOCK;
    if (!ignored)
        debug_totals.now -= block->size;
    if (!ignored && (debug_flags & _CRTDBG_DELAY_FREE_MEM_DF)) {
        block->use = _FREE_BLOCK;
        memset(debug_memory(block), DEBUG_FREED, block->size);
        return;
    }
    if (!ignored)
        take_out(block);
    memset(block, DEBUG_FREED, sizeof(*block) + block->size + DEBUG_GAP);
    HeapFree(crt_heap, 0, block);
}

/* Gives a block of `use` back; null is nothing.  A block that is not in order is
 * reported; what is no block at all stays untouched. */
void debug_release(void *memory, int use)
{
    if (memory == NULL)
        return;
    debug_lock();
    debug_check_at_times();
    if (hook != NULL && !hook(_HOOK_FREE, memory, 0, use, 0, NULL, 0)) {
        debug_say(_CRT_WARN, "Client hook free failure.\n");
    } else if (acceptable(memory, use)) {
        struct debug_block *block = debug_header(memory);
        debug_ends_whole(block);
        bury(block);
    }
    debug_unlock();
}

/* The block at `size` bytes, growth filled with CD; with `in_place` where it lies.
 * Null: no memory, or refused; the block is as it was. */
void *debug_resize(void *memory, size_t size, int in_place, int use, const char *file,
                   int line)
{
    struct debug_block *moved = NULL;
    debug_lock();
    if (may_allocate(_HOOK_REALLOC, memory, size, use, file, line) &&
        acceptable(memory, use)) {
        struct debug_block *block = debug_header(memory);
        size_t old = block->size;
        int listed = block->use != _IGNORE_BLOCK;
        debug_ends_whole(block);
        moved = HeapReAlloc(crt_heap, in_place ? HEAP_REALLOC_IN_PLACE_ONLY : 0, block,
                            sizeof(*block) + size + DEBUG_GAP);
        if (moved != NULL) {
            /* Its neighbours are known from the copy; the old place is not looked at. */
            if (listed)
                take_out(moved);
            describe(moved, size, listed ? moved->use : use, file, line);
            count(listed ? old : 0, size);
            if (size > old)
                fill((char *)debug_memory(moved) + old, DEBUG_FRESH, size - old);
        }
    }
    debug_unlock();
    return moved != NULL ? debug_memory(moved) : NULL;
}

/* The flags from now on (_CRTDBG_REPORT_FLAG: no change); the former ones. */
int __cdecl _CrtSetDbgFlag(int flags)
{
    debug_lock();
    int old = debug_flags;
    if (flags != _CRTDBG_REPORT_FLAG)
        debug_flags = flags;
    debug_unlock();
    return old;
}

/* Stops (int 3) before allocation number `request`, -1 never; the former number. */
long __cdecl _CrtSetBreakAlloc(long request)
{
    return InterlockedExchange(&crt_break_alloc, request);
}

_CRT_ALLOC_HOOK __cdecl _CrtSetAllocHook(_CRT_ALLOC_HOOK function)
{
    return InterlockedExchangePointer((void **)&hook, function);
}

_CRT_ALLOC_HOOK __cdecl _CrtGetAllocHook(void)
{
    return hook;
}

/* At most `bytes` of a fresh block are filled; the former limit. */
size_t __cdecl _CrtSetDebugFillThreshold(size_t bytes)
{
    return (size_t)InterlockedExchange((LONG *)&fill_most, (LONG)bytes);
}

int *__cdecl __p__crtDbgFlag(void)
{
    return &debug_flags;
}

long *__cdecl __p__crtBreakAlloc(void)
{
    return &crt_break_alloc;
}
