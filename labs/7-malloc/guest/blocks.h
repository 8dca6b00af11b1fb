/* blocks.h - what the judges of lab 7 share: one call of the student's, with what the contract
 * (crt/borland/heap.h) says of its result.
 *
 * The rules that a seed changes come as macros; 0 is the tree's own rule:
 *   LAB_GRAIN  a block's room is its size rounded up to a multiple of this, at least this, exactly
 *              (0: a multiple of 8, at least 16, and at most 16 bytes more than that)
 *   LAB_WALK   the walk's order: 1 by rising addresses, 2 by falling ones (0: any fixed order)
 */
#ifndef LAB7_BLOCKS_H
#define LAB7_BLOCKS_H

#include "judge/judge.h"

#ifndef LAB_GRAIN
#define LAB_GRAIN 0
#endif
#ifndef LAB_WALK
#define LAB_WALK 0
#endif

enum { ENOMEM_IS = 8, EINVAL_IS = 19 };
enum { EMPTY = 1, OK = 2, USED = 4, END = 5 };
#define TOO_MUCH 0x60000000u /* more than there is; no sum of it wraps */
#define MOST     0x7FFF0000u

/* M1: aligned; the room is as the contract says. */
static inline void check_block(unsigned at, unsigned size, unsigned room)
{
    MUST(at != 0, "a block of %u bytes", "NULL, though there is memory", size);
    MUST(at % 8 == 0, "a multiple of 8", "%08X", at);
    if (LAB_GRAIN) {
        const unsigned grain = LAB_GRAIN ? LAB_GRAIN : 1;
        const unsigned exact = size < grain ? grain : (size + grain - 1) / grain * grain;
        MUST(room == exact, "a room of %u bytes for %u: the rule of this seed", "%u",
             exact, size, room);
    } else {
        const unsigned least = size < 16 ? 16 : (size + 7) & ~7u;
        MUST(room >= least && room <= least + 16 && room % 8 == 0,
             "a room of %u to %u bytes for %u", "%u", least, least + 16, size, room);
    }
}

static inline void take(struct shadow *block, unsigned size)
{
    const struct answer got = ask('a', 0, size, 0);
    check_block(got.value, size, got.room);
    block->at = got.value, block->size = size;
    write_block(block);
}

static inline void give(struct shadow *block)
{
    read_block(block, block->size);
    ask('f', block->at, 0, 0);
    block->at = 0;
}

static inline void resize(struct shadow *block, unsigned size)
{
    const unsigned keeps = size < block->size ? size : block->size;
    const struct answer got = ask('r', block->at, size, 0);
    check_block(got.value, size, got.room);
    block->at = got.value;
    read_block(block, keeps);
    block->size = size;
    write_block(block);
}

static inline void must_be_sound(void)
{
    const unsigned result = ask('k', 0, 0, 0).value;
    doing = "heap_sound";
    MUST(result == OK, "2 (HEAP_OK)", "%d: the heap finds its own index broken", result);
}

static inline void refused(const char *call, struct answer got, unsigned size)
{
    doing = call;
    MUST(!got.value, "NULL for %08X bytes", "%08X", size, got.value);
    MUST(got.error == ENOMEM_IS, "errno 8 (ENOMEM) for %08X bytes", "errno %u", size,
         got.error);
}

static inline unsigned small(void)
{
    return 1 + below(120);
}

static inline unsigned mixed(void)
{
    switch (below(16)) {
    case 0:
        return 1 + below(40000);
    case 1:
    case 2:
    case 3:
        return 1 + below(3000);
    default:
        return small();
    }
}

/* M2: each live block is seen once, as used and with its room; free ones lie elsewhere. */
static inline unsigned walk(unsigned count)
{
    unsigned free_ones = 0, last = 0;
    static unsigned char met[BLOCKS];
    struct answer at;
    memset(met, 0, count);
    doing = "heap_next";
    while ((at = ask('w', last, 0, 0)).error == OK) {
        unsigned i = 0;
        MUST(LAB_WALK != 1 || at.value > last, "rising addresses: the rule of this seed",
             "%08X after %08X", at.value, last);
        MUST(LAB_WALK != 2 || !last || at.value < last,
             "falling addresses: the rule of this seed", "%08X after %08X", at.value,
             last);
        last = at.value;
        for (unsigned k = 0; k < count && !at.more; k++)
            MUST(!blocks[k].at || blocks[k].at >= at.value + at.room ||
                     blocks[k].at + blocks[k].size <= at.value,
                 "the block at %08X as used", "%u free bytes at %08X", blocks[k].at,
                 at.room, at.value);
        free_ones += !at.more;
        if (!at.more)
            continue;
        while (i < count && blocks[i].at != at.value)
            i++;
        MUST(i < count, "blocks that are in use", "one at %08X, where none is", at.value);
        MUST(!met[i], "each block once", "that at %08X twice", at.value);
        check_block(at.value, blocks[i].size, at.room);
        met[i] = 1;
    }
    MUST(at.error == END, "5 (HEAP_END) after the last", "%d", at.error);
    for (unsigned i = 0; i < count; i++)
        MUST(!blocks[i].at || met[i], "each block in use", "not the one at %08X",
             blocks[i].at);
    return free_ones;
}

#endif
