/* judge.c - the judge of lab 7, a runtime's malloc (crt/borland/heap.h): the cases that a student
 * sees.  It runs beside the process that holds the student's DLL (labs/judge/driven.h). */
#include "blocks.h"
#include "judge/traces.h"

LAB_CASE(aligned)
{
    begin("");
    doing = "malloc";
    for (unsigned i = 0; i < 160; i++)
        take(&blocks[i], i < 120 ? i + 1 : i * i);
    must_be_apart(160);
    doing = "free";
    for (unsigned i = 0; i < 160; i++)
        give(&blocks[i]);
    must_be_sound();
    end();
}

LAB_CASE(zero_size)
{
    begin("");
    doing = "free";
    ask('f', 0, 0, 0);
    struct answer got = ask('a', 0, 0, 0);
    doing = "malloc";
    MUST(!got.value && !got.error, "NULL and no error", "%08X, errno %u", got.value,
         got.error);
    got = ask('c', 0, 0, 5);
    doing = "calloc";
    MUST(!got.value && !got.error, "NULL and no error", "%08X, errno %u", got.value,
         got.error);
    const unsigned block = ask('a', 0, 10, 0).value;
    doing = "malloc";
    MUST(block != 0, "a block of %u bytes", "NULL, though there is memory", 10);
    got = ask('r', block, 0, 0);
    doing = "realloc";
    MUST(!got.value, "NULL: it frees", "%08X", got.value);
    MUST(ask('n', block, 0, 0).value != USED, "p is freed", "p, %08X, is in use", block);
    doing = "realloc";
    got = ask('r', 0, 50, 0);
    check_block(got.value, 50, got.room);
    ask('f', got.value, 0, 0);
    must_be_sound();
    end();
}

LAB_CASE(calloc_zeroes)
{
    static const unsigned half[][2] = {{0x10001, 0x10000},
                                       {0x10000, 0x10001},
                                       {3, 0x55555556},
                                       {0x80000001u, 2},
                                       {0xFFFFFFFFu, 9}};
    begin("");
    for (unsigned size = 8; size <= 0x20000; size *= 4) {
        doing = "malloc";
        for (unsigned i = 0; i < 3; i++)
            take(&blocks[i], size);
        memset(bytes, 0xA5, size); /* others have written there: no byte is 0 */
        for (unsigned i = 0; i < 3; i++)
            WriteProcessMemory(side, (void *)blocks[i].at, bytes, size, NULL);
        ask('f', blocks[1].at, 0, 0);
        const struct answer zero = ask('c', 0, 4, size / 4);
        doing = "calloc";
        check_block(zero.value, size, zero.room);
        read_zeros(zero.value, size);
        ask('f', zero.value, 0, 0);
        ask('f', blocks[0].at, 0, 0);
        ask('f', blocks[2].at, 0, 0);
    }
    for (unsigned i = 0; i < sizeof half / sizeof *half; i++) {
        const struct answer got = ask('c', 0, half[i][0], half[i][1]);
        doing = "calloc";
        MUST(!got.value && got.error == ENOMEM_IS,
             "NULL and ENOMEM: %u times %u bytes are more than 32 bits", "%08X, errno %u",
             half[i][1], half[i][0], got.value, got.error);
    }
    end();
}

LAB_CASE(request_most)
{
    static const unsigned sizes[] = {MOST + 1,    0x7FFFFFFFu, 0x80000000u, 0xFFFF0000u,
                                     0xFFFFFF00u, 0xFFFFFFE0u, 0xFFFFFFF0u, 0xFFFFFFF7u,
                                     0xFFFFFFF8u, 0xFFFFFFF9u, 0xFFFFFFFEu, 0xFFFFFFFFu};
    begin("");
    doing = "malloc";
    take(&blocks[0], 100);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        refused("malloc", ask('a', 0, sizes[i], 0), sizes[i]);
        refused("calloc", ask('c', 0, sizes[i], 1), sizes[i]);
        refused("realloc", ask('r', blocks[0].at, sizes[i], 0), sizes[i]);
        refused("expand", ask('e', blocks[0].at, sizes[i], 0), sizes[i]);
    }
    give(&blocks[0]);
    must_be_sound();
    end();
}

