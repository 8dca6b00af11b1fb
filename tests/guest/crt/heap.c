/* heap.c - the malloc family on the CRT's private heap. */
#include <windows.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include "check.h"

static int handler_calls;

static int __cdecl give_up_at_third(size_t size)
{
    (void)size;
    return ++handler_calls < 3;
}

static void whose_heap(void)
{
    intptr_t (*get)(void) =
        (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), "_get_heap_handle");
    if (get == NULL) /* older runtimes keep it to themselves */
        return;
    HANDLE own = (HANDLE)get();
    void *block = malloc(100);
    CHECK(own != NULL && own != GetProcessHeap());
    CHECK(HeapValidate(own, 0, block));
    CHECK_EQUAL(HeapSize(own, 0, block), 100);
    free(block);
}

static void plain(void)
{
    char *block = malloc(100);
    CHECK(block != NULL && ((uintptr_t)block & 7) == 0);
    CHECK_EQUAL(_msize(block), 100);
    memset(block, 'x', 100);
    block = realloc(block, 5000);
    CHECK(block != NULL && block[0] == 'x' && block[99] == 'x');
    CHECK_EQUAL(_msize(block), 5000);
    CHECK(_expand(block, 50) == block);
    CHECK_EQUAL(_msize(block), 50);
    CHECK(realloc(block, 0) == NULL);
    block = malloc(0);
    CHECK(block != NULL);
    free(block);
    free(NULL);
    block = calloc(10, 10);
    for (int i = 0; i < 100; i++)
        CHECK(block[i] == 0);
    free(block);
}

