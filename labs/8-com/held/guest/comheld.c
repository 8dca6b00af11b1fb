/* comheld.c - the held-back cases of lab 8. */
#include "../../guest/comjudge.h"

LAB_CASE(didalloc)
{
    const unsigned block = get(ALLOC, 64, 0), plain = get(HEAPALLOC, 64, 0);
    EXPECT(get(DIDALLOC, block, 0) == 1, "IMalloc::DidAlloc", "1 for a block", "%d",
           get(DIDALLOC, block, 0));
    EXPECT(get(DIDALLOC, plain, 0) == 1, "IMalloc::DidAlloc",
           "1 for a block of HeapAlloc: it is task memory as any", "%d",
           get(DIDALLOC, plain, 0));
    EXPECT(get(DIDALLOC, block + 8, 0) == 0, "IMalloc::DidAlloc", "0 inside a block",
           "%d", get(DIDALLOC, block + 8, 0));
    EXPECT(get(DIDALLOC, 0x10008, 0) == 0, "IMalloc::DidAlloc",
           "0 for an address of nothing", "%d", get(DIDALLOC, 0x10008, 0));
    get(FREE, block, 0);
    get(FREE, plain, 0);
    EXPECT(get(DIDALLOC, block, 0) == 0, "IMalloc::DidAlloc", "0 for a freed block", "%d",
           get(DIDALLOC, block, 0));
}

static void refusing(void)
{
    const unsigned before = get(ALLOC, 40, 0);
    EXPECT(get(SPY, REFUSES, 0) == 0, "CoRegisterMallocSpy", "S_OK", "a failure");
    const unsigned none = get(ALLOC, 100, 0);
    EXPECT(none == 0, "CoTaskMemAlloc", "NULL: PreAlloc returned 0", "%08X", none);
    EXPECT(get(LOGS, 0, 0) == 1, "CoTaskMemAlloc",
           "no PostAlloc of what PreAlloc refused", "one");
    /* From here on: the set of spied.h may have taken its memory at the first PreAlloc. */
    const unsigned count = blocks_now();
    const unsigned again = get(ALLOC, 100, 0);
    EXPECT(again == 0 && blocks_now() == count, "CoTaskMemAlloc", "%u blocks, as before",
           "%u", count, blocks_now());
    get(LOGS, 0, 0);
    const unsigned moved = get(REALLOC, before, 100);
    EXPECT(moved == 0, "CoTaskMemRealloc", "NULL: PreRealloc returned 0", "%08X", moved);
    EXPECT(get(LOGS, 0, 0) == 1, "CoTaskMemRealloc", "no PostRealloc of what was refused",
           "one");
    EXPECT(get(HEAPSIZE, before, 0) == rounded(40), "CoTaskMemRealloc",
           "the block as it was", "%d bytes of the default heap",
           get(HEAPSIZE, before, 0));
    EXPECT(blocks_now() == count, "CoTaskMemRealloc", "%u blocks, as before", "%u", count,
           blocks_now());
    EXPECT(get(REVOKE, 0, 0) == 0, "CoRevokeMallocSpy", "S_OK", "a failure");
    get(FREE, before, 0);
}

LAB_CASE(spy_hooks)
{
    refusing();
    EXPECT(get(SPY, INSIDE | HEADER, 0) == 0, "CoRegisterMallocSpy", "S_OK", "a failure");
    const unsigned block = get(ALLOC, 100, 0), hooks = get(LOGS, 0, 0);
    EXPECT(hooks == 2, "CoTaskMemAlloc", "2 hooks: a call from a hook is not spied", "%u",
           hooks);
    get(FREE, block, 0);
    const unsigned freed = get(LOGS, 0, 0);
    EXPECT(freed == 2, "CoTaskMemFree", "2 hooks: a call from a hook is not spied", "%u",
           freed);
    EXPECT(get(REVOKE, 0, 0) == 0, "CoRevokeMallocSpy", "S_OK", "a failure");
}

LAB_CASE(spy_lock)
{
    ANSWER line[8];
    EXPECT(get(SPY, SLOW, 0) == 0, "CoRegisterMallocSpy", "S_OK", "a failure");
    get(RACE, 0, 0);
    for (unsigned i = 0; i < 8; i++)
        line[i] = ask(&one, LOG, i, 0);
    for (unsigned i = 0; i < 8; i += 2) {
        EXPECT(line[i].z == line[i + 1].z, "CoTaskMemAlloc",
               "a thread's two hooks with no other thread's between",
               "thread %u, then %u", line[i].z, line[i + 1].z);
        EXPECT(line[i + 1].r == line[i].r + 1, "CoTaskMemAlloc",
               "each first hook with its second", "hook %u, then %u", line[i].r,
               line[i + 1].r);
    }
    EXPECT(get(REVOKE, 0, 0) == 0, "CoRevokeMallocSpy", "S_OK", "a failure");
}