LAB_CASE(realloc_keeps)
{
    static const unsigned sizes[] = {1,     20,  21,   300, 299,     4000, 70000,
                                     69000, 200, 2000, 16,  1000000, 5};
    begin("");
    doing = "malloc";
    for (unsigned i = 0; i < 4; i++)
        take(&blocks[i], 40 + i);
    doing = "realloc";
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned k = 0; k < 4; k += 2) {
            resize(&blocks[k], sizes[i] + k);
            must_be_apart(4);
        }
    resize(&blocks[0], 3000);
    doing = "expand";
    for (unsigned size = 3000; size > 2; size /= 2) {
        const struct answer got = ask('e', blocks[0].at, size, 0);
        MUST(got.value == blocks[0].at, "the block itself, %08X, at %u bytes", "%08X",
             blocks[0].at, size, got.value);
        check_block(got.value, size, got.room);
        read_block(&blocks[0], size);
        blocks[0].size = size;
    }
    const struct answer null = ask('e', 0, 5, 0);
    MUST(!null.value && null.error == EINVAL_IS,
         "NULL and errno 19 (EINVAL) for no block", "%08X, errno %u", null.value,
         null.error);
    doing = "free";
    for (unsigned i = 0; i < 4; i++)
        give(&blocks[i]);
    must_be_sound();
    end();
}

LAB_CASE(failure_keeps)
{
    begin("");
    doing = "malloc";
    take(&blocks[0], 1000);
    take(&blocks[1], 1000);
    const unsigned room = ask('m', blocks[0].at, 0, 0).value;
    for (unsigned i = 0; i < 3; i++) {
        refused("malloc", ask('a', 0, TOO_MUCH, 0), TOO_MUCH);
        refused("calloc", ask('c', 0, 1, TOO_MUCH), TOO_MUCH);
        refused("realloc", ask('r', blocks[0].at, TOO_MUCH, 0), TOO_MUCH);
        MUST(ask('n', blocks[0].at, 0, 0).value == USED, "the block stays in use",
             "it failed, and the block at %08X is free", blocks[0].at);
        refused("expand", ask('e', blocks[0].at, TOO_MUCH, 0), TOO_MUCH);
        doing = "a call that failed";
        read_block(&blocks[0], 1000);
        const unsigned now = ask('m', blocks[0].at, 0, 0).value;
        MUST(now == room, "the block's room as before, %u", "%u", room, now);
    }
    doing = "free";
    give(&blocks[0]);
    give(&blocks[1]);
    must_be_sound();
    end();
}

LAB_CASE(walk_tiles)
{
    begin("");
    doing = "heap_next";
    MUST(ask('w', 0, 0, 0).error == EMPTY, "1 (HEAP_EMPTY) before the first malloc",
         "another");
    doing = "malloc";
    for (unsigned i = 0; i < 60; i++)
        take(&blocks[i], i % 7 ? small() : 1 + below(30000));
    walk(60);
    for (unsigned i = 0; i < 60; i += 2)
        give(&blocks[i]);
    MUST(walk(60) > 0, "free blocks, as 30 were freed between others", "none");
    take(&blocks[0], 200000);
    walk(60);
    must_be_sound();
    end();
}

/* M5, M6 */
LAB_CASE(pages_go_back)
{
    begin("");
    doing = "heap_sound";
    MUST(ask('k', 0, 0, 0).value == EMPTY, "1 (HEAP_EMPTY) before the first malloc",
         "another");
    const unsigned first = committed();
    doing = "malloc";
    take(&blocks[0], 100);
    for (unsigned size = 1 << 20; size < 12 << 20; size *= 3) {
        const struct answer large = ask('a', 0, size, 0);
        check_block(large.value, size, large.room);
        ask('f', large.value, 0, 0);
        doing = "free";
        MUST(is_gone(large.value) && is_gone(large.value + size / 2),
             "the pages of a block of %u bytes go back", "those at %08X are committed",
             size, large.value);
    }
    doing = "malloc";
    for (unsigned i = 1; i < 300; i++)
        take(&blocks[i], 2000);
    ask('u', 0, 0, 0);
    doing = "heap_end";
    for (unsigned i = 0; i < 300; i++)
        MUST(is_gone(blocks[i].at), "all memory goes back", "that at %08X is committed",
             blocks[i].at);
    const unsigned last = committed();
    MUST(last <= first + 0x2000,
         "no more committed than before the first malloc, %u bytes", "%u", first, last);
    stop_side();
}

