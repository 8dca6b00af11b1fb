/* check.c - looking at cw3220's heap: heapcheck, heapwalk and their kin.
 *
 * Both families of names are Borland's: that of <alloc.h> (heapcheck, heapwalk,
 * heapchecknode, heapcheckfree, heapfillfree) and that of <malloc.h> (_heapchk, _heapwalk,
 * _heapmin, _heapset), each with its own codes.  They know the heap by heap.h alone: its walk
 * and its check of itself.
 *
 * Lock: the heap's, for a whole walk.
 * Source: Borland C++ 5 Library Reference, heapcheck, heapwalk, heapchecknode, heapcheckfree,
 * heapfillfree.
 */
#include "borland/heap.h"

/* Borland's other codes of <alloc.h>; 1, 2, 5 and -1 are enum heap_result's. */
enum {
    HEAP_FREE_ENTRY = 3, /* _FREEENTRY */
    HEAP_USED_ENTRY = 4, /* _USEDENTRY */
    HEAP_BAD_NODE = -2,  /* _BADNODE */
    HEAP_BAD_VALUE = -3, /* _BADVALUE */
};

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

int __cdecl heapcheck(void)
{
    return heap_sound();
}

/* The next block of the heap; info->ptr NULL starts.  HEAP_OK, HEAP_END, HEAP_EMPTY or
 * HEAP_CORRUPT.  Only the blocks that are passed are checked: heapcheck checks them all. */
int __cdecl heapwalk(struct heapinfo *info)
{
    struct heap_node node = {.block = info->ptr};
    heap_enter();
    int result = heap_next(&node);
    heap_leave();
    if (result == HEAP_OK)
        *info = (struct heapinfo){node.block, node.size, node.used};
    return result;
}

/* What `memory` is: HEAP_USED_ENTRY, HEAP_FREE_ENTRY, HEAP_BAD_NODE, HEAP_CORRUPT,
 * HEAP_EMPTY. */
int __cdecl heapchecknode(void *memory)
{
    struct heap_node node = {NULL};
    heap_enter();
    int result = heap_sound();
    if (result == HEAP_OK) {
        result = HEAP_BAD_NODE;
        while (result == HEAP_BAD_NODE && heap_next(&node) == HEAP_OK)
            if (node.block == memory)
                result = node.used ? HEAP_USED_ENTRY : HEAP_FREE_ENTRY;
    }
    heap_leave();
    return result;
}

/* Each word of free memory that the heap itself does not use: set, or compared.  HEAP_OK,
 * HEAP_BAD_VALUE (a word differs), HEAP_EMPTY, HEAP_CORRUPT. */
static int free_words(uint32_t value, int set)
{
    struct heap_node node = {NULL};
    heap_enter();
    int result = heap_sound();
    while (result == HEAP_OK && heap_next(&node) == HEAP_OK)
        for (uint32_t *at = node.spare; !node.used && at < node.spare_end; at++) {
            if (set)
                *at = value;
            else if (*at != value)
                result = HEAP_BAD_VALUE;
        }
    heap_leave();
    return result;
}

/* Fills free memory with `value`, so that heapcheckfree sees whether someone wrote there. */
int __cdecl heapfillfree(unsigned int value)
{
    return free_words(value, 1);
}

int __cdecl heapcheckfree(unsigned int value)
{
    return free_words(value, 0);
}

/* The family of <malloc.h>: _HEAPEMPTY 1, _HEAPOK 2, _HEAPEND 5, bad node -2. */
static int malloc_h(int result)
{
    return result == HEAP_CORRUPT ? HEAP_BAD_NODE : result;
}

int __cdecl heapchk(void)
{
    return malloc_h(heap_sound());
}

int __cdecl heapset(unsigned int value)
{
    return malloc_h(heapfillfree(value));
}

/* Nothing to do: memory goes back to the system when it becomes free (heap.h, M6). */
int __cdecl heapmin(void)
{
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
    return malloc_h(result);
}
