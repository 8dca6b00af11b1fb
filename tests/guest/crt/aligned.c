/* link: -lfathomcrt */
/* aligned.c - all eight of _aligned_*, and the names that come with -lfathomcrt. */
#include <windows.h>
#include <errno.h>
#include <fathomcrt.h>
#include <stdint.h>
#include <string.h>
#include "check.h"

static int all(const char *block, int byte, size_t size)
{
    while (size != 0 && *block == byte) {
        block++;
        size--;
    }
    return size == 0;
}

static void every_alignment(void)
{
    for (size_t alignment = 1; alignment <= 0x10000; alignment *= 2) {
        for (size_t size = 1; size < 300; size += 37) {
            char *block = _aligned_malloc(size, alignment);
            CHECK(block != NULL && (uintptr_t)block % alignment == 0);
            CHECK(_aligned_msize(block, alignment, 0) == size);
            memset(block, 'x', size);
            for (size_t offset = 0; offset < size; offset += 13) {
                char *other = _aligned_offset_malloc(size, alignment, offset);
                CHECK(other != NULL && ((uintptr_t)other + offset) % alignment == 0);
                CHECK(_aligned_msize(other, alignment, offset) == size);
                memset(other, 'y', size);
                _aligned_free(other);
            }
            CHECK(all(block, 'x', size));
            _aligned_free(block);
        }
    }
    CHECK(_heapchk() == _HEAPOK);
}

static void moved(void)
{
    char *block = _aligned_realloc(NULL, 50, 32);
    CHECK(block != NULL && (uintptr_t)block % 32 == 0);
    memset(block, 'a', 50);
    block = _aligned_realloc(block, 5000, 32);
    CHECK(block != NULL && (uintptr_t)block % 32 == 0 && all(block, 'a', 50));
    block = _aligned_recalloc(block, 60, 100, 32);
    CHECK(block != NULL && all(block, 'a', 50) && all(block + 5000, 0, 1000));
    CHECK(_aligned_realloc(block, 0, 32) == NULL);
    block = _aligned_offset_realloc(NULL, 100, 64, 12);
    CHECK(((uintptr_t)block + 12) % 64 == 0);
    memset(block, 'b', 100);
    block = _aligned_offset_realloc(block, 200, 64, 12);
    CHECK(((uintptr_t)block + 12) % 64 == 0 && all(block, 'b', 100));
    memset(block, 'b', 200);
    block = _aligned_offset_recalloc(block, 10, 40, 64, 12);
    CHECK(((uintptr_t)block + 12) % 64 == 0 && all(block, 'b', 200));
    CHECK(all(block + 200, 0, 200));
    _aligned_free(block);
    _aligned_free(NULL);
}

static void refused(void)
{
    volatile size_t huge = 0x7FFF0000, most = (size_t)-1;
    errno = 0;
    CHECK(_aligned_malloc(10, 24) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(_aligned_offset_malloc(10, 16, 10) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(_aligned_malloc(huge, 16) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(_aligned_malloc(most, 16) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(_aligned_recalloc(NULL, 0x10000, huge, 16) == NULL && errno == ENOMEM);
    char *block = _aligned_malloc(20, 16);
    strcpy(block, "still here");
    CHECK(_aligned_realloc(block, huge, 16) == NULL && strcmp(block, "still here") == 0);
    _aligned_free(block);
    errno = 0;
    CHECK(_aligned_msize(NULL, 16, 0) == (size_t)-1 && errno == EINVAL);
}

static int __cdecl never(size_t size)
{
    (void)size;
    return 0;
}

static void the_others(void)
{
    char *block = _recalloc(NULL, 10, 10);
    CHECK(block != NULL && all(block, 0, 100));
    memset(block, 'c', 100);
    block = _recalloc(block, 30, 10);
    CHECK(block != NULL && all(block, 'c', 100) && all(block + 100, 0, 200));
    volatile size_t huge = 0x7FFF0000;
    errno = 0;
    CHECK(_recalloc(block, 16, huge) == NULL && errno == ENOMEM);
    CHECK(HeapValidate((HANDLE)_get_heap_handle(), 0, block));
    free(block);
    CHECK(_query_new_handler() == NULL && _set_new_handler(never) == NULL);
    CHECK(_query_new_handler() == never && _callnewh(10) == 0);
    CHECK(_set_new_handler(NULL) == never);
    CHECK(_query_new_mode() == 0 && _set_new_mode(1) == 0 && _query_new_mode() == 1);
    errno = 0;
    CHECK(_set_new_mode(2) == -1 && errno == EINVAL && _set_new_mode(0) == 1);
}

int main(void)
{
    every_alignment();
    moved();
    refused();
    the_others();
    return 0;
}
