/* link: -lfathomcrt */
/* rules.c - what Microsoft's pages say of malloc and its relatives, in msvcrt. */
#include <windows.h>
#include <errno.h>
#include <fathomcrt.h>
#include <stdint.h>
#include <string.h>
#include "documented.h"

static volatile size_t huge = 0x7FFF0000, most = (size_t)-1, half = 0x10000;

/* The compiler knows malloc, and leaves out what it thinks nobody needs. */
static void *(*volatile call_malloc)(size_t) = malloc;
static void *(*volatile call_calloc)(size_t, size_t) = calloc;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
#define malloc  call_malloc
#define calloc  call_calloc
#define realloc call_realloc

/* The call fails with this errno. */
#define REFUSES(call, code) (errno = 0, (call) == NULL && errno == (code))

static void plain(void)
{
    const HANDLE heap = (HANDLE)_get_heap_handle();
    char *block = malloc(10), *other = malloc(0);
    documented("_get_heap_handle", "the handle of the heap that the C run-time uses",
               SAME, HeapValidate(heap, 0, block) && heap != GetProcessHeap());
    documented("malloc", "size 0: a zero-length item, a valid pointer to it", SAME,
               other && _msize(other) == 0);
    documented("malloc", "suitably aligned for any object: 8 bytes", SAME,
               ((uintptr_t)block | (uintptr_t)other) % 8 == 0);
    documented("malloc", "insufficient memory: NULL, errno is ENOMEM", SAME,
               REFUSES(malloc(huge), ENOMEM));
    documented("malloc", "more than _HEAP_MAXREQ: NULL, errno is ENOMEM", SAME,
               REFUSES(malloc(most - 0x1E), ENOMEM) && REFUSES(malloc(most), ENOMEM));
    strcpy(block, "kept");
    documented("realloc", "insufficient memory: NULL, the original block is unchanged",
               SAME, REFUSES(realloc(block, huge), ENOMEM) && strcmp(block, "kept") == 0);
    block = realloc(block, 70000);
    documented("realloc", "contents are unchanged up to the smaller size", SAME,
               block && strcmp(block, "kept") == 0);
    documented("_msize", "the size in bytes of the block", SAME, _msize(block) == 70000);
    documented("realloc", "size 0: the block is freed, NULL is returned", SAME,
               realloc(block, 0) == NULL);
    documented("realloc", "NULL: as malloc", SAME,
               (block = realloc(NULL, 20)) != NULL && _msize(block) == 20);
    free(block);
    free(NULL);
    documented("free", "NULL is ignored", SAME, HeapValidate(heap, 0, NULL));
    free(other);
    block = calloc(25, 4);
    documented("calloc", "each element is initialized to 0", SAME,
               block && block[0] == 0 && memcmp(block, block + 1, 99) == 0);
    free(block);
    documented("calloc", "a product that does not fit: NULL, errno is ENOMEM", SAME,
               REFUSES(calloc(half, half), ENOMEM) &&
                   REFUSES(calloc(half + 1, half), ENOMEM));
    block = _recalloc(NULL, 5, 4);
    memset(block, 'x', 20);
    block = _recalloc(block, 10, 4);
    documented("_recalloc", "what is new is initialized to 0, what was there stays", SAME,
               block && block[19] == 'x' && block[20] == 0 && block[39] == 0);
    documented("_recalloc", "a product that does not fit: ENOMEM, the block stays", SAME,
               REFUSES(_recalloc(block, half, half), ENOMEM) && block[0] == 'x');
    documented("_expand", "the block is resized without moving it", SAME,
               _expand(block, 10) == block && _msize(block) == 10);
    documented("_expand", "not enough memory in place: NULL, errno is ENOMEM", SAME,
               REFUSES(_expand(block, huge), ENOMEM) && _msize(block) == 10);
    documented("_expand", "NULL is an invalid parameter: EINVAL", SAME,
               REFUSES(_expand(NULL, 1), EINVAL));
    errno = 0;
    documented("_msize", "NULL is an invalid parameter: EINVAL and -1", SAME,
               _msize(NULL) == (size_t)-1 && errno == EINVAL);
    free(block);
}

