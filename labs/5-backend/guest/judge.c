/* judge.c - the judge of lab 5: a heap with the student's free list, driven and looked at from
 * another process. */
#include "judge/traces.h"

static void must_be_sound(void)
{
    const char *before = doing;
    const unsigned sound = ask('k', 0, 0, 0).value & 0xFF;
    doing = "RtlValidateHeap";
    MUST(sound, "a sound heap", "the heap is broken: see the report above");
    doing = before;
}

static void check_block(const struct shadow *block, unsigned room)
{
    MUST(block->at != 0, "a block of %u bytes", "NULL, though there is memory",
         block->size);
    MUST(block->at % 8 == 0, "a multiple of 8", "%08X", block->at);
    MUST(room == block->size, "a size of %u bytes", "%u", block->size, room);
}

static unsigned some_size(void)
{
    switch (below(8)) {
    case 0:
        return 1 + below(100000);
    case 1:
    case 2:
        return 1 + below(5000);
    default:
        return 1 + below(200);
    }
}

/* In each batch every slot is used at most once, so the judge knows what each call finds. */
static void life(unsigned slots, unsigned batches, unsigned per)
{
    static struct ask asks[MANY_MOST];
    static struct answer answers[MANY_MOST];
    while (batches--) {
        const unsigned first = below(slots);
        for (unsigned i = 0; i < per; i++) {
            struct shadow *block = &blocks[(first + i) % slots];
            if (block->at)
                read_block(block, block->size);
            if (block->at && below(3))
                asks[i] = (struct ask){'f', block->at, 0, 0};
            else
                asks[i] = (struct ask){block->at ? 'r' : 'a', block->at, some_size(), 0};
        }
        ask_many(asks, answers, per);
        for (unsigned i = 0; i < per; i++) {
            struct shadow *block = &blocks[(first + i) % slots];
            const unsigned keeps =
                block->size < asks[i].size ? block->size : asks[i].size;
            if (asks[i].op == 'f') {
                MUST(answers[i].value & 0xFF, "TRUE of a block in use", "FALSE, for %08X",
                     block->at);
                block->at = 0;
                continue;
            }
            block->at = answers[i].value;
            if (asks[i].op == 'r' && block->at)
                read_block(block, keeps);
            block->size = asks[i].size;
            check_block(block, answers[i].room);
        }
        must_be_apart(slots);
        for (unsigned i = 0; i < per; i++)
            if (asks[i].op != 'f')
                write_block(&blocks[(first + i) % slots]);
        must_be_sound();
    }
}

static void programs(unsigned flags, unsigned reserve)
{
    doing = "RtlCreateHeap";
    memset(blocks, 0, sizeof blocks);
    const unsigned heap = ask('H', 0, reserve, flags).value;
    MUST(heap, "a heap", "NULL");
    doing = "RtlAllocateHeap";
    life(120, 12, 50);
    doing = "RtlFreeHeap";
    for (unsigned i = 0; i < 120; i++)
        if (blocks[i].at) {
            read_block(&blocks[i], blocks[i].size);
            const unsigned done = ask('f', blocks[i].at, 0, 0).value & 0xFF;
            MUST(done, "TRUE of a block in use", "FALSE, for %08X", blocks[i].at);
        }
    must_be_sound();
    doing = "RtlDestroyHeap";
    MUST(!ask('D', 0, 0, 0).value, "NULL: the heap is destroyed", "the heap");
}

LAB_CASE(second_heap)
{
    begin("");
    programs(HEAP_GROWABLE, 0);
    programs(HEAP_GROWABLE | HEAP_NO_SERIALIZE, 0); /* no front end */
    programs(HEAP_GROWABLE | HEAP_DISABLE_COALESCE_ON_FREE, 0);
    programs(0, 0x1000000);
    /* two that are freed between two in use and the one between them are one place */
    doing = "RtlAllocateHeap";
    ask('H', 0, 0, HEAP_GROWABLE);
    unsigned block[6];
    for (unsigned i = 0; i < 6; i++)
        block[i] = ask('a', 0, 20000 - 8, 0).value;
    ask('f', block[1], 0, 0), ask('f', block[3], 0, 0), ask('f', block[2], 0, 0);
    const unsigned again = ask('a', 0, 60000 - 8, 0).value;
    MUST(again == block[1], "three freed neighbours as one place, at %08X", "%08X",
         block[1], again);
    must_be_sound();
    end();
}

LAB_CASE(traces)
{
    const struct scored score = score_traces("");
    LAB_COST(score.index);
    LAB_WORST(score.worst);
}

/* Instructions of an allocation and its free with 4,000 free entries, from outside. */
LAB_CASE(constant_time)
{
    begin("");
    doing = "RtlFindFree";
    ask('H', 0, 0, HEAP_GROWABLE | HEAP_NO_SERIALIZE); /* no front end */
    const unsigned slots = ask('l', 0, 0, 4000).value;
    read_bytes(slots, 4 * 8000);
    unsigned live = 0;
    for (unsigned i = 1; i < 8000; i += 2) {
        blocks[live].at = ((unsigned *)bytes)[i], blocks[live].size = 400;
        MUST(blocks[live].at, "a block of %u bytes", "NULL, though there is memory", 400);
        live++;
    }
    must_be_apart(live);
    ask('p', 0, 890, 20);
    const unsigned long long start = ticks();
    const struct answer got = ask('p', 0, 890, 400);
    const unsigned pair = (unsigned)((ticks() - start) / 400);
    MUST(got.value, "a block of %u bytes", "NULL, though there is memory", 890);
    must_be_sound();
    LAB_COST(pair);
    end();
}
