/* front.c - the cases of lab 6, a front end (ntdll/heap/front/front.h, front/lab/lab.h). */
#include "front.h"

enum { MANY = 2000 };
static char *blocks[MANY];
static unsigned sizes[MANY];

/* Each class by itself; requests of two sizes that share one count together. */
LAB_CASE(activation)
{
    start();
    warm(40, 1);
    warm(600, 0);
    warm(2000, 0);
    const unsigned one = 340, other = class_of(one) - HEADER;
    for (unsigned i = 1; i < LAB_USE - 1; i++)
        LAB_EXPECT(!is_front(take(i % 2 ? one : other)), "RtlpFrontAllocate",
                   "the back end's blocks so early",
                   "a block of the front end at allocation %u", i);
    LAB_EXPECT(is_front(take(other)), "RtlpFrontAllocate",
               "requests of %u and of %u bytes counted together", "one of the back end",
               one, other);
    sound();
}

LAB_CASE(widths)
{
    start();
    warm(8, 1);
    for (unsigned size = 30, last = class_of(8); size + HEADER < 12000;
         size = size * 5 / 3 + 7) {
        if (class_of(size) != last)
            warm(size, 0);
        last = class_of(size);
    }
    warm(MOST - HEADER, 0);
    for (unsigned i = 0; i < 2 * LAB_USE; i++)
        LAB_EXPECT(!is_front(take(MOST - HEADER + 1)), "LabTake",
                   "no block of more than 16 KiB, header included", "one of %u bytes",
                   MOST - HEADER + 1);
    sound();
}

/* 2,000 blocks of many sizes: each is its owner's alone. */
LAB_CASE(apart)
{
    start();
    warm(16, 1);
    for (unsigned i = 0; i < MANY; i++) {
        sizes[i] = 1 + i % 9 * 23 + i % 4 * 5;
        blocks[i] = take(sizes[i]);
        mark(blocks[i], sizes[i], i);
    }
    for (unsigned i = 0; i < MANY; i++)
        marked(blocks[i], sizes[i], i);
    for (unsigned i = 0; i < MANY; i += 2)
        give(blocks[i]);
    for (unsigned i = 0; i < MANY; i += 2)
        mark(blocks[i] = take(sizes[i]), sizes[i], i);
    for (unsigned i = 0; i < MANY; i++)
        marked(blocks[i], sizes[i], i);
    sound();
    /* Of 64 neighbours all but one go: it keeps what it holds, whatever goes back to the system. */
    for (unsigned i = 0; i < MANY; i++)
        give(blocks[i]);
    for (unsigned i = 0; i < MANY; i++)
        mark(blocks[i] = take(48), 48, i);
    for (unsigned i = 0; i < MANY; i++)
        if (i % 64 != 63)
            give(blocks[i]);
    lab_compact(heap, 0);
    for (unsigned i = 63; i < MANY; i += 64)
        marked(blocks[i], 48, i);
    sound();
}

LAB_CASE(sizes_kept)
{
    start();
    warm(48, 1);
    for (unsigned size = 1; size <= 300; size += 7) {
        for (unsigned i = 0; i < LAB_USE + 3; i++)
            blocks[i] = take(size);
        char *block = blocks[LAB_USE + 2];
        LAB_EXPECT(is_front(block), "RtlpFrontAllocate", "a block of the front end",
                   "none (%u)", size);
        LAB_EXPECT(lab_size(heap, 0, block) == size, "LabUnused", "a size of %u", "%u",
                   size, (unsigned)lab_size(heap, 0, block));
        const unsigned room = class_of(size) - HEADER;
        mark(block, size, size);
        char *moved = lab_reallocate(heap, 0, block, room);
        LAB_EXPECT(moved == block, "RtlpFrontNoteSize", "the same block for %u bytes",
                   "another", room);
        LAB_EXPECT(lab_size(heap, 0, block) == room, "RtlpFrontNoteSize", "a size of %u",
                   "%u", room, (unsigned)lab_size(heap, 0, block));
        marked(block, size, size);
        moved = lab_reallocate(heap, 0, block, room + 100);
        LAB_EXPECT(moved != NULL && moved != block, "RtlpFrontOwns", "a block elsewhere",
                   "the same");
        marked(moved, size, size);
        give(moved);
    }
    sound();
}

LAB_CASE(double_free)
{
    start();
    warm(40, 1);
    for (unsigned i = 0; i < 100; i++)
        blocks[i] = take(40);
    for (unsigned i = 0; i < 100; i += 3) {
        give(blocks[i]);
        LAB_EXPECT(!lab_free(heap, 0, blocks[i]), "LabGive",
                   "FALSE for a block that is free", "TRUE");
    }
    for (unsigned i = 0; i < 100; i += 3)
        LAB_EXPECT(!lab_free(heap, 0, blocks[i]), "LabGive",
                   "FALSE for a block that is free", "TRUE after others were freed");
    LAB_EXPECT(!lab_validate(heap, 0, blocks[0]), "RtlpFrontOwns",
               "a free block is not in use", "it is");
    sound();
    for (unsigned i = 0; i < 200; i++)
        for (unsigned j = 1; j < 100; j++)
            LAB_EXPECT(take(40) != blocks[j] || j % 3 == 0, "LabTake",
                       "no block that is in use", "block %x a second time",
                       (unsigned)blocks[j]);
}

