/* held.c - the judge of lab 7, a runtime's malloc (crt/borland/heap.h): the cases that are held
 * back. */
#include "../../guest/blocks.h"

/* Takes or frees 300 blocks, those of the table `order`, in two batches. */
static void rounds(const unsigned *order, BOOL takes)
{
    static struct ask asks[MANY_MOST];
    static struct answer answers[MANY_MOST];
    for (unsigned part = 0; part < 2; part++, order += 150) {
        for (unsigned i = 0; i < 150; i++) {
            struct shadow *block = &blocks[order[i]];
            asks[i] = takes ? (struct ask){'a', 0, part ? small() : mixed(), 0}
                            : (struct ask){'f', block->at, 0, 0};
        }
        ask_many(asks, answers, 150);
        for (unsigned i = 0; takes && i < 150; i++) {
            check_block(answers[i].value, asks[i].size, answers[i].room);
            blocks[order[i]].at = answers[i].value;
        }
    }
}

/* M4: later rounds commit no more than the first ones. */
LAB_CASE(used_again)
{
    unsigned peak[2] = {0, 0};
    unsigned order[300];
    for (unsigned i = 0; i < 300; i++)
        order[i] = i;
    begin("");
    for (unsigned round = 0; round < 8; round++) {
        doing = "malloc";
        state = 77 + round % 2; /* each round has the sizes of one before */
        rounds(order, TRUE);
        const unsigned now = committed();
        peak[round >= 4] = now > peak[round >= 4] ? now : peak[round >= 4];
        for (unsigned i = 299; i > 0; i--) {
            const unsigned k = below(i + 1), was = order[i];
            order[i] = order[k], order[k] = was;
        }
        doing = "free";
        rounds(order, FALSE);
    }
    doing = "malloc and free";
    MUST(peak[1] <= peak[0], "rounds 5 to 8 in the %u bytes that 1 to 4 had committed",
         "%u bytes", peak[0], peak[1]);
    must_be_sound();
    end();
}

/* M8 */
static void comes_back(const char *after)
{
    doing = after;
    MUST(ask('o', 0, 0, 0).value, "the lock as it was",
         "another thread waits for it for ever");
}

LAB_CASE(lock)
{
    begin("");
    unsigned block = ask('a', 0, 64, 0).value;
    ask('a', 0, 0, 0), comes_back("malloc(0)");
    ask('a', 0, 0xFFFFFFFFu, 0), comes_back("malloc(FFFFFFFF)");
    ask('a', 0, TOO_MUCH, 0), comes_back("malloc, without memory");
    ask('c', 0, 0x10001, 0x10000), comes_back("calloc, whose product overflows");
    ask('r', block, TOO_MUCH, 0), comes_back("realloc, without memory");
    ask('e', block, TOO_MUCH, 0), comes_back("expand, without room");
    ask('e', 0, 5, 0), comes_back("expand(NULL, 5)");
    block = ask('r', block, 9000, 0).value, comes_back("realloc");
    ask('m', 0x1000, 0, 0), comes_back("msize, of no block");
    ask('f', 0, 0, 0), comes_back("free(NULL)");
    ask('f', block, 0, 0), comes_back("free");
    doing = "malloc and free in two threads at once";
    const struct answer got = ask('s', 0, 0, 0);
    MUST(got.value < 1000000, "a sound heap", "heap_sound finds it broken");
    MUST(got.value == 0, "blocks that are a thread's own",
         "%u of their bytes were changed", got.value);
    MUST(got.more > 100, "more than 100 turns of the other thread", "%u", got.more);
    end();
}

/* A life: in each batch every slot is used at most once, so the judge knows what each op finds.
 * Live blocks are read before they are freed or resized; new ones are written. */
static void life(unsigned slots, unsigned batches, unsigned per,
                 unsigned (*some_size)(void))
{
    static struct ask asks[MANY_MOST];
    static struct answer answers[MANY_MOST];
    static unsigned slot[MANY_MOST];
    while (batches--) {
        const unsigned first = below(slots);
        for (unsigned i = 0; i < per; i++) {
            struct shadow *block = &blocks[slot[i] = (first + i) % slots];
            const unsigned size = some_size();
            if (block->at)
                read_block(block, block->size);
            if (block->at && below(3))
                asks[i] = (struct ask){'f', block->at, 0, 0};
            else
                asks[i] = (struct ask){block->at ? 'r' : 'a', block->at, size, 0};
        }
        ask_many(asks, answers, per);
        for (unsigned i = 0; i < per; i++) {
            struct shadow *block = &blocks[slot[i]];
            block->at = answers[i].value;
            if (asks[i].op == 'f')
                continue;
            check_block(block->at, asks[i].size, answers[i].room);
            if (asks[i].op == 'r')
                read_block(block,
                           block->size < asks[i].size ? block->size : asks[i].size);
            block->size = asks[i].size;
        }
        must_be_apart(slots);
        for (unsigned i = 0; i < per; i++)
            if (asks[i].op != 'f')
                write_block(&blocks[slot[i]]);
    }
}

LAB_CASE(long_life)
{
    begin("");
    doing = "malloc, realloc and free at random";
    life(200, 25, 60, mixed);
    walk(200);
    must_be_sound();
    doing = "free";
    for (unsigned i = 0; i < 200; i++)
        if (blocks[i].at)
            give(&blocks[i]);
    must_be_sound();
    end();
}
