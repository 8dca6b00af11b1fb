/* borland.c - cw3220.dll: its allocator under a random load against a shadow, and its
 * checks. */
#include <windows.h>
#include <string.h>
#include "check.h"

struct heapinfo {
    void *ptr;
    unsigned int size;
    int in_use;
};

static void *(*b_malloc)(size_t);
static void *(*b_realloc)(void *, size_t);
static void *(*b_calloc)(size_t, size_t);
static void (*b_free)(void *);
static int (*b_check)(void);
static int (*b_walk)(struct heapinfo *);

#define SLOTS 300
static unsigned char *slot[SLOTS];
static unsigned int length[SLOTS];
static unsigned int state = 12345;

static unsigned int next(void)
{
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

static int whole(int i)
{
    for (unsigned int at = 0; at < length[i]; at++)
        if (slot[i][at] != (unsigned char)(i + at))
            return 0;
    return 1;
}

static void fill(int i)
{
    for (unsigned int at = 0; at < length[i]; at++)
        slot[i][at] = (unsigned char)(i + at);
}

static int load(void)
{
    for (int round = 0; round < 20000; round++) {
        int i = (int)(next() % SLOTS);
        unsigned int size = next() % (round % 50 == 0 ? 200000 : 900) + 1;
        if (slot[i] == NULL) {
            slot[i] = b_malloc(size);
            CHECK(slot[i] != NULL && ((size_t)slot[i] & 7) == 0);
            length[i] = size;
            fill(i);
        } else if (next() % 4 == 0) {
            unsigned int keep = length[i] < size ? length[i] : size;
            unsigned char *moved = b_realloc(slot[i], size);
            CHECK(moved != NULL);
            slot[i] = moved;
            length[i] = keep;
            CHECK(whole(i));
            length[i] = size;
            fill(i);
        } else {
            CHECK(whole(i));
            b_free(slot[i]);
            slot[i] = NULL;
        }
        if (round % 500 == 0)
            CHECK(b_check() == 2);
    }
    return 0;
}

static int walk(void)
{
    struct heapinfo info = {NULL, 0, 0};
    int used = 0, expected = 0, result;
    for (int i = 0; i < SLOTS; i++)
        expected += slot[i] != NULL;
    while ((result = b_walk(&info)) == 2)
        used += info.in_use;
    CHECK(result == 5);
    CHECK(used == expected);
    return 0;
}

int main(void)
{
    HMODULE dll = LoadLibraryA("cw3220.dll");
    CHECK(dll != NULL);
    b_malloc = (void *)GetProcAddress(dll, "_malloc");
    b_realloc = (void *)GetProcAddress(dll, "_realloc");
    b_calloc = (void *)GetProcAddress(dll, "_calloc");
    b_free = (void *)GetProcAddress(dll, "_free");
    b_check = (void *)GetProcAddress(dll, "_heapcheck");
    b_walk = (void *)GetProcAddress(dll, "_heapwalk");
    CHECK(b_malloc && b_realloc && b_calloc && b_free && b_check && b_walk);
    CHECK((void *)GetProcAddress(dll, "malloc") == (void *)b_malloc);
    CHECK(b_check() == 1);
    CHECK(b_malloc(0) == NULL);
    CHECK(b_calloc(0x10000, 0x10001) == NULL);
    unsigned char *zero = b_calloc(10, 10);
    CHECK(zero != NULL && zero[0] == 0 && zero[99] == 0);
    b_free(zero);
    b_free(NULL);
    CHECK(b_check() == 2);
    if (load() || walk())
        return 1;
    for (int i = 0; i < SLOTS; i++)
        b_free(slot[i]);
    CHECK(b_check() == 2);
    /* A byte past the end is seen by the check, and put right again. */
    unsigned char *block = b_malloc(24);
    unsigned char kept = block[24];
    block[24] ^= 1;
    CHECK(b_check() == -1);
    block[24] = kept;
    CHECK(b_check() == 2);
    b_free(block);
    CHECK(FreeLibrary(dll));
    return 0;
}