/* Pointers that are no block of this heap: inside one, of another heap, of the stack. */
LAB_CASE(foreign)
{
    start();
    warm(64, 1);
    char *other = heap, *block = take(64), place[64] = {0};
    memset(block, 0x80, 64);
    memset(place, 0x88, sizeof place);
    heap = new_heap();
    warm(64, 1);
    char *mine = take(64);
    memset(mine, 0x88, 64);
    for (unsigned i = 1; i < 64; i++)
        LAB_EXPECT(!lab_free(heap, 0, mine + i), "LabGive",
                   "FALSE for a pointer into a block", "TRUE for %u bytes into it", i);
    LAB_EXPECT(!lab_free(heap, 0, block), "LabGive", "FALSE for a block of another heap",
               "TRUE");
    LAB_EXPECT(!lab_free(heap, 0, place + 16), "LabGive",
               "FALSE for a pointer to the stack", "TRUE");
    LAB_EXPECT(lab_free(other, 0, block), "LabGive", "TRUE: it is the other heap's block",
               "FALSE");
    give(mine);
    sound();
}

/* An overrun of one block reaches the header of the next: it is seen. */
LAB_CASE(overrun)
{
    start();
    char *first = warm(24, 1);
    const unsigned width = class_of(24);
    for (unsigned i = 0; i < 60; i++)
        blocks[i] = take(24);
    for (unsigned i = 0; i < 60; i++)
        for (unsigned j = 0; j < 60; j++)
            if (blocks[j] == blocks[i] + width && i + 1 < 60) {
                memset(blocks[i] + width - HEADER, 0x41, 4);
                LAB_EXPECT(!lab_validate(heap, 0, NULL), "RtlpFrontCheck",
                           "FALSE: a header is overwritten", "TRUE");
                LAB_EXPECT(!lab_free(heap, 0, blocks[j]), "LabGive",
                           "FALSE: the block's header is not its own", "TRUE");
                LAB_EXPECT(lab_free(heap, 0, first), "LabGive", "TRUE for a sound block",
                           "FALSE");
                return;
            }
    LAB_EXPECT(0, "LabTake", "two neighbours among 60 blocks", "none");
}

/* A walk shows each block once, in use or free, after the region that holds it. */
LAB_CASE(walk)
{
    start();
    warm(56, 1);
    for (unsigned i = 0; i < 400; i++)
        blocks[i] = take(56);
    for (unsigned i = 0; i < 400; i += 2)
        give(blocks[i]);
    WALK step = {0};
    unsigned used = 0, freed = 0, regions = 0, twice = 0;
    void *before = NULL;
    while (lab_walk(heap, &step) == 0) {
        regions += step.index == 0xFE && step.flags & REGION;
        twice += step.data == before;
        before = step.data;
        for (unsigned i = 0; step.index == 0xFE && !(step.flags & REGION) && i < 400; i++)
            if (step.data == blocks[i]) {
                used += step.flags & WALKED;
                freed += !(step.flags & WALKED);
                LAB_EXPECT(!(i % 2) == !(step.flags & WALKED), "RtlpFrontNext",
                           "block %u as it is", "the other state", i);
            }
    }
    LAB_EXPECT(regions > 0 && !twice, "RtlpFrontNext", "regions, and each step another",
               "%u regions, %u steps twice", regions, twice);
    LAB_EXPECT(used == 200 && freed == 200, "RtlpFrontNext",
               "200 blocks in use, 200 free", "%u and %u", used, freed);
}

/* What is free goes back: all of it but one region of each size. */
LAB_CASE(trim)
{
    start();
    give(warm(100, 1));
    const unsigned before = committed();
    for (unsigned i = 0; i < MANY; i++)
        blocks[i] = take(100);
    const unsigned most = committed();
    LAB_EXPECT(most > before + 150000, "committed", "bytes for 2,000 blocks", "%u more",
               most - before);
    for (unsigned i = 0; i < MANY; i++)
        give(blocks[i]);
    lab_compact(heap, 0);
    unsigned regions = 0, kept = 0;
    WALK step = {0};
    while (lab_walk(heap, &step) == 0)
        if (step.index == 0xFE && step.flags & REGION) {
            regions++;
            kept += step.more[0]; /* committed */
        }
    LAB_EXPECT(regions <= 1, "RtlpFrontTrim", "one region of the one size that is left",
               "%u", regions);
    LAB_EXPECT(committed() <= before + kept + 24576, "RtlpFrontTrim",
               "%u bytes committed, and %u in the region that is left", "%u", before,
               kept, committed());
    sound();
}

static unsigned mapped(void)
{
    MEMORY_BASIC_INFORMATION about;
    unsigned sum = 0;
    for (char *at = (char *)0x10000;
         VirtualQuery(at, &about, sizeof about) && at < (char *)0x7FFE0000;
         at = (char *)about.BaseAddress + about.RegionSize)
        sum += about.State == MEM_FREE ? 0 : (unsigned)about.RegionSize;
    return sum;
}

LAB_CASE(destroy)
{
    start();
    unsigned before = 0;
    for (unsigned round = 0; round < 6; round++) {
        char *first = heap;
        heap = new_heap();
        warm(32, 1);
        for (unsigned i = 0; i < 1500; i++)
            take(i % 5 * 30);
        LAB_EXPECT(lab_destroy(heap) == NULL, "RtlpFrontDestroy", "NULL", "the heap");
        heap = first;
        if (round == 1)
            before = mapped();
    }
    LAB_EXPECT(mapped() <= before, "RtlpFrontDestroy", "%u bytes of address space in use",
               "%u: some is left of each heap", before, mapped());
}

LAB_CASE(pair)
{
    start();
    warm(40, 1);
    unsigned long long best = ~0ull;
    for (unsigned i = 0; i < 20; i++)
        blocks[i] = take(40);
    for (unsigned round = 0; round < 5; round++) {
        unsigned long long from = ticks();
        for (unsigned i = 0; i < 100; i++)
            lab_free(heap, 0, lab_allocate(heap, 0, 40));
        unsigned long long cost = (ticks() - from) / 100;
        best = cost < best ? cost : best;
    }
    LAB_COST(best);
}