static void aligned(void)
{
    char *block = _aligned_malloc(100, 256),
         *offset = _aligned_offset_malloc(100, 256, 9);
    documented("_aligned_malloc", "the address is a multiple of the alignment", SAME,
               block && (uintptr_t)block % 256 == 0);
    documented("_aligned_offset_malloc", "the byte at the offset is aligned", SAME,
               offset && ((uintptr_t)offset + 9) % 256 == 0);
    documented("_aligned_msize", "the size in bytes", SAME,
               _aligned_msize(block, 256, 0) == 100 &&
                   _aligned_msize(offset, 256, 9) == 100);
    documented("_aligned_malloc", "an alignment that is no power of 2: EINVAL", SAME,
               REFUSES(_aligned_malloc(10, 12), EINVAL) &&
                   REFUSES(_aligned_malloc(10, 3), EINVAL));
    documented("_aligned_offset_malloc", "an offset not below the size: EINVAL", SAME,
               REFUSES(_aligned_offset_malloc(10, 16, 10), EINVAL));
    documented("_aligned_malloc", "insufficient memory: ENOMEM", SAME,
               REFUSES(_aligned_malloc(huge, 16), ENOMEM) &&
                   REFUSES(_aligned_malloc(most, 16), ENOMEM));
    memset(block, 'x', 100);
    block = _aligned_realloc(block, 5000, 256);
    documented("_aligned_realloc", "moves aligned, contents up to the smaller size", SAME,
               block && (uintptr_t)block % 256 == 0 && block[0] == 'x' &&
                   block[99] == 'x');
    block = _aligned_recalloc(block, 100, 60, 256);
    documented("_aligned_recalloc", "what is new is 0", SAME,
               block && block[99] == 'x' && block[5000] == 0 && block[5999] == 0);
    memset(offset, 'y', 100);
    offset = _aligned_offset_realloc(offset, 200, 256, 9);
    documented("_aligned_offset_realloc", "the byte at the offset stays aligned", SAME,
               offset && ((uintptr_t)offset + 9) % 256 == 0 && offset[99] == 'y');
    memset(offset, 'y', 200);
    offset = _aligned_offset_recalloc(offset, 3, 100, 256, 9);
    documented("_aligned_offset_recalloc", "aligned, and what is new is 0", SAME,
               offset && ((uintptr_t)offset + 9) % 256 == 0 && offset[199] == 'y' &&
                   offset[200] == 0 && offset[299] == 0);
    documented("_aligned_realloc", "size 0: freed, NULL is returned", SAME,
               _aligned_realloc(block, 0, 256) == NULL);
    _aligned_free(offset);
    _aligned_free(NULL);
    documented("_aligned_free", "NULL: no action", SAME, _heapchk() == _HEAPOK);
}

static int asked;
static size_t wanted;

static int __cdecl twice(size_t size)
{
    wanted = size;
    return ++asked % 3 != 0;
}

static void handlers(void)
{
    documented("_set_new_handler", "at first there is none: returns 0", SAME,
               _set_new_handler(twice) == NULL);
    documented("_query_new_handler", "the handler that _set_new_handler set", SAME,
               _query_new_handler() == twice);
    documented("_set_new_mode", "0 is the default: malloc does not call the handler",
               SAME, _query_new_mode() == 0 && malloc(huge) == NULL && asked == 0);
    documented("_set_new_mode", "returns the previous mode", SAME, _set_new_mode(1) == 0);
    documented("_set_new_mode",
               "1: malloc calls the handler and tries again while it says so", SAME,
               REFUSES(malloc(huge), ENOMEM) && asked == 3);
    documented("_set_new_handler", "the handler is given the size", SAME, wanted == huge);
    asked = 0;
    void *block = malloc(5);
    documented("_set_new_mode", "calloc and realloc likewise", SAME,
               calloc(1, huge) == NULL && asked == 3 && realloc(block, huge) == NULL &&
                   asked == 6);
    free(block);
    errno = 0;
    documented("_set_new_mode", "another mode than 0 and 1: -1, EINVAL", SAME,
               _set_new_mode(2) == -1 && errno == EINVAL && _query_new_mode() == 1);
    _set_new_mode(0);
    asked = 0;
    documented("_callnewh", "calls the handler: nonzero is to try again", SAME,
               _callnewh(7) != 0 && wanted == 7 && _callnewh(7) != 0 &&
                   _callnewh(7) == 0);
    documented("_set_new_handler", "0 removes it; returns the previous handler", SAME,
               _set_new_handler(NULL) == twice && _callnewh(7) == 0);
}

static void consistency(void)
{
    _HEAPINFO at = {NULL, 0, 0};
    int *block = malloc(321), used = 0, result;
    documented("_heapchk", "_HEAPOK: the heap is consistent", SAME,
               _heapchk() == _HEAPOK);
    while ((result = _heapwalk(&at)) == _HEAPOK)
        used += at._pentry == block && at._size == 321 && at._useflag == _USEDENTRY;
    documented("_heapwalk", "tells pointer, size and use of each entry", SAME, used == 1);
    documented("_heapwalk", "_HEAPEND: the end of the heap was reached", SAME,
               result == _HEAPEND);
    at = (_HEAPINFO){(int *)&at, 4, _USEDENTRY};
    documented("_heapwalk", "_HEAPBADPTR: _pentry is no pointer into the heap", SAME,
               _heapwalk(&at) == _HEAPBADPTR);
    free(block);
    documented("_heapmin", "0: unused memory was released to the system", SAME,
               _heapmin() == 0);
    documented("_heapset", "_HEAPOK where the heap is consistent", SAME,
               _heapset('Z') == _HEAPOK && _heapchk() == _HEAPOK);
    documented("_get_sbh_threshold", "0: the small-block heap is not used", SAME,
               _get_sbh_threshold() == 0);
    documented("_set_sbh_threshold", "1: successful", SAME, _set_sbh_threshold(0) == 1);
    documented("_set_sbh_threshold",
               "a threshold is told; there is no small-block heap here", SIMPLIFIED,
               _set_sbh_threshold(480) == 1 && _get_sbh_threshold() == 480 &&
                   _set_sbh_threshold(0) == 1);
}

int main(void)
{
    plain();
    aligned();
    handlers();
    consistency();
    return undocumented();
}
