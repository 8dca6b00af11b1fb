/* frees.cpp - a block is freed twice, or what is freed is no block. */
#include "attacks.h"
#include <cstdint>
#include <cstdio>
#include <cstring>

extern "C" { /* so that a stack names them plainly */

int double_free()
{
    void *block = take(100);
    void *after = take(100);
    HeapFree(heap, 0, block);
    int result = give(block);
    HeapFree(heap, 0, after);
    return result;
}

int double_free_between()
{
    void *first = take(100), *second = take(100), *third = take(100);
    void *last = take(100);
    HeapFree(heap, 0, second);
    HeapFree(heap, 0, first);
    HeapFree(heap, 0, third);
    int result = give(second);
    HeapFree(heap, 0, last);
    return result;
}

int double_free_large()
{
    void *block = take(1 << 20);
    HeapFree(heap, 0, block);
    return give(block);
}

int free_inside()
{
    char *block = (char *)take(200);
    std::memset(block, 0, 200);
    return give(block + 64);
}

int free_inside_odd()
{
    return give((char *)take(200) + 3);
}

int free_stack()
{
    char place[64];
    std::memset(place, 0x11, sizeof place);
    void *volatile block = place + 32 - ((uintptr_t)place & 7);
    return give(block);
}

int free_image()
{
    return give((void *)((uintptr_t)&heap & ~(uintptr_t)7));
}

int free_wild()
{
    return give((void *)0x12345678);
}

int free_null()
{
    SetLastError(0);
    BOOL done = HeapFree(heap, 0, nullptr); /* documented: nothing to do */
    std::printf("HeapFree(null) %s\n", done ? "succeeded, as documented" : "failed");
    return done ? 0 : UNNOTICED;
}

} // extern "C"

static const Attack attacks[] = {
    {"double-free", double_free, true},
    {"double-free-between", double_free_between, true},
    {"double-free-large", double_free_large, false},
    {"free-inside", free_inside, true},
    {"free-inside-odd", free_inside_odd, true},
    {"free-stack", free_stack, false},
    {"free-image", free_image, false},
    {"free-wild", free_wild, false},
    {"free-null", free_null, false},
};
const Room frees = {attacks, sizeof attacks / sizeof *attacks};