LAB_CASE(damage_is_named)
{
    static const char *const kinds[] = {
        "free of a freed block",
        "free of a freed block, whose neighbour was freed meanwhile",
        "free of an address inside a block",
        "free of an address of no heap",
        "free of a block with 8 bytes written past its room",
        "malloc, after the first 8 bytes of a freed block were written",
        "realloc of a block with a byte changed past its room",
        "free of a block with the 8th byte changed past its room",
        "realloc of a freed block",
        "expand of a freed block",
    };
    for (unsigned kind = 0; kind < 11; kind++) {
        const char argument[3] = {'!', (char)('0' + kind), 0};
        begin(argument);
        doing = kind < 10 ? kinds[kind] : "free, without any damage";
        const DWORD code = end_of_side();
        const char *text = said();
        if (kind == 10) {
            MUST(code == 0, "no complaint", "the program ended with %08X",
                 (unsigned)code);
        } else {
            MUST(code == 3, "heap_abort: the program ends with 3", "it ended with %08X",
                 (unsigned)code);
            MUST(!strncmp(text, "Heap error: ", 12), "heap_abort: \"Heap error: ...\"",
                 "the program ended with 3 and did not say so");
        }
        forget_side();
    }
}

LAB_CASE(new_handler)
{
    const unsigned much = 96u << 20;
    begin("");
    doing = "heap_new";
    struct answer got = ask('N', 0, 100, 0);
    MUST(got.value && !got.more, "a block of %u bytes", "NULL, though there is memory",
         100);
    ask('f', got.value, 0, 0);
    doing = "heap_new";
    const unsigned none = ask('N', 0, 0, 0).value, other = ask('N', 0, 0, 0).value;
    MUST(none && other && none != other, "two different blocks", "%08X and %08X", none,
         other);
    doing = "heap_new";
    got = ask('N', 0, TOO_MUCH, 0);
    MUST(got.more && !got.room, "heap_throw", "it returned %08X", got.value);
    const unsigned hoard = ask('a', 0, much, 0).value;
    doing = "heap_new";
    got = ask('N', hoard, TOO_MUCH, 2);
    MUST(got.room == 3, "the handler called until there is none", "%u times, not %u",
         got.room, 3);
    MUST(got.more, "heap_throw, once there is no handler", "it returned %08X", got.value);
    doing = "heap_new";
    const unsigned again = ask('a', 0, much, 0).value;
    MUST(again, "a block of %u bytes", "NULL, though there is memory", much);
    got = ask('N', again, much + much / 2, 1);
    MUST(got.value && !got.more && got.room <= 1,
         "a block, after at most one call of the handler", "%08X after %u calls",
         got.value, got.room);
    end();
}

/* M9: instructions of a malloc with a free, from outside. */
static unsigned pair_of(unsigned live)
{
    for (unsigned i = 0; i < 2 * live; i += 5000)
        ask('p', 0, 2 * live < 5000 ? 2 * live : 5000, live);
    const unsigned long long start = ticks();
    const unsigned slots = ask('p', 0, 3000, live).value;
    const unsigned pair = (unsigned)((ticks() - start) / 3000);
    read_bytes(slots, 4 * live);
    for (unsigned i = 0; i < live; i++) { /* each has 16 bytes of its own, or more */
        blocks[i].at = ((unsigned *)bytes)[i], blocks[i].size = 16;
        MUST(blocks[i].at, "a block", "NULL, though there is memory");
    }
    must_be_apart(live);
    ask('p', 0, 0, live);
    return pair;
}

LAB_CASE(traces)
{
    const struct scored score = score_traces("");
    LAB_COST(score.index);
    LAB_WORST(score.worst);
}

LAB_CASE(constant_time)
{
    begin("");
    doing = "malloc";
    LAB_COST(pair_of(8000));
    end();
}
