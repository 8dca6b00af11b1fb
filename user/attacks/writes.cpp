/* writes.cpp - a program writes past its block, before it, or to one that it has freed. */
#include "attacks.h"
#include <cstdio>
#include <cstring>

extern "C" { /* so that a stack names them plainly */

int write_after_free()
{
    char *volatile block = (char *)take(100);
    void *after = take(100);
    HeapFree(heap, 0, block);
    std::memset(block, 0x41, 16); /* the links of a free block */
    for (int i = 0; i < 3; i++)
        take(100);
    (void)after;
    return use_and_ask();
}

int overflow()
{
    char *volatile block = (char *)take(40);
    void *next = take(40);
    std::memset(block, 0x41, 40 + 8); /* the header of the next */
    int result = give(next);
    return result ? give(block) : 0;
}

int underflow()
{
    char *volatile block = (char *)take(40);
    std::memset(block - 8, 0x41, 8); /* its own header */
    return give(block);
}

int forged_size()
{
    char *volatile block = (char *)take(40);
    take(40);
    USHORT size = 0x40; /* granules */
    std::memcpy(block - 8, &size, sizeof size);
    return give(block);
}

int forged_links()
{
    static void *target[4];
    void **volatile block = (void **)take(600);
    take(16);
    HeapFree(heap, 0, block);
    block[0] = &target[1]; /* unlinking would write through these */
    block[1] = &target[0];
    take(600);
    int result = use_and_ask();
    if (!target[0] && !target[1] && !target[2])
        return result;
    std::printf("written through a forged link\n");
    return UNNOTICED;
}

} // extern "C"

static const Attack attacks[] = {
    {"write-after-free", write_after_free, true},
    {"overflow", overflow, true},
    {"underflow", underflow, true},
    {"forged-size", forged_size, true},
    {"forged-links", forged_links, true},
};
const Room writes = {attacks, sizeof attacks / sizeof *attacks};