static void failures(void)
{
    volatile size_t many = 0x10000;
    errno = 0;
    CHECK(calloc(many, many + 1) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(malloc(many * 0xFFFF) == NULL && errno == ENOMEM);
    char *block = malloc(10);
    strcpy(block, "kept");
    CHECK(realloc(block, many * 0xFFFF) == NULL);
    CHECK(strcmp(block, "kept") == 0);
    free(block);
}

typedef int(__cdecl *handler)(size_t);

static void new_mode(void)
{
    HMODULE crt = GetModuleHandleA("msvcrt.dll");
    handler (*set)(handler) =
        (void *)GetProcAddress(crt, "?_set_new_handler@@YAP6AHI@ZP6AHI@Z@Z");
    int (*mode)(int) = (void *)GetProcAddress(crt, "?_set_new_mode@@YAHH@Z");
    void *(*new)(size_t) = (void *)GetProcAddress(crt, "??2@YAPAXI@Z");
    void (*delete)(void *) = (void *)GetProcAddress(crt, "??3@YAXPAX@Z");
    volatile size_t huge = 0x7FFF0000;
    CHECK(set && mode && new &&delete);
    void *block = new (50);
    CHECK(block != NULL && _msize(block) == 50);
    delete (block);
    CHECK(set(give_up_at_third) == NULL);
    CHECK(malloc(huge) == NULL && handler_calls == 0);
    CHECK_EQUAL(mode(1), 0);
    CHECK(malloc(huge) == NULL && handler_calls == 3);
    CHECK_EQUAL(mode(0), 1);
    CHECK(set(NULL) == give_up_at_third);
}

static void walk(void)
{
    _HEAPINFO at = {NULL, 0, 0};
    void *block = malloc(333);
    int found = 0, result;
    CHECK(_heapchk() == _HEAPOK);
    while ((result = _heapwalk(&at)) == _HEAPOK)
        found += at._pentry == block && at._useflag == _USEDENTRY;
    CHECK(result == _HEAPEND && found == 1);
    free(block);
}

/* A walk goes on after a front-end block, a block of a later segment and a large one,
 * though it knows no more than the block's address. */
static void walk_all(void)
{
    enum { SMALL = 60, WIDE = 300, LARGE = 3, ALL = SMALL + WIDE + LARGE };
    _HEAPINFO at = {NULL, 0, 0};
    void *blocks[ALL];
    int found = 0, result;
    for (int i = 0; i < ALL; i++) {
        size_t size = i < SMALL ? 41 : i < SMALL + WIDE ? 20000 + i * 8 : 700000;
        CHECK((blocks[i] = malloc(size)) != NULL);
    }
    while ((result = _heapwalk(&at)) == _HEAPOK)
        for (int i = 0; i < ALL; i++)
            found += at._pentry == blocks[i] && at._useflag == _USEDENTRY;
    CHECK(result == _HEAPEND);
    CHECK_EQUAL(found, ALL);
    for (int i = 0; i < ALL; i++)
        free(blocks[i]);
}

/* What the documentation gives the older calls on a system of this age. */
static void thresholds(void)
{
    HMODULE crt = GetModuleHandleA("msvcrt.dll");
    size_t (*get)(void) = (void *)GetProcAddress(crt, "_get_sbh_threshold");
    int (*set)(size_t) = (void *)GetProcAddress(crt, "_set_sbh_threshold");
    int (*add)(void *, size_t) = (void *)GetProcAddress(crt, "_heapadd");
    CHECK(get && set && add);
    CHECK(get() == 0 && set(0) == 1);
    CHECK(set(1016) == 1 && get() == 1016 && set(1017) == 0 && set(0) == 1);
    for (int i = 0; i < 100; i++)
        free(malloc(3000));
    CHECK(_heapmin() == 0 && _heapset('x') == _HEAPOK && _heapchk() == _HEAPOK);
    static char memory[100];
    errno = 0;
    CHECK(add(memory, sizeof(memory)) == -1 && errno == ENOSYS);
    _HEAPINFO at = {(int *)(memory + 16), 10, _USEDENTRY};
    CHECK(_heapwalk(&at) == _HEAPBADPTR);
    errno = 0;
    CHECK(_msize(NULL) == (size_t)-1 && errno == EINVAL);
    char *block = malloc(100), *next = malloc(100);
    errno = 0;
    CHECK(_expand(block, 1000000) == NULL && errno == ENOMEM && _msize(block) == 100);
    CHECK(_expand(NULL, 10) == NULL && errno == EINVAL);
    free(block);
    free(next);
}

static void aligned(void)
{
    char *block = _aligned_malloc(100, 64);
    CHECK(block != NULL && (uintptr_t)block % 64 == 0);
    memset(block, 7, 100);
    block = _aligned_realloc(block, 1000, 64);
    CHECK(block != NULL && (uintptr_t)block % 64 == 0 && block[99] == 7);
    _aligned_free(block);
    block = _aligned_offset_malloc(100, 32, 5);
    CHECK(block != NULL && (uintptr_t)(block + 5) % 32 == 0);
    _aligned_free(block);
    CHECK(_aligned_malloc(10, 3) == NULL && errno == EINVAL);
}

/* Sizes from nothing to large in a fixed mixture, each block filled and looked at again. */
static void load(void)
{
    static unsigned char *slot[200];
    static size_t size[200];
    unsigned int state = 1;
    for (int round = 0; round < 20000; round++) {
        state = state * 1664525 + 1013904223;
        int i = (int)(state >> 20) % 200;
        for (size_t at = 0; slot[i] != NULL && at < size[i]; at += 61)
            CHECK(slot[i][at] == (unsigned char)i);
        size[i] = (state >> 4) % (round % 100 == 0 ? 600000 : 700);
        slot[i] = realloc(slot[i], size[i] + 1);
        CHECK(slot[i] != NULL);
        memset(slot[i], i, size[i] + 1);
    }
    for (int i = 0; i < 200; i++)
        free(slot[i]);
    CHECK(_heapchk() == _HEAPOK);
}

int main(void)
{
    whose_heap();
    plain();
    failures();
    new_mode();
    walk();
    walk_all();
    thresholds();
    aligned();
    load();
    return 0;
}
